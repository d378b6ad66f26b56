/* SPDX-License-Identifier: BSD-2-Clause */
#include "atr.h"

#include <stdint.h>

#define TAG_CAPABILITIES 7
#define EXTENDED_LENGTH  0x40 /* in the third byte of the capabilities */
#define STATUS_LEN       3    /* bytes at the end, category 00 */

/* Passes over TA1 to TDn. */
static enum jk_err
skip_interface_bytes(struct jk_cur *cur, uint8_t t0)
{
	uint8_t present = t0 >> 4, byte;

	while (present != 0) {
		uint8_t next = 0;

		for (unsigned bit = 0; bit < 4; bit++) {
			enum jk_err e;

			if ((present >> bit & 1) == 0)
				continue;
			e = jk_cur_u8(cur, &byte);
			if (e != JK_OK)
				return e;
			if (bit == 3)
				next = byte >> 4;
		}
		present = next;
	}
	return JK_OK;
}

static enum jk_err
historical_bytes(struct jk_cur atr, struct jk_cur *ret)
{
	uint8_t ts, t0;
	enum jk_err e;

	if ((e = jk_cur_u8(&atr, &ts)) != JK_OK ||
	    (e = jk_cur_u8(&atr, &t0)) != JK_OK ||
	    (e = skip_interface_bytes(&atr, t0)) != JK_OK)
		return e;
	return jk_cur_take(&atr, t0 & 0x0f, ret);
}

/* The COMPACT-TLV objects among them. */
static enum jk_err
objects(struct jk_cur historical, struct jk_cur *ret)
{
	uint8_t category;
	enum jk_err e = jk_cur_u8(&historical, &category);

	if (e != JK_OK)
		return e;
	if (category == 0x80)
		return jk_cur_take(&historical, historical.left, ret);
	if (category == 0x00 && historical.left >= STATUS_LEN)
		return jk_cur_take(&historical, historical.left - STATUS_LEN,
		    ret);
	return JK_ERR_UNSUPPORTED;
}

bool
jk_atr_has_extended_length(struct jk_cur atr)
{
	struct jk_cur historical, list, value;
	uint8_t head;

	if (historical_bytes(atr, &historical) != JK_OK ||
	    objects(historical, &list) != JK_OK)
		return false;
	while (jk_cur_u8(&list, &head) == JK_OK &&
	       jk_cur_take(&list, head & 0x0f, &value) == JK_OK)
		if (head >> 4 == TAG_CAPABILITIES && value.left == 3)
			return (value.at[2] & EXTENDED_LENGTH) != 0;
	return false;
}
