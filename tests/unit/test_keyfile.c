/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyfile.h"

struct seen {
	char text[1024];
};

static void
note(void *ctx, const struct jk_setting *s)
{
	struct seen *seen = ctx;
	const size_t at = strlen(seen->text);

	(void)snprintf(seen->text + at, sizeof(seen->text) - at, "%s|%s|%s%s\n",
	    s->group, s->key, s->value, s->locked ? "!" : "");
}

static void
check(const char *text, const char *want)
{
	struct seen seen = { "" };

	assert_int_equal(jk_keyfile_each(text, note, &seen), JK_OK);
	assert_string_equal(seen.text, want);
}

static void
test_groups_and_keys(void **state)
{
	(void)state;
	check("# c\n; c\na=1\n[g/h]\n k = v w \r\nno value\n[g2]\nk=\n",
	    "|a|1\ng/h|k|v w\ng2|k|\n");
	check("", "");
	check("[g]\nk=v", "g|k|v\n");
	check("[g\nk=a=b\n", "g|k|a=b\n");
}

/* As KDE reads them. */
static void
test_immutable(void **state)
{
	(void)state;
	check("[g]\nk[$i]=v\nl=w\n", "g|k|v!\ng|l|w\n");
	check("[g][$i]\nk=v\n[h]\nk=v\n", "g|k|v!\nh|k|v\n");
	check("[g]\nk[$ei]=v\nl[$e]=w\n", "g|k|v!\ng|l|w\n");
	check("[$i]\n[g]\nk=v\n", "g|k|v!\n");
	check("[a][b][$i]\nk=v\n", "a][b|k|v!\n");
}

static void
test_long_line(void **state)
{
	char text[JK_KEYFILE_LINE_MAX + 16];
	struct seen seen = { "" };

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "[g]\n", 4);
	text[4 + JK_KEYFILE_LINE_MAX + 1] = '\0';
	assert_int_equal(jk_keyfile_each(text, note, &seen), JK_ERR_TOO_BIG);
	text[4 + JK_KEYFILE_LINE_MAX] = '\0';
	assert_int_equal(jk_keyfile_each(text, note, &seen), JK_OK);
	memset(text, '[', JK_KEYFILE_LINE_MAX);
	text[JK_KEYFILE_LINE_MAX] = '\0';
	assert_int_equal(jk_keyfile_each(text, note, &seen), JK_OK);
}

static const struct jk_demand wanted[] = {
	{ "g", "on", "true", 0 },
	{ "g", "delay", NULL, 300 },
	{ 0 },
};

static enum jk_demand_fault
judge(const char *text, const char **ret_key)
{
	struct jk_demands demands = { .demand = wanted };
	const struct jk_demand *first = NULL;
	enum jk_demand_fault fault;

	assert_int_equal(jk_keyfile_each(text, jk_demands_take, &demands),
	    JK_OK);
	fault = jk_demands_judge(&demands, &first);
	*ret_key = first->key;
	return fault;
}

static void
test_demands(void **state)
{
	static const struct {
		const char *text, *key;
		enum jk_demand_fault fault;
	} rows[] = {
		{ "on=true\ndelay=300\n", NULL, JK_DEMANDS_MET },
		{ "on=true\ndelay=uint32 1\n", NULL, JK_DEMANDS_MET },
		{ "delay=300\n", "on", JK_DEMAND_UNSET },
		{ "on=true\n", "delay", JK_DEMAND_UNSET },
		{ "on=false\ndelay=300\n", "on", JK_DEMAND_WRONG },
		{ "on=true\ndelay=301\n", "delay", JK_DEMAND_WRONG },
		{ "on=true\ndelay=0\n", "delay", JK_DEMAND_WRONG },
		{ "on=true\ndelay=-1\n", "delay", JK_DEMAND_WRONG },
		{ "on=true\ndelay=\n", "delay", JK_DEMAND_WRONG },
		{ "on=true\ndelay=0x1\n", "delay", JK_DEMAND_WRONG },
		{ "on=true\ndelay=18446744073709551617\n", "delay",
		    JK_DEMAND_WRONG },
		/* right in one place, wrong in another */
		{ "on=true\ndelay=300\non=false\n", "on", JK_DEMAND_WRONG },
		{ "on=true\ndelay=900\ndelay=300\n", "delay", JK_DEMAND_WRONG },
		{ "on=true\ndelay=300\n[g]\ndelay=200\n", "delay",
		    JK_DEMAND_LOOSE },
	};
	char text[256];
	const char *key;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		(void)snprintf(text, sizeof(text), "[g][$i]\n%s", rows[i].text);
		assert_int_equal(judge(text, &key), rows[i].fault);
		if (rows[i].key != NULL)
			assert_string_equal(key, rows[i].key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_and_keys),
		cmocka_unit_test(test_immutable),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_demands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
