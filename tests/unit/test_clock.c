/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "clock.h"

static void
test_date_parse_valid_round_trips(void **state)
{
	int64_t s;
	char text[11];

	(void)state;
	assert_int_equal(jk_date_parse("2026-11-21", &s), JK_OK);
	jk_date_format(s, text);
	assert_string_equal(text, "2026-11-21");
}

static void
test_date_parse_malformed_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-11-2",
		"2026-02-30",
		"2026-13-01",
		"2026-00-10",
		"2026/11/21",
		"2026-11-21 ",
		"+026-11-21",
		"1969-01-01",
		"20２6-1-21",
	};
	int64_t s = 42;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		assert_int_equal(jk_date_parse(bad[i], &s), JK_ERR_FORMAT);
		assert_int_equal(s, 42);
	}
}

static void
test_poll_ms_past_is_zero(void **state)
{
	(void)state;
	assert_int_equal(jk_poll_ms(jk_boot_ms() - 1), 0);
	assert_int_equal(jk_poll_ms(INT64_MIN / 2), 0);
	assert_int_equal(jk_poll_ms(INT64_MAX / 2), INT32_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_date_parse_valid_round_trips),
		cmocka_unit_test(test_date_parse_malformed_is_refused),
		cmocka_unit_test(test_poll_ms_past_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
