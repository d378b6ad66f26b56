/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two clocks (design rule 11): waits, budgets and lock-outs use boot time
 * in milliseconds, policy uses real time in seconds since the epoch.
 */
#ifndef JK_CLOCK_H
#define JK_CLOCK_H

#include <stdint.h>

#include "err.h"

/* How far the clocks of two machines that keep time may be apart, seconds. */
#define JK_CLOCK_SKEW_S 300

/* Milliseconds since boot, suspend included. */
int64_t jk_boot_ms(void);
/* Seconds since the epoch. */
int64_t jk_real_s(void);
/* How long until `until` (boot ms) as poll() wants it: 0 when it is past. */
int jk_poll_ms(int64_t until);
/* Reads "YYYY-MM-DD" as local midnight at the start of that day. */
enum jk_err jk_date_parse(const char *text, int64_t *ret_s);
/* Reads "YYYY-MM-DD HH:MM", local; a time that the clocks skip is refused. */
enum jk_err jk_time_parse(const char *text, int64_t *ret_s);
/* Midnight after the day that `s` lies in. */
int64_t jk_next_day(int64_t s);
/* Midnight that ends the fiscal year of `s`: the next April 1. */
int64_t jk_fiscal_end(int64_t s);
/* Writes local "YYYY-MM-DD HH:MM" (17 bytes with NUL). */
void jk_time_format(int64_t s, char ret[static 17]);
/* Writes local "YYYY-MM-DD" (11 bytes with NUL). */
void jk_date_format(int64_t s, char ret[static 11]);

/* A day of the local calendar; year 0: none. */
struct jk_date {
	int year;
	unsigned month, day; /* from 1 */
};

/* JK_ERR_FORMAT: a time that no calendar of this machine holds. */
enum jk_err jk_date_at(int64_t s, struct jk_date *ret);
/* Writes "YYYY-MM-DD" (11 bytes with NUL). */
void jk_date_write(const struct jk_date *date, char ret[static 11]);

/* A moment in the local calendar. */
struct jk_local_time {
	unsigned minute;      /* of the day, 0 to 1439 */
	unsigned weekday;     /* 0: Sunday */
	int64_t midnight;     /* first second of the day */
	int64_t fiscal_start; /* first second of the last April 1 */
};

/* JK_ERR_FORMAT: a time that no calendar of this machine holds. */
enum jk_err jk_local_time_at(int64_t s, struct jk_local_time *ret);

#endif
