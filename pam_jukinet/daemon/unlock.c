/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AUTH from a caller that is not root: only for its own account, and only
 * while that account has a live session here (design rule 6).
 */
#include "attempt.h"
#include "due.h"
#include "requests.h"
#include "worker.h"

/* With what it has used up to be unlocked. */
static bool
make_active(struct jk_session *session, const void *ctx)
{
	const struct jk_attempt *a = ctx;

	session->state = JK_SESSION_ACTIVE;
	(void)jk_facts_keep(&a->facts, &a->verdict, &session->grant);
	return true;
}

struct before {
	const struct jk_session *session;
	const struct jk_uses *uses;
};

static bool
make_as_before(struct jk_session *session, const void *ctx)
{
	const struct before *b = ctx;

	session->state = b->session->state;
	jk_facts_drop(b->uses, &session->grant);
	return true;
}

/* Nobody took the answer: the session is as locked as it was. */
static enum jk_err
put_back(struct jk_worker *w, const void *ctx)
{
	const struct jk_session *session = ctx;
	const struct before before = { session, &w->uses };

	return jk_session_change(w->run_dir, session, make_as_before, &before);
}

void
jk_request_unlock(struct jk_worker *w)
{
	static struct jk_attempt a;

	a = (struct jk_attempt){ .ask = JK_ASK_UNLOCK };
	if (jk_attempt_run(w, &a) != JK_OK)
		return;
	/* It must still be the one that was unlocked. */
	if (jk_session_change(w->run_dir, &a.session, make_active, &a) !=
	    JK_OK) {
		jk_outcome_withdraw(w, &a.outcome, JK_WHY_SESS_NONE);
		return;
	}
	/* Work is not locked away: who must change his PIN is only told. */
	jk_due_remind(w, &a.facts, true);
	(void)jk_outcome_grant_or(w, NULL, put_back, &a.session);
}
