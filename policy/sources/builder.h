/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the sources, checks the whole and renames one snapshot into place: the
 * old one stays, byte for byte, until everything about the new one is right.
 */
#ifndef JK_BUILDER_H
#define JK_BUILDER_H

#include "report.h"
#include "rowset.h"

struct jk_store;

struct jk_build {
	const char *config_dir; /* absolute, as all of them */
	const char *vendor_dir; /* for policy.conf and jukinet.conf */
	const char *state_dir;  /* ledger, store and snapshot */
	const char *policy_dir; /* the sources' modules */
	const char *snapshot;   /* NULL: check only, write nothing */
	/* Where jukinetd keeps changes of PINs, for sources that spread them;
	 * NULL: they stay there. */
	const char *pin_dir;
	/*
	 * For a change: the registry of this machine alone (registry.d and the
	 * store, with what is staged there), whatever `sources` says, and
	 * without this terminal's own settings.
	 */
	const struct jk_store *store; /* NULL: as it stands on disk */
	bool registry_only;
	const char *without; /* a file of registry.d, as if it were not there */
	const char *beside;  /* NULL, or a directory with certificates of staged
	                      * rows that the store has not been given yet */
	uid_t owner;         /* of the configuration, beside root */
	int64_t now;
};

struct jk_build_result {
	struct jk_edition edition;  /* serial 0 when nothing was written */
	char policy[JK_ID_MAX + 1]; /* its version */
	size_t persons, accounts, opids, cards, terminals, types;
};

/*
 * Reads and checks everything into *set, which the caller clears. JK_OK: it
 * stands as it would in a snapshot.
 */
enum jk_err jk_build_read(const struct jk_build *build, struct jk_rowset *set,
    struct jk_report *report);

/*
 * JK_ERR_REFUSED: the report has errors; JK_ERR_BUSY: another build held the
 * lock for five seconds; any other error stands in the report as well.
 */
enum jk_err jk_build_run(const struct jk_build *build, struct jk_report *report,
    struct jk_build_result *ret);

#endif
