/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listings: a table for people, or with --json an array of objects. The first
 * row says the columns; cells are UTF-8.
 */
#ifndef JK_OUTPUT_H
#define JK_OUTPUT_H

#include <stdint.h>

#include "defs.h"

#define JK_COLUMNS_MAX 16

struct jk_table;

struct jk_column {
	const char *key;   /* of JSON, as in the registry: "valid-until" */
	const char *title; /* English, marked by N_() */
};

/* Columns end at key NULL. NULL: no memory. */
struct jk_table *jk_table_new(const struct jk_column *columns, bool json);
/* One row: as many cells as there are columns; NULL is empty. */
void jk_table_add(struct jk_table *table, const char *const *cells);
/* Prints to stdout, sets *table to NULL; EXIT_OK or EXIT_REFUSED. */
int jk_table_print(struct jk_table **table);
void jk_table_free(struct jk_table **table);

/* For who prints it another way. False: a row could not be added. */
bool jk_table_is_whole(const struct jk_table *table);
size_t jk_table_rows(const struct jk_table *table);
size_t jk_table_columns(const struct jk_table *table);
const struct jk_column *jk_table_column(const struct jk_table *table,
    size_t column);
const char *jk_table_cell(const struct jk_table *table, size_t row,
    size_t column);

/* "2027-03-31" for an `until` of the midnight after it; with the time where
 * it is no midnight; "" for 0. Static, four in turn. */
const char *jk_show_until(int64_t until);
const char *jk_show_from(int64_t from);
/* Width on a terminal, East Asian wide characters counted as two. */
size_t jk_show_width(const char *text);

#endif
