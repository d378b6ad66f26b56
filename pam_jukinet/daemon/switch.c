/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SWITCH: another operator ID of the same person, without a new login (別紙1
 * 項番2備考). Only the session's own account asks, in the active session.
 * Without an operator ID it changes nothing and shows how things stand.
 */
#include "facts.h"
#include "outcome.h"
#include "reader.h"
#include "requests.h"
#include "worker.h"

#include <string.h>

static enum jk_reason
find_session(struct jk_worker *w, struct jk_session *ret)
{
	/* Nobody's session, or somebody else's. */
	if (w->peer.uid == 0)
		return JK_WHY_CALLER_FOREIGN;
	return jk_worker_find_session(w, w->peer.uid, ret);
}

static struct jk_verdict
decide(struct jk_worker *w, const struct jk_session *session, const char *opid,
    struct jk_facts *ret_facts)
{
	const struct jk_asked asked = {
		.ask = JK_ASK_SWITCH,
		.session = session,
		.opid = opid,
	};

	return jk_facts_decide_again(w, &session->grant, &asked, ret_facts);
}

static void
show(struct jk_worker *w)
{
	static struct jk_session session;
	static struct jk_facts facts;
	enum jk_reason why = find_session(w, &session);
	struct jk_verdict v;
	struct jk_reply_more more;

	if (why != JK_WHY_GRANTED) {
		(void)jk_reply_refusal(w, why, NULL);
		return;
	}
	v = decide(w, &session, NULL, &facts);
	more = (struct jk_reply_more){
		.session = session.id,
		.holder = &session.grant,
		.shows = true,
		.state = session.state,
		.why_none = v.why,
		.choices = { &facts, v.choices },
	};
	(void)jk_reply_grant(w, &more);
}

/* From one grant to the other, unless something has changed. */
struct change {
	struct jk_worker *worker;
	const struct jk_grant *from, *to;
};

/* All else may have changed meanwhile, and is not the switch's. */
static void
copy_right(const struct jk_grant *from, struct jk_grant *to)
{
	memcpy(to->opid, from->opid, sizeof(to->opid));
	memcpy(to->type, from->type, sizeof(to->type));
	memcpy(to->department, from->department, sizeof(to->department));
}

static bool
put_on(struct jk_session *session, const void *ctx)
{
	const struct change *c = ctx;

	if (session->state != JK_SESSION_ACTIVE ||
	    strcmp(session->grant.opid, c->from->opid) != 0)
		return false;
	copy_right(c->to, &session->grant);
	for (size_t i = 0; i < c->to->n_approvals; i++)
		jk_grant_add_approval(&session->grant, c->to->approval[i]);
	return jk_facts_hand_over(c->worker, session);
}

static enum jk_reason
store(struct jk_worker *w, const struct jk_session *session,
    const struct jk_grant *grant)
{
	const struct change change = { w, &session->grant, grant };
	enum jk_err e = jk_session_change(w->run_dir, session, put_on, &change);

	if (e == JK_ERR_NOT_FOUND)
		return JK_WHY_SESS_NONE;
	if (e == JK_ERR_REFUSED)
		return JK_WHY_SESS_LOCKED;
	return e == JK_OK ? JK_WHY_GRANTED : JK_WHY_SESS_FAILED;
}

/* Locked or not; one that was switched on since stays as it is. */
static bool
put_off(struct jk_session *session, const void *ctx)
{
	const struct change *c = ctx;

	if (strcmp(session->grant.opid, c->to->opid) == 0)
		copy_right(c->from, &session->grant);
	return true;
}

struct switching {
	const struct jk_session *session;
	const struct jk_grant *grant;
};

/* Nobody took the answer: the session is as it was. */
static enum jk_err
put_back(struct jk_worker *w, const void *ctx)
{
	const struct switching *s = ctx;
	const struct change change = { w, &s->session->grant, s->grant };

	return jk_session_change(w->run_dir, s->session, put_off, &change);
}

/* The session's own grant, but for what another operator ID changes. */
static struct jk_grant
switched(const struct jk_session *session, const struct jk_facts *facts,
    const struct jk_verdict *verdict)
{
	const struct jk_opid *opid = &facts->opids[verdict->opid];
	struct jk_grant g = session->grant;

	memcpy(g.opid, opid->id, sizeof(g.opid));
	memcpy(g.type, opid->type, sizeof(g.type));
	memcpy(g.department, opid->department, sizeof(g.department));
	(void)jk_facts_keep(facts, verdict, &g);
	return g;
}

static enum jk_reason
judge(struct jk_worker *w, struct jk_outcome *o, struct jk_session *session,
    struct jk_grant *ret)
{
	static struct jk_facts facts;
	enum jk_reason why = find_session(w, session);
	struct jk_verdict v;

	if (why != JK_WHY_GRANTED)
		return why;
	o->session = session->id;
	o->from = session->grant.opid;
	v = decide(w, session, w->claim.opid, &facts);
	o->facts = &facts;
	o->opid = v.opid;
	o->approvals = v.approvals;
	if (v.allowed)
		*ret = switched(session, &facts, &v);
	return v.why;
}

static void
change(struct jk_worker *w)
{
	static struct jk_session session;
	struct jk_grant grant = { 0 };
	char receipt[JK_RECEIPT_MAX + 1];
	struct jk_outcome o = {
		.op = JK_OP_SWITCH,
		.tries = JK_TRIES_UNKNOWN,
	};
	const struct jk_reply_more more = {
		.session = session.id,
		.holder = &grant,
	};
	const struct switching switching = { &session, &grant };
	enum jk_reason why = judge(w, &o, &session, &grant);

	if (why == JK_WHY_GRANTED && jk_recorder_expect(&w->recorder) != JK_OK)
		why = JK_WHY_AUDIT_DOWN;
	if (why != JK_WHY_GRANTED) {
		jk_outcome_refuse(w, &o, why);
		return;
	}
	o.grant = &grant;
	if (jk_outcome_prove(w, &o, receipt) != JK_OK)
		return;
	why = store(w, &session, &grant);
	if (why != JK_WHY_GRANTED)
		jk_outcome_withdraw(w, &o, why);
	else
		(void)jk_outcome_grant_or(w, &more, put_back, &switching);
}

void
jk_request_switch(struct jk_worker *w)
{
	if (w->claim.opid[0] == '\0')
		show(w);
	else
		change(w);
}
