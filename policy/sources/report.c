/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* In place: each byte of what is no plain character becomes a '?'. */
static void
make_plain(char *text)
{
	struct jk_cur cur = { (const uint8_t *)text, strlen(text) };

	while (cur.left > 0) {
		size_t at = (size_t)((const char *)cur.at - text), n = 1;
		uint32_t c = 0;
		bool plain = jk_utf8_next(&cur, &c) == JK_OK;

		if (plain)
			n = (size_t)((const char *)cur.at - text) - at;
		else
			(void)jk_cur_u8(&cur, &(uint8_t){ 0 });
		if (!plain || !jk_utf8_is_plain(c))
			memset(text + at, '?', n);
	}
}

static void keep(char **lines, size_t max, size_t *n, struct jk_place place,
    const char *kind, const char *format, va_list args) JK_PRINTF(6, 0);

/* A line that finds no memory is still counted. */
static void
keep(char **lines, size_t max, size_t *n, struct jk_place place,
    const char *kind, const char *format, va_list args)
{
	char text[JK_REPORT_LINE_MAX];
	int used;

	if ((*n)++ >= max)
		return;
	used = snprintf(text, sizeof(text), "%s:%u: %s", place.file, place.line,
	    kind);
	if (used > 0 && (size_t)used < sizeof(text))
		vsnprintf(text + used, sizeof(text) - (size_t)used, format,
		    args);
	make_plain(text);
	lines[*n - 1] = strdup(text);
}

void
jk_report_error(struct jk_report *report, struct jk_place place,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep(report->error, JK_REPORT_ERRORS, &report->n_errors, place, "",
	    format, args);
	va_end(args);
}

void
jk_report_warning(struct jk_report *report, struct jk_place place,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep(report->warning, JK_REPORT_WARNINGS, &report->n_warnings, place,
	    "warning: ", format, args);
	va_end(args);
}

void
jk_report_clear(struct jk_report *report)
{
	for (size_t i = 0; i < JK_REPORT_ERRORS; i++)
		free(report->error[i]);
	for (size_t i = 0; i < JK_REPORT_WARNINGS; i++)
		free(report->warning[i]);
	*report = (struct jk_report){ 0 };
}
