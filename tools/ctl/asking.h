/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A question for jk_decide(), filled from the rows as they stand as jukinetd
 * fills it from the snapshot, with a card that is taken as proven.
 */
#ifndef JK_ASKING_H
#define JK_ASKING_H

#include "decide.h"
#include "rowset.h"

struct jk_judge;

/* Ids; NULL where it was not said. */
struct jk_about {
	enum jk_ask ask;               /* LOGIN, LOOKUP or MANAGE */
	const char *person, *terminal; /* must be said */
	const char *account;           /* else the first that names him */
	const char *card;              /* else the best of his */
	const char *opid;              /* LOGIN: else any; LOOKUP, MANAGE: that
	                                * of the session */
	const char *confirmer;
	const char *permission; /* that is named */
	enum jk_business business;
	enum jk_action action; /* of LOOKUP; its requirement is said */
	enum jk_function function;
	int64_t at;
	const struct jk_edition *edition; /* NULL: a snapshot made just then */
	struct jk_judge *judge; /* of the terminal; NULL: it trusts whatever is
	                         * registered */
};

/* What the question points at lies here, or in the set. */
struct jk_asking {
	struct jk_question q;
	struct jk_edition edition;
	struct jk_card card; /* when it was judged */
	struct jk_live_session session;
	struct jk_evidence evidence;
	struct jk_account no_account;
	struct jk_opid opids[JK_OPIDS_MAX];
	struct jk_type types[JK_OPIDS_MAX];
	struct jk_approval approvals[JK_APPROVALS_MAX];
	bool delegators[JK_APPROVALS_MAX];
};

/* NULL, or what there is not: "person", "terminal", "account", "card" or
 * "operator-id". */
const char *jk_asking_fill(const struct jk_rowset *set,
    const struct jk_about *about, struct jk_asking *ret);

#endif
