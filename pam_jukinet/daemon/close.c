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
#include <unistd.h>

static enum jk_err
leave(struct jk_worker *w, struct jk_session *ret)
{
	enum jk_err e;
	int lock;

	e = jk_session_find(w->run_dir, w->claim.session, ret);
	if (e != JK_OK)
		return e;
	e = jk_session_lock(w->run_dir, ret->grant.uid, &lock);
	if (e != JK_OK)
		return e;
	/* Once more, now that nobody else writes. */
	e = jk_session_find(w->run_dir, w->claim.session, ret);
	if (e == JK_OK && ret->closed)
		e = JK_ERR_NOT_FOUND;
	if (e == JK_OK) {
		jk_session_drop_leader(ret, w->peer.pid);
		ret->closed = ret->state == JK_SESSION_ENDED;
		e = jk_session_store(w->run_dir, ret);
	}
	close(lock);
	return e;
}

void
jk_request_close(struct jk_worker *w)
{
	static struct jk_session s;
	struct jk_outcome o = {
		.op = JK_OP_SESSION_END,
		.tries = JK_TRIES_UNKNOWN,
	};

	if (w->peer.uid != 0 || leave(w, &s) != JK_OK) {
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
