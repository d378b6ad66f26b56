/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates and times of the registry, in more than one time zone. */
#include "test.h"

#include <stdlib.h>
#include <time.h>

#include "clock.h"

/* Rules written out: no table of zones is needed. */
#define TOKYO  "JST-9"
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

#define HOUR 3600

static void
in_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

static int64_t
day(const char *text)
{
	int64_t s = -1;

	assert_int_equal(jk_date_parse(text, &s), JK_OK);
	return s;
}

static int64_t
minute(const char *text)
{
	int64_t s = -1;

	if (jk_time_parse(text, &s) != JK_OK)
		fail_msg("%s is refused", text);
	return s;
}

static void
test_time_parse_is_local(void **state)
{
	char text[17];

	(void)state;
	in_zone("UTC0");
	assert_int_equal(minute("1970-01-01 00:01"), 60);
	assert_int_equal(minute("2026-04-01 00:00"), day("2026-04-01"));
	in_zone(TOKYO);
	assert_int_equal(minute("1970-01-01 09:01"), 60);
	assert_int_equal(minute("2026-04-01 23:59") - day("2026-04-01"),
	    24 * HOUR - 60);
	jk_time_format(minute("2026-04-01 08:30"), text);
	assert_string_equal(text, "2026-04-01 08:30");
}

static void
test_time_parse_malformed_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"2026-04-01",
		"2026-04-01 ",
		"2026-04-01 8:30",
		"2026-04-01 24:00",
		"2026-04-01 23:60",
		"2026-04-01T08:30",
		"2026-04-01  8:30",
		"2026-04-01 08.30",
		"2026-04-01 08:3x",
		"2026-04-01 +8:30",
		"2026-04-01 08:30 ",
		"2026-02-30 08:30",
		"2026-00-01 08:30",
		"1969-12-31 08:30",
		"20２6-4-1 08:30",
	};
	int64_t s = 42;

	(void)state;
	in_zone(TOKYO);
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		if (jk_time_parse(bad[i], &s) != JK_ERR_FORMAT)
			fail_msg("%s is taken", bad[i]);
		assert_int_equal(s, 42);
	}
}

/* In the night of March 29, 2026, the clocks go from 2:00 to 3:00. */
static void
test_time_parse_skipped_hour_is_refused(void **state)
{
	int64_t s;

	(void)state;
	in_zone(BERLIN);
	assert_int_equal(jk_time_parse("2026-03-29 02:30", &s), JK_ERR_FORMAT);
	assert_int_equal(minute("2026-03-29 03:00") -
	                     minute("2026-03-29 01:59"),
	    60);
	in_zone(TOKYO);
	assert_int_equal(jk_time_parse("2026-03-29 02:30", &s), JK_OK);
}

static void
test_next_day_is_midnight(void **state)
{
	static const struct {
		const char *zone, *from, *next;
		int64_t hours; /* of that day */
	} rows[] = {
		{ TOKYO, "2026-03-31", "2026-04-01", 24 },
		{ TOKYO, "2026-12-31", "2027-01-01", 24 },
		{ TOKYO, "2028-02-28", "2028-02-29", 24 },
		{ TOKYO, "2027-02-28", "2027-03-01", 24 },
		{ TOKYO, "9999-12-30", "9999-12-31", 24 },
		{ BERLIN, "2026-03-29", "2026-03-30", 23 },
		{ BERLIN, "2026-10-25", "2026-10-26", 25 },
		{ "UTC0", "2026-03-29", "2026-03-30", 24 },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		int64_t first, next;

		in_zone(rows[i].zone);
		first = day(rows[i].from);
		next = day(rows[i].next);
		assert_int_equal(next - first, rows[i].hours * HOUR);
		assert_int_equal(jk_next_day(first), next);
		assert_int_equal(jk_next_day(first + 1), next);
		assert_int_equal(jk_next_day(next - 1), next);
	}
}

/* What no calendar holds still gives a later time. */
static void
test_next_day_beyond_the_calendar_is_later(void **state)
{
	(void)state;
	assert_true(jk_next_day(INT64_MAX - 86400) == INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_parse_is_local),
		cmocka_unit_test(test_time_parse_malformed_is_refused),
		cmocka_unit_test(test_time_parse_skipped_hour_is_refused),
		cmocka_unit_test(test_next_day_is_midnight),
		cmocka_unit_test(test_next_day_beyond_the_calendar_is_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
