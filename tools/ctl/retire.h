/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who leaves the office, or one of its departments (S-20): rights and roles
 * end with the day, in advance or at once.
 */
#ifndef JK_RETIRE_H
#define JK_RETIRE_H

#include "change.h"
#include "period.h"

struct jk_retired {
	size_t opids, roles, accounts, approvals; /* that were ended */
	size_t cards;    /* that are out and must come back */
	bool scheduled;  /* nothing had to be changed: it stood there already */
	bool kept;       /* at once: the person's row stays, because of a card
	                 * or of what the person approved */
	char fault[512]; /* why it cannot be done, translated; "" */
};

/*
 * Ends everything of a person, with the person, in the rows that are staged;
 * nothing is said or recorded. With a day all rows stay until then; at once
 * they are removed. EXIT_REFUSED: ret->fault says why.
 */
int jk_retire(struct jk_change *change, const char *person,
    const struct jk_ending *ending, bool at_once, struct jk_retired *ret);

/* Ends the rights and roles for other departments than `keep`. */
int jk_retire_from(struct jk_change *change, const char *person,
    const char *keep, const struct jk_ending *ending, struct jk_retired *ret);

/* Is this card out of the office's hands as long as the person has it? */
bool jk_card_is_out(const struct jk_card *card, const char *person);

#endif
