/* SPDX-License-Identifier: BSD-2-Clause */
#include "spend.h"

#include "clock.h"
#include "conversation.h"
#include "order.h"
#include "pad.h"
#include "pcsc.h"
#include "renew.h"
#include "shown.h"

/* Why there was no VERIFY, or none that was good. */
struct refusal {
	enum jk_reason why;
	struct jk_tries tries;
};

static enum jk_err
verify_typed(const struct jk_link *link, const struct jk_applet *applet,
    struct jk_order *order, struct refusal *ret)
{
	unsigned left;
	enum jk_err e = applet->verify(&link->channel, &order->pin, &left);

	/* A card that hangs from here on finds no PIN in this process. */
	jk_secret_clear(&order->pin);
	if (e == JK_ERR_REFUSED)
		*ret = (struct refusal){ jk_pin_reason(left), { true, left } };
	return e;
}

/* What the pad answered, which says so of the card or of itself. */
static enum jk_err
weigh_sw(uint16_t sw, const struct jk_shown *shown, struct refusal *ret)
{
	unsigned left;

	if (sw == JK_SW_OK)
		return JK_OK;
	if (jk_tries_from_sw(sw, &left)) {
		*ret = (struct refusal){ jk_pin_reason(left), { true, left } };
		return JK_ERR_REFUSED;
	}
	ret->tries = shown->tries;
	return jk_pad_why(sw, &ret->why) ? JK_ERR_REFUSED : JK_ERR_FORMAT;
}

/* A person types while the transaction is held: the pad has no other way. */
static enum jk_err
verify_by_pad(const struct jk_conversation *c, const struct jk_link *link,
    const struct jk_shown *shown, struct refusal *ret)
{
	const struct jk_pin_form *form = shown->applet->form;
	uint8_t seconds;
	uint16_t sw;
	enum jk_err e = JK_OK;

	*ret = (struct refusal){ JK_WHY_TIMEOUT, shown->tries };
	if (form->select != NULL)
		e = form->select(&link->channel);
	if (e != JK_OK)
		return e;
	seconds = jk_pad_seconds(c->until - jk_boot_ms());
	if (seconds == 0)
		return JK_ERR_REFUSED;
	e = jk_pad_verify(&link->control, &shown->pad, form, &c->range, seconds,
	    &sw);
	if (e == JK_OK)
		return weigh_sw(sw, shown, ret);
	ret->why = JK_WHY_READER_PINPAD;
	return e == JK_ERR_UNSUPPORTED ? JK_ERR_REFUSED : e;
}

/*
 * VERIFY and signature in the open transaction, which ends with a reset
 * whatever happened. From here on nothing is tried twice.
 */
static enum jk_err
spend_pin(struct jk_conversation *c, struct jk_link *link,
    const struct jk_shown *shown, struct jk_order *order)
{
	const struct jk_applet *applet = shown->applet;
	struct jk_signature signature;
	struct refusal refusal;
	enum jk_err e = order->by_pad
	                    ? verify_by_pad(c, link, shown, &refusal)
	                    : verify_typed(link, applet, order, &refusal);

	if (e == JK_ERR_REFUSED) {
		jk_link_end_reset(link);
		return jk_conversation_fail(c, refusal.why, &refusal.tries);
	}
	if (e == JK_OK)
		e = applet->sign(&link->channel, order->key, &order->challenge,
		    &signature);
	if (e == JK_OK && order->renews)
		return jk_renew_await(c, link, applet, &signature);
	jk_link_end_reset(link);
	return e == JK_OK
	           ? jk_conversation_signed(c, &signature)
	           : jk_conversation_fail(c, jk_link_reason(link, e), NULL);
}

/* Whether one more wrong PIN may be risked on this card. */
static bool
may_spend(const struct jk_tries *tries, uint64_t keep)
{
	return !tries->known || (tries->left > 0 && tries->left > keep);
}

static enum jk_err
sign(struct jk_conversation *c, struct jk_link *link, struct jk_shown *shown,
    struct jk_order *order)
{
	enum jk_err e = jk_link_begin(link, jk_shown_meet, shown);

	if (e != JK_OK)
		return jk_conversation_fail(c, jk_card_reason(e), NULL);
	if (!may_spend(&shown->tries, order->tries_keep)) {
		jk_link_end(link);
		return jk_conversation_fail(c,
		    shown->tries.left == 0 ? JK_WHY_PIN_LOCKED
		                           : JK_WHY_PIN_LAST,
		    &shown->tries);
	}
	return spend_pin(c, link, shown, order);
}

enum jk_err
jk_sign_obey(struct jk_conversation *c, struct jk_link *link,
    struct jk_shown *shown)
{
	struct jk_order order = { 0 };
	bool pin_fits = false;
	enum jk_err e = jk_order_read(c, shown->applet, shown->pad.verify != 0,
	    &order, &pin_fits);

	if (e == JK_OK && pin_fits)
		e = sign(c, link, shown, &order);
	else if (e == JK_OK)
		e = jk_conversation_fail(c, JK_WHY_PIN_MALFORMED,
		    &shown->tries);
	jk_order_clear(&order);
	return e;
}
