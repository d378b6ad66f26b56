/* SPDX-License-Identifier: BSD-2-Clause */
/* AUTH from a root caller: a login. What follows is a ticket. */
#include "attempt.h"
#include "due.h"
#include "requests.h"
#include "ticket.h"
#include "worker.h"

void
jk_request_login(struct jk_worker *w)
{
	static struct jk_attempt a;
	struct jk_reply_more more;
	char ticket[JK_ID_LEN + 1];

	/* Nobody has tried anything: whoever asks says the name, and begins
	 * again. */
	if (w->claim.account[0] == '\0' && !jk_nameless_is_allowed(w)) {
		(void)jk_reply_refusal(w, JK_WHY_ACCOUNT_NEEDED, NULL);
		return;
	}
	a = (struct jk_attempt){ .ask = JK_ASK_LOGIN };
	if (jk_attempt_run(w, &a) != JK_OK)
		return;
	if (jk_ticket_issue(w->run_dir, &a.grant, ticket) != JK_OK) {
		jk_outcome_withdraw(w, &a.outcome, JK_WHY_INTERNAL);
		return;
	}
	jk_due_remind(w, &a.facts, false);
	more = (struct jk_reply_more){
		.account = a.nameless ? a.grant.account : NULL,
		.ticket = ticket,
	};
	/* Nobody took it: it must not stand as a login. */
	if (jk_outcome_grant(w, &more) != JK_OK)
		(void)jk_ticket_consume(w->run_dir, ticket);
}
