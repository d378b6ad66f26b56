/* SPDX-License-Identifier: BSD-2-Clause */
#include "pad.h"

#include <assert.h>
#include <string.h>

#include <winscard.h>

#include <reader.h>

#define INS_VERIFY 0x20
#define HEADER     5 /* CLA, INS, P1, P2, Lc */

#define FORMAT_ASCII_BYTES 0x82 /* ASCII, on the left, positions in bytes */
#define ENDS_WITH_KEY      0x02 /* the OK key */
#define MESSAGE_DEFAULT    0xff /* the reader's own text */
#define LANGUAGE           0x0409

#define SW_TIMEOUT   0x6400
#define SW_CANCELLED 0x6401
#define SW_LENGTH    0x6403
#define SW_STRUCTURE 0x6b80

#define SECONDS_MAX UINT8_MAX
#define SPARE_MS    3000 /* for what follows the PIN */

static_assert(sizeof(PIN_VERIFY_STRUCTURE) == 19, "as part 10 packs it");

enum jk_err
jk_pin_range(const struct jk_pin_form *form, uint64_t min, uint64_t max,
    struct jk_pin_range *ret)
{
	uint64_t least = min > form->min ? min : form->min;
	uint64_t most = max < form->max ? max : form->max;

	if (least > most) {
		least = min;
		most = max < form->block ? max : form->block;
	}
	if (least == 0 || least > most)
		return JK_ERR_FORMAT;
	*ret = (struct jk_pin_range){ (uint8_t)least, (uint8_t)most };
	return JK_OK;
}

/* One feature: its number, its length, its value with the high byte first. */
static enum jk_err
next_feature(struct jk_cur *list, uint8_t *ret_tag, struct jk_cur *ret_value)
{
	uint8_t len;
	enum jk_err e;

	if ((e = jk_cur_u8(list, ret_tag)) != JK_OK ||
	    (e = jk_cur_u8(list, &len)) != JK_OK)
		return e;
	return jk_cur_take(list, len, ret_value);
}

static enum jk_err
read_code(struct jk_cur value, uint32_t *ret)
{
	if (value.left != 4)
		return JK_ERR_FORMAT;
	*ret = (uint32_t)value.at[0] << 24 | (uint32_t)value.at[1] << 16 |
	       (uint32_t)value.at[2] << 8 | value.at[3];
	return *ret != 0 ? JK_OK : JK_ERR_FORMAT;
}

enum jk_err
jk_pad_parse(struct jk_cur list, struct jk_pad *ret)
{
	struct jk_pad pad = { 0 };

	while (list.left > 0) {
		struct jk_cur value;
		uint8_t tag;
		enum jk_err e = next_feature(&list, &tag, &value);

		if (e != JK_OK)
			return e;
		if (tag != FEATURE_VERIFY_PIN_DIRECT)
			continue;
		if (pad.verify != 0)
			return JK_ERR_FORMAT; /* which of the two? */
		e = read_code(value, &pad.verify);
		if (e != JK_OK)
			return e;
	}
	if (pad.verify == 0)
		return JK_ERR_NOT_FOUND;
	*ret = pad;
	return JK_OK;
}

void
jk_pad_find(const struct jk_control *control, struct jk_pad *ret)
{
	uint8_t list[256];
	size_t len = 0;

	*ret = (struct jk_pad){ 0 };
	/* Whatever is wrong with the answer, such a reader has no keys. */
	if (control->run(control->ctx, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0,
	        list, sizeof(list), &len) == JK_OK)
		(void)jk_pad_parse((struct jk_cur){ list, len }, ret);
}

size_t
jk_pad_build(const struct jk_pin_form *form, const struct jk_pin_range *range,
    uint8_t seconds, uint8_t ret[static JK_PAD_ORDER_MAX])
{
	/* Numbers are in the byte order of this machine (revision 2.02.06). */
	const PIN_VERIFY_STRUCTURE s = {
		/* bTimerOut2, from the first key on, is left to the reader. */
		.bTimerOut = seconds,
		.bmFormatString = FORMAT_ASCII_BYTES,
		.bmPINBlockString = form->block,
		.wPINMaxExtraDigit = (uint16_t)(range->min << 8 | range->max),
		.bEntryValidationCondition = ENDS_WITH_KEY,
		.bNumberMessage = MESSAGE_DEFAULT,
		.wLangId = LANGUAGE,
		.ulDataLength = HEADER + (uint32_t)form->block,
	};
	uint8_t *apdu = ret + sizeof(s);

	memcpy(ret, &s, sizeof(s));
	memcpy(apdu, (uint8_t[]){ 0, INS_VERIFY, 0, form->p2, form->block },
	    HEADER);
	memset(apdu + HEADER, 0xff, form->block);
	return sizeof(s) + s.ulDataLength;
}

uint8_t
jk_pad_seconds(int64_t ms)
{
	const int64_t spare = ms / 4 < SPARE_MS ? ms / 4 : SPARE_MS;
	const int64_t seconds = (ms - spare) / 1000;

	if (seconds <= 0)
		return 0; /* which to a reader would mean its own time */
	return seconds < SECONDS_MAX ? (uint8_t)seconds : SECONDS_MAX;
}

enum jk_err
jk_pad_verify(const struct jk_control *control, const struct jk_pad *pad,
    const struct jk_pin_form *form, const struct jk_pin_range *range,
    uint8_t seconds, uint16_t *ret_sw)
{
	uint8_t order[JK_PAD_ORDER_MAX], answer[16];
	size_t n = jk_pad_build(form, range, seconds, order);
	size_t len = 0;
	enum jk_err e = control->run(control->ctx, pad->verify, order, n,
	    answer, sizeof(answer), &len);

	if (e != JK_OK)
		return e;
	if (len != 2)
		return JK_ERR_FORMAT;
	*ret_sw = (uint16_t)(answer[0] << 8 | answer[1]);
	return JK_OK;
}

bool
jk_pad_why(uint16_t sw, enum jk_reason *ret)
{
	switch (sw) {
	case SW_TIMEOUT:
		*ret = JK_WHY_PIN_TIMEOUT;
		return true;
	case SW_CANCELLED:
		*ret = JK_WHY_PIN_CANCELLED;
		return true;
	case SW_LENGTH:
		*ret = JK_WHY_PIN_MALFORMED;
		return true;
	case SW_STRUCTURE:
		*ret = JK_WHY_READER_PINPAD;
		return true;
	default:
		return false;
	}
}
