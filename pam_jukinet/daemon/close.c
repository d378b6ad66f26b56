/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CLOSE: a leader leaves; with the last one the session ends. It works
 * without a snapshot, because an end must be recorded whatever else is
 * broken.
 */
#include "end.h"
#include "outcome.h"
#include "reader.h"
#include "requests.h"
#include "worker.h"

#include <string.h>

void
jk_request_close(struct jk_worker *w)
{
	static struct jk_session s;
	struct jk_outcome o = {
		.op = JK_OP_SESSION_END,
		.tries = JK_TRIES_UNKNOWN,
	};
	enum jk_err e = JK_ERR_REFUSED;

	if (w->peer.uid == 0)
		e = jk_session_leave(w->run_dir, w->claim.session, w->peer.pid,
		    &s);
	if (e == JK_ERR_CLOSED) { /* the monitor has ended it, on record */
		(void)jk_reply_grant(w, NULL);
		return;
	}
	if (e != JK_OK) {
		jk_outcome_refuse(w, &o, JK_WHY_SESS_NONE);
		return;
	}
	memcpy(w->account.name, s.grant.account, sizeof(w->account.name));
	o.grant = &s.grant;
	o.session = s.id;
	if (s.closed) {
		o.purpose = "last-logout";
		jk_end_answer(w, &o, &s);
		return;
	}
	o.purpose = "logout";
	jk_outcome_note(w, &o);
	(void)jk_reply_grant(w, NULL);
}
