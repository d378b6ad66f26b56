/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl department: those that use terminals, and whom to call. */
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "ids.h"
#include "output.h"

/* S-03 */
static const struct jk_rule rule = { JK_OP_CONFIG, JK_FUNCTION_COUNT,
	{ .roles = 1u << JK_ROLE_SYSTEM_MANAGER } };

static const char *const keys[] = { "name", "contact", NULL };

static int
add(struct jk_change *c, const char *id)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	int status;

	if ((status = jk_change_is_new(c, "department", id)) != EXIT_OK ||
	    (status = jk_change_permit(c, "", "")) != EXIT_OK)
		return status;
	if (jk_textrow_init(&row, "department", id) != JK_OK)
		return EXIT_REFUSED;
	if ((status = jk_change_take(c, &row, keys)) != EXIT_OK ||
	    (status = jk_change_put(c, &row)) != EXIT_OK)
		return status;
	return jk_change_commit(c, _("added: department %s %s"), id,
	    jk_textrow_get(&row, "name"));
}

static int
run_add(const struct jk_call *call)
{
	const char *id = jk_call_get(call, "DEPARTMENT");
	struct jk_change c;
	int status;

	if (!jk_row_id_is_valid(id))
		return jk_id_error(id);
	status = jk_change_begin(call, &rule, &c);
	if (status == EXIT_OK)
		status = add(&c, id);
	jk_change_end(&c);
	return status;
}

static int
change(struct jk_change *c, const char *id)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	int status;

	if ((status = jk_change_row(c, "department", id, &row)) != EXIT_OK ||
	    (status = jk_change_permit(c, "", "")) != EXIT_OK ||
	    (status = jk_change_take(c, &row, keys)) != EXIT_OK ||
	    (status = jk_change_put(c, &row)) != EXIT_OK)
		return status;
	return jk_change_commit(c, _("changed: department %s"), id);
}

static int
run_change(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &rule, &c);

	if (status == EXIT_OK)
		status = change(&c, jk_call_get(call, "DEPARTMENT"));
	jk_change_end(&c);
	return status;
}

/* Who still belongs to it. The builder looks at this as well, but not any
 * more once the last department is gone. */
struct members {
	size_t persons, opids, roles, terminals;
};

static size_t
terminals_of(const struct jk_list *list, const char *id)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_terminal *t = jk_list_at(list, i);

		for (size_t j = 0; j < t->n_departments; j++)
			n += strcmp(t->department[j], id) == 0;
	}
	return n;
}

static struct members
members_of(const struct jk_rowset *set, const char *id)
{
	struct members m = { .terminals = terminals_of(&set->terminal, id) };

	for (size_t i = 0; i < set->person.n; i++) {
		const struct jk_person *p = jk_list_at(&set->person, i);

		m.persons += strcmp(p->department, id) == 0;
	}
	for (size_t i = 0; i < set->opid.n; i++) {
		const struct jk_opid *o = jk_list_at(&set->opid, i);

		m.opids += strcmp(o->department, id) == 0;
	}
	for (size_t i = 0; i < set->role.n; i++) {
		const struct jk_role *r = jk_list_at(&set->role, i);

		m.roles += strcmp(r->department, id) == 0;
	}
	return m;
}

static int
remove_department(struct jk_change *c, const char *id)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	struct members m;
	int status;

	if ((status = jk_change_row(c, "department", id, &row)) != EXIT_OK ||
	    (status = jk_change_permit(c, "", "")) != EXIT_OK)
		return status;
	m = members_of(&c->set, id);
	if (m.persons + m.opids + m.roles + m.terminals > 0)
		return jk_change_refuse(c, JK_WHY_ROW_BAD,
		    _("department \"%s\" still has %zu persons, %zu operator "
		      "IDs, %zu roles and %zu terminals: move them first"),
		    id, m.persons, m.opids, m.roles, m.terminals);
	status = jk_change_remove(c, "department", id);
	return status != EXIT_OK
	           ? status
	           : jk_change_commit(c, _("removed: department %s"), id);
}

static int
run_remove(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &rule, &c);

	if (status == EXIT_OK)
		status = remove_department(&c, jk_call_get(call, "DEPARTMENT"));
	jk_change_end(&c);
	return status;
}

static int
run_list(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "id", N_("Department") },
		{ "name", N_("Department name") },
		{ "contact", N_("Contact") },
		{ NULL, NULL },
	};
	struct jk_table *table = jk_table_new(columns, call->global.json);
	struct jk_view v;
	int status = jk_view_open(call, &v);

	for (size_t i = 0; status == EXIT_OK && i < v.set.department.n; i++) {
		const struct jk_department *d =
		    jk_list_at(&v.set.department, i);

		jk_table_add(table,
		    (const char *[]){ d->id, d->name, d->contact });
	}
	jk_view_close(&v);
	return status == EXIT_OK ? jk_table_print(&table) : status;
}

#define DEPARTMENT                                                            \
	{                                                                     \
		JK_PARAM_WORD, "DEPARTMENT", NULL, N_("id of the department") \
	}

const struct jk_command jk_department_commands[] = {
	{ "department", "add", run_add, N_("register a department"),
	    { DEPARTMENT,
	        { JK_PARAM_NEEDED, "name", "TEXT", N_("as people read it") },
	        { JK_PARAM_VALUE, "contact", "TEXT",
	            N_("whom to call, shown in messages") } } },
	{ "department", "change", run_change, N_("change what is known of one"),
	    { DEPARTMENT,
	        { JK_PARAM_VALUE, "name", "TEXT", N_("as people read it") },
	        { JK_PARAM_VALUE, "contact", "TEXT",
	            N_("whom to call, shown in messages") } } },
	{ "department", "remove", run_remove,
	    N_("remove one that nobody belongs to"), { DEPARTMENT } },
	{ "department", "list", run_list, N_("list departments"), { { 0 } } },
	{ 0 },
};
