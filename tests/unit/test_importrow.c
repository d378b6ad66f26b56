/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "importrow.h"

/* The first line of the table, and one more; which line is at fault, 0: none.
 */
static unsigned
read_row(const char *head, const char *line, struct jk_import_row *ret)
{
	JK_CLEANUP(jk_csv_clear) struct jk_csv csv = { 0 };
	struct jk_csv_fault fault = { 99, "" };
	struct jk_import_map map;
	char text[2048];

	(void)snprintf(text, sizeof(text), "%s\n%s\n", head, line);
	assert_int_equal(jk_csv_parse(text, strlen(text), &csv, &fault), JK_OK);
	if (jk_import_head(&csv, &map, &fault) != JK_OK ||
	    jk_import_read(&csv, &map, 1, ret, &fault) != JK_OK) {
		print_message("  line %u: %s\n", fault.line, fault.why);
		return fault.line;
	}
	return 0;
}

static void
test_import_head_names_columns(void **state)
{
	static const struct {
		const char *head, *line;
		unsigned fault;
	} rows[] = {
		{ "action,person", "retire,p1", 0 },
		{ "person, action ", "p1,retire", 0 },
		{ "処理,照合ID,終了日", "退職,p1,2027/3/31", 0 },
		{ "処理,person", "retire,p1", 0 },
		{ "action", "retire", 1 },
		{ "person", "p1", 1 },
		{ "action,person,person", "retire,p1,p1", 1 },
		{ "action,person,照合ID", "retire,p1,p1", 1 },
		{ "action,person,colour", "retire,p1,red", 1 },
		{ "action,person,", "retire,p1,", 1 },
		{ "Action,person", "retire,p1", 1 },
	};
	struct jk_import_row row;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		print_message("%s\n", rows[i].head);
		assert_int_equal(read_row(rows[i].head, rows[i].line, &row),
		    rows[i].fault);
	}
}

#define HEAD                                                               \
	"action,person,name,department,affiliation,approval,account,type," \
	"operator-id,valid-from,valid-until,basis"

static void
test_import_read_a_line_as_a_whole(void **state)
{
	struct jk_import_row row;

	(void)state;
	assert_int_equal(read_row(HEAD,
	                     " add ,p0300,佐藤 花子,shimin,,,hanako,3,,"
	                     "2027/4/1,2028-03-31,辞令 第1号",
	                     &row),
	    0);
	assert_int_equal(row.line, 2);
	assert_int_equal(row.action, JK_IMPORT_ADD);
	assert_string_equal(row.text[JK_IMPORT_PERSON], "p0300");
	assert_string_equal(row.text[JK_IMPORT_NAME], "佐藤 花子");
	assert_string_equal(row.text[JK_IMPORT_ACCOUNT], "hanako");
	assert_string_equal(row.text[JK_IMPORT_TYPE], "3");
	assert_string_equal(row.text[JK_IMPORT_FROM], "2027-04-01");
	assert_string_equal(row.text[JK_IMPORT_UNTIL], "2028-03-31");
	/* The last good day counts whole. */
	assert_int_equal((row.until - row.from) / 86400, 366);
}

static void
test_import_read_lines_that_cannot_be(void **state)
{
	static const struct {
		const char *name, *line;
		bool good;
	} rows[] = {
		{ "new", "add,p1,N,shimin,,,,,,,,", true },
		{ "new without name", "add,p1,,shimin,,,,,,,,", false },
		{ "new without department", "add,p1,N,,,,,,,,,", false },
		{ "new of a contractor",
		    "add,p1,N,shimin,contractor,A-1,,,,,2027-06-30,", true },
		{ "contractor without approval",
		    "add,p1,N,shimin,contractor,,,,,,2027-06-30,", false },
		{ "contractor without end",
		    "add,p1,N,shimin,contractor,A-1,,,,,,", false },
		{ "other affiliation", "add,p1,N,shimin,guest,,,,,,,", false },
		{ "change", "change,p1,,zeimu,,,,,,2027-04-01,,", true },
		{ "leaves", "retire,p1,,,,,,,,,2027-03-31,", true },
		{ "leaves at once", "retire,p1,,,,,,,,,,", true },
		{ "leaves with a type", "retire,p1,,,,,,3,,,,B", false },
		{ "leaves from", "retire,p1,,,,,,,,2027-03-31,,", false },
		{ "one more right", "grant,p1,,,,,,4,,,,B", true },
		{ "one more right without type", "grant,p1,,,,,,,,,,B", false },
		{ "a right without basis", "grant,p1,,,,,,4,,,,", false },
		{ "its id without type", "change,p1,,,,,,,m1,,,", false },
		{ "unknown action", "delete,p1,,,,,,,,,,", false },
		{ "no action", ",p1,,,,,,,,,,", false },
		{ "no person", "add,,N,shimin,,,,,,,,", false },
		{ "bad person", "add,P1,N,shimin,,,,,,,,", false },
		{ "bad department", "add,p1,N,市民課,,,,,,,,", false },
		{ "bad account", "add,p1,N,shimin,,,-x,,,,,", false },
		{ "account in digits", "add,p1,N,shimin,,,1000,,,,,", false },
		{ "bad from", "add,p1,N,shimin,,,,,,2027-02-30,,", false },
		{ "bad until", "add,p1,N,shimin,,,,,,,2027/4,", false },
		{ "slashes", "add,p1,N,shimin,,,,,,2027/12/1,2027/12/31,",
		    true },
		{ "too many slashes", "add,p1,N,shimin,,,,,,2027/1/1/1,,",
		    false },
		{ "three digits", "add,p1,N,shimin,,,,,,2027/001/1,,", false },
		{ "no digits", "add,p1,N,shimin,,,,,,2027//1,,", false },
		{ "era", "add,p1,N,shimin,,,,,,R9.4.1,,", false },
		{ "ends before it begins",
		    "add,p1,N,shimin,,,,,,2027-04-02,2027-04-01,", false },
		{ "one day", "add,p1,N,shimin,,,,,,2027-04-01,2027-04-01,",
		    true },
	};
	struct jk_import_row row;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		print_message("%s\n", rows[i].name);
		assert_int_equal(read_row(HEAD, rows[i].line, &row),
		    rows[i].good ? 0 : 2);
	}
}

static void
test_import_same_name_passes_over_blanks(void **state)
{
	(void)state;
	assert_true(jk_import_same_name("佐藤 花子", "佐藤　花子"));
	assert_true(jk_import_same_name("佐藤花子", " 佐藤\t花子　"));
	assert_true(jk_import_same_name("", " 　"));
	assert_false(jk_import_same_name("佐藤 花子", "佐藤 花"));
	assert_false(jk_import_same_name("佐藤 花", "佐藤 花子"));
	assert_false(jk_import_same_name("佐藤 花子", "佐藤 華子"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_import_head_names_columns),
		cmocka_unit_test(test_import_read_a_line_as_a_whole),
		cmocka_unit_test(test_import_read_lines_that_cannot_be),
		cmocka_unit_test(test_import_same_name_passes_over_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
