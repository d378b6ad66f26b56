/* SPDX-License-Identifier: BSD-2-Clause */
#include "era.h"

#include <stdio.h>
#include <string.h>

#include "defs.h"

struct day {
	unsigned year, month, day;
};

/* The newest first; the day on which each begins. */
static const struct {
	const char *name;
	struct day from;
} eras[] = {
	{ "令和", { 2019, 5, 1 } },
	{ "平成", { 1989, 1, 8 } },
	{ "昭和", { 1926, 12, 25 } },
};

/* Digits where `form` has a 0, else the very sign. */
static bool
is_like(const char *text, const char *form, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9'
		                   : text[i] != form[i])
			return false;
	return true;
}

static unsigned
number(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n = n * 10 + (unsigned)(text[i] - '0');
	return n;
}

static unsigned
days_in(unsigned year, unsigned month)
{
	const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month == 2)
		return leap ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static bool
read_day(const char *text, size_t len, struct day *ret)
{
	static const char form[] = "0000-00-00 00:00";

	if ((len != 10 && len != 16) || !is_like(text, form, len))
		return false;
	*ret = (struct day){ number(text, 4), number(text + 5, 2),
		number(text + 8, 2) };
	if (len == 16 &&
	    (number(text + 11, 2) > 23 || number(text + 14, 2) > 59))
		return false;
	return ret->year > 0 && ret->month >= 1 && ret->month <= 12 &&
	       ret->day >= 1 && ret->day <= days_in(ret->year, ret->month);
}

static bool
is_before(const struct day *a, const struct day *b)
{
	if (a->year != b->year)
		return a->year < b->year;
	return a->month != b->month ? a->month < b->month : a->day < b->day;
}

bool
jk_era_write(const char *text, size_t len, bool gregorian,
    char ret[static JK_ERA_MAX])
{
	struct day d;
	char year[16];
	const char *era = "";
	size_t i = 0;

	ret[0] = '\0';
	if (!read_day(text, len, &d))
		return false;
	while (!gregorian && i < JK_COUNT(eras) && is_before(&d, &eras[i].from))
		i++;
	(void)snprintf(year, sizeof(year), "%u", d.year);
	if (!gregorian && i < JK_COUNT(eras)) {
		const unsigned nth = d.year - eras[i].from.year + 1;

		era = eras[i].name;
		(void)snprintf(year, sizeof(year), "%u", nth);
		if (nth == 1)
			strcpy(year, "元");
	}
	(void)snprintf(ret, JK_ERA_MAX, "%s%s年%u月%u日%.*s", era, year,
	    d.month, d.day, (int)(len - 10), text + 10);
	return true;
}
