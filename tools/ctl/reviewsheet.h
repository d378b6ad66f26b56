/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sheet of a review (C-4): one line for each account of a department, with
 * its owners and their rights, and what was judged of it, filled in by whoever
 * reviews.
 */
#ifndef JK_REVIEWSHEET_H
#define JK_REVIEWSHEET_H

#include "csv.h"
#include "ledger.h"
#include "rowset.h"

/* X(identifier, "judgement", "判定") */
#define JK_JUDGEMENT_TABLE(X)                  \
	X(JK_JUDGED_NOT, "", "") /* not yet */ \
	X(JK_JUDGED_KEEP, "keep", "継続")      \
	X(JK_JUDGED_REMOVE, "remove", "削除")  \
	X(JK_JUDGED_CHANGE, "change", "変更") /* of rights: to be done */

enum jk_judgement {
#define X(name, id, ja) name,
	JK_JUDGEMENT_TABLE(X)
#undef X
	JK_JUDGEMENT_COUNT,
};

/* Beside the decisions an entry of the ledger says op, object and department. */
#define JK_REVIEW_MAX (JK_LEDGER_NOTES_MAX - 4) /* lines of one sheet */

const char *jk_judgement_id(enum jk_judgement judgement);

/* Of an account as it stands. */
struct jk_review_line {
	char owners[JK_CSV_CELL_MAX + 1]; /* names, "佐藤 花子, 鈴木 太郎" */
	char persons[JK_CSV_CELL_MAX + 1]; /* ids */
	char rights[JK_CSV_CELL_MAX + 1];  /* types of live operator IDs */
};

/* Does anybody of the department own it? */
bool jk_review_is_of(const struct jk_rowset *set,
    const struct jk_account *account, const char *department);
/* What is too long for a cell ends in "...". */
void jk_review_fill(const struct jk_rowset *set,
    const struct jk_account *account, int64_t now, struct jk_review_line *ret);

/* A line that was handed in. */
struct jk_judged {
	unsigned line;
	const char *account, *rights, *reason; /* point into the table */
	enum jk_judgement judgement;
};

/*
 * Reads record number `row` of the table, from 1; columns are found by the
 * headings that jukinetctl writes. JK_ERR_FORMAT: *fault says why.
 */
enum jk_err jk_judged_read(const struct jk_csv *csv, size_t row,
    struct jk_judged *ret, struct jk_csv_fault *fault);

/* The account that a record speaks of, whatever else is wrong with it; "". */
const char *jk_judged_account(const struct jk_csv *csv, size_t row);

/* Headings of the sheet, in its order; ends at NULL. */
extern const char *const jk_review_headings[];

#endif
