/* SPDX-License-Identifier: BSD-2-Clause */
#include "residentcode.h"

#include <string.h>

#define INDIVIDUAL_LEN 12

/* What may stand between digits. */
static const char *const gaps[] = {
	"-",
	" ",
	"\xe3\x80\x80", /* U+3000, the wide space */
	"\xc2\xa0",     /* U+00A0, that does not break */
	"\xef\xbc\x8d", /* U+FF0D, the wide hyphen */
	"\xe2\x88\x92", /* U+2212, the minus sign */
	"\xe3\x83\xbc", /* U+30FC, the long vowel, which keyboards give for it */
	"\xef\xbd\xb0", /* U+FF70, the same in half width */
	"\xe2\x80\x90", /* U+2010 to U+2015: hyphens and dashes */
	"\xe2\x80\x91",
	"\xe2\x80\x92",
	"\xe2\x80\x93",
	"\xe2\x80\x94",
	"\xe2\x80\x95",
};

/* Bytes of the gap at `text`; 0: there is none. */
static size_t
gap_len(const char *text, size_t left)
{
	for (size_t i = 0; i < JK_COUNT(gaps); i++) {
		const size_t n = strlen(gaps[i]);

		if (n <= left && memcmp(text, gaps[i], n) == 0)
			return n;
	}
	return 0;
}

/* Bytes of the digit at `text`, with its ASCII form; 0: there is none. */
static size_t
digit_len(const char *text, size_t left, char *ret)
{
	static const char wide[] = { '\xef', '\xbc' };
	const unsigned char *byte = (const unsigned char *)text;

	if (byte[0] >= '0' && byte[0] <= '9') {
		*ret = text[0];
		return 1;
	}
	/* U+FF10 to U+FF19 */
	if (left >= 3 && memcmp(text, wide, sizeof(wide)) == 0 &&
	    byte[2] >= 0x90 && byte[2] <= 0x99) {
		*ret = (char)('0' + (byte[2] - 0x90));
		return 3;
	}
	return 0;
}

/* How many digits there are; more than may be, when it is none of ours. */
static size_t
read_digits(const char *text, size_t len, char ret[static INDIVIDUAL_LEN])
{
	size_t n = 0, taken;
	char digit;

	for (size_t at = 0; at < len; at += taken) {
		taken = digit_len(text + at, len - at, &digit);
		if (taken == 0) {
			taken = gap_len(text + at, len - at);
			if (taken == 0)
				return INDIVIDUAL_LEN + 1;
			continue;
		}
		if (n == INDIVIDUAL_LEN)
			return INDIVIDUAL_LEN + 1;
		ret[n++] = digit;
	}
	return n;
}

/* Of `n` digits the last one checks those before it: 11 or 12. */
static bool
fits(const char *digits, size_t n)
{
	/* From their right. */
	static const unsigned weight[] = { 2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6 };
	unsigned sum = 0, rest;

	for (size_t i = 0; i + 1 < n; i++)
		sum += weight[i] * (unsigned)(digits[n - 2 - i] - '0');
	rest = sum % 11;
	return (unsigned)(digits[n - 1] - '0') == (rest < 2 ? 0 : 11 - rest);
}

enum jk_residentcode
jk_residentcode_read(const char *text, size_t len,
    char ret[static JK_RESIDENTCODE_LEN + 1])
{
	char digits[INDIVIDUAL_LEN];
	enum jk_residentcode kind = JK_RESIDENTCODE_NONE;
	size_t n;

	if (len > JK_RESIDENTCODE_INPUT)
		return JK_RESIDENTCODE_NONE;
	n = read_digits(text, len, digits);
	if (n == INDIVIDUAL_LEN)
		kind = JK_RESIDENTCODE_INDIVIDUAL;
	if (n == JK_RESIDENTCODE_LEN) {
		kind = fits(digits, n) ? JK_RESIDENTCODE_GOOD
		                       : JK_RESIDENTCODE_ODD;
		memcpy(ret, digits, n);
		ret[n] = '\0';
	}
	explicit_bzero(digits, sizeof(digits));
	return kind;
}

/* The digits in a row at `text`, and of them the first `most`; goes behind them. */
static size_t
take_run(const char **text, const char *end, char *ret, size_t most)
{
	size_t n = 0, taken;
	char digit;

	while (*text < end &&
	       (taken = digit_len(*text, (size_t)(end - *text), &digit)) > 0) {
		if (n < most)
			ret[n] = digit;
		n++;
		*text += taken;
	}
	return n;
}

static void
skip_gaps(const char **text, const char *end)
{
	size_t taken;

	while (
	    *text < end && (taken = gap_len(*text, (size_t)(end - *text))) > 0)
		*text += taken;
}

/* How many digits the number has that begins at `text`, as people divide one: by
 * four, and the last one checks the others; 0: there is none. */
static size_t
divided_len(const char *text, const char *end)
{
	char digits[INDIVIDUAL_LEN];
	size_t n = 0, len;

	for (size_t group = 0; group < 3; group++) {
		const size_t run = take_run(&text, end, digits + n, 4);

		if (run != 4 && (group < 2 || run != 3)) {
			n = 0;
			break;
		}
		n += run;
		skip_gaps(&text, end);
	}
	len = n > 0 && fits(digits, n) ? n : 0;
	explicit_bzero(digits, sizeof(digits));
	return len;
}

size_t
jk_residentcode_run(const char *text)
{
	const char *const end = text + strlen(text);
	size_t longest = 0;
	char none;

	while (text < end) {
		const char *const begin = text;
		const size_t run = take_run(&text, end, &none, 0);
		const size_t n = run == 4 ? divided_len(begin, end) : 0;

		if (run > longest)
			longest = run;
		if (n > longest)
			longest = n;
		if (run == 0)
			text++;
	}
	return longest;
}
