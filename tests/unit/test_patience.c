/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card process says while it hangs, and at its deadline. */
#include "test.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "patience.h"
#include "protocol.h"
#include "reason.h"

#define PATIENT_MS 60000 /* it hangs for ever where it does not end itself */

/* One that hangs from the beginning. */
struct hanging {
	pid_t pid;
	int fd;
	int64_t began;
	struct jk_frame *frame;
};

static void
hang(int fd, int64_t ms, const enum jk_wait *waits, size_t n)
{
	if (jk_patience_start(fd, jk_boot_ms() + ms) != JK_OK)
		_exit(2);
	for (size_t i = 0; i < n; i++)
		jk_patience_wait(waits[i]);
	for (;;)
		pause();
}

static void
start(struct hanging *h, int64_t ms, const enum jk_wait *waits, size_t n)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	                     fd),
	    0);
	*h = (struct hanging){ .fd = fd[0], .began = jk_boot_ms() };
	assert_int_equal(jk_frame_new(&h->frame), JK_OK);
	h->pid = fork();
	assert_true(h->pid >= 0);
	if (h->pid == 0) {
		close(fd[0]);
		hang(fd[1], ms, waits, n);
	}
	close(fd[1]);
}

/* The next frame comes no earlier than that, in ms from the beginning. How much
 * later depends on the machine. */
static void
assert_says(struct hanging *h, enum jk_frame_type type, int64_t from)
{
	assert_int_equal(jk_frame_recv(h->fd, NULL, h->began + PATIENT_MS,
	                     h->frame, NULL),
	    JK_OK);
	assert_int_equal(jk_frame_type(h->frame), type);
	assert_true(jk_boot_ms() - h->began >= from);
}

static void
assert_last_word(struct hanging *h, enum jk_reason why, int64_t from)
{
	uint64_t number;

	assert_says(h, JK_FRAME_FAILED, from);
	assert_int_equal(jk_frame_get_u64(h->frame, JK_FIELD_REASON, &number),
	    JK_OK);
	assert_int_equal(number, why);
}

/* Nothing more is said, and the process goes. */
static void
assert_ends(struct hanging *h)
{
	int status;

	assert_int_equal(jk_frame_recv(h->fd, NULL, h->began + PATIENT_MS,
	                     h->frame, NULL),
	    JK_ERR_CLOSED);
	assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
	assert_true(WIFEXITED(status));
	jk_frame_free(&h->frame);
	close(h->fd);
}

static void
test_patience_last_word_is_what_was_waited_for(void **state)
{
	static const struct {
		enum jk_wait wait;
		enum jk_reason why;
	} rows[] = {
		{ JK_WAIT_PCSCD, JK_WHY_READER_DOWN },
		{ JK_WAIT_OTHERS, JK_WHY_CARD_BUSY },
		{ JK_WAIT_CARD, JK_WHY_CARD_SILENT },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct hanging h;

		start(&h, 100, &rows[i].wait, 1);
		assert_last_word(&h, rows[i].why, 99);
		assert_ends(&h);
	}
}

static void
test_patience_the_worker_is_told_nothing_of_itself(void **state)
{
	static const enum jk_wait worker = JK_WAIT_WORKER;
	struct hanging h;

	(void)state;
	start(&h, 50, &worker, 1);
	assert_ends(&h);
}

static void
test_patience_others_are_told_of_once_and_in_time(void **state)
{
	static const enum jk_wait waits[] = { JK_WAIT_CARD, JK_WAIT_OTHERS,
		JK_WAIT_OTHERS };
	struct hanging h;

	(void)state;
	start(&h, 4000, waits, JK_COUNT(waits));
	assert_says(&h, JK_FRAME_BUSY, 1999);
	assert_last_word(&h, JK_WHY_CARD_BUSY, 3999);
	assert_ends(&h);
}

static void
test_patience_others_who_let_go_are_not_told_of(void **state)
{
	static const enum jk_wait waits[] = { JK_WAIT_OTHERS, JK_WAIT_CARD };
	struct hanging h;

	(void)state;
	start(&h, 2100, waits, JK_COUNT(waits));
	assert_last_word(&h, JK_WHY_CARD_SILENT, 2099);
	assert_ends(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_patience_last_word_is_what_was_waited_for),
		cmocka_unit_test(
		    test_patience_the_worker_is_told_nothing_of_itself),
		cmocka_unit_test(
		    test_patience_others_are_told_of_once_and_in_time),
		cmocka_unit_test(
		    test_patience_others_who_let_go_are_not_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
