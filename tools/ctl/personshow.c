/* SPDX-License-Identifier: BSD-2-Clause */
#include "personshow.h"

#include <stdio.h>
#include <string.h>

#include "change.h"
#include "jukinetctl.h"
#include "names.h"
#include "output.h"
#include "period.h"

struct showing {
	const struct jk_view *v;
	struct jk_table *table;
	const char *person;
};

static bool
is_his(const struct showing *s, const char *person)
{
	return strcmp(person, s->person) == 0;
}

static const char *
show_kind(const struct jk_call *call, const char *kind)
{
	return call->global.json || !jk_names_are_japanese() ? kind
	                                                     : _(jk_noun(kind));
}

/* One row of the registry: what it is, and until when. */
static void
show(struct showing *s, const char *kind, const char *id, const char *what,
    const char *department, const struct jk_period *valid, const char *state)
{
	jk_table_add(s->table,
	    (const char *[]){ show_kind(s->v->call, kind), id, what, department,
	        jk_show_from(valid->from), jk_show_until(valid->until),
	        state });
}

static const char *
state_of(const struct showing *s, bool enabled, const struct jk_period *valid)
{
	return jk_show_word(s->v->call,
	    enabled ? jk_period_word(valid, s->v->now) : N_("disabled"));
}

static void
show_accounts(struct showing *s)
{
	const struct jk_list *list = &s->v->set.account;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_account *a = jk_list_at(list, i);
		/* Nothing but the day of the last review. */
		const struct jk_period valid = { .from = a->reviewed };

		for (size_t j = 0; j < a->n_persons; j++)
			if (is_his(s, a->person[j]))
				show(s, "account", a->name,
				    a->n_persons > 1
				        ? jk_show_word(s->v->call, N_("shared"))
				        : "",
				    "", &valid,
				    jk_show_word(s->v->call,
				        a->reviewed != 0
				            ? N_("reviewed")
				            : N_("never reviewed")));
	}
}

static void
show_opids(struct showing *s)
{
	const struct jk_list *list = &s->v->set.opid;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_opid *o = jk_list_at(list, i);

		if (is_his(s, o->person))
			show(s, "operator-id", o->id,
			    jk_show_type(s->v->call, o->type), o->department,
			    &o->valid, state_of(s, o->enabled, &o->valid));
	}
}

static void
show_roles(struct showing *s)
{
	const struct jk_list *list = &s->v->set.role;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_role *r = jk_list_at(list, i);

		if (is_his(s, r->person))
			show(s, "role", r->id,
			    jk_show_name(s->v->call, &jk_role_names, r->role),
			    r->department, &r->valid,
			    state_of(s, true, &r->valid));
	}
}

static void
show_cards(struct showing *s)
{
	const struct jk_list *list = &s->v->set.card;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_card *c = jk_list_at(list, i);

		if (is_his(s, c->person))
			show(s, "card", c->id,
			    c->handed_over
			        ? jk_show_word(s->v->call, N_("handed over"))
			        : "",
			    "", &c->valid,
			    jk_show_name(s->v->call, &jk_card_states,
			        c->state));
	}
}

static void
show_approvals(struct showing *s)
{
	const struct jk_list *list = &s->v->set.approval;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_approval *a = jk_list_at(list, i);

		if (is_his(s, a->person))
			show(s, "approval", a->id,
			    jk_show_name(s->v->call, &jk_approval_kinds,
			        a->kind),
			    "", &a->valid, state_of(s, true, &a->valid));
	}
}

static int
show_all(struct showing *s)
{
	const struct jk_person *p = jk_find_person(&s->v->set, s->person);

	if (p == NULL) {
		fprintf(stderr, _("jukinetctl: there is no person \"%s\"\n"),
		    s->person);
		return EXIT_NONE;
	}
	show(s, "person", p->id, p->name, p->department, &p->valid,
	    state_of(s, p->enabled, &p->valid));
	show_accounts(s);
	show_opids(s);
	show_roles(s);
	show_cards(s);
	show_approvals(s);
	return EXIT_OK;
}

int
jk_person_show(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "kind", N_("Kind") },
		{ "id", N_("Id") },
		{ "what", N_("What") },
		{ "department", N_("Department") },
		{ "valid-from", N_("From") },
		{ "valid-until", N_("Until") },
		{ "state", N_("State") },
		{ NULL, NULL },
	};
	struct jk_view v;
	int status = jk_view_open(call, &v);
	struct showing s = {
		.v = &v,
		.table = jk_table_new(columns, call->global.json),
		.person = jk_call_get(call, "PERSON"),
	};

	if (status == EXIT_OK)
		status = show_all(&s);
	jk_view_close(&v);
	return status == EXIT_OK ? jk_table_print(&s.table) : status;
}
