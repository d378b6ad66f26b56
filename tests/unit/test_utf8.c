/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "utf8.h"

static void
test_utf8_next_well_formed_moves_past_it(void **state)
{
	static const struct {
		const char *bytes;
		uint32_t want;
	} rows[] = {
		{ "a", 'a' },
		{ "\xc2\x80", 0x80 },
		{ "\xdf\xbf", 0x7ff },
		{ "\xe0\xa0\x80", 0x800 },
		{ "\xe6\x9a\x97", 0x6697 },
		{ "\xed\x9f\xbf", 0xd7ff },
		{ "\xee\x80\x80", 0xe000 },
		{ "\xf0\x90\x80\x80", 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 0x10ffff },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_cur cur = { .at = (const uint8_t *)rows[i].bytes,
			.left = strlen(rows[i].bytes) };
		uint32_t c = 0;

		assert_int_equal(jk_utf8_next(&cur, &c), JK_OK);
		assert_int_equal(c, rows[i].want);
		assert_int_equal(cur.left, 0);
	}
}

static void
test_utf8_next_ill_formed_moves_nothing(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		enum jk_err want;
	} rows[] = {
		{ "nothing", "", JK_ERR_TRUNCATED },
		{ "continuation first", "\x80", JK_ERR_FORMAT },
		{ "overlong slash", "\xc0\xaf", JK_ERR_FORMAT },
		{ "overlong, three", "\xe0\x9f\xbf", JK_ERR_FORMAT },
		{ "overlong, four", "\xf0\x8f\xbf\xbf", JK_ERR_FORMAT },
		{ "surrogate", "\xed\xa0\x80", JK_ERR_FORMAT },
		{ "above the last", "\xf4\x90\x80\x80", JK_ERR_FORMAT },
		{ "first byte f5", "\xf5\x80\x80\x80", JK_ERR_FORMAT },
		{ "half of two", "\xc3", JK_ERR_TRUNCATED },
		{ "two of three", "\xe6\x9a", JK_ERR_TRUNCATED },
		{ "broken off",
		    "\xe6\x9a"
		    "a",
		    JK_ERR_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_cur cur = { .at = (const uint8_t *)rows[i].bytes,
			.left = strlen(rows[i].bytes) };
		const struct jk_cur before = cur;
		uint32_t c = 77;
		enum jk_err e = jk_utf8_next(&cur, &c);

		if (e != rows[i].want)
			fail_msg("%s: %s", rows[i].name, jk_err_text(e));
		assert_ptr_equal(cur.at, before.at);
		assert_int_equal(cur.left, before.left);
		assert_int_equal(c, 77);
	}
}

static void
test_utf8_is_plain_refuses_what_acts(void **state)
{
	static const uint32_t acting[] = { 0, 7, 9, 0x1b, 0x7f, 0x80, 0x9b,
		0x9f, 0xad, 0x61c, 0x200b, 0x200e, 0x2028, 0x202e, 0x2066,
		0xfeff, 0xe0041 };
	static const uint32_t plain[] = { ' ', '~', 0xa0, 0x3042, 0x82b1,
		0xff29, 0x20bb7 };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(acting); i++)
		if (jk_utf8_is_plain(acting[i]))
			fail_msg("U+%04X", acting[i]);
	for (size_t i = 0; i < JK_COUNT(plain); i++)
		if (!jk_utf8_is_plain(plain[i]))
			fail_msg("U+%04X", plain[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8_next_well_formed_moves_past_it),
		cmocka_unit_test(test_utf8_next_ill_formed_moves_nothing),
		cmocka_unit_test(test_utf8_is_plain_refuses_what_acts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
