/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision: a pure function without I/O and without a clock. Three
 * structs, never mixed: evidence says which factors were proven, verdict what
 * follows, the record is made of both.
 */
#ifndef JK_DECIDE_H
#define JK_DECIDE_H

#include "reason.h"
#include "rows.h"

enum jk_method {
	JK_METHOD_NONE = 0,
	JK_METHOD_CARD_PIN,
};

/* "card-pin"; "none" for a value out of range. */
const char *jk_method_name(enum jk_method method);

/* Zeroed: nothing was proven. */
struct jk_evidence {
	enum jk_method method;
	uint8_t key[JK_DIGEST_LEN]; /* whose signature was verified */
};

/* What is known of a live session of the account; none when person is "". */
struct jk_live_session {
	char person[JK_ID_MAX + 1];
	uint8_t key[JK_DIGEST_LEN];
	char opid[JK_ID_MAX + 1];
};

/* Everything a decision may look at. Pointers are borrowed, none is NULL
 * but where said. */
struct jk_question {
	bool unlock;         /* only the session's own person and key, */
	                     /* and only its operator ID */
	int64_t now;         /* real time, s */
	int64_t last_record; /* time of our last record, s; 0 if none */
	const struct jk_edition *edition;
	const struct jk_account *account;
	const struct jk_card *card;     /* NULL: not one of ours */
	const struct jk_person *person; /* of the card; NULL: none */
	const struct jk_terminal *terminal;
	const struct jk_opid *opids; /* of the person */
	size_t n_opids;
	const struct jk_type *types; /* types[i] is that of opids[i] */
	const struct jk_live_session *session;
	const struct jk_evidence *evidence;
};

/* Zeroed memory is a denial. */
struct jk_verdict {
	bool allowed;
	enum jk_reason why; /* JK_WHY_GRANTED exactly when allowed */
	size_t opid;        /* index, when allowed or when `why` is about it */
};

/*
 * The first reason in this order decides: clock, snapshot age, card known,
 * card's person may use the account, card state, certificate validity, person
 * (enabled, dates), session of another person, operator ID (any; enabled,
 * dates, terminal class), evidence. Of several operator IDs the first that is
 * good is taken; when none is, the reason of the one that came furthest. While
 * a session lives only its own operator ID counts.
 * JK_WHY_EVIDENCE_NONE therefore means: everything else is in order.
 */
struct jk_verdict jk_decide(const struct jk_question *question);

#endif
