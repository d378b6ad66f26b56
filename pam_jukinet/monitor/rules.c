/* SPDX-License-Identifier: BSD-2-Clause */
#include "rules.h"

#include <stdio.h>
#include <string.h>

/* More than this many openings without a proof in OPENINGS_MS end a session. */
#define OPENINGS_MAX 5
#define OPENINGS_MS  60000
/* logind's Unlock and the locker's own word are one opening. */
#define SAME_MS 1000
/* A locker that obeys at once is asked first, and all before a record waits. */
#define RETRY_FIRST_MS 100
/* One that was ended and still lives, or whose processes do. */
#define AGAIN_MS  5000
#define TRIES_MAX 5
/* For what login programs have to do at the end. */
#define GRACE_MS 2000
/* While a second person confirms: whether his conversation still lives. */
#define CONFIRMING_MS 1000
/* A logind that takes no lock and tells nothing for so long does not help. */
#define UNHEARD_MS 5000
/* Records of one reader: a loose contact must not fill the log. */
#define TOKENS_MAX 30
#define TOKEN_MS   2000

struct step {
	struct jk_rules *rules;
	const struct jk_view *view;
	const struct jk_settings *settings;
	int64_t now;
	struct jk_acts *acts;
};

void
jk_rules_init(struct jk_rules *rules, int64_t now)
{
	*rules = (struct jk_rules){ .start_ms = now, .idle_ms = now };
}

static void
come_again(struct step *s, int64_t at)
{
	if (at < s->acts->next_ms)
		s->acts->next_ms = at;
}

/* NULL: no room; then it is done at the next step, which comes at once. */
static struct jk_act *
put(struct step *s, enum jk_act_kind kind)
{
	struct jk_act *act;

	if (s->acts->n == JK_ACTS_MAX) {
		come_again(s, s->now);
		return NULL;
	}
	act = &s->acts->act[s->acts->n++];
	*act = (struct jk_act){ .kind = kind };
	return act;
}

static void
copy(char *ret, const char *text, size_t size)
{
	(void)snprintf(ret, size, "%s", text);
}

/* --- sessions ------------------------------------------------------------ */

static const struct jk_live *
find_live(const struct jk_sessions *sessions, const char *id)
{
	for (size_t i = 0; i < sessions->n; i++)
		if (strcmp(sessions->live[i].id, id) == 0)
			return &sessions->live[i];
	return NULL;
}

static bool
has_live(const struct jk_sessions *sessions, uid_t uid)
{
	for (size_t i = 0; i < sessions->n; i++)
		if (sessions->live[i].uid == uid)
			return true;
	for (size_t i = 0; i < sessions->n_more; i++)
		if (sessions->more[i] == uid)
			return true;
	return false;
}

static struct jk_memo *
find_memo(struct jk_rules *rules, const char *id)
{
	for (size_t i = 0; i < rules->n_memos; i++)
		if (strcmp(rules->memo[i].id, id) == 0)
			return &rules->memo[i];
	return NULL;
}

static struct jk_memo
memo_of(const struct jk_live *live)
{
	struct jk_memo m = { .uid = live->uid };

	copy(m.id, live->id, sizeof(m.id));
	return m;
}

static void
remember_gone(struct jk_rules *rules, uid_t uid, bool is_forced, int64_t now)
{
	struct jk_gone *g = NULL;

	for (size_t i = 0; i < rules->n_gone; i++)
		if (rules->gone[i].uid == uid)
			g = &rules->gone[i];
	if (g == NULL) {
		if (rules->n_gone == JK_GONE_MAX)
			return;
		g = &rules->gone[rules->n_gone++];
		*g = (struct jk_gone){ .uid = uid };
	}
	g->is_forced = g->is_forced || is_forced;
	g->tries = 0;
	g->next_ms = now + GRACE_MS;
}

void
jk_rules_ended(struct jk_rules *rules, uid_t uid, int64_t now)
{
	remember_gone(rules, uid, false, now);
}

/* Those that have ended are forgotten, those that are new get a place. */
static void
match_memos(struct step *s)
{
	struct jk_rules *r = s->rules;
	const struct jk_sessions *sessions = s->view->sessions;
	size_t kept = 0;

	for (size_t i = 0; i < r->n_memos; i++) {
		if (find_live(sessions, r->memo[i].id) != NULL)
			r->memo[kept++] = r->memo[i];
		else if (!has_live(sessions, r->memo[i].uid))
			remember_gone(r, r->memo[i].uid,
			    r->memo[i].ending != JK_CAUSE_NONE, s->now);
	}
	r->n_memos = kept;
	for (size_t i = 0; i < sessions->n; i++) {
		const struct jk_live *live = &sessions->live[i];

		if (find_memo(r, live->id) == NULL)
			r->memo[r->n_memos++] = memo_of(live);
	}
}

/* What jukinetd has told may be older than what it has granted since. */
static bool
is_active(const struct step *s, const struct jk_live *live,
    const struct jk_memo *memo)
{
	return live->active && memo->done_ms < s->view->sessions->asked_ms;
}

static enum jk_cause
why_required(struct step *s, const struct jk_live *live)
{
	const struct jk_readers *readers = s->view->readers;
	const struct jk_reader *r;

	if (live->reader[0] == '\0')
		return JK_CAUSE_CARD_REMOVED;
	if (!readers->known) {
		if (s->now >= readers->since_ms)
			return JK_CAUSE_READER_DOWN;
		come_again(s, readers->since_ms);
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
why_removed(const struct step *s, const struct jk_live *live)
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
why_card(struct step *s, const struct jk_live *live)
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

/* When a locker said so, or was asked to by logind; 0: nothing of the kind. */
static int64_t
screen_locked_at(const struct step *s, const struct jk_live *live,
    const struct jk_memo *memo)
{
	const struct jk_screens *screens = s->view->screens;

	for (size_t i = 0; i < screens->n; i++) {
		const struct jk_screen *screen = &screens->screen[i];

		if (screen->uid == live->uid &&
		    screen->locked_ms > live->since_ms &&
		    screen->locked_ms > memo->done_ms)
			return screen->locked_ms;
	}
	return 0;
}

/* Why an active session may not stay so; JK_CAUSE_NONE: it may. */
static enum jk_cause
why_lock(struct step *s, const struct jk_live *live, const struct jk_memo *memo)
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
	return screen_locked_at(s, live, memo) != 0 ? JK_CAUSE_SCREEN
	                                            : JK_CAUSE_NONE;
}

/* --- what is asked for --------------------------------------------------- */

static bool
may_ask(struct step *s, const struct jk_memo *memo)
{
	if (memo->is_asked)
		return false;
	if (s->now < memo->retry_ms) {
		come_again(s, memo->retry_ms);
		return false;
	}
	return true;
}

static void
ask(struct step *s, struct jk_memo *memo, enum jk_act_kind kind,
    enum jk_cause cause)
{
	struct jk_act *act;

	if (!may_ask(s, memo) || (act = put(s, kind)) == NULL)
		return;
	act->cause = cause;
	act->uid = memo->uid;
	copy(act->session, memo->id, sizeof(act->session));
	memo->is_asked = true;
}

void
jk_rules_answered(struct jk_rules *rules, enum jk_act_kind kind,
    const char *session, bool granted, int64_t now)
{
	struct jk_memo *m = strcmp(rules->spare.id, session) == 0
	                        ? &rules->spare
	                        : find_memo(rules, session);
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

static void
put_screen(struct step *s, enum jk_act_kind kind,
    const struct jk_screen *screen)
{
	struct jk_act *act = put(s, kind);

	if (act != NULL)
		copy(act->screen, screen->id, sizeof(act->screen));
}

/*
 * A screen is asked unless that was done since `asked_ms`, or it has said by
 * itself since `said_ms` that it is locked: an older word may be that of a locker
 * that has died meanwhile.
 */
static void
lock_screens(struct step *s, uid_t uid, int64_t asked_ms, int64_t said_ms)
{
	const struct jk_screens *screens = s->view->screens;

	for (size_t i = 0; i < screens->n; i++) {
		const struct jk_screen *screen = &screens->screen[i];

		if (screen->uid == uid && screen->asked_ms < asked_ms &&
		    !(screen->locked && screen->locked_ms >= said_ms))
			put_screen(s, JK_ACT_LOCK_SCREEN, screen);
	}
}

static void
end_screens(struct step *s, uid_t uid)
{
	const struct jk_screens *screens = s->view->screens;

	for (size_t i = 0; i < screens->n; i++)
		if (screens->screen[i].uid == uid)
			put_screen(s, JK_ACT_TERMINATE, &screens->screen[i]);
}

/* A session that must end is asked to until it has. */
static void
end_session(struct step *s, struct jk_memo *memo, enum jk_cause cause)
{
	if (memo->ending == JK_CAUSE_NONE)
		memo->ending = cause;
	if (!may_ask(s, memo))
		return;
	ask(s, memo, JK_ACT_END, memo->ending);
	end_screens(s, memo->uid);
}

/* --- while it is locked -------------------------------------------------- */

/*
 * Its user may ask for the same as often as he likes. One that nobody waits for
 * has locked; if it is open again, it opened for who was proven, and jukinetd has
 * to be asked first, or it is asked to lock once more.
 */
static int64_t
waits_since(const struct jk_screen *screen, const struct jk_memo *memo)
{
	if (screen->waits_ms == 0)
		return screen->opened_ms > screen->asked_ms ? screen->opened_ms
		                                            : screen->asked_ms;
	return screen->waits_ms > memo->begun_ms ? screen->waits_ms
	                                         : memo->begun_ms;
}

/* Did a locker not say in time that it locked? */
static bool
is_ignored(struct step *s, const struct jk_memo *memo)
{
	const struct jk_screens *screens = s->view->screens;
	const int64_t within = s->settings->lock_within_ms;

	/* Nobody can obey in his sleep, and that time is not taken off. */
	if (within == 0 || !screens->known || screens->sleep_ms != 0)
		return false;
	for (size_t i = 0; i < screens->n; i++) {
		const struct jk_screen *screen = &screens->screen[i];
		const int64_t since = waits_since(screen, memo);

		if (screen->uid != memo->uid || screen->locked ||
		    screen->asked_ms < memo->begun_ms)
			continue;
		if (s->now - since >= within)
			return true;
		come_again(s, since + within);
	}
	return false;
}

/*
 * Does logind leave unanswered what concerns the account's screens? Others may
 * keep it busy for as long as they like. It has its time after `from`.
 */
static bool
is_unheard(struct step *s, uid_t uid, int64_t from)
{
	const struct jk_screens *screens = s->view->screens;
	int64_t since = 0;
	bool has_any = false;

	if (screens->sleep_ms != 0)
		return false;
	for (size_t i = 0; i < screens->n; i++) {
		const struct jk_screen *screen = &screens->screen[i];

		if (screen->uid != uid)
			continue;
		has_any = true;
		if (screen->unheard_ms != 0 &&
		    (since == 0 || screen->unheard_ms < since))
			since = screen->unheard_ms;
	}
	/* It may be open, and nobody would see that. */
	for (size_t i = 0; i < screens->n_beyond; i++)
		if (screens->beyond[i].uid == uid &&
		    (since == 0 || screens->beyond[i].since_ms < since))
			since = screens->beyond[i].since_ms;
	has_any = has_any || since != 0;
	/* One of those that are not known may be its. */
	if (!has_any)
		since = screens->unheard_ms;
	if (since == 0)
		return false;
	if (since < from)
		since = from;
	if (s->now - since >= UNHEARD_MS)
		return true;
	come_again(s, since + UNHEARD_MS);
	return false;
}

/* When a screen was opened last that nobody has judged yet; 0: none. */
static int64_t
last_opening(const struct step *s, const struct jk_memo *memo)
{
	const struct jk_screens *screens = s->view->screens;
	int64_t at = 0;

	for (size_t i = 0; i < screens->n; i++) {
		const struct jk_screen *screen = &screens->screen[i];

		if (screen->uid == memo->uid &&
		    screen->opened_ms > memo->judged_ms &&
		    screen->opened_ms > memo->begun_ms &&
		    screen->opened_ms > at)
			at = screen->opened_ms;
	}
	return at;
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
judge_openings(struct step *s, struct jk_memo *memo)
{
	const int64_t at = last_opening(s, memo);

	if (at == 0)
		return false;
	if (s->view->sessions->asked_ms <= at) {
		(void)put(s, JK_ACT_LOOK);
		return false;
	}
	memo->judged_ms = at;
	lock_screens(s, memo->uid, s->now, 0);
	if (memo->counted_ms != 0 && at - memo->counted_ms < SAME_MS)
		return false;
	memo->owed = JK_CAUSE_UNPROVEN;
	return count_opening(memo, at);
}

static bool
is_locked_long(struct step *s, const struct jk_live *live)
{
	const int64_t max = s->settings->locked_max_ms;

	if (max == 0 || live->active)
		return false;
	if (s->now - live->since_ms >= max)
		return true;
	come_again(s, live->since_ms + max);
	return false;
}

static void
keep_locked(struct step *s, const struct jk_live *live, struct jk_memo *memo)
{
	if (judge_openings(s, memo) || is_ignored(s, memo) ||
	    is_unheard(s, memo->uid, memo->begun_ms)) {
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
is_logout(const struct step *s, enum jk_cause cause)
{
	return s->settings->removal == JK_REMOVAL_LOGOUT &&
	       (cause == JK_CAUSE_CARD_REMOVED ||
	           cause == JK_CAUSE_READER_GONE);
}

/* Nobody tells when that is over because its conversation has died. */
static void
follow_confirming(struct step *s)
{
	const int64_t at = s->view->sessions->asked_ms + CONFIRMING_MS;

	if (s->now < at) {
		come_again(s, at);
		return;
	}
	(void)put(s, JK_ACT_LOOK);
	come_again(s, s->now + CONFIRMING_MS);
}

static void
judge_session(struct step *s, const struct jk_live *live, struct jk_memo *memo)
{
	const bool active = is_active(s, live, memo);
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
		                     ? screen_locked_at(s, live, memo)
		                     : s->now;
	if (is_logout(s, cause)) {
		end_session(s, memo, JK_CAUSE_REMOVAL);
		return;
	}
	/* The screen waits for nobody. */
	lock_screens(s, memo->uid, memo->begun_ms, memo->begun_ms);
	if (!active) {
		keep_locked(s, live, memo);
		return;
	}
	ask(s, memo, JK_ACT_LOCK, cause);
}

/* Nobody would see its card go. What is locked gives its place to the next. */
static bool
judge_spare(struct step *s)
{
	const struct jk_live *live = &s->view->sessions->spare;
	struct jk_memo *memo = &s->rules->spare;

	if (live->id[0] == '\0')
		return false;
	if (strcmp(memo->id, live->id) != 0)
		*memo = memo_of(live);
	if (!is_active(s, live, memo))
		return false;
	if (memo->begun_ms == 0 || memo->begun_ms < live->since_ms)
		memo->begun_ms = s->now;
	lock_screens(s, memo->uid, memo->begun_ms, memo->begun_ms);
	ask(s, memo, JK_ACT_LOCK, JK_CAUSE_UNWATCHED);
	return true;
}

static void
judge_sessions(struct step *s)
{
	const struct jk_sessions *sessions = s->view->sessions;
	bool is_any;

	match_memos(s);
	is_any = judge_spare(s);
	for (size_t i = 0; i < sessions->n; i++) {
		const struct jk_live *live = &sessions->live[i];
		struct jk_memo *memo = find_memo(s->rules, live->id);

		if (memo == NULL)
			continue;
		judge_session(s, live, memo);
		is_any = is_any || is_active(s, live, memo);
	}
	s->acts->watch = is_any && s->settings->present == JK_PRESENT_REQUIRED;
	if (s->view->screens->sleep_ms != 0 && !is_any &&
	    sessions->asked_ms > s->view->screens->sleep_ms)
		(void)put(s, JK_ACT_SLEEP);
}

/* --- what has ended ------------------------------------------------------ */

static bool
knows_user(const struct jk_screens *screens, uid_t uid)
{
	for (size_t i = 0; i < screens->n_users; i++)
		if (screens->user[i] == uid)
			return true;
	return screens->is_cut;
}

static void
put_user(struct step *s, enum jk_act_kind kind, uid_t uid)
{
	struct jk_act *act = put(s, kind);

	if (act != NULL)
		act->uid = uid;
}

static bool
has_screen(const struct step *s, uid_t uid)
{
	const struct jk_screens *screens = s->view->screens;

	for (size_t i = 0; i < screens->n; i++)
		if (screens->screen[i].uid == uid)
			return true;
	for (size_t i = 0; i < screens->n_beyond; i++)
		if (screens->beyond[i].uid == uid)
			return true;
	return false;
}

/* logind has let go of a session that was left, and what is in it. */
static void
end_what_is_left(struct step *s, const struct jk_gone *g, bool is_deaf)
{
	const bool ends = s->settings->leftovers == JK_LEFTOVERS_END;

	if (!ends)
		end_screens(s, g->uid);
	else if (g->tries == 1)
		put_user(s, JK_ACT_TERMINATE_USER, g->uid);
	else
		put_user(s, JK_ACT_KILL_USER, g->uid);
	/* Whoever will not go is not asked a third time. */
	if (is_deaf ||
	    (g->is_forced && g->tries > 1 && has_screen(s, g->uid)) ||
	    (ends && g->tries > 2))
		put_user(s, JK_ACT_CLEAR, g->uid);
}

/* true: nothing is left to do. */
static bool
follow_gone(struct step *s, struct jk_gone *g)
{
	const struct jk_screens *screens = s->view->screens;
	bool is_deaf;

	if (has_live(s->view->sessions, g->uid) || g->tries == TRIES_MAX ||
	    (s->settings->leftovers != JK_LEFTOVERS_END && !g->is_forced))
		return true;
	/* It may have begun one that is not told of. */
	if (s->view->sessions->is_cut)
		return false;
	/* Nobody has asked its programs to end: there is nothing to wait for. */
	is_deaf = is_unheard(s, g->uid, 0);
	if (s->now < g->next_ms &&
	    !(is_deaf && g->is_forced && g->tries == 0)) {
		come_again(s, g->next_ms);
		return false;
	}
	if (!screens->known && !is_deaf)
		return false;
	if (screens->known && !knows_user(screens, g->uid))
		return true;
	/* Nobody's turn goes by because others come before him. */
	if (s->acts->n > JK_ACTS_MAX / 2) {
		come_again(s, s->now);
		return false;
	}
	g->tries++;
	g->next_ms = s->now + GRACE_MS;
	come_again(s, g->next_ms);
	end_what_is_left(s, g, is_deaf);
	return false;
}

static void
judge_gone(struct step *s)
{
	struct jk_rules *r = s->rules;
	size_t kept = 0;

	for (size_t i = 0; i < r->n_gone; i++) {
		struct jk_gone g = r->gone[i];

		if (!follow_gone(s, &g))
			r->gone[kept++] = g;
	}
	r->n_gone = kept;
}

/* --- what is in the readers ---------------------------------------------- */

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
	copy(free_one->name, name, sizeof(free_one->name));
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
see(struct step *s, const struct jk_slot_memo *m, enum jk_cause cause,
    int64_t ms)
{
	const struct jk_sessions *sessions = s->view->sessions;
	struct jk_act *act = put(s, JK_ACT_SEEN);

	if (act == NULL)
		return;
	act->cause = cause;
	act->seconds = ms / 1000;
	copy(act->reader, m->name, sizeof(act->reader));
	for (size_t i = 0; i < sessions->n; i++)
		if (strcmp(sessions->live[i].reader, m->name) == 0)
			copy(act->session, sessions->live[i].id,
			    sizeof(act->session));
}

static void
see_taken(struct step *s, struct jk_slot_memo *m)
{
	see(s, m, JK_CAUSE_TAKEN, m->left_ms != 0 ? s->now - m->left_ms : 0);
	m->left_ms = 0;
}

/* Each change is one record, while there are not too many. */
static void
record_presence(struct step *s, struct jk_slot_memo *m,
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
		come_again(s, m->tokens_ms + 2 * TOKEN_MS);
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
left_since(const struct step *s, const struct jk_reader *r)
{
	if (!r->present || s->rules->idle_ms == 0)
		return 0;
	return r->since_ms > s->rules->idle_ms ? r->since_ms
	                                       : s->rules->idle_ms;
}

/* The person is told each time, the log at the 1st, 2nd, 4th, 8th ... */
static void
tell_left(struct step *s, struct jk_slot_memo *m, int64_t since)
{
	const int64_t every = s->settings->left_ms;
	const int64_t times = (s->now - since) / every;
	struct jk_act *act;

	if (m->left_ms != since) {
		m->left_ms = since;
		m->told = 0;
		m->record_at = 1;
	}
	come_again(s, since + (times + 1) * every);
	if (times <= m->told)
		return;
	act = put(s, JK_ACT_TELL);
	if (act == NULL)
		return;
	copy(act->reader, m->name, sizeof(act->reader));
	act->seconds = (s->now - since) / 1000;
	m->told = times;
	if (times < m->record_at)
		return;
	see(s, m, JK_CAUSE_LEFT, s->now - since);
	while (m->record_at <= times)
		m->record_at *= 2;
}

static void
judge_reader(struct step *s, const struct jk_reader *r)
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
			come_again(s, since + every);
	} else {
		tell_left(s, m, since);
	}
	s->acts->left = s->acts->left || m->left_ms != 0;
}

/* Since when no session accounts for a card that is in a reader. */
static void
follow_use(struct step *s)
{
	const struct jk_sessions *sessions = s->view->sessions;
	int64_t idle = s->rules->idle_ms == 0 ? s->now : s->rules->idle_ms;

	for (size_t i = 0; i < sessions->n; i++) {
		const struct jk_live *live = &sessions->live[i];
		const struct jk_memo *memo = find_memo(s->rules, live->id);

		if (memo == NULL || !is_active(s, live, memo))
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

static void
judge_readers(struct step *s)
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

void
jk_rules_step(struct jk_rules *rules, const struct jk_view *view, int64_t now,
    struct jk_acts *ret)
{
	struct step s = {
		.rules = rules,
		.view = view,
		.settings = &view->sessions->settings,
		.now = now,
		.acts = ret,
	};

	ret->n = 0;
	ret->left = ret->watch = false;
	ret->next_ms = INT64_MAX;
	judge_sessions(&s);
	judge_gone(&s);
	judge_readers(&s);
}
