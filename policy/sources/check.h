/* SPDX-License-Identifier: BSD-2-Clause */
/* What only the whole registry can answer for. */
#ifndef JK_CHECK_H
#define JK_CHECK_H

#include "rowset.h"

/* What the policy must answer for by itself: its types and its businesses. */
enum jk_err jk_policy_check(struct jk_rowset *set, struct jk_report *report);

/*
 * Sorts the lists; looks for what is there twice, for references to nothing
 * (what has ended by `now` may name who has gone), and gives accounts their
 * uid (JK_NO_UID and a warning where this machine has none). What is wrong goes
 * into the report.
 */
enum jk_err jk_rowset_check(struct jk_rowset *set, int64_t now,
    struct jk_report *report);

#endif
