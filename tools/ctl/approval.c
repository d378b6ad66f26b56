/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl approve, delegate, approval: dated facts that allow something.
 * One that has ended stays in the registry, where nothing counts it, until
 * somebody takes it out with "approval end"; the ledger keeps it for good
 * (S-66).
 */
#include <stdio.h>
#include <string.h>

#include "approve.h"
#include "change.h"
#include "names.h"
#include "output.h"
#include "period.h"

#define LIST_MAX 1024

/* Who gives such approvals, whoever gave this one, and the security officer. */
static struct jk_rule
end_rule(enum jk_approval_kind kind)
{
	struct jk_duty duty = jk_approve_duty(kind);

	duty.roles |= 1u << JK_ROLE_SECURITY_OFFICER;
	duty.own = true;
	return (struct jk_rule){
		kind == JK_APPROVAL_DELEGATION ? JK_OP_UNDELEGATE
		                               : JK_OP_APPROVE,
		JK_FUNCTION_COUNT,
		duty,
	};
}

/* `rule` is the change's own: which one holds is known by the row. */
static int
end(struct jk_change *c, struct jk_rule *rule, const char *id)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const struct jk_approval *a = jk_find_approval(&c->set, id);
	const struct jk_person *person;
	int status;

	if (a != NULL)
		*rule = end_rule(a->kind);
	status = jk_change_row(c, "approval", id, &row);
	if (status != EXIT_OK || a == NULL)
		return status;
	person = jk_find_person(&c->set, a->person);
	if ((status = jk_change_permit(c, a->by,
	         person != NULL ? person->department : "")) != EXIT_OK ||
	    (status = jk_change_note(c, "kind",
	         jk_word_id(&jk_approval_kinds, a->kind))) != EXIT_OK ||
	    (status = jk_change_note(c, "person", a->person)) != EXIT_OK ||
	    (status = jk_change_remove(c, "approval", id)) != EXIT_OK)
		return status;
	return jk_change_commit(c, _("ended: number %s, of %s (%s)"), id,
	    a->person, jk_name_here(&jk_approval_kinds, a->kind));
}

static int
run_end(const struct jk_call *call)
{
	struct jk_rule rule = end_rule(JK_APPROVAL_COUNT);
	struct jk_change c;
	int status = jk_change_begin(call, &rule, &c);

	if (status == EXIT_OK)
		status = end(&c, &rule, jk_call_get(call, "NUMBER"));
	jk_change_end(&c);
	return status;
}

static const char *
join(const struct jk_call *call, const struct jk_words *words, uint32_t mask)
{
	static char text[LIST_MAX];
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < words->n; i++)
		if ((mask & jk_bit(i)) != 0 && at < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at,
			    "%s%s", at > 0 ? ", " : "",
			    jk_show_name(call, words, i));
	return text;
}

static void
add_row(struct jk_table *table, const struct jk_view *v,
    const struct jk_approval *a)
{
	jk_table_add(table,
	    (const char *[]){ a->id,
	        jk_show_name(v->call, &jk_approval_kinds, a->kind), a->person,
	        a->by, a->terminal[0] != '\0' ? a->terminal : "*",
	        jk_show_from(a->valid.from), jk_show_until(a->valid.until),
	        jk_show_flag(v->call, a->once),
	        a->kind == JK_APPROVAL_DELEGATION
	            ? join(v->call, &jk_functions, a->functions)
	            : join(v->call, &jk_businesses, a->businesses),
	        jk_view_kept(v, "approval", a->id, "reason") });
}

static bool
is_over(const struct jk_approval *a, int64_t now)
{
	return a->valid.until != 0 && now >= a->valid.until;
}

static int
run_list(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "id", N_("Number") },
		{ "kind", N_("Kind") },
		{ "person", N_("Person") },
		{ "by", N_("By") },
		{ "terminal", N_("Terminal") },
		{ "valid-from", N_("From") },
		{ "valid-until", N_("Until") },
		{ "once", N_("Once") },
		{ "for", N_("For") },
		{ "reason", N_("Reason") },
		{ NULL, NULL },
	};
	const char *person = jk_call_get(call, "person");
	const bool all = jk_call_has(call, "all");
	struct jk_table *table = jk_table_new(columns, call->global.json);
	struct jk_view v;
	int status = jk_view_open(call, &v);

	for (size_t i = 0; status == EXIT_OK && i < v.set.approval.n; i++) {
		const struct jk_approval *a = jk_list_at(&v.set.approval, i);

		if ((person == NULL || strcmp(a->person, person) == 0) &&
		    (all || !is_over(a, v.now)))
			add_row(table, &v, a);
	}
	jk_view_close(&v);
	return status == EXIT_OK ? jk_table_print(&table) : status;
}

#define PERSON                                                         \
	{                                                              \
		JK_PARAM_WORD, "PERSON", NULL, N_("whom it allows it") \
	}
#define TERMINAL                                          \
	{                                                 \
		JK_PARAM_NEEDED, "terminal", "ID|*",      \
		    N_("where it holds; *: on every one") \
	}
#define FROM                                                     \
	{                                                        \
		JK_PARAM_VALUE, "from", "DATE",                  \
		    N_("first good day or minute; default: now") \
	}
#define ONCE                                                        \
	{                                                           \
		JK_PARAM_FLAG, "once", NULL, N_("good for one use") \
	}

const struct jk_command jk_approval_commands[] = {
	{ "approve", "fallback-pin", jk_approve_run,
	    N_("let a person use the fallback PIN"),
	    { PERSON, TERMINAL, FROM,
	        { JK_PARAM_VALUE, "until", "DATE",
	            N_("when it ends; default: fallback-days of "
	               "policy.conf") },
	        ONCE } },
	{ "approve", "after-hours", jk_approve_run,
	    N_("let a person work outside of the hours"),
	    { PERSON, TERMINAL, FROM,
	        { JK_PARAM_VALUE, "until", "DATE",
	            N_("when it ends; default: today") },
	        ONCE } },
	{ "approve", "identity-info", jk_approve_run,
	    N_("let a person handle identity information"),
	    { PERSON, TERMINAL, FROM,
	        { JK_PARAM_VALUE, "until", "DATE",
	            N_("when it ends; default: end of the fiscal year, or "
	               "sooner by approval-days of policy.conf") },
	        ONCE,
	        { JK_PARAM_LIST, "business", "BUSINESS",
	            N_("for what; default: all that need it") } } },
	{ "delegate", "", jk_delegate_run,
	    N_("let a site manager manage operators for a time"),
	    { PERSON, TERMINAL, FROM,
	        { JK_PARAM_NEEDED, "until", "DATE", N_("when it ends") },
	        { JK_PARAM_LIST, "function", "FUNCTION",
	            N_("what is delegated") } } },
	{ "approval", "end", run_end,
	    N_("take back an approval or a delegation"),
	    { { JK_PARAM_WORD, "NUMBER", NULL, N_("its number") } } },
	{ "approval", "list", run_list,
	    N_("list approvals and delegations in force or to come"),
	    { { JK_PARAM_VALUE, "person", "PERSON", N_("only of this person") },
	        { JK_PARAM_FLAG, "all", NULL,
	            N_("also those that have ended") } } },
	{ 0 },
};
