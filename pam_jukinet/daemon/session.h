/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One account, one session, one person (design rule 9). This file alone
 * writes the state of sessions: state/session.UID. It is bound to the person
 * and the key that was proven, and lives as long as one of its leaders: the
 * login processes that opened it.
 *
 * Whoever waits for a change reads sessions/UID, which says no more than how it
 * stands (notice.h). A session that a reboot cuts off is known by the file
 * open.UID in /var/lib/jukinet.
 */
#ifndef JK_SESSION_H
#define JK_SESSION_H

#include <stdint.h>
#include <sys/types.h>

#include "cause.h"
#include "grant.h"
#include "hex.h"
#include "process.h"

#define JK_LEADERS_MAX 16
/* A second person, and the first one's card again; then it is locked. */
#define JK_CONFIRMING_MS 95000

struct jk_usebook;

enum jk_session_state {
	JK_SESSION_ENDED = 0,
	JK_SESSION_ACTIVE,
	JK_SESSION_LOCKED,
	/* A second person is at the reader, for one request: nothing else is
	 * allowed, and whose card is there is no matter. */
	JK_SESSION_CONFIRMING,
};

struct jk_leader {
	uint64_t pid;
	uint64_t start; /* clock ticks since boot: a pid alone comes again */
};

struct jk_session {
	struct jk_grant grant;
	char id[JK_ID_LEN + 1];
	enum jk_session_state state;
	enum jk_cause cause;     /* why it is locked or has ended */
	struct jk_leader keeper; /* while it is confirming: who ends that */
	bool lapsed; /* that one has not: locked, which nobody has stored yet */
	int64_t changed_ms; /* boot time: since when it is as it is */
	bool closed;        /* its end is on record */
	char boot[JK_BOOT_ID_LEN + 1];
	int64_t started_s;
	size_t n_leaders;
	struct jk_leader leader[JK_LEADERS_MAX];
};

/*
 * Reads what stands for the account. Leaders that have died are left out; a
 * session without any, or of an earlier boot, comes back as ended.
 * JK_ERR_NOT_FOUND: none was ever opened here, or none that can be read.
 */
enum jk_err jk_session_load(int dir, uid_t uid, struct jk_session *ret);

/* The same by the session's id. */
enum jk_err jk_session_find(int dir, const char *id, struct jk_session *ret);

/* A new one, active, with a random id and this leader; not yet stored. */
enum jk_err jk_session_new(const struct jk_grant *grant,
    const struct jk_leader *leader, struct jk_session *ret);
/* JK_ERR_TOO_BIG when it has all the leaders it can hold. */
enum jk_err jk_session_add_leader(struct jk_session *session,
    const struct jk_leader *leader);
/*
 * Takes a leader out; the last one ends the session. A closing process that
 * is no leader (the opener has handed over) counts as the only one left.
 */
void jk_session_drop_leader(struct jk_session *session, pid_t pid);
/*
 * Confirming, from now on, by the process that calls: when that has died, or
 * JK_CONFIRMING_MS are over, whoever loads the session finds it locked.
 */
enum jk_err jk_session_set_confirming(struct jk_session *session);
/* What was found so is stored, and told. Nothing to do is JK_ERR_REFUSED. */
enum jk_err jk_session_lapse(int dir, const struct jk_session *session);
/* From now on; also what is active becomes so anew. */
void jk_session_set(struct jk_session *session, enum jk_session_state state,
    enum jk_cause cause);
enum jk_err jk_session_store(int dir, const struct jk_session *session);

/*
 * Held from reading to storing, by whoever changes a session; released by
 * closing the descriptor. Never across a wait for anything else.
 */
enum jk_err jk_session_lock(int dir, uid_t uid, int *ret_fd);

/*
 * Changes what stands, under the lock, when it is still the live session that
 * is known: JK_ERR_NOT_FOUND otherwise. `change` may refuse by false, which is
 * JK_ERR_REFUSED; nothing is stored then. What was stored is JK_OK.
 */
typedef bool jk_session_change_fn(struct jk_session *session, const void *ctx);
enum jk_err jk_session_change(int dir, const struct jk_session *known,
    jk_session_change_fn *change, const void *ctx);

/*
 * A leader leaves, under the lock and stored; *ret is what is left. When the
 * last one leaves the session is closed: its end is the caller's to record.
 * JK_ERR_NOT_FOUND: there is no such session; JK_ERR_CLOSED: it is closed
 * already.
 */
enum jk_err jk_session_leave(int dir, const char *id, pid_t pid,
    struct jk_session *ret);

/*
 * The end of a closed session could not be recorded: whoever opens the next
 * one has it to record.
 */
enum jk_err jk_session_owes_end(int dir, const struct jk_session *session);

/*
 * One that lives whoever leads it ends, under the lock and stored, and is
 * closed: its end is the caller's to record. JK_ERR_NOT_FOUND: it is no more.
 */
enum jk_err jk_session_finish(int dir, const char *id, enum jk_cause cause,
    struct jk_session *ret);

/*
 * A session whose leaders have died without closing it is closed, once, by
 * whoever comes first: its end is then the caller's to record. The same for one
 * of an earlier boot. JK_ERR_NOT_FOUND: the account has none such.
 */
enum jk_err jk_session_take_lost(int dir, int keep_dir, uid_t uid,
    struct jk_session *ret);
/*
 * Stored by whoever holds the lock, and kept in keep_dir too, from before it lives
 * until its end is on record.
 */
enum jk_err jk_session_begin(int dir, int keep_dir,
    const struct jk_session *session);
/* Its end is on record. Takes the lock; another session's file stays. */
void jk_session_forget(int dir, int keep_dir, const struct jk_session *session);

/*
 * The book of its uses, under the lock: made while it lives, or not at all, so
 * that none is left behind when it has ended. JK_ERR_NOT_FOUND: it lives no more.
 */
enum jk_err jk_session_open_book(int dir, uid_t uid, const char *id,
    struct jk_usebook *ret);

/* Calls `one` for the uid of every account that has, or may have had one. */
enum jk_err jk_session_each(int dir, int keep_dir,
    enum jk_err (*one)(uid_t uid, void *ctx), void *ctx);

/* Is any process of this uid alive? */
bool jk_session_has_processes(uid_t uid);

#endif
