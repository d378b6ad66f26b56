/* SPDX-License-Identifier: BSD-2-Clause */
/* A snapshot for a test of facts; apart, because builder and jukinetd each have
 * a struct jk_place. */
#ifndef JK_TEST_FACTS_WORLD_H
#define JK_TEST_FACTS_WORLD_H

#include "rows.h"

#define FACTS_DER 4 /* bytes of "certificate" of the card of p1 */

extern const uint8_t facts_der[FACTS_DER];

struct jk_snapshot;

/*
 * p1 has a card, and p2 delegates to him while these two hold: of p2 himself, and
 * of his right. Needs enter_private_place().
 */
struct jk_snapshot *facts_make(struct jk_period person, struct jk_period opid);

#endif
