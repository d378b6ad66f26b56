/* SPDX-License-Identifier: BSD-2-Clause */
#include "renew.h"

#include "conversation.h"
#include "frame.h"
#include "order.h"
#include "pcsc.h"
#include "shown.h"

/* For the worker to look at a signature before it sends a new PIN. */
#define RENEW_MS 1000

/*
 * The new PIN, in the transaction in which the present one was verified. The
 * worker has seen the signature, so it is the registered card.
 */
static enum jk_err
renew(struct jk_conversation *c, struct jk_link *link,
    const struct jk_applet *applet)
{
	struct jk_order order = { 0 };
	bool fit = false;
	unsigned left;
	enum jk_err e =
	    jk_order_read_both(c, JK_FIELD_PIN, applet, &order, &fit);

	if (e != JK_OK || !fit) {
		jk_order_clear(&order);
		jk_link_end_reset(link);
		return e != JK_OK
		           ? e
		           : jk_conversation_fail_pin(c, JK_WHY_PIN_REFUSED,
		                 NULL, JK_STANDS_OLD);
	}
	e = applet->change(&link->channel, &order.pin, &order.fresh, &left);
	jk_order_clear(&order);
	jk_link_end_reset(link);
	if (e == JK_OK)
		return jk_conversation_renewed(c);
	if (e == JK_ERR_REFUSED)
		return jk_conversation_fail_pin(c, jk_pin_reason(left),
		    &(struct jk_tries){ .known = true, .left = left },
		    JK_STANDS_OLD);
	return jk_conversation_fail_pin(c, jk_link_reason(link, e), NULL,
	    e == JK_ERR_UNSAFE ? JK_STANDS_OLD : JK_STANDS_UNSURE);
}

enum jk_err
jk_renew_await(struct jk_conversation *c, struct jk_link *link,
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

/*
 * PUK and new PIN, VERIFY of that, and signature, in one transaction. No key of
 * a card whose PIN is blocked can sign, so only afterwards is it proven.
 */
static enum jk_err
spend_puk(struct jk_conversation *c, struct jk_link *link,
    const struct jk_applet *applet, struct jk_order *order)
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
	return jk_conversation_fail_pin(c, jk_link_reason(link, e), NULL,
	    stands);
}

static enum jk_err
unblock(struct jk_conversation *c, struct jk_link *link, struct jk_shown *shown,
    struct jk_order *order)
{
	enum jk_err e = jk_link_begin(link, jk_shown_meet, shown);

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

enum jk_err
jk_unblock_obey(struct jk_conversation *c, struct jk_link *link,
    struct jk_shown *shown)
{
	struct jk_order order = { 0 };
	bool fit = false;
	enum jk_err e = shown->applet->unblock != NULL
	                    ? jk_order_read_challenge(c->frame, &order)
	                    : JK_ERR_UNSUPPORTED;

	if (e == JK_OK)
		e = jk_order_read_both(c, JK_FIELD_PUK, shown->applet, &order,
		    &fit);
	jk_frame_start(c->frame, 0);
	if (e == JK_OK && fit)
		e = unblock(c, link, shown, &order);
	else if (e == JK_OK)
		e = jk_conversation_fail_pin(c, JK_WHY_PIN_MALFORMED, NULL,
		    JK_STANDS_OLD);
	jk_order_clear(&order);
	return e;
}
