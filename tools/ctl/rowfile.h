/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows as text: those of a hand-written file, and all that there are. */
#ifndef JK_ROWFILE_H
#define JK_ROWFILE_H

#include "report.h"
#include "textrow.h"

struct jk_view;

struct jk_filerow {
	struct jk_textrow row;
	struct jk_place place; /* file: as long as the rows live */
};

struct jk_filerows {
	size_t n;
	struct jk_filerow *row;
	size_t n_files;
	char **file;
};

void jk_filerows_clear(struct jk_filerows *rows);

/*
 * Adds the rows of one file of registry.d's form, in its order. They are not
 * judged, only taken apart; what is no row at all goes into the report.
 */
enum jk_err jk_filerows_read(const char *path, struct jk_filerows *rows,
    struct jk_report *report);
/* Adds registry.d and then the store, in the order in which a build takes
 * them. The view was opened, so that they are good. */
enum jk_err jk_filerows_read_all(const struct jk_view *view,
    struct jk_filerows *rows, struct jk_report *report);

#endif
