/* SPDX-License-Identifier: BSD-2-Clause */
/* On real files in a directory of their own. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "follow.h"
#include "record.h"

#define LINES_MAX 64
/* How often, through how many files, with how many lines in each. */
#define HUNTS 150
#define FILES 40
#define LINES 3

struct place {
	char dir[64];
	char log[96];
	struct jk_follow *follow;
	size_t n;
	char line[LINES_MAX][64]; /* its first bytes */
	size_t len[LINES_MAX];
};

static void
path_of(const struct place *p, unsigned number, char ret[static 128])
{
	if (number == 0)
		snprintf(ret, 128, "%s", p->log);
	else
		snprintf(ret, 128, "%s.%u", p->log, number);
}

static void
append(const struct place *p, const char *text)
{
	FILE *f = fopen(p->log, "a");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* As auditd does, from the top; then the log is made anew. */
static void
rotate_up_to(const struct place *p, unsigned max)
{
	char from[128], to[128];

	for (unsigned n = max; n > 0; n--) {
		path_of(p, n - 1, from);
		path_of(p, n, to);
		(void)rename(from, to);
	}
	append(p, "");
}

static void
rotate(const struct place *p)
{
	rotate_up_to(p, 9);
}

/* What happens when the kernel is next asked about the log itself. */
static struct {
	bool is_refused;
	void (*before)(const struct place *p);
	void (*after)(const struct place *p);
	const struct place *place;
} meanwhile;

static void
do_once(void (**what)(const struct place *p))
{
	void (*now)(const struct place *p) = *what;

	*what = NULL;
	if (now != NULL)
		now(meanwhile.place);
}

int __real_inotify_add_watch(int fd, const char *name, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *name, uint32_t mask);

int
__wrap_inotify_add_watch(int fd, const char *name, uint32_t mask)
{
	int watch;

	if ((mask & IN_ONLYDIR) != 0)
		return __real_inotify_add_watch(fd, name, mask);
	if (meanwhile.is_refused) {
		meanwhile.is_refused = false;
		errno = EACCES;
		return -1;
	}
	do_once(&meanwhile.before);
	watch = __real_inotify_add_watch(fd, name, mask);
	do_once(&meanwhile.after);
	return watch;
}

static void
keep_line(void *ctx, const char *line, size_t len)
{
	struct place *p = ctx;

	assert_true(p->n < LINES_MAX);
	snprintf(p->line[p->n], sizeof(p->line[0]), "%.*s", (int)len, line);
	p->len[p->n++] = len;
}

/* Everything that is to be had; the last step. */
static enum jk_follow_step
read_all(struct place *p)
{
	enum jk_follow_step step;

	jk_follow_drain(p->follow);
	for (unsigned i = 0; i < 1000; i++) {
		step = jk_follow_step(p->follow, keep_line, p);
		if (step == JK_FOLLOW_IDLE)
			return step;
		if (step != JK_FOLLOW_MORE &&
		    jk_follow_next(p->follow) != JK_OK)
			return step;
	}
	fail_msg("does not end");
	return step;
}

static void
expect_lines(struct place *p, const char *const want[], size_t n)
{
	(void)read_all(p);
	for (size_t i = 0; i < n && i < p->n; i++)
		assert_string_equal(p->line[i], want[i]);
	assert_int_equal(p->n, n);
	p->n = 0;
}

#define EXPECT(p, ...)                                        \
	expect_lines(p, (const char *const[]){ __VA_ARGS__ }, \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void
expect_nothing(struct place *p)
{
	expect_lines(p, NULL, 0);
}

static void
expect_place(const struct place *p, enum jk_follow_place want)
{
	assert_int_equal(jk_follow_place(p->follow), want);
}

static bool
is_noticed(const struct place *p)
{
	struct pollfd fd = { .fd = jk_follow_fd(p->follow), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	strcpy(p->dir, "/tmp/jukinet-follow-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->log, sizeof(p->log), "%s/audit.log", p->dir);
	assert_int_equal(jk_follow_new(p->log, &p->follow), JK_OK);
	memset(&meanwhile, 0, sizeof(meanwhile));
	meanwhile.place = p;
	*state = p;
	return 0;
}

static void
remove_files(const struct place *p)
{
	char name[128];

	for (unsigned n = 0; n < FILES + 2; n++) {
		path_of(p, n, name);
		unlink(name);
	}
}

static int
teardown(void **state)
{
	struct place *p = *state;
	char name[128];

	jk_follow_free(&p->follow);
	remove_files(p);
	snprintf(name, sizeof(name), "%s/elsewhere", p->dir);
	unlink(name);
	assert_int_equal(rmdir(p->dir), 0);
	free(p);
	return 0;
}

static void
attach(struct place *p)
{
	assert_int_equal(jk_follow_attach(p->follow), JK_OK);
}

static void
test_attach_begins_at_the_end(void **state)
{
	struct place *p = *state;

	append(p, "old\n");
	attach(p);
	expect_place(p, JK_PLACE_CURRENT);
	expect_nothing(p);
	append(p, "new\n");
	assert_true(is_noticed(p));
	EXPECT(p, "new");
}

static void
test_attach_in_a_line_skips_its_rest(void **state)
{
	struct place *p = *state;

	append(p, "half ");
	attach(p);
	append(p, "rest\nwhole\n");
	EXPECT(p, "whole");
}

static void
test_attach_again_keeps_the_position(void **state)
{
	struct place *p = *state;

	append(p, "old\n");
	attach(p);
	append(p, "new\n");
	attach(p);
	EXPECT(p, "new");
}

static void
test_detached_notices_nothing(void **state)
{
	struct place *p = *state;

	append(p, "old\n");
	attach(p);
	jk_follow_detach(p->follow);
	jk_follow_drain(p->follow);
	append(p, "new\n");
	assert_false(is_noticed(p));
	expect_nothing(p);
	expect_place(p, JK_PLACE_NONE);
	attach(p);
	append(p, "newer\n");
	EXPECT(p, "newer");
}

static void
test_half_line_waits_for_its_rest(void **state)
{
	struct place *p = *state;

	append(p, "");
	attach(p);
	append(p, "ha");
	expect_nothing(p);
	append(p, "lf");
	expect_nothing(p);
	append(p, "\nwhole\nha");
	EXPECT(p, "half", "whole");
}

static void
test_long_lines_are_skipped(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		bool given;
	} rows[] = {
		{ "longest", JK_RECORD_LINE_MAX, true },
		{ "too long", JK_RECORD_LINE_MAX + 1, false },
		{ "longer than any buffer", 1000000, false },
	};
	struct place *p = *state;
	char *text = malloc(1000001);

	assert_non_null(text);
	append(p, "");
	attach(p);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		memset(text, 'x', rows[i].len);
		text[rows[i].len] = '\0';
		append(p, text);
		(void)read_all(p);
		append(p, "\nnext\n");
		(void)read_all(p);
		if (p->n != (rows[i].given ? 2 : 1))
			fail_msg("%s: %zu lines", rows[i].name, p->n);
		if (rows[i].given)
			assert_int_equal(p->len[0], rows[i].len);
		assert_string_equal(p->line[p->n - 1], "next");
		p->n = 0;
	}
	memset(text, 'x', JK_RECORD_LINE_MAX + 1);
	strcpy(text + JK_RECORD_LINE_MAX + 1, "\nat once\n");
	append(p, text);
	EXPECT(p, "at once");
	free(text);
}

static void
test_rotated_nothing_is_lost(void **state)
{
	struct place *p = *state;

	append(p, "");
	attach(p);
	append(p, "a\n");
	rotate(p);
	assert_true(is_noticed(p));
	append(p, "b\n");
	EXPECT(p, "a", "b");
	expect_place(p, JK_PLACE_CURRENT);
	/* And the new file is being watched. */
	jk_follow_drain(p->follow);
	append(p, "c\n");
	assert_true(is_noticed(p));
	EXPECT(p, "c");
}

static void
test_rotated_several_times_walks_down(void **state)
{
	static const char *const text[] = { "b\n", "c\n", "d\n", "e\n" };
	struct place *p = *state;

	append(p, "older\n");
	rotate(p);
	attach(p);
	append(p, "a\n");
	for (size_t i = 0; i < JK_COUNT(text); i++) {
		rotate(p);
		append(p, text[i]);
	}
	EXPECT(p, "a", "b", "c", "d", "e");
}

/* Which numbers are free while auditd renames: none is passed over. */
static void
test_rotation_half_done_waits(void **state)
{
	struct place *p = *state;
	char one[128], two[128];

	append(p, "older\n");
	rotate(p);
	attach(p);
	append(p, "a\n");
	path_of(p, 1, one);
	path_of(p, 2, two);
	assert_int_equal(rename(one, two), 0);
	EXPECT(p, "a");
	assert_int_equal(rename(p->log, one), 0);
	assert_int_equal(read_all(p), JK_FOLLOW_IDLE);
	expect_place(p, JK_PLACE_NONE);
	append(p, "b\n");
	expect_place(p, JK_PLACE_ROTATED);
	EXPECT(p, "b");
	expect_place(p, JK_PLACE_CURRENT);
}

/* The same while ours is already far from the log. */
static void
test_number_left_free_is_passed_over(void **state)
{
	struct place *p = *state;
	char two[128], three[128];

	append(p, "");
	attach(p);
	append(p, "a\n");
	rotate(p);
	append(p, "b\n");
	rotate(p);
	append(p, "c\n");
	path_of(p, 2, two);
	path_of(p, 3, three);
	assert_int_equal(rename(two, three), 0);
	expect_place(p, JK_PLACE_ROTATED);
	EXPECT(p, "a", "b", "c");
}

/* Read, then found at PATH.1: what came in between must not be lost. */
static void
test_written_just_before_rotation_is_read(void **state)
{
	struct place *p = *state;

	append(p, "");
	attach(p);
	expect_nothing(p);
	append(p, "a\n");
	rotate(p);
	assert_int_equal(jk_follow_step(p->follow, keep_line, p),
	    JK_FOLLOW_MORE);
	assert_int_equal(jk_follow_step(p->follow, keep_line, p),
	    JK_FOLLOW_TURNED);
	expect_place(p, JK_PLACE_ROTATED);
	assert_int_equal(p->n, 1);
}

static void
test_half_line_does_not_join_the_next_file(void **state)
{
	struct place *p = *state;

	append(p, "");
	attach(p);
	append(p, "a\nhalf");
	rotate(p);
	append(p, "b\n");
	EXPECT(p, "a", "b");
}

static void
test_rotated_out_goes_on_with_the_log(void **state)
{
	struct place *p = *state;
	char one[128];

	append(p, "");
	attach(p);
	append(p, "a\n");
	rotate(p);
	path_of(p, 1, one);
	assert_int_equal(unlink(one), 0);
	append(p, "b\n");
	expect_place(p, JK_PLACE_NONE);
	EXPECT(p, "a", "b");
	expect_place(p, JK_PLACE_CURRENT);
}

/* So it looks to one who is held up while several rotations go on. */
static void
test_free_numbers_below_hide_nothing(void **state)
{
	struct place *p = *state;
	char from[128], to[128];

	append(p, "");
	attach(p);
	append(p, "a\n");
	rotate(p);
	path_of(p, 1, from);
	path_of(p, 4, to);
	assert_int_equal(rename(from, to), 0);
	append(p, "b\n");
	expect_place(p, JK_PLACE_ROTATED);
	EXPECT(p, "a", "b");
	expect_place(p, JK_PLACE_CURRENT);
}

static void
test_unlinked_stands_nowhere_until_there_is_a_new_one(void **state)
{
	struct place *p = *state;

	append(p, "");
	attach(p);
	assert_int_equal(unlink(p->log), 0);
	assert_true(is_noticed(p));
	expect_nothing(p);
	expect_place(p, JK_PLACE_NONE);
	append(p, "first\nsecond\n");
	assert_true(is_noticed(p));
	EXPECT(p, "first", "second");
	expect_place(p, JK_PLACE_CURRENT);
}

static void
test_moved_away_stands_nowhere_and_comes_back(void **state)
{
	struct place *p = *state;
	char elsewhere[128];

	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", p->dir);
	append(p, "");
	attach(p);
	append(p, "a\n");
	assert_int_equal(rename(p->log, elsewhere), 0);
	EXPECT(p, "a");
	expect_place(p, JK_PLACE_NONE);
	assert_int_equal(rename(elsewhere, p->log), 0);
	assert_true(is_noticed(p));
	expect_place(p, JK_PLACE_CURRENT);
	append(p, "b\n");
	EXPECT(p, "b");
}

static void
test_replaced_is_lost_and_the_new_one_read(void **state)
{
	struct place *p = *state;
	char elsewhere[128];

	append(p, "");
	attach(p);
	append(p, "a\n");
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", p->dir);
	assert_int_equal(rename(p->log, elsewhere), 0);
	append(p, "b\n");
	assert_int_equal(jk_follow_step(p->follow, keep_line, p),
	    JK_FOLLOW_MORE);
	assert_int_equal(jk_follow_step(p->follow, keep_line, p),
	    JK_FOLLOW_LOST);
	expect_place(p, JK_PLACE_NONE);
	EXPECT(p, "a", "b");
	expect_place(p, JK_PLACE_CURRENT);
}

static void
test_appeared_after_attach_is_read_from_its_start(void **state)
{
	struct place *p = *state;

	attach(p);
	expect_nothing(p);
	expect_place(p, JK_PLACE_NONE);
	append(p, "first\n");
	assert_true(is_noticed(p));
	EXPECT(p, "first");
	/* And it is being watched. */
	jk_follow_drain(p->follow);
	append(p, "second\n");
	assert_true(is_noticed(p));
	EXPECT(p, "second");
}

/* Whoever waits from now on, without looking in between, is told. */
static void
expect_to_be_told(struct place *p)
{
	while (is_noticed(p))
		(void)read_all(p);
	expect_place(p, JK_PLACE_CURRENT);
	assert_true(jk_follow_is_noticed(p->follow));
	append(p, "told\n");
	assert_true(is_noticed(p));
	EXPECT(p, "told");
}

/*
 * auditd makes the new log and then opens it to its group: the kernel refuses
 * notice of it, and a moment later the same file can be read.
 */
static void
test_opened_to_us_late_is_noticed(void **state)
{
	struct place *p = *state;

	append(p, "");
	attach(p);
	rotate(p);
	meanwhile.is_refused = true;
	expect_nothing(p);
	assert_false(meanwhile.is_refused);
	expect_place(p, JK_PLACE_CURRENT);
	assert_int_equal(chmod(p->log, 0640), 0);
	assert_true(is_noticed(p));
	expect_to_be_told(p);
}

/* Who waits is to look again by himself. */
static void
test_unnoticed_is_said(void **state)
{
	struct place *p = *state;

	attach(p);
	assert_false(jk_follow_is_noticed(p->follow));
	append(p, "");
	expect_to_be_told(p);
	rotate(p);
	assert_true(is_noticed(p));
	assert_int_equal(jk_follow_step(p->follow, keep_line, p),
	    JK_FOLLOW_TURNED);
	assert_false(jk_follow_is_noticed(p->follow));
	meanwhile.is_refused = true;
	expect_nothing(p);
	expect_place(p, JK_PLACE_CURRENT);
	assert_false(jk_follow_is_noticed(p->follow));
	expect_nothing(p);
	expect_to_be_told(p);
	jk_follow_detach(p->follow);
	assert_false(jk_follow_is_noticed(p->follow));
}

static void
append_late(const struct place *p)
{
	append(p, "late\n");
}

/* Read to its end, then written to, and only then the kernel tells. */
static void
test_written_just_before_notice_is_read(void **state)
{
	struct place *p = *state;

	append(p, "");
	attach(p);
	rotate(p);
	meanwhile.is_refused = true;
	expect_nothing(p);
	meanwhile.before = append_late;
	EXPECT(p, "late");
}

static void
test_rotated_while_attaching_is_noticed(void **state)
{
	struct place *p = *state;

	append(p, "");
	meanwhile.before = rotate;
	attach(p);
	expect_to_be_told(p);
	jk_follow_detach(p->follow);
	meanwhile.after = rotate;
	attach(p);
	expect_to_be_told(p);
}

static void
test_rotated_at_the_end_of_the_log_is_noticed(void **state)
{
	struct place *p = *state;

	append(p, "");
	meanwhile.is_refused = true;
	attach(p);
	assert_false(jk_follow_is_noticed(p->follow));
	meanwhile.before = rotate;
	expect_nothing(p);
	assert_null(meanwhile.before);
	expect_to_be_told(p);
	rotate(p);
	meanwhile.is_refused = true;
	expect_nothing(p);
	assert_false(jk_follow_is_noticed(p->follow));
	meanwhile.after = rotate;
	expect_nothing(p);
	assert_null(meanwhile.after);
	expect_to_be_told(p);
}

static void
test_truncated_is_read_again_from_its_start(void **state)
{
	struct place *p = *state;

	append(p, "a long line of old text\nand half of");
	attach(p);
	append(p, " another\nhalf");
	(void)read_all(p);
	p->n = 0;
	assert_int_equal(truncate(p->log, 0), 0);
	append(p, "b\n");
	EXPECT(p, "b");
}

static void
test_only_a_regular_file_is_a_log(void **state)
{
	struct place *p = *state;
	char elsewhere[128];
	int fd;

	assert_int_equal(mkfifo(p->log, 0600), 0);
	fd = open(p->log, O_RDWR | O_CLOEXEC);
	assert_int_equal(write(fd, "a\n", 2), 2);
	attach(p);
	expect_nothing(p);
	expect_place(p, JK_PLACE_NONE);
	close(fd);
	assert_int_equal(unlink(p->log), 0);
	snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", p->dir);
	append(p, "a\n");
	assert_int_equal(rename(p->log, elsewhere), 0);
	assert_int_equal(symlink(elsewhere, p->log), 0);
	expect_nothing(p);
	expect_place(p, JK_PLACE_NONE);
}

/* Another process: writes and rotates as fast as it can. */
static void
write_files(const struct place *p)
{
	char text[32];

	for (unsigned i = 0; i < FILES * LINES; i++) {
		if (i % LINES == 0)
			rotate_up_to(p, i / LINES + 1);
		snprintf(text, sizeof(text), "%u\n", i);
		append(p, text);
	}
}

static void
count_line(void *ctx, const char *line, size_t len)
{
	unsigned *next = ctx;
	char want[32];

	snprintf(want, sizeof(want), "%u", *next);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(line, want, len);
	(*next)++;
}

/* Not one line is passed over or given twice, however the two meet. */
static void
hunt(struct place *p)
{
	unsigned next = 0;
	enum jk_follow_step step = JK_FOLLOW_MORE;
	pid_t pid;
	bool done = false;

	attach(p);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		write_files(p);
		_exit(0);
	}
	while (!done || step != JK_FOLLOW_IDLE) {
		done = done || waitpid(pid, NULL, WNOHANG) == pid;
		step = jk_follow_step(p->follow, count_line, &next);
		assert_int_not_equal(step, JK_FOLLOW_LOST);
		if (step == JK_FOLLOW_TURNED)
			(void)!jk_follow_next(p->follow);
	}
	assert_int_equal(next, FILES * LINES);
	jk_follow_detach(p->follow);
	remove_files(p);
}

static void
test_hunt_through_rotations_loses_nothing(void **state)
{
	struct place *p = *state;

	for (unsigned i = 0; i < HUNTS; i++) {
		append(p, "");
		hunt(p);
	}
}

static void
test_new_wants_an_absolute_file_name(void **state)
{
	static const char *const bad[] = { "", "audit.log", "./a", "/", "/a/" };
	struct jk_follow *f = NULL;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(bad); i++)
		assert_int_equal(jk_follow_new(bad[i], &f), JK_ERR_FORMAT);
	assert_null(f);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_attach_begins_at_the_end),
		TEST(test_attach_in_a_line_skips_its_rest),
		TEST(test_attach_again_keeps_the_position),
		TEST(test_detached_notices_nothing),
		TEST(test_half_line_waits_for_its_rest),
		TEST(test_long_lines_are_skipped),
		TEST(test_rotated_nothing_is_lost),
		TEST(test_rotated_several_times_walks_down),
		TEST(test_rotation_half_done_waits),
		TEST(test_number_left_free_is_passed_over),
		TEST(test_written_just_before_rotation_is_read),
		TEST(test_half_line_does_not_join_the_next_file),
		TEST(test_rotated_out_goes_on_with_the_log),
		TEST(test_free_numbers_below_hide_nothing),
		TEST(test_unlinked_stands_nowhere_until_there_is_a_new_one),
		TEST(test_moved_away_stands_nowhere_and_comes_back),
		TEST(test_replaced_is_lost_and_the_new_one_read),
		TEST(test_appeared_after_attach_is_read_from_its_start),
		TEST(test_opened_to_us_late_is_noticed),
		TEST(test_unnoticed_is_said),
		TEST(test_written_just_before_notice_is_read),
		TEST(test_rotated_while_attaching_is_noticed),
		TEST(test_rotated_at_the_end_of_the_log_is_noticed),
		TEST(test_truncated_is_read_again_from_its_start),
		TEST(test_hunt_through_rotations_loses_nothing),
		TEST(test_only_a_regular_file_is_a_log),
		cmocka_unit_test(test_new_wants_an_absolute_file_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
