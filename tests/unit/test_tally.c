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

/* --- the pace, from one boot to the next ---------------------------------- */

#define DAY_US (INT64_C(86400) * 1000000)
#define S_US   INT64_C(1000000)

/* The file: see struct jk_tally_page. */
struct pace {
	int64_t due_us;
	uint64_t boot;
	int64_t seen_us;
};

static void
write_pace(const struct scratch *p, const struct pace *pace)
{
	int fd = openat(p->dir, "tally.p1", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &pace->due_us, 8, 0), 8);
	assert_int_equal(pwrite(fd, &pace->boot, 8, 8 + 8 * 61), 8);
	assert_int_equal(pwrite(fd, &pace->seen_us, 8, 16 + 8 * 61), 8);
	close(fd);
}

static int64_t
now_us(void)
{
	return jk_boot_ms() * 1000;
}

/* With one a second and ten at once. */
static int64_t
wait_of(const struct scratch *p)
{
	struct jk_tally t = { 0 };
	int64_t us;

	assert_int_equal(jk_tally_open(p->dir, "p1", &t), JK_OK);
	us = jk_tally_wait_us(&t, 1, 10);
	jk_tally_close(&t);
	return us;
}

/*
 * Boot time begins anew with each boot. What was not paid back when it ended is
 * so in the next one, no more and no less, whichever ran longer.
 */
static void
test_tally_owes_after_a_reboot_what_it_owed(void **state)
{
	const int64_t ran[] = { S_US, 0, 10 * DAY_US };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(ran); i++) {
		const int64_t then = ran[i] != 0 ? ran[i] : now_us() + S_US;
		/* 9 may be owed when one is asked. */
		struct pace pace = { then + 12 * S_US, 4711, then };
		struct scratch p;
		int64_t us;

		scratch_make(&p);
		write_pace(&p, &pace);
		us = wait_of(&p);
		assert_true(us > 2 * S_US && us <= 3 * S_US);
		/* Once: it goes on from there. */
		usleep(100000);
		assert_true(wait_of(&p) <= us - 100000);
		pace.due_us = then + 9 * S_US;
		write_pace(&p, &pace);
		assert_int_equal(wait_of(&p), 0);
		/* Paid back before it ended. */
		pace.due_us = then - DAY_US;
		write_pace(&p, &pace);
		assert_int_equal(wait_of(&p), 0);
		scratch_remove(&p);
	}
}

/* What was paid back while somebody looked on is not owed again. */
static void
test_tally_owes_what_was_seen_last(void **state)
{
	const uint64_t boot = 4711;
	struct jk_tally t = { 0 };
	struct scratch p;
	int fd;

	(void)state;
	for (int i = 0; i < 2; i++) {
		scratch_make(&p);
		assert_int_equal(jk_tally_open(p.dir, "p1", &t), JK_OK);
		for (int n = 0; n < 12; n++)
			jk_tally_take(&t, 1, 10);
		usleep(300000);
		if (i == 0)
			(void)jk_tally_wait_us(&t, 1, 10);
		else
			jk_tally_close(&t);
		/* It is as if this were another boot from now on. */
		fd = openat(p.dir, "tally.p1", O_RDWR | O_CLOEXEC);
		assert_int_equal(pwrite(fd, &boot, 8, 8 + 8 * 61), 8);
		close(fd);
		usleep(300000);
		assert_true(wait_of(&p) <= 3 * S_US - 300000);
		assert_true(wait_of(&p) > 3 * S_US - 600000);
		jk_tally_close(&t);
		scratch_remove(&p);
	}
}

/* One that an earlier version has left says nothing of its boot. */
static void
test_tally_without_a_boot_owes_nothing(void **state)
{
	const struct pace pace = { now_us() + 15 * S_US, 0, 0 };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	write_pace(&p, &pace);
	assert_int_equal(wait_of(&p), 0);
	scratch_remove(&p);
}

/* Of the programs that come first after a reboot nobody loses what another took. */
static void
test_tally_comes_over_once(void **state)
{
	struct scratch p;

	(void)state;
	for (int round = 0; round < 50; round++) {
		const struct pace pace = { 10 * DAY_US, 4711, 10 * DAY_US };
		int64_t us;

		scratch_make(&p);
		write_pace(&p, &pace);
		for (int child = 0; child < 4; child++)
			if (fork() == 0) {
				struct jk_tally t = { 0 };

				for (int i = 0; i < 3; i++) {
					(void)jk_tally_open(p.dir, "p1", &t);
					jk_tally_take(&t, 1, 10);
					jk_tally_close(&t);
				}
				_exit(0);
			}
		for (int child = 0; child < 4; child++)
			assert_true(wait(NULL) > 0);
		us = wait_of(&p);
		assert_true(us > 2 * S_US && us <= 3 * S_US);
		scratch_remove(&p);
	}
}

/* Whatever stands there, nobody waits for longer than he may be made to. */
static void
test_tally_waits_for_no_nonsense(void **state)
{
	const int64_t times[] = { INT64_MIN, -1, 0, 1, DAY_US, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(times); i++)
		for (size_t k = 0; k < 3 * JK_COUNT(times); k++) {
			const struct pace pace = { times[i],
				k % 3 == 0 ? 0 : 4711, times[k / 3] };
			struct jk_tally t = { 0 };
			struct scratch p;
			int64_t us = 0;

			scratch_make(&p);
			assert_int_equal(jk_tally_open(p.dir, "p1", &t), JK_OK);
			/* Before it is opened, or of this boot. */
			write_pace(&p, &pace);
			if (k % 3 == 2)
				jk_tally_close(&t);
			if (k % 3 == 2)
				assert_int_equal(jk_tally_open(p.dir, "p1", &t),
				    JK_OK);
			us = jk_tally_wait_us(&t, 100, 10);
			assert_true(us >= 0 && us <= 2 * S_US);
			jk_tally_take(&t, 100, 10);
			us = jk_tally_wait_us(&t, 100, 10);
			assert_true(us >= 0 && us <= 2 * S_US);
			jk_tally_close(&t);
			scratch_remove(&p);
		}
}

/* However many have taken at once, and another rate makes nobody free. */
static void
test_tally_owes_at_another_rate(void **state)
{
	struct jk_tally t = { 0 };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_tally_open(p.dir, "p1", &t), JK_OK);
	for (int i = 0; i < 1000; i++)
		jk_tally_take(&t, 1, 1000);
	assert_int_equal(jk_tally_wait_us(&t, 1, 1001), 0);
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
		cmocka_unit_test(test_tally_owes_after_a_reboot_what_it_owed),
		cmocka_unit_test(test_tally_owes_what_was_seen_last),
		cmocka_unit_test(test_tally_without_a_boot_owes_nothing),
		cmocka_unit_test(test_tally_comes_over_once),
		cmocka_unit_test(test_tally_waits_for_no_nonsense),
		cmocka_unit_test(test_tally_owes_at_another_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
