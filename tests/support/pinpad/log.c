/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#define LINE 256

void
pp_log(int fd, const char *format, ...)
{
	char line[LINE];
	struct timespec t;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	(void)dprintf(fd, "%" PRId64 " %s\n",
	    (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000, line);
}
