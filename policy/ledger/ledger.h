/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger (管理簿, 発行簿, 記録簿): one append-only file in which every
 * change of the registry is one line,
 *
 *     HASH SP JSON LF        HASH = hex(SHA-256(PREVIOUS-HASH LF JSON))
 *
 * where PREVIOUS-HASH is the 64 hex digits that open the line before, of the
 * first line 64 zeros; so a line that is changed, missing or out of order shows
 * itself, and anybody can check it with sha256sum. JSON is one object:
 *
 *     {"n":12,"at":1795298607,"by":"p0009","session":"…","opid":"m0009-9",
 *      "terminal":"shimin-03","do":"card.approve","why":"…","note":{"k":"v"},
 *      "rows":[{"kind":"card","id":"c-0007","set":null},
 *              {"kind":"card","id":"c-0042","set":[["state","approved"],…]}]}
 *
 * "set" holds the whole row as it stands afterwards, null that it was removed;
 * the rows stand in the order of kind, then id, each once. What is in the
 * ledger has happened: its last whole line is the commit. Nothing here decides;
 * the rows are judged before they come here.
 */
#ifndef JK_LEDGER_H
#define JK_LEDGER_H

#include <stdint.h>

#include "err.h"
#include "textrow.h"

#define JK_LEDGER_HASH_LEN  64          /* hex digits */
#define JK_LEDGER_LINE_MAX  (16u << 20) /* a bulk import is one line */
#define JK_LEDGER_ID_MAX    64
#define JK_LEDGER_TEXT_MAX  512 /* of a reason or a note, bytes */
#define JK_LEDGER_NOTES_MAX 512 /* a review says one of each account */
#define JK_LEDGER_CONSOLE   "root@console"

struct jk_ledger_head {
	uint64_t number; /* of the last entry; 0: there is none */
	char hash[JK_LEDGER_HASH_LEN + 1];
	uint64_t end; /* bytes of the file up to the end of that entry */
};

/* Before the first entry. */
extern const struct jk_ledger_head jk_ledger_start;

/* One row after the change. */
struct jk_ledger_change {
	struct jk_textrow row; /* of a removed one kind and id only */
	bool removed;
};

struct jk_ledger_entry {
	uint64_t number;
	int64_t at;                          /* seconds since the epoch */
	char by[JK_LEDGER_ID_MAX + 1];       /* person, or JK_LEDGER_CONSOLE */
	char session[JK_LEDGER_ID_MAX + 1];  /* "" on the console */
	char opid[JK_LEDGER_ID_MAX + 1];     /* "" on the console */
	char terminal[JK_LEDGER_ID_MAX + 1]; /* "" where it is not known */
	char command[JK_LEDGER_ID_MAX + 1];  /* "card.approve" */
	char why[JK_LEDGER_TEXT_MAX + 1]; /* as the officer says; may be "" */
	size_t n_notes; /* facts beside the rows: "channel" = "post" */
	struct jk_pair note[JK_LEDGER_NOTES_MAX];
	size_t n_changes;
	struct jk_ledger_change *change;
};

/* Releases notes and changes. */
void jk_ledger_entry_clear(struct jk_ledger_entry *entry);

/* What speaks against a ledger. */
struct jk_ledger_fault {
	uint64_t number; /* the entry that should stand there: its line too */
	const char *why; /* static text: "was changed" ... */
};

/*
 * Calls `each` (may be NULL) for every entry behind `from`, in order; NULL:
 * from the file's beginning. *ret_head is the last whole entry: what follows
 * its end has no LF and was never committed. JK_ERR_FORMAT: the chain does not
 * hold, or `from` does not stand where it says; *ret_fault says why, and the
 * entries before that were given. `each` stops with anything but JK_OK, which
 * is returned. `head` ends with the entry that is given.
 */
typedef enum jk_err jk_ledger_fn(void *ctx, const struct jk_ledger_entry *entry,
    const struct jk_ledger_head *head);
enum jk_err jk_ledger_read(int fd, const struct jk_ledger_head *from,
    jk_ledger_fn *each, void *ctx, struct jk_ledger_head *ret_head,
    struct jk_ledger_fault *ret_fault);

/*
 * Parses the JSON of one line. JK_ERR_FORMAT: not the shape above, with
 * something twice, or with text that nobody could read (plaintext.h).
 */
enum jk_err jk_ledger_entry_parse(const char *json, size_t len,
    struct jk_ledger_entry *ret);
/* The JSON; *ret is released by free(). JK_ERR_FORMAT: parse would refuse it. */
enum jk_err jk_ledger_entry_format(const struct jk_ledger_entry *entry,
    char **ret);

#endif
