/* SPDX-License-Identifier: BSD-2-Clause */
#include "pinage.h"

#define MONTHS  6
#define APRIL   4
#define OCTOBER 10

int64_t
jk_pin_last_set(const struct jk_pin_facts *facts, bool *ret_initial)
{
	/* What this terminal has seen is newer than the same minute of a list. */
	const bool here = facts->here != 0 && facts->here >= facts->registry;

	*ret_initial = facts->initial && !here;
	return here ? facts->here : facts->registry;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
days_of(int year, unsigned month)
{
	static const unsigned days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static bool
is_date(const struct jk_date *d)
{
	return d->year > 0 && d->year < 10000 && d->month >= 1 &&
	       d->month <= 12 && d->day >= 1 &&
	       d->day <= days_of(d->year, d->month);
}

/* Days since 1 March of year 0: a year ends with its leap day then. */
static int64_t
number(const struct jk_date *d)
{
	const int64_t year = d->month > 2 ? d->year : d->year - 1;
	const int64_t month = d->month > 2 ? d->month - 3 : d->month + 9;

	return 365 * year + year / 4 - year / 100 + year / 400 +
	       (153 * month + 2) / 5 + (int64_t)d->day - 1;
}

/* The same day of that month, or its last one. */
static struct jk_date
add_months(struct jk_date d, unsigned months)
{
	const unsigned month = d.month - 1 + months;
	unsigned most;

	d.year += (int)(month / 12);
	d.month = month % 12 + 1;
	most = days_of(d.year, d.month);
	if (d.day > most)
		d.day = most;
	return d;
}

/* The last day of the half of the fiscal year after this one. */
static struct jk_date
next_half(struct jk_date d)
{
	const bool first = d.month >= APRIL && d.month < OCTOBER;
	struct jk_date last = { .year = d.year, .month = 3, .day = 31 };

	if (first) {
		last.year++;
		return last;
	}
	last.month = 9;
	last.day = 30;
	if (d.month >= OCTOBER)
		last.year++;
	return last;
}

static struct jk_date
due_after(const struct jk_date *set, enum jk_pin_change change)
{
	switch (change) {
	case JK_PIN_HALF_YEAR:
		return next_half(*set);
	case JK_PIN_NEVER:
		return (struct jk_date){ 0 };
	case JK_PIN_SIX_MONTHS:
	case JK_PIN_CHANGE_COUNT:
		break;
	}
	return add_months(*set, MONTHS);
}

/* Is this the first time since the mark that it can be told? */
static bool
is_to_be_told(const struct jk_pin_question *q, int64_t left)
{
	const int64_t today = number(&q->today);
	int64_t mark = -1, least = -1, since;

	for (size_t i = 0; i < q->rules->n_remind && i < JK_REMIND_MAX; i++) {
		const int64_t m = q->rules->remind[i];

		if (m >= left && (mark < 0 || m < mark))
			mark = m;
		if (least < 0 || m < least)
			least = m;
	}
	if (mark < 0)
		return false;
	/* The smallest has passed: each day by itself. */
	since = left < least ? today : today + left - mark;
	return !is_date(&q->told) || number(&q->told) < since ||
	       number(&q->told) > today;
}

static void
judge_age(const struct jk_pin_question *q, struct jk_pin_age *age)
{
	int64_t left;

	age->due = due_after(&q->set, q->rules->change);
	age->state = JK_PIN_FRESH;
	age->may_work = true;
	if (q->rules->change == JK_PIN_NEVER)
		return;
	left = number(&age->due) - number(&q->today);
	if (left < 0) {
		age->state = JK_PIN_OVERDUE;
		age->may_work = false;
		return;
	}
	age->left = (unsigned)left;
	if (is_to_be_told(q, left))
		age->state = JK_PIN_DUE;
}

/* Of a later day than today it is as good as none. */
static bool
is_known(const struct jk_pin_question *q)
{
	return is_date(&q->today) && is_date(&q->set) &&
	       number(&q->set) <= number(&q->today);
}

struct jk_pin_age
jk_pin_age(const struct jk_pin_question *q)
{
	struct jk_pin_age age = { 0 };

	if (q == NULL || q->rules == NULL)
		return age;
	if (is_known(q))
		age.set = q->set;
	if (q->initial && !q->rules->allow_initial) {
		age.state = JK_PIN_INITIAL;
		return age;
	}
	if (age.set.year == 0) {
		age.state = JK_PIN_UNKNOWN;
		age.may_work = q->rules->allow_unknown;
		return age;
	}
	judge_age(q, &age);
	return age;
}

const char *
jk_pin_state_name(enum jk_pin_state state)
{
	switch (state) {
	case JK_PIN_UNKNOWN:
		break;
	case JK_PIN_INITIAL:
		return "initial";
	case JK_PIN_OVERDUE:
		return "overdue";
	case JK_PIN_DUE:
	case JK_PIN_FRESH:
		return "in-time";
	}
	return "unknown";
}
