/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CLOSE: a leader leaves; with the last one the session ends. It works
 * without a snapshot, because an end must be recorded whatever else is
 * broken.
 */
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

	if (w->peer.uid != 0 || jk_session_leave(w->run_dir, w->claim.session,
	                            w->peer.pid, &s) != JK_OK) {
		jk_outcome_refuse(w, &o, JK_WHY_SESS_NONE);
		return;
	}
	memcpy(w->account.name, s.grant.account, sizeof(w->account.name));
	o.grant = &s.grant;
	o.session = s.id;
	o.purpose = s.closed ? "last-logout" : "logout";
	jk_outcome_note(w, &o);
	(void)jk_reply_verdict(w, JK_WHY_GRANTED, NULL, NULL, NULL);
}
