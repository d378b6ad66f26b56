/* SPDX-License-Identifier: BSD-2-Clause */
#include "clock.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t
read_clock(clockid_t id, int64_t per_second)
{
	struct timespec t;

	/* Cannot fail for a valid id and address (clock_gettime(2)). */
	if (clock_gettime(id, &t) != 0)
		__builtin_trap();
	return (int64_t)t.tv_sec * per_second +
	       (int64_t)t.tv_nsec / (1000000000 / per_second);
}

int64_t
jk_boot_ms(void)
{
	return read_clock(CLOCK_BOOTTIME, 1000);
}

int64_t
jk_real_s(void)
{
	return read_clock(CLOCK_REALTIME, 1);
}

int
jk_poll_ms(int64_t until)
{
	int64_t left = until - jk_boot_ms();

	if (left <= 0)
		return 0;
	/* One more, so that a wait never ends just before its time. */
	return left >= INT_MAX ? INT_MAX : (int)left + 1;
}

static bool
all_digits(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

static int
number(const char *text, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

/* From local time; false for what does not exist, such as February 30. */
static bool
make_time(struct tm tm, int64_t *ret_s)
{
	struct tm want = tm;
	time_t t = mktime(&tm);

	/* mktime() turns February 30 into March 2: refuse instead. */
	if (t == (time_t)-1 || tm.tm_year != want.tm_year ||
	    tm.tm_mon != want.tm_mon || tm.tm_mday != want.tm_mday ||
	    tm.tm_hour != want.tm_hour || tm.tm_min != want.tm_min ||
	    tm.tm_year < 70)
		return false;
	*ret_s = (int64_t)t;
	return true;
}

/* The first ten characters. */
static bool
read_date(const char *text, struct tm *ret)
{
	if (text[4] != '-' || text[7] != '-' || !all_digits(text, 4) ||
	    !all_digits(text + 5, 2) || !all_digits(text + 8, 2))
		return false;
	*ret = (struct tm){
		.tm_isdst = -1,
		.tm_year = number(text, 4) - 1900,
		.tm_mon = number(text + 5, 2) - 1,
		.tm_mday = number(text + 8, 2),
	};
	return true;
}

enum jk_err
jk_date_parse(const char *text, int64_t *ret_s)
{
	struct tm tm;

	if (strlen(text) != 10 || !read_date(text, &tm) ||
	    !make_time(tm, ret_s))
		return JK_ERR_FORMAT;
	return JK_OK;
}

enum jk_err
jk_time_parse(const char *text, int64_t *ret_s)
{
	struct tm tm;

	if (strlen(text) != 16 || !read_date(text, &tm) || text[10] != ' ' ||
	    text[13] != ':' || !all_digits(text + 11, 2) ||
	    !all_digits(text + 14, 2))
		return JK_ERR_FORMAT;
	tm.tm_hour = number(text + 11, 2);
	tm.tm_min = number(text + 14, 2);
	return make_time(tm, ret_s) ? JK_OK : JK_ERR_FORMAT;
}

int64_t
jk_next_day(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm = { 0 };

	if (localtime_r(&t, &tm) == NULL)
		return s + 86400;
	tm = (struct tm){
		.tm_isdst = -1,
		.tm_year = tm.tm_year,
		.tm_mon = tm.tm_mon,
		.tm_mday = tm.tm_mday + 1,
	};
	return (int64_t)mktime(&tm);
}

int64_t
jk_fiscal_end(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm = { 0 };

	if (localtime_r(&t, &tm) == NULL)
		return s;
	tm = (struct tm){
		.tm_isdst = -1,
		.tm_year = tm.tm_year + (tm.tm_mon >= 3 ? 1 : 0),
		.tm_mon = 3,
		.tm_mday = 1,
	};
	return (int64_t)mktime(&tm);
}

void
jk_time_format(int64_t s, char ret[static 17])
{
	time_t t = (time_t)s;
	struct tm tm = { 0 };

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(ret, 17, "%Y-%m-%d %H:%M", &tm) != 16)
		memcpy(ret, "0000-00-00 00:00", 17);
}

void
jk_date_format(int64_t s, char ret[static 11])
{
	time_t t = (time_t)s;
	struct tm tm = { 0 };

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(ret, 11, "%Y-%m-%d", &tm) != 10)
		memcpy(ret, "0000-00-00", 11);
}

enum jk_err
jk_date_at(int64_t s, struct jk_date *ret)
{
	time_t t = (time_t)s;
	struct tm tm = { 0 };

	if (localtime_r(&t, &tm) == NULL || tm.tm_year < -1899 ||
	    tm.tm_year > 8099)
		return JK_ERR_FORMAT;
	*ret = (struct jk_date){
		.year = tm.tm_year + 1900,
		.month = (unsigned)tm.tm_mon + 1,
		.day = (unsigned)tm.tm_mday,
	};
	return JK_OK;
}

void
jk_date_write(const struct jk_date *date, char ret[static 11])
{
	const unsigned year = date->year > 0 ? (unsigned)date->year : 0;

	(void)snprintf(ret, 11, "%04u-%02u-%02u", year % 10000,
	    date->month % 100, date->day % 100);
}

/* First second of a day; that it begins later than 0:00 may be (tzdata). */
static enum jk_err
start_of_day(int year, int month, int day, int64_t *ret)
{
	struct tm tm = {
		.tm_year = year,
		.tm_mon = month,
		.tm_mday = day,
		.tm_isdst = -1,
	};
	time_t t = mktime(&tm);

	if (t == (time_t)-1)
		return JK_ERR_FORMAT;
	*ret = (int64_t)t;
	return JK_OK;
}

enum jk_err
jk_local_time_at(int64_t s, struct jk_local_time *ret)
{
	const int april = 3;
	struct jk_local_time local;
	time_t t = (time_t)s;
	struct tm tm = { 0 };
	enum jk_err e;

	if (localtime_r(&t, &tm) == NULL)
		return JK_ERR_FORMAT;
	local.minute = (unsigned)(tm.tm_hour * 60 + tm.tm_min);
	local.weekday = (unsigned)tm.tm_wday;
	if ((e = start_of_day(tm.tm_year, tm.tm_mon, tm.tm_mday,
	         &local.midnight)) != JK_OK ||
	    (e = start_of_day(tm.tm_mon < april ? tm.tm_year - 1 : tm.tm_year,
	         april, 1, &local.fiscal_start)) != JK_OK)
		return e;
	*ret = local;
	return JK_OK;
}
