/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the administrator has to hear about the configuration. Library code
 * collects it here; the tool prints it, one line each: "FILE:LINE: reason".
 * Line 0 speaks of the file as a whole.
 */
#ifndef JK_REPORT_H
#define JK_REPORT_H

#include <limits.h>

#include "err.h"

/*
 * Kept; what comes above is only counted. An import of a whole office shall be
 * able to name every bad row; JK_REPORT_SHOWN are enough for a person to
 * read at once.
 */
#define JK_REPORT_ERRORS   1000
#define JK_REPORT_WARNINGS 100
#define JK_REPORT_SHOWN    20
#define JK_REPORT_LINE_MAX (2 * PATH_MAX)

/* Where a fact stands. */
struct jk_place {
	const char *file; /* borrowed */
	unsigned line;
};

struct jk_report {
	size_t n_errors, n_warnings;
	char *error[JK_REPORT_ERRORS]; /* NULL: there was no memory for it */
	char *warning[JK_REPORT_WARNINGS];
};

/*
 * What comes from a file, a directory or a plug-in may be said as it is: bytes
 * that are no plain text are shown as '?', so that a line stays one line.
 */
void jk_report_error(struct jk_report *report, struct jk_place place,
    const char *format, ...) JK_PRINTF(3, 4);
void jk_report_warning(struct jk_report *report, struct jk_place place,
    const char *format, ...) JK_PRINTF(3, 4);
/* Releases the lines; leaves an empty report. */
void jk_report_clear(struct jk_report *report);

#endif
