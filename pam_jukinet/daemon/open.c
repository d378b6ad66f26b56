/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OPEN: a ticket becomes a session. The same person joins the session that
 * the account has; another person is refused until it has ended and every
 * process of the account is gone (design rule 9).
 */
#include "confirmed.h"
#include "due.h"
#include "end.h"
#include "facts.h"
#include "lastuse.h"
#include "leftovers.h"
#include "log.h"
#include "outcome.h"
#include "reader.h"
#include "requests.h"
#include "ticket.h"
#include "worker.h"

#include <string.h>
#include <unistd.h>

/* One session has one person and one operator ID. */
static enum jk_reason
join(const struct jk_session *live, const struct jk_grant *grant,
    const struct jk_leader *leader, struct jk_session *ret)
{
	*ret = *live;
	for (size_t i = 0; i < grant->n_approvals; i++)
		jk_grant_add_approval(&ret->grant, grant->approval[i]);
	if (strcmp(live->grant.person, grant->person) != 0)
		return JK_WHY_SESS_OTHER;
	if (strcmp(live->grant.opid, grant->opid) != 0)
		return JK_WHY_SESS_BUSY;
	return jk_session_add_leader(ret, leader) == JK_OK ? JK_WHY_GRANTED
	                                                   : JK_WHY_SESS_BUSY;
}

/*
 * What this login would make of the account's session; nothing is stored.
 */
static enum jk_reason
plan(struct jk_worker *w, const struct jk_grant *grant, struct jk_session *ret)
{
	const struct jk_leader leader = {
		.pid = (uint64_t)w->peer.pid,
		.start = w->peer.start,
	};
	struct jk_session old = { 0 };
	enum jk_err e = jk_session_load(w->run_dir, w->account.uid, &old);

	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return JK_WHY_INTERNAL;
	if (e == JK_OK && old.state != JK_SESSION_ENDED)
		return join(&old, grant, &leader, ret);
	if (jk_leftovers_keep_out(w, grant->person, &old))
		return JK_WHY_SESS_BUSY;
	return jk_session_new(grant, &leader, ret) == JK_OK ? JK_WHY_GRANTED
	                                                    : JK_WHY_INTERNAL;
}

/* Whoever was in before may still be leaving. */
static enum jk_reason
plan_when_free(struct jk_worker *w, const struct jk_grant *grant,
    struct jk_session *ret)
{
	const int64_t until = jk_leftovers_until(w);
	enum jk_reason why = plan(w, grant, ret);

	while (why == JK_WHY_SESS_BUSY && jk_leftovers_wait(w, until) == JK_OK)
		why = plan(w, grant, ret);
	return why;
}

/*
 * The ticket is good, still allowed, and used up from here on. Whose session it
 * is comes after: plan() sees it under the lock.
 */
static enum jk_reason
redeem(struct jk_worker *w, struct jk_outcome *o, struct jk_grant *ret)
{
	static struct jk_facts facts;
	const struct jk_asked asked = {
		.ask = JK_ASK_LOGIN,
		.opid = ret->opid,
	};
	enum jk_reason why = jk_worker_find_account(w);
	struct jk_verdict v;

	if (why != JK_WHY_GRANTED)
		return why;
	if (w->peer.uid != 0 ||
	    jk_ticket_look(w->run_dir, w->claim.ticket, w->claim.account,
	        ret) != JK_OK ||
	    jk_ticket_consume(w->run_dir, w->claim.ticket) != JK_OK)
		return JK_WHY_SESS_UNPROVEN;
	v = jk_facts_decide_again(w, ret, &asked, &facts);
	o->facts = &facts;
	o->opid = v.opid;
	o->approvals = v.approvals;
	if (!v.allowed)
		return v.why;
	/* Whatever the program made of it: no session without a new PIN. */
	if (jk_due_reason(&facts, ret) != JK_WHY_GRANTED)
		return JK_WHY_PIN_NEEDED;
	(void)jk_facts_keep(&facts, &v, ret);
	return JK_WHY_GRANTED;
}

/* Stored only if nothing has changed since it was planned. */
static enum jk_reason
store(struct jk_worker *w, const struct jk_grant *grant,
    const struct jk_session *planned)
{
	struct jk_session now;
	enum jk_reason why;
	enum jk_err e;
	int lock;

	e = jk_session_lock(w->run_dir, w->account.uid, &lock);
	if (e != JK_OK)
		return JK_WHY_SESS_BUSY;
	why = plan(w, grant, &now);
	if (why == JK_WHY_GRANTED) {
		/* A new one has the id that the record names. */
		if (now.n_leaders == 1)
			memcpy(now.id, planned->id, sizeof(now.id));
		else if (strcmp(now.id, planned->id) != 0)
			why = JK_WHY_SESS_BUSY;
	}
	if (why == JK_WHY_GRANTED &&
	    (!jk_facts_hand_over(w, &now) ||
	        jk_session_begin(w->run_dir, w->keep_dir, &now) != JK_OK))
		why = JK_WHY_SESS_FAILED;
	close(lock);
	return why;
}

/*
 * Nobody took it: its start is void, and it leads nothing. What it has brought is
 * the session's, as others may have been allowed on it.
 */
static enum jk_err
put_back(struct jk_worker *w, const void *ctx)
{
	const struct jk_session *session = ctx;
	struct jk_session left;
	enum jk_err e =
	    jk_session_leave(w->run_dir, session->id, w->peer.pid, &left);

	if (e == JK_OK && left.closed)
		jk_session_forget(w->run_dir, w->keep_dir, &left);
	return e;
}

static void
open_session(struct jk_worker *w, struct jk_outcome *o, struct jk_grant *grant)
{
	static struct jk_session session;
	struct jk_reply_more more;
	char receipt[JK_RECEIPT_MAX + 1];
	enum jk_reason why = JK_WHY_SESS_BUSY;

	if (jk_end_lost(w, w->account.uid) == JK_OK)
		why = plan_when_free(w, grant, &session);
	if (why != JK_WHY_GRANTED) {
		jk_outcome_refuse(w, o, why);
		return;
	}
	o->session = session.id;
	if (jk_recorder_expect(&w->recorder) != JK_OK) {
		jk_outcome_refuse(w, o, JK_WHY_AUDIT_DOWN);
		return;
	}
	if (jk_outcome_prove(w, o, receipt) != JK_OK)
		return;
	why = store(w, grant, &session);
	if (why != JK_WHY_GRANTED) {
		jk_outcome_withdraw(w, o, why);
		return;
	}
	jk_lastuse_tell(w, grant);
	jk_confirmed_tell(w, grant->person);
	more = (struct jk_reply_more){ .session = session.id };
	(void)jk_outcome_grant_or(w, &more, put_back, &session);
}

void
jk_request_open(struct jk_worker *w)
{
	struct jk_grant grant = { 0 };
	struct jk_outcome o = {
		.op = JK_OP_SESSION_START,
		.tries = JK_TRIES_UNKNOWN,
	};
	enum jk_reason why;

	/* Without an authentication of ours there is no session of ours. */
	if (w->claim.ticket[0] == '\0' && !jk_worker_is_enforced(w)) {
		(void)jk_reply_grant(w, NULL);
		return;
	}
	why = redeem(w, &o, &grant);
	if (grant.person[0] != '\0')
		o.grant = &grant;
	if (why != JK_WHY_GRANTED) {
		jk_outcome_refuse(w, &o, why);
		return;
	}
	open_session(w, &o, &grant);
}
