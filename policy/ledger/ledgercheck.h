/* SPDX-License-Identifier: BSD-2-Clause */
/* Does the ledger hold, and does what stands there follow from it? */
#ifndef JK_LEDGERCHECK_H
#define JK_LEDGERCHECK_H

#include "store.h"

/* Faults that are told; more are only counted. */
#define JK_LEDGERCHECK_MAX 20

struct jk_ledgercheck {
	struct jk_ledger_head head; /* up to it everything holds */
	size_t n_faults;
	struct {
		/* The entry, and the line of the ledger where it was missed;
		 * entry 0: another file, the line is its. Line 0: none. */
		uint64_t number, line;
		char text[192];
	} fault[JK_LEDGERCHECK_MAX];
	bool unfinished; /* half a line at the end: where no fault speaks of
	                  * it, a killed writer's, and harmless */
};

/*
 * Reads the store's files as they are, without the lock. After a broken entry
 * it goes on with the next line, so that one run names each entry that was
 * changed, is missing, stands out of order or was cut off. Then it replays the
 * ledger and compares with registry.conf row by row, and looks whether each
 * "certificate =" names a file that holds what its name says. `expected` (may
 * be NULL) is a head that stood in an audit record: the ledger must still hold
 * that entry. Of its hash the first digits are enough; its `end` does not
 * matter. `snapshot` is the number of the entry from which a snapshot was made,
 * or 0: it is what is left to say so when all else is gone.
 *
 * JK_OK also with faults; an error: it could not be read. JK_ERR_NOT_FOUND:
 * there is no such directory.
 */
enum jk_err jk_ledger_check(const char *dir, uid_t owner,
    const struct jk_ledger_head *expected, uint64_t snapshot,
    struct jk_ledgercheck *ret);

#endif
