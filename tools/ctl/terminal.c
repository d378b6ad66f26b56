/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl terminal: where operators may work (端末). */
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "ids.h"
#include "names.h"
#include "output.h"
#include "period.h"

#define LIST_MAX (JK_DEPARTMENTS_MAX * (JK_ID_MAX + 2))

/* S-03: the configuration is the system manager's. */
static const struct jk_rule config_rule = { JK_OP_CONFIG, JK_FUNCTION_COUNT,
	{ .roles = 1u << JK_ROLE_SYSTEM_MANAGER } };
/* T-38: a theft does not wait for him. */
static const struct jk_rule revoke_rule = { JK_OP_REVOKE, JK_FUNCTION_COUNT,
	{ .roles = (1u << JK_ROLE_SYSTEM_MANAGER) |
	           (1u << JK_ROLE_SECURITY_OFFICER) } };

static const char *const keys[] = { "class", "department", "site", "room-level",
	NULL };

/* Terminals are the whole office's, whoever works there. */
static int
permit(struct jk_change *c)
{
	return jk_change_permit(c, "", "");
}

static int
add(struct jk_change *c, const char *id)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	int status;

	if ((status = jk_change_is_new(c, "terminal", id)) != EXIT_OK ||
	    (status = permit(c)) != EXIT_OK)
		return status;
	if (jk_textrow_init(&row, "terminal", id) != JK_OK)
		return EXIT_REFUSED;
	if ((status = jk_change_take(c, &row, keys)) != EXIT_OK ||
	    (status = jk_change_put(c, &row)) != EXIT_OK)
		return status;
	return jk_change_commit(c, _("added: terminal %s (%s)"), id,
	    jk_name_here(&jk_classes,
	        jk_word_find(&jk_classes, jk_call_get(c->call, "class"))));
}

static int
run_add(const struct jk_call *call)
{
	const char *id = jk_call_get(call, "TERMINAL");
	struct jk_change c;
	int status;

	if (!jk_row_id_is_valid(id))
		return jk_id_error(id);
	status = jk_change_begin(call, &config_rule, &c);
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

	if ((status = jk_change_row(c, "terminal", id, &row)) != EXIT_OK ||
	    (status = permit(c)) != EXIT_OK ||
	    (status = jk_change_take(c, &row, keys)) != EXIT_OK ||
	    (status = jk_change_put(c, &row)) != EXIT_OK)
		return status;
	return jk_change_commit(c, _("changed: terminal %s"), id);
}

static int
run_change(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &config_rule, &c);

	if (status == EXIT_OK)
		status = change(&c, jk_call_get(call, "TERMINAL"));
	jk_change_end(&c);
	return status;
}

/* Into that state; "" is the one without a word. */
static int
set_state(struct jk_change *c, const char *id, const char *state)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	int status;

	if ((status = jk_change_row(c, "terminal", id, &row)) != EXIT_OK ||
	    (status = permit(c)) != EXIT_OK)
		return status;
	if (jk_textrow_set(&row, "state", state) != JK_OK)
		return EXIT_REFUSED;
	return jk_change_put(c, &row);
}

static int
revoke(struct jk_change *c, const char *id)
{
	unsigned long long number;
	int status = set_state(c, id, "revoked");

	if (status != EXIT_OK)
		return status;
	number = jk_store_head(c->store)->number + 1;
	return jk_change_commit(c,
	    _("revoked: terminal %s; once it has registry number %llu it "
	      "lets nobody in. If it was stolen it may never get that: call "
	      "those who run the network, and revoke the cards that went "
	      "with it"),
	    id, number);
}

static int
run_revoke(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &revoke_rule, &c);

	if (status == EXIT_OK)
		status = revoke(&c, jk_call_get(call, "TERMINAL"));
	jk_change_end(&c);
	return status;
}

static int
run_restore(const struct jk_call *call)
{
	const char *id = jk_call_get(call, "TERMINAL");
	struct jk_change c;
	int status = jk_change_begin(call, &config_rule, &c);

	if (status == EXIT_OK)
		status = set_state(&c, id, "");
	if (status == EXIT_OK)
		status = jk_change_commit(&c,
		    _("restored: terminal %s may be used again"), id);
	jk_change_end(&c);
	return status;
}

static bool
is_used_by(const struct jk_terminal *t, const char *department)
{
	for (size_t i = 0; i < t->n_departments; i++)
		if (strcmp(t->department[i], department) == 0)
			return true;
	return false;
}

static const char *
join_departments(const struct jk_terminal *t)
{
	static char text[LIST_MAX];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < t->n_departments; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s",
		    i > 0 ? ", " : "", t->department[i]);
	return text;
}

static void
add_row(struct jk_table *table, const struct jk_call *call,
    const struct jk_terminal *t)
{
	jk_table_add(table,
	    (const char *[]){ t->id, jk_show_name(call, &jk_classes, t->class),
	        join_departments(t), t->site,
	        t->room_level == 0 ? ""
	                           : jk_word_id(&jk_room_levels, t->room_level),
	        jk_show_word(call,
	            t->revoked ? N_("revoked") : N_("active")) });
}

static int
run_list(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "id", N_("Terminal") },
		{ "class", N_("Class") },
		{ "department", N_("Departments") },
		{ "site", N_("Site") },
		{ "room-level", N_("Room level") },
		{ "state", N_("State") },
		{ NULL, NULL },
	};
	const char *department = jk_call_get(call, "department");
	struct jk_table *table = jk_table_new(columns, call->global.json);
	struct jk_view v;
	int status = jk_view_open(call, &v);

	for (size_t i = 0; status == EXIT_OK && i < v.set.terminal.n; i++) {
		const struct jk_terminal *t = jk_list_at(&v.set.terminal, i);

		if (department == NULL || is_used_by(t, department))
			add_row(table, call, t);
	}
	jk_view_close(&v);
	return status == EXIT_OK ? jk_table_print(&table) : status;
}

#define TERMINAL                                                          \
	{                                                                 \
		JK_PARAM_WORD, "TERMINAL", NULL, N_("id of the terminal") \
	}
#define CLASSES "cs|integrated-terminal|integrated-terminal-other-dept"

const struct jk_command jk_terminal_commands[] = {
	{ "terminal", "add", run_add, N_("register a terminal"),
	    { TERMINAL,
	        { JK_PARAM_NEEDED, "class", CLASSES,
	            N_("what kind of terminal it is") },
	        { JK_PARAM_LIST, "department", "ID", N_("who uses it") },
	        { JK_PARAM_VALUE, "site", "ID", N_("where it stands") },
	        { JK_PARAM_VALUE, "room-level", "1|2|3",
	            N_("of the room it stands in") } } },
	{ "terminal", "change", run_change, N_("change what is known of one"),
	    { TERMINAL,
	        { JK_PARAM_VALUE, "class", CLASSES,
	            N_("what kind of terminal it is") },
	        { JK_PARAM_LIST, "department", "ID",
	            N_("who uses it, instead of those so far") },
	        { JK_PARAM_VALUE, "site", "ID", N_("where it stands") },
	        { JK_PARAM_VALUE, "room-level", "1|2|3",
	            N_("of the room it stands in") } } },
	{ "terminal", "revoke", run_revoke,
	    N_("let nobody work there: stolen, or out of use"), { TERMINAL } },
	{ "terminal", "restore", run_restore, N_("let it be used again"),
	    { TERMINAL } },
	{ "terminal", "list", run_list, N_("list terminals"),
	    { { JK_PARAM_VALUE, "department", "ID",
	        N_("only those that this department uses") } } },
	{ 0 },
};
