/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "textrow.h"

static struct jk_textrow
make(const char *const pair[][2], size_t n)
{
	struct jk_textrow row = { .n = 0 };

	assert_int_equal(jk_textrow_init(&row, "card", "c-1"), JK_OK);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(jk_textrow_add(&row, pair[i][0], pair[i][1]),
		    JK_OK);
	return row;
}

/* Every pair, as "key=value key=value". */
static void
expect(const struct jk_textrow *row, const char *want)
{
	char text[256] = "";
	size_t at = 0;

	for (size_t i = 0; i < row->n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s=%s",
		    i == 0 ? "" : " ", row->pair[i].key, row->pair[i].value);
	assert_string_equal(text, want);
}

static void
test_textrow_init_what_does_not_fit_is_refused(void **state)
{
	struct jk_textrow row = { .n = 0 };
	char kind[JK_KIND_MAX + 2], id[JK_TEXTROW_ID_MAX + 2];

	(void)state;
	memset(kind, 'k', sizeof(kind));
	kind[sizeof(kind) - 1] = '\0';
	memset(id, 'i', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	assert_int_equal(jk_textrow_init(&row, "", "c"), JK_ERR_FORMAT);
	assert_int_equal(jk_textrow_init(&row, "card", ""), JK_ERR_FORMAT);
	assert_int_equal(jk_textrow_init(&row, kind, "c"), JK_ERR_FORMAT);
	assert_int_equal(jk_textrow_init(&row, "card", id), JK_ERR_FORMAT);
	assert_string_equal(row.kind, "");
	assert_int_equal(jk_textrow_init(&row, kind + 1, id + 1), JK_OK);
	assert_string_equal(row.id, id + 1);
	jk_textrow_clear(&row);
}

static void
test_textrow_add_repeated_key_is_a_list(void **state)
{
	struct jk_textrow row = make((const char *const[][2]){ { "role", "a" },
	                                 { "name", "n" }, { "role", "b" } },
	    3);

	(void)state;
	assert_string_equal(jk_textrow_get(&row, "role"), "a");
	assert_string_equal(jk_textrow_get_nth(&row, "role", 1), "b");
	assert_null(jk_textrow_get_nth(&row, "role", 2));
	assert_null(jk_textrow_get(&row, "rol"));
	assert_int_equal(jk_textrow_add(&row, "role", ""), JK_ERR_FORMAT);
	assert_int_equal(jk_textrow_add(&row, "", "x"), JK_ERR_FORMAT);
	expect(&row, "role=a name=n role=b");
	jk_textrow_clear(&row);
	assert_int_equal(row.n, 0);
	jk_textrow_clear(&row);
}

static void
test_textrow_set_replaces_every_value_in_place(void **state)
{
	struct jk_textrow row = make((const char *const[][2]){ { "role", "a" },
	                                 { "name", "n" }, { "role", "b" } },
	    3);

	(void)state;
	assert_int_equal(jk_textrow_set(&row, "role", "c"), JK_OK);
	expect(&row, "role=c name=n");
	assert_int_equal(jk_textrow_set(&row, "state", "s"), JK_OK);
	expect(&row, "role=c name=n state=s");
	assert_int_equal(jk_textrow_set(&row, "role", NULL), JK_OK);
	assert_int_equal(jk_textrow_set(&row, "state", ""), JK_OK);
	assert_int_equal(jk_textrow_set(&row, "absent", NULL), JK_OK);
	expect(&row, "name=n");
	jk_textrow_clear(&row);
}

static void
test_textrow_add_no_more_pairs_than_allowed(void **state)
{
	struct jk_textrow row = make(NULL, 0);

	(void)state;
	for (size_t i = 0; i < JK_TEXTROW_PAIRS_MAX; i++)
		assert_int_equal(jk_textrow_add(&row, "k", "v"), JK_OK);
	assert_int_equal(jk_textrow_add(&row, "k", "v"), JK_ERR_TOO_BIG);
	assert_int_equal(row.n, JK_TEXTROW_PAIRS_MAX);
	/* Down and up again: what was given back can be taken again. */
	assert_int_equal(jk_textrow_set(&row, "k", "w"), JK_OK);
	for (size_t i = 1; i < JK_TEXTROW_PAIRS_MAX; i++)
		assert_int_equal(jk_textrow_add(&row, "l", "v"), JK_OK);
	assert_string_equal(jk_textrow_get_nth(&row, "l",
	                        JK_TEXTROW_PAIRS_MAX - 2),
	    "v");
	jk_textrow_clear(&row);
}

static void
test_textrow_copy_owns_its_memory(void **state)
{
	struct jk_textrow row =
	    make((const char *const[][2]){ { "role", "a" }, { "name", "n" } },
	        2);
	struct jk_textrow copy = { .n = 0 };

	(void)state;
	assert_int_equal(jk_textrow_copy(&row, &copy), JK_OK);
	assert_true(jk_textrow_equal(&row, &copy));
	jk_textrow_clear(&row);
	assert_string_equal(copy.kind, "card");
	assert_string_equal(copy.id, "c-1");
	expect(&copy, "role=a name=n");
	jk_textrow_clear(&copy);
}

static void
test_textrow_equal_order_of_values_counts_of_keys_not(void **state)
{
	static const struct {
		const char *name;
		const char *pair[3][2];
		bool equal;
	} cases[] = {
		{ "same", { { "a", "1" }, { "b", "2" }, { "a", "3" } }, true },
		{ "keys", { { "b", "2" }, { "a", "1" }, { "a", "3" } }, true },
		{ "list", { { "a", "3" }, { "b", "2" }, { "a", "1" } }, false },
		{ "twice", { { "a", "1" }, { "b", "2" }, { "a", "1" } },
		    false },
		{ "value", { { "a", "1" }, { "b", "3" }, { "a", "3" } },
		    false },
		{ "key", { { "a", "1" }, { "c", "2" }, { "a", "3" } }, false },
	};
	struct jk_textrow row = make(cases[0].pair, 3);

	(void)state;
	for (size_t i = 0; i < JK_COUNT(cases); i++) {
		struct jk_textrow other = make(cases[i].pair, 3);

		if (jk_textrow_equal(&row, &other) != cases[i].equal ||
		    jk_textrow_equal(&other, &row) != cases[i].equal)
			fail_msg("%s", cases[i].name);
		jk_textrow_clear(&other);
	}
	assert_int_equal(jk_textrow_add(&row, "d", "4"), JK_OK);
	{
		struct jk_textrow fewer = make(cases[0].pair, 3);
		struct jk_textrow another = { .n = 0 };

		assert_false(jk_textrow_equal(&row, &fewer));
		assert_int_equal(jk_textrow_init(&another, "card", "c-2"),
		    JK_OK);
		jk_textrow_clear(&row);
		assert_false(jk_textrow_equal(&row, &another));
		jk_textrow_clear(&fewer);
		jk_textrow_clear(&another);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_textrow_init_what_does_not_fit_is_refused),
		cmocka_unit_test(test_textrow_add_repeated_key_is_a_list),
		cmocka_unit_test(
		    test_textrow_set_replaces_every_value_in_place),
		cmocka_unit_test(test_textrow_add_no_more_pairs_than_allowed),
		cmocka_unit_test(test_textrow_copy_owns_its_memory),
		cmocka_unit_test(
		    test_textrow_equal_order_of_values_counts_of_keys_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
