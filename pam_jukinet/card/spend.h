/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGN: the PIN meets the card that was shown, once, and its key signs. */
#ifndef JK_SPEND_H
#define JK_SPEND_H

#include "err.h"

struct jk_conversation;
struct jk_link;
struct jk_shown;

/* To its answer. */
enum jk_err jk_sign_obey(struct jk_conversation *c, struct jk_link *link,
    struct jk_shown *shown);

#endif
