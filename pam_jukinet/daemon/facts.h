/* SPDX-License-Identifier: BSD-2-Clause */
/* What the snapshot knows of the holder of one card, and the decision. */
#ifndef JK_FACTS_H
#define JK_FACTS_H

#include "decide.h"
#include "pinage.h"
#include "session.h"
#include "uses.h"

struct jk_query;
struct jk_worker;

struct jk_facts {
	bool has_card, has_person;
	uint8_t cert[JK_DIGEST_LEN];
	struct jk_card card;
	struct jk_pin_age pin; /* of the card */
	struct jk_person person;
	size_t n_opids;
	struct jk_opid opids[JK_OPIDS_MAX];
	struct jk_type types[JK_OPIDS_MAX];
	size_t n_approvals;
	struct jk_approval approvals[JK_APPROVALS_MAX];
	bool delegators[JK_APPROVALS_MAX]; /* as in struct jk_question */
	bool used[JK_APPROVALS_MAX];
	/* What was judged when they were loaded holds until then (real time, s),
	 * whatever the snapshot says; 0: as long as the snapshot. */
	int64_t until;
};

/* What is to be decided. */
struct jk_asked {
	enum jk_ask ask;
	const struct jk_session *session; /* NULL or ended: there is none */
	const char *opid;                 /* only this one; NULL: any */
	enum jk_function function;        /* of MANAGE */
	const struct jk_query *query;     /* of LOOKUP */
	bool requirement;                 /* of LOOKUP: it was said */
	uint64_t hour;         /* of LOOKUP, as in struct jk_question */
	const char *confirmer; /* of LOOKUP, or NULL */
	/* Of a conversation that lasts: what it knows of the time; or NULL. */
	const struct jk_moment *moment;
};

struct jk_moment {
	int64_t now, last_record; /* as in struct jk_question */
	struct jk_local_time local;
};

/*
 * Looks a certificate up. One that is not registered is no error: has_card is
 * then false.
 */
enum jk_err jk_facts_load(struct jk_worker *worker,
    const uint8_t cert_sha256[static JK_DIGEST_LEN], struct jk_facts *ret);
/* They have to be loaded once more. */
bool jk_facts_are_over(const struct jk_facts *facts, int64_t now);
/* What others may have used up since. */
void jk_facts_look_at_uses(const struct jk_worker *worker,
    struct jk_facts *facts, const struct jk_grant *grant);
/*
 * One use of an approval is one session: what this grant stands on lasts for
 * whatever goes on from it.
 */
void jk_facts_hold(struct jk_facts *facts, const struct jk_grant *grant);

struct jk_verdict jk_facts_decide(const struct jk_worker *worker,
    const struct jk_facts *facts, const struct jk_asked *asked,
    const struct jk_evidence *evidence);

/*
 * Decides once more, with the snapshot of now, what stands on something that
 * was proven before: the facts are loaded, held and judged. They are filled for
 * the record of a refusal.
 */
struct jk_verdict jk_facts_decide_again(struct jk_worker *worker,
    const struct jk_grant *grant, const struct jk_asked *asked,
    struct jk_facts *ret_facts);

/* What was decided, as something that can be kept. */
void jk_facts_grant(const struct jk_worker *worker,
    const struct jk_facts *facts, const struct jk_verdict *verdict,
    const struct jk_evidence *evidence, struct jk_grant *ret);

/* A delegation or a permission is used by one act, the others by a session. */
bool jk_facts_lasts(const struct jk_approval *approval);
/*
 * Adds to a session's grant the approvals for one use that this verdict uses
 * up for the session as a whole. False: there are none.
 */
bool jk_facts_keep(const struct jk_facts *facts,
    const struct jk_verdict *verdict, struct jk_grant *session);
/*
 * Of worker->uses, those that the session stands on, which is about to be
 * stored under its lock: they are its own from here on, as others may be allowed
 * on them. False: that could not be written.
 */
bool jk_facts_hand_over(struct jk_worker *worker,
    const struct jk_session *session);
/*
 * All of it for an act of a live session, in its state: what was used up for the
 * act is the session's. False: that could not be stored.
 */
bool jk_facts_keep_in(struct jk_worker *worker,
    const struct jk_session *session, const struct jk_facts *facts,
    const struct jk_verdict *verdict);
/*
 * Uses up for a live session, in its state, what it does not stand on yet: of two
 * acts that come at once both are allowed. Otherwise the reason.
 */
enum jk_reason jk_facts_use_in(struct jk_worker *worker,
    const struct jk_session *session, const struct jk_facts *facts,
    const struct jk_verdict *verdict);

#endif
