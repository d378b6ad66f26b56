/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * END: the monitor ends a session whose screen would not lock, or that stayed
 * locked too long, or whose card is gone where that ends it. And the other ends
 * that no login program tells.
 */
#include "end.h"

#include <string.h>

#include "attempt.h"
#include "log.h"
#include "monitor.h"
#include "requests.h"
#include "worker.h"

static void
owe(struct jk_worker *w, const struct jk_session *session)
{
	enum jk_err e = jk_session_owes_end(w->run_dir, session);

	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "the end of session %s is not recorded: %s",
		    session->id, jk_err_text(e));
}

static enum jk_err
prove(struct jk_worker *w, struct jk_outcome *o)
{
	char receipt[JK_RECEIPT_MAX + 1];

	if (jk_recorder_expect(&w->recorder) == JK_OK)
		return jk_outcome_prove(w, o, receipt);
	jk_outcome_refuse(w, o, JK_WHY_AUDIT_DOWN);
	return JK_ERR_REFUSED;
}

void
jk_end_answer(struct jk_worker *w, struct jk_outcome *o,
    const struct jk_session *session)
{
	enum jk_err e = prove(w, o);

	if (e == JK_OK)
		e = jk_outcome_grant(w, NULL);
	if (e == JK_OK)
		jk_session_forget(w->run_dir, w->keep_dir, session);
	else
		owe(w, session);
}

enum jk_err
jk_end_lost(struct jk_worker *w, uid_t uid)
{
	const struct jk_account before = w->account;
	struct jk_session s;
	struct jk_outcome o = {
		.op = JK_OP_SESSION_END,
		.grant = &s.grant,
		.session = s.id,
		.tries = JK_TRIES_UNKNOWN,
	};
	enum jk_err e = jk_session_take_lost(w->run_dir, w->keep_dir, uid, &s);

	if (e != JK_OK)
		return e == JK_ERR_NOT_FOUND ? JK_OK : e;
	/* Its last leader may also have told, and no record could be made. */
	o.purpose = jk_cause_word(
	    s.cause != JK_CAUSE_NONE ? s.cause : JK_CAUSE_LEADER_LOST);
	memcpy(w->account.name, s.grant.account, sizeof(w->account.name));
	jk_outcome_note(w, &o);
	w->account = before;
	jk_session_forget(w->run_dir, w->keep_dir, &s);
	return JK_OK;
}

static enum jk_reason
finish(struct jk_worker *w, const char *id, enum jk_cause cause,
    struct jk_outcome *o, struct jk_session *ret)
{
	enum jk_err e = jk_session_finish(w->run_dir, id, cause, ret);

	if (e == JK_ERR_NOT_FOUND)
		return JK_WHY_SESS_NONE;
	if (e != JK_OK)
		return JK_WHY_INTERNAL;
	memcpy(w->account.name, ret->grant.account, sizeof(w->account.name));
	o->grant = &ret->grant;
	o->session = ret->id;
	o->purpose = jk_cause_word(cause);
	return JK_WHY_GRANTED;
}

void
jk_request_end(struct jk_worker *w)
{
	static struct jk_session s;
	struct jk_outcome o = {
		.op = JK_OP_SESSION_END,
		.tries = JK_TRIES_UNKNOWN,
	};
	enum jk_reason why = JK_WHY_CALLER_FOREIGN;

	if (jk_monitor_is(w->peer.uid))
		why = finish(w, w->claim.session, w->claim.cause, &o, &s);
	if (why == JK_WHY_GRANTED)
		jk_end_answer(w, &o, &s);
	else if (why == JK_WHY_SESS_NONE)
		(void)jk_reply_refusal(w, why, NULL); /* it has ended */
	else
		jk_outcome_refuse(w, &o, why);
}

/* Who relieved whom stands in one record: the session's, and the other. */
void
jk_end_relieve(struct jk_worker *w, struct jk_attempt *a)
{
	static struct jk_session s;
	struct jk_outcome o = {
		.op = JK_OP_SESSION_END,
		.from = a->facts.person.id,
		.tries = JK_TRIES_UNKNOWN,
	};
	enum jk_reason why;

	if (jk_recorder_settled(&w->recorder) != JK_OK) {
		jk_outcome_withdraw(w, &a->outcome, JK_WHY_AUDIT_DOWN);
		return;
	}
	why = finish(w, a->session.id, JK_CAUSE_SUPERVISOR, &o, &s);
	if (why != JK_WHY_GRANTED) {
		jk_outcome_refuse(w, &a->outcome, why);
		return;
	}
	if (prove(w, &o) != JK_OK) {
		owe(w, &s);
		return;
	}
	(void)jk_recorder_settled(&w->recorder);
	jk_session_forget(w->run_dir, w->keep_dir, &s);
	jk_outcome_explain(w, &o, JK_WHY_SESS_RELIEVED);
	(void)jk_reply_refusal(w, JK_WHY_SESS_RELIEVED, &o.params);
}
