/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <limits.h>
#include <string.h>

#include "draft.h"

struct fixture {
	struct jk_report report;
	struct jk_draft draft;
	struct jk_card_draft card;
	struct jk_person person;
};

static struct fixture f;

static void
begin(const char *name, const char *id, void *object)
{
	jk_report_clear(&f.report);
	f.draft = (struct jk_draft){
		.report = &f.report,
		.file = JK_CONF_REGISTRY,
		.place = { "x", 10 },
	};
	memset(&f.card, 0, sizeof(f.card));
	memset(&f.person, 0, sizeof(f.person));
	strcpy(f.draft.name, name);
	strcpy(f.draft.id, id);
	assert_null(jk_draft_fault(&f.draft));
	jk_draft_begin(&f.draft, object);
}

static void
set(const char *key, const char *value, unsigned line)
{
	jk_draft_set(&f.draft, key, value, strlen(value), line);
}

static int
teardown(void **state)
{
	(void)state;
	jk_report_clear(&f.report);
	return 0;
}

static void
test_draft_section_that_cannot_be_is_named(void **state)
{
	static const struct {
		enum jk_conf_file file;
		const char *name, *id, *want;
	} rows[] = {
		{ JK_CONF_REGISTRY, "persn", "p1", "unknown section" },
		{ JK_CONF_REGISTRY, "type", "t", "unknown section" },
		{ JK_CONF_POLICY, "person", "p1", "unknown section" },
		{ JK_CONF_TERMINAL, "class", "cs", "unknown section" },
		{ JK_CONF_REGISTRY, "person", "", "section needs an id" },
		{ JK_CONF_REGISTRY, "role", "R",
		    "not an id (1 to 64 of a-z, 0-9 and '-')" },
		{ JK_CONF_REGISTRY, "approval", "a b",
		    "not an id (1 to 64 of a-z, 0-9 and '-')" },
		{ JK_CONF_REGISTRY, "department", "-",
		    "not an id (1 to 64 of a-z, 0-9 and '-')" },
		{ JK_CONF_REGISTRY, "account", "1000",
		    "not the name of an account" },
		{ JK_CONF_TERMINAL, "login", "x", "section takes no id" },
		{ JK_CONF_POLICY, "policy", "x", "section takes no id" },
		{ JK_CONF_POLICY, "hours", "x", "section takes no id" },
		{ JK_CONF_POLICY, "limits", "x", "section takes no id" },
		{ JK_CONF_POLICY, "type", "", "section needs an id" },
		{ JK_CONF_POLICY, "class", "", "section needs an id" },
		{ JK_CONF_POLICY, "class", "pc",
		    "not a terminal class (one of: cs integrated-terminal "
		    "integrated-terminal-other-dept)" },
		{ JK_CONF_POLICY, "class", "cs", NULL },
		{ JK_CONF_POLICY, "business", "moving", NULL },
		{ JK_CONF_REGISTRY, "account", "A.b_c@d-e", NULL },
		{ JK_CONF_REGISTRY, "terminal", "0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_draft d = { .file = rows[i].file };
		const char *fault;

		strcpy(d.name, rows[i].name);
		strcpy(d.id, rows[i].id);
		fault = jk_draft_fault(&d);
		if ((fault == NULL) != (rows[i].want == NULL) ||
		    (fault != NULL && strcmp(fault, rows[i].want) != 0))
			fail_msg("[%s %s]: %s", rows[i].name, rows[i].id,
			    fault);
	}
	/* Card issuing is no business of any type (別紙1, S-62). */
	{
		struct jk_draft d = { .file = JK_CONF_POLICY,
			.name = "business",
			.id = "card-issuing" };

		assert_non_null(strstr(jk_draft_fault(&d), "not a business"));
	}
}

static void
test_draft_absent_keys_have_defaults(void **state)
{
	(void)state;
	begin("person", "p1", &f.person);
	set("name", "A", 11);
	assert_true(jk_draft_end(&f.draft));
	assert_null(f.draft.object);
	assert_true(f.person.enabled);
	assert_false(f.person.contractor);
	assert_int_equal(f.person.valid.from + f.person.valid.until, 0);
	assert_int_equal(f.person.trained, 0);
	assert_string_equal(f.person.department, "");
	begin("card", "c1", &f.card);
	assert_true(jk_draft_end(&f.draft));
	assert_int_equal(f.card.card.state, JK_CARD_ACTIVE);
	assert_false(f.card.card.spare);
	assert_int_equal(f.card.handed_at, 0);
	assert_int_equal(f.card.card.cert_len, 0);
}

static void
test_draft_faults_say_where(void **state)
{
	(void)state;
	begin("person", "p1", &f.person);
	set("nmae", "A", 11);
	set("enabled", "yes", 12);
	set("enabled", "no", 13);
	set("trained", "today", 0);
	assert_false(jk_draft_end(&f.draft));
	assert_int_equal(f.report.n_errors, 4);
	assert_string_equal(f.report.error[0],
	    "x:11: unknown key \"nmae\" in [person]");
	assert_string_equal(f.report.error[1],
	    "x:13: enabled = no: key is repeated");
	/* A directory gives no lines: then it is the row's place. */
	assert_string_equal(f.report.error[2],
	    "x:10: trained = today: not a date (YYYY-MM-DD)");
	assert_string_equal(f.report.error[3],
	    "x:10: [person] needs \"name = ...\" (text)");
	/* The first one holds. */
	assert_true(f.person.enabled);
}

static void
test_draft_knows_where_keys_stand(void **state)
{
	(void)state;
	begin("person", "p1", &f.person);
	set("name", "A", 0);
	set("department", "d", 14);
	set("valid-from", "2026-04-01", UINT_MAX);
	assert_true(jk_draft_has(&f.draft, "name"));
	assert_true(jk_draft_has(&f.draft, "valid-from"));
	assert_false(jk_draft_has(&f.draft, "valid-until"));
	assert_false(jk_draft_has(&f.draft, "colour"));
	assert_int_equal(jk_draft_place_of(&f.draft, "department").line, 14);
	assert_int_equal(jk_draft_place_of(&f.draft, "name").line, 10);
	assert_int_equal(jk_draft_place_of(&f.draft, "colour").line, 10);
	assert_string_equal(jk_draft_place_of(&f.draft, "name").file, "x");
	assert_true(jk_draft_end(&f.draft));
}

static void
test_draft_refused_value_is_shown_as_text(void **state)
{
	char value[300];

	(void)state;
	begin("card", "c1", &f.card);
	memset(value, 'x', sizeof(value));
	value[193] = '\0';
	set("revoked-why", value, 11);
	value[192] = '\0';
	set("handed-by", value, 12);
	jk_draft_set(&f.draft, "issued-by", "a\0b", 3, 13);
	set("approved-by", "a\nb", 14);
	set("return-by", "", 15);
	set("certificate", "no", 16);
	assert_false(jk_draft_end(&f.draft));
	assert_int_equal(f.report.n_errors, 5);
	assert_string_equal(f.report.error[0],
	    "x:11: revoked-why = (...): longer than 192 bytes");
	assert_string_equal(f.report.error[1],
	    "x:13: issued-by = (...): NUL byte");
	assert_string_equal(f.report.error[2],
	    "x:14: approved-by = a?b: control or invisible character");
	assert_string_equal(f.report.error[3],
	    "x:15: return-by: there is no value");
	assert_string_equal(f.report.error[4],
	    "x:16: certificate: not a PEM certificate");
}

#define CASE(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_draft_section_that_cannot_be_is_named),
		CASE(test_draft_absent_keys_have_defaults),
		CASE(test_draft_faults_say_where),
		CASE(test_draft_knows_where_keys_stand),
		CASE(test_draft_refused_value_is_shown_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
