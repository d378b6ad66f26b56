/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One attempt: finds cards, shows them to the worker, and signs with the one
 * that the worker chose. No transaction is held while a person types. The PIN
 * meets only the card that was shown, once.
 */
#include "card.h"

#include <string.h>

#include "applet.h"
#include "challenge.h"
#include "clock.h"
#include "conversation.h"
#include "frame.h"
#include "patience.h"
#include "pcsc.h"
#include "protocol.h"
#include "reason.h"
#include "secret.h"

/*
 * A program that has the PIN at hand answers within it, and finds the
 * transaction still open; a person never does.
 */
#define HOLD_MS 150
/* For the worker to look at a signature before it sends a new PIN. */
#define RENEW_MS 1000

/* What a card showed of itself. */
struct shown {
	const struct jk_conversation *c;
	const struct jk_applet *applet;
	struct jk_identity identity;
	struct jk_tries tries;
	struct jk_certificate certificate;
};

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
look_at(const struct jk_channel *channel, const struct shown *before,
    struct shown *ret)
{
	const struct jk_applet *applet;
	enum jk_err e = select_any(before->c, channel, &applet);

	if (e != JK_OK)
		return e;
	*ret = (struct shown){ .c = before->c, .applet = applet };
	if ((e = applet->identify(channel, &ret->identity)) != JK_OK)
		return e;
	if ((ret->identity.len == 0 || before->certificate.len > 0) &&
	    (e = applet->read(channel, &ret->certificate)) != JK_OK)
		return e;
	return applet->count_tries(channel, &ret->tries);
}

static bool
is_same(const struct shown *a, const struct shown *b)
{
	const struct jk_identity *i = &a->identity, *j = &b->identity;
	const struct jk_certificate *c = &a->certificate, *d = &b->certificate;

	return a->applet == b->applet && i->len == j->len &&
	       memcmp(i->data, j->data, i->len) == 0 && c->len == d->len &&
	       memcmp(c->der, d->der, c->len) == 0;
}

/* For the first transaction: jk_prepare_fn. */
static enum jk_err
prepare_look(const struct jk_channel *channel, JK_UNUSED enum jk_begun begun,
    void *ctx)
{
	struct shown *shown = ctx;

	return look_at(channel, &(struct shown){ .c = shown->c }, shown);
}

/*
 * The card that was shown, with its application selected. On the kept
 * connection it can be no other one, for pcscd would have said so; on a new
 * one it must prove that.
 */
static enum jk_err
meet_again(const struct jk_channel *channel, enum jk_begun begun,
    struct shown *shown)
{
	static struct shown now;
	enum jk_err e;

	switch (begun) {
	case JK_BEGUN_OPEN:
		return JK_OK;
	case JK_BEGUN_AGAIN:
		return shown->applet->select(channel);
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

/* For the certificate: jk_prepare_fn. */
static enum jk_err
prepare_read(const struct jk_channel *channel, enum jk_begun begun, void *ctx)
{
	struct shown *shown = ctx;
	enum jk_err e = meet_again(channel, begun, shown);

	return e == JK_OK ? shown->applet->read(channel, &shown->certificate)
	                  : e;
}

/* For the signature: jk_prepare_fn. */
static enum jk_err
prepare_sign(const struct jk_channel *channel, enum jk_begun begun, void *ctx)
{
	return meet_again(channel, begun, ctx);
}

/* What the worker orders with SIGN, RENEW or UNBLOCK. */
struct order {
	enum jk_key_kind key;
	struct jk_challenge challenge;
	struct jk_secret pin; /* or the PUK */
	struct jk_secret fresh;
	uint64_t tries_keep;
	bool renews; /* RENEW may follow */
};

static void
clear_order(struct order *order)
{
	jk_secret_clear(&order->pin);
	jk_secret_clear(&order->fresh);
}

static enum jk_err
get_key_kind(const struct jk_frame *f, enum jk_key_kind *ret)
{
	uint64_t n;
	enum jk_err e = jk_frame_get_u64(f, JK_FIELD_KEY_KIND, &n);

	if (e != JK_OK)
		return e;
	if (n == JK_KEY_NONE || n >= JK_KEY_COUNT)
		return JK_ERR_FORMAT;
	*ret = (enum jk_key_kind)n;
	return JK_OK;
}

static enum jk_err
read_challenge(const struct jk_frame *f, struct order *ret)
{
	struct jk_cur nonce;
	enum jk_err e;

	if ((e = jk_frame_get(f, JK_FIELD_NONCE, &nonce)) != JK_OK ||
	    (e = get_key_kind(f, &ret->key)) != JK_OK)
		return e;
	return nonce.left == JK_NONCE_LEN
	           ? jk_challenge_make(nonce.at, ret->key, &ret->challenge)
	           : JK_ERR_FORMAT;
}

/* A PIN that no card of this kind would take is no error of the worker's. */
static enum jk_err
read_secret(const struct jk_frame *f, enum jk_field field,
    const struct jk_applet *applet, struct jk_secret *ret, bool *fits)
{
	struct jk_cur pin;
	enum jk_err e = jk_frame_get(f, (uint8_t)field, &pin);

	if (e != JK_OK)
		return e;
	e = applet->fit(pin, ret);
	if (e != JK_ERR_FORMAT)
		return e;
	*fits = false;
	return JK_OK;
}

static enum jk_err
get_flags(const struct jk_frame *f, uint64_t *ret)
{
	enum jk_err e = jk_frame_get_u64(f, JK_FIELD_FLAGS, ret);

	if (e != JK_ERR_NOT_FOUND)
		return e;
	*ret = 0;
	return JK_OK;
}

/* The frame, which holds the PIN, is erased in any case. */
static enum jk_err
read_sign(struct jk_conversation *c, const struct jk_applet *applet,
    struct order *ret, bool *ret_pin_fits)
{
	const struct jk_frame *f = c->frame;
	uint64_t flags = 0;
	enum jk_err e;

	*ret_pin_fits = true;
	if ((e = get_flags(f, &flags)) == JK_OK &&
	    (e = jk_frame_get_u64(f, JK_FIELD_TRIES_KEEP, &ret->tries_keep)) ==
	        JK_OK &&
	    (e = read_challenge(f, ret)) == JK_OK)
		e = read_secret(f, JK_FIELD_PIN, applet, &ret->pin,
		    ret_pin_fits);
	ret->renews = (flags & JK_FLAG_RENEW) != 0;
	jk_frame_start(c->frame, 0);
	return e;
}

/* The same of the two secrets of RENEW and UNBLOCK. */
static enum jk_err
read_both(struct jk_conversation *c, enum jk_field by,
    const struct jk_applet *applet, struct order *ret, bool *ret_fit)
{
	const struct jk_frame *f = c->frame;
	enum jk_err e;

	*ret_fit = true;
	if ((e = read_secret(f, by, applet, &ret->pin, ret_fit)) == JK_OK)
		e = read_secret(f, JK_FIELD_PIN_NEW, applet, &ret->fresh,
		    ret_fit);
	jk_frame_start(c->frame, 0);
	return e;
}

/* The same of the PUK. */
static enum jk_reason
why_puk_refused(unsigned left)
{
	switch (left) {
	case 0:
		return JK_WHY_PUK_LOCKED;
	case 1:
		return JK_WHY_PUK_WRONG_LAST;
	default:
		return JK_WHY_PUK_WRONG;
	}
}

/* A card that does not answer because it was pulled was removed. */
static enum jk_reason
why_failed(const struct jk_link *link, enum jk_err e)
{
	if (e == JK_ERR_UNSAFE)
		return JK_WHY_PIN_REFUSED;
	if (e == JK_ERR_TIMEOUT && jk_link_is_card_gone(link))
		e = JK_ERR_CLOSED;
	return jk_card_reason(e);
}

/*
 * The new PIN, in the transaction in which the present one was verified. The
 * worker has seen the signature, so it is the registered card.
 */
static enum jk_err
renew(struct jk_conversation *c, struct jk_link *link,
    const struct jk_applet *applet)
{
	struct order order = { 0 };
	bool fit = false;
	unsigned left;
	enum jk_err e = read_both(c, JK_FIELD_PIN, applet, &order, &fit);

	if (e != JK_OK || !fit) {
		clear_order(&order);
		jk_link_end_reset(link);
		return e != JK_OK
		           ? e
		           : jk_conversation_fail_pin(c, JK_WHY_PIN_REFUSED,
		                 NULL, JK_STANDS_OLD);
	}
	e = applet->change(&link->channel, &order.pin, &order.fresh, &left);
	clear_order(&order);
	jk_link_end_reset(link);
	if (e == JK_OK)
		return jk_conversation_renewed(c);
	if (e == JK_ERR_REFUSED)
		return jk_conversation_fail_pin(c, jk_pin_reason(left),
		    &(struct jk_tries){ .known = true, .left = left },
		    JK_STANDS_OLD);
	return jk_conversation_fail_pin(c, why_failed(link, e), NULL,
	    e == JK_ERR_UNSAFE ? JK_STANDS_OLD : JK_STANDS_UNSURE);
}

/* The card stays verified for the moment that the worker needs. */
static enum jk_err
await_renew(struct jk_conversation *c, struct jk_link *link,
    const struct jk_applet *applet, const struct jk_signature *signature)
{
	enum jk_err e = jk_conversation_signed(c, signature);

	if (e == JK_OK)
		e = jk_conversation_hear(c, RENEW_MS);
	if (e == JK_OK && jk_frame_type(c->frame) == JK_FRAME_RENEW)
		return renew(c, link, applet);
	jk_frame_start(c->frame, 0);
	jk_link_end_reset(link);
	return e == JK_OK ? JK_ERR_FORMAT : e;
}

/*
 * VERIFY and signature in the open transaction, which ends with a reset
 * whatever happened. From here on nothing is tried twice.
 */
static enum jk_err
spend_pin(struct jk_conversation *c, struct jk_link *link,
    const struct jk_applet *applet, struct order *order)
{
	struct jk_signature signature;
	unsigned left;
	enum jk_err e = applet->verify(&link->channel, &order->pin, &left);

	/* A card that hangs from here on finds no PIN in this process. */
	jk_secret_clear(&order->pin);
	if (e == JK_ERR_REFUSED) {
		jk_link_end_reset(link);
		return jk_conversation_fail(c, jk_pin_reason(left),
		    &(struct jk_tries){ .known = true, .left = left });
	}
	if (e == JK_OK)
		e = applet->sign(&link->channel, order->key, &order->challenge,
		    &signature);
	if (e == JK_OK && order->renews)
		return await_renew(c, link, applet, &signature);
	jk_link_end_reset(link);
	return e == JK_OK ? jk_conversation_signed(c, &signature)
	                  : jk_conversation_fail(c, why_failed(link, e), NULL);
}

/*
 * PUK and new PIN, VERIFY of that, and signature, in one transaction. No key of
 * a card whose PIN is blocked can sign, so only afterwards is it proven.
 */
static enum jk_err
spend_puk(struct jk_conversation *c, struct jk_link *link,
    const struct jk_applet *applet, struct order *order)
{
	struct jk_signature signature;
	enum jk_pin_stands stands = JK_STANDS_UNSURE;
	unsigned left;
	enum jk_err e =
	    applet->unblock(&link->channel, &order->pin, &order->fresh, &left);

	jk_secret_clear(&order->pin);
	if (e == JK_ERR_REFUSED) {
		jk_link_end_reset(link);
		return jk_conversation_fail_pin(c, why_puk_refused(left),
		    &(struct jk_tries){ .known = true, .left = left },
		    JK_STANDS_OLD);
	}
	if (e == JK_OK) {
		stands = JK_STANDS_NEW;
		e = applet->verify(&link->channel, &order->fresh, &left);
	} else if (e == JK_ERR_UNSAFE) {
		stands = JK_STANDS_OLD;
	}
	jk_secret_clear(&order->fresh);
	if (e == JK_OK)
		e = applet->sign(&link->channel, order->key, &order->challenge,
		    &signature);
	jk_link_end_reset(link);
	if (e == JK_OK)
		return jk_conversation_signed(c, &signature);
	/* A card that says yes and means no. */
	if (e == JK_ERR_REFUSED)
		e = JK_ERR_FORMAT;
	return jk_conversation_fail_pin(c, why_failed(link, e), NULL, stands);
}

/* Whether one more wrong PIN may be risked on this card. */
static bool
may_spend(const struct jk_tries *tries, uint64_t keep)
{
	return !tries->known || (tries->left > 0 && tries->left > keep);
}

static enum jk_err
sign(struct jk_conversation *c, struct jk_link *link, struct shown *shown,
    struct order *order)
{
	enum jk_err e = jk_link_begin(link, prepare_sign, shown);

	if (e != JK_OK)
		return jk_conversation_fail(c, jk_card_reason(e), NULL);
	if (!may_spend(&shown->tries, order->tries_keep)) {
		jk_link_end(link);
		return jk_conversation_fail(c,
		    shown->tries.left == 0 ? JK_WHY_PIN_LOCKED
		                           : JK_WHY_PIN_LAST,
		    &shown->tries);
	}
	return spend_pin(c, link, shown->applet, order);
}

static enum jk_err
obey_sign(struct jk_conversation *c, struct jk_link *link, struct shown *shown)
{
	struct order order = { 0 };
	bool pin_fits = false;
	enum jk_err e = read_sign(c, shown->applet, &order, &pin_fits);

	if (e == JK_OK && pin_fits)
		e = sign(c, link, shown, &order);
	else if (e == JK_OK)
		e = jk_conversation_fail(c, JK_WHY_PIN_MALFORMED,
		    &shown->tries);
	clear_order(&order);
	return e;
}

static enum jk_err
unblock(struct jk_conversation *c, struct jk_link *link, struct shown *shown,
    struct order *order)
{
	enum jk_err e = jk_link_begin(link, prepare_sign, shown);

	if (e != JK_OK)
		return jk_conversation_fail_pin(c, jk_card_reason(e), NULL,
		    JK_STANDS_OLD);
	/* A PIN that somebody can still type is changed with that. */
	if (!shown->tries.known || shown->tries.left > 0) {
		jk_link_end(link);
		return jk_conversation_fail_pin(c, JK_WHY_CARD_BUSY, NULL,
		    JK_STANDS_OLD);
	}
	return spend_puk(c, link, shown->applet, order);
}

static enum jk_err
obey_unblock(struct jk_conversation *c, struct jk_link *link,
    struct shown *shown)
{
	struct order order = { 0 };
	bool fit = false;
	enum jk_err e = shown->applet->unblock != NULL
	                    ? read_challenge(c->frame, &order)
	                    : JK_ERR_UNSUPPORTED;

	if (e == JK_OK)
		e = read_both(c, JK_FIELD_PUK, shown->applet, &order, &fit);
	jk_frame_start(c->frame, 0);
	if (e == JK_OK && fit)
		e = unblock(c, link, shown, &order);
	else if (e == JK_OK)
		e = jk_conversation_fail_pin(c, JK_WHY_PIN_MALFORMED, NULL,
		    JK_STANDS_OLD);
	clear_order(&order);
	return e;
}

/* For one more round: a link's longest pause. */
static bool
has_time(const struct jk_conversation *c)
{
	return jk_boot_ms() + JK_LINK_PAUSE_MS < c->until;
}

/* The worker's next word. The transaction is held for a moment only. */
static enum jk_err
hear(struct jk_conversation *c, struct jk_link *link)
{
	enum jk_err e;

	jk_patience_wait(JK_WAIT_WORKER);
	e = jk_conversation_listen(c, HOLD_MS);
	if (e == JK_ERR_TIMEOUT)
		jk_link_end(link);
	else if (e != JK_OK)
		return e;
	e = jk_conversation_hear(c, JK_ATTEMPT_MAX_MS);
	jk_patience_wait(JK_WAIT_PCSCD);
	return e;
}

static enum jk_err
send_card(struct jk_conversation *c, const struct jk_reader *reader,
    const struct shown *shown)
{
	const struct jk_certificate *certificate = &shown->certificate;
	const struct jk_identity *identity = &shown->identity;
	const struct jk_view view = {
		.reader = reader->name,
		.kind = shown->applet->name,
		.certificate = { certificate->der, certificate->len },
		.identity = { identity->data, identity->len },
		.tries = shown->tries,
	};

	return jk_conversation_show(c, &view);
}

/* What became of a card. */
enum offered {
	OFFERED_BUSY, /* others use it */
	OFFERED_PASSED,
	OFFERED_OVER, /* the worker chose it, and has its answer */
};

/* Shows one card. */
static enum jk_err
offer_on(struct jk_conversation *c, struct jk_link *link, enum offered *ret)
{
	static struct shown shown;
	enum jk_err e;

	shown.c = c;
	e = jk_link_begin(link, prepare_look, &shown);
	*ret = e == JK_ERR_BUSY ? OFFERED_BUSY : OFFERED_PASSED;
	if (e == JK_ERR_BUSY)
		return JK_OK;
	link->patient = true;
	for (;;) {
		if (e != JK_OK) {
			jk_conversation_remember(c, jk_card_reason(e));
			return JK_OK;
		}
		if ((e = send_card(c, link->reader, &shown)) != JK_OK ||
		    (e = hear(c, link)) != JK_OK)
			return e;
		switch (jk_frame_type(c->frame)) {
		case JK_FRAME_READ:
			if (shown.certificate.len > 0)
				return JK_ERR_FORMAT;
			e = jk_link_begin(link, prepare_read, &shown);
			break;
		case JK_FRAME_NEXT:
			jk_link_end(link);
			c->why = JK_WHY_CARD_UNKNOWN;
			return JK_OK;
		case JK_FRAME_SIGN:
			*ret = OFFERED_OVER;
			return obey_sign(c, link, &shown);
		case JK_FRAME_UNBLOCK:
			*ret = OFFERED_OVER;
			return obey_unblock(c, link, &shown);
		default:
			return JK_ERR_FORMAT;
		}
	}
}

static enum jk_err
offer(struct jk_conversation *c, const struct jk_reader *reader,
    enum offered *ret)
{
	struct jk_link link;
	enum jk_err e;

	jk_link_init(&link, &c->pcsc, reader, c->short_only, c->until);
	e = offer_on(c, &link, ret);
	jk_link_close(&link);
	return e;
}

/*
 * Each card that is still to be shown. OFFERED_BUSY: there are some, of which
 * others do not let go.
 */
static enum jk_err
offer_round(struct jk_conversation *c, bool in_use, enum offered *became)
{
	for (size_t i = 0; i < c->pcsc.n; i++) {
		const struct jk_reader *r = &c->pcsc.reader[i];
		enum jk_err e;

		if (became[i] != OFFERED_BUSY ||
		    jk_reader_is_in_use(r) != in_use)
			continue;
		if (!jk_reader_has_card(r)) {
			became[i] = OFFERED_PASSED;
			continue;
		}
		e = offer(c, r, &became[i]);
		if (e != JK_OK || became[i] == OFFERED_OVER)
			return e;
	}
	return JK_OK;
}

static enum offered
became_all(const enum offered *became, size_t n)
{
	enum offered all = OFFERED_PASSED;

	for (size_t i = 0; i < n; i++) {
		if (became[i] == OFFERED_OVER)
			return OFFERED_OVER;
		if (became[i] == OFFERED_BUSY)
			all = OFFERED_BUSY;
	}
	return all;
}

/*
 * Cards that others use come last: to wait for a transaction can take as long
 * as there is time.
 */
static enum jk_err
offer_all(struct jk_conversation *c)
{
	enum offered became[JK_READERS_MAX] = { OFFERED_BUSY }, all;
	enum jk_err e;

	do {
		e = offer_round(c, false, became);
		if (e == JK_OK && became_all(became, c->pcsc.n) != OFFERED_OVER)
			e = offer_round(c, true, became);
		if (e != JK_OK)
			return e;
		all = became_all(became, c->pcsc.n);
	} while (all == OFFERED_BUSY && has_time(c));
	if (all == OFFERED_OVER)
		return JK_OK;
	if (all == OFFERED_BUSY)
		jk_conversation_remember(c, JK_WHY_CARD_BUSY);
	return jk_conversation_fail(c, c->why, NULL);
}

enum jk_err
jk_card_serve(struct jk_conversation *c)
{
	bool there = false;
	enum jk_err e = jk_conversation_wait(c, &there);

	return e == JK_OK && there ? offer_all(c) : e;
}
