/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit records of officers' changes. They are written by root (uid 0),
 * after the ledger's entry, and carry its number and hash in jled: each proves
 * the other. The store remembers the last entry that has its record, so that
 * one that a killed command has left is written by the next.
 */
#ifndef JK_OFFICELOG_H
#define JK_OFFICELOG_H

#include "change.h"

/* False, and said to the user: the record could not be written. */
bool jk_officelog_change(struct jk_store *store,
    const struct jk_ledger_entry *entry, const struct jk_ledger_head *head);

/* Of an act that changes no row, written before it is done. */
struct jk_fact {
	enum jk_record_field field;
	const char *value;
};
bool jk_officelog_act(const struct jk_change *change,
    const struct jk_fact *facts, size_t n);
void jk_officelog_refusal(const struct jk_change *change, enum jk_reason why);
/* Writes the records that are missing. */
void jk_officelog_catch_up(struct jk_store *store);

#endif
