/* SPDX-License-Identifier: BSD-2-Clause */
/* The real accepter in a child process, real sockets, real workers. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accepter.h"
#include "clock.h"
#include "frame.h"

struct place {
	char dir[64];
	struct sockaddr_un address;
	pid_t pid;
};

/* Says its pid, then waits for one packet and sends it back. */
static int
echo_worker(int fd, const struct ucred *peer, void *ctx)
{
	char bytes[64];
	pid_t me = getpid();
	ssize_t n;

	(void)ctx;
	if (peer->pid <= 0 || send(fd, &me, sizeof(me), MSG_NOSIGNAL) < 0)
		return 1;
	if (jk_wait_readable(fd, NULL, jk_boot_ms() + 60000) != JK_OK)
		pause(); /* a worker that does not care about a hang-up */
	n = recv(fd, bytes, sizeof(bytes), 0);
	return n > 0 && send(fd, bytes, (size_t)n, MSG_NOSIGNAL) == n ? 0 : 1;
}

/* Lasts, if it may: says whether, then again for each packet that comes. */
static int
lasting_worker(int fd, const struct ucred *peer, void *ctx)
{
	char byte;

	(void)peer;
	(void)ctx;
	do {
		int64_t until;
		const enum jk_err e = jk_accepter_last(&until);
		const pid_t told = e == JK_OK ? getpid() : -(pid_t)e;

		if (send(fd, &told, sizeof(told), MSG_NOSIGNAL) < 0)
			return 1;
		if (jk_wait_readable(fd, NULL, jk_boot_ms() + 60000) != JK_OK)
			return 0;
	} while (recv(fd, &byte, 1, 0) == 1);
	return 0;
}

static void
start(struct place *p, struct jk_accepter conf)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(p->dir, "/tmp/jk-accepter-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->address.sun_family = AF_UNIX;
	snprintf(p->address.sun_path, sizeof(p->address.sun_path), "%s/sock",
	    p->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&p->address,
	                     sizeof(p->address)),
	    0);
	assert_int_equal(listen(fd, 64), 0);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		/* As a plain user: root has no budgets. */
		if (getuid() == 0 && setuid(65534) != 0)
			_exit(9);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		conf.listen_fd = fd;
		if (conf.worker == NULL)
			conf.worker = echo_worker;
		_exit(jk_accepter_run(&conf) == JK_OK ? 0 : 1);
	}
	assert_int_equal(chmod(p->address.sun_path, 0666), 0);
	assert_int_equal(chmod(p->dir, 0755), 0);
	close(fd);
}

static void
stop(struct place *p)
{
	int status;

	kill(p->pid, SIGTERM);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	unlink(p->address.sun_path);
	rmdir(p->dir);
}

/* Connects as a user other than root, whoever runs the test. */
static int
connect_as_user(const struct place *p)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool root = geteuid() == 0;

	assert_true(fd >= 0);
	if (root)
		assert_int_equal(seteuid(65533), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&p->address,
	                     sizeof(p->address)),
	    0);
	if (root)
		assert_int_equal(seteuid(0), 0);
	return fd;
}

/* The pid of the worker that took this connection; 0: none in time. */
static pid_t
worker_of(int fd, int64_t ms)
{
	pid_t pid = 0;

	if (jk_wait_readable(fd, NULL, jk_boot_ms() + ms) != JK_OK ||
	    recv(fd, &pid, sizeof(pid), 0) != sizeof(pid))
		return 0;
	return pid;
}

static void
assert_gone(pid_t pid)
{
	int64_t until = jk_boot_ms() + 5000;

	while (kill(pid, 0) == 0 && jk_boot_ms() < until)
		usleep(5000);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

/* True when the accepter has no worker, running or dead. */
static bool
has_no_worker(const struct place *p)
{
	char path[64], byte;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
	    (int)p->pid, (int)p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = read(fd, &byte, 1);
	assert_true(n >= 0);
	close(fd);
	return n == 0;
}

/* Closed by the accepter, with nothing said. */
static void
assert_closed(int fd)
{
	char byte;

	assert_int_equal(jk_wait_readable(fd, NULL, jk_boot_ms() + 5000),
	    JK_OK);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

static const struct jk_accepter small = {
	.max_workers = 8,
	.max_per_uid = 2,
	.max_waiting = 8,
	.deadline_ms = 60000,
	.grace_ms = 0,
};

static void
test_accepter_serves_and_reaps(void **state)
{
	struct place p = { 0 };
	char back[3];
	int fd;

	(void)state;
	start(&p, small);
	for (int i = 0; i < 20; i++) {
		fd = connect_as_user(&p);
		assert_true(worker_of(fd, 5000) > 0);
		assert_int_equal(send(fd, "abc", 3, 0), 3);
		assert_int_equal(jk_wait_readable(fd, NULL,
		                     jk_boot_ms() + 5000),
		    JK_OK);
		assert_int_equal(recv(fd, back, 3, 0), 3);
		close(fd);
	}
	stop(&p);
}

static void
test_accepter_hangup_kills_the_worker(void **state)
{
	struct place p = { 0 };
	pid_t pid;
	int fd;

	(void)state;
	start(&p, small);
	fd = connect_as_user(&p);
	pid = worker_of(fd, 5000);
	assert_true(pid > 0);
	close(fd);
	assert_gone(pid);
	stop(&p);
}

static void
test_accepter_deadline_kills_the_worker(void **state)
{
	struct jk_accepter conf = small;
	struct place p = { 0 };
	int fd;

	(void)state;
	conf.deadline_ms = 50;
	start(&p, conf);
	fd = connect_as_user(&p);
	/* On a slow machine it is killed before it can say anything. */
	(void)worker_of(fd, 5000);
	assert_closed(fd);
	assert_true(has_no_worker(&p));
	close(fd);
	stop(&p);
}

static void
test_accepter_what_lasts_outlives_the_deadline(void **state)
{
	struct jk_accepter conf = small;
	struct place p = { 0 };
	pid_t pid, seen;
	int64_t until;
	int fd;

	(void)state;
	assert_int_equal(jk_accepter_last(&until), JK_ERR_UNSUPPORTED);
	conf.worker = lasting_worker;
	conf.deadline_ms = 1000;
	conf.max_lasting = conf.max_lasting_per_uid = 1;
	start(&p, conf);
	fd = connect_as_user(&p);
	pid = worker_of(fd, 5000);
	assert_true(pid > 0);
	/* Said often: each may be late by almost the whole of a deadline. */
	for (until = jk_boot_ms() + 2500; jk_boot_ms() < until;) {
		usleep(20000);
		assert_int_equal(send(fd, "x", 1, 0), 1);
		seen = worker_of(fd, 5000);
		assert_int_equal(seen, pid);
	}
	/* It no longer says so. */
	assert_gone(pid);
	assert_closed(fd);
	close(fd);
	/* A hang-up ends it as any other, and makes room. */
	fd = connect_as_user(&p);
	pid = worker_of(fd, 5000);
	assert_true(pid > 0);
	close(fd);
	assert_gone(pid);
	stop(&p);
}

static void
test_accepter_what_lasts_is_bounded_and_in_nobodys_way(void **state)
{
	struct jk_accepter conf = small;
	struct place p = { 0 };
	const int64_t until = jk_boot_ms() + 60000;
	pid_t told;
	int fd[5];

	(void)state;
	conf.worker = lasting_worker;
	conf.max_lasting = 4;
	conf.max_lasting_per_uid = 2;
	start(&p, conf);
	for (int i = 0; i < 2; i++) {
		fd[i] = connect_as_user(&p);
		assert_true(worker_of(fd[i], 5000) > 0);
	}
	/* These go on as the others, of which two have a place. */
	for (int i = 2; i < 4; i++) {
		fd[i] = connect_as_user(&p);
		assert_int_equal(worker_of(fd[i], 5000), -JK_ERR_BUSY);
	}
	fd[4] = connect_as_user(&p);
	assert_int_equal(worker_of(fd[4], 100), 0);
	close(fd[0]);
	/* It has freed a place among those that last, and no other. */
	do {
		assert_int_equal(send(fd[2], "x", 1, 0), 1);
		told = worker_of(fd[2], 5000);
	} while (told == -JK_ERR_BUSY && jk_boot_ms() < until);
	assert_true(told > 0);
	assert_int_equal(worker_of(fd[4], 5000), -JK_ERR_BUSY);
	for (int i = 1; i < 5; i++)
		close(fd[i]);
	stop(&p);
}

static void
test_accepter_third_of_a_uid_waits_for_a_place(void **state)
{
	struct place p = { 0 };
	int fd[3];

	(void)state;
	start(&p, small);
	for (int i = 0; i < 3; i++)
		fd[i] = connect_as_user(&p);
	assert_true(worker_of(fd[0], 5000) > 0);
	assert_true(worker_of(fd[1], 5000) > 0);
	assert_int_equal(worker_of(fd[2], 100), 0);
	close(fd[0]);
	assert_true(worker_of(fd[2], 5000) > 0);
	close(fd[1]);
	close(fd[2]);
	stop(&p);
}

static void
test_accepter_full_queue_closes_at_once(void **state)
{
	struct place p = { 0 };
	int fd[5];

	(void)state;
	start(&p, small);
	/* Two work, two (a quarter of eight) wait, the fifth is too many. */
	for (int i = 0; i < 5; i++)
		fd[i] = connect_as_user(&p);
	assert_closed(fd[4]);
	assert_int_equal(jk_wait_readable(fd[3], NULL, jk_boot_ms() + 50),
	    JK_ERR_TIMEOUT);
	for (int i = 0; i < 5; i++)
		close(fd[i]);
	stop(&p);
}

static void
test_accepter_budget_spent_waits_for_refill(void **state)
{
	struct jk_accepter conf = small;
	struct place p = { 0 };
	int64_t began;
	int fd;

	(void)state;
	conf.burst = 2;
	conf.refill_ms = 300;
	start(&p, conf);
	began = jk_boot_ms();
	for (int i = 0; i < 2; i++) {
		fd = connect_as_user(&p);
		assert_true(worker_of(fd, 5000) > 0);
		close(fd);
	}
	fd = connect_as_user(&p);
	assert_true(worker_of(fd, 5000) > 0);
	assert_true(jk_boot_ms() - began >= conf.refill_ms);
	close(fd);
	stop(&p);
}

static void
test_accepter_root_has_a_place_when_users_fill_theirs(void **state)
{
	struct jk_accepter conf = small;
	struct place p = { 0 };
	int fd[6], mine;

	(void)state;
	if (geteuid() != 0)
		skip();
	conf.max_per_uid = 100;
	start(&p, conf);
	for (int i = 0; i < 6; i++) {
		fd[i] = connect_as_user(&p);
		assert_true(worker_of(fd[i], 5000) > 0);
	}
	mine = connect_as_user(&p);
	assert_int_equal(worker_of(mine, 100), 0);
	close(mine);
	mine = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(mine, (struct sockaddr *)&p.address,
	                     sizeof(p.address)),
	    0);
	assert_true(worker_of(mine, 5000) > 0);
	close(mine);
	for (int i = 0; i < 6; i++)
		close(fd[i]);
	stop(&p);
}

/* As su does: effective uid 0, started by somebody. */
static int
connect_set_user_id(const struct place *p)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&p->address,
	                     sizeof(p->address)),
	    0);
	return fd;
}

static void
test_accepter_set_user_id_program_is_its_users(void **state)
{
	struct place p = { 0 };
	int fd[3], mine;

	(void)state;
	if (geteuid() != 0)
		skip();
	start(&p, small);
	assert_int_equal(setresuid(65533, 0, 0), 0);
	for (int i = 0; i < 3; i++)
		fd[i] = connect_set_user_id(&p);
	assert_true(worker_of(fd[0], 5000) > 0);
	assert_true(worker_of(fd[1], 5000) > 0);
	assert_int_equal(worker_of(fd[2], 100), 0);
	assert_int_equal(setresuid(0, 0, 0), 0);
	mine = connect_set_user_id(&p);
	assert_true(worker_of(mine, 5000) > 0);
	close(mine);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	stop(&p);
}

static void
test_accepter_killed_takes_workers_with_it(void **state)
{
	struct place p = { 0 };
	pid_t pid;
	int fd;

	(void)state;
	/* Orphans come here, to be seen ending. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	start(&p, small);
	fd = connect_as_user(&p);
	pid = worker_of(fd, 5000);
	assert_true(pid > 0);
	kill(p.pid, SIGKILL);
	assert_int_equal(waitpid(p.pid, NULL, 0), p.pid);
	assert_closed(fd);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
	close(fd);
	unlink(p.address.sun_path);
	rmdir(p.dir);
}

static void
test_accepter_term_ends_workers(void **state)
{
	struct place p = { 0 };
	pid_t pid;
	int fd;

	(void)state;
	start(&p, small);
	fd = connect_as_user(&p);
	pid = worker_of(fd, 5000);
	assert_true(pid > 0);
	stop(&p);
	assert_gone(pid);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepter_serves_and_reaps),
		cmocka_unit_test(test_accepter_hangup_kills_the_worker),
		cmocka_unit_test(test_accepter_deadline_kills_the_worker),
		cmocka_unit_test(
		    test_accepter_what_lasts_outlives_the_deadline),
		cmocka_unit_test(
		    test_accepter_what_lasts_is_bounded_and_in_nobodys_way),
		cmocka_unit_test(
		    test_accepter_third_of_a_uid_waits_for_a_place),
		cmocka_unit_test(test_accepter_full_queue_closes_at_once),
		cmocka_unit_test(test_accepter_budget_spent_waits_for_refill),
		cmocka_unit_test(
		    test_accepter_root_has_a_place_when_users_fill_theirs),
		cmocka_unit_test(
		    test_accepter_set_user_id_program_is_its_users),
		cmocka_unit_test(test_accepter_killed_takes_workers_with_it),
		cmocka_unit_test(test_accepter_term_ends_workers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
