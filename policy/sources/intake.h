/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the rows of every source come in: text on one side, checked rows on
 * the other. A source never touches the rows themselves.
 */
#ifndef JK_INTAKE_H
#define JK_INTAKE_H

#include <jukinet/policy.h>

#include "rowset.h"

/* Which registry a terminal has applied; not 0: enough. */
typedef int jk_applied_fn(void *ctx,
    const struct jukinet_policy_applied *applied);

struct jk_intake {
	struct jk_rowset *set;
	struct jk_report *report;
	enum jk_err e;       /* the first that was met */
	const char *without; /* rows of this file are passed over; or NULL */
	/* Takes what status() answers; NULL: nobody does. */
	jk_applied_fn *applied;
	void *applied_ctx;
	struct jk_snapshot *old; /* NULL, or: see jk_cert_read_again() */
};

/* One row; what is wrong with it goes into the report. */
enum jk_err jk_intake_row(struct jk_intake *intake,
    const struct jukinet_policy_row *row);
/* The functions of a host that lead here; ctx is the intake. */
void jk_intake_host(struct jk_intake *intake, struct jukinet_policy_host *ret);

#endif
