/* SPDX-License-Identifier: BSD-2-Clause */
/* Days as people read them in Japan, by era (令和, 平成, 昭和) or not. */
#ifndef JK_ERA_H
#define JK_ERA_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the longest, with its NUL. */
#define JK_ERA_MAX 40

/*
 * "2026-11-21" or "2026-11-21 17:05", of `len` bytes, in UTF-8: 令和8年11月21日.
 * By era only from the first day of 昭和 on. False: that is no day of the
 * calendar, and *ret is "".
 */
bool jk_era_write(const char *text, size_t len, bool gregorian,
    char ret[static JK_ERA_MAX]);

#endif
