/* SPDX-License-Identifier: BSD-2-Clause */
/* A resident record code as people write it. */
#include "test.h"

#include <string.h>

#include "residentcode.h"

/* By python3: s = sum(int(d) * w for d, w in zip("1234567890"[::-1],
 * [2, 3, 4, 5, 6, 7, 2, 3, 4, 5])); 11 - s % 11 */
#define CODE "12345678903"

static enum jk_residentcode
read_code(const char *text, char ret[static JK_RESIDENTCODE_LEN + 1])
{
	strcpy(ret, "untouched");
	return jk_residentcode_read(text, strlen(text), ret);
}

static void
test_any_width_and_any_gap_is_the_same_code(void **state)
{
	static const char *const texts[] = {
		CODE,
		"1234-5678-903",
		" 12345 678903 ",
		"１２３４５６７８９０３",
		"１２３４－５６７８－９０３",
		"1234ー5678ー903",
		"1234ｰ5678ｰ903",
		"1234−5678‐903",
		"１２３４　５６７８　903",
		"1234\u00a05678\u2011903",
		"1234\u2012\u2013\u2014\u20155678903",
	};
	char code[JK_RESIDENTCODE_LEN + 1];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(texts); i++) {
		assert_int_equal(read_code(texts[i], code),
		    JK_RESIDENTCODE_GOOD);
		assert_string_equal(code, CODE);
	}
}

static void
test_what_is_no_code_is_not_taken(void **state)
{
	static const char *const texts[] = {
		"",
		"-",
		"1234567890",    /* ten */
		"1234567890012", /* thirteen */
		"1234567890a",
		"1234567890０a",
		"+12345678900",
		"12345678900\n",
		"12345\t678900",
		"\xef\xbc", /* half a wide digit */
		"1234567890\xef\xbc",
		"1234567890\xef\xbc\x9a", /* U+FF1A, the wide colon */
		"1234567890\xef\xbc\x8f", /* U+FF0F, the wide slash */
		"٠١٢٣٤٥٦٧٨٩٠",
	};
	char code[JK_RESIDENTCODE_LEN + 1];
	char longer[JK_RESIDENTCODE_INPUT + 2];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(texts); i++) {
		assert_int_equal(read_code(texts[i], code),
		    JK_RESIDENTCODE_NONE);
		assert_string_equal(code, "untouched");
	}
	assert_int_equal(jk_residentcode_read("1234567890\0", 11, code),
	    JK_RESIDENTCODE_NONE);
	memset(longer, '-', sizeof(longer));
	memcpy(longer, CODE, strlen(CODE));
	assert_int_equal(jk_residentcode_read(longer, JK_RESIDENTCODE_INPUT + 1,
	                     code),
	    JK_RESIDENTCODE_NONE);
	assert_int_equal(jk_residentcode_read(longer, JK_RESIDENTCODE_INPUT,
	                     code),
	    JK_RESIDENTCODE_GOOD);
}

static void
test_individual_number_is_known_as_one(void **state)
{
	char code[JK_RESIDENTCODE_LEN + 1];

	(void)state;
	assert_int_equal(read_code("123456789018", code),
	    JK_RESIDENTCODE_INDIVIDUAL);
	assert_string_equal(code, "untouched");
	assert_int_equal(read_code("１２３４－５６７８－９０１８", code),
	    JK_RESIDENTCODE_INDIVIDUAL);
}

/* One of the ten fits, and what does not is a warning, no more. */
static void
test_check_digit(void **state)
{
	char text[] = "1234567890?", code[JK_RESIDENTCODE_LEN + 1];
	unsigned good = 0;

	(void)state;
	for (char c = '0'; c <= '9'; c++) {
		text[10] = c;
		good += read_code(text, code) == JK_RESIDENTCODE_GOOD;
		if (c != '3')
			assert_int_equal(read_code(text, code),
			    JK_RESIDENTCODE_ODD);
		assert_string_equal(code, text);
	}
	assert_int_equal(good, 1);
	/* A sum that leaves 1. */
	assert_int_equal(read_code("00000000060", code), JK_RESIDENTCODE_GOOD);
}

static void
test_the_longest_run_of_digits_counts(void **state)
{
	static const struct {
		const char *text;
		size_t run;
	} rows[] = {
		{ "", 0 },
		{ "R08-1121-014", 4 },
		{ CODE, 11 },
		{ "a" CODE "b1", 11 },
		{ "１２３４５６７８９０３", 11 },
		{ "x123４５６7\xef\xbc", 7 },
		{ "1-2", 1 },
		{ "1234-5678-903", 11 },
		{ "R08-1234-5678-903/2", 11 },
		{ "1234 5678 - 903", 11 },
		{ "１２３４－５６７８－９０３", 11 },
		{ "1234ー5678　9018", 12 },
		{ "x1234-5678-9018", 12 },
		{ "0000-1234-5678-903", 11 }, /* not the first four */
		{ "1234-5678-902", 4 },       /* no check digit */
		{ "1234-5678-9017", 4 },
		{ "1234-5678-9038", 4 }, /* more digits than that */
		{ "91234-5678-903", 5 },
		{ "12-345678-903", 6 }, /* other groups */
		{ "1234_5678_903", 4 },
		{ "1234-5678", 4 },
		{ "1234-5678-", 4 },
		{ "1234-5678-90", 4 },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		assert_int_equal(jk_residentcode_run(rows[i].text),
		    rows[i].run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_width_and_any_gap_is_the_same_code),
		cmocka_unit_test(test_what_is_no_code_is_not_taken),
		cmocka_unit_test(test_individual_number_is_known_as_one),
		cmocka_unit_test(test_the_longest_run_of_digits_counts),
		cmocka_unit_test(test_check_digit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
