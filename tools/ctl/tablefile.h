/* SPDX-License-Identifier: BSD-2-Clause */
/* A table that an officer hands in: read, and named in the ledger. */
#ifndef JK_TABLEFILE_H
#define JK_TABLEFILE_H

#include "change.h"
#include "csv.h"

/* Lines that are named; more are only counted. */
#define JK_TABLEFILE_COMPLAINTS 200

struct jk_tablefile {
	const char *path;
	struct jk_csv csv;
	size_t faults;
	char digest[JK_LEDGER_HASH_LEN + 1];
};

/* EXIT_OK, or it was said what is wrong. jk_tablefile_clear() in either case. */
int jk_tablefile_read(struct jk_change *change, const char *path,
    struct jk_tablefile *ret);
void jk_tablefile_clear(struct jk_tablefile *table);

/* Says what is wrong with a line: translated. */
void jk_tablefile_complain(struct jk_tablefile *table, unsigned line,
    const char *why);
/* The refusal of the whole for `why`, when there was a complaint. */
int jk_tablefile_judge(struct jk_change *change,
    const struct jk_tablefile *table, enum jk_reason why);

/* Which file it was, for the ledger, and how many lines of it counted. */
int jk_tablefile_note(struct jk_change *change,
    const struct jk_tablefile *table, size_t lines);

#endif
