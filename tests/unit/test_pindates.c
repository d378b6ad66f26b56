/* SPDX-License-Identifier: BSD-2-Clause */
/* What the builder believes of what jukinetd keeps of changed PINs. */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "pindates.h"
#include "pins.h"
#include "scratch.h"

#define NOW INT64_C(1795298607) /* 27 seconds after a minute */

struct place {
	struct scratch scratch;
	struct jk_rowset set;
	struct jk_report report;
	struct jk_pindates dates;
};

static struct place here;

static int
make(void **state)
{
	(void)state;
	scratch_make(&here.scratch);
	jk_rowset_init(&here.set);
	return 0;
}

static int
drop(void **state)
{
	(void)state;
	jk_pindates_clear(&here.dates);
	jk_report_clear(&here.report);
	jk_rowset_clear(&here.set);
	scratch_remove(&here.scratch);
	return 0;
}

static void
add_card(const char *id, int64_t set, bool initial)
{
	struct jk_card card = { .pin_set = set, .pin_initial = initial };

	strcpy(card.id, id);
	assert_int_equal(jk_list_add(&here.set.card,
	                     (struct jk_place){ "f", 1 }, &card),
	    JK_OK);
}

static void
change(const char *id, int64_t s)
{
	assert_int_equal(jk_pins_set_changed(here.scratch.dir, id, s), JK_OK);
}

static void
look(void)
{
	jk_pindates_clear(&here.dates);
	jk_report_clear(&here.report);
	assert_int_equal(jk_pindates_read(here.scratch.path, &here.set.card,
	                     NOW, &here.report, &here.dates),
	    JK_OK);
	assert_int_equal(here.report.n_errors, 0);
}

/* One warning with these words, and no date. */
static void
expect_warning(const char *words)
{
	look();
	assert_int_equal(here.dates.n, 0);
	assert_int_equal(here.report.n_warnings, 1);
	if (strstr(here.report.warning[0], words) == NULL)
		fail_msg("no \"%s\" in \"%s\"", words, here.report.warning[0]);
}

static void
test_changes_of_cards_of_the_registry_are_read(void **state)
{
	(void)state;
	add_card("c-1", 0, false);
	add_card("c-2", 0, false);
	add_card("c-3", 0, false);
	change("c-1", NOW);
	change("c-3", NOW - 500);
	change("c-4", NOW);
	jk_pins_set_told(here.scratch.dir, "c-2", NOW);
	assert_int_equal(jk_pins_set_puk_tries(here.scratch.dir, "c-2", 3),
	    JK_OK);
	look();
	assert_int_equal(here.report.n_warnings, 0);
	assert_int_equal(here.dates.n, 2);
	assert_string_equal(here.dates.pin[0].card, "c-1");
	assert_int_equal(here.dates.pin[0].changed, NOW);
	assert_string_equal(here.dates.pin[1].card, "c-3");
	assert_int_equal(here.dates.pin[1].changed, NOW - 500);
}

static void
test_only_what_the_registry_does_not_know(void **state)
{
	static const struct {
		int64_t set;
		bool initial;
		size_t n;
	} rows[] = {
		{ 0, false, 1 },
		{ NOW - 600, false, 1 },
		{ NOW + 600, false, 0 },
		/* A row has the minute. */
		{ NOW - 27, false, 0 },
		{ NOW - 27, true, 1 },
		{ NOW - 27 - 60, false, 1 },
		/* The office has set it since. */
		{ NOW + 33, true, 0 },
	};

	(void)state;
	add_card("c-1", 0, false);
	change("c-1", NOW);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_card *card = jk_list_at(&here.set.card, 0);

		card->pin_set = rows[i].set;
		card->pin_initial = rows[i].initial;
		look();
		if (here.dates.n != rows[i].n)
			fail_msg("row %zu", i);
	}
}

static void
test_date_of_the_future_stays_here(void **state)
{
	(void)state;
	add_card("c-1", 0, false);
	add_card("c-2", 0, false);
	change("c-1", NOW + JK_CLOCK_SKEW_S);
	look();
	assert_int_equal(here.dates.n, 1);
	change("c-1", NOW + JK_CLOCK_SKEW_S + 1);
	change("c-2", INT64_MAX);
	expect_warning("pin.c-1 and others: dated later than now");
}

static void
put(const char *name, const void *data, size_t len)
{
	int fd =
	    openat(here.scratch.dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static void
test_bytes_of_another_kind_are_not_believed(void **state)
{
	char large[65536] = { 0 };

	(void)state;
	add_card("c-1", 0, false);
	put("pin.c-1", "today", 5);
	expect_warning("pin.c-1: malformed data");
	put("pin.c-1", "", 0);
	expect_warning("malformed data");
	put("pin.c-1", large, sizeof(large));
	expect_warning("larger than allowed");
	assert_int_equal(jk_pins_set_puk_tries(here.scratch.dir, "c-1", 3),
	    JK_OK);
	assert_return_code(renameat(here.scratch.dir, "puk.c-1",
	                       here.scratch.dir, "pin.c-1"),
	    0);
	expect_warning("malformed data");
	change("c-1", 0);
	expect_warning("malformed data");
	change("c-1", -1);
	expect_warning("malformed data");
}

static void
test_file_of_another_kind_is_not_opened_or_believed(void **state)
{
	const int dir = here.scratch.dir;

	(void)state;
	add_card("c-1", 0, false);
	change("c-2", NOW);
	assert_return_code(symlinkat("pin.c-2", dir, "pin.c-1"), 0);
	expect_warning("pin.c-1: owner or mode is not safe");
	assert_return_code(unlinkat(dir, "pin.c-1", 0), 0);
	assert_return_code(linkat(dir, "pin.c-2", dir, "pin.c-1", 0), 0);
	expect_warning("owner or mode is not safe");
	assert_return_code(unlinkat(dir, "pin.c-1", 0), 0);
	assert_return_code(mkfifoat(dir, "pin.c-1", 0600), 0);
	expect_warning("owner or mode is not safe");
	assert_return_code(unlinkat(dir, "pin.c-1", 0), 0);
	change("c-1", NOW);
	assert_return_code(fchmodat(dir, "pin.c-1", 0604, 0), 0);
	expect_warning("owner or mode is not safe");
	if (geteuid() != 0)
		return;
	change("c-1", NOW);
	assert_return_code(fchownat(dir, "pin.c-1", 65534, 0, 0), 0);
	expect_warning("owner or mode is not safe");
}

static void
test_directory_of_another_kind_is_not_read(void **state)
{
	char other[80];

	(void)state;
	add_card("c-1", 0, false);
	change("c-1", NOW);
	assert_return_code(chmod(here.scratch.path, 0701), 0);
	expect_warning("owner or mode is not safe");
	assert_return_code(chmod(here.scratch.path, 0700), 0);
	(void)snprintf(other, sizeof(other), "%s-2", here.scratch.path);
	assert_return_code(symlink(here.scratch.path, other), 0);
	jk_report_clear(&here.report);
	assert_int_equal(jk_pindates_read(other, &here.set.card, NOW,
	                     &here.report, &here.dates),
	    JK_OK);
	assert_int_equal(here.dates.n, 0);
	assert_int_equal(here.report.n_warnings, 1);
	assert_return_code(unlink(other), 0);
	/* Nothing was ever changed here. */
	jk_report_clear(&here.report);
	assert_int_equal(jk_pindates_read(other, &here.set.card, NOW,
	                     &here.report, &here.dates),
	    JK_OK);
	assert_int_equal(here.dates.n, 0);
	assert_int_equal(here.report.n_warnings, 0);
	look();
	assert_int_equal(here.dates.n, 1);
}

static void
test_id_that_is_none_names_no_file(void **state)
{
	(void)state;
	change("c-1", NOW);
	add_card("x/../pin.c-1", 0, false);
	expect_warning("malformed data");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)
	const struct CMUnitTest tests[] = {
		TEST(test_changes_of_cards_of_the_registry_are_read),
		TEST(test_only_what_the_registry_does_not_know),
		TEST(test_date_of_the_future_stays_here),
		TEST(test_bytes_of_another_kind_are_not_believed),
		TEST(test_file_of_another_kind_is_not_opened_or_believed),
		TEST(test_directory_of_another_kind_is_not_read),
		TEST(test_id_that_is_none_names_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
