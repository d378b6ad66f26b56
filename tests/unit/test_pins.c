/* SPDX-License-Identifier: BSD-2-Clause */
/* What a terminal keeps of the PINs of cards. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pins.h"
#include "rows.h"

#define DAY 86400
#define NOW INT64_C(1795298607) /* 2026-11-21 */

static const struct jk_pin_rules rules = { .n_remind = 1, .remind = { 7 } };

static struct jk_card
card(int64_t set, bool initial)
{
	struct jk_card c = { .pin_set = set, .pin_initial = initial };

	strcpy(c.id, "c-1");
	return c;
}

static void
test_change_is_kept(void **state)
{
	const int dir = *(int *)*state;

	assert_int_equal(jk_pins_changed(dir, "c-1"), 0);
	assert_int_equal(jk_pins_set_changed(dir, "c-1", NOW), JK_OK);
	assert_int_equal(jk_pins_changed(dir, "c-1"), NOW);
	assert_int_equal(jk_pins_changed(dir, "c-2"), 0);
	assert_int_equal(jk_pins_set_changed(dir, "c-1", NOW + DAY), JK_OK);
	assert_int_equal(jk_pins_changed(dir, "c-1"), NOW + DAY);
	/* No name of a file but an id. */
	assert_int_equal(jk_pins_set_changed(dir, "../c-1", NOW),
	    JK_ERR_FORMAT);
	assert_int_equal(jk_pins_set_changed(dir, "", NOW), JK_ERR_FORMAT);
}

/* Once kept by a clock that went ahead, a date must not stand for years. */
static void
test_change_replaces_a_date_of_the_future(void **state)
{
	const int dir = *(int *)*state;
	const struct jk_card c = card(0, false);

	assert_int_equal(jk_pins_set_changed(dir, "c-1",
	                     NOW + 3000 * (int64_t)DAY),
	    JK_OK);
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state,
	    JK_PIN_UNKNOWN);
	assert_int_equal(jk_pins_set_changed(dir, "c-1", NOW), JK_OK);
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state, JK_PIN_FRESH);
}

/* Nor may it hide that the office has set the PIN anew since. */
static void
test_date_of_the_future_does_not_hide_the_registry(void **state)
{
	const int dir = *(int *)*state;
	struct jk_card c = card(NOW - 60, true);

	assert_int_equal(jk_pins_set_changed(dir, "c-1",
	                     NOW + 3000 * (int64_t)DAY),
	    JK_OK);
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state,
	    JK_PIN_INITIAL);
	c = card(NOW - 300 * (int64_t)DAY, false);
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state,
	    JK_PIN_OVERDUE);
	/* A clock that was put right by seconds is none that went ahead. */
	assert_int_equal(jk_pins_set_changed(dir, "c-1", NOW + 5), JK_OK);
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state, JK_PIN_FRESH);
}

static void
test_file_that_is_none_is_no_knowledge(void **state)
{
	const int dir = *(int *)*state;
	const struct jk_card c = card(0, false);
	int fd = openat(dir, "pin.c-1", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, "today", 5), 5);
	close(fd);
	assert_int_equal(jk_pins_changed(dir, "c-1"), 0);
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state,
	    JK_PIN_UNKNOWN);
}

static void
test_age_takes_the_later_of_registry_and_terminal(void **state)
{
	const int dir = *(int *)*state;
	struct jk_card c = card(NOW - 300 * (int64_t)DAY, true);

	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state,
	    JK_PIN_INITIAL);
	c.pin_initial = false;
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state,
	    JK_PIN_OVERDUE);
	c.pin_initial = true;
	assert_int_equal(jk_pins_set_changed(dir, "c-1", NOW), JK_OK);
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state, JK_PIN_FRESH);
	/* Set anew by the office since. */
	c.pin_set = NOW + 60;
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW + 120).state,
	    JK_PIN_INITIAL);
}

static void
test_reminder_is_told_once_and_anew_for_a_new_pin(void **state)
{
	const int dir = *(int *)*state;
	struct jk_card c = card(NOW - 180 * (int64_t)DAY, false);

	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state, JK_PIN_DUE);
	jk_pins_set_told(dir, "c-1", NOW);
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW).state, JK_PIN_FRESH);
	/* The reminder belonged to the one before. */
	c.pin_set = NOW + DAY;
	assert_int_equal(jk_pins_age(dir, &c, &rules, NOW + 178 * (int64_t)DAY)
	                     .state,
	    JK_PIN_DUE);
}

static void
test_tries_of_a_puk(void **state)
{
	const int dir = *(int *)*state;

	assert_true(jk_pins_puk_tries(dir, "c-1") == JK_PINS_UNTOLD);
	assert_int_equal(jk_pins_set_puk_tries(dir, "c-1", 2), JK_OK);
	assert_int_equal(jk_pins_puk_tries(dir, "c-1"), 2);
	assert_int_equal(jk_pins_set_puk_tries(dir, "c-1", 0), JK_OK);
	assert_int_equal(jk_pins_puk_tries(dir, "c-1"), 0);
	assert_int_equal(jk_pins_set_puk_tries(dir, "c-1", JK_PINS_UNTOLD),
	    JK_OK);
	assert_true(jk_pins_puk_tries(dir, "c-1") == JK_PINS_UNTOLD);
	assert_int_equal(jk_pins_set_puk_tries(dir, "c-1", JK_PINS_UNTOLD),
	    JK_OK);
}

static char path[64];
static int directory;

static int
make(void **state)
{
	(void)snprintf(path, sizeof(path), "/tmp/jk-pins-XXXXXX");
	if (mkdtemp(path) == NULL)
		return -1;
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &directory;
	return directory >= 0 ? 0 : -1;
}

static int
drop(void **state)
{
	static const char *const names[] = { "pin.c-1", "pintold.c-1" };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(names); i++)
		(void)unlinkat(directory, names[i], 0);
	close(directory);
	return rmdir(path);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
		TEST(test_change_is_kept),
		TEST(test_change_replaces_a_date_of_the_future),
		TEST(test_date_of_the_future_does_not_hide_the_registry),
		TEST(test_file_that_is_none_is_no_knowledge),
		TEST(test_age_takes_the_later_of_registry_and_terminal),
		TEST(test_reminder_is_told_once_and_anew_for_a_new_pin),
		TEST(test_tries_of_a_puk),
	};

	return setenv("TZ", "JST-9", 1) == 0
	           ? cmocka_run_group_tests(tests, NULL, NULL)
	           : 1;
}
