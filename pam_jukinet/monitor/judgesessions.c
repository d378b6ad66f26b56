/* SPDX-License-Identifier: BSD-2-Clause */
/* Sessions that live: why one is locked, or ends. */
#include <string.h>

#include "judge.h"

/* More than this many openings without a proof in OPENINGS_MS end a session. */
#define OPENINGS_MAX 5
#define OPENINGS_MS  60000
/* logind's Unlock and the locker's own word are one opening. */
#define SAME_MS 1000
/* While a second person confirms: whether his conversation still lives. */
#define CONFIRMING_MS 1000

static const struct jk_live *
find_live(const struct jk_sessions *sessions, const char *id)
{
	for (size_t i = 0; i < sessions->n; i++)
		if (strcmp(sessions->live[i].id, id) == 0)
			return &sessions->live[i];
	return NULL;
}

static struct jk_memo
memo_of(const struct jk_live *live)
{
	struct jk_memo m = { .uid = live->uid };

	jk_judge_copy(m.id, live->id, sizeof(m.id));
	return m;
}

/* Those that have ended are forgotten, those that are new get a place. */
static void
match_memos(struct jk_step *s)
{
	struct jk_rules *r = s->rules;
	const struct jk_sessions *sessions = s->view->sessions;
	size_t kept = 0;

	for (size_t i = 0; i < r->n_memos; i++) {
		if (find_live(sessions, r->memo[i].id) != NULL)
			r->memo[kept++] = r->memo[i];
		else if (!jk_judge_has_live(sessions, r->memo[i].uid))
			jk_judge_remember(r, r->memo[i].uid,
			    r->memo[i].ending != JK_CAUSE_NONE, s->now);
	}
	r->n_memos = kept;
	for (size_t i = 0; i < sessions->n; i++) {
		const struct jk_live *live = &sessions->live[i];

		if (jk_judge_find_memo(r, live->id) == NULL)
			r->memo[r->n_memos++] = memo_of(live);
	}
}

static enum jk_cause
why_required(struct jk_step *s, const struct jk_live *live)
{
	const struct jk_readers *readers = s->view->readers;
	const struct jk_reader *r;

	if (live->reader[0] == '\0')
		return JK_CAUSE_CARD_REMOVED;
	if (!readers->known) {
		if (s->now >= readers->since_ms)
			return JK_CAUSE_READER_DOWN;
		jk_judge_again(s, readers->since_ms);
		return JK_CAUSE_NONE;
	}
	r = jk_readers_find(readers, live->reader);
	if (r == NULL || r->gone)
		return JK_CAUSE_READER_GONE;
	if (!r->present || live->proven_ms < r->unsure_ms)
		return JK_CAUSE_CARD_REMOVED;
	return JK_CAUSE_NONE;
}

/* Only what was seen to happen after the proof. */
static enum jk_cause
why_removed(const struct jk_step *s, const struct jk_live *live)
{
	const struct jk_readers *readers = s->view->readers;
	const struct jk_reader *r = jk_readers_find(readers, live->reader);

	if (s->settings->removal == JK_REMOVAL_NONE || !readers->known ||
	    r == NULL || r->unsure_ms <= live->proven_ms)
		return JK_CAUSE_NONE;
	/* A reader that was first seen then was not seen to change. */
	if (r->unsure_ms <= r->first_ms)
		return JK_CAUSE_NONE;
	return r->gone ? JK_CAUSE_READER_GONE : JK_CAUSE_CARD_REMOVED;
}

static enum jk_cause
why_card(struct jk_step *s, const struct jk_live *live)
{
	switch (s->settings->present) {
	case JK_PRESENT_AT_LOGIN:
		return why_removed(s, live);
	case JK_PRESENT_NEVER:
		return JK_CAUSE_NONE;
	case JK_PRESENT_REQUIRED:
	case JK_PRESENT_COUNT:
		break;
	}
	return why_required(s, live);
}

/* Why an active session may not stay so; JK_CAUSE_NONE: it may. */
static enum jk_cause
why_lock(struct jk_step *s, const struct jk_live *live,
    const struct jk_memo *memo)
{
	const int64_t sleep_ms = s->view->screens->sleep_ms;
	enum jk_cause cause;

	if (s->settings->present == JK_PRESENT_REQUIRED && !memo->started &&
	    live->since_ms < s->rules->start_ms)
		return JK_CAUSE_MONITOR_START;
	cause = live->confirming ? JK_CAUSE_NONE : why_card(s, live);
	if (cause != JK_CAUSE_NONE)
		return cause;
	if (sleep_ms != 0 && live->since_ms < sleep_ms)
		return JK_CAUSE_SLEEP;
	return jk_judge_screen_locked_at(s, live, memo) != 0 ? JK_CAUSE_SCREEN
	                                                     : JK_CAUSE_NONE;
}

static bool
may_ask(struct jk_step *s, const struct jk_memo *memo)
{
	if (memo->is_asked)
		return false;
	if (s->now < memo->retry_ms) {
		jk_judge_again(s, memo->retry_ms);
		return false;
	}
	return true;
}

static void
ask(struct jk_step *s, struct jk_memo *memo, enum jk_act_kind kind,
    enum jk_cause cause)
{
	struct jk_act *act;

	if (!may_ask(s, memo) || (act = jk_judge_put(s, kind)) == NULL)
		return;
	act->cause = cause;
	act->uid = memo->uid;
	jk_judge_copy(act->session, memo->id, sizeof(act->session));
	memo->is_asked = true;
}

/* A session that must end is asked to until it has. */
static void
end_session(struct jk_step *s, struct jk_memo *memo, enum jk_cause cause)
{
	if (memo->ending == JK_CAUSE_NONE)
		memo->ending = cause;
	if (!may_ask(s, memo))
		return;
	ask(s, memo, JK_ACT_END, memo->ending);
	jk_judge_end_screens(s, memo->uid);
}

/* true: too many. */
static bool
count_opening(struct jk_memo *memo, int64_t at)
{
	if (memo->openings == 0 || at - memo->openings_ms > OPENINGS_MS) {
		memo->openings = 0;
		memo->openings_ms = at;
	}
	memo->openings++;
	memo->counted_ms = at;
	return memo->openings > OPENINGS_MAX;
}

/*
 * The locker opens after jukinetd has made the session active, so only what
 * jukinetd says after the opening tells whether it was proven.
 */
static bool
judge_openings(struct jk_step *s, struct jk_memo *memo)
{
	const int64_t at = jk_judge_last_opening(s, memo);

	if (at == 0)
		return false;
	if (s->view->sessions->asked_ms <= at) {
		(void)jk_judge_put(s, JK_ACT_LOOK);
		return false;
	}
	memo->judged_ms = at;
	jk_judge_lock_screens(s, memo->uid, s->now, 0);
	if (memo->counted_ms != 0 && at - memo->counted_ms < SAME_MS)
		return false;
	memo->owed = JK_CAUSE_UNPROVEN;
	return count_opening(memo, at);
}

static bool
is_locked_long(struct jk_step *s, const struct jk_live *live)
{
	const int64_t max = s->settings->locked_max_ms;

	if (max == 0 || live->active)
		return false;
	if (s->now - live->since_ms >= max)
		return true;
	jk_judge_again(s, live->since_ms + max);
	return false;
}

static void
keep_locked(struct jk_step *s, const struct jk_live *live, struct jk_memo *memo)
{
	if (judge_openings(s, memo) || jk_judge_is_ignored(s, memo) ||
	    jk_judge_is_unheard(s, memo->uid, memo->begun_ms)) {
		end_session(s, memo, JK_CAUSE_LOCK_IGNORED);
		return;
	}
	if (is_locked_long(s, live)) {
		end_session(s, memo, JK_CAUSE_LOCKED_LONG);
		return;
	}
	if (memo->owed != JK_CAUSE_NONE)
		ask(s, memo, JK_ACT_LOCK, memo->owed);
}

static bool
is_logout(const struct jk_step *s, enum jk_cause cause)
{
	return s->settings->removal == JK_REMOVAL_LOGOUT &&
	       (cause == JK_CAUSE_CARD_REMOVED ||
	           cause == JK_CAUSE_READER_GONE);
}

/* Nobody tells when that is over because its conversation has died. */
static void
follow_confirming(struct jk_step *s)
{
	const int64_t at = s->view->sessions->asked_ms + CONFIRMING_MS;

	if (s->now < at) {
		jk_judge_again(s, at);
		return;
	}
	(void)jk_judge_put(s, JK_ACT_LOOK);
	jk_judge_again(s, s->now + CONFIRMING_MS);
}

static void
judge_session(struct jk_step *s, const struct jk_live *live,
    struct jk_memo *memo)
{
	const bool active = jk_judge_is_active(s, live, memo);
	enum jk_cause cause = active ? why_lock(s, live, memo) : JK_CAUSE_NONE;

	if (memo->ending != JK_CAUSE_NONE) {
		end_session(s, memo, memo->ending);
		return;
	}
	if (active && live->confirming)
		follow_confirming(s);
	if (active && cause == JK_CAUSE_NONE) {
		memo->begun_ms = 0;
		memo->owed = JK_CAUSE_NONE;
		return;
	}
	/* A locker that said it itself is not asked again. */
	if (memo->begun_ms == 0)
		memo->begun_ms = cause == JK_CAUSE_SCREEN
		                     ? jk_judge_screen_locked_at(s, live, memo)
		                     : s->now;
	if (is_logout(s, cause)) {
		end_session(s, memo, JK_CAUSE_REMOVAL);
		return;
	}
	/* The screen waits for nobody. */
	jk_judge_lock_screens(s, memo->uid, memo->begun_ms, memo->begun_ms);
	if (!active) {
		keep_locked(s, live, memo);
		return;
	}
	ask(s, memo, JK_ACT_LOCK, cause);
}

/* Nobody would see its card go. What is locked gives its place to the next. */
static bool
judge_spare(struct jk_step *s)
{
	const struct jk_live *live = &s->view->sessions->spare;
	struct jk_memo *memo = &s->rules->spare;

	if (live->id[0] == '\0')
		return false;
	if (strcmp(memo->id, live->id) != 0)
		*memo = memo_of(live);
	if (!jk_judge_is_active(s, live, memo))
		return false;
	if (memo->begun_ms == 0 || memo->begun_ms < live->since_ms)
		memo->begun_ms = s->now;
	jk_judge_lock_screens(s, memo->uid, memo->begun_ms, memo->begun_ms);
	ask(s, memo, JK_ACT_LOCK, JK_CAUSE_UNWATCHED);
	return true;
}

void
jk_judge_sessions(struct jk_step *s)
{
	const struct jk_sessions *sessions = s->view->sessions;
	bool is_any;

	match_memos(s);
	is_any = judge_spare(s);
	for (size_t i = 0; i < sessions->n; i++) {
		const struct jk_live *live = &sessions->live[i];
		struct jk_memo *memo = jk_judge_find_memo(s->rules, live->id);

		if (memo == NULL)
			continue;
		judge_session(s, live, memo);
		is_any = is_any || jk_judge_is_active(s, live, memo);
	}
	s->acts->watch = is_any && s->settings->present == JK_PRESENT_REQUIRED;
	if (s->view->screens->sleep_ms != 0 && !is_any &&
	    sessions->asked_ms > s->view->screens->sleep_ms)
		(void)jk_judge_put(s, JK_ACT_SLEEP);
}
