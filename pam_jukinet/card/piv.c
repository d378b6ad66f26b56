/* SPDX-License-Identifier: BSD-2-Clause */
#include "piv.h"

#include <string.h>

#include "apdu.h"
#include "pad.h"
#include "secret.h"

#define INS_CHANGE      0x24
#define INS_RESET       0x2c
#define INS_SELECT      0xa4
#define PIN_APPLICATION 0x80

static enum jk_err
select_piv(const struct jk_channel *channel)
{
	/* Without the version at its end. */
	static const uint8_t aid[] = { 0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00,
		0x10, 0x00 };
	const struct jk_apdu select = {
		.ins = INS_SELECT,
		.p1 = 0x04,
		.data = { aid, sizeof(aid) },
		.answer = true,
	};
	struct jk_answer a;
	enum jk_err e = jk_apdu_run(channel, &select, &a);

	if (e != JK_OK)
		return e;
	if (a.sw == JK_SW_OK)
		return JK_OK;
	return jk_sw_means_no_application(a.sw) ? JK_ERR_NOT_FOUND
	                                        : JK_ERR_FORMAT;
}

static enum jk_err
count_tries(const struct jk_channel *channel, struct jk_tries *ret)
{
	return jk_verify_count(channel, PIN_APPLICATION, ret);
}

/* With padding: 1 to 8 bytes. */
static enum jk_err
fit_pin(struct jk_cur pin, struct jk_secret *ret)
{
	static const uint8_t padding[JK_PIV_PIN_LEN] = { 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff };
	enum jk_err e;

	if (pin.left == 0 || pin.left > JK_PIV_PIN_LEN)
		return JK_ERR_FORMAT;
	e = jk_secret_set(ret, padding, sizeof(padding));
	if (e != JK_OK)
		return e;
	/* Straight into the locked page, without a copy on the way. */
	memcpy(ret->data, pin.at, pin.left);
	return JK_OK;
}

static enum jk_err
verify_pin(const struct jk_channel *channel, const struct jk_secret *pin,
    unsigned *ret_left)
{
	return jk_verify_pin(channel, PIN_APPLICATION, pin, ret_left);
}

/* Two secrets of 8 bytes: who may do it, and the new PIN. */
static enum jk_err
replace_pin(const struct jk_channel *channel, uint8_t ins,
    const struct jk_secret *by, const struct jk_secret *fresh,
    unsigned *ret_left)
{
	JK_CLEANUP(jk_secret_clear) struct jk_secret both = { 0 };
	struct jk_apdu replace = { .ins = ins, .p2 = PIN_APPLICATION };
	struct jk_answer a;
	enum jk_err e;

	if (by->len != JK_PIV_PIN_LEN || fresh->len != JK_PIV_PIN_LEN)
		return JK_ERR_UNSAFE;
	e = jk_secret_set(&both, by->data, by->len);
	if (e != JK_OK)
		return e;
	/* There is room for JK_PIN_MAX bytes. */
	memcpy(both.data + both.len, fresh->data, fresh->len);
	both.len += fresh->len;
	replace.data = (struct jk_cur){ both.data, both.len };
	e = jk_apdu_run(channel, &replace, &a);
	if (e != JK_OK)
		return e;
	if (a.sw == JK_SW_OK)
		return JK_OK;
	if (jk_sw_means_bad_form(a.sw))
		return JK_ERR_UNSAFE;
	return jk_tries_from_sw(a.sw, ret_left) ? JK_ERR_REFUSED
	                                        : JK_ERR_FORMAT;
}

static enum jk_err
change_pin(const struct jk_channel *channel, const struct jk_secret *old,
    const struct jk_secret *fresh, unsigned *ret_left)
{
	return replace_pin(channel, INS_CHANGE, old, fresh, ret_left);
}

static enum jk_err
unblock_pin(const struct jk_channel *channel, const struct jk_secret *puk,
    const struct jk_secret *fresh, unsigned *ret_left)
{
	return replace_pin(channel, INS_RESET, puk, fresh, ret_left);
}

/* SP 800-73-4 part 2, 2.4.3: 6 to 8 digits, padded with FF. */
static const struct jk_pin_form form = {
	.p2 = PIN_APPLICATION,
	.block = JK_PIV_PIN_LEN,
	.min = 6,
	.max = 8,
};

const struct jk_applet jk_piv = {
	.name = "piv",
	.select = select_piv,
	.identify = jk_piv_identify,
	.count_tries = count_tries,
	.read = jk_piv_read,
	.fit = fit_pin,
	.verify = verify_pin,
	.change = change_pin,
	.unblock = unblock_pin,
	.sign = jk_piv_sign,
	.form = &form,
};
