/* SPDX-License-Identifier: BSD-2-Clause */
#include "rules.h"

#include <string.h>

#include "judge.h"

/* A locker that obeys at once is asked first, and all before a record waits. */
#define RETRY_FIRST_MS 100
/* One that was ended and still lives. */
#define AGAIN_MS 5000

void
jk_rules_init(struct jk_rules *rules, int64_t now)
{
	*rules = (struct jk_rules){ .start_ms = now, .idle_ms = now };
}

void
jk_rules_ended(struct jk_rules *rules, uid_t uid, int64_t now)
{
	jk_judge_remember(rules, uid, false, now);
}

void
jk_rules_answered(struct jk_rules *rules, enum jk_act_kind kind,
    const char *session, bool granted, int64_t now)
{
	struct jk_memo *m = strcmp(rules->spare.id, session) == 0
	                        ? &rules->spare
	                        : jk_judge_find_memo(rules, session);
	int64_t pause = RETRY_FIRST_MS;

	if (m == NULL)
		return;
	m->is_asked = false;
	if (!granted) {
		for (unsigned i = 0; i < m->failures && pause < JK_RETRY_MS;
		     i++)
			pause *= 2;
		m->retry_ms = now + (pause < JK_RETRY_MS ? pause : JK_RETRY_MS);
		m->failures++;
		return;
	}
	m->failures = 0;
	m->retry_ms = 0;
	if (kind == JK_ACT_END) {
		m->retry_ms = now + AGAIN_MS;
		return;
	}
	m->done_ms = now;
	m->started = true;
	m->owed = JK_CAUSE_NONE;
}

void
jk_rules_step(struct jk_rules *rules, const struct jk_view *view, int64_t now,
    struct jk_acts *ret)
{
	struct jk_step s = {
		.rules = rules,
		.view = view,
		.settings = &view->sessions->settings,
		.now = now,
		.acts = ret,
	};

	ret->n = 0;
	ret->left = ret->watch = false;
	ret->next_ms = INT64_MAX;
	jk_judge_sessions(&s);
	jk_judge_gone(&s);
	jk_judge_readers(&s);
}
