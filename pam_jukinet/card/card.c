/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One attempt: finds cards, shows them to the worker, and signs with the one
 * that the worker chose. No transaction is held while a person types, unless
 * the keys are the reader's own. The PIN meets only the card that was shown,
 * once.
 */
#include "card.h"

#include "applet.h"
#include "clock.h"
#include "conversation.h"
#include "frame.h"
#include "pad.h"
#include "patience.h"
#include "pcsc.h"
#include "protocol.h"
#include "reason.h"
#include "renew.h"
#include "shown.h"
#include "spend.h"

/*
 * A program that has the PIN at hand answers within it, and finds the
 * transaction still open; a person never does.
 */
#define HOLD_MS 150

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
    const struct jk_shown *shown)
{
	const struct jk_certificate *certificate = &shown->certificate;
	const struct jk_identity *identity = &shown->identity;
	const struct jk_view view = {
		.reader = reader->name,
		.kind = shown->applet->name,
		.certificate = { certificate->der, certificate->len },
		.identity = { identity->data, identity->len },
		.tries = shown->tries,
		.pad = shown->pad.verify != 0,
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
	static struct jk_shown shown;
	enum jk_err e;

	shown.c = c;
	e = jk_link_begin(link, jk_shown_look, &shown);
	*ret = e == JK_ERR_BUSY ? OFFERED_BUSY : OFFERED_PASSED;
	if (e == JK_ERR_BUSY)
		return JK_OK;
	link->patient = true;
	if (e == JK_OK && shown.applet->form != NULL)
		jk_pad_find(&link->control, &shown.pad);
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
			e = jk_link_begin(link, jk_shown_read, &shown);
			break;
		case JK_FRAME_NEXT:
			jk_link_end(link);
			c->why = JK_WHY_CARD_UNKNOWN;
			return JK_OK;
		case JK_FRAME_SIGN:
			*ret = OFFERED_OVER;
			return jk_sign_obey(c, link, &shown);
		case JK_FRAME_UNBLOCK:
			*ret = OFFERED_OVER;
			return jk_unblock_obey(c, link, &shown);
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
