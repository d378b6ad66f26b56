/* SPDX-License-Identifier: BSD-2-Clause */
/* What only the whole registry can answer for: one small fault in each. */
#include "test.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "office.h"

#define FAULTS_MAX 8

/* A sound registry, line by line; what is tested comes behind it. */
static const char base[] = "[department shimin]\n" /* 1 */
                           "name = Citizens\n"
                           "[person p1]\n" /* 3 */
                           "name = A\n"
                           "department = shimin\n"
                           "[person p2]\n" /* 6 */
                           "name = B\n"
                           "[account root]\n" /* 8 */
                           "person = p1\n"
                           "[operator-id m1]\n" /* 10 */
                           "person = p1\n"
                           "type = moving-desk\n"
                           "[card c1]\n" /* 13 */
                           "person = p1\n"
                           "certificate = a\n"
                           "[terminal t1]\n" /* 16 */
                           "class = cs\n"
                           "department = shimin\n"; /* 18 */

#define APPROVAL(id, kind) "[approval " id "]\nkind = " kind "\n"
#define PERIOD                      \
	"valid-from = 2026-04-01\n" \
	"valid-until = 2026-12-31\n"
#define OVER                        \
	"valid-from = 2025-04-01\n" \
	"valid-until = 2026-03-31\n"

static const struct {
	const char *name, *text; /* from line 19 */
	const char *want[FAULTS_MAX];
} rows[] = {
	{ "nothing", "", { NULL } },
	{ "twice", "[person p1]\nname = C\n",
	    { "x:19: [person p1] is there twice (first in x:3)" } },
	{ "every kind twice",
	    "[department shimin]\nname = C\n"
	    "[account root]\nperson = p1\n"
	    "[operator-id m1]\nperson = p1\ntype = moving-desk\n"
	    "[card c1]\nperson = p1\nstate = requested\n"
	    "[terminal t1]\nclass = cs\n"
	    "[role r]\nperson = p1\nrole = auditor\n"
	    "[role r]\nperson = p1\nrole = auditor\n",
	    { "x:19: [department shimin] is there twice (first in x:1)",
	        "x:21: [account root] is there twice (first in x:8)",
	        "x:23: [operator-id m1] is there twice (first in x:10)",
	        "x:34: [role r] is there twice (first in x:31)",
	        "x:26: [card c1] is there twice (first in x:13)",
	        "x:29: [terminal t1] is there twice (first in x:16)" } },
	{ "no such person",
	    "[account daemon]\nperson = p9\n"
	    "[operator-id m2]\nperson = p8\ntype = moving-desk\n"
	    "[role r]\nperson = p7\nrole = auditor\n"
	    "[card c2]\nperson = p6\nstate = requested\n",
	    { "x:21: there is no person \"p8\"",
	        "x:24: there is no person \"p7\"",
	        "x:27: there is no person \"p6\"",
	        "x:19: there is no person \"p9\"" } },
	{ "no such type", "[operator-id m2]\nperson = p1\ntype = none\n",
	    { "x:19: there is no type \"none\"" } },
	{ "no such department",
	    "[person p3]\nname = C\ndepartment = d1\n"
	    "[operator-id m2]\nperson = p1\ntype = moving-desk\n"
	    "department = d2\n"
	    "[role r]\nperson = p1\nrole = auditor\ndepartment = d3\n"
	    "[terminal t2]\nclass = cs\ndepartment = d4\n",
	    { "x:19: there is no department \"d1\"",
	        "x:22: there is no department \"d2\"",
	        "x:26: there is no department \"d3\"",
	        "x:30: there is no department \"d4\"" } },
	{ "approval names nobody",
	    APPROVAL("a", "after-hours") PERIOD
	    "person = p8\nby = p9\nterminal = t9\n",
	    { "x:19: there is no person \"p8\"",
	        "x:19: there is no person \"p9\"",
	        "x:19: there is no terminal \"t9\"" } },
	{ "an approval that is over may name who has gone",
	    APPROVAL("a", "after-hours") OVER
	    "person = p8\nby = p9\nterminal = t9\n",
	    { NULL } },
	{ "approval for himself",
	    APPROVAL("a", "fallback-pin") PERIOD
	    "person = p1\nby = p1\nterminal = *\n",
	    { "x:19: nobody approves for himself" } },
	{ "approval for one use everywhere",
	    APPROVAL("a", "fallback-pin") PERIOD
	    "person = p1\nby = p2\nterminal = *\nonce = yes\n",
	    { "x:19: an approval for one use names one terminal" } },
	{ "approval for one use at one terminal",
	    APPROVAL("a", "fallback-pin") PERIOD
	    "person = p1\nby = p2\nterminal = t1\nonce = yes\n",
	    { NULL } },
	{ "delegation of nothing",
	    APPROVAL("a", "delegation") PERIOD
	    "person = p1\nby = p2\nterminal = *\n",
	    { "x:19: a delegation, and nothing else, names functions" } },
	{ "functions of something else",
	    APPROVAL("a", "after-hours") PERIOD
	    "person = p1\nby = p2\nterminal = *\nfunction = permission-set\n",
	    { "x:19: a delegation, and nothing else, names functions" } },
	{ "businesses of something else",
	    APPROVAL("a", "after-hours") PERIOD
	    "person = p1\nby = p2\nterminal = *\nbusiness = moving\n",
	    { "x:19: only a permission of identity-info names businesses" } },
	{ "sound approvals",
	    APPROVAL("a", "delegation") PERIOD
	    "person = p1\nby = p2\nterminal = *\nfunction = permission-set\n" APPROVAL(
	        "b", "identity-info") PERIOD
	    "person = p1\nby = p2\nterminal = t1\nbusiness = moving\n" APPROVAL(
	        "c", "identity-info") PERIOD
	    "person = p1\nby = p2\nterminal = *\n",
	    { NULL } },
	{ "card without certificate",
	    "[card c2]\nperson = p2\n"
	    "[card c3]\nperson = p2\nstate = issued\n"
	    "[card c4]\nperson = p2\nstate = return-applied\n",
	    { "x:19: [card] needs \"certificate = ...\" (plain file name)",
	        "x:21: [card] needs \"certificate = ...\" (plain file name)",
	        "x:24: [card] needs \"certificate = ...\" (plain file name)" } },
	{ "card that is not issued yet",
	    "[card c2]\nperson = p2\nstate = requested\n"
	    "[card c3]\nperson = p2\nstate = applied\n"
	    "[card c4]\nperson = p2\nstate = approved\n"
	    "[card c5]\nperson = p2\nstate = revoked\n",
	    { NULL } },
	{ "card without holder", "[card c2]\nstate = requested\n",
	    { "x:19: [card] needs \"person = ...\" (id of a person)" } },
	{ "spare card in the cabinet",
	    "[card c2]\nspare = yes\ncertificate = b\n", { NULL } },
	{ "spare card that is lent",
	    "[card c2]\nspare = yes\ncertificate = b\nperson = p2\n"
	    "handed-at = 2026-06-01 08:30\n",
	    { NULL } },
	{ "spare card of somebody",
	    "[card c2]\nspare = yes\ncertificate = b\nperson = p2\n",
	    { "x:19: a spare card has a person only while it is handed over "
	      "(\"handed-at = ...\")" } },
	{ "spare card lent to nobody",
	    "[card c2]\nspare = yes\ncertificate = b\n"
	    "handed-at = 2026-06-01\n",
	    { "x:19: a spare card is handed over to nobody" } },
	{ "returned card of who has gone",
	    "[card c2]\nperson = p9\nstate = returned\ncertificate = b\n",
	    { NULL } },
	{ "same certificate", "[card c2]\nperson = p2\ncertificate = a\n",
	    { "x:19: same certificate or key as [card c1] in x:13" } },
	{ "same key", "[card c2]\nperson = p2\ncertificate = again\n",
	    { "x:19: same certificate or key as [card c1] in x:13" } },
	{ "key of a revoked card",
	    "[card c2]\nperson = p2\ncertificate = a\nstate = revoked\n",
	    { "x:19: same certificate or key as [card c1] in x:13" } },
	{ "role that is over", "[role r]\nperson = p9\nrole = auditor\n" OVER,
	    { NULL } },
};

static struct office o;
static int64_t now;

static void
open_office(void)
{
	const struct jk_type type = { .id = "moving-desk", .number = 3 };

	office_open(&o);
	strcpy(o.set.settings.settings.terminal, "t1");
	o.set.settings_place = (struct jk_place){ "j", 1 };
	o.set.policy_place = (struct jk_place){ "p", 1 };
	assert_int_equal(jk_list_add(&o.set.type, (struct jk_place){ "p", 5 },
	                     &type),
	    JK_OK);
}

static void
take_more(const char *text)
{
	static char whole[65536];

	assert_true(strlen(base) + strlen(text) < sizeof(whole));
	strcat(strcpy(whole, base), text);
	open_office();
	office_take(&o, whole);
	assert_int_equal(o.report.n_errors, 0);
}

static void
check(void)
{
	assert_int_equal(jk_rowset_check(&o.set, now, &o.report), JK_OK);
}

static void
test_check_faults_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		take_more(rows[i].text);
		check();
		expect_lines(rows[i].name, o.report.error, o.report.n_errors,
		    rows[i].want);
		office_close(&o);
	}
}

#define LONG(id, kind, more)                        \
	APPROVAL(id, kind)                          \
	"person = p2\nby = p1\nterminal = *\n" more \
	"valid-from = 2026-12-01\nvalid-until = "

/* They hold as they stand; the one that has ended is nobody's matter. */
static void
test_check_long_approvals_are_warned_of(void **state)
{
	static const char *const want[] = {
		"x:26: warning: [approval a2] lasts longer than the 31 days of "
		"policy.conf",
		"x:41: warning: [approval d2] lasts longer than the 366 days of "
		"policy.conf",
		NULL,
	};

	(void)state;
	take_more(LONG("a1", "after-hours", "") "2026-12-31\n" LONG("a2",
	    "identity-info", "") "2027-01-01\n" LONG("d1", "delegation",
	    "function = permission-set\n") "2027-12-01\n" LONG("d2",
	    "delegation",
	    "function = permission-set\n") "2027-12-02\n" APPROVAL("a3",
	    "after-hours") "person = p2\nby = p1\nterminal = *\n" OVER);
	o.set.policy.limits = (struct jk_limits){
		.approval_s = 31 * 86400,
		.delegation_s = 366 * 86400,
	};
	check();
	assert_int_equal(o.report.n_errors, 0);
	expect_lines("long", o.report.warning, o.report.n_warnings, want);
	office_close(&o);
}

static void
test_check_departments_need_no_rows(void **state)
{
	(void)state;
	open_office();
	office_take(&o, "[person p1]\nname = A\ndepartment = d1\n"
	                "[terminal t1]\nclass = cs\ndepartment = d2\n");
	strcpy(o.set.policy.policy.owner[0], "d3");
	o.set.policy.policy.n_owners = 1;
	check();
	assert_int_equal(o.report.n_errors, 0);
	office_close(&o);
}

static void
test_check_policy_and_settings_are_held_against_the_rows(void **state)
{
	static const char *const want[] = {
		"p:9: number 3 is that of [type moving-desk] too",
		"j:1: there is no terminal \"t2\"",
		"p:1: there is no department \"koseki\"",
		NULL,
	};
	const struct jk_type type = { .id = "other", .number = 3 };

	(void)state;
	take_more("");
	strcpy(o.set.settings.settings.terminal, "t2");
	strcpy(o.set.policy.policy.owner[0], "shimin");
	strcpy(o.set.policy.policy.owner[1], "koseki");
	o.set.policy.policy.n_owners = 2;
	assert_int_equal(jk_list_add(&o.set.type, (struct jk_place){ "p", 9 },
	                     &type),
	    JK_OK);
	check();
	expect_lines("policy", o.report.error, o.report.n_errors, want);
	office_close(&o);
}

static void
test_check_policy_alone(void **state)
{
	static const char *const want[] = {
		"p:9: [type moving-desk] is there twice (first in p:5)",
		"p:1: \"own-department = yes\" needs an owning-department",
		NULL,
	};
	const struct jk_type type = { .id = "moving-desk", .number = 4 };

	(void)state;
	open_office();
	o.set.policy.policy.own_department = 1;
	assert_int_equal(jk_list_add(&o.set.type, (struct jk_place){ "p", 9 },
	                     &type),
	    JK_OK);
	assert_int_equal(jk_policy_check(&o.set, &o.report), JK_OK);
	expect_lines("policy", o.report.error, o.report.n_errors, want);
	office_close(&o);
}

/* `n` rows that differ by their number, behind the others. */
static void
take_many(const char *before_number, const char *behind, unsigned n)
{
	static char text[32768];
	size_t used = 0;

	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%u%s", before_number, i, behind);
	assert_true(used < sizeof(text));
	take_more(text);
	check();
}

#define OPIDS "[operator-id x", "]\nperson = p2\ntype = moving-desk\n"
#define APPROVALS(period)                                              \
	"[approval x", "]\nkind = after-hours\nperson = p2\nby = p1\n" \
	               "terminal = *\n" period

static void
test_check_nobody_has_more_than_the_snapshot_holds(void **state)
{
	(void)state;
	take_many(OPIDS, JK_OPIDS_MAX);
	assert_int_equal(o.report.n_errors, 0);
	office_close(&o);
	take_many(OPIDS, JK_OPIDS_MAX + 1);
	assert_int_equal(o.report.n_errors, 1);
	assert_string_equal(o.report.error[0],
	    "x:67: person \"p2\" has more than 16 operator IDs");
	office_close(&o);
	take_many(APPROVALS(PERIOD), JK_APPROVALS_MAX + 3);
	assert_int_equal(o.report.n_errors, 1);
	assert_non_null(
	    strstr(o.report.error[0], "person \"p2\" has more than 16 app"));
	office_close(&o);
	/* What is over does not come into a snapshot. */
	take_many(APPROVALS(OVER), 40);
	assert_int_equal(o.report.n_errors, 0);
	office_close(&o);
}

/* So many of this machine's own accounts, root not among them, are p2's. */
static bool
take_accounts(size_t n)
{
	static char text[32768];
	const struct passwd *entry;
	size_t used = 0, found = 0;

	text[0] = '\0';
	setpwent();
	while (found < n && (entry = getpwent()) != NULL) {
		if (entry->pw_uid == 0 || getpwuid(entry->pw_uid) == NULL)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "[account %s]\nperson = p2\n", entry->pw_name);
		found++;
	}
	endpwent();
	assert_true(used < sizeof(text));
	take_more(text);
	check();
	return found == n;
}

static void
test_check_nobody_has_more_accounts_than_the_snapshot_holds(void **state)
{
	bool enough;

	(void)state;
	enough = take_accounts(JK_ACCOUNTS_MAX);
	assert_int_equal(o.report.n_errors, 0);
	office_close(&o);
	/* Those of other machines do not count. */
	take_many("[account no-such-", "]\nperson = p2\n", 40);
	assert_int_equal(o.report.n_errors, 0);
	office_close(&o);
	if (!enough || !take_accounts(JK_ACCOUNTS_MAX + 1))
		skip();
	assert_int_equal(o.report.n_errors, 1);
	assert_string_equal(o.report.error[0],
	    "x:51: person \"p2\" has more than 16 accounts");
	office_close(&o);
}

static void
test_check_accounts_get_their_uid(void **state)
{
	const struct jk_account *root, *none;

	(void)state;
	take_more("[account no-such-account]\nperson = p1\n");
	check();
	assert_int_equal(o.report.n_errors, 0);
	assert_int_equal(o.report.n_warnings, 1);
	assert_string_equal(o.report.warning[0],
	    "x:19: warning: account \"no-such-account\" does not exist on this "
	    "machine: left out");
	root = jk_list_at(&o.set.account, 0);
	none = jk_list_at(&o.set.account, 1);
	assert_int_equal(root->uid, 0);
	assert_true(none->uid == JK_NO_UID);
	office_close(&o);
}

static void
test_check_many_accounts_elsewhere_are_one_line(void **state)
{
	(void)state;
	take_many("[account no-such-", "]\nperson = p1\n", 5);
	assert_int_equal(o.report.n_warnings, 5);
	office_close(&o);
	take_many("[account no-such-", "]\nperson = p1\n", 400);
	assert_int_equal(o.report.n_warnings, 6);
	assert_string_equal(o.report.warning[5],
	    "x:817: warning: 395 more accounts do not exist on this machine: "
	    "left out");
	office_close(&o);
}

static void
test_check_expired_certificate_is_a_warning(void **state)
{
	(void)state;
	now = jk_real_s();
	take_more("[card c2]\nperson = p2\ncertificate = old\n"
	          "[card c3]\nperson = p2\ncertificate = b\n");
	check();
	assert_int_equal(o.report.n_errors, 0);
	assert_int_equal(o.report.n_warnings, 1);
	assert_string_equal(o.report.warning[0],
	    "x:19: warning: the certificate of [card c2] has expired");
	office_close(&o);
}

static int
enter(void **state)
{
	(void)state;
	return jk_date_parse("2026-06-01", &now) == JK_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_faults_are_named),
		cmocka_unit_test(test_check_departments_need_no_rows),
		cmocka_unit_test(
		    test_check_policy_and_settings_are_held_against_the_rows),
		cmocka_unit_test(test_check_long_approvals_are_warned_of),
		cmocka_unit_test(test_check_policy_alone),
		cmocka_unit_test(
		    test_check_nobody_has_more_than_the_snapshot_holds),
		cmocka_unit_test(
		    test_check_nobody_has_more_accounts_than_the_snapshot_holds),
		cmocka_unit_test(test_check_accounts_get_their_uid),
		cmocka_unit_test(
		    test_check_many_accounts_elsewhere_are_one_line),
		cmocka_unit_test(test_check_expired_certificate_is_a_warning),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
