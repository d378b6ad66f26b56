/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include <libaudit.h>

#include "record.h"

/* A record of every kind of field. */
static void
fill(struct jk_record *r)
{
	*r = (struct jk_record){ .op = JK_OP_AUTH, .success = true };
	assert_int_equal(jk_record_set(r, JK_REC_ID, "0123456789abcdef"),
	    JK_OK);
	assert_int_equal(jk_record_set(r, JK_REC_ACCT, "hanako"), JK_OK);
	assert_int_equal(jk_record_set(r, JK_REC_SERVICE, "o'login"), JK_OK);
	assert_int_equal(jk_record_set(r, JK_REC_CLAIM, "東 京"), JK_OK);
	assert_int_equal(jk_record_set(r, JK_REC_READER, "res=no"), JK_OK);
}

static void
test_ops_have_the_names_of_libaudit(void **state)
{
	(void)state;
	for (enum jk_op op = 0; op < JK_OP_COUNT; op++)
		assert_string_equal(jk_op_type_name(op),
		    audit_msg_type_to_name(jk_op_type(op)));
}

/* ausearch looks for "uid=" and the like anywhere in the text, not for key. */
static void
test_own_field_names_do_not_end_like_standard_ones(void **state)
{
	static const char *const standard[] = { "uid", "auid", "ses", "acct",
		"hostname", "addr", "terminal", "exe", "res", "comm", "pid",
		"vm", "op" };

	(void)state;
	for (enum jk_record_field f = JK_REC_ID; f < JK_REC_COUNT; f++)
		for (size_t i = 0; i < JK_COUNT(standard); i++) {
			const char *name = jk_record_field_name(f);
			size_t n = strlen(name), m = strlen(standard[i]);

			if (n >= m && strcmp(name + n - m, standard[i]) == 0)
				fail_msg("%s ends in %s", name, standard[i]);
		}
}

static void
test_encode_order_and_quoting(void **state)
{
	struct jk_record r;
	char text[JK_RECORD_TEXT_MAX];

	(void)state;
	fill(&r);
	assert_int_equal(jk_record_encode(&r, text), JK_OK);
	assert_string_equal(text,
	    "op=juki:auth acct=\"hanako\" jid=\"0123456789abcdef\" "
	    "jsvc=6F276C6F67696E jclaim=E69DB120E4BAAC jrdr=7265733D6E6F");
}

static void
test_encode_largest_record_fits(void **state)
{
	struct jk_record r = { .op = JK_OP_SESSION_START };
	char text[JK_RECORD_TEXT_MAX];

	(void)state;
	for (enum jk_record_field f = 0; f < JK_REC_COUNT; f++) {
		char value[JK_RECORD_VALUE_MAX + 1] = "";
		size_t n = JK_RECORD_VALUE_MAX;

		/* As long as its kind allows. */
		do {
			memset(value, jk_record_field_is_id(f) ? 'a' : ' ', n);
			value[n] = '\0';
		} while (jk_record_set(&r, f, value) != JK_OK && --n > 0);
		assert_true(n >= 64);
	}
	assert_int_equal(jk_record_encode(&r, text), JK_OK);
}

static void
test_encode_bad_record_leaves_output(void **state)
{
	struct jk_record r = { .op = JK_OP_COUNT };
	char text[JK_RECORD_TEXT_MAX] = "before";

	(void)state;
	assert_int_equal(jk_record_encode(&r, text), JK_ERR_FORMAT);
	r.op = JK_OP_AUTH;
	strcpy(r.value[JK_REC_ID], "a b");
	assert_int_equal(jk_record_encode(&r, text), JK_ERR_FORMAT);
	r.value[JK_REC_ID][0] = '\0';
	memset(r.value[JK_REC_ACCT], 'x', sizeof(r.value[JK_REC_ACCT]));
	assert_int_equal(jk_record_encode(&r, text), JK_ERR_TOO_BIG);
	assert_string_equal(text, "before");
}

static void
test_set_checks_the_kind(void **state)
{
	static const struct {
		const char *name;
		enum jk_record_field field;
		const char *value;
		size_t repeat;
		enum jk_err want;
	} rows[] = {
		{ "id", JK_REC_ID, "a0.-_:", 1, JK_OK },
		{ "empty id", JK_REC_ID, "", 1, JK_OK },
		{ "longest id", JK_REC_ID, "a", 64, JK_OK },
		{ "long id", JK_REC_ID, "a", 65, JK_ERR_TOO_BIG },
		{ "upper case", JK_REC_ID, "A", 1, JK_ERR_FORMAT },
		{ "space", JK_REC_PERSON, "a b", 1, JK_ERR_FORMAT },
		{ "quote", JK_REC_PERSON, "a\"", 1, JK_ERR_FORMAT },
		{ "8-bit", JK_REC_PERSON, "\xe6", 1, JK_ERR_FORMAT },
		{ "list", JK_REC_APPROVAL, "a-1,b-2", 1, JK_OK },
		{ "longest list", JK_REC_APPROVAL, "a", 255, JK_OK },
		{ "long list", JK_REC_APPROVAL, "a", 256, JK_ERR_TOO_BIG },
		{ "space in a list", JK_REC_APPROVAL, "a, b", 1,
		    JK_ERR_FORMAT },
		{ "list for one", JK_REC_PERSON, "a,b", 1, JK_ERR_FORMAT },
		{ "text", JK_REC_ACCT, "\"\n'\x1d", 1, JK_OK },
		{ "longest text", JK_REC_ACCT, "\xe6", 255, JK_OK },
		{ "long text", JK_REC_ACCT, "x", 256, JK_ERR_TOO_BIG },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_record r = { 0 };
		char value[512] = "";
		enum jk_err e;

		for (size_t n = 0; n < rows[i].repeat; n++)
			strcat(value, rows[i].value);
		strcpy(r.value[rows[i].field], "before");
		e = jk_record_set(&r, rows[i].field, value);
		if (e != rows[i].want)
			fail_msg("%s: %s", rows[i].name, jk_err_text(e));
		if (strcmp(r.value[rows[i].field],
		        e == JK_OK ? value : "before") != 0)
			fail_msg("%s: wrong value", rows[i].name);
	}
}

static void
test_set_terminal_rows(void **state)
{
	static const struct {
		const char *name, *want; /* NULL: refused */
	} rows[] = {
		{ "/dev/tty1", "/dev/tty1" },
		{ ":0", ":0" },
		{ "", "" },
		{ "?", "" },
		{ "a b", NULL },
		{ "a'b", NULL },
		{ "a\"b", NULL },
		{ "res=failed", NULL },
		{ "a,", NULL },
		{ "(none)", NULL },
		{ "a\x1d", NULL },
		{ "\xe6\x9d\xb1", NULL },
		{ "0123456789012345678901234567890123456789012345678901234567890"
		  "123",
		    NULL },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_record r = { .terminal = "before" };
		bool ok = jk_record_set_terminal(&r, rows[i].name) == JK_OK;

		assert_int_equal(ok, rows[i].want != NULL);
		assert_string_equal(r.terminal, ok ? rows[i].want : "before");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ops_have_the_names_of_libaudit),
		cmocka_unit_test(
		    test_own_field_names_do_not_end_like_standard_ones),
		cmocka_unit_test(test_encode_order_and_quoting),
		cmocka_unit_test(test_encode_largest_record_fits),
		cmocka_unit_test(test_encode_bad_record_leaves_output),
		cmocka_unit_test(test_set_checks_the_kind),
		cmocka_unit_test(test_set_terminal_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
