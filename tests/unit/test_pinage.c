/* SPDX-License-Identifier: BSD-2-Clause */
/* When a PIN has to be changed: month ends, leap years, halves, reminders. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pinage.h"

#define DAY 86400

static struct jk_pin_rules rules;

static struct jk_date
date(const char *text)
{
	struct jk_date d = { 0 };

	if (text != NULL)
		assert_int_equal(sscanf(text, "%d-%u-%u", &d.year, &d.month,
		                     &d.day),
		    3);
	return d;
}

static struct jk_pin_age
age(const char *set, const char *today, const char *told)
{
	const struct jk_pin_question q = {
		.rules = &rules,
		.set = date(set),
		.today = date(today),
		.told = date(told),
	};

	return jk_pin_age(&q);
}

static int
reset(void **state)
{
	(void)state;
	rules = (struct jk_pin_rules){
		.n_remind = 4,
		.remind = { 30, 14, 7, 1 },
	};
	return 0;
}

static void
expect_due(const char *set, const char *due)
{
	const struct jk_pin_age a = age(set, set, NULL);
	char text[11];

	jk_date_write(&a.due, text);
	if (strcmp(text, due) != 0)
		fail_msg("%s: due %s, not %s", set, text, due);
}

static void
test_six_months_end_on_the_same_day_or_the_last(void **state)
{
	static const char *const rows[][2] = {
		{ "2026-08-31", "2027-02-28" },
		{ "2027-08-31", "2028-02-29" }, /* leap year */
		{ "2099-08-31", "2100-02-28" }, /* none in 2100 */
		{ "1999-08-30", "2000-02-29" }, /* one in 2000 */
		{ "2027-08-29", "2028-02-29" },
		{ "2026-08-28", "2027-02-28" },
		{ "2026-03-31", "2026-09-30" },
		{ "2026-05-31", "2026-11-30" },
		{ "2026-10-31", "2027-04-30" },
		{ "2026-12-31", "2027-06-30" },
		{ "2028-02-29", "2028-08-29" },
		{ "2026-06-30", "2026-12-30" },
		{ "2026-07-01", "2027-01-01" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		expect_due(rows[i][0], rows[i][1]);
}

static void
test_half_year_ends_with_the_next_half(void **state)
{
	static const char *const rows[][2] = {
		{ "2026-04-01", "2027-03-31" },
		{ "2026-09-30", "2027-03-31" },
		{ "2026-10-01", "2027-09-30" },
		{ "2026-12-31", "2027-09-30" },
		{ "2027-01-01", "2027-09-30" },
		{ "2027-03-31", "2027-09-30" },
	};

	(void)state;
	rules.change = JK_PIN_HALF_YEAR;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		expect_due(rows[i][0], rows[i][1]);
}

static void
test_last_day_is_good_and_the_next_is_not(void **state)
{
	struct jk_pin_age a = age("2026-08-31", "2027-02-28", NULL);

	(void)state;
	assert_int_equal(a.state, JK_PIN_DUE);
	assert_true(a.may_work);
	assert_int_equal(a.left, 0);
	a = age("2026-08-31", "2027-03-01", NULL);
	assert_int_equal(a.state, JK_PIN_OVERDUE);
	assert_false(a.may_work);
	rules.change = JK_PIN_NEVER;
	a = age("1999-08-31", "2027-03-01", NULL);
	assert_int_equal(a.state, JK_PIN_FRESH);
	assert_true(a.may_work);
	assert_int_equal(a.due.year, 0);
}

static void
test_unknown_is_never_fresh(void **state)
{
	struct jk_pin_age a;

	(void)state;
	for (unsigned change = 0; change < JK_PIN_CHANGE_COUNT; change++) {
		rules.change = (enum jk_pin_change)change;
		rules.allow_unknown = false;
		a = age(NULL, "2026-11-21", NULL);
		assert_int_equal(a.state, JK_PIN_UNKNOWN);
		assert_false(a.may_work);
		/* A day that has not come is no knowledge. */
		a = age("2026-11-22", "2026-11-21", NULL);
		assert_int_equal(a.state, JK_PIN_UNKNOWN);
		assert_false(a.may_work);
		/* Nor is a day that there is not. */
		a = age("2026-02-30", "2026-11-21", NULL);
		assert_int_equal(a.state, JK_PIN_UNKNOWN);
		a = age("2026-11-20", NULL, NULL);
		assert_int_equal(a.state, JK_PIN_UNKNOWN);
		rules.allow_unknown = true;
		a = age(NULL, "2026-11-21", NULL);
		assert_int_equal(a.state, JK_PIN_UNKNOWN);
		assert_true(a.may_work);
	}
	a = jk_pin_age(NULL);
	assert_false(a.may_work);
	assert_int_equal(a.state, JK_PIN_UNKNOWN);
}

static void
test_initial_goes_before_its_age(void **state)
{
	struct jk_pin_question q = {
		.rules = &rules,
		.set = date("2026-11-20"),
		.initial = true,
		.today = date("2026-11-21"),
	};
	struct jk_pin_age a = jk_pin_age(&q);

	(void)state;
	assert_int_equal(a.state, JK_PIN_INITIAL);
	assert_false(a.may_work);
	rules.allow_initial = true;
	a = jk_pin_age(&q);
	assert_int_equal(a.state, JK_PIN_FRESH);
	assert_true(a.may_work);
	q.today = date("2027-05-21");
	assert_int_equal(jk_pin_age(&q).state, JK_PIN_OVERDUE);
	q.set = date(NULL);
	assert_int_equal(jk_pin_age(&q).state, JK_PIN_UNKNOWN);
	assert_false(jk_pin_age(&q).may_work);
}

/* Due on 2027-02-28. */
static void
test_reminders(void **state)
{
	static const struct {
		const char *today, *told;
		bool remind;
	} rows[] = {
		{ "2027-01-28", NULL, false }, /* 31 days */
		{ "2027-01-29", NULL, true },  /* 30 */
		{ "2027-01-29", "2027-01-29", false },
		{ "2027-02-03", NULL, true }, /* the mark was on a day off */
		{ "2027-02-03", "2027-01-29", false },
		{ "2027-02-13", "2027-01-29", false }, /* 15 */
		{ "2027-02-14", "2027-01-29", true },  /* 14 */
		{ "2027-02-16", "2027-02-14", false },
		{ "2027-02-21", "2027-02-14", true }, /* 7 */
		{ "2027-02-26", "2027-02-21", false },
		{ "2027-02-27", "2027-02-21", true }, /* 1 */
		{ "2027-02-27", "2027-02-27", false },
		{ "2027-02-28", "2027-02-27", true }, /* the last day */
		{ "2027-02-28", "2027-02-28", false },
		{ "2027-02-14", "2027-03-01",
		    true }, /* a clock that was wrong */
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const struct jk_pin_age a =
		    age("2026-08-31", rows[i].today, rows[i].told);

		assert_true(a.may_work);
		if ((a.state == JK_PIN_DUE) != rows[i].remind)
			fail_msg("row %zu: %s", i, rows[i].today);
	}
	rules.n_remind = 0;
	assert_int_equal(age("2026-08-31", "2027-02-28", NULL).state,
	    JK_PIN_FRESH);
	/* In no order. */
	rules.n_remind = 2;
	rules.remind[0] = 3;
	rules.remind[1] = 9;
	assert_int_equal(age("2026-08-31", "2027-02-19", NULL).state,
	    JK_PIN_DUE);
	assert_int_equal(age("2026-08-31", "2027-02-18", NULL).state,
	    JK_PIN_FRESH);
	assert_int_equal(age("2026-08-31", "2027-02-26", "2027-02-25").state,
	    JK_PIN_DUE);
}

static void
test_last_set_is_the_later_of_two(void **state)
{
	static const struct {
		struct jk_pin_facts facts;
		int64_t last;
		bool initial;
	} rows[] = {
		{ { 0, 0, false }, 0, false },
		{ { 0, 0, true }, 0, true },
		{ { 500, 0, false }, 500, false },
		{ { 500, 0, true }, 500, true },
		{ { 0, 700, false }, 700, false },
		{ { 0, 700, true }, 700, false },
		{ { 500, 700, true }, 700, false }, /* changed since */
		{ { 700, 700, true }, 700, false },
		{ { 900, 700, true }, 900, true }, /* issued anew since */
		{ { 900, 700, false }, 900, false },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		bool initial = !rows[i].initial;

		assert_int_equal(jk_pin_last_set(&rows[i].facts, &initial),
		    rows[i].last);
		assert_int_equal(initial, rows[i].initial);
	}
}

/* --- properties ---------------------------------------------------------- */

static struct jk_date
at(int64_t s)
{
	struct jk_date d = { 0 };

	assert_int_equal(jk_date_at(s, &d), JK_OK);
	return d;
}

static struct jk_pin_age
age_at(int64_t set, int64_t today)
{
	const struct jk_pin_question q = {
		.rules = &rules,
		.set = at(set),
		.today = at(today),
	};

	return jk_pin_age(&q);
}

/*
 * For each day of 60 years: a PIN is good on every day up to the last good one
 * and on none after it; that day never moves back when the change is later; and
 * it lies where the mode says.
 */
static void
test_each_day_of_sixty_years(void **state)
{
	const int64_t first = 365 * 25 * (int64_t)DAY; /* in 1994 */

	(void)state;
	for (unsigned mode = 0; mode < JK_PIN_NEVER; mode++) {
		struct jk_pin_age before = { 0 };

		rules.change = (enum jk_pin_change)mode;
		for (int64_t s = first; s < first + 60 * 365 * (int64_t)DAY;
		     s += DAY) {
			const struct jk_pin_age a = age_at(s, s);
			const int64_t last = s + (int64_t)a.left * DAY;
			const struct jk_date d = at(last);

			assert_memory_equal(&d, &a.due, sizeof(d));
			assert_true(age_at(s, last).may_work);
			assert_int_equal(age_at(s, last + DAY).state,
			    JK_PIN_OVERDUE);
			assert_in_range(a.left, 180,
			    mode == JK_PIN_SIX_MONTHS ? 184 : 365);
			assert_true(
			    before.due.year == 0 || a.left + 1 >= before.left);
			before = a;
		}
	}
}

/* More time gone never makes a PIN better, whatever the rules. */
static void
test_time_never_makes_it_good_again(void **state)
{
	uint64_t seed = 20261121;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int64_t set, a, b;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		set = (int64_t)(seed >> 33) % (DAY * (int64_t)20000);
		a = set + (int64_t)(seed >> 40) % 400 * DAY;
		b = a + (int64_t)(seed >> 50) % 300 * DAY;
		rules.change = (enum jk_pin_change)(seed >> 20 & 1);
		if (!age_at(set, a).may_work)
			assert_false(age_at(set, b).may_work);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, reset)
	const struct CMUnitTest tests[] = {
		TEST(test_six_months_end_on_the_same_day_or_the_last),
		TEST(test_half_year_ends_with_the_next_half),
		TEST(test_last_day_is_good_and_the_next_is_not),
		TEST(test_unknown_is_never_fresh),
		TEST(test_initial_goes_before_its_age),
		TEST(test_reminders),
		TEST(test_last_set_is_the_later_of_two),
		TEST(test_each_day_of_sixty_years),
		TEST(test_time_never_makes_it_good_again),
	};

	if (setenv("TZ", "JST-9", 1) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
