/* SPDX-License-Identifier: BSD-2-Clause */
#include "session.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "lock.h"
#include "log.h"
#include "notice.h"
#include "process.h"
#include "protocol.h"
#include "state.h"
#include "usebook.h"

#define PREFIX  "session."
#define LASTING "open."
#define LOCK_MS 500

static void
file_name(uid_t uid, char ret[static 32])
{
	(void)snprintf(ret, 32, PREFIX "%u", (unsigned)uid);
}

static void
lasting_name(uid_t uid, char ret[static 32])
{
	(void)snprintf(ret, 32, LASTING "%u", (unsigned)uid);
}

static bool
is_alive(const struct jk_leader *leader)
{
	uint64_t start;

	return jk_process_start((pid_t)leader->pid, &start) == JK_OK &&
	       start == leader->start;
}

/* What is left of it now; the file is not touched. */
static enum jk_err
prune(struct jk_session *s)
{
	char boot[JK_BOOT_ID_LEN + 1];
	size_t kept = 0;
	enum jk_err e = jk_process_boot(boot);

	if (e != JK_OK)
		return e;
	for (size_t i = 0; i < s->n_leaders; i++)
		if (is_alive(&s->leader[i]))
			s->leader[kept++] = s->leader[i];
	if (strcmp(boot, s->boot) != 0)
		kept = 0;
	s->n_leaders = kept;
	/* Whoever was to end it is dead, or as good as that. */
	if (s->state == JK_SESSION_CONFIRMING &&
	    (!is_alive(&s->keeper) ||
	        jk_boot_ms() - s->changed_ms > JK_CONFIRMING_MS)) {
		jk_session_set(s, JK_SESSION_LOCKED, JK_CAUSE_CONFIRM);
		s->lapsed = true;
	}
	if (kept == 0 && s->state != JK_SESSION_ENDED)
		jk_session_set(s, JK_SESSION_ENDED, JK_CAUSE_LEADER_LOST);
	return JK_OK;
}

static enum jk_err
decode_leader(struct jk_cur cur, struct jk_leader *ret)
{
	if (cur.left != sizeof(*ret))
		return JK_ERR_FORMAT;
	memcpy(ret, cur.at, sizeof(*ret));
	return ret->pid > 0 && ret->pid <= INT_MAX ? JK_OK : JK_ERR_FORMAT;
}

static enum jk_err
decode_keeper(const struct jk_frame *f, struct jk_session *s)
{
	struct jk_cur cur;
	enum jk_err e;

	if (s->state != JK_SESSION_CONFIRMING)
		return JK_OK;
	e = jk_frame_get(f, JK_FIELD_KEEPER, &cur);
	return e == JK_OK ? decode_leader(cur, &s->keeper) : e;
}

static enum jk_err
decode(const struct jk_frame *f, struct jk_session *ret)
{
	struct jk_session s = { 0 };
	struct jk_cur cur;
	uint64_t state, closed, started, changed, cause;
	enum jk_err e;

	if (jk_frame_type(f) != JK_FRAME_STATE_SESSION)
		return JK_ERR_FORMAT;
	if ((e = jk_grant_decode(f, &s.grant)) != JK_OK ||
	    (e = jk_frame_get_str(f, JK_FIELD_STATE_ID, s.id, sizeof(s.id))) !=
	        JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_STATE, &state)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_CLOSED, &closed)) != JK_OK ||
	    (e = jk_frame_get_str(f, JK_FIELD_BOOT_ID, s.boot,
	         sizeof(s.boot))) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_BOOT_MS, &changed)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_REAL_S, &started)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_CAUSE, &cause)) != JK_OK)
		return e;
	if (!jk_id_is_valid(s.id) || state > JK_SESSION_CONFIRMING ||
	    changed > INT64_MAX)
		return JK_ERR_FORMAT;
	s.state = (enum jk_session_state)state;
	if ((e = decode_keeper(f, &s)) != JK_OK)
		return e;
	s.closed = closed != 0;
	s.cause = jk_cause_from_number((unsigned long)cause);
	s.changed_ms = (int64_t)changed;
	s.started_s = (int64_t)started;
	while (
	    s.n_leaders < JK_LEADERS_MAX &&
	    jk_frame_get_nth(f, JK_FIELD_LEADER, s.n_leaders, &cur) == JK_OK) {
		e = decode_leader(cur, &s.leader[s.n_leaders]);
		if (e != JK_OK)
			return e;
		s.n_leaders++;
	}
	*ret = s;
	return JK_OK;
}

static enum jk_err
read_file(int dir, const char *name, struct jk_session *ret)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	enum jk_err e;

	if ((e = jk_frame_new(&f)) != JK_OK)
		return e;
	e = jk_state_read(dir, name, f);
	if (e == JK_ERR_NOT_FOUND || e == JK_ERR_SYS)
		return e;
	/* Damaged, or of another version. */
	return e == JK_OK && decode(f, ret) == JK_OK ? JK_OK : JK_ERR_FORMAT;
}

enum jk_err
jk_session_load(int dir, uid_t uid, struct jk_session *ret)
{
	struct jk_session s;
	char name[32];
	enum jk_err e;

	file_name(uid, name);
	e = read_file(dir, name, &s);
	if (e == JK_OK && s.grant.uid != uid)
		e = JK_ERR_FORMAT;
	/* Nobody may use it, and nobody is to be kept out by it for good. */
	if (e == JK_ERR_FORMAT) {
		jk_log(JK_LOG_ERR, "%s cannot be read: as if it were not there",
		    name);
		return JK_ERR_NOT_FOUND;
	}
	if (e != JK_OK)
		return e;
	e = prune(&s);
	if (e == JK_OK)
		*ret = s;
	return e;
}

enum jk_err
jk_session_find(int dir, const char *id, struct jk_session *ret)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct jk_session s;
	enum jk_err e = JK_ERR_NOT_FOUND;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return JK_ERR_SYS;
	}
	while (e != JK_OK && (entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
		    read_file(dir, entry->d_name, &s) == JK_OK &&
		    strcmp(s.id, id) == 0)
			e = JK_OK;
	closedir(d);
	return e == JK_OK ? jk_session_load(dir, s.grant.uid, ret) : e;
}

static enum jk_err
encode(const struct jk_session *s, struct jk_frame *f)
{
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_STATE_SESSION);
	if ((e = jk_grant_encode(&s->grant, f)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_STATE_ID, s->id)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_STATE, s->state)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_CLOSED, s->closed)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_BOOT_ID, s->boot)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_BOOT_MS,
	         (uint64_t)s->changed_ms)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_REAL_S,
	         (uint64_t)s->started_s)) != JK_OK)
		return e;
	for (size_t i = 0; i < s->n_leaders; i++) {
		e = jk_frame_put(f, JK_FIELD_LEADER, &s->leader[i],
		    sizeof(s->leader[i]));
		if (e != JK_OK)
			return e;
	}
	e = jk_frame_put_u64(f, JK_FIELD_CAUSE, s->cause);
	return e == JK_OK && s->state == JK_SESSION_CONFIRMING
	           ? jk_frame_put(f, JK_FIELD_KEEPER, &s->keeper,
	                 sizeof(s->keeper))
	           : e;
}

/* What stands is what counts: the notice is a hint that may be missing. */
enum jk_err
jk_session_store(int dir, const struct jk_session *s)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char name[32];
	enum jk_err e;

	file_name(s->grant.uid, name);
	if ((e = jk_frame_new(&f)) != JK_OK || (e = encode(s, f)) != JK_OK)
		return e;
	/* A full /run must keep no session active that is to be locked. */
	if ((e = jk_state_write(dir, name, f)) == JK_ERR_SYS)
		e = jk_state_overwrite(dir, name, f);
	if (e != JK_OK)
		return e;
	jk_notice_put(dir, s);
	if (s->closed)
		jk_usebook_remove(dir, s->id);
	return JK_OK;
}

void
jk_session_set(struct jk_session *s, enum jk_session_state state,
    enum jk_cause cause)
{
	s->state = state;
	s->cause = cause;
	s->changed_ms = jk_boot_ms();
}

enum jk_err
jk_session_set_confirming(struct jk_session *s)
{
	const pid_t self = getpid();
	struct jk_leader keeper = { .pid = (uint64_t)self };
	enum jk_err e = jk_process_start(self, &keeper.start);

	if (e != JK_OK)
		return e;
	jk_session_set(s, JK_SESSION_CONFIRMING, JK_CAUSE_CONFIRM);
	s->keeper = keeper;
	return JK_OK;
}

enum jk_err
jk_session_new(const struct jk_grant *grant, const struct jk_leader *leader,
    struct jk_session *ret)
{
	struct jk_session s = {
		.grant = *grant,
		.state = JK_SESSION_ACTIVE,
		.started_s = jk_real_s(),
		.changed_ms = jk_boot_ms(),
		.n_leaders = 1,
		.leader = { *leader },
	};
	enum jk_err e;

	if ((e = jk_id_new(s.id)) != JK_OK ||
	    (e = jk_process_boot(s.boot)) != JK_OK)
		return e;
	*ret = s;
	return JK_OK;
}

enum jk_err
jk_session_add_leader(struct jk_session *session,
    const struct jk_leader *leader)
{
	if (session->n_leaders == JK_LEADERS_MAX)
		return JK_ERR_TOO_BIG;
	session->leader[session->n_leaders++] = *leader;
	return JK_OK;
}

void
jk_session_drop_leader(struct jk_session *session, pid_t pid)
{
	bool found = false;
	size_t kept = 0;

	/* Once: a process that opened two sessions closes one of them. */
	for (size_t i = 0; i < session->n_leaders; i++)
		if (!found && session->leader[i].pid == (uint64_t)pid)
			found = true;
		else
			session->leader[kept++] = session->leader[i];
	if (!found && kept == 1)
		kept = 0;
	session->n_leaders = kept;
	if (kept == 0)
		jk_session_set(session, JK_SESSION_ENDED, JK_CAUSE_NONE);
}

enum jk_err
jk_session_lock(int dir, uid_t uid, int *ret_fd)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "lock.%u", (unsigned)uid);
	return jk_lock_take(dir, name, jk_boot_ms() + LOCK_MS, ret_fd);
}

/* It lives and its lock is held; or JK_ERR_NOT_FOUND, and nothing is. */
static enum jk_err
lock_live(int dir, uid_t uid, const char *id, struct jk_session *ret,
    int *ret_lock)
{
	enum jk_err e = jk_session_lock(dir, uid, ret_lock);

	if (e != JK_OK)
		return e;
	e = jk_session_load(dir, uid, ret);
	if (e == JK_OK &&
	    (ret->state == JK_SESSION_ENDED || strcmp(ret->id, id) != 0))
		e = JK_ERR_NOT_FOUND;
	if (e != JK_OK)
		close(*ret_lock);
	return e;
}

enum jk_err
jk_session_change(int dir, const struct jk_session *known,
    jk_session_change_fn *change, const void *ctx)
{
	struct jk_session s;
	enum jk_err e;
	int lock;

	e = lock_live(dir, known->grant.uid, known->id, &s, &lock);
	if (e != JK_OK)
		return e;
	e = change(&s, ctx) ? jk_session_store(dir, &s) : JK_ERR_REFUSED;
	close(lock);
	return e;
}

static bool
has_lapsed(struct jk_session *session, const void *ctx)
{
	(void)ctx;
	return session->lapsed;
}

enum jk_err
jk_session_lapse(int dir, const struct jk_session *session)
{
	return session->lapsed
	           ? jk_session_change(dir, session, has_lapsed, NULL)
	           : JK_ERR_REFUSED;
}

enum jk_err
jk_session_leave(int dir, const char *id, pid_t pid, struct jk_session *ret)
{
	struct jk_session s;
	char name[32];
	enum jk_err e;
	int lock;

	e = jk_session_find(dir, id, &s);
	if (e != JK_OK)
		return e;
	file_name(s.grant.uid, name);
	e = jk_session_lock(dir, s.grant.uid, &lock);
	if (e != JK_OK)
		return e;
	/* Once more, now that nobody else writes; with its dead leaders. */
	e = read_file(dir, name, &s);
	if (e == JK_OK && strcmp(s.id, id) != 0)
		e = JK_ERR_NOT_FOUND;
	if (e == JK_OK && s.closed)
		e = JK_ERR_CLOSED;
	if (e == JK_OK) {
		jk_session_drop_leader(&s, pid);
		e = prune(&s);
	}
	if (e == JK_OK) {
		s.closed = s.state == JK_SESSION_ENDED;
		e = jk_session_store(dir, &s);
	}
	close(lock);
	if (e == JK_OK)
		*ret = s;
	return e;
}

enum jk_err
jk_session_finish(int dir, const char *id, enum jk_cause cause,
    struct jk_session *ret)
{
	struct jk_session s;
	enum jk_err e;
	int lock;

	e = jk_session_find(dir, id, &s);
	if (e != JK_OK)
		return e;
	e = jk_session_lock(dir, s.grant.uid, &lock);
	if (e != JK_OK)
		return e;
	e = jk_session_load(dir, s.grant.uid, &s);
	if (e == JK_OK && (strcmp(s.id, id) != 0 || s.closed))
		e = JK_ERR_NOT_FOUND;
	if (e == JK_OK) {
		if (s.state != JK_SESSION_ENDED)
			jk_session_set(&s, JK_SESSION_ENDED, cause);
		s.n_leaders = 0;
		s.closed = true;
		e = jk_session_store(dir, &s);
	}
	close(lock);
	if (e == JK_OK)
		*ret = s;
	return e;
}

static enum jk_err
read_lasting(int keep_dir, uid_t uid, struct jk_session *ret)
{
	char name[32];
	enum jk_err e;

	lasting_name(uid, name);
	e = read_file(keep_dir, name, ret);
	return e == JK_OK && ret->grant.uid != uid ? JK_ERR_FORMAT : e;
}

static void
remove_lasting(int keep_dir, uid_t uid)
{
	char name[32];
	enum jk_err e;

	lasting_name(uid, name);
	e = jk_state_remove(keep_dir, name);
	/* It must not come back with the next boot. */
	if (e == JK_ERR_SYS || (e == JK_OK && fsync(keep_dir) != 0))
		jk_log(JK_LOG_WARNING, "%s stays", name);
}

/*
 * One of which nothing else is known: of an earlier boot, or whoever was about to
 * begin it died.
 */
static enum jk_err
take_lasting(int keep_dir, uid_t uid, const char *known, struct jk_session *ret)
{
	char boot[JK_BOOT_ID_LEN + 1];
	struct jk_session s;
	enum jk_err e = read_lasting(keep_dir, uid, &s);

	if (e == JK_ERR_NOT_FOUND || (e == JK_OK && strcmp(s.id, known) == 0))
		return JK_ERR_NOT_FOUND;
	remove_lasting(keep_dir, uid);
	if (e == JK_ERR_FORMAT) {
		jk_log(JK_LOG_ERR,
		    LASTING "%u cannot be read: that session "
		            "has no end on record",
		    (unsigned)uid);
		return JK_ERR_NOT_FOUND;
	}
	if (e != JK_OK || (e = jk_process_boot(boot)) != JK_OK)
		return e;
	s.cause =
	    strcmp(s.boot, boot) == 0 ? JK_CAUSE_LEADER_LOST : JK_CAUSE_REBOOT;
	*ret = s;
	return JK_OK;
}

enum jk_err
jk_session_take_lost(int dir, int keep_dir, uid_t uid, struct jk_session *ret)
{
	struct jk_session s = { 0 };
	enum jk_err e;
	int lock;

	e = jk_session_lock(dir, uid, &lock);
	if (e != JK_OK)
		return e;
	e = jk_session_load(dir, uid, &s);
	if (e == JK_ERR_NOT_FOUND || (e == JK_OK && s.closed)) {
		e = take_lasting(keep_dir, uid, s.id, ret);
	} else if (e == JK_OK && s.state == JK_SESSION_ENDED) {
		s.closed = true;
		e = jk_session_store(dir, &s);
		if (e == JK_OK)
			*ret = s;
	} else if (e == JK_OK) {
		e = JK_ERR_NOT_FOUND;
	}
	close(lock);
	return e;
}

static enum jk_err
remember(int keep_dir, const struct jk_session *s)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char name[32];
	enum jk_err e;

	lasting_name(s->grant.uid, name);
	if ((e = jk_frame_new(&f)) != JK_OK || (e = encode(s, f)) != JK_OK)
		return e;
	return jk_state_keep(keep_dir, name, f);
}

/* First what outlasts a reboot: no session lives without it. */
enum jk_err
jk_session_begin(int dir, int keep_dir, const struct jk_session *s)
{
	enum jk_err e = remember(keep_dir, s);

	if (e != JK_OK)
		jk_log(JK_LOG_WARNING,
		    "a reboot would leave session %s without an end: %s", s->id,
		    jk_err_text(e));
	e = jk_session_store(dir, s);
	if (e != JK_OK && s->n_leaders == 1)
		remove_lasting(keep_dir, s->grant.uid);
	return e;
}

void
jk_session_forget(int dir, int keep_dir, const struct jk_session *session)
{
	const uid_t uid = session->grant.uid;
	struct jk_session s;
	int lock;

	if (jk_session_lock(dir, uid, &lock) != JK_OK) {
		jk_log(JK_LOG_WARNING,
		    "session %s may seem to have ended twice", session->id);
		return;
	}
	/* Another may have begun while the end of this one was recorded. */
	if (read_lasting(keep_dir, uid, &s) == JK_OK &&
	    strcmp(s.id, session->id) == 0)
		remove_lasting(keep_dir, uid);
	close(lock);
}

enum jk_err
jk_session_open_book(int dir, uid_t uid, const char *id, struct jk_usebook *ret)
{
	struct jk_session s;
	enum jk_err e;
	int lock;

	e = lock_live(dir, uid, id, &s, &lock);
	if (e != JK_OK)
		return e;
	e = jk_usebook_open(dir, id, ret);
	close(lock);
	return e;
}

/* `but` is another directory, whose sessions have had their turn; or -1. */
static enum jk_err
each_in(int dir, const char *prefix, int but,
    enum jk_err (*one)(uid_t uid, void *ctx), void *ctx)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const size_t skip = strlen(prefix);
	struct dirent *entry;
	enum jk_err e = JK_OK;
	char name[32];
	uint64_t uid;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return JK_ERR_SYS;
	}
	while (e == JK_OK && (entry = readdir(d)) != NULL) {
		if (strncmp(entry->d_name, prefix, skip) != 0 ||
		    jk_process_number(entry->d_name + skip, UINT32_MAX - 1,
		        &uid) != JK_OK)
			continue;
		file_name((uid_t)uid, name);
		if (but < 0 || faccessat(but, name, F_OK, 0) != 0)
			e = one((uid_t)uid, ctx);
	}
	closedir(d);
	return e;
}

enum jk_err
jk_session_each(int dir, int keep_dir, enum jk_err (*one)(uid_t uid, void *ctx),
    void *ctx)
{
	enum jk_err e = each_in(dir, PREFIX, -1, one, ctx);

	return e == JK_OK ? each_in(keep_dir, LASTING, dir, one, ctx) : e;
}

enum jk_err
jk_session_owes_end(int dir, const struct jk_session *session)
{
	struct jk_session s;
	char name[32];
	enum jk_err e;
	int lock;

	file_name(session->grant.uid, name);
	e = jk_session_lock(dir, session->grant.uid, &lock);
	if (e != JK_OK)
		return e;
	e = read_file(dir, name, &s);
	if (e == JK_OK && (strcmp(s.id, session->id) != 0 || !s.closed))
		e = JK_ERR_NOT_FOUND;
	if (e == JK_OK) {
		s.closed = false;
		e = jk_session_store(dir, &s);
	}
	close(lock);
	return e;
}

/*
 * Real, effective, saved or file system uid: a set-user-ID program is a
 * process of whoever runs it. So is one that only hides under another uid.
 * What cannot be read may be one.
 */
static bool
belongs_to(const char *name, uid_t uid)
{
	struct jk_process_uids u;
	bool comes_back = false;
	uint64_t pid;
	enum jk_err e;

	if (jk_process_number(name, INT_MAX, &pid) != JK_OK)
		return false; /* not a process */
	e = jk_process_uids((pid_t)pid, &u);
	if (e != JK_OK)
		return e != JK_ERR_NOT_FOUND;
	if (u.real == uid || u.effective == uid || u.saved == uid ||
	    u.fs == uid)
		return true;
	e = jk_process_may_become((pid_t)pid, uid, &comes_back);
	return e == JK_OK ? comes_back : e != JK_ERR_NOT_FOUND;
}

bool
jk_session_has_processes(uid_t uid)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = proc == NULL; /* not seen is not proven */

	while (!found && (entry = readdir(proc)) != NULL)
		found = belongs_to(entry->d_name, uid);
	if (proc != NULL)
		closedir(proc);
	return found;
}
