/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_CARD_H
#define JK_CARD_H

#include "err.h"

/*
 * The whole conversation with a worker of jukinetd (protocol.h, card.sock).
 * What the card or the reader did wrong is told there; an error here is
 * about the conversation itself.
 */
enum jk_err jk_card_serve(int fd, bool short_only);

#endif
