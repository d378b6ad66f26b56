/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * USES: what was done in this session and has no entry in the use ledger yet, by
 * whichever program. It is read once and told page by page, so that all pages
 * are of one moment. It grants nothing and names nobody: it has no record, and
 * is told also while the session is locked.
 */
#include "log.h"
#include "use.h"
#include "worker.h"

static enum jk_reason
look(struct jk_use *u, const struct jk_query *q)
{
	enum jk_err e;

	if (q->index > 0)
		return u->book.shown != NULL ? JK_WHY_GRANTED
		                             : JK_WHY_LEDGER_CHANGED;
	e = jk_usebook_look(&u->book);
	if (e == JK_OK)
		return JK_WHY_GRANTED;
	jk_log(JK_LOG_ERR, "use %s: its session's uses: %s", u->id,
	    jk_err_text(e));
	return JK_WHY_INTERNAL;
}

static enum jk_err
tell_page(struct jk_use *u, const struct jk_query *q)
{
	const struct jk_usebook_view *v = u->book.shown;
	enum jk_err e = JK_OK;

	for (uint64_t i = q->index;
	     i < v->n && i - q->index < JK_USED_PAGE && e == JK_OK; i++)
		e = jk_reply_used(u->w, q->seq, &v->row[i]);
	return e;
}

void
jk_use_list(struct jk_use *u, const struct jk_query *q)
{
	struct jk_answer a = { .seq = q->seq };

	a.why = look(u, q);
	/* Whoever does not read his answers is not asked any more. */
	if ((a.why == JK_WHY_GRANTED && tell_page(u, q) != JK_OK) ||
	    jk_reply_answer(u->w, &a) != JK_OK)
		u->over = true;
}
