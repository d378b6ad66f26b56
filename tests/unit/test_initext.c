/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "initext.h"

/* What the callbacks saw, one line each. */
struct seen {
	char text[4096];
	size_t len;
	const char *skip; /* this section is refused */
};

static void
note(struct seen *seen, const char *line)
{
	int n = snprintf(seen->text + seen->len, sizeof(seen->text) - seen->len,
	    "%s\n", line);

	assert_true(n >= 0 && (size_t)n < sizeof(seen->text) - seen->len);
	seen->len += (size_t)n;
}

static bool
on_section(void *ctx, unsigned line, const char *section)
{
	struct seen *seen = ctx;
	char text[512];

	snprintf(text, sizeof(text), "%u [%s]", line, section);
	note(seen, text);
	return seen->skip == NULL || strcmp(seen->skip, section) != 0;
}

static void
on_entry(void *ctx, unsigned line, const char *section, const char *key,
    const char *value)
{
	char text[1024];

	snprintf(text, sizeof(text), "%u [%s] %s=%s", line, section, key,
	    value);
	note(ctx, text);
}

static void
on_error(void *ctx, unsigned line, const char *reason)
{
	char text[512];

	snprintf(text, sizeof(text), "%u! %s", line, reason);
	note(ctx, text);
}

static enum jk_err
parse(struct seen *seen, const char *text, size_t len)
{
	const struct jk_ini_handler handler = { on_section, on_entry, on_error,
		seen };

	return jk_ini_parse(text, len, &handler);
}

static void
test_ini_parse_good_text_is_seen_with_lines(void **state)
{
	static const char text[] =
	    "# comment\n"
	    "\n"
	    "[person p1]\n"
	    "name = \xe4\xbd\x8f\xe5\x9f\xba  \xe8\x8a\xb1\n"
	    "; another = comment\n"
	    "a-1=x;y#z = w\n"
	    "   \n"
	    "[an-operator-id-with-a-name-that-libinih-cuts-at-its-50-bytes x]\n"
	    "key\t=\tvalue  ";
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(parse(&seen, text, sizeof(text) - 1), JK_ERR_FORMAT);
	assert_string_equal(seen.text,
	    "3 [person p1]\n"
	    "4 [person p1] name=\xe4\xbd\x8f\xe5\x9f\xba  \xe8\x8a\xb1\n"
	    "6 [person p1] a-1=x;y#z = w\n"
	    "7! leading blank (there are no continuation lines)\n"
	    "8 [an-operator-id-with-a-name-that-libinih-cuts-at-its-50-bytes "
	    "x]\n"
	    "9 [an-operator-id-with-a-name-that-libinih-cuts-at-its-50-bytes "
	    "x] key=value\n");
}

static void
test_ini_parse_bad_line_is_named(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "a = 1\n", "1! key outside a section" },
		{ "[s]\na\n", "2! neither [section] nor key = value" },
		{ "[s]\na: 1\n", "2! neither [section] nor key = value" },
		{ "[s]\na:b = 1\n",
		    "2! key has other characters than a-z, 0-9 and '-'" },
		{ "[s]\nA = 1\n", "2! no key before '='" },
		{ "[s]\n= 1\n", "2! no key before '='" },
		{ "[s]\na =\n", "2! key without a value" },
		{ "[s]\na = 1\n b\n",
		    "3! leading blank (there are no continuation lines)" },
		{ "[s]\na = 1 ; c\n",
		    "2! comment behind a value (it needs its own line)" },
		{ "[s]\na = 1 # c\n",
		    "2! comment behind a value (it needs its own line)" },
		{ "[s]\na = 1\tb\n", "2! tab inside a value" },
		{ "[]\n", "1! empty section name" },
		{ "[ ]\n", "1! blank at the edge of a section name" },
		{ "[s\n", "1! section does not end with ']'" },
		{ "[s] x\n", "1! section does not end with ']'" },
		{ "[s]]\n", "1! bracket inside a section name" },
		{ "[s]\r\na = 1\n", "1! control or invisible character" },
		{ "[s]\na = \xff\n", "2! not valid UTF-8" },
		{ "\xef\xbb\xbf[s]\n", "1! control or invisible character" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct seen seen = { 0 };

		assert_int_equal(parse(&seen, rows[i].text,
		                     strlen(rows[i].text)),
		    JK_ERR_FORMAT);
		if (strstr(seen.text, rows[i].want) == NULL)
			fail_msg("%s: %s", rows[i].text, seen.text);
	}
}

static void
test_ini_parse_nul_is_refused_and_the_rest_is_read(void **state)
{
	static const char text[] = "[s]\na = 1\0 2\nb = 3\n";
	struct seen seen = { 0 };

	(void)state;
	assert_int_equal(parse(&seen, text, sizeof(text) - 1), JK_ERR_FORMAT);
	assert_string_equal(seen.text, "1 [s]\n2! NUL byte\n3 [s] b=3\n");
}

static void
test_ini_parse_keys_below_a_bad_section_belong_to_nothing(void **state)
{
	static const char text[] = "[s]\na = 1\n[t\nb = 2\n[u]\nc = 3\n";
	struct seen seen = { .skip = "u" };

	(void)state;
	assert_int_equal(parse(&seen, text, sizeof(text) - 1), JK_ERR_FORMAT);
	assert_string_equal(seen.text,
	    "1 [s]\n2 [s] a=1\n3! section does not end with ']'\n5 [u]\n");
}

/* The library would cut at 200 and hand the rest on as a line of its own. */
static void
test_ini_parse_line_length_has_a_limit(void **state)
{
	char line[JK_INI_LINE_MAX + 2];
	struct seen seen = { 0 };
	char *text;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "a = ", 4);
	assert_true(
	    asprintf(&text, "[s]\n%.190s\n%.191s\nb = 2\n", line, line) > 0);
	assert_int_equal(parse(&seen, text, strlen(text)), JK_ERR_FORMAT);
	assert_non_null(strstr(seen.text, "2 [s] a=xx"));
	assert_non_null(strstr(seen.text, "3! line longer than 190 bytes\n"
	                                  "4 [s] b=2\n"));
	assert_null(strstr(seen.text, "3 [s]"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ini_parse_good_text_is_seen_with_lines),
		cmocka_unit_test(test_ini_parse_bad_line_is_named),
		cmocka_unit_test(
		    test_ini_parse_nul_is_refused_and_the_rest_is_read),
		cmocka_unit_test(
		    test_ini_parse_keys_below_a_bad_section_belong_to_nothing),
		cmocka_unit_test(test_ini_parse_line_length_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
