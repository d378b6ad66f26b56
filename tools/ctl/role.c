/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl role: the officers of S 第3条, and who appoints them. */
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "clock.h"
#include "granting.h"
#include "names.h"
#include "output.h"
#include "period.h"

static bool
needs_department(enum jk_role_name role)
{
	return role == JK_ROLE_ACCESS_MANAGER ||
	       role == JK_ROLE_SECURITY_MANAGER;
}

static const char *
role_id(enum jk_role_name role)
{
	return jk_word_id(&jk_role_names, role);
}

static const char *
role_name(enum jk_role_name role)
{
	return jk_name_here(&jk_role_names, role);
}

/* S-02 to S-06; nobody appoints himself. */
static int
permit(struct jk_change *c, struct jk_rule *rule, const struct jk_role *role)
{
	rule->duty.roles = jk_duty_appoints(role->role);
	return jk_change_permit(c, role->person, role->department);
}

static int
refuse_second(struct jk_change *c, const struct jk_role *new)
{
	for (size_t i = 0; i < c->set.role.n; i++) {
		const struct jk_role *r = jk_list_at(&c->set.role, i);

		if (r->role == new->role &&
		    strcmp(r->person, new->person) == 0 &&
		    strcmp(r->department, new->department) == 0 &&
		    (r->valid.until == 0 || r->valid.until > c->now))
			return jk_change_refuse(c, JK_WHY_ROW_EXISTS,
			    _("%s is %s already (%s)"), r->person,
			    role_name(r->role), r->id);
	}
	return EXIT_OK;
}

static int
check(struct jk_change *c, struct jk_rule *rule, const struct jk_role *role)
{
	int status;

	if (jk_find_person(&c->set, role->person) == NULL)
		return jk_change_refuse(c, JK_WHY_ROW_NONE,
		    _("there is no person \"%s\""), role->person);
	if (needs_department(role->role) && role->department[0] == '\0')
		return jk_usage_error(
		    _("%s is of one department: name it with --department"),
		    role_name(role->role));
	if ((status = permit(c, rule, role)) != EXIT_OK)
		return status;
	if (jk_duty_is_self(&c->actor, role->person))
		return jk_change_refuse(c, JK_WHY_SELF_APPROVAL, "%s",
		    _("nobody appoints himself: another officer who may do "
		      "this, or the console, does it"));
	return refuse_second(c, role);
}

static int
fill_row(struct jk_change *c, struct jk_textrow *ret, struct jk_role *ret_role)
{
	static const char *const keys[] = { "person", "role", "department",
		"valid-from", "valid-until", NULL };
	char today[11];
	const char *why, *key;
	int status;

	jk_date_format(c->now, today);
	if (jk_textrow_set(ret, "valid-from", today) != JK_OK)
		return EXIT_REFUSED;
	status = jk_change_take(c, ret, keys);
	if (status != EXIT_OK)
		return status;
	why = jk_granting_read(ret, ret_role, &key);
	return why == NULL ? EXIT_OK
	                   : jk_change_refuse(c, JK_WHY_ROW_BAD, "%s: %s", key,
	                         jk_name_fault(why));
}

static int
add(struct jk_change *c, struct jk_rule *rule)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *given = jk_call_get(c->call, "id");
	struct jk_role role = { 0 };
	char id[JK_ID_MAX + 1];
	int status;

	jk_change_new_id(c, "role", "r", id);
	status = jk_change_is_new(c, "role", given != NULL ? given : id);
	if (status != EXIT_OK)
		return status;
	if (jk_textrow_init(&row, "role", given != NULL ? given : id) != JK_OK)
		return jk_id_error(given);
	if ((status = fill_row(c, &row, &role)) != EXIT_OK ||
	    (status = check(c, rule, &role)) != EXIT_OK ||
	    (status = jk_change_put(c, &row)) != EXIT_OK)
		return status;
	return jk_change_commit(c, _("appointed: %s is %s (%s)"), role.person,
	    role_name(role.role), row.id);
}

static int
run_add(const struct jk_call *call)
{
	struct jk_rule rule = { JK_OP_ROLE_ASSIGN, JK_FUNCTION_COUNT, { 0 } };
	struct jk_change c;
	int status = jk_change_begin(call, &rule, &c);

	if (status == EXIT_OK)
		status = add(&c, &rule);
	jk_change_end(&c);
	return status;
}

/* A department without one can grant nothing (S-05). */
static void
say_what_is_left(const struct jk_change *c, const struct jk_role *ended)
{
	if (ended->role != JK_ROLE_ACCESS_MANAGER)
		return;
	for (size_t i = 0; i < c->set.opid.n; i++) {
		const struct jk_opid *o = jk_list_at(&c->set.opid, i);

		if (strcmp(o->person, ended->person) == 0 &&
		    strcmp(o->department, ended->department) == 0)
			fprintf(stderr,
			    _("note: %s still holds operator ID %s (%s): "
			      "return it, or let the security officer grant it "
			      "to the successor\n"),
			    o->person, o->id, jk_name_type_id(o->type));
	}
	for (size_t i = 0; i < c->set.role.n; i++) {
		const struct jk_role *r = jk_list_at(&c->set.role, i);

		if (r->role == JK_ROLE_ACCESS_MANAGER &&
		    strcmp(r->department, ended->department) == 0 &&
		    strcmp(r->id, ended->id) != 0 &&
		    (r->valid.until == 0 || r->valid.until > c->now))
			return;
	}
	fprintf(stderr,
	    _("note: department \"%s\" then has no access manager\n"),
	    ended->department);
}

static int
cut(struct jk_change *c, const struct jk_ending *ending,
    const struct jk_role *role, struct jk_textrow *row)
{
	enum jk_ended ended;

	if (jk_ending_apply(ending, &role->valid, row, &ended) != JK_OK)
		return EXIT_REFUSED;
	if (ended == JK_ENDED_NEVER)
		return jk_change_remove(c, "role", row->id);
	return ended == JK_ENDED_CUT ? jk_change_put(c, row) : EXIT_OK;
}

static int
end(struct jk_change *c, struct jk_rule *rule, const char *id)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	struct jk_role role = { 0 };
	struct jk_ending ending;
	const char *why;
	int status =
	    jk_ending_read(jk_call_get(c->call, "date"), c->now, &ending);

	if (status == EXIT_OK)
		status = jk_change_row(c, "role", id, &row);
	if (status != EXIT_OK)
		return status;
	why = jk_granting_read(&row, &role, NULL);
	if (why != NULL)
		return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s",
		    jk_name_fault(why));
	strcpy(role.id, id);
	if ((status = permit(c, rule, &role)) != EXIT_OK ||
	    (status = cut(c, &ending, &role, &row)) != EXIT_OK)
		return status;
	say_what_is_left(c, &role);
	return jk_change_commit(c, _("ended: %s is no longer %s, from %s"),
	    role.person, role_name(role.role), jk_show_from(ending.until));
}

static int
run_end(const struct jk_call *call)
{
	/* Anybody may lay down his own. */
	struct jk_rule rule = { JK_OP_ROLE_REMOVE, JK_FUNCTION_COUNT,
		{ .own = true } };
	struct jk_change c;
	int status = jk_change_begin(call, &rule, &c);

	if (status == EXIT_OK)
		status = end(&c, &rule, jk_call_get(call, "ROLE-ID"));
	jk_change_end(&c);
	return status;
}

static bool
is_wanted(const struct jk_view *v, const struct jk_role *r)
{
	const char *role = jk_call_get(v->call, "role");
	const char *person = jk_call_get(v->call, "person");
	const char *department = jk_call_get(v->call, "department");

	if (r->valid.until != 0 && v->now >= r->valid.until &&
	    !jk_call_has(v->call, "all"))
		return false;
	return (role == NULL || strcmp(role, role_id(r->role)) == 0) &&
	       (person == NULL || strcmp(person, r->person) == 0) &&
	       (department == NULL || strcmp(department, r->department) == 0);
}

static void
list_one(struct jk_table *table, const struct jk_view *v,
    const struct jk_role *r)
{
	const struct jk_person *p = jk_find_person(&v->set, r->person);

	jk_table_add(table,
	    (const char *[]){ r->id,
	        jk_show_name(v->call, &jk_role_names, r->role), r->person,
	        p != NULL ? p->name : "", r->department,
	        jk_show_from(r->valid.from), jk_show_until(r->valid.until),
	        jk_show_word(v->call, jk_period_word(&r->valid, v->now)) });
}

static int
run_list(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "id", N_("Id") },
		{ "role", N_("Role") },
		{ "person", N_("Person") },
		{ "name", N_("Name") },
		{ "department", N_("Department") },
		{ "valid-from", N_("From") },
		{ "valid-until", N_("Until") },
		{ "state", N_("State") },
		{ NULL, NULL },
	};
	struct jk_table *table = jk_table_new(columns, call->global.json);
	struct jk_view v;
	int status = jk_view_open(call, &v);

	for (size_t i = 0; status == EXIT_OK && i < v.set.role.n; i++) {
		const struct jk_role *r = jk_list_at(&v.set.role, i);

		if (is_wanted(&v, r))
			list_one(table, &v, r);
	}
	jk_view_close(&v);
	return status == EXIT_OK ? jk_table_print(&table) : status;
}

const struct jk_command jk_role_commands[] = {
	{ "role", "add", run_add, N_("appoint an officer"),
	    { { JK_PARAM_NEEDED, "role", "ROLE",
	          N_("chief-security-officer, system-manager, "
	             "security-officer, security-manager, access-manager, "
	             "identity-info-officer, entry-manager or auditor") },
	        { JK_PARAM_NEEDED, "person", "ID", N_("who becomes it") },
	        { JK_PARAM_VALUE, "department", "ID",
	            N_("for which department; none: the whole office") },
	        { JK_PARAM_VALUE, "valid-from", "DATE",
	            N_("first good day; default: today") },
	        { JK_PARAM_VALUE, "valid-until", "DATE",
	            N_("last good day; default: none") },
	        { JK_PARAM_VALUE, "id", "ID",
	            N_("its id; default: a new one") } } },
	{ "role", "end", run_end, N_("end an appointment"),
	    { { JK_PARAM_WORD, "ROLE-ID", NULL, N_("id of the appointment") },
	        { JK_PARAM_VALUE, "date", "DATE",
	            N_("last good day; default: at once") } } },
	{ "role", "list", run_list, N_("list officers"),
	    { { JK_PARAM_VALUE, "role", "ROLE", N_("only this role") },
	        { JK_PARAM_VALUE, "person", "ID", N_("only of this person") },
	        { JK_PARAM_VALUE, "department", "ID",
	            N_("only of this department") },
	        { JK_PARAM_FLAG, "all", NULL,
	            N_("also those that have ended") } } },
	{ 0 },
};
