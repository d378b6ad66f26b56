/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in the readers: recorded, and told when it is left there. */
#include <string.h>

#include "judge.h"

/* Records of one reader: a loose contact must not fill the log. */
#define TOKENS_MAX 30
#define TOKEN_MS   2000

static struct jk_slot_memo *
slot_memo(struct jk_rules *rules, const struct jk_readers *readers,
    const char *name)
{
	struct jk_slot_memo *free_one = NULL;

	for (size_t i = 0; i < rules->n_slots; i++) {
		if (strcmp(rules->slot[i].name, name) == 0)
			return &rules->slot[i];
		if (jk_readers_find(readers, rules->slot[i].name) == NULL)
			free_one = &rules->slot[i];
	}
	if (rules->n_slots < JK_READERS_MAX)
		free_one = &rules->slot[rules->n_slots++];
	if (free_one == NULL)
		return NULL;
	*free_one = (struct jk_slot_memo){ .tokens = TOKENS_MAX };
	jk_judge_copy(free_one->name, name, sizeof(free_one->name));
	return free_one;
}

static void
refill(struct jk_slot_memo *m, int64_t now)
{
	const int64_t more = (now - m->tokens_ms) / TOKEN_MS;

	if (more <= 0)
		return;
	m->tokens = more >= TOKENS_MAX || m->tokens + more >= TOKENS_MAX
	                ? TOKENS_MAX
	                : m->tokens + (unsigned)more;
	m->tokens_ms = now;
}

static void
see(struct jk_step *s, const struct jk_slot_memo *m, enum jk_cause cause,
    int64_t ms)
{
	const struct jk_sessions *sessions = s->view->sessions;
	struct jk_act *act = jk_judge_put(s, JK_ACT_SEEN);

	if (act == NULL)
		return;
	act->cause = cause;
	act->seconds = ms / 1000;
	jk_judge_copy(act->reader, m->name, sizeof(act->reader));
	for (size_t i = 0; i < sessions->n; i++)
		if (strcmp(sessions->live[i].reader, m->name) == 0)
			jk_judge_copy(act->session, sessions->live[i].id,
			    sizeof(act->session));
}

static void
see_taken(struct jk_step *s, struct jk_slot_memo *m)
{
	see(s, m, JK_CAUSE_TAKEN, m->left_ms != 0 ? s->now - m->left_ms : 0);
	m->left_ms = 0;
}

/* Each change is one record, while there are not too many. */
static void
record_presence(struct jk_step *s, struct jk_slot_memo *m,
    const struct jk_reader *r)
{
	const bool spell = m->outage_ms == s->view->readers->since_ms;
	const bool swapped = m->is_known && spell && m->present && r->present &&
	                     m->events != r->events;

	if (m->is_known && m->present == r->present && !swapped) {
		m->events = r->events;
		m->outage_ms = s->view->readers->since_ms;
		return;
	}
	refill(m, s->now);
	if (m->tokens < 2) {
		jk_judge_again(s, m->tokens_ms + 2 * TOKEN_MS);
		return;
	}
	if (swapped || (m->is_known && m->present)) {
		see_taken(s, m);
		m->tokens--;
	}
	if (r->present) {
		see(s, m, JK_CAUSE_INSERTED, 0);
		m->tokens--;
	}
	m->is_known = true;
	m->present = r->present;
	m->events = r->events;
	m->outage_ms = s->view->readers->since_ms;
}

/* 0: the card is where it should be. */
static int64_t
left_since(const struct jk_step *s, const struct jk_reader *r)
{
	if (!r->present || s->rules->idle_ms == 0)
		return 0;
	return r->since_ms > s->rules->idle_ms ? r->since_ms
	                                       : s->rules->idle_ms;
}

/* The person is told each time, the log at the 1st, 2nd, 4th, 8th ... */
static void
tell_left(struct jk_step *s, struct jk_slot_memo *m, int64_t since)
{
	const int64_t every = s->settings->left_ms;
	const int64_t times = (s->now - since) / every;
	struct jk_act *act;

	if (m->left_ms != since) {
		m->left_ms = since;
		m->told = 0;
		m->record_at = 1;
	}
	jk_judge_again(s, since + (times + 1) * every);
	if (times <= m->told)
		return;
	act = jk_judge_put(s, JK_ACT_TELL);
	if (act == NULL)
		return;
	jk_judge_copy(act->reader, m->name, sizeof(act->reader));
	act->seconds = (s->now - since) / 1000;
	m->told = times;
	if (times < m->record_at)
		return;
	see(s, m, JK_CAUSE_LEFT, s->now - since);
	while (m->record_at <= times)
		m->record_at *= 2;
}

static void
judge_reader(struct jk_step *s, const struct jk_reader *r)
{
	struct jk_slot_memo *m = slot_memo(s->rules, s->view->readers, r->name);
	const int64_t since = left_since(s, r);
	const int64_t every = s->settings->left_ms;

	if (m == NULL)
		return;
	record_presence(s, m, r);
	if (since == 0 || every == 0 || s->now - since < every) {
		m->left_ms = 0;
		if (since != 0 && every != 0)
			jk_judge_again(s, since + every);
	} else {
		tell_left(s, m, since);
	}
	s->acts->left = s->acts->left || m->left_ms != 0;
}

/* Since when no session accounts for a card that is in a reader. */
static void
follow_use(struct jk_step *s)
{
	const struct jk_sessions *sessions = s->view->sessions;
	int64_t idle = s->rules->idle_ms == 0 ? s->now : s->rules->idle_ms;

	for (size_t i = 0; i < sessions->n; i++) {
		const struct jk_live *live = &sessions->live[i];
		const struct jk_memo *memo =
		    jk_judge_find_memo(s->rules, live->id);

		if (memo == NULL || !jk_judge_is_active(s, live, memo))
			continue;
		/* Taken out as soon as it has proven who it is, or for good. */
		if (s->settings->present != JK_PRESENT_NEVER)
			idle = 0;
		else if (live->proven_ms > idle)
			idle = live->proven_ms;
		if (idle == 0)
			break;
	}
	s->rules->idle_ms = idle;
}

void
jk_judge_readers(struct jk_step *s)
{
	const struct jk_readers *readers = s->view->readers;

	follow_use(s);
	if (!readers->known) {
		for (size_t i = 0; i < s->rules->n_slots; i++)
			s->acts->left =
			    s->acts->left || s->rules->slot[i].left_ms != 0;
		return;
	}
	for (size_t i = 0; i < readers->n; i++)
		judge_reader(s, &readers->reader[i]);
}
