/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl policy: what its files share. */
#ifndef JK_POLICY_H
#define JK_POLICY_H

#include "call.h"
#include "rowset.h"

/*
 * Reads a policy file, or for NULL the policy that holds here now. EXIT_OK, or
 * it was said what is wrong; the set is cleared by the caller in either case.
 */
int jk_policy_load(const struct jk_call *call, const char *file,
    struct jk_rowset *ret);

int jk_policy_matrix(const struct jk_call *call);
int jk_policy_explain(const struct jk_call *call);

#endif
