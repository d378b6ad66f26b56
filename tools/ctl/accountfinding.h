/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong with Unix accounts (S-27, S-28): those that nobody is
 * registered for, that nobody may use any more, that can do too much, or that
 * nobody has looked at for too long.
 */
#ifndef JK_ACCOUNTFINDING_H
#define JK_ACCOUNTFINDING_H

#include "change.h"

#define JK_FINDING_NO_PERSON  0x01u /* a login without a row */
#define JK_FINDING_NO_ACCOUNT 0x02u /* a row without a login here */
#define JK_FINDING_NOBODY     0x04u /* all of its persons have gone */
#define JK_FINDING_PRIVILEGED 0x08u /* root, or in a group that becomes it */
#define JK_FINDING_REVIEW     0x10u /* its review is due */
#define JK_FINDINGS           5

/* Bits of a row of the registry. */
unsigned jk_account_findings(const struct jk_rowset *set,
    const struct jk_account *account, int64_t now);
/* Is its review due? */
bool jk_account_is_due(const struct jk_rowset *set,
    const struct jk_account *account, int64_t now);

/*
 * S-27: may somebody be added to it? NULL, or why not, translated; a static
 * buffer. One that this machine does not have may still be made.
 */
const char *jk_account_fault(const struct jk_rowset *set, const char *name);

/* "no-person, review-due": in JSON ids, else for people; a static buffer. */
const char *jk_findings_show(const struct jk_call *call, unsigned findings);

/* Calls `each` for every Unix account that people could log in to, and that no
 * row names. */
typedef void jk_stranger_fn(void *ctx, const char *name, unsigned findings);
void jk_account_strangers(const struct jk_rowset *set, jk_stranger_fn *each,
    void *ctx);

#endif
