/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "where.h"

static const char text[] = "# a policy\n"            /* 1 */
                           "[policy]\n"              /* 2 */
                           "version = 1\n"           /* 3 */
                           "[type a]\n"              /* 4 */
                           "business = moving\n"     /* 5 */
                           "business = statistics\n" /* 6 */
                           "broken\n"                /* 7 */
                           "[type b]\n"              /* 8 */
                           "business = moving\n";    /* 9 */

static const struct {
	const char *name;
	struct jk_where where;
	unsigned line;
	bool has_key;
	const char *value;
} rows[] = {
	{ "a section", { "policy", "", NULL, NULL }, 2, false, "" },
	{ "a key", { "policy", "", "version", NULL }, 3, true, "1" },
	{ "a section with an id", { "type", "b", NULL, NULL }, 8, false, "" },
	{ "the first of a list", { "type", "a", "business", NULL }, 5, true,
	    "moving" },
	{ "one of a list", { "type", "a", "business", "statistics" }, 6, true,
	    "statistics" },
	{ "the same in another section", { "type", "b", "business", "moving" },
	    9, true, "moving" },
	{ "a value that is not there", { "type", "b", "business", "x" }, 8,
	    false, "" },
	{ "a key that is not there", { "type", "b", "enabled", NULL }, 8, false,
	    "" },
	{ "an id that is not there", { "type", "c", "business", NULL }, 0,
	    false, "" },
	{ "a section that is not there", { "hours", "", "open", NULL }, 0,
	    false, "" },
};

static void
test_where_finds_the_line_of_what_decided(void **state)
{
	struct jk_found found;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		jk_where_in(text, strlen(text), &rows[i].where, &found);
		if (found.line != rows[i].line ||
		    found.has_key != rows[i].has_key ||
		    strcmp(found.value, rows[i].value) != 0)
			fail_msg("%s: line %u, \"%s\"", rows[i].name,
			    found.line, found.value);
	}
}

static void
test_where_finds_nothing_in_no_file(void **state)
{
	const struct jk_where where = { "policy", "", NULL, NULL };
	struct jk_found found = { .line = 1 };

	(void)state;
	jk_where("/nonexistent", &where, &found);
	assert_int_equal(found.line, 0);
	jk_where("/", &where, &found);
	assert_int_equal(found.line, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_finds_the_line_of_what_decided),
		cmocka_unit_test(test_where_finds_nothing_in_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
