/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What services and tools say to the administrator: one line on stderr, which
 * systemd gives to the journal with the priority of its "<N>" prefix. Library
 * code does not log; it returns. Never a PIN, never text from a card or a
 * user that was not checked.
 */
#ifndef JK_LOG_H
#define JK_LOG_H

#include "defs.h"

/* Values of syslog(3). */
enum jk_log_level {
	JK_LOG_ERR = 3,
	JK_LOG_WARNING = 4,
	JK_LOG_NOTICE = 5,
	JK_LOG_DEBUG = 7,
};

/* Called once at start: the program's name; lines above `level` are dropped. */
void jk_log_open(const char *name, enum jk_log_level level);
/* Where lines go from now on: stderr may be somebody else's. */
void jk_log_to(int fd);
void jk_log(enum jk_log_level level, const char *format, ...) JK_PRINTF(2, 3);

#endif
