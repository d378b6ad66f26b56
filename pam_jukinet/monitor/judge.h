/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules, a file for each of what they judge: sessions that live, accounts
 * whose session has ended, readers. rules.h is what others see of them. All is
 * done to one step; the acts that it asks for are put into it.
 */
#ifndef JK_JUDGE_H
#define JK_JUDGE_H

#include "rules.h"

struct jk_step {
	struct jk_rules *rules;
	const struct jk_view *view;
	const struct jk_settings *settings;
	int64_t now;
	struct jk_acts *acts;
};

void jk_judge_sessions(struct jk_step *step);
void jk_judge_gone(struct jk_step *step);
/* From now on it is looked at what the account has left. */
void jk_judge_remember(struct jk_rules *rules, uid_t uid, bool is_forced,
    int64_t now);
void jk_judge_readers(struct jk_step *step);

/* --- what they share (judge.c) -------------------------------------------- */

/* There is something to look at then. */
void jk_judge_again(struct jk_step *step, int64_t at);
/* NULL: no room; then it is done at the next step, which comes at once. */
struct jk_act *jk_judge_put(struct jk_step *step, enum jk_act_kind kind);
void jk_judge_copy(char *ret, const char *text, size_t size);

bool jk_judge_has_live(const struct jk_sessions *sessions, uid_t uid);
struct jk_memo *jk_judge_find_memo(struct jk_rules *rules, const char *id);
/* What jukinetd has told may be older than what it has granted since. */
bool jk_judge_is_active(const struct jk_step *step, const struct jk_live *live,
    const struct jk_memo *memo);

/* --- an account's screens (judgescreens.c) -------------------------------- */

/*
 * A screen is asked unless that was done since `asked_ms`, or it has said by
 * itself since `said_ms` that it is locked: an older word may be that of a locker
 * that has died meanwhile.
 */
void jk_judge_lock_screens(struct jk_step *step, uid_t uid, int64_t asked_ms,
    int64_t said_ms);
void jk_judge_end_screens(struct jk_step *step, uid_t uid);
bool jk_judge_has_screen(const struct jk_step *step, uid_t uid);
/* When a locker said so, or was asked to by logind; 0: nothing of the kind. */
int64_t jk_judge_screen_locked_at(const struct jk_step *step,
    const struct jk_live *live, const struct jk_memo *memo);
/* Did a locker not say in time that it locked? */
bool jk_judge_is_ignored(struct jk_step *step, const struct jk_memo *memo);
/*
 * Does logind leave unanswered what concerns the account's screens? Others may
 * keep it busy for as long as they like. It has its time after `from`.
 */
bool jk_judge_is_unheard(struct jk_step *step, uid_t uid, int64_t from);
/* When a screen was opened last that nobody has judged yet; 0: none. */
int64_t jk_judge_last_opening(const struct jk_step *step,
    const struct jk_memo *memo);

#endif
