/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rowtable.h"

#define IDS 40

/* What each id has; 0: it is not there. */
struct model {
	unsigned kept[IDS], now[IDS];
};

static void
name(unsigned id, char ret[static 8])
{
	snprintf(ret, 8, "c-%02u", id);
}

static struct jk_textrow
make(unsigned id, unsigned value)
{
	struct jk_textrow row = { .n = 0 };
	char text[16];

	name(id, text);
	assert_int_equal(jk_textrow_init(&row, "card", text), JK_OK);
	snprintf(text, sizeof(text), "%u", value);
	assert_int_equal(jk_textrow_add(&row, "v", text), JK_OK);
	return row;
}

static void
put(struct jk_rowtable *table, struct model *model, unsigned id, unsigned value)
{
	struct jk_textrow row = make(id, value);

	assert_int_equal(jk_rowtable_put(table, &row), JK_OK);
	jk_textrow_clear(&row);
	model->now[id] = value;
}

static void
take(struct jk_rowtable *table, struct model *model, unsigned id)
{
	char text[8];

	name(id, text);
	assert_int_equal(jk_rowtable_remove(table, "card", text),
	    model->now[id] == 0 ? JK_ERR_NOT_FOUND : JK_OK);
	model->now[id] = 0;
}

static void
expect_row(const struct jk_textrow *row, unsigned id, unsigned value)
{
	char text[16];

	name(id, text);
	assert_string_equal(row->id, text);
	snprintf(text, sizeof(text), "%u", value);
	assert_string_equal(jk_textrow_get(row, "v"), text);
}

static void
expect(const struct jk_rowtable *table, const struct model *model)
{
	struct jk_tablerow *const *staged = jk_rowtable_staged(table);
	struct jk_tablerow *const *all;
	size_t n, i = 0, changed = 0;

	all = jk_rowtable_all(table, &n);
	for (unsigned id = 0; id < IDS; id++) {
		const struct jk_tablerow *found;
		char text[8];

		name(id, text);
		found = jk_rowtable_find(table, "card", text);
		assert_int_equal(found == NULL, model->now[id] == 0);
		if (found != NULL) {
			assert_true(i < n);
			assert_ptr_equal(all[i], found);
			expect_row(&all[i++]->change.row, id, model->now[id]);
		}
		if (model->now[id] == model->kept[id])
			continue;
		assert_true(changed < table->n_staged);
		assert_string_equal(staged[changed]->change.row.id, text);
		assert_int_equal(staged[changed]->change.removed,
		    model->now[id] == 0);
		changed++;
	}
	assert_int_equal(i, n);
	assert_int_equal(changed, table->n_staged);
}

/* Whatever is done, in whatever order. */
static void
test_rowtable_does_what_a_plain_list_would(void **state)
{
	struct jk_rowtable table = { .n = 0 };
	struct model model = { { 0 }, { 0 } };
	unsigned seed = 1;

	(void)state;
	for (unsigned step = 0; step < 20000; step++) {
		seed = seed * 1103515245u + 12345u;
		switch (seed >> 16 & 15) {
		case 0:
			jk_rowtable_keep(&table);
			memcpy(model.kept, model.now, sizeof(model.kept));
			break;
		case 1:
			jk_rowtable_drop(&table);
			memcpy(model.now, model.kept, sizeof(model.now));
			break;
		case 2:
		case 3:
		case 4:
		case 5:
		case 6:
			take(&table, &model, (seed >> 20) % IDS);
			break;
		default:
			put(&table, &model, (seed >> 20) % IDS,
			    1 + (seed >> 26) % 3);
		}
		expect(&table, &model);
	}
	jk_rowtable_clear(&table);
	jk_rowtable_clear(&table);
}

static void
test_rowtable_append_only_in_order(void **state)
{
	struct jk_rowtable table = { .n = 0 };
	struct jk_textrow row = make(5, 1);

	(void)state;
	assert_int_equal(jk_rowtable_append(&table, &row, 7), JK_OK);
	assert_int_equal(row.n, 0);
	row = make(5, 1);
	assert_int_equal(jk_rowtable_append(&table, &row, 9), JK_ERR_EXISTS);
	jk_textrow_clear(&row);
	row = make(4, 1);
	assert_int_equal(jk_rowtable_append(&table, &row, 9), JK_ERR_FORMAT);
	jk_textrow_clear(&row);
	row = make(6, 1);
	assert_int_equal(jk_rowtable_append(&table, &row, 9), JK_OK);
	assert_int_equal(jk_rowtable_find(&table, "card", "c-06")->line, 9);
	assert_null(jk_rowtable_find(&table, "person", "c-06"));
	assert_null(jk_rowtable_find(&table, "card", ""));
	/* What is put keeps the line of what it replaces. */
	row = make(5, 2);
	assert_int_equal(jk_rowtable_put(&table, &row), JK_OK);
	jk_textrow_clear(&row);
	assert_int_equal(jk_rowtable_find(&table, "card", "c-05")->line, 7);
	jk_rowtable_clear(&table);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rowtable_does_what_a_plain_list_would),
		cmocka_unit_test(test_rowtable_append_only_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
