/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows as a source yields them: as careless, or as hostile, as it can be. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "office.h"

static struct office o;

static int
setup(void **state)
{
	(void)state;
	office_open(&o);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	office_close(&o);
	return 0;
}

static void
take(const char *kind, const char *id, const struct jukinet_policy_value *value,
    size_t n)
{
	const struct jukinet_policy_row row = { .kind = kind,
		.id = id,
		.place = "cn=x",
		.line = 0,
		.n_values = n,
		.values = value };

	assert_int_equal(jk_intake_row(&o.intake, &row), JK_OK);
}

static const char all[] = "[department shimin]\n"
                          "name = Citizens\n"
                          "contact = 123\n"
                          "[person p1]\n"
                          "name = A\n"
                          "department = shimin\n"
                          "affiliation = contractor\n"
                          "approval = no. 12\n"
                          "valid-from = 2026-04-01\n"
                          "valid-until = 2027-03-31\n"
                          "trained = 2026-04-10\n"
                          "[account hanako]\n"
                          "person = p1\n"
                          "person = p2\n"
                          "reviewed = 2026-09-30\n"
                          "[operator-id m1]\n"
                          "person = p1\n"
                          "type = moving-desk\n"
                          "enabled = no\n"
                          "granted-by = p9\n"
                          "basis = transfer\n"
                          "[role r1]\n"
                          "person = p1\n"
                          "role = access-manager\n"
                          "department = shimin\n"
                          "[approval a1]\n"
                          "kind = delegation\n"
                          "person = p1\n"
                          "by = p2\n"
                          "terminal = *\n"
                          "valid-from = 2026-04-01\n"
                          "valid-until = 2026-04-01 17:15\n"
                          "function = operator-register\n"
                          "function = permission-set\n"
                          "reason = leave\n"
                          "[approval a2]\n"
                          "kind = identity-info\n"
                          "person = p1\n"
                          "by = p2\n"
                          "terminal = t1\n"
                          "valid-from = 2026-04-01\n"
                          "valid-until = 2026-04-01\n"
                          "once = yes\n"
                          "business = moving\n"
                          "[card c1]\n"
                          "person = p1\n"
                          "certificate = a\n"
                          "handed-at = 2026-04-01 08:30\n"
                          "[card c2]\n"
                          "person = p1\n"
                          "state = requested\n"
                          "requested-by = p1\n"
                          "[terminal t1]\n"
                          "class = integrated-terminal-other-dept\n"
                          "department = shimin\n"
                          "department = koseki\n"
                          "site = honcho\n"
                          "room-level = 1\n"
                          "state = revoked\n";

static void
test_intake_takes_every_kind(void **state)
{
	const struct jk_person *p;
	const struct jk_account *a;
	const struct jk_role *r;

	(void)state;
	office_take(&o, all);
	assert_int_equal(o.report.n_errors, 0);
	assert_int_equal(o.set.department.n, 1);
	p = jk_list_at(&o.set.person, 0);
	assert_string_equal(p->id, "p1");
	assert_true(p->contractor && p->enabled && p->trained > 0);
	a = jk_list_at(&o.set.account, 0);
	assert_string_equal(a->name, "hanako");
	assert_int_equal(a->n_persons, 2);
	assert_true(a->reviewed > 0);
	assert_false(
	    ((const struct jk_opid *)jk_list_at(&o.set.opid, 0))->enabled);
	r = jk_list_at(&o.set.role, 0);
	assert_int_equal(r->role, JK_ROLE_ACCESS_MANAGER);
	assert_string_equal(o.set.person.places[0].file, "x");
	assert_int_equal(o.set.person.places[0].line, 4);
}

static void
test_intake_takes_approvals_cards_and_terminals(void **state)
{
	const struct jk_approval *d, *i;
	const struct jk_terminal *t;
	const struct jk_card *c;
	int64_t end;

	(void)state;
	office_take(&o, all);
	assert_int_equal(o.report.n_errors, 0);
	d = jk_list_at(&o.set.approval, 0);
	assert_int_equal(d->kind, JK_APPROVAL_DELEGATION);
	assert_string_equal(d->terminal, "");
	assert_int_equal(d->functions, 1 << 0 | 1 << 9);
	assert_int_equal(jk_time_parse("2026-04-01 17:15", &end), JK_OK);
	assert_int_equal(d->valid.until, end);
	i = jk_list_at(&o.set.approval, 1);
	assert_true(i->once && !d->once);
	assert_int_equal(i->businesses, 1 << JK_BIZ_MOVING);
	assert_string_equal(i->terminal, "t1");
	c = jk_list_at(&o.set.card, 0);
	assert_true(c->handed_over && c->cert_len > 0 && !c->spare);
	assert_int_equal(c->state, JK_CARD_ACTIVE);
	c = jk_list_at(&o.set.card, 1);
	assert_int_equal(c->cert_len, 0);
	assert_int_equal(c->state, JK_CARD_REQUESTED);
	t = jk_list_at(&o.set.terminal, 0);
	assert_int_equal(t->class, JK_CLASS_OTHER_DEPT);
	assert_int_equal(t->room_level, 1);
	assert_int_equal(t->n_departments, 2);
	assert_true(t->revoked);
	assert_string_equal(t->site, "honcho");
}

static void
test_intake_faults_are_said_and_the_row_is_left_out(void **state)
{
	static const char text[] = "[persn p1]\n"
	                           "name = A\n"
	                           "[person P1]\n"
	                           "name = A\n"
	                           "[person p1]\n"
	                           "colour = red\n"
	                           "name = A\n"
	                           "[account a/b]\n"
	                           "person = p1\n"
	                           "[person p2]\n"
	                           "name = A\n"
	                           "valid-from = 2026-04-02\n"
	                           "valid-until = 2026-04-01\n"
	                           "[approval a1]\n"
	                           "kind = delegation\n"
	                           "person = p1\n"
	                           "by = p2\n"
	                           "terminal = *\n"
	                           "valid-from = 2026-04-01 08:30\n"
	                           "valid-until = 2026-04-01 08:30\n"
	                           "[person]\n"
	                           "name = A\n"
	                           "[person p3]\n"
	                           "name = A\n";
	static const char *const want[] = {
		"x:1: [persn p1]: unknown section",
		"x:3: [person P1]: not an id (1 to 64 of a-z, 0-9 and '-')",
		"x:6: unknown key \"colour\" in [person]",
		"x:8: [account a/b]: not the name of an account",
		"x:13: valid-until lies before valid-from",
		"x:20: valid-until lies before valid-from",
		"x:21: [person]: section needs an id",
		NULL,
	};

	(void)state;
	office_take(&o, text);
	expect_lines("errors", o.report.error, o.report.n_errors, want);
	assert_int_equal(o.set.person.n, 1);
	assert_int_equal(o.set.account.n + o.set.approval.n, 0);
}

/* From a plug-in come bytes; nothing of them is printed as it is. */
static void
test_intake_hostile_rows_are_refused(void **state)
{
	static char huge[100000], longid[200];
	const struct jukinet_policy_value values[] = {
		{ "name", "A\0B", 3, 1 },
		{ "department", NULL, 5, 2 },
		{ NULL, "x", 1, 3 },
		{ "a\nb:1: forged", "x", 1, 4 },
		{ "approval", huge, 65537, 5 },
		{ "affiliation", "", 0, 6 },
		{ "enabled", NULL, 0, 7 },
		{ "valid-from", "\xff", 1, 8 },
	};
	static const char *const want[] = {
		"cn=x:1: name = (...): NUL byte",
		"cn=x:0: the source gave a key or a value that is none",
		"cn=x:0: the source gave a key or a value that is none",
		"cn=x:4: unknown key \"a?b:1: forged\" in [person]",
		"cn=x:5: approval: longer than 65536 bytes",
		"cn=x:6: affiliation: there is no value",
		"cn=x:7: enabled: there is no value",
		"cn=x:8: valid-from = ?: not valid UTF-8",
		"cn=x:0: []: unknown section",
		"cn=x:0: [person]: section needs an id",
		"cn=x:0: [per?son p1]: unknown section",
		NULL,
	};

	(void)state;
	memset(huge, 'x', sizeof(huge));
	take("person", "p1", values, JK_COUNT(values));
	take(NULL, NULL, NULL, 0);
	take("person", NULL, NULL, 0);
	take("per\nson", "p1", NULL, 0);
	expect_lines("errors", o.report.error, o.report.n_errors, want);
	memset(longid, 'a', sizeof(longid) - 1);
	take("person", longid, NULL, 0);
	take(longid, "p1", NULL, 0);
	assert_int_equal(o.report.n_errors, 13);
	assert_non_null(strstr(o.report.error[11], "section name is too long"));
	assert_int_equal(o.set.person.n, 0);
}

static void
test_intake_certificates_are_bytes(void **state)
{
	const char *pem = office_certificate("a");
	const char *end = strstr(pem, "-----END");
	const struct jukinet_policy_value good[] = {
		{ "person", "p1", 2, 1 },
		{ "certificate", pem, strlen(pem), 2 },
	};
	const struct jukinet_policy_value bad[] = {
		{ "person", "p1", 2, 1 },
		{ "certificate", pem, (size_t)(end - pem), 2 },
	};
	const struct jk_card *from_pem, *from_der;
	struct jukinet_policy_value der = { "certificate", NULL, 0, 2 };

	(void)state;
	take("card", "c1", good, 2);
	take("card", "c2", bad, 2);
	assert_int_equal(o.report.n_errors, 1);
	assert_string_equal(o.report.error[0],
	    "cn=x:2: certificate: not a PEM certificate");
	from_pem = jk_list_at(&o.set.card, 0);
	der.data = from_pem->cert;
	der.len = from_pem->cert_len;
	take("card", "c3", (struct jukinet_policy_value[]){ good[0], der }, 2);
	assert_int_equal(o.set.card.n, 2);
	from_pem = jk_list_at(&o.set.card, 0);
	from_der = jk_list_at(&o.set.card, 1);
	assert_memory_equal(from_pem->cert, from_der->cert, from_pem->cert_len);
	assert_memory_equal(from_pem->key, from_der->key, JK_DIGEST_LEN);
}

static void
test_intake_host_leads_here(void **state)
{
	const struct jukinet_policy_value name = { "name", "A", 1, 0 };
	const struct jukinet_policy_row row = { "person", "p1", NULL, 0, 1,
		&name };
	struct jukinet_policy_host host;

	(void)state;
	jk_intake_host(&o.intake, &host);
	assert_int_equal(host.version, JUKINET_POLICY_VERSION);
	assert_int_equal(host.size, sizeof(host));
	assert_int_equal(host.yield(host.ctx, &row), 0);
	host.serial(host.ctx, 77);
	host.error(host.ctx, NULL, 0, "it\nfailed");
	host.error(host.ctx, "f", 3, NULL);
	host.warning(host.ctx, "f", 3, "careful");
	assert_int_equal(o.set.registry, 77);
	assert_string_equal(o.report.error[0], "-:0: it?failed");
	assert_string_equal(o.report.error[1], "f:3: the source met an error");
	assert_string_equal(o.report.warning[0], "f:3: warning: careful");
	assert_string_equal(o.set.person.places[0].file, "-");
	/* After the first failure nothing more is taken. */
	o.intake.e = JK_ERR_NOMEM;
	assert_int_equal(host.yield(host.ctx, &row), 1);
	assert_int_equal(o.set.person.n, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_intake_takes_every_kind),
		CASE(test_intake_takes_approvals_cards_and_terminals),
		CASE(test_intake_faults_are_said_and_the_row_is_left_out),
		CASE(test_intake_hostile_rows_are_refused),
		CASE(test_intake_certificates_are_bytes),
		CASE(test_intake_host_leads_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
