/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define DAY 86400

/* The rule itself where this machine has no table of zones. */
static void
set_zone(const char *zone, const char *rule)
{
	char file[64];

	(void)snprintf(file, sizeof(file), "/usr/share/zoneinfo/%s", zone);
	assert_int_equal(setenv("TZ", access(file, R_OK) == 0 ? zone : rule, 1),
	    0);
	tzset();
}

static void
set_tokyo(void)
{
	set_zone("Asia/Tokyo", "JST-9");
}

static int64_t
utc(int year, int month, int day, int hour, int minute)
{
	struct tm tm = {
		.tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
	};

	return (int64_t)timegm(&tm);
}

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

/* Tokyo is 9 hours ahead of UTC: its day begins at 15:00 UTC. */
static void
test_local_time_in_tokyo(void **state)
{
	static const struct {
		int year, month, day, hour, minute; /* UTC */
		unsigned want_minute, want_weekday;
		int want_day, want_year; /* of Tokyo; of its April */
	} rows[] = {
		{ 2026, 11, 20, 14, 59, 1439, 5, 20, 2026 },
		{ 2026, 11, 20, 15, 0, 0, 6, 21, 2026 },
		{ 2026, 11, 21, 0, 30, 9 * 60 + 30, 6, 21, 2026 },
		{ 2026, 11, 21, 14, 59, 1439, 6, 21, 2026 },
		{ 2026, 11, 22, 8, 15, 17 * 60 + 15, 0, 22, 2026 },
		{ 2027, 3, 31, 14, 59, 1439, 3, 31, 2026 },
		{ 2027, 3, 31, 15, 0, 0, 4, 1, 2027 },
		{ 2027, 4, 1, 3, 0, 12 * 60, 4, 1, 2027 },
		{ 2027, 12, 31, 15, 0, 0, 6, 1, 2027 },
		{ 2028, 2, 29, 1, 0, 10 * 60, 2, 29, 2027 },
	};
	struct jk_local_time l;

	(void)state;
	set_tokyo();
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		int64_t s = utc(rows[i].year, rows[i].month, rows[i].day,
		    rows[i].hour, rows[i].minute);
		struct tm tm;
		time_t midnight;

		assert_int_equal(jk_local_time_at(s + 59, &l), JK_OK);
		midnight = (time_t)l.midnight;
		assert_non_null(localtime_r(&midnight, &tm));
		if (l.minute != rows[i].want_minute ||
		    l.weekday != rows[i].want_weekday ||
		    tm.tm_mday != rows[i].want_day || tm.tm_hour != 0 ||
		    l.fiscal_start !=
		        utc(rows[i].want_year, 4, 1, 0, 0) - 9 * 3600)
			fail_msg("row %zu: minute %u, weekday %u, day %d", i,
			    l.minute, l.weekday, tm.tm_mday);
		assert_true(l.midnight <= s && s < l.midnight + DAY);
	}
}

/* A closed day of the policy was read with jk_date_parse(). */
static void
test_local_time_midnight_is_that_of_a_date(void **state)
{
	static const char *const zones[][2] = {
		{ "Asia/Tokyo", "JST-9" },
		{ "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3" },
	};
	struct jk_local_time l;
	char date[11];
	int64_t s;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(zones); i++) {
		set_zone(zones[i][0], zones[i][1]);
		for (int64_t t = utc(2026, 1, 1, 0, 30);
		     t < utc(2028, 1, 1, 0, 0); t += 7 * 3600) {
			assert_int_equal(jk_local_time_at(t, &l), JK_OK);
			jk_date_format(t, date);
			assert_int_equal(jk_date_parse(date, &s), JK_OK);
			assert_int_equal(l.midnight, s);
			assert_true(l.fiscal_start <= l.midnight);
		}
	}
	set_tokyo();
}

static void
test_local_time_without_calendar_is_refused(void **state)
{
	struct jk_local_time l = { .minute = 42 };

	(void)state;
	assert_int_equal(jk_local_time_at(INT64_MAX, &l), JK_ERR_FORMAT);
	assert_int_equal(l.minute, 42);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_date_parse_valid_round_trips),
		cmocka_unit_test(test_date_parse_malformed_is_refused),
		cmocka_unit_test(test_poll_ms_past_is_zero),
		cmocka_unit_test(test_local_time_in_tokyo),
		cmocka_unit_test(test_local_time_midnight_is_that_of_a_date),
		cmocka_unit_test(test_local_time_without_calendar_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
