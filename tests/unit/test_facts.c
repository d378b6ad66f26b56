/* SPDX-License-Identifier: BSD-2-Clause */
/* What was judged of the time when facts were loaded, and how long it holds. */
#include "test.h"

#include <time.h>

#include "clock.h"
#include "facts.h"
#include "facts_world.h"
#include "private.h"
#include "verify.h"
#include "worker.h"

static void
load(struct jk_snapshot *snapshot, struct jk_facts *ret)
{
	struct jk_worker w = { .keep_dir = -1,
		.place = { .snapshot = snapshot } };
	uint8_t digest[JK_DIGEST_LEN];

	assert_int_equal(jk_verify_digest(facts_der, sizeof(facts_der), digest),
	    JK_OK);
	assert_int_equal(jk_facts_load(&w, digest, ret), JK_OK);
	assert_int_equal(ret->n_approvals, 1);
}

static void
test_facts_last_as_long_as_who_delegates(void **state)
{
	const int64_t now = jk_real_s();
	const struct {
		const char *name;
		struct jk_period person, opid;
		bool delegates;
		int64_t until;
	} rows[] = {
		{ "for ever", { 0, 0 }, { 0, 0 }, true, 0 },
		{ "his right ends", { 0, now + 900 }, { 0, now + 600 }, true,
		    now + 600 },
		{ "he ends", { 0, now + 300 }, { 0, now + 600 }, true,
		    now + 300 },
		{ "his right begins", { 0, 0 }, { now + 700, now + 800 }, false,
		    now + 700 },
		{ "he begins", { now + 400, 0 }, { 0, now + 100 }, false,
		    now + 400 },
		{ "it is over", { 0, 0 }, { 0, now - 1 }, false, 0 },
	};

	(void)state;
	if (!enter_private_place())
		skip();
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_snapshot *snapshot =
		    facts_make(rows[i].person, rows[i].opid);
		struct jk_facts facts;

		load(snapshot, &facts);
		if (facts.delegators[0] != rows[i].delegates ||
		    facts.until != rows[i].until)
			fail_msg("%s: %d, until %lld", rows[i].name,
			    facts.delegators[0],
			    (long long)(facts.until - now));
		assert_int_equal(jk_facts_are_over(&facts, now + 3600),
		    rows[i].until != 0);
		assert_false(jk_facts_are_over(&facts, now));
		jk_snapshot_close(&snapshot);
	}
}

/* A use that goes on has them loaded anew, and then it no longer counts. */
static void
test_facts_end_while_somebody_works(void **state)
{
	const int64_t end = jk_real_s() + 4;
	const struct timespec pause = { .tv_nsec = 50000000 };
	struct jk_snapshot *snapshot;
	struct jk_facts facts;

	(void)state;
	if (!enter_private_place())
		skip();
	snapshot =
	    facts_make((struct jk_period){ 0 }, (struct jk_period){ 0, end });
	load(snapshot, &facts);
	assert_true(facts.delegators[0]);
	assert_int_equal(facts.approvals[0].functions, 1);
	while (!jk_facts_are_over(&facts, jk_real_s()))
		(void)nanosleep(&pause, NULL);
	load(snapshot, &facts);
	assert_false(facts.delegators[0]);
	assert_int_equal(facts.approvals[0].functions, 0);
	jk_snapshot_close(&snapshot);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_last_as_long_as_who_delegates),
		cmocka_unit_test(test_facts_end_while_somebody_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
