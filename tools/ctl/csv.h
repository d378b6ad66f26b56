/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table as spreadsheets write it: RFC 4180 in UTF-8, with or without a byte
 * order mark, lines ending in CRLF or LF. The first record names the columns,
 * and every other has as many. Empty lines are passed over, no cell holds a line
 * break. Whatever is not exactly that is refused with its line: half understood
 * is worse than not at all.
 */
#ifndef JK_CSV_H
#define JK_CSV_H

#include "err.h"

#define JK_CSV_MAX         (4u << 20) /* bytes of the whole */
#define JK_CSV_ROWS_MAX    20000
#define JK_CSV_COLUMNS_MAX 32
#define JK_CSV_CELL_MAX    512 /* bytes of one cell */

struct jk_csv {
	size_t columns, n; /* records, the first one too */
	char *text;        /* what the cells point into */
	char **cell;       /* record by record */
	unsigned *line;    /* of each record, from 1 */
};

/* What is wrong, and where. */
struct jk_csv_fault {
	unsigned line;   /* 0: with the whole */
	const char *why; /* static English, marked by N_() */
};

/*
 * JK_ERR_FORMAT or JK_ERR_TOO_BIG: *fault says why. A table without a record
 * is JK_ERR_FORMAT too. `ret` is cleared by jk_csv_clear().
 */
enum jk_err jk_csv_parse(const char *text, size_t len, struct jk_csv *ret,
    struct jk_csv_fault *fault);
void jk_csv_clear(struct jk_csv *csv);
/* "" when there is none. */
const char *jk_csv_cell(const struct jk_csv *csv, size_t row, size_t column);

#endif
