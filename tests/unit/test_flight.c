/* SPDX-License-Identifier: BSD-2-Clause */
/* What a dead worker leaves, whatever it did before. */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flight.h"
#include "scratch.h"
#include "state.h"

#define ROUNDS 300
#define STEPS  200

static uint32_t seed = 20261130;

static uint32_t
roll(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* The one file of this directory, with nobody's lock on it any more. */
static int
open_left(const struct scratch *p, enum jk_err want, char ret_name[static 32])
{
	DIR *d = opendir(p->path);
	struct dirent *entry;
	int fd = -1;

	ret_name[0] = '\0';
	while ((entry = readdir(d)) != NULL)
		if (jk_flight_is_name(entry->d_name))
			(void)snprintf(ret_name, 32, "%.31s", entry->d_name);
	closedir(d);
	if (ret_name[0] != '\0')
		assert_int_equal(jk_state_lock_left(p->dir, ret_name, &fd),
		    want);
	return fd;
}

static void
test_flight_leaves_exactly_what_was_not_cleared(void **state)
{
	char model[JK_USE_FLIGHT][JK_ID_LEN + 1], id[JK_ID_LEN + 1], name[32];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct jk_flight f;
		struct scratch p;
		size_t left = 0;
		int fd;

		scratch_make(&p);
		memset(model, 0, sizeof(model));
		assert_int_equal(jk_flight_open(p.dir, &f), JK_OK);
		for (uint32_t n = roll(STEPS); n > 0; n--) {
			size_t slot = roll(JK_USE_FLIGHT);

			if (model[slot][0] != '\0') {
				jk_flight_clear(&f, slot);
				model[slot][0] = '\0';
			} else {
				assert_int_equal(jk_id_new(model[slot]), JK_OK);
				jk_flight_put(&f, slot, model[slot]);
			}
		}
		/* While its worker lives nobody touches it. */
		assert_int_equal(open_left(&p, JK_ERR_BUSY, name), -1);
		for (size_t i = 0; i < JK_USE_FLIGHT; i++)
			left += model[i][0] != '\0';
		jk_flight_close(&f);
		fd = open_left(&p, JK_OK, name);
		assert_int_equal(fd >= 0, left > 0);
		for (size_t i = 0; fd >= 0 && i < JK_USE_FLIGHT; i++) {
			enum jk_err e = jk_flight_left(fd, i, id);

			assert_int_equal(e == JK_OK, model[i][0] != '\0');
			if (e != JK_OK)
				continue;
			assert_string_equal(id, model[i]);
			assert_int_equal(jk_flight_settled(fd, i), JK_OK);
			assert_int_equal(jk_flight_left(fd, i, id),
			    JK_ERR_NOT_FOUND);
		}
		if (fd >= 0) {
			close(fd);
			assert_int_equal(jk_state_remove(p.dir, name), JK_OK);
		}
		assert_int_equal(scratch_count(&p, ""), 0);
		scratch_remove(&p);
	}
}

/* Killed at any moment, what it had put in stands in the file. */
static void
test_flight_outlives_its_worker(void **state)
{
	char id[JK_ID_LEN + 1], name[32];
	struct scratch p;
	int fd;

	(void)state;
	scratch_make(&p);
	if (fork() == 0) {
		struct jk_flight f;

		if (jk_flight_open(p.dir, &f) != JK_OK)
			_exit(1);
		jk_flight_put(&f, 3, "0123456789abcdef");
		jk_flight_put(&f, 5, "fedcba9876543210");
		jk_flight_clear(&f, 5);
		(void)kill(getpid(), SIGKILL);
	}
	assert_true(wait(NULL) > 0);
	fd = open_left(&p, JK_OK, name);
	assert_true(fd >= 0);
	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		assert_int_equal(jk_flight_left(fd, i, id),
		    i == 3 ? JK_OK : JK_ERR_NOT_FOUND);
	assert_int_equal(jk_flight_left(fd, 3, id), JK_OK);
	assert_string_equal(id, "0123456789abcdef");
	close(fd);
	assert_int_equal(jk_state_remove(p.dir, name), JK_OK);
	scratch_remove(&p);
}

static void
test_flight_takes_no_noise_for_an_id(void **state)
{
	char id[JK_ID_LEN + 1];
	struct scratch p;
	int fd;

	(void)state;
	scratch_make(&p);
	fd = openat(p.dir, "noise", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "0123456789ABCDEF0123456789abcde/0123", 36),
	    36);
	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		assert_int_equal(jk_flight_left(fd, i, id), JK_ERR_NOT_FOUND);
	close(fd);
	assert_false(jk_flight_is_name("flight."));
	assert_false(jk_flight_is_name("flight.0123456789abcde"));
	assert_false(jk_flight_is_name("pending.0123456789abcdef"));
	assert_true(jk_flight_is_name("flight.0123456789abcdef"));
	assert_int_equal(unlinkat(p.dir, "noise", 0), 0);
	scratch_remove(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_flight_leaves_exactly_what_was_not_cleared),
		cmocka_unit_test(test_flight_outlives_its_worker),
		cmocka_unit_test(test_flight_takes_no_noise_for_an_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
