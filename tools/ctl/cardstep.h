/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One step in the life of a card, from the command to its row. What is allowed
 * stands in cardflow.h; here it is asked and written down.
 */
#ifndef JK_CARDSTEP_H
#define JK_CARDSTEP_H

#include "cardflow.h"
#include "change.h"

struct jk_cardstep {
	struct jk_change change;
	struct jk_rule rule;
	enum jk_card_event event;
	struct jk_textrow row, before;
	struct jk_card_facts facts; /* as they stood before */
	const char *by;             /* the actor, as a row names him */
	const char *taker;          /* of a checkout; "" */
	const char *revoked_for;    /* "lost"; of a revocation alone */
};

/* The command's verb names the step. */
int jk_cardstep_run(const struct jk_call *call);

/* What a row says, for the table of steps; borrowed from the row. */
struct jk_card_facts jk_cardstep_facts(const struct jk_textrow *row);

#endif
