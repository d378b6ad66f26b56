/* SPDX-License-Identifier: BSD-2-Clause */
#include "text.h"

#include <string.h>

enum vc_err
vc_text_number(const char *word, unsigned long max, unsigned long *ret)
{
	unsigned long n = 0, digit;

	if (*word == '\0')
		return VC_ERR_FORMAT;
	for (; *word != '\0'; word++) {
		if (*word < '0' || *word > '9')
			return VC_ERR_FORMAT;
		digit = (unsigned long)(*word - '0');
		if (digit > max || n > (max - digit) / 10)
			return VC_ERR_RANGE;
		n = n * 10 + digit;
	}
	*ret = n;
	return VC_OK;
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum vc_err
vc_text_unhex(const char *word, uint8_t *ret, size_t len)
{
	int high, low;

	if (strlen(word) != 2 * len)
		return VC_ERR_FORMAT;
	for (size_t i = 0; i < len; i++) {
		high = nibble(word[2 * i]);
		low = nibble(word[2 * i + 1]);
		if (high < 0 || low < 0)
			return VC_ERR_FORMAT;
		ret[i] = (uint8_t)(high * 16 + low);
	}
	return VC_OK;
}

void
vc_text_hex(const uint8_t *data, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*ret++ = digits[data[i] >> 4];
		*ret++ = digits[data[i] & 15];
	}
	*ret = '\0';
}
