/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "rows.h"
#include "scratch.h"
#include "tally.h"

static void
test_tally_is_one_for_all_of_a_person(void **state)
{
	struct jk_tally a = { 0 }, b = { 0 }, other = { 0 };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_tally_open(p.dir, "p1", &a), JK_OK);
	assert_int_equal(jk_tally_open(p.dir, "p1", &b), JK_OK);
	assert_int_equal(jk_tally_open(p.dir, "p2", &other), JK_OK);
	assert_int_equal(jk_tally_open(p.dir, "../p", &other), JK_ERR_FORMAT);
	assert_int_equal(jk_tally_add(&a, 5), 0);
	assert_int_equal(jk_tally_add(&b, 2), 5);
	assert_int_equal(jk_tally_add(&a, 1), 7);
	jk_tally_drop(&b);
	jk_tally_drop(&b); /* once */
	assert_int_equal(jk_tally_add(&a, 0), 6);
	assert_int_equal(jk_tally_add(&other, 0), 0);
	jk_tally_drop(&other);
	assert_int_equal(jk_tally_add(&other, 0), 0);
	/* It is never less because it is too much. */
	assert_int_equal(jk_tally_add(&other, UINT64_MAX), 0);
	assert_true(jk_tally_add(&other, UINT32_MAX) > JK_BULK_MAX);
	jk_tally_close(&a);
	jk_tally_close(&b);
	jk_tally_close(&other);
	assert_int_equal(jk_tally_open(p.dir, "p1", &a), JK_OK);
	assert_int_equal(jk_tally_add(&a, 0), 6);
	jk_tally_close(&a);
	assert_int_equal(scratch_count(&p, "tally."), 2);
	scratch_remove(&p);
}

/* All that was taken since `began` is waited for, but for the time that has
 * passed by itself: never more than for one, 100 ms. */
static void
assert_waits(int64_t us, int64_t all_us, int64_t began)
{
	const int64_t passed = (jk_boot_ms() - began + 2) * 1000;

	assert_true(us <= 100000);
	assert_true(us >= all_us - passed);
}

static void
test_tally_slows_down_what_is_above_the_burst(void **state)
{
	struct jk_tally t = { 0 }, same = { 0 };
	struct scratch p;
	int64_t began, us;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_tally_open(p.dir, "p1", &t), JK_OK);
	assert_int_equal(jk_tally_open(p.dir, "p1", &same), JK_OK);
	began = jk_boot_ms();
	for (int i = 0; i < 5; i++) {
		assert_int_equal(jk_tally_wait_us(&t, 10, 5), 0);
		jk_tally_take(i % 2 == 0 ? &t : &same, 10, 5);
	}
	us = jk_tally_wait_us(&same, 10, 5);
	assert_waits(us, 100000, began);
	assert_int_equal(jk_tally_wait_us(&t, 0, 5), 0);
	usleep((useconds_t)us);
	assert_int_equal(jk_tally_wait_us(&t, 10, 5), 0);
	jk_tally_take(&t, 10, 5);
	assert_waits(jk_tally_wait_us(&t, 10, 5), 200000, began);
	jk_tally_close(&t);
	jk_tally_close(&same);
	scratch_remove(&p);
}

/* Of whatever stands there nobody waits for ever, and nothing breaks. */
static void
test_tally_bears_any_bytes(void **state)
{
	static char bytes[4096];
	struct jk_tally t = { 0 };
	struct scratch p;
	int fd;

	(void)state;
	scratch_make(&p);
	memset(bytes, 0x7f, sizeof(bytes));
	fd = openat(p.dir, "tally.p1", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	close(fd);
	assert_int_equal(jk_tally_open(p.dir, "p1", &t), JK_OK);
	assert_true(jk_tally_wait_us(&t, 50, 200) <= 6000000);
	jk_tally_take(&t, 50, 200);
	assert_true(jk_tally_wait_us(&t, 50, 200) <= 6000000);
	assert_int_equal(jk_tally_add(&t, 3), 0);
	assert_int_equal(jk_tally_add(&t, 0), 3);
	jk_tally_close(&t);
	scratch_remove(&p);
}

/* Of two who add at once each sees the other, or one of them does. */
static void
test_tally_loses_nothing(void **state)
{
	struct jk_tally t = { 0 };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_tally_open(p.dir, "p1", &t), JK_OK);
	for (int child = 0; child < 4; child++)
		if (fork() == 0) {
			for (int i = 0; i < 20000; i++)
				(void)jk_tally_add(&t, 1);
			_exit(0);
		}
	for (int child = 0; child < 4; child++)
		assert_true(wait(NULL) > 0);
	assert_int_equal(jk_tally_add(&t, 0), 80000);
	jk_tally_close(&t);
	scratch_remove(&p);
}

/* Whoever asks for all the world, and is refused, has what he had before. */
static void
test_tally_takes_back_what_was_added(void **state)
{
	struct jk_tally a = { 0 }, b = { 0 };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_tally_open(p.dir, "p1", &a), JK_OK);
	assert_int_equal(jk_tally_open(p.dir, "p1", &b), JK_OK);
	assert_int_equal(jk_tally_add(&a, 40), 0);
	(void)jk_tally_add(&a, UINT32_MAX);
	/* Meanwhile in another program of his. */
	(void)jk_tally_add(&b, 2);
	jk_tally_drop(&a);
	assert_int_equal(jk_tally_add(&a, 0), 42);
	/* Nor is there so much that nothing more can be counted. */
	for (int i = 0; i < 100; i++)
		(void)jk_tally_add(&a, UINT64_MAX);
	for (int i = 0; i < 100; i++) {
		(void)jk_tally_add(&b, UINT64_MAX);
		jk_tally_drop(&b);
	}
	assert_true(jk_tally_add(&a, 0) > JK_BULK_MAX);
	jk_tally_close(&a);
	jk_tally_close(&b);
	scratch_remove(&p);
}

/* What /var/lib/jukinet has kept, as it stands on the disk: by the wall clock. */
static void
test_tally_of_before_a_reboot_counts(void **state)
{
	const uint32_t now = (uint32_t)(jk_real_s() / 60 + 1);
	const struct {
		uint32_t minute;
		unsigned counted;
	} rows[] = {
		{ now - 1, 100 },
		{ now - 58, 100 },
		{ now - 62, 0 },
		{ now + 5, 100 }, /* the clock was set back */
		{ now + 1440, 0 },
		{ 0, 0 },
	};
	struct jk_tally t = { 0 };
	struct scratch p;
	int fd;

	(void)state;
	scratch_make(&p);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		/* Behind the time until which is paid, a minute each. */
		const off_t at = 8 + 8 * (off_t)(rows[i].minute % 61);
		const uint64_t slot = (uint64_t)rows[i].minute << 32 | 100;

		(void)unlinkat(p.dir, "tally.p1", 0);
		fd = openat(p.dir, "tally.p1", O_RDWR | O_CREAT | O_CLOEXEC,
		    0600);
		assert_int_equal(pwrite(fd, &slot, sizeof(slot), at),
		    sizeof(slot));
		close(fd);
		assert_int_equal(jk_tally_open(p.dir, "p1", &t), JK_OK);
		if (jk_tally_add(&t, 1) != rows[i].counted)
			fail_msg("minute %d",
			    (int)((int64_t)rows[i].minute - now));
		jk_tally_close(&t);
	}
	scratch_remove(&p);
}

/* Boot time begins anew with each boot; what was due of the one before is not. */
static void
test_tally_waits_for_no_earlier_boot(void **state)
{
	const int64_t due = (jk_boot_ms() + 10 * INT64_C(86400000)) * 1000;
	struct jk_tally t = { 0 };
	struct scratch p;
	int64_t began;
	int fd;

	(void)state;
	scratch_make(&p);
	fd = openat(p.dir, "tally.p1", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(fd, &due, sizeof(due), 0), sizeof(due));
	close(fd);
	assert_int_equal(jk_tally_open(p.dir, "p1", &t), JK_OK);
	assert_int_equal(jk_tally_wait_us(&t, 10, 5), 0);
	/* And from here on as ever. */
	began = jk_boot_ms();
	for (int i = 0; i < 5; i++) {
		assert_int_equal(jk_tally_wait_us(&t, 10, 5), 0);
		jk_tally_take(&t, 10, 5);
	}
	assert_waits(jk_tally_wait_us(&t, 10, 5), 100000, began);
	/* However many have taken at once, what is due of this boot stays. */
	for (int i = 0; i < 1000; i++)
		jk_tally_take(&t, 10, 5);
	assert_true(jk_tally_wait_us(&t, 10, 5) > 50000);
	assert_true(jk_tally_wait_us(&t, 10, 5) > 50000);
	jk_tally_close(&t);
	scratch_remove(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tally_is_one_for_all_of_a_person),
		cmocka_unit_test(test_tally_slows_down_what_is_above_the_burst),
		cmocka_unit_test(test_tally_bears_any_bytes),
		cmocka_unit_test(test_tally_loses_nothing),
		cmocka_unit_test(test_tally_takes_back_what_was_added),
		cmocka_unit_test(test_tally_of_before_a_reboot_counts),
		cmocka_unit_test(test_tally_waits_for_no_earlier_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
