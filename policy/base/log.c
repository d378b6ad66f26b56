/* SPDX-License-Identifier: BSD-2-Clause */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *log_name = "jukinet";
static enum jk_log_level log_level = JK_LOG_NOTICE;
static bool log_prefixed;
static int log_fd = STDERR_FILENO;

void
jk_log_open(const char *name, enum jk_log_level level)
{
	log_name = name;
	log_level = level;
	/* Set by systemd when stderr is the journal (systemd.exec(5)). */
	log_prefixed = getenv("JOURNAL_STREAM") != NULL;
}

void
jk_log_to(int fd)
{
	log_fd = fd;
}

void
jk_log(enum jk_log_level level, const char *format, ...)
{
	char line[1024];
	int n = 0;
	va_list args;

	if (level > log_level)
		return;
	if (log_prefixed)
		n = snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		n = snprintf(line, sizeof(line), "%s: ", log_name);
	va_start(args, format);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
	va_end(args);
	dprintf(log_fd, "%s\n", line);
}
