/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AUTH from a caller that is not root: only for its own account, and only
 * while that account has a live session here (design rule 6). And what an
 * unlock does to the session, whoever asks.
 */
#include "unlock.h"

#include <string.h>

#include "attempt.h"
#include "due.h"
#include "end.h"
#include "requests.h"
#include "worker.h"

/*
 * With what it has used up to be unlocked, and the card that has to stay where
 * it is from now on.
 */
struct opening {
	struct jk_worker *worker;
	const struct jk_attempt *attempt;
};

static bool
make_active(struct jk_session *session, const void *ctx)
{
	const struct opening *o = ctx;
	const struct jk_attempt *a = o->attempt;

	jk_session_set(session, JK_SESSION_ACTIVE, JK_CAUSE_NONE);
	memcpy(session->grant.reader, a->grant.reader,
	    sizeof(session->grant.reader));
	session->grant.proven_ms = a->grant.proven_ms;
	session->grant.method = a->grant.method;
	(void)jk_facts_keep(&a->facts, &a->verdict, &session->grant);
	return jk_facts_hand_over(o->worker, session);
}

static bool
make_as_before(struct jk_session *session, const void *ctx)
{
	const struct jk_session *before = ctx;

	/* What has locked it meanwhile stands, whatever it was before. */
	if (session->state == JK_SESSION_ACTIVE &&
	    before->state != JK_SESSION_ACTIVE)
		jk_session_set(session, JK_SESSION_LOCKED, before->cause);
	return true;
}

/* Nobody took the answer: the session is as locked as it was, or is now. */
static enum jk_err
put_back(struct jk_worker *w, const void *ctx)
{
	return jk_session_change(w->run_dir, ctx, make_as_before, ctx);
}

/* That it is in use again, beside the proof of who has unlocked it. */
static void
note(struct jk_worker *w, const struct jk_attempt *a)
{
	struct jk_outcome o = {
		.op = JK_OP_UNLOCK,
		.grant = &a->grant,
		.session = a->session.id,
		.tries = JK_TRIES_UNKNOWN,
	};

	jk_outcome_note(w, &o);
}

enum jk_err
jk_unlock_answer(struct jk_worker *w, struct jk_attempt *a,
    const struct jk_reply_more *more)
{
	const struct opening opening = { w, a };
	/*
	 * First of all its record stands: whoever hangs up may have us killed
	 * at any moment, and an active session whose record is void must not
	 * be left. A record without it does no harm.
	 */
	enum jk_err e = jk_recorder_settled(&w->recorder);

	if (e == JK_OK)
		e = jk_session_change(w->run_dir, &a->session, make_active,
		    &opening);
	if (e != JK_OK) {
		jk_outcome_withdraw(w, &a->outcome, JK_WHY_SESS_NONE);
		return e;
	}
	/* Work is not locked away: who must change his PIN is only told. */
	jk_due_remind(w, &a->facts, true);
	e = jk_outcome_deliver_or(w, more, put_back, &a->session);
	if (e == JK_OK && a->session.state == JK_SESSION_LOCKED)
		note(w, a);
	return e;
}

void
jk_request_unlock(struct jk_worker *w)
{
	static struct jk_attempt a;

	a = (struct jk_attempt){ .ask = JK_ASK_UNLOCK };
	if (jk_attempt_run(w, &a) != JK_OK)
		return;
	if (a.ask == JK_ASK_RELIEVE)
		jk_end_relieve(w, &a);
	else
		(void)jk_unlock_answer(w, &a, NULL);
}
