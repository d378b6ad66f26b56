/* SPDX-License-Identifier: BSD-2-Clause */
/* What the builder found out about a card's certificate, at a given time. Pure. */
#ifndef JK_TRUSTRULE_H
#define JK_TRUSTRULE_H

#include "reason.h"
#include "rows.h"

/* JK_WHY_GRANTED, or what speaks against it. */
enum jk_reason jk_trust_check(const struct jk_trust *trust, int64_t now);

#define JK_TRUST_TEXT_MAX 64

/*
 * As it stands in a record: the level; from crl-soft on with ":missing", or
 * ":SECONDS" since the CRL was made, and ":stale" behind that when its
 * nextUpdate has passed.
 */
void jk_trust_describe(const struct jk_trust *trust, int64_t now,
    char ret[static JK_TRUST_TEXT_MAX + 1]);

#endif
