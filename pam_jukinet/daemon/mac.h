/* SPDX-License-Identifier: BSD-2-Clause */
/* What the text under a MAC (mactext.h) says of a query. */
#ifndef JK_MAC_H
#define JK_MAC_H

#include "mactext.h"
#include "query.h"

/* Sets its lines, which point into `query` and `count`. */
void jk_mac_add(const struct jk_query *query, char count[static 24],
    struct jk_mac_of *of);

#endif
