/* SPDX-License-Identifier: BSD-2-Clause */
#include "roll.h"

#include <stdio.h>
#include <string.h>

/* --- what logind owes ---------------------------------------------------- */

static int64_t
earlier(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

static size_t
find_path(const struct jk_roll *r, const char *path)
{
	size_t i = 0;

	while (i < r->screens.n && strcmp(r->more[i].path, path) != 0)
		i++;
	return i;
}

/* After each change: since when is something not known? */
static void
reckon(struct jk_roll *r)
{
	struct jk_screens *s = &r->screens;

	s->unheard_ms = earlier(earlier(r->list_ms, r->missed_ms), r->lost_ms);
	for (size_t i = 0; i < s->n; i++)
		s->screen[i].unheard_ms = r->more[i].lock_ms;
	for (size_t i = 0; i < JK_QUESTIONS_MAX; i++) {
		const struct jk_question *q = &r->question[i];
		int64_t *since = &s->unheard_ms;
		size_t at;

		if (q->path[0] == '\0')
			continue;
		at = find_path(r, q->path);
		if (at < s->n)
			since = &s->screen[at].unheard_ms;
		*since = earlier(*since, q->since_ms);
	}
}

static struct jk_question *
find_question(struct jk_roll *r, const char *path)
{
	for (size_t i = 0; i < JK_QUESTIONS_MAX; i++)
		if (strcmp(r->question[i].path, path) == 0)
			return &r->question[i];
	return NULL;
}

/* NULL: there is no place, which is remembered. */
static struct jk_question *
add_question(struct jk_roll *r, const char *path, int64_t now)
{
	struct jk_question *q = find_question(r, "");

	if (q != NULL) {
		*q = (struct jk_question){ .is_due = true, .since_ms = now };
		memcpy(q->path, path, strlen(path) + 1);
	} else {
		r->is_missed = true;
		if (r->missed_ms == 0)
			r->missed_ms = now;
	}
	return q;
}

/* --- screens ------------------------------------------------------------- */

static size_t
find_beyond(const struct jk_roll *r, const char *path)
{
	size_t i = 0;

	while (i < r->screens.n_beyond && strcmp(r->beyond[i], path) != 0)
		i++;
	return i;
}

/* In the order in which they came. */
static void
forget_beyond(struct jk_roll *r, const char *path)
{
	struct jk_screens *s = &r->screens;
	const size_t i = find_beyond(r, path);

	if (i == s->n_beyond)
		return;
	s->n_beyond--;
	memmove(&s->beyond[i], &s->beyond[i + 1],
	    (s->n_beyond - i) * sizeof(s->beyond[i]));
	memmove(r->beyond[i], r->beyond[i + 1],
	    (s->n_beyond - i) * sizeof(r->beyond[i]));
}

/* Its account's, whoever that is by then; since when does not begin anew. */
static void
put_beyond(struct jk_roll *r, const char *path, uid_t uid, int64_t now)
{
	struct jk_screens *s = &r->screens;
	const size_t i = find_beyond(r, path);
	int64_t since = i < s->n_beyond ? s->beyond[i].since_ms : now;

	forget_beyond(r, path);
	if (s->n_beyond == JK_BEYOND_MAX) {
		if (r->lost_ms == 0)
			r->lost_ms = now;
		return;
	}
	s->beyond[s->n_beyond].uid = uid;
	s->beyond[s->n_beyond].since_ms = since;
	memcpy(r->beyond[s->n_beyond++], path, strlen(path) + 1);
}

static void
forget(struct jk_roll *r, const char *path)
{
	const size_t i = find_path(r, path);

	forget_beyond(r, path);
	if (i < r->screens.n) {
		r->screens.n--;
		r->screens.screen[i] = r->screens.screen[r->screens.n];
		r->more[i] = r->more[r->screens.n];
	}
}

/* While there is a place: the next one that has none is asked for. */
static void
move_up(struct jk_roll *r, int64_t now)
{
	if (r->screens.n < JK_SCREENS_MAX && r->screens.n_beyond > 0 &&
	    find_question(r, r->beyond[0]) == NULL)
		(void)add_question(r, r->beyond[0], now);
	/* Those that are lost stand in the list. */
	if (r->lost_ms == 0 || r->screens.n_beyond == JK_BEYOND_MAX)
		return;
	r->missed_ms = earlier(r->missed_ms, r->lost_ms);
	r->lost_ms = 0;
}

static void
set_locked(struct jk_screen *screen, bool locked, int64_t now)
{
	if (locked && !screen->locked)
		screen->locked_ms = now;
	if (!locked && screen->locked)
		screen->opened_ms = now;
	if (locked != screen->locked)
		screen->waits_ms = 0;
	screen->locked = locked;
}

/* By us or by anybody: who asks again gives it no more time. */
static void
set_asked(struct jk_screen *screen, int64_t now)
{
	screen->asked_ms = now;
	if (!screen->locked && screen->waits_ms == 0)
		screen->waits_ms = now;
}

static void
note_lock(struct jk_screen *screen, int64_t at)
{
	set_asked(screen, at);
	screen->locked_ms = at;
}

/* Whether it shows something to who is in front of it, as far as it says. */
static bool
has_screen(const struct jk_facts *f)
{
	return strcmp(f->type, "x11") == 0 || strcmp(f->type, "wayland") == 0 ||
	       strcmp(f->type, "mir") == 0 || strcmp(f->type, "tty") == 0 ||
	       (f->seat != NULL && f->seat[0] != '\0');
}

/*
 * One in front of this machine, which a locker or nobody at all can lock. Its
 * user may call it another type meanwhile: it is what it was.
 */
static bool
is_screen(const struct jk_facts *f, bool was)
{
	return f->id != NULL && f->type != NULL && f->class != NULL &&
	       f->state != NULL && f->remote == 0 &&
	       strcmp(f->class, "user") == 0 &&
	       strcmp(f->state, "closing") != 0 && (was || has_screen(f));
}

/* What came before its facts did counts. NULL: no place. */
static struct jk_screen *
add_screen(struct jk_roll *r, const struct jk_question *q, const char *id)
{
	const size_t i = r->screens.n;
	struct jk_screen *screen;

	if (i == JK_SCREENS_MAX || strlen(id) > JK_MONITOR_ID)
		return NULL;
	screen = &r->screens.screen[r->screens.n++];
	*screen = (struct jk_screen){ .opened_ms = q->unlock_ms };
	(void)snprintf(screen->id, sizeof(screen->id), "%s", id);
	if (q->lock_ms != 0)
		note_lock(screen, q->lock_ms);
	r->more[i].lock_ms = 0;
	memcpy(r->more[i].path, q->path, sizeof(r->more[i].path));
	return screen;
}

static enum jk_err
take_facts(struct jk_roll *r, const struct jk_question *q,
    const struct jk_facts *f, int64_t now)
{
	const size_t i = find_path(r, q->path);
	struct jk_screen *screen =
	    i < r->screens.n ? &r->screens.screen[i] : NULL;

	if (!is_screen(f, screen != NULL)) {
		forget(r, q->path);
		return JK_OK;
	}
	if (screen == NULL && (screen = add_screen(r, q, f->id)) == NULL) {
		put_beyond(r, q->path, f->uid, now);
		return JK_ERR_TOO_BIG;
	}
	forget_beyond(r, q->path);
	screen->uid = f->uid;
	(void)snprintf(screen->tty, sizeof(screen->tty), "%s",
	    f->tty == NULL ? "" : f->tty);
	set_locked(screen, f->locked != 0, now);
	/* Whether or not the answer to the request was lost. */
	if (screen->locked)
		r->more[screen - r->screens.screen].lock_ms = 0;
	return JK_OK;
}

/* --- questions ----------------------------------------------------------- */

static bool
may_ask(const struct jk_roll *r)
{
	size_t n = 0;

	for (size_t i = 0; i < JK_QUESTIONS_MAX; i++)
		n += r->question[i].path[0] != '\0' && r->question[i].is_asked;
	return n < JK_ASKED_MAX;
}

/* Never twice at once: what changes meanwhile is asked for after the answer. */
struct jk_question *
jk_roll_changed(struct jk_roll *roll, const char *path, int64_t now)
{
	struct jk_question *q = find_question(roll, path);

	if (path[0] == '\0' || strlen(path) > JK_ROLL_PATH)
		return NULL;
	if (q != NULL) {
		q->is_due = true;
		return NULL;
	}
	q = add_question(roll, path, now);
	reckon(roll);
	return q != NULL && may_ask(roll) ? q : NULL;
}

struct jk_question *
jk_roll_next(struct jk_roll *roll)
{
	if (!may_ask(roll))
		return NULL;
	for (size_t i = 0; i < JK_QUESTIONS_MAX; i++) {
		struct jk_question *q = &roll->question[i];

		if (q->path[0] != '\0' && q->is_due && !q->is_asked)
			return q;
	}
	return NULL;
}

enum jk_err
jk_roll_answer(struct jk_roll *roll, const char *path,
    const struct jk_facts *facts, int64_t now)
{
	struct jk_question *q = find_question(roll, path);
	enum jk_err e = JK_OK;

	if (q == NULL || path[0] == '\0')
		return JK_OK;
	if (facts == NULL)
		forget(roll, path);
	else
		e = take_facts(roll, q, facts, now);
	q->is_asked = false;
	q->since_ms = now;
	q->lock_ms = q->unlock_ms = 0;
	if (!q->is_due)
		q->path[0] = '\0';
	if (e == JK_OK)
		move_up(roll, now);
	reckon(roll);
	return e;
}

void
jk_roll_failed(struct jk_roll *roll, const char *path)
{
	struct jk_question *q = find_question(roll, path);

	if (q == NULL || path[0] == '\0')
		return;
	q->is_asked = false;
	q->is_due = true;
}

/* --- signals ------------------------------------------------------------- */

/* Nothing more is to be known of it, whatever is still on its way. */
void
jk_roll_removed(struct jk_roll *roll, const char *path, int64_t now)
{
	struct jk_question *q = find_question(roll, path);

	if (q != NULL)
		q->path[0] = '\0';
	forget(roll, path);
	move_up(roll, now);
	reckon(roll);
}

void
jk_roll_lock(struct jk_roll *roll, const char *path, int64_t now)
{
	const size_t i = find_path(roll, path);
	struct jk_question *q = find_question(roll, path);

	if (i < roll->screens.n)
		note_lock(&roll->screens.screen[i], now);
	else if (q != NULL)
		q->lock_ms = now;
}

void
jk_roll_unlock(struct jk_roll *roll, const char *path, int64_t now)
{
	const size_t i = find_path(roll, path);
	struct jk_question *q = find_question(roll, path);

	if (i < roll->screens.n)
		roll->screens.screen[i].opened_ms = now;
	else if (q != NULL)
		q->unlock_ms = now;
}

void
jk_roll_user(struct jk_roll *roll, uid_t uid, bool is_there)
{
	struct jk_screens *s = &roll->screens;

	for (size_t i = 0; i < s->n_users; i++)
		if (s->user[i] == uid) {
			if (!is_there)
				s->user[i] = s->user[--s->n_users];
			return;
		}
	if (is_there && s->n_users < JK_USERS_MAX)
		s->user[s->n_users++] = uid;
	else if (is_there)
		s->is_cut = true;
}

/* --- lists --------------------------------------------------------------- */

void
jk_roll_list_asked(struct jk_roll *roll, int64_t now)
{
	roll->is_missed = false;
	if (roll->list_ms == 0)
		roll->list_ms = now;
	reckon(roll);
}

static void
know(struct jk_roll *r)
{
	r->screens.known =
	    r->screens.known || (r->list_ms == 0 && r->has_users);
	reckon(r);
}

void
jk_roll_listed(struct jk_roll *roll)
{
	roll->list_ms = 0;
	if (!roll->is_missed)
		roll->missed_ms = 0;
	know(roll);
}

void
jk_roll_no_list(struct jk_roll *roll)
{
	roll->list_ms = 0;
	reckon(roll);
}

void
jk_roll_users_listed(struct jk_roll *roll)
{
	roll->has_users = true;
	know(roll);
}

/* --- what we ask for ----------------------------------------------------- */

static size_t
find_id(const struct jk_roll *r, const char *id)
{
	size_t i = 0;

	while (i < r->screens.n && strcmp(r->screens.screen[i].id, id) != 0)
		i++;
	return i;
}

void
jk_roll_ask_lock(struct jk_roll *roll, const char *id, int64_t now)
{
	const size_t i = find_id(roll, id);

	if (i == roll->screens.n)
		return;
	set_asked(&roll->screens.screen[i], now);
	if (roll->more[i].lock_ms == 0)
		roll->more[i].lock_ms = now;
	reckon(roll);
}

void
jk_roll_lock_heard(struct jk_roll *roll, const char *id)
{
	const size_t i = find_id(roll, id);

	if (i == roll->screens.n)
		return;
	roll->more[i].lock_ms = 0;
	reckon(roll);
}

static void
postpone(int64_t *since, int64_t now)
{
	if (*since != 0)
		*since = now;
}

void
jk_roll_awake(struct jk_roll *roll, int64_t now)
{
	for (size_t i = 0; i < roll->screens.n; i++) {
		postpone(&roll->screens.screen[i].asked_ms, now);
		postpone(&roll->screens.screen[i].waits_ms, now);
		postpone(&roll->more[i].lock_ms, now);
	}
	for (size_t i = 0; i < JK_QUESTIONS_MAX; i++)
		postpone(&roll->question[i].since_ms, now);
	for (size_t i = 0; i < roll->screens.n_beyond; i++)
		postpone(&roll->screens.beyond[i].since_ms, now);
	postpone(&roll->lost_ms, now);
	postpone(&roll->list_ms, now);
	postpone(&roll->missed_ms, now);
	reckon(roll);
}
