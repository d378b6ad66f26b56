/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card's answer to reset (ISO 7816-3) says of the card. */
#ifndef JK_ATR_H
#define JK_ATR_H

#include "cursor.h"

/*
 * True when the card capabilities among the historical bytes (ISO 7816-4)
 * announce extended length. Anything malformed announces nothing.
 */
bool jk_atr_has_extended_length(struct jk_cur atr);

#endif
