/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When the PIN of a card was set last, as the issuing terminal knows it (T-30):
 * of one card, or of many by a table.
 */
#ifndef JK_CARDPIN_H
#define JK_CARDPIN_H

#include "call.h"

int jk_cardpin_run(const struct jk_call *call);
int jk_cardpin_run_table(const struct jk_call *call);

#endif
