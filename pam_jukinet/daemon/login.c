/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AUTH from a root caller: a login, and what follows is a ticket. Display
 * managers and some lockers run as root and unlock by the same call, and some
 * make no other: so where the account's session is locked this unlocks it, and
 * nobody but its person can. The ticket is there for who logs in beside it.
 */
#include "attempt.h"
#include "due.h"
#include "end.h"
#include "requests.h"
#include "ticket.h"
#include "unlock.h"
#include "worker.h"

static enum jk_ask
ask_of(struct jk_worker *w)
{
	struct jk_session session;

	return w->claim.account[0] != '\0' &&
	               jk_worker_find_account(w) == JK_WHY_GRANTED &&
	               jk_session_load(w->run_dir, w->account.uid, &session) ==
	                   JK_OK &&
	               session.state == JK_SESSION_LOCKED
	           ? JK_ASK_UNLOCK
	           : JK_ASK_LOGIN;
}

static enum jk_err
answer(struct jk_worker *w, struct jk_attempt *a, const char *ticket)
{
	const struct jk_reply_more more = {
		.account = a->nameless ? a->grant.account : NULL,
		.ticket = ticket,
	};

	if (a->session.state == JK_SESSION_LOCKED)
		return jk_unlock_answer(w, a, &more);
	jk_due_remind(w, &a->facts, false);
	return jk_outcome_grant(w, &more);
}

void
jk_request_login(struct jk_worker *w)
{
	static struct jk_attempt a;
	char ticket[JK_ID_LEN + 1];

	/* Nobody has tried anything: whoever asks says the name, and begins
	 * again. */
	if (w->claim.account[0] == '\0' && !jk_nameless_is_allowed(w)) {
		(void)jk_reply_refusal(w, JK_WHY_ACCOUNT_NEEDED, NULL);
		return;
	}
	a = (struct jk_attempt){ .ask = ask_of(w) };
	if (jk_attempt_run(w, &a) != JK_OK)
		return;
	if (a.ask == JK_ASK_RELIEVE) {
		jk_end_relieve(w, &a);
		return;
	}
	if (jk_ticket_issue(w->run_dir, &a.grant, ticket) != JK_OK) {
		jk_outcome_withdraw(w, &a.outcome, JK_WHY_INTERNAL);
		return;
	}
	/* Nobody took it: it must not stand as a login. */
	if (answer(w, &a, ticket) != JK_OK)
		(void)jk_ticket_consume(w->run_dir, ticket);
}
