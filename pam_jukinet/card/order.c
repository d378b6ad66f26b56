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

/* How many digits the pad is to take: what card and settings say. */
static enum jk_err
read_range(struct jk_conversation *c, const struct jk_applet *applet,
    bool *ret_fits)
{
	uint64_t min, max;
	enum jk_err e;

	if ((e = jk_frame_get_u64(c->frame, JK_FIELD_PIN_MIN, &min)) != JK_OK ||
	    (e = jk_frame_get_u64(c->frame, JK_FIELD_PIN_MAX, &max)) != JK_OK)
		return e;
	*ret_fits = jk_pin_range(applet->form, min, max, &c->range) == JK_OK;
	return JK_OK;
}

/* The PIN, or that the pad is to ask for it; that one cannot be renewed. */
static enum jk_err
read_pin(struct jk_conversation *c, const struct jk_applet *applet,
    bool has_pad, struct jk_order *ret, bool *ret_fits)
{
	struct jk_cur pin;
	uint64_t pad;

	ret->by_pad = jk_frame_get_u64(c->frame, JK_FIELD_PAD, &pad) == JK_OK;
	if (!ret->by_pad)
		return read_secret(c->frame, JK_FIELD_PIN, applet, &ret->pin,
		    ret_fits);
	if (!has_pad || ret->renews ||
	    jk_frame_get(c->frame, JK_FIELD_PIN, &pin) != JK_ERR_NOT_FOUND)
		return JK_ERR_FORMAT;
	return read_range(c, applet, ret_fits);
}

enum jk_err
jk_order_read(struct jk_conversation *c, const struct jk_applet *applet,
    bool has_pad, struct jk_order *ret, bool *ret_pin_fits)
{
	const struct jk_frame *f = c->frame;
	uint64_t flags = 0;
	enum jk_err e;

	*ret_pin_fits = true;
	e = get_flags(f, &flags);
	ret->renews = (flags & JK_FLAG_RENEW) != 0;
	if (e == JK_OK &&
	    (e = jk_frame_get_u64(f, JK_FIELD_TRIES_KEEP, &ret->tries_keep)) ==
	        JK_OK &&
	    (e = jk_order_read_challenge(f, ret)) == JK_OK)
		e = read_pin(c, applet, has_pad, ret, ret_pin_fits);
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
