/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "csv.h"

/* From an allocation of the exact size, so that a sanitizer sees overreads. */
static enum jk_err
parse(const char *text, size_t len, struct jk_csv *ret,
    struct jk_csv_fault *fault)
{
	char *exact = malloc(len > 0 ? len : 1);
	enum jk_err e;

	assert_non_null(exact);
	memcpy(exact, text, len);
	e = jk_csv_parse(exact, len, ret, fault);
	free(exact);
	return e;
}

static void
expect_cells(const char *text, size_t columns, const char *const *want,
    size_t n)
{
	struct jk_csv_fault fault;
	struct jk_csv csv = { 0 };

	assert_int_equal(parse(text, strlen(text), &csv, &fault), JK_OK);
	assert_int_equal(csv.columns, columns);
	assert_int_equal(csv.n * columns, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(jk_csv_cell(&csv, i / columns, i % columns),
		    want[i]);
	jk_csv_clear(&csv);
}

#define EXPECT(text, columns, ...)                                 \
	do {                                                       \
		const char *const want[] = { __VA_ARGS__ };        \
		expect_cells(text, columns, want, JK_COUNT(want)); \
	} while (0)

static void
test_csv_parse_good_tables(void **state)
{
	(void)state;
	EXPECT("a", 1, "a");
	EXPECT("a,b\n1,2\n", 2, "a", "b", "1", "2");
	EXPECT("a,b\r\n1,2\r\n", 2, "a", "b", "1", "2");
	EXPECT("a,b\r\n1,2", 2, "a", "b", "1", "2");
	EXPECT("a,b\n1,2\r\n3,4\n", 2, "a", "b", "1", "2", "3", "4");
	EXPECT("\xef\xbb\xbf"
	       "a,b\n1,2\n",
	    2, "a", "b", "1", "2");
	EXPECT("a,b\n,\n", 2, "a", "b", "", "");
	EXPECT("a,b\n\n\r\n1,2\n\n", 2, "a", "b", "1", "2");
	EXPECT("a,b\n\"1,2\",\"say \"\"hi\"\"\"\n", 2, "a", "b", "1,2",
	    "say \"hi\"");
	EXPECT("\"a\",\"\"\n\"\",\"b\"", 2, "a", "", "", "b");
	EXPECT("\"\"\"\"\n", 1, "\"");
	EXPECT("氏名,所属\n佐藤 花子,市民課\n", 2, "氏名", "所属", "佐藤 花子",
	    "市民課");
	EXPECT("a, b \n", 2, "a", " b ");
}

static void
test_csv_parse_bad_tables_are_named_by_line(void **state)
{
	static const struct {
		const char *name, *text;
		unsigned line;
	} rows[] = {
		{ "empty", "", 0 },
		{ "empty lines only", "\n\r\n\n", 0 },
		{ "byte order mark only", "\xef\xbb\xbf", 0 },
		{ "too few", "a,b\n1,2\n1\n", 3 },
		{ "too many", "a,b\n1,2,3\n", 2 },
		{ "open quote", "a,b\n1,\"2", 2 },
		{ "open quote takes a line", "a,b\n\"1,2\n3,4\n", 2 },
		{ "text behind a quote", "a\n\"1\"2\n", 2 },
		{ "quote inside", "a\n1\"2\n", 2 },
		{ "quote at the end", "a\n1\"\n", 2 },
		{ "lone CR", "a\n1\r2\n", 2 },
		{ "lone CR at the end", "a\n1\r", 2 },
		{ "CR in quotes", "a\n\"1\r2\"\n", 2 },
		{ "escape", "a\n1\n\x1b[2J\n", 3 },
		{ "turned round", "a\n\xe2\x80\xae\n", 2 },
		{ "Shift_JIS", "a,b\n1,\x8e\x73\x96\xaf\x89\xdb\n", 2 },
		{ "UTF-16",
		    "\xff\xfe"
		    "a",
		    1 },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_csv_fault fault = { 99, NULL };
		struct jk_csv csv = { 0 };

		print_message("%s\n", rows[i].name);
		assert_int_equal(parse(rows[i].text, strlen(rows[i].text), &csv,
		                     &fault),
		    JK_ERR_FORMAT);
		assert_int_equal(fault.line, rows[i].line);
		assert_non_null(fault.why);
		assert_null(csv.text);
	}
}

static void
test_csv_parse_nul_is_refused(void **state)
{
	struct jk_csv_fault fault;
	struct jk_csv csv = { 0 };

	(void)state;
	assert_int_equal(parse("a\n\0\n", 4, &csv, &fault), JK_ERR_FORMAT);
	assert_int_equal(fault.line, 2);
}

static void
test_csv_parse_shift_jis_says_how_to_convert(void **state)
{
	struct jk_csv_fault fault;
	struct jk_csv csv = { 0 };

	(void)state;
	assert_int_equal(parse("\x8f\x88\x97\x9d", 4, &csv, &fault),
	    JK_ERR_FORMAT);
	assert_non_null(strstr(fault.why, "Shift_JIS"));
	assert_non_null(strstr(fault.why, "iconv -f CP932 -t UTF-8"));
}

static void
test_csv_parse_bounds(void **state)
{
	static char text[JK_CSV_MAX + 1];
	struct jk_csv_fault fault;
	struct jk_csv csv = { 0 };

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(jk_csv_parse(text, JK_CSV_CELL_MAX, &csv, &fault),
	    JK_OK);
	jk_csv_clear(&csv);
	assert_int_equal(jk_csv_parse(text, JK_CSV_CELL_MAX + 1, &csv, &fault),
	    JK_ERR_TOO_BIG);
	memset(text, '\n', sizeof(text));
	assert_int_equal(jk_csv_parse(text, JK_CSV_MAX, &csv, &fault),
	    JK_ERR_FORMAT);
	assert_int_equal(jk_csv_parse(text, JK_CSV_MAX + 1, &csv, &fault),
	    JK_ERR_TOO_BIG);
	memset(text, ',', sizeof(text));
	assert_int_equal(jk_csv_parse(text, JK_CSV_COLUMNS_MAX - 1, &csv,
	                     &fault),
	    JK_OK);
	jk_csv_clear(&csv);
	assert_int_equal(jk_csv_parse(text, JK_CSV_COLUMNS_MAX, &csv, &fault),
	    JK_ERR_TOO_BIG);
}

static void
test_csv_parse_rows_are_bounded(void **state)
{
	static char text[2 * (JK_CSV_ROWS_MAX + 1)];
	struct jk_csv_fault fault;
	struct jk_csv csv = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "a\n", 2);
	assert_int_equal(jk_csv_parse(text, (size_t)2 * JK_CSV_ROWS_MAX, &csv,
	                     &fault),
	    JK_OK);
	assert_int_equal(csv.n, JK_CSV_ROWS_MAX);
	assert_int_equal(csv.line[csv.n - 1], JK_CSV_ROWS_MAX);
	jk_csv_clear(&csv);
	assert_int_equal(jk_csv_parse(text, sizeof(text), &csv, &fault),
	    JK_ERR_TOO_BIG);
	assert_int_equal(fault.line, JK_CSV_ROWS_MAX + 1);
}

/* Half of a file is refused with words, or it is a whole table by itself. */
static void
test_csv_parse_cut_off_anywhere_is_good_or_named(void **state)
{
	static const char whole[] =
	    "\xef\xbb\xbf"
	    "操作,照合ID,\"氏名\"\r\nadd,p0300,\"新人, \"\"花子\"\"\"\r\n";

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		struct jk_csv_fault fault = { 0, NULL };
		struct jk_csv csv = { 0 };
		enum jk_err e = parse(whole, len, &csv, &fault);

		assert_true(e == JK_OK || e == JK_ERR_FORMAT);
		assert_true(e == JK_OK || fault.why != NULL);
		jk_csv_clear(&csv);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv_parse_good_tables),
		cmocka_unit_test(test_csv_parse_bad_tables_are_named_by_line),
		cmocka_unit_test(test_csv_parse_nul_is_refused),
		cmocka_unit_test(test_csv_parse_shift_jis_says_how_to_convert),
		cmocka_unit_test(test_csv_parse_bounds),
		cmocka_unit_test(test_csv_parse_rows_are_bounded),
		cmocka_unit_test(
		    test_csv_parse_cut_off_anywhere_is_good_or_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
