/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "defs.h"
#include "era.h"

static void
expect(const char *text, bool gregorian, const char *want)
{
	char got[JK_ERA_MAX];

	if (!jk_era_write(text, strlen(text), gregorian, got) ||
	    strcmp(got, want) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", text, got, want);
}

static void
test_era_begins_on_its_day(void **state)
{
	static const struct {
		const char *text, *era, *plain;
	} rows[] = {
		{ "2026-11-21", "令和8年11月21日", "2026年11月21日" },
		{ "2020-01-01", "令和2年1月1日", "2020年1月1日" },
		{ "2019-12-31", "令和元年12月31日", "2019年12月31日" },
		{ "2019-05-01", "令和元年5月1日", "2019年5月1日" },
		{ "2019-04-30", "平成31年4月30日", "2019年4月30日" },
		{ "1990-01-01", "平成2年1月1日", "1990年1月1日" },
		{ "1989-12-31", "平成元年12月31日", "1989年12月31日" },
		{ "1989-01-08", "平成元年1月8日", "1989年1月8日" },
		{ "1989-01-07", "昭和64年1月7日", "1989年1月7日" },
		{ "1927-01-01", "昭和2年1月1日", "1927年1月1日" },
		{ "1926-12-31", "昭和元年12月31日", "1926年12月31日" },
		{ "1926-12-25", "昭和元年12月25日", "1926年12月25日" },
		{ "1926-12-24", "1926年12月24日", "1926年12月24日" },
		{ "0001-01-01", "1年1月1日", "1年1月1日" },
		{ "9999-12-31", "令和7981年12月31日", "9999年12月31日" },
		{ "2026-11-21 17:05", "令和8年11月21日 17:05",
		    "2026年11月21日 17:05" },
		{ "2019-05-01 00:00", "令和元年5月1日 00:00",
		    "2019年5月1日 00:00" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		expect(rows[i].text, false, rows[i].era);
		expect(rows[i].text, true, rows[i].plain);
	}
}

/* Every day of the three eras, from the day before them: each is the day after
 * the last one, and only an era's first day begins a first year. */
static void
test_era_counts_every_day(void **state)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	char text[16], year[16], got[JK_ERA_MAX], want[JK_ERA_MAX];
	size_t n = 0;

	(void)state;
	for (int y = 1925; y < 2100; y++)
		for (int m = 1; m <= 12; m++)
			for (int d = 1;
			     d <= days[m - 1] + (m == 2 && y % 4 == 0);
			     d++, n++) {
				const int day = (y * 100 + m) * 100 + d;
				const char *era = day >= 20190501   ? "令和"
				                  : day >= 19890108 ? "平成"
				                  : day >= 19261225 ? "昭和"
				                                    : "";
				const int first = day >= 20190501   ? 2018
				                  : day >= 19890108 ? 1988
				                  : day >= 19261225 ? 1925
				                                    : 0;

				snprintf(text, sizeof(text), "%04d-%02d-%02d",
				    y, m, d);
				snprintf(year, sizeof(year), "%d", y - first);
				snprintf(want, sizeof(want), "%s%s年%d月%d日",
				    era, y - first == 1 ? "元" : year, m, d);
				assert_true(jk_era_write(text, 10, false, got));
				assert_string_equal(got, want);
			}
	assert_int_equal(n, 63918);
}

static void
test_era_of_no_day_is_none(void **state)
{
	static const char *const bad[] = { "", "2", "2026", "2026-11",
		"2026-11-2", "2026-11-211", "2026/11/21", "2026-11-21T17:05",
		"2026-11-21 ", "2026-11-21 17", "2026-11-21 24:00",
		"2026-11-21 17:60", "2026-11-21 17:5", "2026-11-21 17:055",
		"0000-00-00", "0000-01-01", "2026-00-10", "2026-13-10",
		"2026-01-00", "2026-01-32", "2026-04-31", "2026-06-31",
		"2026-09-31", "2026-11-31", "2026-02-29", "2100-02-29",
		"2024-02-30", "-026-11-21", "+026-11-21", " 026-11-21",
		"2026-1 -21", "2026-11-2x", "2026--1-21", "20261121",
		"令和8年11月", "\xff\xff\xff\xff-\xff\xff-\xff\xff",
		"2026-11-21 17:05 and much more of it, to the end of all" };
	char got[JK_ERA_MAX];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(bad); i++)
		for (int g = 0; g < 2; g++) {
			memset(got, 'x', sizeof(got));
			if (jk_era_write(bad[i], strlen(bad[i]), g != 0, got))
				fail_msg("\"%s\" reads as %s", bad[i], got);
			assert_string_equal(got, "");
		}
	expect("2024-02-29", false, "令和6年2月29日");
	expect("2000-02-29", false, "平成12年2月29日");
}

/* It is told where it ends: no NUL stands behind a field of a frame. */
static void
test_era_reads_no_further(void **state)
{
	static const char text[] = "2026-11-21 17:05x";
	char got[JK_ERA_MAX];

	(void)state;
	assert_true(jk_era_write(text, 10, false, got));
	assert_string_equal(got, "令和8年11月21日");
	assert_true(jk_era_write(text, 16, false, got));
	assert_string_equal(got, "令和8年11月21日 17:05");
	assert_false(jk_era_write(text, 17, false, got));
	assert_false(jk_era_write(text, 9, false, got));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_era_begins_on_its_day),
		cmocka_unit_test(test_era_counts_every_day),
		cmocka_unit_test(test_era_of_no_day_is_none),
		cmocka_unit_test(test_era_reads_no_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
