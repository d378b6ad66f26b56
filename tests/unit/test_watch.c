/* SPDX-License-Identifier: BSD-2-Clause */
/* Askers are real connections of this process; the log is a real file. */
#include "test.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "hex.h"
#include "protocol.h"
#include "watch.h"

#define ID "0123456789abcdef"

struct world {
	char dir[64];
	char log[96];
	struct jk_follow *follow;
	struct jk_watchers *watchers;
	struct jk_frame *frame;
	int fd; /* our end of the first connection */
};

static int
connect_one(struct world *w)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX,
	                     SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	                     fd),
	    0);
	jk_watchers_add(w->watchers, fd[1]);
	return fd[0];
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	strcpy(w->dir, "/tmp/jukinet-watch-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->log, sizeof(w->log), "%s/audit.log", w->dir);
	assert_int_equal(jk_follow_new(w->log, &w->follow), JK_OK);
	assert_int_equal(jk_watchers_new(&w->watchers), JK_OK);
	assert_int_equal(jk_frame_new(&w->frame), JK_OK);
	fclose(fopen(w->log, "w"));
	assert_int_equal(jk_follow_attach(w->follow), JK_OK);
	w->fd = connect_one(w);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	close(w->fd);
	jk_watchers_free(&w->watchers);
	jk_follow_free(&w->follow);
	jk_frame_free(&w->frame);
	unlink(w->log);
	assert_int_equal(rmdir(w->dir), 0);
	free(w);
	return 0;
}

static void
serve(struct world *w)
{
	struct pollfd fds[JK_ASKERS_MAX];
	nfds_t n = jk_watchers_poll(w->watchers, fds);

	(void)poll(fds, n, 0);
	jk_watchers_receive(w->watchers, fds, n);
}

static void
ask(struct world *w, int fd, const char *id, uint64_t flags)
{
	jk_frame_start(w->frame, JK_FRAME_WATCH);
	assert_int_equal(jk_frame_put_u64(w->frame, JK_FIELD_FLAGS, flags),
	    JK_OK);
	assert_int_equal(jk_frame_put_str(w->frame, JK_FIELD_ID, id), JK_OK);
	assert_int_equal(jk_frame_send(fd, w->frame), JK_OK);
	serve(w);
}

/* The type of the next answer; 0: none; -1: closed. */
static int
answer(struct world *w, int fd)
{
	enum jk_err e = jk_frame_recv(fd, NULL, 0, w->frame, NULL);

	if (e == JK_OK)
		return jk_frame_type(w->frame);
	return e == JK_ERR_TIMEOUT ? 0 : -1;
}

static void
watch_id(struct world *w, const char *id, uint64_t flags)
{
	ask(w, w->fd, id, flags);
	jk_watchers_admit(w->watchers, true);
	assert_int_equal(answer(w, w->fd), JK_FRAME_WATCHING);
}

static void
give_line(struct world *w, const char *id, int pid, unsigned uid)
{
	char line[512];
	int n = snprintf(line, sizeof(line),
	    "type=USER_AUTH msg=audit(1.500:7): pid=%d uid=%u auid=1 ses=2 "
	    "msg='op=juki:auth jid=\"%s\" exe=\"/s\" hostname=? addr=? "
	    "terminal=? res=success'",
	    pid, uid, id);

	jk_watchers_line(w->watchers, line, (size_t)n);
}

static void
test_receipt_says_what_the_line_says(void **state)
{
	struct world *w = *state;
	char text[512];
	uint64_t n;

	watch_id(w, ID, 0);
	give_line(w, ID, getpid(), getuid());
	assert_true(jk_watchers_settle(w->watchers, w->follow));
	assert_int_equal(answer(w, w->fd), JK_FRAME_RECEIPT);
	assert_int_equal(jk_frame_get_str(w->frame, JK_FIELD_ID, text,
	                     sizeof(text)),
	    JK_OK);
	assert_string_equal(text, ID);
	assert_int_equal(jk_frame_get_u64(w->frame, JK_FIELD_AUDIT_MS, &n),
	    JK_OK);
	assert_true(n == 1500);
	assert_int_equal(jk_frame_get_u64(w->frame, JK_FIELD_AUDIT_SERIAL, &n),
	    JK_OK);
	assert_true(n == 7);
	assert_int_equal(jk_frame_get_str(w->frame, JK_FIELD_TEXT, text,
	                     sizeof(text)),
	    JK_OK);
	assert_string_equal(text, "op=juki:auth jid=\"" ID "\" exe=\"/s\" "
	                          "hostname=? addr=? terminal=? res=success");
	assert_int_equal(jk_watchers_waiting(w->watchers), 0);
}

static void
test_id_is_answered_once(void **state)
{
	struct world *w = *state;

	watch_id(w, ID, 0);
	give_line(w, ID, getpid(), getuid());
	give_line(w, ID, getpid(), getuid());
	assert_true(jk_watchers_settle(w->watchers, w->follow));
	assert_int_equal(answer(w, w->fd), JK_FRAME_RECEIPT);
	give_line(w, ID, getpid(), getuid());
	assert_true(jk_watchers_settle(w->watchers, w->follow));
	assert_int_equal(answer(w, w->fd), 0);
}

static void
test_foreign_record_is_no_answer(void **state)
{
	struct world *w = *state;

	watch_id(w, ID, 0);
	give_line(w, ID, getpid() + 1, getuid());
	give_line(w, ID, getpid(), getuid() + 1);
	give_line(w, "fedcba9876543210", getpid(), getuid());
	give_line(w, ID "0", getpid(), getuid());
	assert_true(jk_watchers_settle(w->watchers, w->follow));
	assert_int_equal(answer(w, w->fd), 0);
	assert_int_equal(jk_watchers_waiting(w->watchers), 1);
}

static void
test_record_before_watching_is_no_answer(void **state)
{
	struct world *w = *state;

	ask(w, w->fd, ID, 0);
	give_line(w, ID, getpid(), getuid());
	jk_watchers_admit(w->watchers, true);
	assert_true(jk_watchers_settle(w->watchers, w->follow));
	assert_int_equal(answer(w, w->fd), JK_FRAME_WATCHING);
	assert_int_equal(answer(w, w->fd), 0);
}

static void
test_unlinked_log_is_no_answer(void **state)
{
	struct world *w = *state;

	watch_id(w, ID, JK_FLAG_DURABLE);
	assert_int_equal(unlink(w->log), 0);
	give_line(w, ID, getpid(), getuid());
	assert_false(jk_watchers_settle(w->watchers, w->follow));
	assert_int_equal(answer(w, w->fd), 0);
	jk_watchers_forget(w->watchers);
	assert_true(jk_watchers_settle(w->watchers, w->follow));
	assert_int_equal(answer(w, w->fd), 0);
	assert_int_equal(jk_watchers_waiting(w->watchers), 1);
}

static void
test_durable_that_cannot_be_synced_fails(void **state)
{
	struct world *w = *state;

	watch_id(w, ID, JK_FLAG_DURABLE);
	watch_id(w, "fedcba9876543210", 0);
	give_line(w, ID, getpid(), getuid());
	jk_follow_detach(w->follow);
	(void)jk_watchers_settle(w->watchers, w->follow);
	assert_int_equal(answer(w, w->fd), JK_FRAME_FAILED);
	assert_int_equal(answer(w, w->fd), 0);
	assert_int_equal(jk_watchers_waiting(w->watchers), 1);
}

static void
test_durable_is_answered_after_sync(void **state)
{
	struct world *w = *state;

	watch_id(w, ID, JK_FLAG_DURABLE);
	give_line(w, ID, getpid(), getuid());
	assert_true(jk_watchers_settle(w->watchers, w->follow));
	assert_int_equal(answer(w, w->fd), JK_FRAME_RECEIPT);
}

static void
test_watch_fails_only_after_a_while(void **state)
{
	struct world *w = *state;
	uint64_t why;
	int got;

	ask(w, w->fd, ID, 0);
	jk_watchers_admit(w->watchers, false);
	assert_int_equal(answer(w, w->fd), 0);
	assert_true(jk_watchers_is_asked(w->watchers));
	while ((got = answer(w, w->fd)) == 0)
		jk_watchers_admit(w->watchers, false);
	assert_int_equal(got, JK_FRAME_FAILED);
	assert_int_equal(jk_frame_get_u64(w->frame, JK_FIELD_REASON, &why),
	    JK_OK);
	assert_int_equal(why, 14); /* audit.down */
	assert_false(jk_watchers_is_asked(w->watchers));
}

static void
ask_many(struct world *w, int fd, const char *const id[], size_t n)
{
	jk_frame_start(w->frame, JK_FRAME_WATCH);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(jk_frame_put_str(w->frame, JK_FIELD_ID, id[i]),
		    JK_OK);
	assert_int_equal(jk_frame_send(fd, w->frame), JK_OK);
	serve(w);
}

static void
test_many_ids_are_one_request(void **state)
{
	static const char *const id[] = { ID, "fedcba9876543210" };
	struct world *w = *state;
	struct jk_cur cur;

	ask_many(w, w->fd, id, JK_COUNT(id));
	assert_int_equal(jk_watchers_waiting(w->watchers), JK_COUNT(id));
	jk_watchers_admit(w->watchers, true);
	assert_int_equal(answer(w, w->fd), JK_FRAME_WATCHING);
	for (size_t i = 0; i < JK_COUNT(id); i++) {
		assert_int_equal(jk_frame_get_nth(w->frame, JK_FIELD_ID, i,
		                     &cur),
		    JK_OK);
		assert_int_equal(cur.left, JK_ID_LEN);
		assert_memory_equal(cur.at, id[i], JK_ID_LEN);
	}
	assert_int_equal(answer(w, w->fd), 0);
	give_line(w, id[1], getpid(), getuid());
	assert_true(jk_watchers_settle(w->watchers, w->follow));
	assert_int_equal(answer(w, w->fd), JK_FRAME_RECEIPT);
	assert_int_equal(answer(w, w->fd), 0);
}

static void
test_one_bad_id_of_many_is_hung_up_on(void **state)
{
	static const char *const bad[] = { ID, "0123" }, *const same[] = { ID,
		ID };
	char text[JK_WATCHES_MAX + 1][JK_ID_LEN + 1];
	const char *id[JK_WATCHES_MAX + 1];
	struct world *w = *state;
	int fd = connect_one(w);

	ask_many(w, fd, bad, JK_COUNT(bad));
	assert_int_equal(answer(w, fd), -1);
	close(fd);
	fd = connect_one(w);
	ask_many(w, fd, same, JK_COUNT(same));
	assert_int_equal(answer(w, fd), -1);
	close(fd);
	for (size_t i = 0; i < JK_COUNT(id); i++) {
		snprintf(text[i], sizeof(text[i]), "%016zx", i);
		id[i] = text[i];
	}
	fd = connect_one(w);
	ask_many(w, fd, id, JK_COUNT(id));
	assert_int_equal(answer(w, fd), -1);
	close(fd);
	assert_int_equal(jk_watchers_waiting(w->watchers), 0);
	ask_many(w, w->fd, id, JK_WATCHES_MAX);
	jk_watchers_admit(w->watchers, true);
	assert_int_equal(answer(w, w->fd), JK_FRAME_WATCHING);
}

static void
test_malformed_requests_are_hung_up_on(void **state)
{
	static const struct {
		const char *name, *id;
		uint8_t type;
	} rows[] = {
		{ "short id", "0123", JK_FRAME_WATCH },
		{ "long id", ID "0", JK_FRAME_WATCH },
		{ "no hex", "0123456789abcdeg", JK_FRAME_WATCH },
		{ "no id", NULL, JK_FRAME_WATCH },
		{ "no request", ID, JK_FRAME_RECEIPT },
	};
	struct world *w = *state;

	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		int fd = connect_one(w);

		jk_frame_start(w->frame, rows[i].type);
		if (rows[i].id != NULL)
			assert_int_equal(jk_frame_put_str(w->frame, JK_FIELD_ID,
			                     rows[i].id),
			    JK_OK);
		assert_int_equal(jk_frame_send(fd, w->frame), JK_OK);
		serve(w);
		if (answer(w, fd) != -1)
			fail_msg("%s", rows[i].name);
		close(fd);
	}
	/* The others were left alone. */
	watch_id(w, ID, 0);
}

static void
test_garbage_is_hung_up_on(void **state)
{
	struct world *w = *state;

	assert_int_equal(send(w->fd, "garbage", 7, 0), 7);
	serve(w);
	assert_int_equal(answer(w, w->fd), -1);
}

static void
test_same_id_twice_is_hung_up_on(void **state)
{
	struct world *w = *state;

	watch_id(w, ID, 0);
	ask(w, w->fd, ID, 0);
	assert_int_equal(answer(w, w->fd), -1);
	assert_int_equal(jk_watchers_waiting(w->watchers), 0);
}

static void
test_watches_are_bounded(void **state)
{
	struct world *w = *state;
	char id[] = "0123456789abcd00";

	for (unsigned i = 0; i < JK_WATCHES_MAX; i++) {
		id[14] = (char)('0' + i / 10);
		id[15] = (char)('0' + i % 10);
		watch_id(w, id, 0);
	}
	id[15] = 'f';
	ask(w, w->fd, id, 0);
	assert_int_equal(answer(w, w->fd), -1);
}

static void
test_connections_are_bounded(void **state)
{
	struct world *w = *state;
	int fd[JK_ASKERS_MAX];

	for (size_t i = 0; i < JK_ASKERS_MAX - 1; i++)
		fd[i] = connect_one(w);
	fd[JK_ASKERS_MAX - 1] = connect_one(w);
	assert_int_equal(answer(w, fd[JK_ASKERS_MAX - 2]), 0);
	assert_int_equal(answer(w, fd[JK_ASKERS_MAX - 1]), -1);
	/* Who goes makes room. */
	close(fd[0]);
	serve(w);
	fd[0] = connect_one(w);
	assert_int_equal(answer(w, fd[0]), 0);
	for (size_t i = 0; i < JK_ASKERS_MAX; i++)
		close(fd[i]);
}

/* A full socket of somebody who does not read blocks nobody. */
static void
test_who_does_not_read_is_hung_up_on(void **state)
{
	struct world *w = *state;
	char byte = 0;
	int fd[2], slow, size = 1;

	assert_int_equal(socketpair(AF_UNIX,
	                     SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	                     fd),
	    0);
	assert_int_equal(setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &size,
	                     sizeof(size)),
	    0);
	slow = fd[0];
	jk_watchers_add(w->watchers, fd[1]);
	ask(w, slow, ID, 0);
	while (send(fd[1], &byte, 1, 0) == 1)
		;
	jk_watchers_admit(w->watchers, true);
	while (recv(slow, &byte, 1, 0) == 1)
		;
	assert_int_equal(answer(w, slow), -1);
	close(slow);
	watch_id(w, ID, 0);
}

static void
test_hung_up_asker_waits_for_nothing(void **state)
{
	struct world *w = *state;
	int fd = connect_one(w);

	ask(w, fd, ID, 0);
	jk_watchers_admit(w->watchers, true);
	assert_int_equal(jk_watchers_waiting(w->watchers), 1);
	close(fd);
	serve(w);
	assert_int_equal(jk_watchers_waiting(w->watchers), 0);
	give_line(w, ID, getpid(), getuid());
	assert_true(jk_watchers_settle(w->watchers, w->follow));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_receipt_says_what_the_line_says),
		TEST(test_id_is_answered_once),
		TEST(test_foreign_record_is_no_answer),
		TEST(test_record_before_watching_is_no_answer),
		TEST(test_unlinked_log_is_no_answer),
		TEST(test_durable_that_cannot_be_synced_fails),
		TEST(test_durable_is_answered_after_sync),
		TEST(test_watch_fails_only_after_a_while),
		TEST(test_many_ids_are_one_request),
		TEST(test_one_bad_id_of_many_is_hung_up_on),
		TEST(test_malformed_requests_are_hung_up_on),
		TEST(test_garbage_is_hung_up_on),
		TEST(test_same_id_twice_is_hung_up_on),
		TEST(test_watches_are_bounded),
		TEST(test_connections_are_bounded),
		TEST(test_who_does_not_read_is_hung_up_on),
		TEST(test_hung_up_asker_waits_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
