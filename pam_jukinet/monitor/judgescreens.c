/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge.h"

/* A logind that takes no lock and tells nothing for so long does not help. */
#define UNHEARD_MS 5000

static void
put_screen(struct jk_step *s, enum jk_act_kind kind,
    const struct jk_screen *screen)
{
	struct jk_act *act = jk_judge_put(s, kind);

	if (act != NULL)
		jk_judge_copy(act->screen, screen->id, sizeof(act->screen));
}

void
jk_judge_lock_screens(struct jk_step *s, uid_t uid, int64_t asked_ms,
    int64_t said_ms)
{
	const struct jk_screens *screens = s->view->screens;

	for (size_t i = 0; i < screens->n; i++) {
		const struct jk_screen *screen = &screens->screen[i];

		if (screen->uid == uid && screen->asked_ms < asked_ms &&
		    !(screen->locked && screen->locked_ms >= said_ms))
			put_screen(s, JK_ACT_LOCK_SCREEN, screen);
	}
}

void
jk_judge_end_screens(struct jk_step *s, uid_t uid)
{
	const struct jk_screens *screens = s->view->screens;

	for (size_t i = 0; i < screens->n; i++)
		if (screens->screen[i].uid == uid)
			put_screen(s, JK_ACT_TERMINATE, &screens->screen[i]);
}

bool
jk_judge_has_screen(const struct jk_step *s, uid_t uid)
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

int64_t
jk_judge_screen_locked_at(const struct jk_step *s, const struct jk_live *live,
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

bool
jk_judge_is_ignored(struct jk_step *s, const struct jk_memo *memo)
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
		jk_judge_again(s, since + within);
	}
	return false;
}

bool
jk_judge_is_unheard(struct jk_step *s, uid_t uid, int64_t from)
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
	jk_judge_again(s, since + UNHEARD_MS);
	return false;
}

int64_t
jk_judge_last_opening(const struct jk_step *s, const struct jk_memo *memo)
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
