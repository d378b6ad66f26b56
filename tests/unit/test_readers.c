/* SPDX-License-Identifier: BSD-2-Clause */
/* What the watching process says of readers: checked, then put together. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "readers.h"

static struct jk_report
make(size_t n, int64_t at)
{
	struct jk_report r = {
		.n = (uint32_t)n,
		.answers = 1,
		.asked_ms = at - 1,
		.told_ms = at,
	};

	for (size_t i = 0; i < n; i++)
		(void)snprintf(r.slot[i].name, sizeof(r.slot[i].name),
		    "Reader %zu", i);
	return r;
}

static enum jk_err
parse(const struct jk_report *r)
{
	struct jk_report taken;

	return jk_report_parse(r, jk_report_size(r), &taken);
}

static void
test_whole(void **state)
{
	for (size_t n = 0; n <= JK_READERS_MAX; n++) {
		const struct jk_report r = make(n, 1000);
		struct jk_report taken;

		(void)state;
		assert_int_equal(jk_report_parse(&r, jk_report_size(&r),
		                     &taken),
		    JK_OK);
		assert_memory_equal(&taken, &r, sizeof(r));
	}
}

static void
test_every_other_length_is_refused(void **state)
{
	const struct jk_report r = make(3, 1000);
	struct jk_report taken;

	(void)state;
	for (size_t len = 0; len <= sizeof(r); len++)
		if (len != jk_report_size(&r))
			assert_int_equal(jk_report_parse(&r, len, &taken),
			    JK_ERR_FORMAT);
}

static void
test_bad_reports(void **state)
{
	struct jk_report r;

	(void)state;
#define BAD(change)        \
	r = make(2, 1000); \
	change;            \
	assert_int_equal(parse(&r), JK_ERR_FORMAT)
	BAD(r.answers = 2);
	BAD(r.answers = 0);
	BAD(r.asked_ms = -1);
	BAD(r.told_ms = r.asked_ms - 1);
	BAD(r.slot[1].present = 2);
	BAD(r.slot[1].events = 65536);
	BAD(r.slot[1].name[0] = '\0');
	BAD(r.slot[1].name[0] = '\n');
	BAD(r.slot[1].name[0] = '\xff');
	BAD(memset(r.slot[1].name, 'x', sizeof(r.slot[1].name)));
	BAD(strcpy(r.slot[1].name, r.slot[0].name));
	/* RIGHT-TO-LEFT OVERRIDE */
	BAD(strcpy(r.slot[1].name, "\xe2\x80\xae"));
#undef BAD
	r = make(2, 1000);
	r.n = JK_READERS_MAX + 1;
	assert_int_equal(jk_report_parse(&r, sizeof(r), &r), JK_ERR_FORMAT);
}

static void
test_what_a_proof_counts_for(void **state)
{
	static const struct {
		const char *what;
		uint32_t events_before, events_after;
		bool before, after;
		int64_t unsure_ms; /* of reports at 1000, 2000, 3000 */
	} rows[] = {
		{ "nothing happens", 5, 5, true, true, 1000 },
		{ "nothing is there", 5, 5, false, false, 1000 },
		{ "put in", 4, 5, false, true, 2000 },
		{ "put in, after 65536 events", 65535, 0, false, true, 2000 },
		{ "taken", 5, 6, true, false, 3000 },
		{ "taken and put in", 5, 7, true, true, 3000 },
		{ "put in and taken", 4, 6, false, false, 3000 },
		{ "put in, taken, put in", 4, 7, false, true, 3000 },
		{ "as after a start of pcscd", 9, 1, false, true, 3000 },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_readers readers;
		struct jk_report r = make(1, 1000);

		jk_readers_init(&readers, 500);
		r.slot[0].events = rows[i].events_before;
		r.slot[0].present = rows[i].before;
		jk_readers_take(&readers, &r);
		r.told_ms = 2000;
		jk_readers_take(&readers, &r);
		r.told_ms = 3000;
		r.slot[0].events = rows[i].events_after;
		r.slot[0].present = rows[i].after;
		jk_readers_take(&readers, &r);
		if (readers.reader[0].unsure_ms != rows[i].unsure_ms)
			fail_msg("%s: %ld", rows[i].what,
			    (long)readers.reader[0].unsure_ms);
	}
}

static void
test_unplugged_and_back(void **state)
{
	struct jk_readers readers;
	struct jk_report two = make(2, 1000);
	const struct jk_report one = make(1, 2000);
	const struct jk_reader *r;

	(void)state;
	two.slot[1].present = 1;
	jk_readers_init(&readers, 500);
	jk_readers_take(&readers, &two);
	jk_readers_take(&readers, &one);
	r = jk_readers_find(&readers, "Reader 1");
	assert_non_null(r);
	assert_true(r->gone);
	assert_false(r->present);
	two.told_ms = 3000;
	jk_readers_take(&readers, &two);
	assert_false(r->gone);
	assert_true(r->present);
	assert_int_equal(r->unsure_ms, 3000);
	assert_int_equal(r->first_ms, 1000);
	assert_int_equal(readers.n, 2);
}

static void
test_new_names_find_room(void **state)
{
	struct jk_readers readers;

	(void)state;
	jk_readers_init(&readers, 0);
	for (unsigned i = 0; i < 1000; i++) {
		struct jk_report r = make(JK_READERS_MAX, 1000 + i);

		for (size_t k = 0; k < JK_READERS_MAX; k++)
			(void)snprintf(r.slot[k].name, sizeof(r.slot[k].name),
			    "Reader %u %zu", i, k);
		jk_readers_take(&readers, &r);
		assert_int_equal(readers.n, JK_READERS_MAX);
		for (size_t k = 0; k < JK_READERS_MAX; k++)
			assert_non_null(
			    jk_readers_find(&readers, r.slot[k].name));
	}
}

static void
test_lost(void **state)
{
	struct jk_readers readers;
	const struct jk_report r = make(2, 1000);
	const struct jk_report down = { .asked_ms = 2000, .told_ms = 2000 };

	(void)state;
	jk_readers_init(&readers, 500);
	jk_readers_lost(&readers, 600);
	assert_int_equal(readers.since_ms, 500);
	jk_readers_take(&readers, &r);
	assert_true(readers.known);
	assert_int_equal(parse(&down), JK_OK);
	jk_readers_take(&readers, &down);
	assert_false(readers.known);
	assert_int_equal(readers.n, 0);
	assert_int_equal(readers.since_ms, 2000);
	jk_readers_lost(&readers, 3000);
	assert_int_equal(readers.since_ms, 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_every_other_length_is_refused),
		cmocka_unit_test(test_bad_reports),
		cmocka_unit_test(test_what_a_proof_counts_for),
		cmocka_unit_test(test_unplugged_and_back),
		cmocka_unit_test(test_new_names_find_room),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
