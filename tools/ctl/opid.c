/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl operator-id: who may do what (操作者ID, S 第8条). */
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "clock.h"
#include "granting.h"
#include "handedon.h"
#include "names.h"
#include "output.h"
#include "period.h"
#include "plaintext.h"
#include "whose.h"

#define OFFICERS .roles = JK_WHOSE_RIGHTS

static const struct jk_rule grant_rule = { JK_OP_GRANT,
	JK_FUNC_PERMISSION_ADD_RETURN, { OFFICERS } };
/* Anybody may give back what is his. */
static const struct jk_rule return_rule = { JK_OP_REVOKE,
	JK_FUNC_PERMISSION_ADD_RETURN, { OFFICERS, .own = true } };
static const struct jk_rule disable_rule = { JK_OP_DISABLE, JK_FUNC_DISABLE,
	{ OFFICERS } };
/* To enable is to grant once more. */
static const struct jk_rule enable_rule = { JK_OP_DISABLE,
	JK_FUNC_PERMISSION_ADD_RETURN, { OFFICERS } };
static const struct jk_rule expiry_rule = { JK_OP_EXPIRY, JK_FUNC_EXPIRY,
	{ OFFICERS } };

/* An operator ID as it stands, as text and read. */
struct held {
	struct jk_textrow row;
	struct jk_opid opid;
};

static void
release(struct held *held)
{
	jk_textrow_clear(&held->row);
}

static int
refuse_value(struct jk_change *c, const char *key, const char *why)
{
	return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s: %s", key,
	    jk_name_fault(why));
}

/* By the rule of the two steps. */
static int
check_rule(struct jk_change *c, const struct jk_grant *grant)
{
	char text[JK_GRANT_TEXT_MAX];
	int64_t limit;
	const enum jk_reason why = jk_grant_check(grant, &limit);

	if (why == JK_WHY_GRANTED)
		return EXIT_OK;
	jk_granting_explain(grant, why, limit, text);
	return jk_change_refuse(c, why, "%s", text);
}

/* S-18: the book of changes says why. */
static int
need_reason(const struct jk_call *call)
{
	return call->global.why[0] != '\0'
	           ? EXIT_OK
	           : jk_usage_error(_("\"--reason TEXT\" is needed: it stands "
	                              "in the ledger"));
}

/* Granting. */

static void
choose_id(const struct jk_change *c, const char *person,
    char ret[static JK_ID_MAX + 1])
{
	char prefix[JK_ID_MAX / 2];

	if (snprintf(prefix, sizeof(prefix), "%s-", person) >=
	    (int)sizeof(prefix))
		strcpy(prefix, "m");
	jk_change_new_id(c, "operator-id", prefix, ret);
}

/* One right of a kind is enough; its time can be changed. */
static int
refuse_second(struct jk_change *c, const struct jk_grant *g)
{
	for (size_t i = 0; i < g->n_opids; i++) {
		const struct jk_opid *o = &g->opids[i];

		if (strcmp(o->person, g->person->id) == 0 &&
		    strcmp(o->type, g->type->id) == 0 &&
		    strcmp(o->department, g->department) == 0 &&
		    (o->valid.until == 0 || o->valid.until > c->now))
			return jk_change_refuse(c, JK_WHY_ROW_EXISTS,
			    _("%s holds %s of this type already: change its "
			      "time with \"jukinetctl operator-id expiry\", or "
			      "enable it"),
			    g->person->id, o->id);
	}
	return EXIT_OK;
}

/* The row as it is asked for; what was not said comes later. */
static int
fill_row(struct jk_change *c, const struct jk_grant *g, struct held *ret)
{
	static const char *const keys[] = { "valid-from", "valid-until",
		"basis", NULL };
	const char *by = c->actor.console ? JK_LEDGER_CONSOLE : c->actor.person;
	const char *basis = jk_call_get(c->call, "basis");
	const char *why, *key;
	char today[11];
	int status;

	if (!jk_plaintext_says(basis) || strcmp(basis, "-") == 0)
		return refuse_value(c, "basis",
		    N_("it stands in the 管理簿: say what was applied for, or "
		       "ordered"));
	jk_date_format(c->now, today);
	if (jk_textrow_set(&ret->row, "person", g->person->id) != JK_OK ||
	    jk_textrow_set(&ret->row, "type", g->type->id) != JK_OK ||
	    jk_textrow_set(&ret->row, "department", g->department) != JK_OK ||
	    jk_textrow_set(&ret->row, "valid-from", today) != JK_OK ||
	    jk_textrow_set(&ret->row, "granted-by", by) != JK_OK)
		return EXIT_REFUSED;
	status = jk_change_take(c, &ret->row, keys);
	if (status != EXIT_OK)
		return status;
	why = jk_granting_read(&ret->row, &ret->opid, &key);
	return why == NULL ? EXIT_OK : refuse_value(c, key, why);
}

static int
set_until(struct jk_change *c, struct jk_grant *g, struct held *held)
{
	if (jk_call_has(c->call, "valid-until")) {
		g->until = held->opid.valid.until;
	} else {
		g->until = jk_granting_default_until(g, held->opid.valid.from);
		if (jk_textrow_set(&held->row, "valid-until",
		        jk_show_until(g->until)) != JK_OK)
			return EXIT_REFUSED;
	}
	if (g->until != 0 && g->until <= c->now)
		return refuse_value(c, "valid-until",
		    N_("this day has passed"));
	if (g->until != 0 && g->until <= held->opid.valid.from)
		return jk_change_refuse(c, JK_WHY_GRANT_BEYOND,
		    _("it could last until %s only, and would begin later"),
		    jk_show_until(g->until));
	return EXIT_OK;
}

static int
grant_to(struct jk_change *c, struct jk_grant *g, const char *id)
{
	JK_CLEANUP(release) struct held held = { 0 };
	int status;

	if (jk_textrow_init(&held.row, "operator-id", id) != JK_OK)
		return jk_id_error(id);
	if ((status = fill_row(c, g, &held)) != EXIT_OK ||
	    (status = set_until(c, g, &held)) != EXIT_OK ||
	    (status = check_rule(c, g)) != EXIT_OK ||
	    (status = refuse_second(c, g)) != EXIT_OK ||
	    (status = jk_change_put(c, &held.row)) != EXIT_OK)
		return status;
	return jk_change_commit(c, _("granted: %s %s %s, until %s"), id,
	    g->person->name, jk_name_type_id(g->type->id),
	    jk_show_end(g->until));
}

static int
grant(struct jk_change *c)
{
	const char *person = jk_call_get(c->call, "person");
	const char *type = jk_call_get(c->call, "type");
	const char *department = jk_call_get(c->call, "department");
	const char *given = jk_call_get(c->call, "id");
	char id[JK_ID_MAX + 1];
	struct jk_grant g;
	int status;

	choose_id(c, person, id);
	status = jk_change_is_new(c, "operator-id", given != NULL ? given : id);
	if (status != EXIT_OK)
		return status;
	g = jk_granting_ask_by_id(c, person, type);
	if (g.person == NULL)
		return jk_change_refuse(c, JK_WHY_ROW_NONE,
		    _("there is no person \"%s\""), person);
	if (g.type == NULL)
		return jk_change_refuse(c, JK_WHY_ROW_NONE,
		    _("the policy has no type \"%s\""), type);
	if (department != NULL)
		g.department = department;
	return grant_to(c, &g, given != NULL ? given : id);
}

static int
run_grant(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &grant_rule, &c);

	if (status == EXIT_OK)
		status = grant(&c);
	jk_change_end(&c);
	return status;
}

/* What stands there. */

static int
take(struct jk_change *c, const char *id, struct held *ret)
{
	int status = jk_change_row(c, "operator-id", id, &ret->row);
	const char *why, *key;

	if (status != EXIT_OK)
		return status;
	why = jk_granting_read(&ret->row, &ret->opid, &key);
	if (why != NULL)
		return refuse_value(c, key, why);
	strcpy(ret->opid.id, id);
	return jk_change_permit(c, ret->opid.person, ret->opid.department);
}

/* What somebody gives back himself, nobody takes from him. */
static int
permit_less(struct jk_change *c, const struct jk_opid *opid)
{
	return c->rule->duty.own && jk_duty_is_self(&c->actor, opid->person)
	           ? EXIT_OK
	           : jk_change_permit_end(c, opid->person);
}

static int
end_one(struct jk_change *c, const struct jk_opid *opid,
    JK_UNUSED const char *value)
{
	int status = permit_less(c, opid);

	return status == EXIT_OK ? jk_change_remove(c, "operator-id", opid->id)
	                         : status;
}

static int
run_return(const struct jk_call *call)
{
	JK_CLEANUP(release) struct held held = { 0 };
	const char *id = jk_call_get(call, "OPERATOR-ID");
	struct jk_change c;
	int status = need_reason(call);

	if (status != EXIT_OK)
		return status;
	status = jk_change_begin(call, &return_rule, &c);
	if (status == EXIT_OK)
		status = take(&c, id, &held);
	if (status == EXIT_OK)
		status = end_one(&c, &held.opid, NULL);
	if (status == EXIT_OK)
		status = jk_handed_on(&c, &held.opid, end_one, NULL);
	if (status == EXIT_OK)
		status = jk_change_commit(&c, _("returned: %s %s %s"), id,
		    held.opid.person, jk_name_type_id(held.opid.type));
	jk_change_end(&c);
	return status;
}

/* One key of one row. */
static int
set_one(struct jk_change *c, const struct jk_opid *opid, const char *key,
    const char *value)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	int status = jk_change_row(c, "operator-id", opid->id, &row);

	if (status != EXIT_OK)
		return status;
	return jk_textrow_set(&row, key, value) == JK_OK
	           ? jk_change_put(c, &row)
	           : EXIT_REFUSED;
}

static int
disable_one(struct jk_change *c, const struct jk_opid *opid,
    JK_UNUSED const char *value)
{
	int status = permit_less(c, opid);

	return status == EXIT_OK ? set_one(c, opid, "enabled", "no") : status;
}

static int
run_disable(const struct jk_call *call)
{
	JK_CLEANUP(release) struct held held = { 0 };
	const char *id = jk_call_get(call, "OPERATOR-ID");
	struct jk_change c;
	int status = need_reason(call);

	if (status != EXIT_OK)
		return status;
	status = jk_change_begin(call, &disable_rule, &c);
	if (status == EXIT_OK)
		status = take(&c, id, &held);
	if (status == EXIT_OK)
		status = disable_one(&c, &held.opid, NULL);
	if (status == EXIT_OK)
		status = jk_handed_on(&c, &held.opid, disable_one, NULL);
	if (status == EXIT_OK)
		status = jk_change_commit(&c, _("disabled: %s"), id);
	jk_change_end(&c);
	return status;
}

/* What gives more than there was follows the rule of a grant. */
static int
check_more(struct jk_change *c, const struct jk_opid *opid, int64_t until)
{
	struct jk_grant g = jk_granting_ask_by_id(c, opid->person, opid->type);

	if (g.person == NULL || g.type == NULL)
		return jk_change_refuse(c, JK_WHY_ROW_NONE,
		    _("its person or its type is there no more: return it"));
	g.department = opid->department;
	g.until = until;
	return check_rule(c, &g);
}

static int
run_enable(const struct jk_call *call)
{
	JK_CLEANUP(release) struct held held = { 0 };
	const char *id = jk_call_get(call, "OPERATOR-ID");
	struct jk_change c;
	int status = jk_change_begin(call, &enable_rule, &c);

	if (status == EXIT_OK)
		status = take(&c, id, &held);
	if (status == EXIT_OK && !held.opid.enabled)
		status = check_more(&c, &held.opid, held.opid.valid.until);
	if (status == EXIT_OK)
		status = set_one(&c, &held.opid, "enabled", "");
	if (status == EXIT_OK)
		status = jk_change_commit(&c, _("enabled: %s"), id);
	jk_change_end(&c);
	return status;
}

static int
shorten_one(struct jk_change *c, const struct jk_opid *opid, const char *value)
{
	int status = permit_less(c, opid);

	return status == EXIT_OK ? set_one(c, opid, "valid-until", value)
	                         : status;
}

static bool
is_more(int64_t until, int64_t than)
{
	return than != 0 && (until == 0 || until > than);
}

static int
change_expiry(struct jk_change *c, const char *id)
{
	JK_CLEANUP(release) struct held held = { 0 };
	static const char *const keys[] = { "valid-until", NULL };
	struct jk_opid new = { 0 };
	const char *why;
	int status = take(c, id, &held);

	if (status == EXIT_OK)
		status = jk_change_take(c, &held.row, keys);
	if (status != EXIT_OK)
		return status;
	why = jk_granting_read(&held.row, &new, NULL);
	if (why != NULL)
		return refuse_value(c, "valid-until", why);
	strcpy(new.id, id);
	if (is_more(new.valid.until, held.opid.valid.until))
		status = check_more(c, &held.opid, new.valid.until);
	else if (is_more(held.opid.valid.until, new.valid.until))
		status = permit_less(c, &held.opid);
	if (status == EXIT_OK)
		status = jk_change_put(c, &held.row);
	if (status == EXIT_OK &&
	    is_more(held.opid.valid.until, new.valid.until))
		status = jk_handed_on(c, &new, shorten_one,
		    jk_call_get(c->call, "valid-until"));
	return status != EXIT_OK
	           ? status
	           : jk_change_commit(c, _("changed: %s, until %s"), id,
	                 jk_show_end(new.valid.until));
}

static int
run_expiry(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &expiry_rule, &c);

	if (status == EXIT_OK)
		status = change_expiry(&c, jk_call_get(call, "OPERATOR-ID"));
	jk_change_end(&c);
	return status;
}

/* 管理簿, as it stands today (M-4). */

static const char *
state_of(const struct jk_view *v, const struct jk_opid *o)
{
	const struct jk_type *type = jk_find_type(&v->set, o->type);

	if (!o->enabled)
		return N_("disabled");
	if (o->valid.until != 0 && v->now >= o->valid.until)
		return N_("ended");
	if (type == NULL || !type->enabled)
		return N_("type is off");
	return jk_period_word(&o->valid, v->now);
}

static void
list_one(struct jk_table *table, const struct jk_view *v,
    const struct jk_opid *o)
{
	const struct jk_person *p = jk_find_person(&v->set, o->person);

	jk_table_add(table,
	    (const char *[]){ o->id, jk_show_type(v->call, o->type), o->person,
	        p != NULL ? p->name : "", o->department,
	        jk_show_from(o->valid.from), jk_show_until(o->valid.until),
	        jk_view_kept(v, "operator-id", o->id, "basis"),
	        jk_view_kept(v, "operator-id", o->id, "granted-by"),
	        jk_show_word(v->call, state_of(v, o)) });
}

static bool
is_wanted(const struct jk_call *call, const struct jk_opid *o)
{
	const struct {
		const char *option, *value;
	} rows[] = {
		{ "person", o->person },
		{ "type", o->type },
		{ "department", o->department },
	};

	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const char *wanted = jk_call_get(call, rows[i].option);

		if (wanted != NULL && strcmp(wanted, rows[i].value) != 0)
			return false;
	}
	return true;
}

static int
run_list(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "id", N_("Operator ID") },
		{ "type", N_("Type") },
		{ "person", N_("Person") },
		{ "name", N_("Name") },
		{ "department", N_("Department") },
		{ "valid-from", N_("From") },
		{ "valid-until", N_("Until") },
		{ "basis", N_("Basis") },
		{ "granted-by", N_("Granted by") },
		{ "state", N_("State") },
		{ NULL, NULL },
	};
	struct jk_table *table = jk_table_new(columns, call->global.json);
	struct jk_view v;
	int status = jk_view_open(call, &v);

	for (size_t i = 0; status == EXIT_OK && i < v.set.opid.n; i++) {
		const struct jk_opid *o = jk_list_at(&v.set.opid, i);

		if (is_wanted(call, o))
			list_one(table, &v, o);
	}
	jk_view_close(&v);
	return status == EXIT_OK ? jk_table_print(&table) : status;
}

#define OPID                                               \
	{                                                  \
		JK_PARAM_WORD, "OPERATOR-ID", NULL,        \
		    N_("id of the operator ID (操作者ID)") \
	}
#define HANDED_ON                                                               \
	{                                                                       \
		JK_PARAM_FLAG, "handed-on", NULL,                               \
		    N_("also those that the access manager handed on from it, " \
		       "when no other of the department could have")            \
	}

const struct jk_command jk_opid_commands[] = {
	{ "operator-id", "grant", run_grant,
	    N_("give a person the right of a type"),
	    { { JK_PARAM_NEEDED, "person", "ID", N_("who gets it") },
	        { JK_PARAM_NEEDED, "type", "ID",
	            N_("which of the nine types, by id or number") },
	        { JK_PARAM_NEEDED, "basis", "TEXT",
	            N_("what was applied for, or ordered") },
	        { JK_PARAM_VALUE, "department", "ID",
	            N_("for which department; default: the person's") },
	        { JK_PARAM_VALUE, "valid-from", "DATE",
	            N_("first good day; default: today") },
	        { JK_PARAM_VALUE, "valid-until", "DATE",
	            N_("last good day; default: end of the fiscal year") },
	        { JK_PARAM_VALUE, "id", "ID",
	            N_("its id; default: a new one") } } },
	{ "operator-id", "return", run_return,
	    N_("end a right: it is removed, and stays in the ledger"),
	    { OPID, HANDED_ON } },
	{ "operator-id", "disable", run_disable,
	    N_("refuse an operator ID for the time being"),
	    { OPID, HANDED_ON } },
	{ "operator-id", "enable", run_enable,
	    N_("let a disabled one be used again"), { OPID } },
	{ "operator-id", "expiry", run_expiry, N_("set the last good day"),
	    { OPID,
	        { JK_PARAM_NEEDED, "valid-until", "DATE", N_("last good day") },
	        HANDED_ON } },
	{ "operator-id", "list", run_list,
	    N_("list operator IDs as they stand (管理簿)"),
	    { { JK_PARAM_VALUE, "person", "ID", N_("only of this person") },
	        { JK_PARAM_VALUE, "type", "ID", N_("only of this type") },
	        { JK_PARAM_VALUE, "department", "ID",
	            N_("only of this department") } } },
	{ 0 },
};
