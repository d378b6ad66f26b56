/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>

#include "clock.h"
#include "frame.h"
#include "protocol.h"
#include "record.h"
#include "scratch.h"
#include "state.h"
#include "ticket.h"

static const struct jk_grant grant = {
	.account = "hanako",
	.uid = 2001,
	.person = "p0123",
	.opid = "m0123-2",
	.type = "moving-desk",
	.department = "shimin",
	.card = "c-0042",
	.cert = { 1, 2, 3 },
	.key = { 4, 5, 6 },
	.method = JK_METHOD_CARD_PIN,
	.terminal = "shimin-03",
	.receipt = "1795298607.548:3",
	.n_approvals = 2,
	.approval = { "a-0001", "f-0002" },
};

static void
test_ticket_look_gives_the_grant_until_consumed(void **state)
{
	struct scratch p;
	struct jk_grant got = { 0 };
	char ticket[JK_ID_LEN + 1];

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_ticket_issue(p.dir, &grant, ticket), JK_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(jk_ticket_look(p.dir, ticket, "hanako", &got),
		    JK_OK);
		assert_string_equal(got.person, grant.person);
		assert_string_equal(got.receipt, grant.receipt);
		assert_memory_equal(got.key, grant.key, sizeof(got.key));
		assert_int_equal(got.n_approvals, 2);
		assert_string_equal(got.approval[1], "f-0002");
	}
	assert_int_equal(jk_ticket_consume(p.dir, ticket), JK_OK);
	assert_int_equal(jk_ticket_consume(p.dir, ticket), JK_ERR_NOT_FOUND);
	assert_int_equal(jk_ticket_look(p.dir, ticket, "hanako", &got),
	    JK_ERR_NOT_FOUND);
	scratch_remove(&p);
}

static void
test_ticket_look_other_account_or_name_is_not_found(void **state)
{
	static const char *const bad[] = { "", "0123456789abcdef",
		"../../../../etc/", "0123456789abcde", "0123456789ABCDEF0" };
	struct scratch p;
	struct jk_grant got = { .account = "old" };
	char ticket[JK_ID_LEN + 1];

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_ticket_issue(p.dir, &grant, ticket), JK_OK);
	assert_int_equal(jk_ticket_look(p.dir, ticket, "taro", &got),
	    JK_ERR_NOT_FOUND);
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		assert_int_equal(jk_ticket_look(p.dir, bad[i], "hanako", &got),
		    JK_ERR_NOT_FOUND);
		assert_int_equal(jk_ticket_consume(p.dir, bad[i]),
		    JK_ERR_NOT_FOUND);
	}
	assert_string_equal(got.account, "old");
	scratch_remove(&p);
}

/* Writes a ticket as if it had been issued `age` ms ago. */
static void
write_aged(const struct scratch *p, const char *name, int64_t age)
{
	struct jk_frame *f = NULL;

	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, JK_FRAME_STATE_TICKET);
	assert_int_equal(jk_grant_encode(&grant, f), JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_BOOT_MS,
	                     (uint64_t)(jk_boot_ms() - age)),
	    JK_OK);
	assert_int_equal(jk_state_write(p->dir, name, f), JK_OK);
	jk_frame_free(&f);
}

static void
test_ticket_older_than_five_minutes_is_not_found_and_swept(void **state)
{
	struct scratch p;
	struct jk_grant got;
	char ticket[JK_ID_LEN + 1];

	(void)state;
	scratch_make(&p);
	write_aged(&p, "ticket.00000000000000a1", 5 * 60 * 1000 + 1);
	write_aged(&p, "ticket.00000000000000a2", 4 * 60 * 1000);
	/* From a boot with a later clock: not to be believed either. */
	write_aged(&p, "ticket.00000000000000a3", -60 * 60 * 1000);
	assert_int_equal(jk_ticket_look(p.dir, "00000000000000a1", "hanako",
	                     &got),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_ticket_look(p.dir, "00000000000000a2", "hanako",
	                     &got),
	    JK_OK);
	assert_int_equal(jk_ticket_look(p.dir, "00000000000000a3", "hanako",
	                     &got),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_ticket_issue(p.dir, &grant, ticket), JK_OK);
	assert_int_equal(scratch_count(&p, "ticket."), 2);
	scratch_remove(&p);
}

static void
test_grant_add_approval_once_and_the_oldest_goes(void **state)
{
	struct jk_grant g = { 0 };
	char id[8];

	(void)state;
	for (int i = 0; i < JK_GRANT_APPROVALS + 2; i++) {
		snprintf(id, sizeof(id), "a-%d", i);
		jk_grant_add_approval(&g, id);
		jk_grant_add_approval(&g, id);
		assert_true(jk_grant_has_approval(&g, id));
	}
	assert_int_equal(g.n_approvals, JK_GRANT_APPROVALS);
	assert_false(jk_grant_has_approval(&g, "a-0"));
	assert_false(jk_grant_has_approval(&g, "a-1"));
	assert_string_equal(g.approval[0], "a-2");
	assert_string_equal(g.approval[JK_GRANT_APPROVALS - 1], id);
}

static void
test_grant_record_holds_the_longest_approvals(void **state)
{
	struct jk_grant g = grant;
	struct jk_record r = { 0 };
	char id[JK_ID_MAX + 1];

	(void)state;
	for (unsigned i = 0; i < JK_GRANT_APPROVALS; i++) {
		memset(id, 'a' + (int)i, JK_ID_MAX);
		id[JK_ID_MAX] = '\0';
		jk_grant_add_approval(&g, id);
	}
	assert_int_equal(g.n_approvals, JK_GRANT_APPROVALS);
	assert_int_equal(jk_grant_record(&g, &r), JK_OK);
}

/* What a state file may claim. */
static void
test_grant_decode_bad_approvals_are_refused(void **state)
{
	static const char *const bad[] = { "", "A-1", "../x", "a b" };
	struct jk_frame *f = NULL;
	struct jk_grant g = grant, got;

	(void)state;
	assert_int_equal(jk_frame_new(&f), JK_OK);
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		snprintf(g.approval[1], sizeof(g.approval[1]), "%s", bad[i]);
		jk_frame_start(f, JK_FRAME_STATE_TICKET);
		assert_int_equal(jk_grant_encode(&g, f), JK_OK);
		assert_int_equal(jk_grant_decode(f, &got), JK_ERR_FORMAT);
	}
	jk_frame_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_ticket_look_gives_the_grant_until_consumed),
		cmocka_unit_test(
		    test_ticket_look_other_account_or_name_is_not_found),
		cmocka_unit_test(
		    test_ticket_older_than_five_minutes_is_not_found_and_swept),
		cmocka_unit_test(
		    test_grant_add_approval_once_and_the_oldest_goes),
		cmocka_unit_test(test_grant_record_holds_the_longest_approvals),
		cmocka_unit_test(test_grant_decode_bad_approvals_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
