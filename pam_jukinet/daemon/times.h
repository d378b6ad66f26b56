/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the last proven record was made: a clock that says less is wrong
 * (design rule 11). Kept in /var/lib/jukinet across reboots.
 */
#ifndef JK_TIMES_H
#define JK_TIMES_H

#include <stdint.h>

/* Seconds since the epoch; 0 when there is none or it cannot be read. */
int64_t jk_times_last_record(int dir);
/* Failure is logged: the next login only knows an older time. */
void jk_times_set_last_record(int dir, int64_t s);

#endif
