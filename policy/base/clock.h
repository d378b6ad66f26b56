/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two clocks (design rule 11): waits, budgets and lock-outs use boot time
 * in milliseconds, policy uses real time in seconds since the epoch.
 */
#ifndef JK_CLOCK_H
#define JK_CLOCK_H

#include <stdint.h>

#include "err.h"

/* Milliseconds since boot, suspend included. */
int64_t jk_boot_ms(void);
/* Seconds since the epoch. */
int64_t jk_real_s(void);
/* How long until `until` (boot ms) as poll() wants it: 0 when it is past. */
int jk_poll_ms(int64_t until);
/* Reads "YYYY-MM-DD" as local midnight at the start of that day. */
enum jk_err jk_date_parse(const char *text, int64_t *ret_s);
/* Writes local "YYYY-MM-DD" (11 bytes with NUL). */
void jk_date_format(int64_t s, char ret[static 11]);

#endif
