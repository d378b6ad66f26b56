/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <sys/stat.h>

#include "frame.h"
#include "lock.h"
#include "scratch.h"
#include "state.h"

static void
test_state_write_read_round_trips_and_leaves_one_file(void **state)
{
	struct scratch p;
	struct jk_frame *f = NULL;
	uint64_t n;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_frame_new(&f), JK_OK);
	for (uint64_t i = 0; i < 3; i++) {
		jk_frame_start(f, 100);
		assert_int_equal(jk_frame_put_u64(f, 1, i), JK_OK);
		assert_int_equal(jk_state_write(p.dir, "fact", f), JK_OK);
	}
	jk_frame_start(f, 0);
	assert_int_equal(jk_state_read(p.dir, "fact", f), JK_OK);
	assert_int_equal(jk_frame_get_u64(f, 1, &n), JK_OK);
	assert_int_equal(n, 2);
	assert_int_equal(scratch_count(&p, ""), 1);
	jk_frame_free(&f);
	scratch_remove(&p);
}

/* The same file as before, never a new or a longer one. */
static void
test_state_overwrite_takes_no_room(void **state)
{
	struct scratch p;
	struct stat before, after;
	struct jk_frame *f = NULL;
	uint64_t n;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_frame_new(&f), JK_OK);
	for (uint64_t i = 2; i > 0; i--) {
		jk_frame_start(f, 100);
		assert_int_equal(jk_frame_put_u64(f, 1, i), JK_OK);
		if (i == 2) {
			assert_int_equal(jk_state_overwrite(p.dir, "fact", f),
			    JK_ERR_NOT_FOUND);
			assert_int_equal(jk_frame_put_u64(f, 2, i), JK_OK);
			assert_int_equal(jk_state_write(p.dir, "fact", f),
			    JK_OK);
			assert_int_equal(fstatat(p.dir, "fact", &before, 0), 0);
		}
	}
	assert_int_equal(jk_state_overwrite(p.dir, "fact", f), JK_OK);
	assert_int_equal(fstatat(p.dir, "fact", &after, 0), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(jk_state_read(p.dir, "fact", f), JK_OK);
	assert_int_equal(jk_frame_get_u64(f, 1, &n), JK_OK);
	assert_int_equal(n, 1);
	assert_int_equal(jk_frame_get_u64(f, 2, &n), JK_ERR_NOT_FOUND);
	assert_int_equal(jk_frame_put_u64(f, 2, n), JK_OK);
	assert_int_equal(jk_state_overwrite(p.dir, "fact", f), JK_ERR_SYS);
	assert_int_equal(symlinkat("fact", p.dir, "link"), 0);
	jk_frame_start(f, 100);
	assert_int_equal(jk_state_overwrite(p.dir, "link", f), JK_ERR_SYS);
	jk_frame_free(&f);
	scratch_remove(&p);
}

/* Whoever has looked at it before looks again, however quickly it came. */
static void
test_state_overwrite_is_seen_by_the_time_alone(void **state)
{
	struct scratch p;
	struct stat before, after;
	struct jk_frame *f = NULL;
	/* As far ahead as no clock of this machine goes, and at a carry. */
	struct timespec ahead[2] = { { 0 }, { INT32_MAX, 999999998 } };

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, 100);
	assert_int_equal(jk_state_write(p.dir, "fact", f), JK_OK);
	for (int i = 0; i < 2000; i++) {
		if (i == 1000)
			assert_int_equal(utimensat(p.dir, "fact", ahead, 0), 0);
		assert_int_equal(fstatat(p.dir, "fact", &before, 0), 0);
		assert_int_equal(jk_state_overwrite(p.dir, "fact", f), JK_OK);
		assert_int_equal(fstatat(p.dir, "fact", &after, 0), 0);
		assert_true(
		    after.st_mtim.tv_sec > before.st_mtim.tv_sec ||
		    (after.st_mtim.tv_sec == before.st_mtim.tv_sec &&
		        after.st_mtim.tv_nsec > before.st_mtim.tv_nsec));
	}
	jk_frame_free(&f);
	scratch_remove(&p);
}

/* Unlike a write, it never replaces what stands there. */
static void
test_state_create_only_what_is_not_there(void **state)
{
	struct scratch p;
	struct jk_frame *f = NULL;
	uint64_t n;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_frame_new(&f), JK_OK);
	for (uint64_t i = 0; i < 3; i++) {
		jk_frame_start(f, 100);
		assert_int_equal(jk_frame_put_u64(f, 1, i), JK_OK);
		assert_int_equal(jk_state_create(p.dir, "fact", f),
		    i == 0 ? JK_OK : JK_ERR_EXISTS);
	}
	assert_int_equal(jk_state_read(p.dir, "fact", f), JK_OK);
	assert_int_equal(jk_frame_get_u64(f, 1, &n), JK_OK);
	assert_int_equal(n, 0);
	assert_int_equal(scratch_count(&p, ""), 1);
	assert_int_equal(symlinkat("nowhere", p.dir, "link"), 0);
	assert_int_equal(jk_state_create(p.dir, "link", f), JK_ERR_EXISTS);
	jk_frame_free(&f);
	scratch_remove(&p);
}

static void
test_state_read_damaged_or_missing_is_refused(void **state)
{
	struct scratch p;
	struct jk_frame *f = NULL;
	int fd;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_frame_new(&f), JK_OK);
	assert_int_equal(jk_state_read(p.dir, "fact", f), JK_ERR_NOT_FOUND);
	fd = openat(p.dir, "fact", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "\1\144\1\0\10half", 9), 9);
	close(fd);
	assert_int_equal(jk_state_read(p.dir, "fact", f), JK_ERR_TRUNCATED);
	assert_int_equal(symlinkat("/etc/passwd", p.dir, "link"), 0);
	assert_int_equal(jk_state_read(p.dir, "link", f), JK_ERR_SYS);
	jk_frame_free(&f);
	scratch_remove(&p);
}

static void
test_state_open_others_may_enter_is_refused(void **state)
{
	struct scratch p;
	int dir = -1;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_state_open(p.path, &dir), JK_OK);
	close(dir);
	assert_int_equal(chmod(p.path, 0711), 0);
	assert_int_equal(jk_state_open(p.path, &dir), JK_ERR_UNSAFE);
	assert_int_equal(jk_state_open("/nonexistent", &dir), JK_ERR_SYS);
	scratch_remove(&p);
}

static void
test_state_lock_left_only_of_a_dead_owner(void **state)
{
	struct scratch p;
	int owner, fd = -1;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_lock_take(p.dir, "fact", 0, &owner), JK_OK);
	assert_int_equal(jk_state_lock_left(p.dir, "fact", &fd), JK_ERR_BUSY);
	close(owner);
	assert_int_equal(jk_state_lock_left(p.dir, "fact", &fd), JK_OK);
	close(fd);
	scratch_remove(&p);
}

/* The name was read from the directory before its owner removed it. */
static void
test_state_lock_left_removed_is_not_made_again(void **state)
{
	struct scratch p;
	int owner, fd = -1;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_lock_take(p.dir, "fact", 0, &owner), JK_OK);
	assert_int_equal(jk_state_remove(p.dir, "fact"), JK_OK);
	close(owner);
	assert_int_equal(jk_state_lock_left(p.dir, "fact", &fd),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(scratch_count(&p, ""), 0);
	scratch_remove(&p);
}

static void
test_state_remove_only_one_succeeds(void **state)
{
	struct scratch p;
	int fd;

	(void)state;
	scratch_make(&p);
	fd = openat(p.dir, "fact", O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_int_equal(jk_state_remove(p.dir, "fact"), JK_OK);
	assert_int_equal(jk_state_remove(p.dir, "fact"), JK_ERR_NOT_FOUND);
	scratch_remove(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_state_write_read_round_trips_and_leaves_one_file),
		cmocka_unit_test(test_state_overwrite_takes_no_room),
		cmocka_unit_test(
		    test_state_overwrite_is_seen_by_the_time_alone),
		cmocka_unit_test(test_state_create_only_what_is_not_there),
		cmocka_unit_test(test_state_read_damaged_or_missing_is_refused),
		cmocka_unit_test(test_state_open_others_may_enter_is_refused),
		cmocka_unit_test(test_state_lock_left_only_of_a_dead_owner),
		cmocka_unit_test(
		    test_state_lock_left_removed_is_not_made_again),
		cmocka_unit_test(test_state_remove_only_one_succeeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
