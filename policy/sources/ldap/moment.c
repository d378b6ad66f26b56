/* SPDX-License-Identifier: BSD-2-Clause */
#include "moment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

bool
jk_ldap_moment_format(int64_t at, char ret[static JK_LDAP_MOMENT_LEN])
{
	time_t t = at;
	struct tm tm;

	return at >= 0 && gmtime_r(&t, &tm) != NULL &&
	       strftime(ret, JK_LDAP_MOMENT_LEN, "%Y%m%d%H%M%SZ", &tm) ==
	           JK_LDAP_MOMENT_LEN - 1;
}

static bool
all_digits(const char *text, size_t n)
{
	return strspn(text, "0123456789") >= n;
}

bool
jk_ldap_moment_parse(const struct berval *value, int64_t *ret)
{
	struct tm tm = { 0 }, again;
	time_t t;

	if (value->bv_len != JK_LDAP_MOMENT_LEN - 1 ||
	    !all_digits(value->bv_val, JK_LDAP_MOMENT_LEN - 2) ||
	    value->bv_val[JK_LDAP_MOMENT_LEN - 2] != 'Z' ||
	    sscanf(value->bv_val, "%4d%2d%2d%2d%2d%2d", &tm.tm_year, &tm.tm_mon,
	        &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	again = tm;
	t = timegm(&again);
	/* The 31st of February is another day by now. */
	if (t < 0 || again.tm_mon != tm.tm_mon || again.tm_mday != tm.tm_mday)
		return false;
	*ret = t;
	return true;
}
