/* SPDX-License-Identifier: BSD-2-Clause */
/* Approvals for one use, and the session that stands on them. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "facts.h"
#include "process.h"
#include "scratch.h"
#include "worker.h"

#define RECORD "0123456789abcdef"

struct office {
	struct scratch p;
	struct jk_worker w;
	struct jk_session session[2];
	struct jk_facts facts;
	struct jk_verdict verdict;
};

/* Two sessions, each of an account of its own; a-1 is for one use after hours. */
static struct office *
open_office(void)
{
	static struct office o;
	struct jk_grant grant = { .method = JK_METHOD_CARD_PIN };
	struct jk_leader me = { .pid = (uint64_t)getpid() };

	o = (struct office){ .verdict = { .allowed = true, .approvals = 1 } };
	scratch_make(&o.p);
	o.w.run_dir = o.w.keep_dir = o.p.dir;
	assert_int_equal(jk_process_start(getpid(), &me.start), JK_OK);
	for (size_t i = 0; i < 2; i++) {
		grant.uid = (uid_t)(2001 + i);
		assert_int_equal(jk_session_new(&grant, &me, &o.session[i]),
		    JK_OK);
		assert_int_equal(jk_session_store(o.p.dir, &o.session[i]),
		    JK_OK);
	}
	o.facts.n_approvals = 1;
	o.facts.approvals[0] = (struct jk_approval){
		.id = "a-1",
		.kind = JK_APPROVAL_AFTER_HOURS,
		.once = true,
	};
	return &o;
}

static bool
stands_on_it(const struct office *o, size_t i)
{
	struct jk_session s;

	assert_int_equal(jk_session_load(o->p.dir, o->session[i].grant.uid, &s),
	    JK_OK);
	return jk_grant_has_approval(&s.grant, "a-1");
}

static enum jk_reason
use(struct office *o, size_t i)
{
	return jk_facts_use_in(&o->w, &o->session[i], &o->facts, &o->verdict);
}

/* Both acts were decided when nobody had used it yet. */
static void
test_session_uses_two_acts_of_one_session_use_one_approval(void **state)
{
	struct office *o = open_office();

	(void)state;
	assert_int_equal(use(o, 0), JK_WHY_GRANTED);
	assert_int_equal(use(o, 0), JK_WHY_GRANTED);
	assert_true(stands_on_it(o, 0));
	assert_int_equal(use(o, 1), JK_WHY_TIME_OUT);
	assert_false(stands_on_it(o, 1));
	assert_true(jk_uses_has(o->p.dir, "a-1"));
	scratch_remove(&o->p);
}

/* A session that is locked meanwhile uses nothing up. */
static void
test_session_uses_use_in_a_locked_session_is_none(void **state)
{
	struct office *o = open_office();

	(void)state;
	jk_session_set(&o->session[0], JK_SESSION_LOCKED, JK_CAUSE_REQUEST);
	assert_int_equal(jk_session_store(o->p.dir, &o->session[0]), JK_OK);
	assert_int_equal(use(o, 0), JK_WHY_SESS_NONE);
	assert_false(jk_uses_has(o->p.dir, "a-1"));
	scratch_remove(&o->p);
}

/* Whatever comes of the act: neither its void nor its death gives it back. */
static void
test_session_uses_what_a_session_stands_on_is_not_given_back(void **state)
{
	struct office *o = open_office();

	(void)state;
	assert_int_equal(jk_uses_take(o->p.dir, "a-1", RECORD, &o->w.uses),
	    JK_OK);
	assert_int_equal(jk_uses_take(o->p.dir, "d-1", RECORD, &o->w.uses),
	    JK_OK);
	assert_true(
	    jk_facts_keep_in(&o->w, &o->session[0], &o->facts, &o->verdict));
	assert_true(stands_on_it(o, 0));
	assert_int_equal(jk_uses_give_back_of(o->p.dir, RECORD), JK_OK);
	assert_true(jk_uses_has(o->p.dir, "a-1"));
	assert_false(jk_uses_has(o->p.dir, "d-1"));
	assert_int_equal(o->w.uses.n, 1);
	assert_string_equal(o->w.uses.approval[0], "d-1");
	jk_uses_give_back(o->p.dir, &o->w.uses);
	assert_true(jk_uses_has(o->p.dir, "a-1"));
	scratch_remove(&o->p);
}

/* It could not be stored: then it is as new with the void of its record. */
static void
test_session_uses_what_no_session_stands_on_is_given_back(void **state)
{
	struct office *o = open_office();

	(void)state;
	jk_session_set(&o->session[0], JK_SESSION_LOCKED, JK_CAUSE_REQUEST);
	assert_int_equal(jk_session_store(o->p.dir, &o->session[0]), JK_OK);
	assert_int_equal(jk_uses_take(o->p.dir, "a-1", RECORD, &o->w.uses),
	    JK_OK);
	assert_false(
	    jk_facts_keep_in(&o->w, &o->session[0], &o->facts, &o->verdict));
	assert_false(stands_on_it(o, 0));
	jk_uses_give_back(o->p.dir, &o->w.uses);
	assert_false(jk_uses_has(o->p.dir, "a-1"));
	scratch_remove(&o->p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_session_uses_two_acts_of_one_session_use_one_approval),
		cmocka_unit_test(
		    test_session_uses_use_in_a_locked_session_is_none),
		cmocka_unit_test(
		    test_session_uses_what_a_session_stands_on_is_not_given_back),
		cmocka_unit_test(
		    test_session_uses_what_no_session_stands_on_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
