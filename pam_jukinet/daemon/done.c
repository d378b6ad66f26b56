/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DONE: the entry of the use ledger (使用簿, T-07), as the operator has confirmed
 * it, of this use or of all in the session that have none. The record has its
 * number of persons and names its text, which is kept.
 */
#include "use.h"
#include "worker.h"

/* Nobody confirms what he has not seen, and nothing is entered twice. */
static enum jk_reason
begin_entry(struct jk_use *u, const struct jk_query *q)
{
	const struct jk_usebook_counts seen = { {
	    [JK_USEBOOK_ALLOWED] = q->allowed,
	    [JK_USEBOOK_REFUSED] = q->refused,
	    [JK_USEBOOK_PERSONS] = q->count,
	} };
	const enum jk_err e =
	    q->all ? jk_usebook_begin_entry(&u->book, q->uses, &seen)
	           : jk_usebook_begin_own(&u->book);

	return e == JK_OK ? JK_WHY_GRANTED : JK_WHY_LEDGER_CHANGED;
}

void
jk_use_done_over(struct jk_use *u, const struct jk_query *q, bool made)
{
	if (q->all)
		jk_usebook_end_entry(&u->book, made);
	else
		jk_usebook_end_own(&u->book, made);
}

/* What it takes, the lock of the book last: no record waits for it. */
static enum jk_reason
prepare(struct jk_use *u, const struct jk_query *q,
    char ret_text[static JK_ID_LEN + 1])
{
	enum jk_reason why;

	if (!jk_pool_is_ready(&u->pool))
		return JK_WHY_AUDIT_DOWN;
	why = begin_entry(u, q);
	if (why != JK_WHY_GRANTED)
		return why;
	if (jk_use_keep_text(u, "entry", q->text, ret_text) == JK_OK)
		return JK_WHY_GRANTED;
	jk_use_done_over(u, q, false);
	return JK_WHY_AUDIT_DOWN;
}

void
jk_use_done(struct jk_use *u, const struct jk_query *q)
{
	char text[JK_ID_LEN + 1] = "";
	struct jk_outcome_use ou;
	struct jk_outcome o;
	enum jk_reason why;

	(void)jk_use_look(u);
	jk_use_outcome(u, JK_OP_LEDGER, &o, &ou);
	ou.count = q->has_count ? &q->count : NULL;
	why = prepare(u, q, text);
	if (why != JK_WHY_GRANTED) {
		jk_use_refuse(u, q->seq, &o, why);
		return;
	}
	ou.requirement = text;
	jk_use_launch(u, q, JK_FRAME_DONE, &o, NULL, NULL);
}
