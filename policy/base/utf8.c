/* SPDX-License-Identifier: BSD-2-Clause */
#include "utf8.h"

/* How many bytes follow this first one; -1 when it cannot be a first one. */
static int
followers(uint8_t first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first < 0xe0)
		return 1;
	if (first >= 0xe0 && first < 0xf0)
		return 2;
	if (first >= 0xf0 && first < 0xf5)
		return 3;
	return -1;
}

static bool
is_overlong_or_none(uint32_t c, int n)
{
	return (n == 2 && c < 0x800) || (n == 3 && c < 0x10000) ||
	       (c >= 0xd800 && c < 0xe000) || c > 0x10ffff;
}

enum jk_err
jk_utf8_next(struct jk_cur *cur, uint32_t *ret)
{
	struct jk_cur at = *cur;
	uint8_t byte;
	uint32_t c;
	int n;
	enum jk_err e = jk_cur_u8(&at, &byte);

	if (e != JK_OK)
		return e;
	n = followers(byte);
	if (n < 0)
		return JK_ERR_FORMAT;
	c = n == 0 ? byte : byte & (0x3fu >> n);
	for (int i = 0; i < n; i++) {
		e = jk_cur_u8(&at, &byte);
		if (e != JK_OK)
			return e;
		if ((byte & 0xc0) != 0x80)
			return JK_ERR_FORMAT;
		c = c << 6 | (byte & 0x3f);
	}
	if (is_overlong_or_none(c, n))
		return JK_ERR_FORMAT;

	*cur = at;
	*ret = c;
	return JK_OK;
}

static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* Separators, marks, joiners, overrides, isolates, tags. */
static bool
is_invisible(uint32_t c)
{
	return c == 0xad || c == 0x61c || c == 0x180e ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

bool
jk_utf8_is_plain(uint32_t character)
{
	return !is_control(character) && !is_invisible(character);
}
