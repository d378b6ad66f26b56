/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The roll of logind's sessions: what it has told of them, and what it is to be
 * asked. Pure: signals, answers and the time come in, in any order that one
 * sender can give them; the same view comes out. What logind owes is told too,
 * as others may keep it busy for as long as they like.
 */
#ifndef JK_ROLL_H
#define JK_ROLL_H

#include "err.h"
#include "rules.h"

/* Each of another session; and so many at once, which the bus allows. */
#define JK_QUESTIONS_MAX 256
#define JK_ASKED_MAX     64
#define JK_ROLL_PATH     127 /* bytes of an object's path */

/* What GetAll says of one session; NULL: it says nothing of it. */
struct jk_facts {
	const char *id, *type, *class, *state, *tty, *seat;
	uint32_t uid;
	int remote, locked;
};

/* What is asked of one session; anybody may make it change at any pace. */
struct jk_question {
	char path[JK_ROLL_PATH + 1]; /* "": none */
	bool is_asked;               /* the answer is on its way */
	bool is_due;                 /* to be asked (once more) */
	int64_t since_ms;            /* unanswered since */
	/* Signals of one that is not known yet; 0: none. */
	int64_t lock_ms, unlock_ms;
};

struct jk_roll {
	struct jk_screens screens;
	struct {
		char path[JK_ROLL_PATH + 1];
		int64_t lock_ms; /* of a request that logind has not taken */
	} more[JK_SCREENS_MAX];  /* beside screens.screen, one for one */
	char beyond[JK_BEYOND_MAX][JK_ROLL_PATH + 1]; /* screens.beyond */
	int64_t lost_ms; /* there was none for one even there since; 0: no */
	struct jk_question question[JK_QUESTIONS_MAX];
	int64_t list_ms;   /* the list is not answered since; 0: it is */
	int64_t missed_ms; /* there was no place for a question since */
	bool is_missed;    /* also since the list was asked for */
	bool has_users;
};

/*
 * A session has come, or has changed, or stands in the list. What is to be asked
 * at once; NULL: nothing, or there is no place, or it has to wait.
 */
struct jk_question *jk_roll_changed(struct jk_roll *roll, const char *path,
    int64_t now);
void jk_roll_removed(struct jk_roll *roll, const char *path, int64_t now);
/* Somebody has asked its locker to. */
void jk_roll_lock(struct jk_roll *roll, const char *path, int64_t now);
void jk_roll_unlock(struct jk_roll *roll, const char *path, int64_t now);
void jk_roll_user(struct jk_roll *roll, uid_t uid, bool is_there);

/* One that is to be asked now; NULL: none. */
struct jk_question *jk_roll_next(struct jk_roll *roll);
/*
 * Its answer, which may be that there is no such session: facts NULL.
 * JK_ERR_TOO_BIG: there is no place for it; it is asked for again when there is.
 */
enum jk_err jk_roll_answer(struct jk_roll *roll, const char *path,
    const struct jk_facts *facts, int64_t now);
/* There was none. */
void jk_roll_failed(struct jk_roll *roll, const char *path);
/* Of sessions and users; nothing is known without them. */
void jk_roll_list_asked(struct jk_roll *roll, int64_t now);
void jk_roll_listed(struct jk_roll *roll);
void jk_roll_no_list(struct jk_roll *roll);
void jk_roll_users_listed(struct jk_roll *roll);

/* We ask logind to lock it, by its id; and logind has heard that. */
void jk_roll_ask_lock(struct jk_roll *roll, const char *id, int64_t now);
void jk_roll_lock_heard(struct jk_roll *roll, const char *id);
/* A machine that slept has its time from now on. */
void jk_roll_awake(struct jk_roll *roll, int64_t now);

#endif
