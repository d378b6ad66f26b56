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

enum jk_err
jk_date_parse(const char *text, int64_t *ret_s)
{
	struct tm tm = { .tm_isdst = -1 }, want;
	time_t t;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' ||
	    !all_digits(text, 4) || !all_digits(text + 5, 2) ||
	    !all_digits(text + 8, 2))
		return JK_ERR_FORMAT;
	tm.tm_year = number(text, 4) - 1900;
	tm.tm_mon = number(text + 5, 2) - 1;
	tm.tm_mday = number(text + 8, 2);
	want = tm;
	t = mktime(&tm);
	/* mktime() turns February 30 into March 2: refuse instead. */
	if (t == (time_t)-1 || tm.tm_year != want.tm_year ||
	    tm.tm_mon != want.tm_mon || tm.tm_mday != want.tm_mday ||
	    tm.tm_year < 70)
		return JK_ERR_FORMAT;
	*ret_s = (int64_t)t;
	return JK_OK;
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
