/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in pieces, too long ones, and where they end. */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

static char line[JK_LINE_MAX + 1];

struct feed {
	int to;
	struct jk_lines in;
};

static void
feed_start(struct feed *f, bool native)
{
	int fd[2];

	assert_int_equal(pipe(fd), 0);
	f->to = fd[1];
	assert_int_equal(jk_lines_open(fd[0], native, &f->in), JK_OK);
}

static void
feed_end(struct feed *f)
{
	if (f->to >= 0)
		close(f->to);
	close(f->in.fd);
	jk_lines_close(&f->in);
}

static void
say(struct feed *f, const void *data, size_t len)
{
	assert_int_equal(write(f->to, data, len), len);
	jk_lines_read(&f->in);
}

static void
stop(struct feed *f)
{
	close(f->to);
	f->to = -1;
	jk_lines_read(&f->in);
}

static enum jk_line
next(struct feed *f)
{
	size_t len = 0;
	enum jk_line l = jk_lines_next(&f->in, line, &len);

	if (l == JK_LINE_WHOLE)
		assert_int_equal(line[len], '\0');
	return l;
}

static void
test_lines_come_in_pieces(void **state)
{
	struct feed f;

	(void)state;
	feed_start(&f, false);
	assert_int_equal(next(&f), JK_LINE_NONE);
	say(&f, "on", 2);
	assert_int_equal(next(&f), JK_LINE_NONE);
	say(&f, "e\ntwo\n\nla", 9);
	assert_int_equal(next(&f), JK_LINE_WHOLE);
	assert_string_equal(line, "one");
	assert_int_equal(next(&f), JK_LINE_WHOLE);
	assert_string_equal(line, "two");
	assert_int_equal(next(&f), JK_LINE_WHOLE);
	assert_string_equal(line, "");
	assert_int_equal(next(&f), JK_LINE_NONE);
	stop(&f);
	assert_int_equal(next(&f), JK_LINE_WHOLE);
	assert_string_equal(line, "la");
	assert_int_equal(next(&f), JK_LINE_END);
	feed_end(&f);
}

static void
test_lines_too_long_are_told_once(void **state)
{
	static char big[JK_LINE_MAX + 1];
	struct feed f;

	(void)state;
	memset(big, 'a', sizeof(big));
	feed_start(&f, false);
	/* Just not. */
	say(&f, big, JK_LINE_MAX);
	say(&f, "\n", 1);
	assert_int_equal(next(&f), JK_LINE_WHOLE);
	assert_int_equal(strlen(line), JK_LINE_MAX);
	for (int i = 0; i < 4; i++) {
		say(&f, big, sizeof(big));
		assert_int_equal(next(&f),
		    i == 0 ? JK_LINE_LONG : JK_LINE_NONE);
	}
	say(&f, "a\nb\n", 4);
	assert_int_equal(next(&f), JK_LINE_WHOLE);
	assert_string_equal(line, "b");
	stop(&f);
	assert_int_equal(next(&f), JK_LINE_END);
	feed_end(&f);
}

static void
say_size(struct feed *f, uint32_t size)
{
	say(f, &size, sizeof(size));
}

static void
test_lines_of_a_browser(void **state)
{
	static char big[4096];
	struct feed f;

	(void)state;
	feed_start(&f, true);
	say(&f, "\003\0", 2);
	assert_int_equal(next(&f), JK_LINE_NONE);
	say(&f, "\0\0ab", 4);
	assert_int_equal(next(&f), JK_LINE_NONE);
	say(&f, "\n", 1);
	assert_int_equal(next(&f), JK_LINE_WHOLE);
	assert_string_equal(line, "ab\n");
	say_size(&f, JK_LINE_MAX + 1);
	assert_int_equal(next(&f), JK_LINE_LONG);
	for (int i = 0; i < 4; i++) {
		say(&f, big, sizeof(big));
		assert_int_equal(next(&f), JK_LINE_NONE);
	}
	say(&f, "x\002\0\0\0ok", 7);
	assert_int_equal(next(&f), JK_LINE_WHOLE);
	assert_string_equal(line, "ok");
	say_size(&f, 9);
	say(&f, "half", 4);
	stop(&f);
	assert_int_equal(next(&f), JK_LINE_END);
	feed_end(&f);
}

static void
test_lines_erase_what_was_taken(void **state)
{
	struct feed f;

	(void)state;
	feed_start(&f, false);
	say(&f, "32165498701\n", 12);
	assert_int_equal(next(&f), JK_LINE_WHOLE);
	assert_null(memmem(f.in.bytes, JK_LINE_MAX, "321", 3));
	feed_end(&f);
}

#define WRITTEN 3000

static void *
write_many(void *ctx)
{
	const int *fd = ctx;
	size_t n = 0;

	while (n < WRITTEN && jk_lines_write(*fd, false,
	                          "{\"v\":1,\"do\":\"query\","
	                          "\"allowed\":false}") == JK_OK)
		n++;
	close(*fd);
	return n == WRITTEN ? ctx : NULL;
}

/* As ssh(1) and some others give it to a program. */
static void
test_lines_are_written_whole_where_it_does_not_block(void **state)
{
	size_t lines = 0;
	pthread_t writer;
	void *whole;
	ssize_t n;
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fd[1], F_SETFL, O_WRONLY | O_NONBLOCK), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_many, &fd[1]), 0);
	(void)usleep(50000); /* until the pipe is full */
	while ((n = read(fd[0], line, sizeof(line))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += line[i] == '\n';
	close(fd[0]);
	(void)pthread_join(writer, &whole);
	assert_int_equal(lines, WRITTEN);
	assert_non_null(whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_come_in_pieces),
		cmocka_unit_test(test_lines_too_long_are_told_once),
		cmocka_unit_test(test_lines_of_a_browser),
		cmocka_unit_test(test_lines_erase_what_was_taken),
		cmocka_unit_test(
		    test_lines_are_written_whole_where_it_does_not_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
