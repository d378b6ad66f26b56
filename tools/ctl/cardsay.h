/* SPDX-License-Identifier: BSD-2-Clause */
/* What people are told about a step of a card: why not, or what comes next. */
#ifndef JK_CARDSAY_H
#define JK_CARDSAY_H

#include "cardstep.h"

/* "next, the system manager approves it (card approve)", translated; "" for
 * JK_EVENT_COUNT. */
const char *jk_cardsay_next(enum jk_card_event next);
/* Refuses the step for that reason of the table, with its next step. */
int jk_cardsay_refuse(struct jk_cardstep *step, enum jk_reason why);
/* Commits the change, and says what was done and what comes next. */
int jk_cardsay_commit(struct jk_cardstep *step);

#endif
