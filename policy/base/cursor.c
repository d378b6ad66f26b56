/* SPDX-License-Identifier: BSD-2-Clause */
#include "cursor.h"

enum jk_err
jk_cur_take(struct jk_cur *cur, size_t n, struct jk_cur *ret)
{
	if (cur->left < n)
		return JK_ERR_TRUNCATED;
	*ret = (struct jk_cur){ .at = cur->at, .left = n };
	cur->at += n;
	cur->left -= n;
	return JK_OK;
}

enum jk_err
jk_cur_u8(struct jk_cur *cur, uint8_t *ret)
{
	struct jk_cur one;
	enum jk_err e = jk_cur_take(cur, 1, &one);

	if (e != JK_OK)
		return e;
	*ret = one.at[0];
	return JK_OK;
}

enum jk_err
jk_cur_u16(struct jk_cur *cur, uint16_t *ret)
{
	struct jk_cur two;
	enum jk_err e = jk_cur_take(cur, 2, &two);

	if (e != JK_OK)
		return e;
	*ret = (uint16_t)(two.at[0] << 8 | two.at[1]);
	return JK_OK;
}
