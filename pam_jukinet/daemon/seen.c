/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SEEN: what the monitor has seen at the readers becomes a record: cards put in
 * and taken out, and those that somebody has left there (T-27).
 */
#include <string.h>

#include "monitor.h"
#include "outcome.h"
#include "reader.h"
#include "requests.h"
#include "worker.h"

static enum jk_op
op_of(enum jk_cause cause)
{
	if (cause == JK_CAUSE_INSERTED)
		return JK_OP_CARD_INSERT;
	if (cause == JK_CAUSE_TAKEN)
		return JK_OP_CARD_REMOVE;
	return cause == JK_CAUSE_LEFT ? JK_OP_CARD_LEFT : JK_OP_COUNT;
}

void
jk_request_seen(struct jk_worker *w)
{
	static struct jk_session s;
	struct jk_outcome o = {
		.op = op_of(w->claim.cause),
		.reader = w->claim.reader,
		.seconds = w->claim.seconds,
		.tries = JK_TRIES_UNKNOWN,
	};

	if (!jk_monitor_is(w->peer.uid) || o.op == JK_OP_COUNT) {
		(void)jk_reply_refusal(w, JK_WHY_CALLER_FOREIGN, NULL);
		return;
	}
	/* Whose card it is, as far as a session says so. */
	if (w->claim.session[0] != '\0' &&
	    jk_session_find(w->run_dir, w->claim.session, &s) == JK_OK) {
		memcpy(w->account.name, s.grant.account,
		    sizeof(w->account.name));
		o.grant = &s.grant;
		o.session = s.id;
	}
	jk_outcome_note(w, &o);
	(void)jk_reply_grant(w, NULL);
}
