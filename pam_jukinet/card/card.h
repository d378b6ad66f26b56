/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_CARD_H
#define JK_CARD_H

#include "err.h"

struct jk_conversation;

/*
 * The whole conversation but its request, with the cards that we know. What
 * the card or the reader did wrong is told there; an error here is about the
 * conversation itself.
 */
enum jk_err jk_card_serve(struct jk_conversation *c);

#endif
