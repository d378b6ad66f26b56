/* SPDX-License-Identifier: BSD-2-Clause */
/* Real sockets, real processes: who is it that speaks? */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "peer.h"
#include "process.h"
#include "protocol.h"

static const uint8_t nonce[JK_NONCE_LEN] = { 7, 7, 7 };

struct talk {
	int ours, theirs;
	struct jk_frame *frame;
};

static void
talk_start(struct talk *t)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	                     fd),
	    0);
	t->ours = fd[0];
	t->theirs = fd[1];
	t->frame = NULL;
	assert_int_equal(jk_frame_new(&t->frame), JK_OK);
}

static void
talk_end(struct talk *t)
{
	close(t->ours);
	close(t->theirs);
	jk_frame_free(&t->frame);
}

static void
say(int fd, struct jk_frame *f, const uint8_t *with)
{
	jk_frame_start(f, JK_FRAME_AUTH);
	assert_int_equal(jk_frame_put(f, JK_FIELD_NONCE, with, JK_NONCE_LEN),
	    JK_OK);
	assert_int_equal(jk_frame_send(fd, f), JK_OK);
}

static enum jk_err
hear_and_prove(struct talk *t, struct jk_peer *peer)
{
	pid_t sender = 0;

	assert_int_equal(jk_frame_recv(t->ours, NULL, jk_boot_ms() + 5000,
	                     t->frame, &sender),
	    JK_OK);
	return jk_peer_prove(peer, sender, t->frame, nonce);
}

static void
test_peer_prove_same_process_with_nonce_is_known(void **state)
{
	struct talk t;
	struct jk_peer peer;
	uint64_t start;

	(void)state;
	talk_start(&t);
	assert_int_equal(jk_peer_open(t.ours, &peer), JK_OK);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	say(t.theirs, t.frame, nonce);
	assert_int_equal(hear_and_prove(&t, &peer), JK_OK);
	assert_int_equal(jk_process_start(getpid(), &start), JK_OK);
	assert_true(peer.start == start);
	jk_peer_close(&peer);
	talk_end(&t);
}

static void
test_peer_prove_wrong_nonce_is_refused(void **state)
{
	const uint8_t wrong[JK_NONCE_LEN] = { 7, 7, 8 };
	struct talk t;
	struct jk_peer peer;

	(void)state;
	talk_start(&t);
	assert_int_equal(jk_peer_open(t.ours, &peer), JK_OK);
	say(t.theirs, t.frame, wrong);
	assert_int_equal(hear_and_prove(&t, &peer), JK_ERR_REFUSED);
	jk_peer_close(&peer);
	talk_end(&t);
}

/* Connected by one, used by another: the nonce does not help him. */
static void
test_peer_prove_other_sender_is_refused(void **state)
{
	struct talk t;
	struct jk_peer peer;
	pid_t pid;

	(void)state;
	talk_start(&t);
	assert_int_equal(jk_peer_open(t.ours, &peer), JK_OK);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct jk_frame *f = NULL;

		if (jk_frame_new(&f) != JK_OK)
			_exit(1);
		say(t.theirs, f, nonce);
		_exit(0);
	}
	assert_int_equal(hear_and_prove(&t, &peer), JK_ERR_REFUSED);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	jk_peer_close(&peer);
	talk_end(&t);
}

/* It says the right thing and is gone: its /proc proves nothing any more. */
static void
test_peer_prove_dead_process_is_refused(void **state)
{
	struct jk_peer peer;
	struct jk_frame *f = NULL;
	pid_t pid, sender = 0;
	int go[2], fd[2];

	(void)state;
	assert_int_equal(jk_frame_new(&f), JK_OK);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	                     fd),
	    0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct jk_frame *own = NULL;
		char byte;

		if (jk_frame_new(&own) != JK_OK || read(go[0], &byte, 1) != 1)
			_exit(1);
		say(fd[1], own, nonce);
		_exit(0);
	}
	peer = (struct jk_peer){ .pid = pid, .pidfd = -1, .proc_fd = -1 };
	{
		const int on = 1;
		char path[32];

		assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_PASSCRED, &on,
		                     sizeof(on)),
		    0);
		snprintf(path, sizeof(path), "/proc/%d", (int)pid);
		peer.proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		peer.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	}
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(jk_frame_recv(fd[0], NULL, jk_boot_ms() + 5000, f,
	                     &sender),
	    JK_OK);
	assert_int_equal(sender, pid);
	assert_int_not_equal(jk_peer_prove(&peer, sender, f, nonce), JK_OK);
	jk_peer_close(&peer);
	close(fd[0]);
	close(fd[1]);
	close(go[0]);
	close(go[1]);
	jk_frame_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_peer_prove_same_process_with_nonce_is_known),
		cmocka_unit_test(test_peer_prove_wrong_nonce_is_refused),
		cmocka_unit_test(test_peer_prove_other_sender_is_refused),
		cmocka_unit_test(test_peer_prove_dead_process_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
