/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl review sign: a sheet comes back. */
#ifndef JK_REVIEWSIGN_H
#define JK_REVIEWSIGN_H

#include "call.h"

/* As it stands in the ledger. */
#define JK_REVIEW_SIGN "review.sign"

int jk_review_sign(const struct jk_call *call);

#endif
