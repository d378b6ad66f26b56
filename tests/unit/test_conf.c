/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conf.h"

/* The last section that was handed on, and how many. */
struct seen {
	union {
		struct jk_person person;
		struct jk_account account;
		struct jk_opid opid;
		struct jk_card_draft card;
		struct jk_terminal terminal;
		struct jk_type type;
		struct jk_policy_draft policy;
	} row;
	struct jk_settings_draft settings;
	enum jk_conf_file file;
	unsigned n;
};

static void *
begin(void *ctx, const struct jk_conf_section *section)
{
	struct seen *seen = ctx;

	if (section->file == JK_CONF_TERMINAL)
		return &seen->settings;
	memset(&seen->row, 0, sizeof(seen->row));
	return &seen->row;
}

static void
end(void *ctx, JK_UNUSED const struct jk_conf_section *section)
{
	struct seen *seen = ctx;

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
test_conf_table_is_sound(void **state)
{
	static struct seen seen;
	bool has_id;

	(void)state;
	assert_true(jk_n_options <= JK_OPTIONS_MAX);
	for (size_t i = 0; i < jk_n_options; i++) {
		const struct jk_option *o = &jk_options[i];

		assert_true(jk_section_exists(o->file, o->section, &has_id));
		assert_ptr_equal(jk_option_find(o->file, o->section, o->key),
		    o);
		assert_true(o->size > 0 && o->range != NULL && o->help != NULL);
		assert_false(o->required && o->fallback != NULL);
		assert_true(o->at + o->size <= sizeof(seen.row) ||
		            o->file == JK_CONF_TERMINAL);
		if (o->fallback != NULL)
			assert_null(jk_option_set(o, o->fallback,
			    o->file == JK_CONF_TERMINAL ? (void *)&seen.settings
			                                : (void *)&seen.row));
	}
}

static void
test_conf_bad_text_is_named(void **state)
{
	static const struct {
		enum jk_conf_file file;
		const char *text, *want;
	} rows[] = {
		{ JK_CONF_REGISTRY, "[persn p1]\n",
		    "x:1: [persn p1]: unknown section" },
		{ JK_CONF_REGISTRY, "[type t]\n",
		    "x:1: [type t]: unknown section" },
		{ JK_CONF_REGISTRY, "[person]\n",
		    "x:1: [person]: section needs an id" },
		{ JK_CONF_REGISTRY, "[person P1]\n",
		    "x:1: [person P1]: not an id (1 to 64 of a-z, 0-9 and "
		    "'-')" },
		{ JK_CONF_REGISTRY, "[person -1]\n", "x:1: [person -1]: not" },
		{ JK_CONF_REGISTRY, "[person p1 p2]\n",
		    "x:1: [person p1 p2]: not" },
		{ JK_CONF_REGISTRY, "[account 1000]\n",
		    "x:1: [account 1000]: not the name of an account" },
		{ JK_CONF_REGISTRY, "[account a/b]\n",
		    "x:1: [account a/b]: not the name of an account" },
		{ JK_CONF_REGISTRY, "[person p1]\n",
		    "x:1: [person] needs \"name = ...\" (text)" },
		{ JK_CONF_REGISTRY, "[person p1]\nnmae = a\n",
		    "x:2: unknown key \"nmae\" in [person]" },
		{ JK_CONF_REGISTRY, "[person p1]\nname = a\nname = b\n",
		    "x:3: name = b: key is repeated" },
		{ JK_CONF_REGISTRY, "[person p1]\nenabled = maybe\n",
		    "x:2: enabled = maybe: neither yes nor no" },
		{ JK_CONF_REGISTRY, "[person p1]\nvalid-from = 2026-02-30\n",
		    "x:2: valid-from = 2026-02-30: not a date (YYYY-MM-DD)" },
		{ JK_CONF_REGISTRY, "[person p1]\nvalid-until = tomorrow\n",
		    "x:2: valid-until = tomorrow: not a date (YYYY-MM-DD)" },
		{ JK_CONF_REGISTRY, "[account a]\nperson = p\nperson = p\n",
		    "x:3: person = p: value is repeated" },
		{ JK_CONF_REGISTRY, "[card c]\ncertificate = ../c.pem\n",
		    "x:2: certificate = ../c.pem: not a plain file name" },
		{ JK_CONF_REGISTRY, "[card c]\nstate = lost\n",
		    "x:2: state = lost: neither active nor revoked" },
		{ JK_CONF_REGISTRY, "[terminal t]\nclass = pc\n",
		    "x:2: class = pc: not a terminal class" },
		{ JK_CONF_POLICY, "[type t]\nnumber = 10\n",
		    "x:2: number = 10: number out of range" },
		{ JK_CONF_POLICY, "[type t]\nnumber = 03\n",
		    "x:2: number = 03: not a number" },
		{ JK_CONF_POLICY, "[type t]\nnumber = -1\n",
		    "x:2: number = -1: not a number" },
		{ JK_CONF_POLICY, "[policy]\nversion = 1\n[policy]\n",
		    "x:3: [policy]: section is repeated" },
		{ JK_CONF_POLICY, "\n", "x:0: [policy] needs \"version" },
		{ JK_CONF_TERMINAL, "[login]\ndeadline = 56\n",
		    "x:2: deadline = 56: number out of range" },
		{ JK_CONF_TERMINAL, "[login x]\n",
		    "x:1: [login x]: section takes no id" },
		{ JK_CONF_TERMINAL, "[session]\nenforce = ../x\n",
		    "x:2: enforce = ../x: not a name" },
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
	assert_int_equal(s->n_enforced, 0);
	assert_string_equal(s->contact, "");
	assert_int_equal(seen.settings.max_age_s, 7 * 86400);
	assert_int_equal(seen.n, 5);
}

static void
test_conf_days_count_whole(void **state)
{
	struct jk_report report = { 0 };
	struct seen seen = { 0 };
	int64_t midnight;

	(void)state;
	assert_int_equal(parse(JK_CONF_REGISTRY,
	                     "[person p1]\nname = a\nvalid-from = 2026-12-31\n"
	                     "valid-until = 2026-12-31\n",
	                     &report, &seen),
	    JK_OK);
	assert_int_equal(jk_date_parse("2026-12-31", &midnight), JK_OK);
	assert_int_equal(seen.row.person.valid.from, midnight);
	assert_int_equal(jk_date_parse("2027-01-01", &midnight), JK_OK);
	assert_int_equal(seen.row.person.valid.until, midnight);
	assert_true(seen.row.person.enabled);
}

static void
test_conf_section_with_an_error_is_not_handed_on(void **state)
{
	struct jk_report report = { 0 };
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(parse(JK_CONF_REGISTRY,
	                     "[person p1]\nname = a\nx = 1\n"
	                     "[person p2]\nname = b\n"
	                     "[nobody]\nname = c\n",
	                     &report, &seen),
	    JK_ERR_FORMAT);
	assert_int_equal(report.n_errors, 2);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.row.person.name, "b");
	jk_report_clear(&report);
}

static void
test_conf_errors_above_twenty_are_counted(void **state)
{
	struct jk_report report = { 0 };
	struct seen seen = { 0 };
	char text[512] = "[person p1]\n";

	(void)state;
	for (unsigned i = 0; i < 25; i++)
		strcat(text, "x = 1\n");
	assert_int_equal(parse(JK_CONF_REGISTRY, text, &report, &seen),
	    JK_ERR_FORMAT);
	assert_int_equal(report.n_errors, 26);
	assert_non_null(report.error[JK_REPORT_ERRORS - 1]);
	jk_report_clear(&report);
	assert_int_equal(report.n_errors, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conf_table_is_sound),
		cmocka_unit_test(test_conf_bad_text_is_named),
		cmocka_unit_test(test_conf_settings_have_defaults),
		cmocka_unit_test(test_conf_days_count_whole),
		cmocka_unit_test(
		    test_conf_section_with_an_error_is_not_handed_on),
		cmocka_unit_test(test_conf_errors_above_twenty_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
