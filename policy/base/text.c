/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <stdint.h>

#include "cursor.h"

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
is_overlong_or_surrogate(uint32_t c, int n)
{
	return (n == 2 && c < 0x800) || (n == 3 && c < 0x10000) ||
	       (c >= 0xd800 && c < 0xe000) || c > 0x10ffff;
}

static enum jk_err
next_character(struct jk_cur *cur, uint32_t *ret)
{
	uint8_t byte;
	uint32_t c;
	int n;
	enum jk_err e = jk_cur_u8(cur, &byte);

	if (e != JK_OK)
		return e;
	n = followers(byte);
	if (n < 0)
		return JK_ERR_FORMAT;
	c = n == 0 ? byte : byte & (0x3fu >> n);
	for (int i = 0; i < n; i++) {
		e = jk_cur_u8(cur, &byte);
		if (e != JK_OK)
			return e;
		if ((byte & 0xc0) != 0x80)
			return JK_ERR_FORMAT;
		c = c << 6 | (byte & 0x3f);
	}
	if (is_overlong_or_surrogate(c, n))
		return JK_ERR_FORMAT;
	*ret = c;
	return JK_OK;
}

static bool
is_control(uint32_t c)
{
	return (c < 0x20 && c != '\t') || (c >= 0x7f && c < 0xa0);
}

/* Separators, marks and overrides that change how a line is shown. */
static bool
is_invisible(uint32_t c)
{
	return c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0xfeff;
}

const char *
jk_text_fault(const char *text, size_t len)
{
	struct jk_cur cur = { .at = (const uint8_t *)text, .left = len };
	uint32_t c;

	while (cur.left > 0) {
		if (next_character(&cur, &c) != JK_OK)
			return "not valid UTF-8";
		if (c == 0)
			return "NUL byte";
		if (is_control(c))
			return "control character";
		if (is_invisible(c))
			return "invisible character";
	}
	return NULL;
}
