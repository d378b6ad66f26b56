/* SPDX-License-Identifier: BSD-2-Clause */
#include "shown.h"

#include <string.h>

#include "conversation.h"

#define FEW_TRIES 2

/* The first application of the list that the card has. */
static enum jk_err
select_any(const struct jk_conversation *c, const struct jk_channel *channel,
    const struct jk_applet **ret)
{
	for (size_t i = 0; i < c->n_applets; i++) {
		enum jk_err e = c->applet[i]->select(channel);

		if (e == JK_OK)
			*ret = c->applet[i];
		if (e != JK_ERR_NOT_FOUND)
			return e;
	}
	return JK_ERR_NOT_FOUND;
}

/*
 * The certificate too where nothing else says which card it is, or where the
 * worker has seen it.
 */
static enum jk_err
look_at(const struct jk_channel *channel, const struct jk_shown *before,
    struct jk_shown *ret)
{
	const struct jk_applet *applet;
	enum jk_err e = select_any(before->c, channel, &applet);

	if (e != JK_OK)
		return e;
	*ret = (struct jk_shown){ .c = before->c, .applet = applet };
	if ((e = applet->identify(channel, &ret->identity)) != JK_OK)
		return e;
	if ((ret->identity.len == 0 || before->certificate.len > 0) &&
	    (e = applet->read(channel, &ret->certificate)) != JK_OK)
		return e;
	return applet->count_tries(channel, &ret->tries);
}

static bool
is_same(const struct jk_shown *a, const struct jk_shown *b)
{
	const struct jk_identity *i = &a->identity, *j = &b->identity;
	const struct jk_certificate *c = &a->certificate, *d = &b->certificate;

	return a->applet == b->applet && i->len == j->len &&
	       memcmp(i->data, j->data, i->len) == 0 && c->len == d->len &&
	       memcmp(c->der, d->der, c->len) == 0;
}

enum jk_err
jk_shown_look(const struct jk_channel *channel, JK_UNUSED enum jk_begun begun,
    void *ctx)
{
	struct jk_shown *shown = ctx;

	return look_at(channel, &(struct jk_shown){ .c = shown->c }, shown);
}

/* So few that one that somebody else spends brings the last one. */
static bool
are_few(const struct jk_tries *tries)
{
	return !tries->known || tries->left <= FEW_TRIES;
}

/*
 * The card that was shown, with its application selected. On the kept
 * connection it can be no other one, for pcscd would have said so; on a new
 * one it must prove that.
 */
static enum jk_err
meet_again(const struct jk_channel *channel, enum jk_begun begun,
    struct jk_shown *shown)
{
	static struct jk_shown now;
	enum jk_err e;

	switch (begun) {
	case JK_BEGUN_OPEN:
		return JK_OK;
	case JK_BEGUN_AGAIN:
		e = shown->applet->select(channel);
		/* Who spent one meanwhile need not have reset the card. */
		return e == JK_OK && are_few(&shown->tries)
		           ? shown->applet->count_tries(channel, &shown->tries)
		           : e;
	case JK_BEGUN_FRESH:
		break;
	}
	e = look_at(channel, shown, &now);
	if (e != JK_OK)
		return e;
	if (!is_same(&now, shown))
		return JK_ERR_CLOSED;
	shown->tries = now.tries;
	return JK_OK;
}

enum jk_err
jk_shown_read(const struct jk_channel *channel, enum jk_begun begun, void *ctx)
{
	struct jk_shown *shown = ctx;
	enum jk_err e = meet_again(channel, begun, shown);

	return e == JK_OK ? shown->applet->read(channel, &shown->certificate)
	                  : e;
}

enum jk_err
jk_shown_meet(const struct jk_channel *channel, enum jk_begun begun, void *ctx)
{
	return meet_again(channel, begun, ctx);
}
