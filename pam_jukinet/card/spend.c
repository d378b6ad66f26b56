/* SPDX-License-Identifier: BSD-2-Clause */
#include "spend.h"

#include "conversation.h"
#include "order.h"
#include "pcsc.h"
#include "renew.h"
#include "shown.h"

/*
 * VERIFY and signature in the open transaction, which ends with a reset
 * whatever happened. From here on nothing is tried twice.
 */
static enum jk_err
spend_pin(struct jk_conversation *c, struct jk_link *link,
    const struct jk_applet *applet, struct jk_order *order)
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
	return spend_pin(c, link, shown->applet, order);
}

enum jk_err
jk_sign_obey(struct jk_conversation *c, struct jk_link *link,
    struct jk_shown *shown)
{
	struct jk_order order = { 0 };
	bool pin_fits = false;
	enum jk_err e = jk_order_read(c, shown->applet, &order, &pin_fits);

	if (e == JK_OK && pin_fits)
		e = sign(c, link, shown, &order);
	else if (e == JK_OK)
		e = jk_conversation_fail(c, JK_WHY_PIN_MALFORMED,
		    &shown->tries);
	jk_order_clear(&order);
	return e;
}
