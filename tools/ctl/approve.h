/* SPDX-License-Identifier: BSD-2-Clause */
/* What officers allow for a time, and what holders of type 9 delegate. */
#ifndef JK_APPROVE_H
#define JK_APPROVE_H

#include "call.h"
#include "duty.h"

/* The verb names the kind of approval. */
int jk_approve_run(const struct jk_call *call);
/* Who gives approvals of this kind; of a delegation no officer does. */
struct jk_duty jk_approve_duty(enum jk_approval_kind kind);

int jk_delegate_run(const struct jk_call *call);

#endif
