/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "scratch.h"
#include "uses.h"

#define RECORD "0123456789abcdef"

static void
test_uses_take_once_until_given_back(void **state)
{
	struct jk_uses mine = { 0 }, theirs = { 0 };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	assert_false(jk_uses_has(p.dir, "a-1"));
	assert_int_equal(jk_uses_take(p.dir, "a-1", RECORD, &mine), JK_OK);
	assert_true(jk_uses_has(p.dir, "a-1"));
	assert_false(jk_uses_has(p.dir, "a-2"));
	assert_int_equal(jk_uses_take(p.dir, "a-1", RECORD, &theirs),
	    JK_ERR_EXISTS);
	assert_int_equal(theirs.n, 0);
	/* Who did not get it cannot give it back. */
	jk_uses_give_back(p.dir, &theirs);
	assert_true(jk_uses_has(p.dir, "a-1"));
	assert_int_equal(jk_uses_take(p.dir, "a-2", RECORD, &mine), JK_OK);
	assert_int_equal(scratch_count(&p, ""), 2);
	jk_uses_give_back(p.dir, &mine);
	assert_int_equal(mine.n, 0);
	assert_false(jk_uses_has(p.dir, "a-1"));
	assert_int_equal(scratch_count(&p, ""), 0);
	assert_int_equal(jk_uses_take(p.dir, "a-1", RECORD, &theirs), JK_OK);
	scratch_remove(&p);
}

static void
test_uses_no_more_than_there_are_kinds(void **state)
{
	struct jk_uses uses = { 0 };
	struct scratch p;
	char id[8];

	(void)state;
	scratch_make(&p);
	for (int i = 0; i < JK_USES_MAX; i++) {
		snprintf(id, sizeof(id), "a-%d", i);
		assert_int_equal(jk_uses_take(p.dir, id, RECORD, &uses), JK_OK);
	}
	assert_int_equal(jk_uses_take(p.dir, "a-9", RECORD, &uses),
	    JK_ERR_TOO_BIG);
	assert_false(jk_uses_has(p.dir, "a-9"));
	scratch_remove(&p);
}

static void
test_uses_name_is_that_of_an_approval_only(void **state)
{
	static const char *const bad[] = { "", "../x", "A", "a/b", "-a" };
	struct jk_uses uses = { 0 };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		assert_true(jk_uses_has(p.dir, bad[i]));
		assert_int_equal(jk_uses_take(p.dir, bad[i], RECORD, &uses),
		    JK_ERR_FORMAT);
	}
	assert_int_equal(scratch_count(&p, ""), 0);
	scratch_remove(&p);
}

/* A directory that cannot be looked into hides every use. */
static void
test_uses_what_cannot_be_seen_counts_as_used(void **state)
{
	(void)state;
	assert_true(jk_uses_has(-1, "a-1"));
}

/* By the record that stands on it: its worker has died. */
static void
test_uses_of_a_record_are_given_back(void **state)
{
	struct jk_uses uses = { 0 }, others = { 0 };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_uses_take(p.dir, "a-1", RECORD, &uses), JK_OK);
	assert_int_equal(jk_uses_take(p.dir, "a-2", RECORD, &uses), JK_OK);
	assert_int_equal(jk_uses_take(p.dir, "a-3", "0123456789abcdee",
	                     &others),
	    JK_OK);
	/* Files of another kind, or damaged, are none of a record's. */
	assert_int_equal(symlinkat("used.a-1", p.dir, "used.link"), 0);
	assert_int_equal(symlinkat("used.a-1", p.dir, "last-record"), 0);
	assert_int_equal(jk_uses_give_back_of(p.dir, RECORD), JK_OK);
	assert_false(jk_uses_has(p.dir, "a-1"));
	assert_false(jk_uses_has(p.dir, "a-2"));
	assert_true(jk_uses_has(p.dir, "a-3"));
	assert_int_equal(scratch_count(&p, ""), 3);
	assert_int_equal(jk_uses_give_back_of(p.dir, RECORD), JK_OK);
	scratch_remove(&p);
}

static void
race(int dir, int start)
{
	struct jk_uses uses = { 0 };
	char byte;

	/* All of them begin when the pipe is closed. */
	(void)!read(start, &byte, 1);
	_exit(jk_uses_take(dir, "a-1", RECORD, &uses) == JK_OK ? 0 : 1);
}

static void
test_uses_of_all_who_try_exactly_one_gets_it(void **state)
{
	enum {
		RACERS = 24
	};

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct scratch p;
		int start[2], status, winners = 0;

		scratch_make(&p);
		assert_int_equal(pipe(start), 0);
		for (int i = 0; i < RACERS; i++) {
			pid_t pid = fork();

			assert_true(pid >= 0);
			if (pid == 0) {
				close(start[1]);
				race(p.dir, start[0]);
			}
		}
		close(start[0]);
		close(start[1]);
		for (int i = 0; i < RACERS; i++) {
			assert_true(wait(&status) > 0);
			assert_true(WIFEXITED(status));
			winners += WEXITSTATUS(status) == 0;
		}
		assert_int_equal(winners, 1);
		assert_int_equal(scratch_count(&p, ""), 1);
		scratch_remove(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uses_take_once_until_given_back),
		cmocka_unit_test(test_uses_no_more_than_there_are_kinds),
		cmocka_unit_test(test_uses_name_is_that_of_an_approval_only),
		cmocka_unit_test(test_uses_what_cannot_be_seen_counts_as_used),
		cmocka_unit_test(test_uses_of_a_record_are_given_back),
		cmocka_unit_test(test_uses_of_all_who_try_exactly_one_gets_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
