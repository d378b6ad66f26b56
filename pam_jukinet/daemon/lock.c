/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LOCK: a session is active no more. It takes nothing but a right away, so it
 * waits for no receipt, and works without a snapshot. Only an authentication of
 * its person makes it active again.
 */
#include <string.h>

#include "monitor.h"
#include "outcome.h"
#include "reader.h"
#include "requests.h"
#include "worker.h"

static bool
make_locked(struct jk_session *session, const void *ctx)
{
	const enum jk_cause *cause = ctx;

	if (session->state != JK_SESSION_ACTIVE &&
	    session->state != JK_SESSION_CONFIRMING)
		return false;
	jk_session_set(session, JK_SESSION_LOCKED, *cause);
	return true;
}

/* The monitor names one; anybody else has none but his own. */
static enum jk_err
find(struct jk_worker *w, struct jk_session *ret)
{
	enum jk_err e;

	if (jk_monitor_is(w->peer.uid))
		return jk_session_find(w->run_dir, w->claim.session, ret);
	w->claim.cause = JK_CAUSE_REQUEST;
	e = jk_session_load(w->run_dir, w->peer.uid, ret);
	return e == JK_OK && !jk_worker_is_in(w, ret) ? JK_ERR_NOT_FOUND : e;
}

/* The screen was opened by other means than ours: it says so once more. */
static void
note_unproven(struct jk_worker *w, struct jk_outcome *o)
{
	o->op = JK_OP_UNLOCK;
	jk_outcome_refuse(w, o, JK_WHY_SESS_LOCKED);
}

void
jk_request_lock(struct jk_worker *w)
{
	static struct jk_session s;
	struct jk_outcome o = {
		.op = JK_OP_LOCK,
		.tries = JK_TRIES_UNKNOWN,
	};
	enum jk_err e = find(w, &s);

	if (e == JK_OK && s.state == JK_SESSION_ENDED)
		e = JK_ERR_NOT_FOUND;
	if (e == JK_OK)
		e = jk_session_change(w->run_dir, &s, make_locked,
		    &w->claim.cause);
	o.grant = &s.grant;
	o.session = s.id;
	o.purpose = jk_cause_word(w->claim.cause);
	memcpy(w->account.name, s.grant.account, sizeof(w->account.name));
	if (e == JK_ERR_REFUSED && w->claim.cause == JK_CAUSE_UNPROVEN) {
		note_unproven(w, &o);
		return;
	}
	if (e == JK_OK)
		jk_outcome_note(w, &o);
	if (e == JK_OK || e == JK_ERR_REFUSED) /* locked, now or before */
		(void)jk_reply_grant(w, NULL);
	else /* there is nothing to lock, and nothing to record */
		(void)jk_reply_refusal(w,
		    e == JK_ERR_NOT_FOUND ? JK_WHY_SESS_NONE : JK_WHY_INTERNAL,
		    NULL);
}
