/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DONE: the entry of the use ledger (使用簿, T-07), as the operator has confirmed
 * it. The record has its number of persons and names its text, which is kept.
 */
#include "use.h"
#include "worker.h"

void
jk_use_done(struct jk_use *u, const struct jk_query *q)
{
	char text[JK_ID_LEN + 1];
	struct jk_outcome_use ou;
	struct jk_outcome o;

	(void)jk_use_look(u);
	jk_use_outcome(u, JK_OP_LEDGER, &o, &ou);
	ou.count = q->has_count ? &q->count : NULL;
	ou.requirement = text;
	if (!jk_pool_is_ready(&u->pool) ||
	    jk_use_keep_text(u, "entry", q->text, text) != JK_OK) {
		ou.requirement = NULL;
		jk_use_refuse(u, q->seq, &o, JK_WHY_AUDIT_DOWN);
		return;
	}
	jk_use_launch(u, q, JK_FRAME_DONE, &o, NULL);
}
