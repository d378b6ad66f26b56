/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl account: which Unix account is whose (ユーザID, S 第11条). */
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "accountfinding.h"
#include "change.h"
#include "ids.h"
#include "output.h"
#include "whose.h"

#define SYSTEM_MANAGER                     \
	{                                  \
		.roles = JK_WHOSE_ACCOUNTS \
	}

static const struct jk_rule rule = { JK_OP_PERSON, JK_FUNCTION_COUNT,
	SYSTEM_MANAGER };

static int
check_persons(struct jk_change *c, const char *option)
{
	const char *person;

	for (size_t i = 0;
	     (person = jk_call_get_nth(c->call, option, i)) != NULL; i++) {
		if (jk_find_person(&c->set, person) == NULL)
			return jk_change_refuse(c, JK_WHY_ROW_NONE,
			    _("there is no person \"%s\""), person);
		if (jk_duty_is_self(&c->actor, person))
			return jk_change_refuse(c, JK_WHY_SELF_APPROVAL, "%s",
			    _("nobody adds himself to an account: another "
			      "system manager, or root on the console, does "
			      "it"));
	}
	return EXIT_OK;
}

/* S-27: what is more than a clerk's. */
static int
check_name(struct jk_change *c, const char *name)
{
	const char *fault;

	if (!jk_account_name_is_valid(name))
		return jk_usage_error(_("\"%s\" is no name of a Unix account"),
		    name);
	fault = jk_account_fault(&c->set, name);
	return fault == NULL ? EXIT_OK
	                     : jk_change_refuse(c, JK_WHY_ROW_BAD, "%s", fault);
}

/* It may be another terminal's, or be made after this; or the name is wrong. */
static void
say_stranger(const char *name)
{
	if (getpwnam(name) == NULL)
		fprintf(stderr,
		    _("note: this machine has no account \"%s\": nobody logs "
		      "in here by this row until the administrator makes it "
		      "(useradd)\n"),
		    name);
}

static int
add_persons(struct jk_change *c, const char *option, struct jk_textrow *row)
{
	const char *person;
	int status = check_persons(c, option);

	if (status != EXIT_OK)
		return status;
	for (size_t i = 0;
	     (person = jk_call_get_nth(c->call, option, i)) != NULL; i++)
		if (jk_textrow_add(row, "person", person) != JK_OK)
			return EXIT_REFUSED;
	return EXIT_OK;
}

static int
add(struct jk_change *c, const char *name)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	int status;

	if ((status = jk_change_is_new(c, "account", name)) != EXIT_OK ||
	    (status = jk_change_permit(c, "", "")) != EXIT_OK ||
	    (status = check_name(c, name)) != EXIT_OK)
		return status;
	if (!jk_call_has(c->call, "person"))
		return jk_usage_error(_("\"--person ID\" is needed"));
	if (jk_textrow_init(&row, "account", name) != JK_OK)
		return EXIT_REFUSED;
	if ((status = add_persons(c, "person", &row)) != EXIT_OK ||
	    (status = jk_change_put(c, &row)) != EXIT_OK)
		return status;
	say_stranger(name);
	return jk_change_commit(c, _("added: account %s"), name);
}

static int
run_add(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &rule, &c);

	if (status == EXIT_OK)
		status = add(&c, jk_call_get(call, "ACCOUNT"));
	jk_change_end(&c);
	return status;
}

static int
take_row(struct jk_change *c, const char *name, struct jk_textrow *ret)
{
	int status = jk_change_row(c, "account", name, ret);

	return status == EXIT_OK ? jk_change_permit(c, "", "") : status;
}

static bool
is_dropped(const struct jk_call *call, const char *person)
{
	const char *dropped;

	for (size_t i = 0;
	     (dropped = jk_call_get_nth(call, "drop-person", i)) != NULL; i++)
		if (strcmp(dropped, person) == 0)
			return true;
	return false;
}

static int
change(struct jk_change *c, const char *name)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow old = { 0 };
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *person;
	int status = take_row(c, name, &old);

	if (status != EXIT_OK)
		return status;
	if (jk_textrow_copy(&old, &row) != JK_OK ||
	    jk_textrow_set(&row, "person", "") != JK_OK)
		return EXIT_REFUSED;
	for (size_t i = 0;
	     (person = jk_textrow_get_nth(&old, "person", i)) != NULL; i++)
		if (!is_dropped(c->call, person) &&
		    jk_textrow_add(&row, "person", person) != JK_OK)
			return EXIT_REFUSED;
	status =
	    jk_call_has(c->call, "add-person") ? check_name(c, name) : EXIT_OK;
	if (status == EXIT_OK)
		status = add_persons(c, "add-person", &row);
	if (status != EXIT_OK)
		return status;
	if (jk_textrow_get(&row, "person") == NULL)
		return jk_change_refuse(c, JK_WHY_ROW_BAD,
		    _("nobody would be left who may use \"%s\": remove it "
		      "with \"jukinetctl account remove\""),
		    name);
	status = jk_change_put(c, &row);
	return status != EXIT_OK
	           ? status
	           : jk_change_commit(c, _("changed: account %s"), name);
}

static int
run_change(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &rule, &c);

	if (status == EXIT_OK)
		status = change(&c, jk_call_get(call, "ACCOUNT"));
	jk_change_end(&c);
	return status;
}

static int
run_remove(const struct jk_call *call)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *name = jk_call_get(call, "ACCOUNT");
	struct jk_change c;
	int status = jk_change_begin(call, &rule, &c);

	if (status == EXIT_OK)
		status = take_row(&c, name, &row);
	if (status == EXIT_OK)
		status = jk_change_remove(&c, "account", name);
	if (status == EXIT_OK)
		status = jk_change_commit(&c,
		    _("removed: account %s; the Unix account itself is the "
		      "administrator's (userdel)"),
		    name);
	jk_change_end(&c);
	return status;
}

struct listing {
	const struct jk_view *v;
	struct jk_table *table;
};

/* "p0123 p0124", as long as it fits. */
static void
join(const struct jk_account *a, char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < a->n_persons && len < size; i++)
		len += (size_t)snprintf(ret + len, size - len, "%s%s",
		    i > 0 ? " " : "", a->person[i]);
}

static void
list_one(const struct listing *l, const struct jk_account *a)
{
	const unsigned findings = jk_account_findings(&l->v->set, a, l->v->now);
	char persons[JK_PERSONS_MAX * (JK_ID_MAX + 1)];

	if (findings == 0 && jk_call_has(l->v->call, "findings"))
		return;
	join(a, persons, sizeof(persons));
	jk_table_add(l->table,
	    (const char *[]){ a->name, persons, jk_show_from(a->reviewed),
	        jk_findings_show(l->v->call, findings) });
}

static void
list_stranger(void *ctx, const char *name, unsigned findings)
{
	const struct listing *l = ctx;

	jk_table_add(l->table, (const char *[]){ name, "", "",
	                           jk_findings_show(l->v->call, findings) });
}

static int
run_list(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "account", N_("Account") },
		{ "persons", N_("Persons") },
		{ "reviewed", N_("Reviewed") },
		{ "findings", N_("Findings") },
		{ NULL, NULL },
	};
	struct jk_view v;
	int status = jk_view_open(call, &v);
	struct listing l = { &v, jk_table_new(columns, call->global.json) };

	for (size_t i = 0; status == EXIT_OK && i < v.set.account.n; i++)
		list_one(&l, jk_list_at(&v.set.account, i));
	if (status == EXIT_OK)
		jk_account_strangers(&v.set, list_stranger, &l);
	jk_view_close(&v);
	return status == EXIT_OK ? jk_table_print(&l.table) : status;
}

#define ACCOUNT                                               \
	{                                                     \
		JK_PARAM_WORD, "ACCOUNT", NULL,               \
		    N_("name of the Unix account (ユーザID)") \
	}

const struct jk_command jk_account_commands[] = {
	{ "account", "add", run_add, N_("register who may use a Unix account"),
	    { ACCOUNT,
	        { JK_PARAM_LIST, "person", "ID", N_("who may use it") } } },
	{ "account", "change", run_change, N_("change who may use it"),
	    { ACCOUNT,
	        { JK_PARAM_LIST, "add-person", "ID",
	            N_("who may use it from now on") },
	        { JK_PARAM_LIST, "drop-person", "ID",
	            N_("who may no longer") } } },
	{ "account", "remove", run_remove, N_("let nobody use it any more"),
	    { ACCOUNT } },
	{ "account", "list", run_list,
	    N_("list accounts, and what is wrong with them"),
	    { { JK_PARAM_FLAG, "findings", NULL,
	        N_("only where something is wrong") } } },
	{ 0 },
};
