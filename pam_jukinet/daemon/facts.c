/* SPDX-License-Identifier: BSD-2-Clause */
#include "facts.h"

#include <string.h>

#include "clock.h"
#include "pins.h"
#include "query.h"
#include "times.h"
#include "uses.h"
#include "worker.h"

/* 別紙1 項番9: who has this one may delegate what he may do. */
#define OPERATOR_MANAGEMENT 9

static enum jk_err
load_opids(struct jk_snapshot *snapshot, const char *person,
    struct jk_opid opids[static JK_OPIDS_MAX],
    struct jk_type types[static JK_OPIDS_MAX], size_t *ret_n)
{
	size_t n = 0;
	enum jk_err e = jk_snapshot_opids(snapshot, person, opids, &n);

	if (e == JK_ERR_NOT_FOUND)
		n = 0;
	else if (e != JK_OK)
		return e;
	for (size_t i = 0; i < n; i++) {
		e = jk_snapshot_type(snapshot, opids[i].type, &types[i]);
		if (e != JK_OK)
			return e;
	}
	*ret_n = n;
	return JK_OK;
}

static bool
holds_at(const struct jk_period *valid, int64_t now)
{
	return (valid->from == 0 || now >= valid->from) &&
	       (valid->until == 0 || now < valid->until);
}

/* The next moment at which it begins or ends. */
static void
note_change(const struct jk_period *valid, int64_t now, int64_t *next)
{
	const int64_t at = now < valid->from ? valid->from : valid->until;

	if (at > now && (*next == 0 || at < *next))
		*next = at;
}

/*
 * The functions that somebody may delegate: those he may do himself. So a
 * delegation ends with the right of the one who gave it (S-65).
 */
static uint32_t
delegable(struct jk_snapshot *snapshot, const char *person, int64_t now,
    int64_t *next)
{
	static struct jk_opid opids[JK_OPIDS_MAX];
	static struct jk_type types[JK_OPIDS_MAX];
	struct jk_person row;
	uint32_t held = 0;
	size_t n;

	if (jk_snapshot_person(snapshot, person, &row) != JK_OK || !row.enabled)
		return 0;
	note_change(&row.valid, now, next);
	if (!holds_at(&row.valid, now) ||
	    load_opids(snapshot, person, opids, types, &n) != JK_OK)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (types[i].number != OPERATOR_MANAGEMENT ||
		    !types[i].enabled || !opids[i].enabled)
			continue;
		note_change(&opids[i].valid, now, next);
		if (holds_at(&opids[i].valid, now))
			held |= types[i].functions & ~types[i].delegated;
	}
	return held;
}

static enum jk_err
load_approvals(struct jk_worker *w, struct jk_facts *f)
{
	const int64_t now = jk_real_s();
	size_t n = 0;
	enum jk_err e = jk_snapshot_approvals(w->place.snapshot, f->person.id,
	    f->approvals, &n);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	if (e != JK_OK)
		return e;
	for (size_t i = 0; i < n; i++) {
		struct jk_approval *a = &f->approvals[i];

		if (a->kind == JK_APPROVAL_DELEGATION) {
			a->functions &=
			    delegable(w->place.snapshot, a->by, now, &f->until);
			f->delegators[i] = a->functions != 0;
		}
		f->used[i] = a->once && jk_uses_has(w->keep_dir, a->id);
	}
	f->n_approvals = n;
	return JK_OK;
}

enum jk_err
jk_facts_load(struct jk_worker *worker,
    const uint8_t cert_sha256[static JK_DIGEST_LEN], struct jk_facts *ret)
{
	struct jk_snapshot *snapshot = worker->place.snapshot;
	uint8_t digest[JK_DIGEST_LEN];
	enum jk_err e;

	memcpy(digest, cert_sha256, sizeof(digest)); /* it may lie in *ret */
	*ret = (struct jk_facts){ 0 };
	memcpy(ret->cert, digest, sizeof(digest));
	e = jk_snapshot_card_by_cert(snapshot, digest, &ret->card);
	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	if (e != JK_OK)
		return e;
	ret->has_card = true;
	ret->pin = jk_pins_age(worker->keep_dir, &ret->card,
	    &worker->place.policy.pin, jk_real_s());
	if (ret->card.person[0] == '\0')
		return JK_OK; /* a spare one that nobody holds */
	e = jk_snapshot_person(snapshot, ret->card.person, &ret->person);
	if (e != JK_OK)
		return e;
	ret->has_person = true;
	e = load_opids(snapshot, ret->person.id, ret->opids, ret->types,
	    &ret->n_opids);
	return e == JK_OK ? load_approvals(worker, ret) : e;
}

bool
jk_facts_are_over(const struct jk_facts *facts, int64_t now)
{
	return facts->until != 0 && now >= facts->until;
}

void
jk_facts_look_at_uses(const struct jk_worker *worker, struct jk_facts *facts,
    const struct jk_grant *grant)
{
	for (size_t i = 0; i < facts->n_approvals; i++) {
		const struct jk_approval *a = &facts->approvals[i];

		if (a->once && !jk_grant_has_approval(grant, a->id))
			facts->used[i] = jk_uses_has(worker->keep_dir, a->id);
	}
}

void
jk_facts_hold(struct jk_facts *facts, const struct jk_grant *grant)
{
	for (size_t i = 0; i < facts->n_approvals; i++)
		if (jk_grant_has_approval(grant, facts->approvals[i].id)) {
			facts->approvals[i].once = false;
			facts->used[i] = false;
		}
}

static struct jk_live_session
live(const struct jk_session *session)
{
	struct jk_live_session l = { 0 };

	if (session == NULL || session->state == JK_SESSION_ENDED)
		return l;
	l.active = session->state == JK_SESSION_ACTIVE;
	memcpy(l.person, session->grant.person, sizeof(l.person));
	memcpy(l.key, session->grant.key, sizeof(l.key));
	memcpy(l.opid, session->grant.opid, sizeof(l.opid));
	return l;
}

static struct jk_moment
moment(const struct jk_worker *worker, const struct jk_asked *asked)
{
	struct jk_moment m = { 0 };

	if (asked->moment != NULL)
		return *asked->moment;
	m.now = jk_real_s();
	m.last_record = jk_times_last_record(worker->keep_dir);
	/* Without a calendar it stays zeroed, which is clock.bad. */
	(void)jk_local_time_at(m.now, &m.local);
	return m;
}

static void
add_query(const struct jk_query *query, struct jk_question *q)
{
	q->business = query->business;
	q->action = query->action;
	q->count = query->count;
	q->permission = query->permission[0] != '\0' ? query->permission : NULL;
}

struct jk_verdict
jk_facts_decide(const struct jk_worker *worker, const struct jk_facts *facts,
    const struct jk_asked *asked, const struct jk_evidence *evidence)
{
	const struct jk_live_session l = live(asked->session);
	const struct jk_moment m = moment(worker, asked);
	struct jk_question q = {
		.ask = asked->ask,
		.now = m.now,
		.last_record = m.last_record,
		.local = m.local,
		.edition = &worker->place.edition,
		.policy = &worker->place.policy,
		.account = &worker->account,
		.card = facts->has_card ? &facts->card : NULL,
		.person = facts->has_person ? &facts->person : NULL,
		.terminal = &worker->place.terminal,
		.opids = facts->opids,
		.n_opids = facts->n_opids,
		.types = facts->types,
		.approvals = facts->approvals,
		.n_approvals = facts->n_approvals,
		.delegators = facts->delegators,
		.used = facts->used,
		.session = &l,
		.evidence = evidence,
		.opid = asked->opid,
		.business = JK_BUSINESS_COUNT,
		.function = asked->function,
		.requirement = asked->requirement,
		.hour = asked->hour,
		.confirmer = asked->confirmer,
	};

	if (asked->query != NULL)
		add_query(asked->query, &q);
	return jk_decide(&q);
}

struct jk_verdict
jk_facts_decide_again(struct jk_worker *worker, const struct jk_grant *grant,
    const struct jk_asked *asked, struct jk_facts *ret_facts)
{
	struct jk_evidence evidence = { .method = grant->method };

	memcpy(evidence.key, grant->key, sizeof(evidence.key));
	if (jk_facts_load(worker, grant->cert, ret_facts) != JK_OK)
		return (struct jk_verdict){ .why = JK_WHY_POLICY_BAD };
	jk_facts_hold(ret_facts, grant);
	return jk_facts_decide(worker, ret_facts, asked, &evidence);
}

void
jk_facts_grant(const struct jk_worker *worker, const struct jk_facts *facts,
    const struct jk_verdict *verdict, const struct jk_evidence *evidence,
    struct jk_grant *ret)
{
	const struct jk_opid *opid = &facts->opids[verdict->opid];

	*ret = (struct jk_grant){
		.uid = worker->account.uid,
		.method = evidence->method,
	};
	/* Same sizes on both sides. */
	memcpy(ret->account, worker->account.name, sizeof(ret->account));
	memcpy(ret->person, facts->person.id, sizeof(ret->person));
	memcpy(ret->opid, opid->id, sizeof(ret->opid));
	memcpy(ret->type, opid->type, sizeof(ret->type));
	memcpy(ret->department, opid->department, sizeof(ret->department));
	memcpy(ret->card, facts->card.id, sizeof(ret->card));
	memcpy(ret->cert, facts->cert, sizeof(ret->cert));
	memcpy(ret->key, evidence->key, sizeof(ret->key));
	memcpy(ret->terminal, worker->place.terminal.id, sizeof(ret->terminal));
	for (unsigned i = 0; i < facts->n_approvals; i++)
		if ((verdict->approvals & jk_bit(i)) != 0)
			jk_grant_add_approval(ret, facts->approvals[i].id);
}

bool
jk_facts_lasts(const struct jk_approval *a)
{
	return a->kind == JK_APPROVAL_AFTER_HOURS ||
	       a->kind == JK_APPROVAL_FALLBACK_PIN;
}

/* NULL: approval `i` is none of those that are used up for the session. */
static const struct jk_approval *
lasting(const struct jk_facts *facts, const struct jk_verdict *verdict,
    unsigned i)
{
	const struct jk_approval *a = &facts->approvals[i];

	return (verdict->approvals & jk_bit(i)) != 0 && a->once &&
	               jk_facts_lasts(a)
	           ? a
	           : NULL;
}

bool
jk_facts_keep(const struct jk_facts *facts, const struct jk_verdict *verdict,
    struct jk_grant *session)
{
	const struct jk_approval *a;
	bool any = false;

	for (unsigned i = 0; i < facts->n_approvals; i++)
		if ((a = lasting(facts, verdict, i)) != NULL) {
			jk_grant_add_approval(session, a->id);
			any = true;
		}
	return any;
}

bool
jk_facts_hand_over(struct jk_worker *w, const struct jk_session *session)
{
	/* From the end: what is handed over leaves its place to the last. */
	for (size_t i = w->uses.n; i > 0; i--) {
		char id[JK_ID_MAX + 1];

		memcpy(id, w->uses.approval[i - 1], sizeof(id));
		if (jk_grant_has_approval(&session->grant, id) &&
		    jk_uses_hand_over(w->keep_dir, id, session->id, &w->uses) !=
		        JK_OK)
			return false;
	}
	return true;
}

struct kept {
	struct jk_worker *worker;
	const struct jk_facts *facts;
	const struct jk_verdict *verdict;
	struct jk_uses *uses;
	enum jk_reason *why;
};

static bool
keep_uses(struct jk_session *session, const void *ctx)
{
	const struct kept *k = ctx;

	return session->state == JK_SESSION_ACTIVE &&
	       jk_facts_keep(k->facts, k->verdict, &session->grant) &&
	       jk_facts_hand_over(k->worker, session);
}

bool
jk_facts_keep_in(struct jk_worker *worker, const struct jk_session *session,
    const struct jk_facts *facts, const struct jk_verdict *verdict)
{
	const struct kept k = {
		.worker = worker,
		.facts = facts,
		.verdict = verdict,
	};
	struct jk_grant none = { 0 };

	if (!jk_facts_keep(facts, verdict, &none))
		return true;
	return jk_session_change(worker->run_dir, session, keep_uses, &k) ==
	       JK_OK;
}

static bool
take_uses(struct jk_session *session, const void *ctx)
{
	const struct kept *k = ctx;
	const struct jk_approval *a;

	if (session->state != JK_SESSION_ACTIVE)
		return false;
	for (unsigned i = 0; i < k->facts->n_approvals; i++) {
		enum jk_err e;

		a = lasting(k->facts, k->verdict, i);
		/* Another act of the session may have been faster. */
		if (a == NULL || jk_grant_has_approval(&session->grant, a->id))
			continue;
		e = jk_uses_take(k->worker->keep_dir, a->id, session->id,
		    k->uses);
		if (e == JK_OK) {
			jk_grant_add_approval(&session->grant, a->id);
			continue;
		}
		*k->why = e != JK_ERR_EXISTS ? JK_WHY_INTERNAL
		          : a->kind == JK_APPROVAL_AFTER_HOURS
		              ? JK_WHY_TIME_OUT
		              : JK_WHY_FALLBACK_NONE;
		return false;
	}
	return true;
}

enum jk_reason
jk_facts_use_in(struct jk_worker *worker, const struct jk_session *session,
    const struct jk_facts *facts, const struct jk_verdict *verdict)
{
	enum jk_reason why = JK_WHY_SESS_NONE;
	struct jk_uses uses = { 0 };
	struct jk_grant none = { 0 };
	const struct kept k = { worker, facts, verdict, &uses, &why };

	if (!jk_facts_keep(facts, verdict, &none) ||
	    jk_session_change(worker->run_dir, session, take_uses, &k) == JK_OK)
		return JK_WHY_GRANTED;
	jk_uses_give_back(worker->keep_dir, &uses);
	return why;
}
