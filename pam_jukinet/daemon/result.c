/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RESULT: how many persons came out of a lookup. It grants nothing, so it is
 * taken also when the session was locked meanwhile; once for each, and again
 * where its record was void.
 */
#include <string.h>

#include "use.h"
#include "worker.h"

static struct jk_past *
find(struct jk_use *u, const char *id)
{
	for (size_t i = 0; i < JK_USE_PAST; i++)
		if (strcmp(u->past[i].id, id) == 0)
			return &u->past[i];
	return NULL;
}

void
jk_use_result_over(struct jk_use *u, const char *id, bool proven)
{
	struct jk_past *past = find(u, id);

	if (past == NULL)
		return;
	past->told = false;
	if (proven)
		past->id[0] = '\0';
}

void
jk_use_result(struct jk_use *u, const struct jk_query *q)
{
	const struct jk_settings *s = &u->w->place.settings;
	struct jk_past *past = find(u, q->id);
	struct jk_outcome_use ou;
	struct jk_outcome o;

	(void)jk_use_look(u);
	jk_use_outcome(u, JK_OP_RESULT, &o, &ou);
	ou.of = q->id;
	ou.count = &q->count;
	if (past == NULL || past->told) {
		/* There is no end of these. */
		jk_tally_take(&u->tally, s->lookup_rate, s->lookup_burst);
		jk_use_refuse(u, q->seq, &o, JK_WHY_QUERY_NONE);
		return;
	}
	if (!jk_pool_is_ready(&u->pool)) {
		jk_use_refuse(u, q->seq, &o, JK_WHY_AUDIT_DOWN);
		return;
	}
	if (q->count > past->persons) {
		(void)jk_tally_add(&u->tally, q->count - past->persons);
		past->persons = q->count;
	}
	past->told = true;
	jk_use_launch(u, q, JK_FRAME_RESULT, &o, NULL, NULL);
}
