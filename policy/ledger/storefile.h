/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registry.conf: the rows as INI text, below two comment lines. The first says
 * what it is made from,
 *
 *     # ledger NUMBER HASH END DIGEST
 *
 * the ledger's head that the rows hold and SHA-256 of all that follows this
 * line, so that a change by hand is seen at once.
 */
#ifndef JK_STOREFILE_H
#define JK_STOREFILE_H

#include "initext.h"
#include "ledger.h"
#include "rowtable.h"

struct jk_storefile {
	struct jk_ledger_head head;
	struct jk_rowtable rows;
	bool edited; /* the digest does not hold */
};

void jk_storefile_clear(struct jk_storefile *file);

/* Why a text is none; for people. */
struct jk_storefile_fault {
	unsigned line;
	const char *why; /* static text */
};

/* JK_ERR_FORMAT: *fault says why. An edited one is read as far as it can. */
enum jk_err jk_storefile_parse(const char *text, size_t len,
    struct jk_storefile *ret, struct jk_storefile_fault *fault);

/*
 * A number as we write it, and the character behind it; *at moves on. The text
 * ends with a NUL.
 */
bool jk_storefile_take_number(const char **at, char behind, uint64_t *ret);

/* Two parts that make up the file. */
struct jk_storetext {
	char first[JK_INI_LINE_MAX + 2]; /* the line, LF included */
	char *rest;
	size_t rest_len;
};

void jk_storetext_clear(struct jk_storetext *text);
/* JK_ERR_TOO_BIG: the file would have more than JK_STORE_MAX bytes. */
enum jk_err jk_storefile_format(struct jk_rowtable *rows,
    const struct jk_ledger_head *head, struct jk_storetext *ret);
/* Gives the rows the lines on which jk_storefile_format() puts them. */
void jk_storefile_number(struct jk_rowtable *rows);

/* NULL, or why registry.conf cannot hold this row. A static text. */
const char *jk_storefile_row_fault(const struct jk_textrow *row);

#endif
