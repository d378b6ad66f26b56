/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "frame.h"
#include "look.h"
#include "protocol.h"
#include "utf8.h"

static const struct jk_look look;

static struct jk_frame *
frame_of(const char *const *options, size_t n)
{
	struct jk_frame *f = NULL;

	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, JK_FRAME_ASK_CHOICE);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(jk_frame_put_str(f, JK_FIELD_OPTION,
		                     options[i]),
		    JK_OK);
	return f;
}

static struct jk_choice
choice_of(const char *const *options, size_t n)
{
	struct jk_frame *f = frame_of(options, n);
	struct jk_choice c;

	assert_int_equal(jk_choice_read(f, &c), JK_OK);
	assert_int_equal(c.n, n);
	jk_frame_free(&f);
	return c;
}

static const char *const two[] = { "m0123-2=moving-desk",
	"m0123-9=operator-management" };

static void
test_choice_prompt_holds_the_whole_list(void **state)
{
	const struct jk_choice c = choice_of(two, 2);
	char text[JK_TEXT_MAX];

	(void)state;
	jk_choice_prompt(&c, &look, "opid.select", text);
	assert_string_equal(text, "Choose the operator ID for your work:\n"
	                          "1) m0123-2 moving desk\n"
	                          "2) m0123-9 operator management\n"
	                          "Number or operator ID: ");
	jk_choice_prompt(&c, &look, "opid.again", text);
	assert_non_null(strstr(text, "none of them"));
	assert_non_null(strstr(text, "2) m0123-9"));
}

static void
test_choice_of_a_type_nobody_knows_shows_its_id(void **state)
{
	static const char *const other[] = { "o-1=library-desk" };
	const struct jk_choice c = choice_of(other, 1);
	char text[JK_TEXT_MAX];

	(void)state;
	jk_choice_prompt(&c, &look, "opid.select", text);
	assert_non_null(strstr(text, "1) o-1 library-desk\n"));
}

static void
test_choice_find_by_number_or_id(void **state)
{
	static const char *const odd[] = { "2=moving-desk",
		"1=other-department", "x=site-management" };
	static const struct {
		const char *answer, *want;
	} rows[] = {
		{ "1", "m0123-2" },
		{ "2", "m0123-9" },
		{ "m0123-2", "m0123-2" },
		{ "m0123-9", "m0123-9" },
		{ "", NULL },
		{ "0", NULL },
		{ "3", NULL },
		{ "01", NULL },
		{ "1 ", NULL },
		{ "-1", NULL },
		{ "m0123", NULL },
		{ "M0123-2", NULL },
		{ "moving-desk", NULL },
		{ "4294967297", NULL },
	};
	const struct jk_choice c = choice_of(two, 2), n = choice_of(odd, 3);

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const struct jk_option *o = jk_choice_find(&c, rows[i].answer);

		if (rows[i].want == NULL
		        ? o != NULL
		        : o == NULL || strcmp(o->opid, rows[i].want) != 0)
			fail_msg("%s", rows[i].answer);
	}
	/* The number in front of it is what the screen shows. */
	assert_string_equal(jk_choice_find(&n, "1")->opid, "2");
	assert_string_equal(jk_choice_find(&n, "2")->opid, "1");
}

static void
test_choice_read_refuses_what_cannot_be_shown(void **state)
{
	static const char *const bad[] = {
		"m1",
		"=moving-desk",
		"m1=",
		"m 1=moving-desk",
		"m1=moving\033[2J",
		"m1=moving-desk=",
		"m1=moving-desk==hanako",
		"m1=moving-desk=ha nako",
		"m1=moving-desk=hanako=",
		"m1=moving-desk=hanako=x",
		"m1=moving-desk=4711",
		"m1=moving-desk=-froot",
		"m1=moving-desk=ha\033[2Jnako",
		"m1==hanako",
		"M1=moving-desk",
		"m1\n2) m2=moving-desk",
	};
	static const char *const mixed[] = { "m1=moving-desk",
		"m2=moving-desk=hanako" };
	const char *many[JK_CHOICES_MAX + 1], *one;
	char longer[128] = "";
	struct jk_choice c = { .n = 42 };
	struct jk_frame *f;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		f = frame_of(&bad[i], 1);
		if (jk_choice_read(f, &c) != JK_ERR_FORMAT)
			fail_msg("%s", bad[i]);
		jk_frame_free(&f);
	}
	memset(longer, 'a', 65);
	strcat(longer, "=moving-desk");
	one = longer;
	f = frame_of(&one, 1);
	assert_int_equal(jk_choice_read(f, &c), JK_ERR_FORMAT);
	jk_frame_free(&f);
	f = frame_of(NULL, 0);
	assert_int_equal(jk_choice_read(f, &c), JK_ERR_FORMAT);
	jk_frame_free(&f);
	for (size_t i = 0; i < JK_COUNT(many); i++)
		many[i] = two[0];
	f = frame_of(many, JK_COUNT(many));
	assert_int_equal(jk_choice_read(f, &c), JK_ERR_FORMAT);
	jk_frame_free(&f);
	/* All have an account, or none. */
	f = frame_of(mixed, 2);
	assert_int_equal(jk_choice_read(f, &c), JK_ERR_FORMAT);
	jk_frame_free(&f);
	assert_int_equal(c.n, 42);
}

static const char *const both[] = { "m0123-2=moving-desk=hanako",
	"m0123-9=operator-management=hanako", "m0123-2=moving-desk=Counter.1" };

static void
test_choice_prompt_shows_accounts(void **state)
{
	const struct jk_choice c = choice_of(both, 3);
	char text[JK_TEXT_MAX];

	(void)state;
	assert_true(c.accounts);
	jk_choice_prompt(&c, &look, "account.select", text);
	assert_string_equal(text,
	    "Choose the account and operator ID for your work:\n"
	    "1) hanako: m0123-2 moving desk\n"
	    "2) hanako: m0123-9 operator management\n"
	    "3) Counter.1: m0123-2 moving desk\n"
	    "Number or account: ");
}

/* What could mean more than one is none of them. */
static void
test_choice_find_by_account(void **state)
{
	static const struct {
		const char *answer;
		int want; /* -1: none */
	} rows[] = {
		{ "1", 0 },
		{ "3", 2 },
		{ "4", -1 },
		{ "Counter.1", 2 },
		{ "counter.1", -1 },
		{ "hanako", -1 },
		{ "m0123-9", 1 },
		{ "m0123-2", -1 },
		{ "hanako m0123-2", 0 },
		{ "hanako m0123-9", 1 },
		{ "Counter.1 m0123-2", 2 },
		{ "Counter.1 m0123-9", -1 },
		{ "hanako  m0123-2", -1 },
		{ "m0123-2 hanako", -1 },
		{ "hanako ", -1 },
		{ " ", -1 },
		{ "", -1 },
	};
	const struct jk_choice c = choice_of(both, 3);

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const struct jk_option *o = jk_choice_find(&c, rows[i].answer),
		                       *want = rows[i].want < 0
		                                   ? NULL
		                                   : &c.option[rows[i].want];

		if (o != want)
			fail_msg("%s", rows[i].answer);
	}
}

/* PAM_MAX_MSG_SIZE is never reached, and what to type is never cut off. */
static void
test_choice_prompt_always_fits(void **state)
{
	static const char type[] =
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	static const char end[] = "Number or operator ID: ";
	char options[JK_CHOICES_MAX][140];
	const char *list[JK_CHOICES_MAX];

	(void)state;
	for (int len = 1; len <= 64; len++)
		for (size_t n = 1; n <= JK_CHOICES_MAX; n++) {
			char text[JK_TEXT_MAX];
			struct jk_choice c;

			for (size_t i = 0; i < n; i++) {
				snprintf(options[i], sizeof(options[i]),
				    "%.*s=%.*s", len, type, len, type);
				list[i] = options[i];
			}
			c = choice_of(list, n);
			memset(text, 'x', sizeof(text));
			jk_choice_prompt(&c, &look, "opid.select", text);
			assert_true(strlen(text) < JK_TEXT_MAX);
			if (strlen(text) < sizeof(end) ||
			    strcmp(text + strlen(text) - strlen(end), end) != 0)
				fail_msg("%zu of %d bytes: %s", n, len, text);
			/* Each line is whole, or all that follow are left
			 * out. */
			assert_true(strstr(text, "...\n") != NULL ||
			            strchr(text, ')') != NULL);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice_prompt_holds_the_whole_list),
		cmocka_unit_test(
		    test_choice_of_a_type_nobody_knows_shows_its_id),
		cmocka_unit_test(test_choice_find_by_number_or_id),
		cmocka_unit_test(test_choice_read_refuses_what_cannot_be_shown),
		cmocka_unit_test(test_choice_prompt_shows_accounts),
		cmocka_unit_test(test_choice_find_by_account),
		cmocka_unit_test(test_choice_prompt_always_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
