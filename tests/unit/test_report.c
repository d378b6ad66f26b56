/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "report.h"

static const struct jk_place place = { "x.conf", 7 };

static void
test_report_lines_say_where_and_what(void **state)
{
	struct jk_report report = { 0 };

	(void)state;
	jk_report_error(&report, place, "%s is %d", "this", 5);
	jk_report_warning(&report, place, "careful");
	assert_int_equal(report.n_errors, 1);
	assert_string_equal(report.error[0], "x.conf:7: this is 5");
	assert_string_equal(report.warning[0], "x.conf:7: warning: careful");
	jk_report_clear(&report);
	assert_int_equal(report.n_errors + report.n_warnings, 0);
	assert_null(report.error[0]);
}

static void
test_report_keeps_a_thousand_and_counts_on(void **state)
{
	static struct jk_report report;

	(void)state;
	for (unsigned i = 0; i < 1234; i++) {
		jk_report_error(&report, place, "%u", i);
		jk_report_warning(&report, place, "%u", i);
	}
	assert_int_equal(report.n_errors, 1234);
	assert_int_equal(report.n_warnings, 1234);
	assert_string_equal(report.error[999], "x.conf:7: 999");
	assert_string_equal(report.warning[99], "x.conf:7: warning: 99");
	jk_report_clear(&report);
}

/* No newline, no escape, no half character, whoever gave the text. */
static void
test_report_line_stays_one_plain_line(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "a\nb", "x.conf:7: a?b" },
		{ "\x1b[2Jx", "x.conf:7: ?[2Jx" },
		{ "tab\there", "x.conf:7: tab?here" },
		{ "\xe4\xbd\x8f", "x.conf:7: \xe4\xbd\x8f" },
		{ "\xe4\xbd", "x.conf:7: ??" },
		{ "\xff\xfe", "x.conf:7: ??" },
		/* U+202E turns the direction of writing. */
		{ "a\xe2\x80\xae"
		  "b",
		    "x.conf:7: a???b" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_report report = { 0 };

		jk_report_error(&report, place, "%s", rows[i].text);
		assert_string_equal(report.error[0], rows[i].want);
		jk_report_clear(&report);
	}
}

static void
test_report_long_text_is_cut(void **state)
{
	static char text[3 * JK_REPORT_LINE_MAX];
	struct jk_report report = { 0 };

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	jk_report_error(&report, place, "%s", text);
	assert_int_equal(strlen(report.error[0]), JK_REPORT_LINE_MAX - 1);
	jk_report_error(&report, (struct jk_place){ text, 1 }, "reason");
	assert_int_equal(strlen(report.error[1]), JK_REPORT_LINE_MAX - 1);
	jk_report_clear(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report_lines_say_where_and_what),
		cmocka_unit_test(test_report_keeps_a_thousand_and_counts_on),
		cmocka_unit_test(test_report_line_stays_one_plain_line),
		cmocka_unit_test(test_report_long_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
