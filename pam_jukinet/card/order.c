/* SPDX-License-Identifier: BSD-2-Clause */
#include "order.h"

#include "conversation.h"
#include "frame.h"

void
jk_order_clear(struct jk_order *order)
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

enum jk_err
jk_order_read_challenge(const struct jk_frame *f, struct jk_order *ret)
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

enum jk_err
jk_order_read(struct jk_conversation *c, const struct jk_applet *applet,
    struct jk_order *ret, bool *ret_pin_fits)
{
	const struct jk_frame *f = c->frame;
	uint64_t flags = 0;
	enum jk_err e;

	*ret_pin_fits = true;
	if ((e = get_flags(f, &flags)) == JK_OK &&
	    (e = jk_frame_get_u64(f, JK_FIELD_TRIES_KEEP, &ret->tries_keep)) ==
	        JK_OK &&
	    (e = jk_order_read_challenge(f, ret)) == JK_OK)
		e = read_secret(f, JK_FIELD_PIN, applet, &ret->pin,
		    ret_pin_fits);
	ret->renews = (flags & JK_FLAG_RENEW) != 0;
	jk_frame_start(c->frame, 0);
	return e;
}

enum jk_err
jk_order_read_both(struct jk_conversation *c, enum jk_field by,
    const struct jk_applet *applet, struct jk_order *ret, bool *ret_fit)
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
