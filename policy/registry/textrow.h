/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A row as text: what stands in a file, a ledger entry or a directory before
 * anybody has judged it. "[KIND ID]" and "key = value" lines; a repeated key
 * is a list. A row owns its memory.
 */
#ifndef JK_TEXTROW_H
#define JK_TEXTROW_H

#include "err.h"

#define JK_KIND_MAX       32
#define JK_TEXTROW_ID_MAX 64
/* Pairs of one row. */
#define JK_TEXTROW_PAIRS_MAX 128

struct jk_pair {
	char *key, *value;
};

struct jk_textrow {
	char kind[JK_KIND_MAX + 1];
	char id[JK_TEXTROW_ID_MAX + 1];
	size_t n;
	struct jk_pair *pair;
};

/* JK_ERR_FORMAT: kind or id too long or empty. */
enum jk_err jk_textrow_init(struct jk_textrow *row, const char *kind,
    const char *id);
void jk_textrow_clear(struct jk_textrow *row);
enum jk_err jk_textrow_copy(const struct jk_textrow *row,
    struct jk_textrow *ret);
/* The first value of the key; NULL when it has none. */
const char *jk_textrow_get(const struct jk_textrow *row, const char *key);
/* Value number n of the key, from 0; NULL when there are not as many. */
const char *jk_textrow_get_nth(const struct jk_textrow *row, const char *key,
    size_t n);
/* Replaces every value of the key by this one; NULL or "" removes the key. */
enum jk_err jk_textrow_set(struct jk_textrow *row, const char *key,
    const char *value);
/*
 * Adds one more value of the key. JK_ERR_FORMAT: either is empty;
 * JK_ERR_TOO_BIG: the row has as many pairs as it may.
 */
enum jk_err jk_textrow_add(struct jk_textrow *row, const char *key,
    const char *value);
/* The same values of the same keys; in which order the keys stand is no
 * difference, in which order the values of one key do is. */
bool jk_textrow_equal(const struct jk_textrow *a, const struct jk_textrow *b);
/* The order of rows: kind, then id. As strcmp(3). */
int jk_textrow_compare(const struct jk_textrow *a, const struct jk_textrow *b);

#endif
