/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MANAGE: may the session of whoever runs jukinetctl do that? A root caller is
 * the account of its loginuid (the kernel's word; sudo and su leave it), any
 * other caller its own uid; nothing that is said names a person. What officers
 * may do beside the matrix, and about whom, is jukinetctl's to judge.
 */
#include "facts.h"
#include "outcome.h"
#include "reader.h"
#include "requests.h"
#include "worker.h"

#include <string.h>

static enum jk_reason
find_session(struct jk_worker *w, struct jk_session *ret)
{
	if (w->peer.uid != 0)
		return jk_worker_find_session(w, w->peer.uid, ret);
	/* A boot script or the machine's own console is no operator. */
	if (w->peer.loginuid == JK_LOGINUID_UNSET)
		return JK_WHY_ACCOUNT_UNKNOWN;
	return jk_worker_find_session(w, (uid_t)w->peer.loginuid, ret);
}

/* One that is not in the matrix is denied, not "none is needed". */
static enum jk_function
function_of(const struct jk_claim *claim)
{
	const size_t n = jk_word_find(&jk_functions, claim->function);

	if (claim->function[0] == '\0')
		return JK_FUNCTION_COUNT;
	return n < JK_FUNCTION_COUNT ? (enum jk_function)n
	                             : JK_FUNCTION_COUNT + 1;
}

static enum jk_reason
decide(struct jk_worker *w, const struct jk_session *session,
    struct jk_outcome *o, struct jk_verdict *ret, struct jk_grant *ret_grant)
{
	static struct jk_facts facts;
	const struct jk_grant *g = &session->grant;
	const struct jk_asked asked = {
		.ask = JK_ASK_MANAGE,
		.session = session,
		.function = function_of(&w->claim),
	};
	struct jk_evidence evidence = { .method = g->method };

	memcpy(evidence.key, g->key, sizeof(evidence.key));
	*ret = jk_facts_decide_again(w, g, &asked, &facts);
	o->facts = &facts;
	o->opid = ret->opid;
	o->approvals = ret->approvals;
	if (ret->allowed) {
		jk_facts_grant(w, &facts, ret, &evidence, ret_grant);
		memcpy(ret_grant->receipt, g->receipt, sizeof(g->receipt));
	}
	return ret->why;
}

void
jk_request_manage(struct jk_worker *w)
{
	static struct jk_session session;
	struct jk_verdict verdict = { 0 };
	struct jk_grant grant = { 0 };
	char receipt[JK_RECEIPT_MAX + 1];
	struct jk_outcome o = {
		.op = JK_OP_MANAGE,
		.purpose = w->claim.command,
		.function = w->claim.function,
		.tries = JK_TRIES_UNKNOWN,
	};
	const struct jk_reply_more more = {
		.session = session.id,
		.holder = &grant,
	};
	enum jk_reason why = find_session(w, &session);

	if (why == JK_WHY_GRANTED) {
		o.session = session.id;
		why = decide(w, &session, &o, &verdict, &grant);
	}
	if (why == JK_WHY_GRANTED && jk_recorder_expect(&w->recorder) != JK_OK)
		why = JK_WHY_AUDIT_DOWN;
	if (why != JK_WHY_GRANTED) {
		jk_outcome_refuse(w, &o, why);
		return;
	}
	o.grant = &grant;
	if (jk_outcome_prove(w, &o, receipt) != JK_OK)
		return;
	if (!jk_facts_keep_in(w, &session, o.facts, &verdict))
		jk_outcome_withdraw(w, &o, JK_WHY_SESS_NONE);
	else
		(void)jk_outcome_grant(w, &more);
}
