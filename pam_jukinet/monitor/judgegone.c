/* SPDX-License-Identifier: BSD-2-Clause */
/* What an account has left when its session has ended. */
#include "judge.h"

/* One whose processes still live is asked so often, */
#define TRIES_MAX 5
/* and given the time that login programs need at the end. */
#define GRACE_MS 2000

void
jk_judge_remember(struct jk_rules *rules, uid_t uid, bool is_forced,
    int64_t now)
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

static bool
knows_user(const struct jk_screens *screens, uid_t uid)
{
	for (size_t i = 0; i < screens->n_users; i++)
		if (screens->user[i] == uid)
			return true;
	return screens->is_cut;
}

static void
put_user(struct jk_step *s, enum jk_act_kind kind, uid_t uid)
{
	struct jk_act *act = jk_judge_put(s, kind);

	if (act != NULL)
		act->uid = uid;
}

/* logind has let go of a session that was left, and what is in it. */
static void
end_what_is_left(struct jk_step *s, const struct jk_gone *g, bool is_deaf)
{
	const bool ends = s->settings->leftovers == JK_LEFTOVERS_END;

	if (!ends)
		jk_judge_end_screens(s, g->uid);
	else if (g->tries == 1)
		put_user(s, JK_ACT_TERMINATE_USER, g->uid);
	else
		put_user(s, JK_ACT_KILL_USER, g->uid);
	/* Whoever will not go is not asked a third time. */
	if (is_deaf ||
	    (g->is_forced && g->tries > 1 && jk_judge_has_screen(s, g->uid)) ||
	    (ends && g->tries > 2))
		put_user(s, JK_ACT_CLEAR, g->uid);
}

/* true: nothing is left to do. */
static bool
follow_gone(struct jk_step *s, struct jk_gone *g)
{
	const struct jk_screens *screens = s->view->screens;
	bool is_deaf;

	if (jk_judge_has_live(s->view->sessions, g->uid) ||
	    g->tries == TRIES_MAX ||
	    (s->settings->leftovers != JK_LEFTOVERS_END && !g->is_forced))
		return true;
	/* It may have begun one that is not told of. */
	if (s->view->sessions->is_cut)
		return false;
	/* Nobody has asked its programs to end: there is nothing to wait for. */
	is_deaf = jk_judge_is_unheard(s, g->uid, 0);
	if (s->now < g->next_ms &&
	    !(is_deaf && g->is_forced && g->tries == 0)) {
		jk_judge_again(s, g->next_ms);
		return false;
	}
	if (!screens->known && !is_deaf)
		return false;
	if (screens->known && !knows_user(screens, g->uid))
		return true;
	/* Nobody's turn goes by because others come before him. */
	if (s->acts->n > JK_ACTS_MAX / 2) {
		jk_judge_again(s, s->now);
		return false;
	}
	g->tries++;
	g->next_ms = s->now + GRACE_MS;
	jk_judge_again(s, g->next_ms);
	end_what_is_left(s, g, is_deaf);
	return false;
}

void
jk_judge_gone(struct jk_step *s)
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
