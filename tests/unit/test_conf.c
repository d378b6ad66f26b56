/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conf.h"

/* The last section that was handed on, and how many. */
struct seen {
	union {
		struct jk_type type;
		struct jk_class_rule class;
		struct jk_business_draft business;
	} row;
	struct jk_policy_draft policy;
	struct jk_settings_draft settings;
	char name[JK_ID_MAX + 1], id[JK_ID_MAX + 1];
	unsigned n;
};

static void *
begin(void *ctx, const struct jk_draft *section)
{
	struct seen *seen = ctx;
	bool has_id;

	assert_true(jk_section_exists(section->file, section->name, &has_id));
	if (section->file == JK_CONF_TERMINAL)
		return &seen->settings;
	if (!has_id)
		return &seen->policy;
	memset(&seen->row, 0, sizeof(seen->row));
	return &seen->row;
}

static void
end(void *ctx, const struct jk_draft *section)
{
	struct seen *seen = ctx;

	strcpy(seen->name, section->name);
	strcpy(seen->id, section->id);
	seen->n++;
}

static enum jk_err
parse(enum jk_conf_file file, const char *text, struct jk_report *report,
    struct seen *seen)
{
	const struct jk_conf_handler handler = { begin, end, seen };

	return jk_conf_parse(file, "x", text, strlen(text), report, &handler);
}

static void
test_conf_bad_text_is_named(void **state)
{
	static const struct {
		enum jk_conf_file file;
		const char *text, *want;
	} rows[] = {
		{ JK_CONF_POLICY, "[printer x]\n",
		    "x:1: [printer x]: unknown section" },
		{ JK_CONF_POLICY, "[person p1]\n",
		    "x:1: [person p1]: unknown section" },
		{ JK_CONF_POLICY, "[type]\n",
		    "x:1: [type]: section needs an id" },
		{ JK_CONF_POLICY, "[type T]\n", "x:1: [type T]: not an id" },
		{ JK_CONF_POLICY, "[type a b]\n",
		    "x:1: [type a b]: not an id" },
		{ JK_CONF_POLICY, "[class pc]\n",
		    "x:1: [class pc]: not a terminal class (one of: cs "
		    "integrated-terminal integrated-terminal-other-dept)" },
		{ JK_CONF_POLICY, "[business card-issuing]\n",
		    "x:1: [business card-issuing]: not a business (one of: " },
		{ JK_CONF_POLICY, "[limits x]\n",
		    "x:1: [limits x]: section takes no id" },
		{ JK_CONF_POLICY, "[type t]\nnumber = 10\n",
		    "x:2: number = 10: number out of range (1 to 9)" },
		{ JK_CONF_POLICY, "[type t]\nnumber = 03\n",
		    "x:2: number = 03: not a number (1 to 9)" },
		{ JK_CONF_POLICY, "[type t]\nnumber = -1\n",
		    "x:2: number = -1: not a number" },
		{ JK_CONF_POLICY, "[type t]\nnumber = 1\n",
		    "x:1: [type] needs \"terminal-class = ...\" (cs, " },
		{ JK_CONF_POLICY, "[type t]\nterminal-class = pc\n",
		    "x:2: terminal-class = pc: not a terminal class (one of" },
		{ JK_CONF_POLICY, "[type t]\nbusiness = card-issuing\n",
		    "x:2: business = card-issuing: not a business (one of" },
		{ JK_CONF_POLICY,
		    "[type t]\nbusiness = moving\nbusiness = moving\n",
		    "x:3: business = moving: value is repeated" },
		{ JK_CONF_POLICY, "[class cs]\nmethod = none\n",
		    "x:2: method = none: not a method (one of: card-pin "
		    "biometric fallback-pin)" },
		{ JK_CONF_POLICY, "[class cs]\nroom-level = 1\n",
		    "x:1: [class] needs \"method = ...\"" },
		{ JK_CONF_POLICY, "[hours]\nopen = 8:30\n",
		    "x:2: open = 8:30: not a time of the day (HH:MM)" },
		{ JK_CONF_POLICY, "[hours]\nclosed-day = 2026-02-30\n",
		    "x:2: closed-day = 2026-02-30: not a date (YYYY-MM-DD)" },
		{ JK_CONF_POLICY, "[policy]\nversion = 1\n[policy]\n",
		    "x:3: [policy]: section is repeated" },
		{ JK_CONF_POLICY, "[policy]\nversion = 1\nversion = 2\n",
		    "x:3: version = 2: key is repeated" },
		{ JK_CONF_POLICY, "\n", "x:0: [policy] needs \"version" },
		{ JK_CONF_TERMINAL, "[login]\ndeadline = 56\n",
		    "x:2: deadline = 56: number out of range (3 to 55 "
		    "seconds)" },
		{ JK_CONF_TERMINAL, "[login]\ncolour = red\n",
		    "x:2: unknown key \"colour\" in [login]" },
		{ JK_CONF_TERMINAL, "[login x]\n",
		    "x:1: [login x]: section takes no id" },
		{ JK_CONF_TERMINAL, "[terminal]\nid = T\n",
		    "x:2: id = T: not an id (1 to 64 of a-z, 0-9 and '-')" },
		{ JK_CONF_TERMINAL, "[session]\nenforce = ../x\n",
		    "x:2: enforce = ../x: not a name" },
		{ JK_CONF_TERMINAL, "[trust]\nlevel = crl\n",
		    "x:2: level = crl: not a level of trust (one of: "
		    "registered chain crl-soft crl-hard)" },
		{ JK_CONF_TERMINAL, "[trust]\nextended-key-usage = login\n",
		    "x:2: extended-key-usage = login: neither an OID nor the "
		    "name of one" },
		{ JK_CONF_TERMINAL, "[audit]\nrecording = maybe\n",
		    "x:2: recording = maybe: not witnessed, durable or "
		    "kernel" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_report report = { 0 };
		struct seen seen = { 0 };
		const char *got;

		assert_int_equal(parse(rows[i].file, rows[i].text, &report,
		                     &seen),
		    JK_ERR_FORMAT);
		got = report.error[0];
		if (got == NULL ||
		    strncmp(got, rows[i].want, strlen(rows[i].want)) != 0)
			fail_msg("%s: %s", rows[i].text, got);
		jk_report_clear(&report);
	}
}

static void
test_conf_settings_have_defaults(void **state)
{
	struct jk_report report = { 0 };
	struct seen seen = { 0 };
	const struct jk_settings *s = &seen.settings.settings;

	(void)state;
	assert_int_equal(parse(JK_CONF_TERMINAL,
	                     "[terminal]\nid = t1\n[login]\ndeadline = 3\n",
	                     &report, &seen),
	    JK_OK);
	assert_string_equal(s->terminal, "t1");
	assert_int_equal(s->deadline_ms, 3000);
	assert_int_equal(s->card_wait_ms, 20000);
	assert_int_equal(s->receipt_ms, 2000);
	assert_int_equal(s->pin_min, 4);
	assert_int_equal(s->pin_max, 16);
	assert_int_equal(s->recording, JK_RECORDING_WITNESSED);
	assert_int_equal(s->n_kinds, 2);
	assert_string_equal(s->kind[0], "piv");
	assert_string_equal(s->kind[1], "jpki");
	assert_true(s->pinpad);
	assert_int_equal(s->n_enforced, 0);
	assert_int_equal(s->lock_within_s, 10);
	assert_int_equal(s->locked_max_s, 120 * 60);
	assert_int_equal(s->left_s, 60);
	assert_int_equal(s->leftovers, JK_LEFTOVERS_WAIT);
	assert_int_equal(s->leftovers_ms, 5000);
	assert_int_equal(s->lookup_rate, 50);
	assert_int_equal(s->lookup_burst, 200);
	assert_int_equal(s->reception_digits, 10);
	assert_int_equal(s->n_nameless, 0);
	assert_string_equal(s->contact, "");
	assert_false(s->gregorian);
	assert_false(s->password);
	assert_true(s->show_name);
	assert_int_equal(seen.settings.max_age_s, 7 * 86400);
	assert_string_equal(seen.settings.sources, "files");
	assert_int_equal(seen.settings.trust.level, JK_TRUST_REGISTERED);
	assert_string_equal(seen.settings.trust.ca_dir, "ca.d");
	assert_string_equal(seen.settings.trust.crl_dir, "crl.d");
	assert_true(seen.settings.trust.key_usage);
	assert_int_equal(seen.settings.trust.n_usages, 0);
	assert_int_equal(seen.n, 8);
}

static void
test_conf_policy_has_defaults(void **state)
{
	struct jk_report report = { 0 };
	struct seen seen = { 0 };
	const struct jk_policy *p = &seen.policy.policy;
	const struct jk_limits *l = &seen.policy.limits;

	(void)state;
	assert_int_equal(parse(JK_CONF_POLICY, "[policy]\nversion = 1\n",
	                     &report, &seen),
	    JK_OK);
	assert_string_equal(p->version, "1");
	assert_string_equal(p->contact, "");
	assert_int_equal(p->effective_from, 0);
	assert_int_equal(p->n_owners + p->n_closed, 0);
	assert_false(p->checkout);
	assert_true(p->function_needed);
	assert_int_equal(p->training_s, 0);
	assert_int_equal(p->open_min + p->close_min, 0);
	assert_int_equal(l->review_s, 184 * 86400);
	assert_int_equal(l->unused_s, 90 * 86400);
	assert_int_equal(l->fallback_s, 86400);
	assert_int_equal(l->approval_s, 31 * 86400);
	assert_int_equal(l->delegation_s, 366 * 86400);
	assert_int_equal(p->pin.change, JK_PIN_SIX_MONTHS);
	assert_false(p->pin.allow_initial || p->pin.allow_unknown);
	assert_false(p->pin.digits || p->pin.puk);
	assert_int_equal(p->pin.n_remind, 4);
	assert_int_equal(p->pin.remind[0], 30);
	assert_int_equal(p->pin.remind[3], 1);
	/* [policy], [limits], [hours] and [pin]; the others have ids. */
	assert_int_equal(seen.n, 4);
}

static void
test_conf_sections_of_the_policy_are_read(void **state)
{
	struct jk_report report = { 0 };
	struct seen seen = { 0 };
	const struct jk_policy *p = &seen.policy.policy;
	int64_t first, last;

	(void)state;
	assert_int_equal(parse(JK_CONF_POLICY,
	                     "[policy]\nversion = 2\n"
	                     "contact = 内線 9\n"
	                     "effective-from = 2026-04-01\n"
	                     "owning-department = shimin\n"
	                     "owning-department = koseki\n"
	                     "require-checkout = yes\n"
	                     "[hours]\nopen = 08:30\nclose = 17:15\n"
	                     "weekday = mon\nweekday = fri\n"
	                     "closed-day = 2026-12-29\n"
	                     "closed-day = 2027-01-03\n"
	                     "[limits]\ntraining-days = 90\n"
	                     "[pin]\nchange = half-year\ninitial = allow\n"
	                     "unknown = warn\nremind = 10\nremind = 2\n"
	                     "digits = yes\nforbidden = 246810\n"
	                     "unblock = puk\n"
	                     "[type t]\nnumber = 8\n"
	                     "terminal-class = cs\n"
	                     "delegated-function = operator-id-disable\n",
	                     &report, &seen),
	    JK_OK);
	assert_int_equal(jk_date_parse("2026-12-29", &first), JK_OK);
	assert_int_equal(jk_date_parse("2027-01-03", &last), JK_OK);
	assert_int_equal(p->n_owners, 2);
	assert_string_equal(p->owner[1], "koseki");
	assert_true(p->checkout);
	assert_string_equal(p->contact, "内線 9");
	assert_int_equal(p->open_min, 510);
	assert_int_equal(p->close_min, 17 * 60 + 15);
	assert_int_equal(p->weekdays, 1 << 1 | 1 << 5);
	assert_int_equal(p->n_closed, 2);
	assert_int_equal(p->closed[0], first);
	assert_int_equal(p->closed[1], last);
	assert_int_equal(p->training_s, 90 * 86400);
	assert_int_equal(p->pin.change, JK_PIN_HALF_YEAR);
	assert_true(p->pin.allow_initial && p->pin.allow_unknown);
	assert_true(p->pin.digits && p->pin.puk);
	assert_int_equal(p->pin.n_remind, 2);
	assert_int_equal(p->pin.remind[1], 2);
	assert_int_equal(p->pin.n_forbidden, 1);
	assert_string_equal(p->pin.forbidden[0], "246810");
	assert_string_equal(seen.name, "type");
	assert_string_equal(seen.id, "t");
	assert_int_equal(seen.row.type.delegated, 1 << JK_FUNC_DISABLE);
	assert_true(seen.row.type.enabled);
	assert_int_equal(seen.row.type.businesses, 0);
	assert_int_equal(seen.n, 5);
}

static void
test_conf_section_with_an_error_is_not_handed_on(void **state)
{
	struct jk_report report = { 0 };
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(parse(JK_CONF_POLICY,
	                     "[business moving]\npermission = yes\nx = 1\n"
	                     "[business statistics]\npermission = yes\n"
	                     "[nobody]\nname = c\n",
	                     &report, &seen),
	    JK_ERR_FORMAT);
	assert_int_equal(report.n_errors, 2);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.id, "statistics");
	assert_true(seen.row.business.permission);
	assert_false(seen.row.business.second_person);
	jk_report_clear(&report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conf_bad_text_is_named),
		cmocka_unit_test(test_conf_settings_have_defaults),
		cmocka_unit_test(test_conf_policy_has_defaults),
		cmocka_unit_test(test_conf_sections_of_the_policy_are_read),
		cmocka_unit_test(
		    test_conf_section_with_an_error_is_not_handed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
