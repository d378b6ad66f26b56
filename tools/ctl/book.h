/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The books of the office, as the rules name them, collected from the ledger:
 * 操作者ID管理簿 (S-19), 操作者用ICカード発行簿 (T-16), ユーザID見直し記録簿
 * (S-29), and the journal of all changes.
 */
#ifndef JK_BOOK_H
#define JK_BOOK_H

#include <stdio.h>

#include "ledger.h"
#include "output.h"

struct jk_book_wish {
	const char *name;    /* "operator", "card", "review"; NULL: journal */
	const char *kind;    /* of the journal: only rows of this kind */
	int64_t from, until; /* 0: no bound; until: the first that is out */
	int64_t now;
	bool json;
};

struct jk_book {
	const char *title; /* English, marked by N_() */
	struct jk_table *table;
	int64_t from, until, now;
	struct jk_ledger_head head; /* of the whole ledger */
};

/* NULL, or why there is no such book. */
bool jk_book_exists(const char *name);

/*
 * Reads the ledger of the store in `dir`. JK_ERR_FORMAT: its chain does not
 * hold, *fault says where; then there is no book. The book is cleared by the
 * caller in any case.
 */
enum jk_err jk_book_read(const char *dir, const struct jk_book_wish *wish,
    struct jk_book *ret, struct jk_ledger_fault *fault);
void jk_book_clear(struct jk_book *book);

/* "2026-04-01 to 2027-03-31"; static. */
const char *jk_book_period(const struct jk_book *book);
/* For paper of A4: 80 columns, 60 lines, a form feed after each page. */
void jk_book_print(const struct jk_book *book, FILE *out);
/* For a browser, which prints it; everything in it is escaped. */
void jk_book_print_html(const struct jk_book *book, FILE *out);
/* Writes text as HTML; control characters become U+FFFD. */
void jk_html_escape(FILE *out, const char *text);

#endif
