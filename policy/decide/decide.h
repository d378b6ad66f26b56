/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decision: a pure function without I/O and without a clock, the same for
 * a login, an unlock, a lookup and the management of operators. Three structs,
 * never mixed: evidence says which factors were proven, verdict what follows,
 * the record is made of both.
 */
#ifndef JK_DECIDE_H
#define JK_DECIDE_H

#include "clock.h" /* struct jk_local_time, and no clock */
#include "reason.h"
#include "rows.h"

/*
 * Zeroed: nothing was proven. A method without a key is one that is about to
 * be used: what speaks against it comes out before anybody types a PIN.
 */
struct jk_evidence {
	enum jk_method method;
	uint8_t key[JK_DIGEST_LEN]; /* of the card that was proven with it */
};

/* What is known of a live session of the account; none when person is "". */
struct jk_live_session {
	bool active; /* not locked */
	char person[JK_ID_MAX + 1];
	uint8_t key[JK_DIGEST_LEN];
	char opid[JK_ID_MAX + 1];
};

enum jk_ask {
	JK_ASK_LOGIN = 0,
	JK_ASK_UNLOCK,  /* only the session's own person, key, operator ID */
	JK_ASK_LOOKUP,  /* a business, in the active session */
	JK_ASK_MANAGE,  /* a function of types 8 and 9, in the active session */
	JK_ASK_SWITCH,  /* another operator ID, in the active session */
	JK_ASK_PIN,     /* to change the PIN of a card: no right is needed */
	JK_ASK_RELIEVE, /* to end the session of somebody else */
	JK_ASK_CONFIRM, /* as a second person, of what another asks (S-39) */
};

/* Everything a decision may look at. Pointers are borrowed, none is NULL
 * but where said. */
struct jk_question {
	enum jk_ask ask;
	int64_t now;                /* real time, s */
	int64_t last_record;        /* time of our last record, s; 0 if none */
	struct jk_local_time local; /* of `now`: jk_local_time_at() */
	const struct jk_edition *edition;
	const struct jk_policy *policy;
	const struct jk_account *account;
	const struct jk_card *card;     /* NULL: not one of ours */
	const struct jk_person *person; /* of the card; NULL: none */
	const struct jk_terminal *terminal;
	const struct jk_opid *opids;         /* of the person */
	size_t n_opids;                      /* at most JK_OPIDS_MAX */
	const struct jk_type *types;         /* types[i] is that of opids[i] */
	const struct jk_approval *approvals; /* for the person */
	size_t n_approvals;                  /* at most JK_APPROVALS_MAX */
	/* delegators[i]: the one who delegates in approvals[i] still holds a
	 * live operator ID of type operator-management. May be NULL: none. */
	const bool *delegators;
	/* used[i]: approvals[i] is for one use and was used. May be NULL. */
	const bool *used;
	const struct jk_live_session *session;
	const struct jk_evidence *evidence;
	const char *opid;          /* only this one; NULL: any */
	enum jk_business business; /* LOOKUP; JK_BUSINESS_COUNT: unknown */
	enum jk_action action;     /* LOOKUP; JK_ACTION_COUNT: unknown */
	bool requirement;          /* LOOKUP: it was said (S-44) */
	uint64_t count; /* LOOKUP: persons that are expected; 0: not said */
	uint64_t hour;  /* LOOKUP: persons of this person's last 60 minutes */
	const char *permission;    /* LOOKUP: the approval that was named; NULL:
	                            * none, and any will do */
	enum jk_function function; /* MANAGE; JK_FUNCTION_COUNT: none is
	                            * needed, only the session itself */
	const char *confirmer;     /* the second person's id; NULL: none */
};

/* Zeroed memory is a denial. */
struct jk_verdict {
	bool allowed;
	enum jk_reason why; /* JK_WHY_GRANTED exactly when allowed */
	size_t opid;        /* index, when allowed or when `why` is about it */
	uint32_t choices;   /* bits of all operator IDs that are good here: not
	                     * 0 exactly when allowed (PIN: 0) */
	uint32_t approvals; /* bits of those that it stands on; those of them
	                     * that are for one use are used by it */
};

/*
 * The first reason in this order decides:
 *
 *   1 clock           clock.bad
 *   2 snapshot age    policy.stale, policy.bad (rules of a later day)
 *   3 card            card.unknown, card.nocheckout (a spare one that nobody
 *                     holds), card.mismatch (not of this account)
 *   4 person          person.disabled, .notyet, .expired, .untrained
 *   5 card's state    card.revoked, .returned, .inactive, .notyet, .expired,
 *                     .usage, .ca-revoked, .untrusted, crl.missing, crl.stale
 *   6 hand-over       card.nocheckout
 *   7 session         sess.none, sess.locked, lock.other, card.mismatch
 *   8 operator ID     opid.none, .disabled, .notyet, .expired
 *   9 terminal        terminal.unknown, .revoked, .room, opid.terminal
 *  10 hours           time.out (unless approved)
 *  11 matrix          biz.denied, func.denied
 *  12 department      dept.owner
 *  13 approval        delegation.none, perm.bad, hardcopy.denied,
 *                     media.denied, perm.none
 *  14 requirement     req.none
 *  15 bulk            look.bulk
 *  16 second person   confirm.none, confirm.same
 *  17 evidence        method.denied, fb.denied, evidence.none
 *
 * Rows that contradict each other are policy.bad, at the step that sees it. What
 * is unknown (a number out of range, a question with a part missing, an id that
 * is empty) is denied.
 *
 * Of several operator IDs the first that is good is taken; when none is, the
 * reason of the one that came furthest, of those that came equally far the
 * first. While a session lives only its own counts (SWITCH asks about another).
 * Of several approvals that would do one that lasts is preferred to one that
 * is for one use, then the first. So the order of either changes neither
 * `allowed` nor `why`, only which of equals is named.
 *
 * A permission that is named is the one that counts, and is used, whether it was
 * needed or not. A hardcopy of the screen, and more persons at once than is
 * usual, need one by name.
 *
 * Of a change of a PIN steps 7, 8, 10 to 16 and the class of the terminal are
 * left out: a card belongs to its holder at any hour, whoever is in, and also
 * before he has got a right. `opid` is then n_opids, and there are no choices.
 *
 * A supervisor who ends somebody else's session needs no right either, and not
 * this account: of step 7 it is asked whether there is such a session and
 * whether he is one (else lock.other), the rest is as with a PIN.
 *
 * A second person confirms what he could do himself on this terminal, under any
 * operator ID of his, in whatever account: of step 7 it is asked that the session
 * is somebody else's (else confirm.same), and steps 13 to 16 are left out.
 *
 * JK_WHY_EVIDENCE_NONE therefore means: everything else is in order.
 */
struct jk_verdict jk_decide(const struct jk_question *question);

#endif
