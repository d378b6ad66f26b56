/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"

struct pair {
	int fd[2];
	struct jk_frame *frame;
};

static int
setup(void **state)
{
	static struct pair p;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	                     p.fd),
	    0);
	assert_int_equal(jk_frame_new(&p.frame), JK_OK);
	*state = &p;
	return 0;
}

static int
teardown(void **state)
{
	struct pair *p = *state;

	jk_frame_free(&p->frame);
	for (size_t i = 0; i < 2; i++)
		if (p->fd[i] >= 0)
			close(p->fd[i]);
	return 0;
}

static void
test_frame_put_get_round_trips_over_socket(void **state)
{
	struct pair *p = *state;
	struct jk_frame *f = p->frame;
	struct jk_cur cur;
	char text[8];
	uint64_t n;

	jk_frame_start(f, 7);
	assert_int_equal(jk_frame_put_str(f, 1, "hanako"), JK_OK);
	assert_int_equal(jk_frame_put_u64(f, 2, UINT64_MAX - 1), JK_OK);
	assert_int_equal(jk_frame_put(f, 3, "", 0), JK_OK);
	assert_int_equal(jk_frame_put(f, 3, "b", 1), JK_OK);
	assert_int_equal(jk_frame_send(p->fd[0], f), JK_OK);
	jk_frame_start(f, 0);
	assert_int_equal(jk_frame_recv(p->fd[1], NULL, jk_boot_ms() + 1000, f,
	                     NULL),
	    JK_OK);
	assert_int_equal(jk_frame_type(f), 7);
	assert_int_equal(jk_frame_get_str(f, 1, text, sizeof(text)), JK_OK);
	assert_string_equal(text, "hanako");
	assert_int_equal(jk_frame_get_u64(f, 2, &n), JK_OK);
	assert_true(n == UINT64_MAX - 1);
	assert_int_equal(jk_frame_get_nth(f, 3, 1, &cur), JK_OK);
	assert_int_equal(cur.left, 1);
	assert_int_equal(jk_frame_get_nth(f, 3, 2, &cur), JK_ERR_NOT_FOUND);
	assert_int_equal(jk_frame_get(f, 9, &cur), JK_ERR_NOT_FOUND);
}

static void
test_frame_put_wrong_order_or_size_is_refused(void **state)
{
	struct pair *p = *state;
	struct jk_frame *f = p->frame;
	static const char big[JK_FRAME_MAX];
	size_t before;

	jk_frame_start(f, 1);
	assert_int_equal(jk_frame_put_str(f, 5, "x"), JK_OK);
	before = jk_frame_bytes(f).left;
	assert_int_equal(jk_frame_put_str(f, 4, "x"), JK_ERR_FORMAT);
	assert_int_equal(jk_frame_put_str(f, 0, "x"), JK_ERR_FORMAT);
	assert_int_equal(jk_frame_put(f, 6, big, sizeof(big)), JK_ERR_TOO_BIG);
	assert_int_equal(jk_frame_put(f, 6, big, JK_FRAME_MAX - before - 2),
	    JK_ERR_TOO_BIG);
	assert_int_equal(jk_frame_bytes(f).left, before);
	assert_int_equal(jk_frame_put(f, 6, big, JK_FRAME_MAX - before - 3),
	    JK_OK);
}

static void
test_frame_get_str_rejects_nul_and_overflow(void **state)
{
	struct pair *p = *state;
	struct jk_frame *f = p->frame;
	char text[4] = "old";

	jk_frame_start(f, 1);
	assert_int_equal(jk_frame_put(f, 1, "a\0b", 3), JK_OK);
	assert_int_equal(jk_frame_put_str(f, 2, "abcd"), JK_OK);
	assert_int_equal(jk_frame_get_str(f, 1, text, sizeof(text)),
	    JK_ERR_FORMAT);
	assert_int_equal(jk_frame_get_str(f, 2, text, sizeof(text)),
	    JK_ERR_TOO_BIG);
	assert_string_equal(text, "old");
}

static void
test_frame_parse_malformed_leaves_frame(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		enum jk_err want;
	} rows[] = {
		{ "empty", "", 0, JK_ERR_TRUNCATED },
		{ "version only", "\1", 1, JK_ERR_TRUNCATED },
		{ "other version", "\2\1", 2, JK_ERR_VERSION },
		{ "half a header", "\1\1\5\0", 4, JK_ERR_TRUNCATED },
		{ "length past end", "\1\1\5\0\2x", 6, JK_ERR_TRUNCATED },
		{ "field zero", "\1\1\0\0\0", 5, JK_ERR_FORMAT },
		{ "descending", "\1\1\5\0\0\4\0\0", 8, JK_ERR_FORMAT },
	};
	struct pair *p = *state;
	char text[2];

	jk_frame_start(p->frame, 9);
	assert_int_equal(jk_frame_put_str(p->frame, 1, "k"), JK_OK);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		enum jk_err e = jk_frame_parse(p->frame,
		    (const uint8_t *)rows[i].bytes, rows[i].len);

		if (e != rows[i].want)
			fail_msg("%s: %s", rows[i].name, jk_err_text(e));
		assert_int_equal(jk_frame_type(p->frame), 9);
		assert_int_equal(jk_frame_get_str(p->frame, 1, text, 2), JK_OK);
	}
}

static void
test_frame_recv_too_big_is_refused(void **state)
{
	struct pair *p = *state;
	static const char big[JK_FRAME_MAX + 1] = { 1, 1 };

	assert_int_equal(send(p->fd[0], big, sizeof(big), 0), sizeof(big));
	assert_int_equal(jk_frame_recv(p->fd[1], NULL, jk_boot_ms() + 1000,
	                     p->frame, NULL),
	    JK_ERR_TOO_BIG);
}

static void
test_frame_recv_silence_times_out(void **state)
{
	struct pair *p = *state;
	int64_t start = jk_boot_ms();

	assert_int_equal(jk_frame_recv(p->fd[1], NULL, start + 20, p->frame,
	                     NULL),
	    JK_ERR_TIMEOUT);
	assert_true(jk_boot_ms() >= start + 20);
}

static void
test_frame_recv_hangup_is_closed_and_cancel_is_refused(void **state)
{
	struct pair *p = *state;
	int other[2];
	struct jk_cancel cancel = { .pidfd = -1 };

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	                     other),
	    0);
	cancel.fd = other[0];
	close(other[1]);
	assert_int_equal(jk_frame_recv(p->fd[1], &cancel, jk_boot_ms() + 5000,
	                     p->frame, NULL),
	    JK_ERR_REFUSED);
	close(other[0]);
	close(p->fd[0]);
	p->fd[0] = -1;
	assert_int_equal(jk_frame_recv(p->fd[1], NULL, jk_boot_ms() + 5000,
	                     p->frame, NULL),
	    JK_ERR_CLOSED);
	assert_int_equal(jk_frame_send(p->fd[1], p->frame), JK_ERR_CLOSED);
}

static void
test_frame_recv_sender_comes_from_the_kernel(void **state)
{
	struct pair *p = *state;
	const int on = 1;
	pid_t sender = 0;

	assert_int_equal(setsockopt(p->fd[1], SOL_SOCKET, SO_PASSCRED, &on,
	                     sizeof(on)),
	    0);
	jk_frame_start(p->frame, 1);
	assert_int_equal(jk_frame_send(p->fd[0], p->frame), JK_OK);
	assert_int_equal(jk_frame_recv(p->fd[1], NULL, jk_boot_ms() + 1000,
	                     p->frame, &sender),
	    JK_OK);
	assert_int_equal(sender, getpid());
}

static void
test_frame_start_erases_what_was_there(void **state)
{
	struct pair *p = *state;
	const uint8_t *bytes = jk_frame_bytes(p->frame).at;

	jk_frame_start(p->frame, 1);
	assert_int_equal(jk_frame_put_str(p->frame, 1, "123456"), JK_OK);
	assert_memory_equal(bytes + 5, "123456", 6);
	jk_frame_start(p->frame, 2);
	for (size_t i = 2; i < 64; i++)
		assert_int_equal(bytes[i], 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_frame_put_get_round_trips_over_socket),
		CASE(test_frame_put_wrong_order_or_size_is_refused),
		CASE(test_frame_get_str_rejects_nul_and_overflow),
		CASE(test_frame_parse_malformed_leaves_frame),
		CASE(test_frame_recv_too_big_is_refused),
		CASE(test_frame_recv_silence_times_out),
		CASE(test_frame_recv_hangup_is_closed_and_cancel_is_refused),
		CASE(test_frame_recv_sender_comes_from_the_kernel),
		CASE(test_frame_start_erases_what_was_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
