/* SPDX-License-Identifier: BSD-2-Clause */
/* How a book is made: what each collects while the ledger is replayed. */
#ifndef JK_BOOKMAKER_H
#define JK_BOOKMAKER_H

#include "book.h"
#include "rowtable.h"

#define JK_ITEM_STEPS 10
#define JK_ITEM_TEXT  2048 /* bytes of a cell */

/* One line of a book in the making: what it is about, and what befell it. */
struct jk_item {
	struct jk_textrow row; /* as it stood last; its id names the item */
	bool removed;
	int64_t touched; /* time of its last entry */
	uint64_t number; /* of that entry */
	struct {
		int64_t at; /* 0: it has not come to that */
		char by[JK_LEDGER_ID_MAX + 1];
	} step[JK_ITEM_STEPS];
};

struct jk_making {
	const struct jk_book_wish *wish;
	struct jk_table *table;
	struct jk_rowtable rows; /* as they stood before the entry at hand */
	size_t n;
	struct jk_item **item; /* in the order in which they came */
	void *tree;            /* the same by id, see tsearch(3) */
	enum jk_err e;         /* the first that was met */
};

struct jk_bookmaker {
	const char *name; /* NULL: the journal */
	const char *title;
	const struct jk_column *columns;
	/* One entry, in the ledger's order; may be NULL, as all of these. */
	void (*entry)(struct jk_making *making,
	    const struct jk_ledger_entry *entry);
	/* One row of it. */
	void (*change)(struct jk_making *making,
	    const struct jk_ledger_entry *entry,
	    const struct jk_ledger_change *change);
	/* Everything was read: what was collected becomes rows. */
	void (*end)(struct jk_making *making);
};

extern const struct jk_bookmaker jk_book_operator, jk_book_card, jk_book_review,
    jk_book_journal;

/* The item of that row, which is taken over; NULL: no memory, kept in e. */
struct jk_item *jk_making_item(struct jk_making *making,
    const struct jk_ledger_entry *entry, const struct jk_ledger_change *change);
void jk_making_step(struct jk_item *item, size_t step,
    const struct jk_ledger_entry *entry);
/* Did it end before the book begins? */
bool jk_making_is_over(const struct jk_making *making,
    const struct jk_item *item);

/* A value of a row, or "". */
const char *jk_row_value(const struct jk_textrow *row, const char *key);
/* A row as it stood before the entry at hand; NULL: there was none. */
const struct jk_textrow *jk_making_row(const struct jk_making *making,
    const char *kind, const char *id);
/* The name of a person as the ledger knows him, or "". */
const char *jk_making_person(const struct jk_making *making, const char *id);
/* "2026-11-25 p0009", or "". */
void jk_show_step(const struct jk_item *item, size_t step,
    char ret[static 11 + 1 + JK_LEDGER_ID_MAX + 1]);

#endif
