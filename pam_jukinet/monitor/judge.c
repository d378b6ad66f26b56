/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge.h"

#include <stdio.h>
#include <string.h>

void
jk_judge_again(struct jk_step *s, int64_t at)
{
	if (at < s->acts->next_ms)
		s->acts->next_ms = at;
}

struct jk_act *
jk_judge_put(struct jk_step *s, enum jk_act_kind kind)
{
	struct jk_act *act;

	if (s->acts->n == JK_ACTS_MAX) {
		jk_judge_again(s, s->now);
		return NULL;
	}
	act = &s->acts->act[s->acts->n++];
	*act = (struct jk_act){ .kind = kind };
	return act;
}

void
jk_judge_copy(char *ret, const char *text, size_t size)
{
	(void)snprintf(ret, size, "%s", text);
}

bool
jk_judge_has_live(const struct jk_sessions *sessions, uid_t uid)
{
	for (size_t i = 0; i < sessions->n; i++)
		if (sessions->live[i].uid == uid)
			return true;
	for (size_t i = 0; i < sessions->n_more; i++)
		if (sessions->more[i] == uid)
			return true;
	return false;
}

struct jk_memo *
jk_judge_find_memo(struct jk_rules *rules, const char *id)
{
	for (size_t i = 0; i < rules->n_memos; i++)
		if (strcmp(rules->memo[i].id, id) == 0)
			return &rules->memo[i];
	return NULL;
}

bool
jk_judge_is_active(const struct jk_step *s, const struct jk_live *live,
    const struct jk_memo *memo)
{
	return live->active && memo->done_ms < s->view->sessions->asked_ms;
}
