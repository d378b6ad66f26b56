/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every line of a ledger judged, also behind a broken one. An entry is checked
 * against the one before it by number, wherever that stands.
 */
#ifndef JK_CHAINCHECK_H
#define JK_CHAINCHECK_H

#include "ledgercheck.h"

/* Adds a fault to those found. */
void jk_chaincheck_blame(struct jk_ledgercheck *check, uint64_t number,
    uint64_t line, const char *format, ...) JK_PRINTF(4, 5);

struct jk_chainline;
struct jk_ordered;

struct jk_chaincheck {
	int fd; /* borrowed */
	size_t n, size;
	struct jk_chainline *line;
	struct jk_ordered *ordered; /* one for each line */
	size_t *by_number;          /* lines, the n_numbered that have one */
	size_t n_numbered;
	uint64_t end; /* of the last whole line */
};

void jk_chaincheck_clear(struct jk_chaincheck *chain);

/* Reads every line; what can be read as an entry is given, as it stands. */
typedef enum jk_err jk_chaincheck_fn(void *ctx,
    const struct jk_ledger_entry *entry, uint64_t line);
enum jk_err jk_chaincheck_read(int fd, jk_chaincheck_fn *each, void *ctx,
    struct jk_chaincheck *ret);

/* Names what is wrong with them and sets the head of `check`. */
enum jk_err jk_chaincheck_judge(const struct jk_chaincheck *chain,
    struct jk_ledgercheck *check);

/* The last entry by number; 0: there is none. */
uint64_t jk_chaincheck_last(const struct jk_chaincheck *chain);
/* The first so many lines are the first so many entries, in order. */
bool jk_chaincheck_is_whole(const struct jk_chaincheck *chain, uint64_t number);
/* JK_ERR_NOT_FOUND: no line has that number. Its hash as it stands there. */
enum jk_err jk_chaincheck_find(const struct jk_chaincheck *chain,
    uint64_t number, struct jk_ledger_head *ret, uint64_t *ret_line);

#endif
