/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinet.conf and policy.conf: which file holds, and what it says. A file that
 * is bad or absent is an error in the report, and JK_OK.
 */
#ifndef JK_CONFFILE_H
#define JK_CONFFILE_H

#include "report.h"
#include "rowset.h"

struct jk_build;

/* This terminal's own: set->settings. */
enum jk_err jk_conffile_settings(const struct jk_build *build,
    struct jk_rowset *set, struct jk_report *report);
/* The edition that holds at build->now: set->policy and set->type. */
enum jk_err jk_conffile_policy(const struct jk_build *build,
    struct jk_rowset *set, struct jk_report *report);
/* Any edition, whoever it belongs to and from whenever on it holds, checked by
 * itself. */
enum jk_err jk_conffile_policy_at(const char *path, int fd,
    struct jk_rowset *set, struct jk_report *report);

#endif
