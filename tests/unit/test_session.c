/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "frame.h"
#include "process.h"
#include "protocol.h"
#include "scratch.h"
#include "session.h"
#include "state.h"
#include "usebook.h"

#define UID 2001

static const struct jk_grant grant = {
	.account = "hanako",
	.uid = UID,
	.person = "p0123",
	.opid = "m0123-2",
	.type = "moving-desk",
	.department = "shimin",
	.card = "c-0042",
	.key = { 4, 5, 6 },
	.method = JK_METHOD_CARD_PIN,
	.terminal = "shimin-03",
};

static struct jk_leader
leader_of(pid_t pid)
{
	struct jk_leader l = { .pid = (uint64_t)pid };

	assert_int_equal(jk_process_start(pid, &l.start), JK_OK);
	return l;
}

static pid_t
start_process(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static void
end_process(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
test_session_store_load_round_trips(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct scratch p;
	struct jk_session s, got, found;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_session_load(p.dir, UID, &got), JK_ERR_NOT_FOUND);
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_int_equal(jk_session_load(p.dir, UID, &got), JK_OK);
	assert_string_equal(got.id, s.id);
	assert_int_equal(got.state, JK_SESSION_ACTIVE);
	assert_int_equal(got.n_leaders, 1);
	assert_string_equal(got.grant.opid, grant.opid);
	assert_memory_equal(got.grant.key, grant.key, sizeof(grant.key));
	assert_int_equal(jk_session_find(p.dir, s.id, &found), JK_OK);
	assert_int_equal(found.grant.uid, UID);
	assert_int_equal(jk_session_find(p.dir, "00", &found),
	    JK_ERR_NOT_FOUND);
	scratch_remove(&p);
}

static bool
rename_opid(struct jk_session *s, const void *ctx)
{
	if (ctx == NULL)
		return false;
	snprintf(s->grant.opid, sizeof(s->grant.opid), "%s", (const char *)ctx);
	return true;
}

static bool
confirm(struct jk_session *s, const void *ctx)
{
	(void)ctx;
	return jk_session_set_confirming(s) == JK_OK;
}

/* In a process of its own, as jukinetd's conversations are. */
static pid_t
start_confirming(int dir, const struct jk_session *s)
{
	int ready[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		byte = jk_session_change(dir, s, confirm, NULL) == JK_OK;
		(void)!write(ready[1], &byte, 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

/* Nobody else may end it, and what is suspended meanwhile must not stay so. */
static void
test_session_confirming_is_over_when_its_process_dies(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct jk_session s, got;
	struct scratch p;
	pid_t pid;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	pid = start_confirming(p.dir, &s);
	assert_int_equal(jk_session_load(p.dir, UID, &got), JK_OK);
	assert_int_equal(got.state, JK_SESSION_CONFIRMING);
	assert_int_equal(jk_session_lapse(p.dir, &got), JK_ERR_REFUSED);
	end_process(pid);
	assert_int_equal(jk_session_load(p.dir, UID, &got), JK_OK);
	assert_int_equal(got.state, JK_SESSION_LOCKED);
	assert_int_equal(got.cause, JK_CAUSE_CONFIRM);
	/* Once, for all who only wait for news. */
	assert_int_equal(jk_session_lapse(p.dir, &got), JK_OK);
	assert_int_equal(jk_session_load(p.dir, UID, &got), JK_OK);
	assert_int_equal(got.state, JK_SESSION_LOCKED);
	assert_int_equal(jk_session_lapse(p.dir, &got), JK_ERR_REFUSED);
	scratch_remove(&p);
}

/* Its process lives, and sleeps. */
static void
test_session_confirming_is_over_in_time(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct jk_session s, got;
	struct scratch p;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	assert_int_equal(jk_session_set_confirming(&s), JK_OK);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_int_equal(jk_session_load(p.dir, UID, &got), JK_OK);
	assert_int_equal(got.state, JK_SESSION_CONFIRMING);
	s.changed_ms -= JK_CONFIRMING_MS + 1;
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_int_equal(jk_session_load(p.dir, UID, &got), JK_OK);
	assert_int_equal(got.state, JK_SESSION_LOCKED);
	scratch_remove(&p);
}

static void
test_session_change_only_the_one_that_is_known(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct scratch p;
	struct jk_session s, other, got;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	assert_int_equal(jk_session_new(&grant, &me, &other), JK_OK);
	assert_int_equal(jk_session_change(p.dir, &s, rename_opid, "o-1"),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_int_equal(jk_session_change(p.dir, &other, rename_opid, "o-1"),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_session_change(p.dir, &s, rename_opid, NULL),
	    JK_ERR_REFUSED);
	assert_int_equal(jk_session_load(p.dir, UID, &got), JK_OK);
	assert_string_equal(got.grant.opid, grant.opid);
	assert_int_equal(jk_session_change(p.dir, &s, rename_opid, "o-1"),
	    JK_OK);
	assert_int_equal(jk_session_load(p.dir, UID, &got), JK_OK);
	assert_string_equal(got.grant.opid, "o-1");
	assert_string_equal(got.id, s.id);
	/* One that has ended is changed no more. */
	got.n_leaders = 0;
	assert_int_equal(jk_session_store(p.dir, &got), JK_OK);
	assert_int_equal(jk_session_change(p.dir, &s, rename_opid, "o-2"),
	    JK_ERR_NOT_FOUND);
	scratch_remove(&p);
}

static void
test_session_load_dead_leader_has_ended(void **state)
{
	struct scratch p;
	struct jk_session s;
	struct jk_leader l;
	pid_t pid = start_process();

	(void)state;
	scratch_make(&p);
	l = leader_of(pid);
	assert_int_equal(jk_session_new(&grant, &l, &s), JK_OK);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	end_process(pid);
	assert_int_equal(jk_session_load(p.dir, UID, &s), JK_OK);
	assert_int_equal(s.state, JK_SESSION_ENDED);
	assert_int_equal(s.n_leaders, 0);
	scratch_remove(&p);
}

/* Nobody has waited for it yet: dead all the same. */
static void
test_session_load_zombie_leader_has_ended(void **state)
{
	struct scratch p;
	struct jk_session s;
	struct jk_leader l;
	siginfo_t info;
	pid_t pid = start_process();

	(void)state;
	scratch_make(&p);
	l = leader_of(pid);
	assert_int_equal(jk_session_new(&grant, &l, &s), JK_OK);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(jk_session_load(p.dir, UID, &s), JK_OK);
	assert_int_equal(s.state, JK_SESSION_ENDED);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	scratch_remove(&p);
}

/* The pid of a leader that died may come again: the start time does not. */
static void
test_session_load_recycled_pid_has_ended(void **state)
{
	struct jk_leader l = leader_of(getpid());
	struct scratch p;
	struct jk_session s;

	(void)state;
	scratch_make(&p);
	l.start--;
	assert_int_equal(jk_session_new(&grant, &l, &s), JK_OK);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_int_equal(jk_session_load(p.dir, UID, &s), JK_OK);
	assert_int_equal(s.state, JK_SESSION_ENDED);
	scratch_remove(&p);
}

static void
test_session_load_other_boot_has_ended(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct scratch p;
	struct jk_session s;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	s.boot[0] = s.boot[0] == '0' ? '1' : '0';
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_int_equal(jk_session_load(p.dir, UID, &s), JK_OK);
	assert_int_equal(s.state, JK_SESSION_ENDED);
	scratch_remove(&p);
}

static void
test_session_file_of_another_uid_is_refused(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct scratch p;
	struct jk_session s;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_int_equal(renameat(p.dir, "session.2001", p.dir, "session.2002"),
	    0);
	assert_int_equal(jk_session_load(p.dir, 2002, &s), JK_ERR_NOT_FOUND);
	scratch_remove(&p);
}

static void
test_session_drop_last_leader_ends_it(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	const struct jk_leader parent = leader_of(getppid());
	struct jk_session s;

	(void)state;
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	assert_int_equal(jk_session_add_leader(&s, &parent), JK_OK);
	/* Whoever is no leader takes nobody's place while two are left. */
	jk_session_drop_leader(&s, 1);
	assert_int_equal(s.n_leaders, 2);
	jk_session_drop_leader(&s, getpid());
	assert_int_equal(s.state, JK_SESSION_ACTIVE);
	assert_int_equal(s.n_leaders, 1);
	/* The one that is left may have handed over its closing. */
	jk_session_drop_leader(&s, getpid());
	assert_int_equal(s.state, JK_SESSION_ENDED);
}

static void
test_session_drop_leader_of_two_sessions_leaves_one(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct jk_session s;

	(void)state;
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	assert_int_equal(jk_session_add_leader(&s, &me), JK_OK);
	jk_session_drop_leader(&s, getpid());
	assert_int_equal(s.n_leaders, 1);
	assert_int_equal(s.state, JK_SESSION_ACTIVE);
	jk_session_drop_leader(&s, getpid());
	assert_int_equal(s.state, JK_SESSION_ENDED);
}

static void
test_session_leave_closes_with_the_last_and_once(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	const struct jk_leader parent = leader_of(getppid());
	struct scratch p;
	struct jk_session s, left;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	assert_int_equal(jk_session_add_leader(&s, &parent), JK_OK);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_int_equal(jk_session_leave(p.dir, s.id, getpid(), &left), JK_OK);
	assert_int_equal(left.state, JK_SESSION_ACTIVE);
	assert_false(left.closed);
	assert_int_equal(jk_session_leave(p.dir, s.id, getppid(), &left),
	    JK_OK);
	assert_int_equal(left.state, JK_SESSION_ENDED);
	assert_true(left.closed);
	assert_int_equal(jk_session_leave(p.dir, s.id, getppid(), &left),
	    JK_ERR_CLOSED);
	assert_int_equal(jk_session_leave(p.dir, "0123456789abcdef", 1, &left),
	    JK_ERR_NOT_FOUND);
	/* Its end could not be recorded: the next one finds it so. */
	assert_int_equal(jk_session_load(p.dir, UID, &left), JK_OK);
	assert_true(left.closed);
	assert_int_equal(jk_session_owes_end(p.dir, &left), JK_OK);
	assert_int_equal(jk_session_load(p.dir, UID, &left), JK_OK);
	assert_false(left.closed);
	assert_int_equal(left.state, JK_SESSION_ENDED);
	assert_int_equal(jk_session_owes_end(p.dir, &left), JK_ERR_NOT_FOUND);
	scratch_remove(&p);
}

static void
begin(int dir, int keep, struct jk_session *ret)
{
	const struct jk_leader leader = leader_of(getppid());
	int lock;

	assert_int_equal(jk_session_new(&grant, &leader, ret), JK_OK);
	assert_int_equal(jk_session_lock(dir, UID, &lock), JK_OK);
	assert_int_equal(jk_session_begin(dir, keep, ret), JK_OK);
	close(lock);
}

/* As after a reboot: what stands in /run is gone. Takes it away. */
static enum jk_err
lasting(int keep, struct jk_session *ret)
{
	struct scratch none;
	enum jk_err e;

	scratch_make(&none);
	e = jk_session_take_lost(none.dir, keep, UID, ret);
	scratch_remove(&none);
	return e;
}

/* The end of one is on record when the next has begun. */
static void
test_session_forget_leaves_the_next_one(void **state)
{
	struct scratch p, keep;
	struct jk_session a, b, got;

	(void)state;
	scratch_make(&p);
	scratch_make(&keep);
	begin(p.dir, keep.dir, &a);
	assert_int_equal(jk_session_finish(p.dir, a.id, JK_CAUSE_REMOVAL, &a),
	    JK_OK);
	begin(p.dir, keep.dir, &b);
	jk_session_forget(p.dir, keep.dir, &a);
	assert_int_equal(jk_session_take_lost(p.dir, keep.dir, UID, &got),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(lasting(keep.dir, &got), JK_OK);
	assert_string_equal(got.id, b.id);
	begin(p.dir, keep.dir, &b);
	jk_session_forget(p.dir, keep.dir, &b);
	assert_int_equal(scratch_count(&keep, "open."), 0);
	scratch_remove(&p);
	scratch_remove(&keep);
}

/* Its start is on record, and nothing in /run says so. */
static void
test_session_that_died_at_its_begin_is_lost(void **state)
{
	struct scratch p, other, keep;
	struct jk_session a, b, got;

	(void)state;
	scratch_make(&p);
	scratch_make(&other);
	scratch_make(&keep);
	begin(p.dir, keep.dir, &a);
	assert_int_equal(jk_session_finish(p.dir, a.id, JK_CAUSE_REMOVAL, &a),
	    JK_OK);
	/* Whose end is being recorded is not lost. */
	assert_int_equal(jk_session_take_lost(p.dir, keep.dir, UID, &got),
	    JK_ERR_NOT_FOUND);
	begin(other.dir, keep.dir, &b);
	assert_int_equal(jk_session_take_lost(p.dir, keep.dir, UID, &got),
	    JK_OK);
	assert_string_equal(got.id, b.id);
	assert_int_equal(got.cause, JK_CAUSE_LEADER_LOST);
	assert_int_equal(jk_session_take_lost(p.dir, keep.dir, UID, &got),
	    JK_ERR_NOT_FOUND);
	scratch_remove(&p);
	scratch_remove(&other);
	scratch_remove(&keep);
}

static void
pause_us(unsigned us)
{
	const struct timespec t = { .tv_nsec = (long)us * 1000 };

	(void)nanosleep(&t, NULL);
}

static void
end_and_forget(const struct scratch *p, const struct scratch *keep,
    const char *id)
{
	struct jk_session s;

	if (jk_session_finish(p->dir, id, JK_CAUSE_REMOVAL, &s) != JK_OK)
		_exit(1);
	pause_us((unsigned)rand() % 400); /* its record */
	jk_session_forget(p->dir, keep->dir, &s);
	_exit(0);
}

static void
log_in_when_free(const struct scratch *p, const struct scratch *keep)
{
	struct jk_session s;

	for (unsigned i = 0; i < 2000; i++) {
		if (jk_session_load(p->dir, UID, &s) == JK_OK &&
		    s.state == JK_SESSION_ENDED)
			break;
		pause_us(20);
	}
	begin(p->dir, keep->dir, &s);
	_exit(0);
}

static bool
died_early(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status);
}

/* Whoever is killed, and wherever: a live one is remembered, an ended one not. */
static void
test_session_end_and_begin_at_once(void **state)
{
	struct scratch p, keep;
	struct jk_session a, now, kept;

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		pid_t ending, beginning;
		bool is_killed;
		enum jk_err e;

		scratch_make(&p);
		scratch_make(&keep);
		begin(p.dir, keep.dir, &a);
		srand(i);
		if ((ending = fork()) == 0)
			end_and_forget(&p, &keep, a.id);
		if ((beginning = fork()) == 0)
			log_in_when_free(&p, &keep);
		pause_us((unsigned)rand() % 20000);
		if (i % 3 == 1)
			kill(ending, SIGKILL);
		if (i % 3 == 2)
			kill(beginning, SIGKILL);
		is_killed = died_early(ending);
		(void)died_early(beginning);
		assert_int_equal(jk_session_load(p.dir, UID, &now), JK_OK);
		e = lasting(keep.dir, &kept);
		if (now.state != JK_SESSION_ENDED) {
			assert_int_equal(e, JK_OK);
			assert_string_equal(kept.id, now.id);
		} else if (e == JK_OK && strcmp(kept.id, a.id) == 0) {
			assert_true(is_killed);
		}
		scratch_remove(&p);
		scratch_remove(&keep);
	}
}

static void
check_it_goes(struct scratch *p, const struct jk_session *s, bool finished)
{
	struct jk_usebook book = { .fd = -1 };
	struct jk_session left;

	assert_int_equal(jk_usebook_open(p->dir, s->id, &book), JK_OK);
	assert_int_equal(jk_session_store(p->dir, s), JK_OK);
	assert_int_equal(scratch_count(p, "usebook."), 1);
	if (finished)
		assert_int_equal(jk_session_finish(p->dir, s->id,
		                     JK_CAUSE_SUPERVISOR, &left),
		    JK_OK);
	else
		assert_int_equal(jk_session_leave(p->dir, s->id, getpid(),
		                     &left),
		    JK_OK);
	assert_true(left.closed);
	assert_int_equal(scratch_count(p, "usebook."), 0);
	jk_usebook_close(&book);
}

/* However it ends. */
static void
test_session_takes_its_uses_with_it(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct jk_usebook book = { .fd = -1 };
	struct jk_session s, lost;
	struct scratch p;

	(void)state;
	scratch_make(&p);
	for (int finished = 0; finished < 2; finished++) {
		assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
		check_it_goes(&p, &s, finished == 1);
	}
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	s.leader[0].start++; /* it has died */
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_int_equal(jk_usebook_open(p.dir, s.id, &book), JK_OK);
	jk_usebook_close(&book);
	assert_int_equal(jk_session_take_lost(p.dir, p.dir, UID, &lost), JK_OK);
	assert_int_equal(scratch_count(&p, "usebook."), 0);
	scratch_remove(&p);
}

/* Opens it again and again, until it is killed. */
static pid_t
start_opening(const struct scratch *p, const char *id)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	while (pid == 0) {
		struct jk_usebook book = { .fd = -1 };

		(void)jk_session_open_book(p->dir, UID, id, &book);
		jk_usebook_close(&book);
	}
	return pid;
}

/* Whoever comes when it has ended, and is killed, leaves nothing behind. */
static void
test_session_that_has_ended_has_no_uses(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct jk_usebook book = { .fd = -1 };
	struct jk_session s, left;
	struct scratch p;
	pid_t child;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_session_open_book(p.dir, UID, "00000000000000aa",
	                     &book),
	    JK_ERR_NOT_FOUND);
	for (unsigned i = 0; i < 30; i++) {
		assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
		assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
		assert_int_equal(jk_session_open_book(p.dir, UID,
		                     "00000000000000aa", &book),
		    JK_ERR_NOT_FOUND);
		child = start_opening(&p, s.id);
		pause_us(i * 300);
		assert_int_equal(jk_session_leave(p.dir, s.id, getpid(), &left),
		    JK_OK);
		pause_us(2000);
		end_process(child);
		assert_int_equal(scratch_count(&p, "usebook."), 0);
	}
	/* Its end is still to be recorded. */
	assert_int_equal(jk_session_owes_end(p.dir, &s), JK_OK);
	assert_int_equal(jk_session_open_book(p.dir, UID, s.id, &book),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(scratch_count(&p, "usebook."), 0);
	scratch_remove(&p);
}

/* His place is that of a dead leader, not that of the one who is left. */
static void
test_session_leave_of_a_dead_leader_leaves_the_others(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	pid_t pid = start_process();
	const struct jk_leader other = leader_of(pid);
	struct scratch p;
	struct jk_session s, left;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	assert_int_equal(jk_session_add_leader(&s, &other), JK_OK);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	end_process(pid);
	assert_int_equal(jk_session_leave(p.dir, s.id, pid, &left), JK_OK);
	assert_int_equal(left.state, JK_SESSION_ACTIVE);
	assert_int_equal(left.n_leaders, 1);
	assert_int_equal(left.leader[0].pid, getpid());
	scratch_remove(&p);
}

static void
test_session_add_leader_beyond_all_places_is_refused(void **state)
{
	const struct jk_leader me = leader_of(getpid());
	struct jk_session s;

	(void)state;
	assert_int_equal(jk_session_new(&grant, &me, &s), JK_OK);
	for (size_t i = 1; i < JK_LEADERS_MAX; i++)
		assert_int_equal(jk_session_add_leader(&s, &me), JK_OK);
	assert_int_equal(jk_session_add_leader(&s, &me), JK_ERR_TOO_BIG);
}

static void
test_session_has_processes_sees_own_uid_and_no_stranger(void **state)
{
	(void)state;
	assert_true(jk_session_has_processes(getuid()));
	assert_false(jk_session_has_processes(4294000001u));
}

/* Also of another run of this test at the same time. */
static uid_t
nobodys_uid(void)
{
	return 2000000000u + 2 * (uid_t)getpid();
}

/* As su in an account's session: it runs as root, for that account. */
static void
test_session_has_processes_sees_real_uid(void **state)
{
	const uid_t uid = nobodys_uid();
	int ready[2];
	pid_t pid;
	char byte;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_false(jk_session_has_processes(uid));
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setresuid(uid, 0, 0) == 0 && write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(jk_session_has_processes(uid));
	end_process(pid);
	assert_false(jk_session_has_processes(uid));
	close(ready[0]);
	close(ready[1]);
}

/* Into a user namespace of that account, and there under another uid. */
JK_NORETURN static void
hide(uid_t uid, int ready, int go)
{
	char byte;

	if (setresuid(uid, uid, uid) == 0 && unshare(CLONE_NEWUSER) == 0 &&
	    write(ready, "x", 1) == 1 && read(go, &byte, 1) == 1 &&
	    setresuid(1, 1, 1) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
	    write(ready, "y", 1) == 1)
		pause();
	_exit(0);
}

/* As newuidmap does for any account that has subordinate ids. */
static void
write_map(pid_t pid, uid_t uid)
{
	char path[64], map[4096];
	int n = 0, fd;

	/* More than a page of the file, and the account at its end. */
	for (unsigned i = 1; i < 150; i++)
		n += snprintf(map + n, sizeof(map) - (size_t)n, "%u %u 1\n", i,
		    3000000000u + i);
	n += snprintf(map + n, sizeof(map) - (size_t)n, "200 %u 1\n",
	    (unsigned)uid);
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	/* In one piece, or it is refused. */
	assert_int_equal(write(fd, map, (size_t)n), n);
	close(fd);
}

static void
test_session_has_processes_sees_who_may_come_back(void **state)
{
	const uid_t uid = nobodys_uid();
	int ready[2], go[2];
	pid_t pid;
	char byte;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	assert_false(jk_session_has_processes(uid));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(ready[0]);
		hide(uid, ready[1], go[0]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		skip(); /* no user namespaces here */
	write_map(pid, uid);
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(jk_session_has_processes(uid));
	assert_false(jk_session_has_processes(uid - 1));
	end_process(pid);
	assert_false(jk_session_has_processes(uid));
	close(ready[0]);
	close(go[0]);
	close(go[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_store_load_round_trips),
		cmocka_unit_test(
		    test_session_change_only_the_one_that_is_known),
		cmocka_unit_test(
		    test_session_confirming_is_over_when_its_process_dies),
		cmocka_unit_test(test_session_confirming_is_over_in_time),
		cmocka_unit_test(test_session_load_dead_leader_has_ended),
		cmocka_unit_test(test_session_load_zombie_leader_has_ended),
		cmocka_unit_test(test_session_load_recycled_pid_has_ended),
		cmocka_unit_test(test_session_load_other_boot_has_ended),
		cmocka_unit_test(test_session_file_of_another_uid_is_refused),
		cmocka_unit_test(test_session_drop_last_leader_ends_it),
		cmocka_unit_test(
		    test_session_drop_leader_of_two_sessions_leaves_one),
		cmocka_unit_test(
		    test_session_leave_closes_with_the_last_and_once),
		cmocka_unit_test(test_session_takes_its_uses_with_it),
		cmocka_unit_test(test_session_that_has_ended_has_no_uses),
		cmocka_unit_test(
		    test_session_leave_of_a_dead_leader_leaves_the_others),
		cmocka_unit_test(test_session_forget_leaves_the_next_one),
		cmocka_unit_test(test_session_that_died_at_its_begin_is_lost),
		cmocka_unit_test(test_session_end_and_begin_at_once),
		cmocka_unit_test(
		    test_session_add_leader_beyond_all_places_is_refused),
		cmocka_unit_test(
		    test_session_has_processes_sees_own_uid_and_no_stranger),
		cmocka_unit_test(test_session_has_processes_sees_real_uid),
		cmocka_unit_test(
		    test_session_has_processes_sees_who_may_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
