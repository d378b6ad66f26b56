/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl policy matrix: the tables of 別紙1 as tab-separated values. o: may,
 * x: may not, d: only while it is delegated.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "names.h"
#include "policy.h"

struct table {
	const struct jk_words *words;
	bool japanese;
	/* 'o', 'x' or 'd' */
	char (*mark)(const struct jk_type *type, size_t number);
};

static char
mark_of(uint32_t mask, size_t number)
{
	return (mask & jk_bit((unsigned)number)) != 0 ? 'o' : 'x';
}

static char
mark_business(const struct jk_type *type, size_t number)
{
	return mark_of(type->businesses, number);
}

static char
mark_class(const struct jk_type *type, size_t number)
{
	return mark_of(type->classes, number);
}

static char
mark_function(const struct jk_type *type, size_t number)
{
	return mark_of(type->delegated, number) == 'o'
	           ? 'd'
	           : mark_of(type->functions, number);
}

/* As on paper where the names are. */
static const char *
show(char mark, bool japanese)
{
	if (mark == 'o')
		return japanese ? "○" : "o";
	if (mark == 'd')
		return japanese ? "△" : "d";
	return japanese ? "×" : "x";
}

static void
print_table(const struct table *t, const struct jk_rowset *set)
{
	fputs(t->japanese ? "操作者ID種別" : "type", stdout);
	for (size_t i = 0; i < t->words->n; i++)
		printf("\t%s", jk_name_word(t->words, i, t->japanese));
	putchar('\n');
	for (size_t i = 0; i < set->type.n; i++) {
		const struct jk_type *type = jk_list_at(&set->type, i);

		fputs(jk_name_type(type, t->japanese), stdout);
		for (size_t j = 0; j < t->words->n; j++)
			printf("\t%s", show(t->mark(type, j), t->japanese));
		putchar('\n');
	}
}

/* By ids, whatever language the caller has. */
static int
print_json(const struct table *t, const struct jk_rowset *set)
{
	json_t *list = json_array();
	int r;

	for (size_t i = 0; i < set->type.n; i++) {
		const struct jk_type *type = jk_list_at(&set->type, i);
		json_t *may = json_object();

		for (size_t j = 0; j < t->words->n; j++)
			json_object_set_new(may, t->words->word[j].id,
			    json_string(show(t->mark(type, j), false)));
		json_array_append_new(list,
		    json_pack("{s:s, s:o}", "type", type->id, "may", may));
	}
	r = json_dumpf(list, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(list);
	return r == 0 ? EXIT_OK : EXIT_REFUSED;
}

int
jk_policy_matrix(const struct jk_call *call)
{
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	/* Tables are read by programs: only --ja changes their words. */
	struct table table = { &jk_businesses, jk_call_has(call, "ja"),
		mark_business };
	int status;

	jk_rowset_init(&set);
	if (jk_call_has(call, "functions") && jk_call_has(call, "terminals"))
		return jk_usage_error(
		    _("\"--functions\" and \"--terminals\" are two tables"));
	if (jk_call_has(call, "functions")) {
		table.words = &jk_functions;
		table.mark = mark_function;
	} else if (jk_call_has(call, "terminals")) {
		table.words = &jk_classes;
		table.mark = mark_class;
	}
	status = jk_policy_load(call, jk_call_get(call, "FILE"), &set);
	if (status == EXIT_OK && call->global.json)
		return print_json(&table, &set);
	if (status == EXIT_OK)
		print_table(&table, &set);
	return status;
}
