/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What differs between two editions of the policy, one fact at a time. Pure:
 * `jukinetctl policy diff` reads the files and prints.
 */
#ifndef JK_DIFF_H
#define JK_DIFF_H

#include "defs.h"

struct jk_rowset;

/* Strings live as long as the call that gets them; none is NULL. */
struct jk_difference {
	const char *section;        /* as in policy.conf: "type" */
	const char *id, *id_ja;     /* which one; "" where there is only one */
	const char *key;            /* "" when all of it came or went */
	const char *item, *item_ja; /* of a list, which value; else "" */
	/* A value as it is written, "" for none; of a list "o" and "x", of
	 * functions also "d": only while delegated. */
	const char *from, *to;
};

#define JK_DIFFERENCE_MAX 512 /* bytes of one in words */

typedef void jk_diff_fn(void *ctx, const struct jk_difference *difference);

/* Policies as they were read: types are looked for by their ids. */
void jk_diff(const struct jk_rowset *old, const struct jk_rowset *new,
    jk_diff_fn *each, void *ctx);

/* "type moving-desk: wide-area-issuance x -> o", or
 * "種別 転入転出: 広域交付(全般) ×→○". */
void jk_difference_words(const struct jk_difference *difference, bool japanese,
    char ret[static JK_DIFFERENCE_MAX]);

#endif
