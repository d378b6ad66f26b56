/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader that says what the input says: a byte that is the length of its
 * list of features, the list, and its answer to an order.
 */
#include <stdlib.h>
#include <string.h>

#include "applet.h"
#include "pad.h"

#define CHECK(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

static enum jk_err
answer(void *ctx, JK_UNUSED uint32_t code, const uint8_t *order, size_t len,
    uint8_t *ret, size_t size, size_t *ret_len)
{
	const struct jk_cur *bytes = ctx;

	CHECK(len <= JK_PAD_ORDER_MAX && (len == 0 || order != NULL));
	if (bytes->left > size)
		return JK_ERR_UNSUPPORTED; /* as pcscd does */
	if (bytes->left > 0)
		memcpy(ret, bytes->at, bytes->left);
	*ret_len = bytes->left;
	return JK_OK;
}

static void
ask(struct jk_cur bytes, const struct jk_pad *pad)
{
	const struct jk_control control = { answer, &bytes };
	const struct jk_pin_range range = { 6, 8 };
	enum jk_reason why = JK_WHY_GRANTED;
	uint16_t sw = 7;
	enum jk_err e =
	    jk_pad_verify(&control, pad, jk_piv.form, &range, 1, &sw);

	CHECK(e == JK_OK ? bytes.left == 2 : sw == 7);
	if (e == JK_OK && jk_pad_why(sw, &why))
		CHECK(sw != 0x9000 && why != JK_WHY_GRANTED);
	else
		CHECK(why == JK_WHY_GRANTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_cur input = { data, len }, list;
	const struct jk_control control = { answer, &list };
	struct jk_pad pad = { 7 }, found;
	uint8_t n;
	enum jk_err e;

	if (jk_cur_u8(&input, &n) != JK_OK ||
	    jk_cur_take(&input, n < input.left ? n : input.left, &list) !=
	        JK_OK)
		return 0;
	e = jk_pad_parse(list, &pad);
	CHECK(e == JK_OK ? list.left >= 6 && pad.verify != 0 : pad.verify == 7);
	jk_pad_find(&control, &found);
	CHECK(found.verify == (e == JK_OK ? pad.verify : 0));
	if (e == JK_OK)
		ask(input, &pad);
	return 0;
}
