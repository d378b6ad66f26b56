/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was done in the uses of a session, from which the entry of the use ledger
 * (使用簿, T-07) is proposed: one file for each session, usebook.SESSION in
 * /run/jukinet/state, which all its conversations share in memory, and which goes
 * with the session. A row for each use in which something was asked, and in it
 * what its records count and how much of that has its entry.
 *
 * It follows the log. What was allowed is counted when its record is proven and
 * before it is no longer called unanswered: a worker that dies in between leaves
 * a lookup counted whose record is void, and never a record that counts and is
 * missing here. Rows are marked as entered when the entry was answered: a worker
 * that dies before leaves uses that are proposed once more.
 */
#ifndef JK_USEBOOK_H
#define JK_USEBOOK_H

#include <stdint.h>

#include "claim.h"

/* The last one is for all uses that come when the others are taken. */
#define JK_USEBOOK_ROWS JK_USED_MAX
/* No row counts more, and a file of whatever bytes shows no more. */
#define JK_USEBOOK_MOST JK_USED_MOST

enum jk_usebook_kind {
	JK_USEBOOK_ALLOWED = 0, /* lookups */
	JK_USEBOOK_REFUSED,     /* lookups */
	JK_USEBOOK_PERSONS,     /* that came out, as was told */
	JK_USEBOOK_KINDS,
};

struct jk_usebook_counts {
	uint64_t of[JK_USEBOOK_KINDS];
};

/* Whose row it is. */
struct jk_usebook_use {
	const char *id, *purpose, *reception, *right;
	int64_t begun; /* seconds since 1970 */
};

/* A row with something that has no entry. */
struct jk_usebook_row {
	size_t index;
	/* "" all four: of the uses together that had no row of their own. */
	char id[JK_ID_LEN + 1];
	char purpose[JK_ID_MAX + 1];
	char reception[JK_RECEPTION_MAX + 1];
	char right[JK_ID_MAX + 1];     /* at its first lookup */
	int64_t begun;                 /* 0: not known */
	struct jk_usebook_counts open; /* that has no entry */
	struct jk_usebook_counts all;  /* with what has */
};

/* As it was at one moment. */
struct jk_usebook_view {
	size_t n;
	struct jk_usebook_row row[JK_USEBOOK_ROWS];
};

struct jk_usebook_page;

struct jk_usebook {
	int fd; /* locked while an entry is made: shared, of one use alone */
	struct jk_usebook_page *page; /* NULL: none */
	bool has_row;
	size_t row; /* of this use */
	/* Of this use alone an entry is being made: of so much. */
	bool own;
	struct jk_usebook_counts so_far;
	/* What was shown last, and what is being entered; or NULL. */
	struct jk_usebook_view *shown, *entering;
};

enum jk_err jk_usebook_open(int state_dir, const char *session,
    struct jk_usebook *ret);
void jk_usebook_close(struct jk_usebook *book);
/* The session has ended. */
void jk_usebook_remove(int state_dir, const char *session);

void jk_usebook_add(struct jk_usebook *book, const struct jk_usebook_use *use,
    enum jk_usebook_kind kind, uint64_t n);
/* What was added came to nothing. */
void jk_usebook_drop(struct jk_usebook *book, enum jk_usebook_kind kind,
    uint64_t n);

/*
 * An entry of this use alone is about to be made, of what it has done so far;
 * what is done in between has none. JK_ERR_REFUSED: all of it has its entry, or
 * is being entered. Of a use without a row of its own nothing is marked: it is
 * proposed with the others.
 */
enum jk_err jk_usebook_begin_own(struct jk_usebook *book);
/* It was made, or it was not. Safe when none was begun. */
void jk_usebook_end_own(struct jk_usebook *book, bool made);

/* book->shown is what has no entry at this moment. */
enum jk_err jk_usebook_look(struct jk_usebook *book);
/*
 * An entry of all that is shown is about to be made, of which the operator has
 * seen `n` uses and these sums. JK_ERR_REFUSED: that is not what stands there,
 * or something was added meanwhile, or it is being entered. It is shown once:
 * look anew.
 */
enum jk_err jk_usebook_begin_entry(struct jk_usebook *book, uint64_t n,
    const struct jk_usebook_counts *sums);
/* It was made (exactly what was shown has it now), or it was not. */
void jk_usebook_end_entry(struct jk_usebook *book, bool made);

#endif
