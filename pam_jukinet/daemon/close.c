/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CLOSE: a leader leaves; with the last one the session ends. It works
 * without a snapshot, because an end must be recorded whatever else is
 * broken.
 */
#include "log.h"
#include "outcome.h"
#include "reader.h"
#include "requests.h"
#include "worker.h"

#include <string.h>

/* The end of a session is proven, or is left to the next who opens one. */
static void
record_end(struct jk_worker *w, struct jk_outcome *o,
    const struct jk_session *session)
{
	char receipt[JK_RECEIPT_MAX + 1];
	enum jk_err e = jk_recorder_expect(&w->recorder);

	if (e == JK_OK)
		e = jk_outcome_prove(w, o, receipt);
	else
		jk_outcome_refuse(w, o, JK_WHY_AUDIT_DOWN);
	if (e == JK_OK)
		e = jk_outcome_grant(w, NULL);
	if (e == JK_OK)
		return;
	e = jk_session_owes_end(w->run_dir, session);
	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "the end of session %s is not recorded: %s",
		    session->id, jk_err_text(e));
}

void
jk_request_close(struct jk_worker *w)
{
	static struct jk_session s;
	struct jk_outcome o = {
		.op = JK_OP_SESSION_END,
		.tries = JK_TRIES_UNKNOWN,
	};

	if (w->peer.uid != 0 || jk_session_leave(w->run_dir, w->claim.session,
	                            w->peer.pid, &s) != JK_OK) {
		jk_outcome_refuse(w, &o, JK_WHY_SESS_NONE);
		return;
	}
	memcpy(w->account.name, s.grant.account, sizeof(w->account.name));
	o.grant = &s.grant;
	o.session = s.id;
	if (s.closed) {
		o.purpose = "last-logout";
		record_end(w, &o, &s);
		return;
	}
	o.purpose = "logout";
	jk_outcome_note(w, &o);
	(void)jk_reply_grant(w, NULL);
}
