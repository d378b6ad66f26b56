/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AUTH from a caller that is not root: only for its own account, and only
 * while that account has a live session here (design rule 6).
 */
#include "attempt.h"
#include "clock.h"
#include "requests.h"
#include "state.h"
#include "worker.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The session must still be the one that was unlocked. */
static enum jk_err
activate(struct jk_worker *w, const struct jk_session *unlocked)
{
	struct jk_session s;
	enum jk_err e;
	int lock;

	e = jk_session_lock(w->run_dir, w->account.uid, &lock);
	if (e != JK_OK)
		return e;
	e = jk_session_load(w->run_dir, w->account.uid, &s);
	if (e == JK_OK &&
	    (s.state == JK_SESSION_ENDED || strcmp(s.id, unlocked->id) != 0))
		e = JK_ERR_NOT_FOUND;
	if (e == JK_OK) {
		s.state = JK_SESSION_ACTIVE;
		e = jk_session_store(w->run_dir, &s);
	}
	close(lock);
	return e;
}

void
jk_request_unlock(struct jk_worker *w)
{
	static struct jk_attempt a;

	a = (struct jk_attempt){ .unlock = true };
	if (jk_attempt_run(w, &a) != JK_OK)
		return;
	if (activate(w, &a.session) != JK_OK) {
		jk_recorder_void(&w->recorder, w->recorder.id);
		jk_outcome_refuse(w, &a.outcome, JK_WHY_SESS_NONE);
		return;
	}
	(void)jk_outcome_grant(w, NULL, NULL);
}
