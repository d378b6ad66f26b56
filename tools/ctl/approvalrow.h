/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The row of a dated fact that allows something: what approvals of officers
 * and delegations have in common.
 */
#ifndef JK_APPROVALROW_H
#define JK_APPROVALROW_H

#include "change.h"

/* What can be said of --reason, --once and the dates without asking anybody;
 * EXIT_OK or EXIT_USAGE. */
int jk_approvalrow_usage(const struct jk_call *call);

/*
 * PERSON is known, and somebody approves: not the console, which is nobody who
 * could answer for it. EXIT_OK, or it was refused.
 */
int jk_approvalrow_parties(struct jk_change *change);
/* Not for oneself: asked once it is known that the actor may at all. */
int jk_approvalrow_other(struct jk_change *change);

/* "*" or a terminal that there is. */
int jk_approvalrow_terminal(struct jk_change *change);

/* When it begins: now, or as the call says. */
int64_t jk_approvalrow_from(const struct jk_change *change);

/*
 * A new row with kind, person, by, terminal, dates, once and reason.
 * `until`: where the call names no end.
 */
int jk_approvalrow_begin(struct jk_change *change, enum jk_approval_kind kind,
    int64_t until, struct jk_textrow *ret);

/* One value of the row for each of the call's, which must be of these words;
 * *ret_mask has their bits. */
int jk_approvalrow_words(const struct jk_call *call, struct jk_textrow *row,
    const char *key, const struct jk_words *words, uint32_t *ret_mask);

#endif
