/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACCOUNT: the whole policy once more, by the same function, for a login that
 * a ticket stands for or for the caller's own live session. Lockers that
 * never ask lose nothing: everything was decided in AUTH as well. It uses up
 * no approval: what needs one has it from AUTH, or gets it in OPEN. A login
 * whose PIN has to be changed learns it here.
 */
#include "due.h"
#include "facts.h"
#include "outcome.h"
#include "reader.h"
#include "requests.h"
#include "ticket.h"
#include "worker.h"

/* What was proven, and the session it may belong to. */
static enum jk_reason
find_grant(struct jk_worker *w, struct jk_session *ret_session,
    struct jk_grant *ret)
{
	enum jk_reason why = jk_worker_find_account(w);
	enum jk_err e;

	if (why != JK_WHY_GRANTED)
		return why;
	e = jk_session_load(w->run_dir, w->account.uid, ret_session);
	if (e == JK_ERR_NOT_FOUND)
		*ret_session = (struct jk_session){ 0 };
	else if (e != JK_OK)
		return JK_WHY_INTERNAL;
	if (w->peer.uid == 0)
		return jk_ticket_look(w->run_dir, w->claim.ticket,
		           w->claim.account, ret) == JK_OK
		           ? JK_WHY_GRANTED
		           : JK_WHY_SESS_UNPROVEN;
	if (ret_session->state != JK_SESSION_ACTIVE)
		return JK_WHY_SESS_NONE;
	*ret = ret_session->grant;
	return JK_WHY_GRANTED;
}

static enum jk_reason
decide_again(struct jk_worker *w, struct jk_outcome *o,
    const struct jk_session *session, const struct jk_grant *grant)
{
	static struct jk_facts facts;
	const struct jk_asked asked = {
		.ask = w->peer.uid != 0 ? JK_ASK_UNLOCK : JK_ASK_LOGIN,
		.session = session,
		.opid = grant->opid,
	};
	struct jk_verdict v = jk_facts_decide_again(w, grant, &asked, &facts);
	enum jk_reason why = v.why;

	/* The program is to have it changed, and goes on then. */
	if (v.allowed && asked.ask == JK_ASK_LOGIN)
		why = jk_due_reason(&facts, grant);
	if (why == JK_WHY_GRANTED)
		return JK_WHY_GRANTED;
	o->facts = &facts;
	o->opid = v.opid;
	return why;
}

void
jk_request_account(struct jk_worker *w)
{
	static struct jk_session session;
	struct jk_grant grant = { 0 };
	struct jk_outcome o = {
		.op = JK_OP_ACCOUNT,
		.tries = JK_TRIES_UNKNOWN,
	};
	enum jk_reason why;

	/* A login of another kind, where that is allowed: nothing to add. */
	if (w->peer.uid == 0 && w->claim.ticket[0] == '\0' &&
	    !jk_worker_is_enforced(w)) {
		(void)jk_reply_grant(w, NULL);
		return;
	}
	why = find_grant(w, &session, &grant);
	if (why == JK_WHY_GRANTED)
		why = decide_again(w, &o, &session, &grant);
	if (why != JK_WHY_GRANTED) {
		jk_outcome_refuse(w, &o, why);
		return;
	}
	o.grant = &grant;
	if (jk_recorder_expect(&w->recorder) != JK_OK) {
		jk_outcome_refuse(w, &o, JK_WHY_AUDIT_DOWN);
		return;
	}
	if (jk_outcome_prove(w, &o, grant.receipt) == JK_OK)
		(void)jk_outcome_grant(w, NULL);
}
