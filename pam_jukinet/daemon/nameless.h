/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A login without a user name: the accounts follow from the card. For each
 * account of its holder the same function decides as if it had been named;
 * which one it is settles after the PIN, so that a card that was found tells
 * nobody more than a wrong PIN does.
 */
#ifndef JK_NAMELESS_H
#define JK_NAMELESS_H

#include "decide.h"
#include "reply.h"

struct jk_facts;
struct jk_worker;

struct jk_prospects {
	size_t n;
	struct jk_prospect {
		struct jk_account account;
		struct jk_verdict verdict;
	} prospect[JK_ACCOUNTS_MAX]; /* in the order of the registry */
	/*
	 * Of all of them: that of the first account that may be used, else
	 * what speaks against the first that is not in somebody else's hands.
	 */
	struct jk_verdict verdict;
	/* The only one that it can be, or that is in the way; "": not known. */
	struct jk_account account;
};

/* Was no name said, and is the service one that needs none? */
bool jk_nameless_is_allowed(const struct jk_worker *worker);

/* With accounts of uid 0 left out. worker->account stays as it was. */
enum jk_err jk_nameless_find(struct jk_worker *worker,
    const struct jk_facts *facts, const struct jk_evidence *evidence,
    struct jk_prospects *ret);

/*
 * All that may be used, each account with each operator ID; those that do not
 * fit are left out. It borrows from both.
 */
void jk_nameless_offer(const struct jk_prospects *prospects,
    const struct jk_facts *facts, struct jk_offers *ret);

#endif
