/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_UNLOCK_H
#define JK_UNLOCK_H

#include "err.h"

struct jk_attempt;
struct jk_reply_more;
struct jk_worker;

/*
 * What was proven makes the session active, if it is still the one that was
 * locked, and is answered. JK_OK: the caller has got it; otherwise nothing has
 * changed, or somebody else has changed it since.
 */
enum jk_err jk_unlock_answer(struct jk_worker *worker,
    struct jk_attempt *attempt, const struct jk_reply_more *more);

#endif
