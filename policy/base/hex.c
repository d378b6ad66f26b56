/* SPDX-License-Identifier: BSD-2-Clause */
#include "hex.h"

#include <string.h>
#include <sys/random.h>

void
jk_hex_encode(const uint8_t *data, size_t len, char *ret)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = digit[data[i] >> 4];
		ret[2 * i + 1] = digit[data[i] & 0xf];
	}
	ret[2 * len] = '\0';
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum jk_err
jk_hex_decode(const char *text, uint8_t *ret, size_t len)
{
	if (strnlen(text, 2 * len + 1) != 2 * len)
		return JK_ERR_FORMAT;
	for (size_t i = 0; i < 2 * len; i++)
		if (digit_value(text[i]) < 0)
			return JK_ERR_FORMAT;
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(digit_value(text[2 * i]) << 4 |
		                   digit_value(text[2 * i + 1]));
	return JK_OK;
}

enum jk_err
jk_random(void *ret, size_t len)
{
	/* Up to 256 bytes are never given in part (getrandom(2)). */
	if (len > 256)
		return JK_ERR_TOO_BIG;
	return getrandom(ret, len, 0) == (ssize_t)len ? JK_OK : JK_ERR_SYS;
}

enum jk_err
jk_id_new(char ret[static JK_ID_LEN + 1])
{
	uint8_t bytes[JK_ID_LEN / 2];
	enum jk_err e = jk_random(bytes, sizeof(bytes));

	if (e != JK_OK)
		return e;
	jk_hex_encode(bytes, sizeof(bytes), ret);
	return JK_OK;
}

bool
jk_id_is_valid(const char *text)
{
	/* As jk_id_new() writes them: an id has one spelling. */
	return strspn(text, "0123456789abcdef") == JK_ID_LEN &&
	       text[JK_ID_LEN] == '\0';
}
