/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of all sources that are named, in their order. */
#ifndef JK_GATHER_H
#define JK_GATHER_H

#include "builder.h"
#include "intake.h"

/*
 * Asks the sources of set->settings (of `build` alone for a change). What is
 * wrong goes into the report; rows of a source that failed half way are taken
 * out again.
 */
enum jk_err jk_gather(const struct jk_build *build, struct jk_rowset *set,
    struct jk_report *report);

/*
 * Tells the sources which registry this terminal has applied; what they say
 * against it becomes warnings.
 */
void jk_gather_applied(const struct jk_build *build,
    const struct jk_rowset *set, const struct jk_edition *edition,
    struct jk_report *report);

/*
 * Hands the changes of PINs that were made on this terminal and that the
 * registry does not know (build->pin_dir) to the sources that keep them. What
 * comes of it is no more than warnings: the next build does it again.
 */
void jk_gather_pins(const struct jk_build *build, const struct jk_rowset *set,
    struct jk_report *report);

/*
 * Calls `each` for every source that is named, in their order, with a host for
 * its calls: what a source says goes into the report, what its status() answers
 * to `applied` (may be NULL).
 */
typedef void jk_source_fn(void *ctx, const struct jukinet_policy_source *source,
    const struct jukinet_policy_host *host);
void jk_gather_each(const struct jk_build *build, const struct jk_rowset *set,
    struct jk_report *report, jk_source_fn *each, jk_applied_fn *applied,
    void *ctx);

#endif
