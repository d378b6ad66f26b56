/* SPDX-License-Identifier: BSD-2-Clause */
/* An opened store, for those who open and those who change it. */
#ifndef JK_STOREOPEN_H
#define JK_STOREOPEN_H

#include "storedisk.h"

struct jk_store {
	enum jk_store_mode mode;
	char path[PATH_MAX];
	struct jk_storedisk disk;
	int lock_fd, ledger_fd;
	struct jk_ledger_head head; /* of the ledger */
	struct jk_rowtable rows;    /* kept: as of that head */
	bool behind;
	uint64_t recorded;
};

/*
 * Renames a whole registry.conf into place. The ledger has what it holds: one
 * that stays behind is no failure but the next writer's work.
 */
void jk_storeopen_place(struct jk_store *store, struct jk_newfile *file);

#endif
