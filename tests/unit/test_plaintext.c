/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "plaintext.h"

static void
test_plaintext_fault_table(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		bool good;
	} rows[] = {
		{ "empty", "", 0, true },
		{ "ascii and tab", "a\tz ~", 5, true },
		{ "two bytes", "\xc3\xa9", 2, true },
		{ "three bytes", "\xe4\xbd\x8f\xe5\x9f\xba", 6, true },
		{ "four bytes", "\xf0\xa0\xae\xb7", 4, true },
		{ "last character", "\xf4\x8f\xbf\xbf", 4, true },
		{ "NUL", "a\0b", 3, false },
		{ "newline", "a\nb", 3, false },
		{ "carriage return", "a\r", 2, false },
		{ "escape", "\x1b[2J", 4, false },
		{ "delete", "\x7f", 1, false },
		{ "C1", "\xc2\x9b", 2, false },
		{ "overlong slash", "\xc0\xaf", 2, false },
		{ "overlong three", "\xe0\x80\xaf", 3, false },
		{ "overlong four", "\xf0\x80\x80\xaf", 4, false },
		{ "surrogate", "\xed\xa0\x80", 3, false },
		{ "above the last", "\xf4\x90\x80\x80", 4, false },
		{ "five bytes", "\xf8\x88\x80\x80\x80", 5, false },
		{ "stray follower", "\x80", 1, false },
		{ "cut", "\xe4\xbd", 2, false },
		{ "Shift_JIS", "\x8f\x5a\x8a\xee", 4, false },
		{ "byte order mark",
		    "\xef\xbb\xbf"
		    "a",
		    4, false },
		{ "right-to-left override", "\xe2\x80\xae", 3, false },
		{ "line separator", "\xe2\x80\xa8", 3, false },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		if ((jk_plaintext_fault(rows[i].bytes, rows[i].len) == NULL) !=
		    rows[i].good)
			fail_msg("%s", rows[i].name);
}

static void
test_plaintext_blanks_say_nothing(void **state)
{
	static const char *const nothing[] = { "", " ", "\t \t",
		"\xe3\x80\x80 \xc2\xa0", "\xe2\x80\x83\xe3\x85\xa4" };
	static const char *const something[] = { ".", " x",
		"\xe3\x80\x80\xe8\xbb\xa2", "x\xe3\x80\x80" };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(nothing); i++)
		assert_false(jk_plaintext_says(nothing[i]));
	for (size_t i = 0; i < JK_COUNT(something); i++)
		assert_true(jk_plaintext_says(something[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plaintext_fault_table),
		cmocka_unit_test(test_plaintext_blanks_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
