/* SPDX-License-Identifier: BSD-2-Clause */
#include "tlv.h"

#define TAG_MORE 0x1f /* low bits of the first byte of a longer tag */

static enum jk_err
read_tag(struct jk_cur *cur, uint16_t *ret)
{
	uint8_t first, second;
	enum jk_err e = jk_cur_u8(cur, &first);

	if (e != JK_OK)
		return e;
	if (first == 0x00)
		return JK_ERR_FORMAT; /* padding is no element */
	if ((first & TAG_MORE) != TAG_MORE) {
		*ret = first;
		return JK_OK;
	}
	e = jk_cur_u8(cur, &second);
	if (e != JK_OK)
		return e;
	/* A third byte would follow, or one byte would have done. */
	if ((second & 0x80) != 0 || second < TAG_MORE)
		return JK_ERR_FORMAT;
	*ret = (uint16_t)(first << 8 | second);
	return JK_OK;
}

static enum jk_err
read_length(struct jk_cur *cur, size_t *ret)
{
	uint8_t first, one;
	uint16_t two;
	enum jk_err e = jk_cur_u8(cur, &first);

	if (e != JK_OK)
		return e;
	switch (first) {
	case 0x81:
		e = jk_cur_u8(cur, &one);
		if (e != JK_OK)
			return e;
		*ret = one;
		return one >= 0x80 ? JK_OK : JK_ERR_FORMAT;
	case 0x82:
		e = jk_cur_u16(cur, &two);
		if (e != JK_OK)
			return e;
		*ret = two;
		return two >= 0x100 ? JK_OK : JK_ERR_FORMAT;
	default:
		*ret = first;
		return first < 0x80 ? JK_OK : JK_ERR_FORMAT;
	}
}

enum jk_err
jk_tlv_head(struct jk_cur *cur, uint16_t *ret_tag, size_t *ret_len)
{
	struct jk_cur c = *cur;
	uint16_t tag;
	size_t len;
	enum jk_err e;

	if ((e = read_tag(&c, &tag)) != JK_OK ||
	    (e = read_length(&c, &len)) != JK_OK)
		return e;
	*cur = c;
	*ret_tag = tag;
	*ret_len = len;
	return JK_OK;
}

enum jk_err
jk_tlv_next(struct jk_cur *cur, struct jk_tlv *ret)
{
	struct jk_cur c = *cur;
	struct jk_tlv tlv;
	size_t len;
	enum jk_err e;

	if ((e = jk_tlv_head(&c, &tlv.tag, &len)) != JK_OK ||
	    (e = jk_cur_take(&c, len, &tlv.value)) != JK_OK)
		return e;
	*cur = c;
	*ret = tlv;
	return JK_OK;
}

enum jk_err
jk_tlv_expect(struct jk_cur *cur, uint16_t tag, struct jk_cur *ret_value)
{
	struct jk_cur c = *cur;
	struct jk_tlv tlv;
	enum jk_err e = jk_tlv_next(&c, &tlv);

	if (e != JK_OK)
		return e;
	if (tlv.tag != tag)
		return JK_ERR_FORMAT;
	*cur = c;
	*ret_value = tlv.value;
	return JK_OK;
}

enum jk_err
jk_tlv_only(struct jk_cur cur, uint16_t tag, struct jk_cur *ret_value)
{
	struct jk_cur value;
	enum jk_err e = jk_tlv_expect(&cur, tag, &value);

	if (e != JK_OK)
		return e;
	if (cur.left != 0)
		return JK_ERR_FORMAT;
	*ret_value = value;
	return JK_OK;
}
