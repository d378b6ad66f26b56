/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger, entry by entry, for who lists something from it. */
#ifndef JK_EACHENTRY_H
#define JK_EACHENTRY_H

#include "call.h"
#include "ledger.h"

/* EXIT_OK, also where there is no ledger yet; otherwise it was said why not. */
int jk_each_entry(const struct jk_call *call, jk_ledger_fn *each, void *ctx);

#endif
