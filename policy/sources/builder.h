/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs the sources, checks the whole and renames one snapshot into place: the
 * old one stays, byte for byte, until everything about the new one is right.
 */
#ifndef JK_BUILDER_H
#define JK_BUILDER_H

#include "report.h"
#include "rows.h"

struct jk_build {
	const char *config_dir; /* absolute, as all three */
	const char *vendor_dir; /* for policy.conf and jukinet.conf */
	const char *snapshot;   /* NULL: check only, write nothing */
	uid_t owner;            /* of the configuration, beside root */
	int64_t now;
};

struct jk_build_result {
	struct jk_edition edition; /* serial 0 when nothing was written */
	size_t persons, accounts, opids, cards, terminals, types;
};

/*
 * JK_ERR_REFUSED: the report has errors; JK_ERR_BUSY: another build held the
 * lock for five seconds; any other error stands in the report as well.
 */
enum jk_err jk_build_run(const struct jk_build *build, struct jk_report *report,
    struct jk_build_result *ret);

#endif
