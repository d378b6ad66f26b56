/* SPDX-License-Identifier: BSD-2-Clause */
#include "retire.h"

#include <stdio.h>
#include <string.h>

#include "granting.h"
#include "jukinetctl.h"

struct leaving {
	struct jk_change *c;
	const char *person;
	const char *keep; /* rights for this department stay; NULL: none */
	const struct jk_ending *ending;
	bool at_once; /* rows go, where a day would only end them */
	struct jk_retired *ret;
};

static int
no_memory(struct leaving *l)
{
	(void)snprintf(l->ret->fault, sizeof(l->ret->fault), "%s",
	    _("out of memory"));
	return EXIT_REFUSED;
}

/* The row as it is staged; it must stand in the store. */
static int
take_row(struct leaving *l, const char *kind, const char *id,
    struct jk_textrow *ret)
{
	const struct jk_textrow *row = jk_store_find(l->c->store, kind, id);

	if (row != NULL)
		return jk_textrow_copy(row, ret) == JK_OK ? EXIT_OK
		                                          : no_memory(l);
	(void)snprintf(l->ret->fault, sizeof(l->ret->fault),
	    _("%s \"%s\" is written by hand in registry.d: change it there, or "
	      "take the file over with \"jukinetctl registry adopt\""),
	    _(jk_noun(kind)), id);
	return EXIT_REFUSED;
}

static int
staged(struct leaving *l, enum jk_err e, size_t *count)
{
	if (e != JK_OK)
		return no_memory(l);
	(*count)++;
	l->ret->scheduled = false;
	return EXIT_OK;
}

/* One row with valid-from and valid-until. */
static int
end_row(struct leaving *l, const char *kind, const char *id,
    const struct jk_period *valid, bool remove, size_t *count)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	enum jk_ended ended;
	int status;

	if (!remove && valid->until != 0 && valid->until <= l->ending->until)
		return EXIT_OK;
	status = take_row(l, kind, id, &row);
	if (status != EXIT_OK)
		return status;
	if (remove)
		return staged(l, jk_store_remove(l->c->store, kind, id), count);
	if (jk_ending_apply(l->ending, valid, &row, &ended) != JK_OK)
		return no_memory(l);
	if (ended == JK_ENDED_BEFORE)
		return EXIT_OK;
	return staged(l,
	    ended == JK_ENDED_CUT ? jk_store_put(l->c->store, &row)
	                          : jk_store_remove(l->c->store, kind, id),
	    count);
}

static bool
stays(const struct leaving *l, const char *department)
{
	return l->keep != NULL &&
	       (department[0] == '\0' || strcmp(department, l->keep) == 0);
}

static int
end_opids(struct leaving *l)
{
	const struct jk_list *list = &l->c->set.opid;
	int status = EXIT_OK;

	for (size_t i = 0; i < list->n && status == EXIT_OK; i++) {
		const struct jk_opid *o = jk_list_at(list, i);

		if (strcmp(o->person, l->person) == 0 &&
		    !stays(l, o->department))
			status = end_row(l, "operator-id", o->id, &o->valid,
			    l->at_once, &l->ret->opids);
	}
	return status;
}

/* Of roles what has been stays, so that a reader knows who was what (T-09). */
static int
end_roles(struct leaving *l)
{
	const struct jk_list *list = &l->c->set.role;
	int status = EXIT_OK;

	for (size_t i = 0; i < list->n && status == EXIT_OK; i++) {
		const struct jk_role *r = jk_list_at(list, i);

		if (strcmp(r->person, l->person) == 0 &&
		    !stays(l, r->department))
			status = end_row(l, "role", r->id, &r->valid, false,
			    &l->ret->roles);
	}
	return status;
}

static int
end_approvals(struct leaving *l)
{
	const struct jk_list *list = &l->c->set.approval;
	int status = EXIT_OK;

	for (size_t i = 0; i < list->n && status == EXIT_OK; i++) {
		const struct jk_approval *a = jk_list_at(list, i);

		if (strcmp(a->person, l->person) == 0)
			status = end_row(l, "approval", a->id, &a->valid, false,
			    &l->ret->approvals);
	}
	return status;
}

static bool
account_has(const struct jk_account *a, const char *person)
{
	for (size_t i = 0; i < a->n_persons; i++)
		if (strcmp(a->person[i], person) == 0)
			return true;
	return false;
}

/* An account without persons is nobody's: its row goes (S-28). */
static int
leave_account(struct leaving *l, const struct jk_account *a)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow old = { 0 };
	const char *person;
	int status = take_row(l, "account", a->name, &row);

	if (status != EXIT_OK)
		return status;
	if (jk_textrow_copy(&row, &old) != JK_OK ||
	    jk_textrow_set(&row, "person", "") != JK_OK)
		return no_memory(l);
	for (size_t i = 0;
	     (person = jk_textrow_get_nth(&old, "person", i)) != NULL; i++)
		if (strcmp(person, l->person) != 0 &&
		    jk_textrow_add(&row, "person", person) != JK_OK)
			return no_memory(l);
	return staged(l,
	    jk_textrow_get(&row, "person") != NULL
	        ? jk_store_put(l->c->store, &row)
	        : jk_store_remove(l->c->store, "account", a->name),
	    &l->ret->accounts);
}

static int
leave_accounts(struct leaving *l)
{
	const struct jk_list *list = &l->c->set.account;
	int status = EXIT_OK;

	for (size_t i = 0; i < list->n && status == EXIT_OK; i++) {
		const struct jk_account *a = jk_list_at(list, i);

		if (account_has(a, l->person))
			status = leave_account(l, a);
	}
	return status;
}

bool
jk_card_is_out(const struct jk_card *card, const char *person)
{
	return strcmp(card->person, person) == 0 &&
	       card->state != JK_CARD_REVOKED &&
	       card->state != JK_CARD_RETURNED;
}

static size_t
count_cards(const struct leaving *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->c->set.card.n; i++)
		n += jk_card_is_out(jk_list_at(&l->c->set.card, i), l->person);
	return n;
}

/* What this person approved for others names him until it has ended. */
static bool
is_named(const struct leaving *l)
{
	for (size_t i = 0; i < l->c->set.approval.n; i++) {
		const struct jk_approval *a =
		    jk_list_at(&l->c->set.approval, i);

		if (strcmp(a->by, l->person) == 0 &&
		    (a->valid.until == 0 || a->valid.until > l->c->now))
			return true;
	}
	return false;
}

static int
end_person(struct leaving *l)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const struct jk_person *p = jk_find_person(&l->c->set, l->person);
	enum jk_ended ended;
	size_t ignored = 0;
	bool off;
	int status = take_row(l, "person", l->person, &row);

	if (status != EXIT_OK)
		return status;
	l->ret->kept = l->ret->cards > 0 || is_named(l);
	if (l->at_once && !l->ret->kept)
		return staged(l,
		    jk_store_remove(l->c->store, "person", l->person),
		    &ignored);
	if (jk_ending_apply(l->ending, &p->valid, &row, &ended) != JK_OK)
		return no_memory(l);
	/* Who was to come later does not come. */
	off = l->at_once || ended == JK_ENDED_NEVER;
	if (off && jk_textrow_set(&row, "enabled", "no") != JK_OK)
		return no_memory(l);
	if (ended == JK_ENDED_BEFORE && !off)
		return EXIT_OK;
	return staged(l, jk_store_put(l->c->store, &row), &ignored);
}

int
jk_retire(struct jk_change *c, const char *person,
    const struct jk_ending *ending, bool at_once, struct jk_retired *ret)
{
	struct leaving l = { c, person, NULL, ending, at_once, ret };
	int status;

	*ret = (struct jk_retired){ .scheduled = true };
	ret->cards = count_cards(&l);
	if ((status = end_opids(&l)) != EXIT_OK ||
	    (status = end_roles(&l)) != EXIT_OK ||
	    (status = end_approvals(&l)) != EXIT_OK)
		return status;
	if (at_once && (status = leave_accounts(&l)) != EXIT_OK)
		return status;
	return end_person(&l);
}

int
jk_retire_from(struct jk_change *c, const char *person, const char *keep,
    const struct jk_ending *ending, struct jk_retired *ret)
{
	struct leaving l = { c, person, keep, ending, false, ret };
	int status;

	*ret = (struct jk_retired){ .scheduled = true };
	status = end_opids(&l);
	return status == EXIT_OK ? end_roles(&l) : status;
}
