/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows in the order of kind, then id, and beside them those that are staged:
 * put or removed, but neither kept nor dropped yet. One change costs the
 * logarithm of the rows, keeping all of them one pass.
 */
#ifndef JK_ROWTABLE_H
#define JK_ROWTABLE_H

#include "ledger.h"

struct jk_tablerow {
	struct jk_ledger_change change; /* first; only a staged one may be
	                                 * of a removed row */
	unsigned line;                  /* in registry.conf; 0: not there */
};

struct jk_rowview;

struct jk_rowtable {
	size_t n, size;
	struct jk_tablerow **kept;
	void *staged; /* tree of struct jk_tablerow, see tsearch(3) */
	size_t n_staged;
	struct jk_rowview *view; /* both together, once one was staged */
};

/* A zeroed one is empty. */
void jk_rowtable_clear(struct jk_rowtable *table);
/*
 * Takes the row over, as kept; it becomes zero. JK_ERR_EXISTS: one of that
 * name stands there; JK_ERR_FORMAT: it does not stand behind the last one.
 */
enum jk_err jk_rowtable_append(struct jk_rowtable *table,
    struct jk_textrow *row, unsigned line);
/* With what is staged; NULL: there is none. */
const struct jk_tablerow *jk_rowtable_find(const struct jk_rowtable *table,
    const char *kind, const char *id);
/* A copy. What is equal to what is kept is not staged. */
enum jk_err jk_rowtable_put(struct jk_rowtable *table,
    const struct jk_textrow *row);
/* JK_ERR_NOT_FOUND: there is none. */
enum jk_err jk_rowtable_remove(struct jk_rowtable *table, const char *kind,
    const char *id);
void jk_rowtable_keep(struct jk_rowtable *table);
void jk_rowtable_drop(struct jk_rowtable *table);

/* All of them in order, with what is staged, until the next change. */
struct jk_tablerow *const *jk_rowtable_all(const struct jk_rowtable *table,
    size_t *ret_n);
/* The staged ones alone, n_staged of them. */
struct jk_tablerow *const *jk_rowtable_staged(const struct jk_rowtable *table);

#endif
