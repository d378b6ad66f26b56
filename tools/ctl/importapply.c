/* SPDX-License-Identifier: BSD-2-Clause */
#include "importapply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "accountfinding.h"
#include "clock.h"
#include "granting.h"
#include "names.h"
#include "output.h"
#include "retire.h"
#include "whose.h"

struct applying {
	struct jk_change *c;
	const struct jk_import_row *row;
	struct jk_import_done *done;
	char *why;
};

static bool JK_PRINTF(2, 3)
    fail(const struct applying *a, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(a->why, JK_IMPORT_WHY_MAX, format, args);
	va_end(args);
	return false;
}

/* Another officer imports this. */
static bool
not_his(const struct applying *a, const char *why)
{
	a->done->not_his = true;
	return fail(a, "%s", why);
}

static bool
no_memory(const struct applying *a)
{
	return fail(a, "%s", _("out of memory"));
}

static const char *
text(const struct applying *a, enum jk_import_column column)
{
	return a->row->text[column];
}

static const char *
person_id(const struct applying *a)
{
	return text(a, JK_IMPORT_PERSON);
}

static bool
has(const struct applying *a, enum jk_import_column column)
{
	return text(a, column)[0] != '\0';
}

/* Columns that are keys of the row. */
static bool
take(const struct applying *a, struct jk_textrow *row,
    const enum jk_import_column *columns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has(a, columns[i]) &&
		    jk_textrow_set(row, jk_import_column_name(columns[i]),
		        text(a, columns[i])) != JK_OK)
			return no_memory(a);
	return true;
}

static bool
put(const struct applying *a, const struct jk_textrow *row)
{
	const char *fault = jk_store_row_fault(row);

	if (fault != NULL)
		return fail(a, "%s", jk_name_fault(fault));
	return jk_store_put(a->c->store, row) == JK_OK || no_memory(a);
}

static bool
check_department(const struct applying *a, const char *department)
{
	const struct jk_list *list = &a->c->set.department;

	return list->n == 0 || jk_list_find(list, department) != JK_NO_ROW ||
	       fail(a, _("there is no department \"%s\""), department);
}

static bool
may(const struct applying *a, uint32_t roles, const char *department)
{
	const struct jk_duty duty = { .roles = roles };

	return jk_duty_check(&duty, &a->c->actor, "", department, a->c->now) ==
	       JK_WHY_GRANTED;
}

static bool
check_persons(const struct applying *a, const char *department)
{
	return may(a, JK_WHOSE_PERSONS, department) ||
	       not_his(a, _("persons are the security officer's, or their "
	                    "access manager's: he imports this line"));
}

/* What ends a person, ends his roles. */
static bool
check_end(const struct applying *a)
{
	const struct jk_duty duty = { .roles = JK_WHOSE_PERSONS };
	const char *department = "";

	return jk_change_may_end(a->c, &duty, person_id(a), &department) ==
	           JK_WHY_GRANTED ||
	       not_his(a, _("this person has a role for which you may not "
	                    "act: the security officer imports this line"));
}

/* As it is staged; not what stands in a file by hand. */
static bool
find(const struct applying *a, const char *kind, const char *id,
    struct jk_textrow *ret)
{
	const struct jk_textrow *row = jk_store_find(a->c->store, kind, id);

	if (row != NULL)
		return jk_textrow_copy(row, ret) == JK_OK || no_memory(a);
	if (jk_find_person(&a->c->set, id) != NULL)
		return fail(a,
		    _("%s is written by hand in registry.d: change it there, "
		      "or take the file over with \"jukinetctl registry "
		      "adopt\""),
		    id);
	return fail(a, _("there is no person \"%s\""), id);
}

/* What is known of the person by now. */
static bool
read_person(const struct applying *a, struct jk_person *ret)
{
	const char *id = person_id(a), *key, *why;
	const struct jk_textrow *row = jk_store_find(a->c->store, "person", id);

	*ret = (struct jk_person){ .id = "" };
	if (row == NULL)
		return fail(a, _("there is no person \"%s\""), id);
	why = jk_granting_read(row, ret, &key);
	if (why != NULL)
		return fail(a, "%s: %s", key, jk_name_fault(why));
	strcpy(ret->id, id);
	strcpy(a->done->name, ret->name);
	return true;
}

/* The account, with the person among those who may use it. */
static bool
add_to_account(const struct applying *a)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *name = text(a, JK_IMPORT_ACCOUNT), *person;
	const struct jk_textrow *old =
	    jk_store_find(a->c->store, "account", name);
	const char *fault = jk_account_fault(&a->c->set, name);

	if (!may(a, JK_WHOSE_ACCOUNTS, ""))
		return not_his(a,
		    _("accounts are the system manager's: leave the column "
		      "empty, and have him import them"));
	if (fault != NULL)
		return fail(a, "%s", fault);
	if (old == NULL && jk_list_find(&a->c->set.account, name) != JK_NO_ROW)
		return fail(a,
		    _("account \"%s\" is written by hand in registry.d"), name);
	if ((old != NULL ? jk_textrow_copy(old, &row)
	                 : jk_textrow_init(&row, "account", name)) != JK_OK)
		return no_memory(a);
	for (size_t i = 0;
	     (person = jk_textrow_get_nth(&row, "person", i)) != NULL; i++)
		if (strcmp(person, person_id(a)) == 0)
			return true;
	if (jk_textrow_add(&row, "person", person_id(a)) != JK_OK)
		return no_memory(a);
	return put(a, &row);
}

/* Rights. */

static bool
check_second(const struct applying *a, const struct jk_grant *g)
{
	for (size_t i = 0; i < g->n_opids; i++) {
		const struct jk_opid *o = &g->opids[i];

		if (strcmp(o->person, g->person->id) == 0 &&
		    strcmp(o->type, g->type->id) == 0 &&
		    strcmp(o->department, g->department) == 0 &&
		    (o->valid.until == 0 || o->valid.until > a->c->now))
			return fail(a, _("%s holds this type already: %s"),
			    g->person->id, o->id);
	}
	return true;
}

static bool
put_right(const struct applying *a, const struct jk_grant *g)
{
	static const enum jk_import_column columns[] = { JK_IMPORT_FROM,
		JK_IMPORT_BASIS };
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const struct jk_actor *actor = &a->c->actor;
	char id[JK_ID_MAX + 1], prefix[JK_ID_MAX / 2], today[11];

	if (snprintf(prefix, sizeof(prefix), "%s-", g->person->id) >=
	    (int)sizeof(prefix))
		strcpy(prefix, "m");
	jk_change_new_id(a->c, "operator-id", prefix, id);
	if (has(a, JK_IMPORT_OPID))
		strcpy(id, text(a, JK_IMPORT_OPID));
	if (jk_store_find(a->c->store, "operator-id", id) != NULL ||
	    jk_find_opid(&a->c->set, id) != NULL)
		return fail(a, _("there is an operator ID \"%s\" already"), id);
	jk_date_format(a->c->now, today);
	if (jk_textrow_init(&row, "operator-id", id) != JK_OK ||
	    jk_textrow_set(&row, "person", g->person->id) != JK_OK ||
	    jk_textrow_set(&row, "type", g->type->id) != JK_OK ||
	    jk_textrow_set(&row, "department", g->department) != JK_OK ||
	    jk_textrow_set(&row, "valid-from", today) != JK_OK ||
	    jk_textrow_set(&row, "valid-until", jk_show_until(g->until)) !=
	        JK_OK ||
	    jk_textrow_set(&row, "granted-by",
	        actor->console ? JK_LEDGER_CONSOLE : actor->person) != JK_OK)
		return no_memory(a);
	return take(a, &row, columns, JK_COUNT(columns)) && put(a, &row);
}

static bool
add_right(const struct applying *a)
{
	const struct jk_type *type =
	    jk_granting_type(&a->c->set, text(a, JK_IMPORT_TYPE));
	struct jk_person person;
	struct jk_grant g;
	int64_t limit;
	enum jk_reason why;

	if (!read_person(a, &person))
		return false;
	/* For the access managers of the department, see jk_grant.bulk. */
	if (!may(a, JK_WHOSE_RIGHTS, person.department))
		return not_his(a,
		    _("operator IDs are the security officer's, or an access "
		      "manager's: he imports this line"));
	if (type == NULL)
		return fail(a, _("the policy has no type \"%s\""),
		    text(a, JK_IMPORT_TYPE));
	g = jk_granting_ask(a->c, &person, type);
	g.bulk = true;
	g.until = a->row->until;
	if (g.until == 0)
		g.until = jk_granting_default_until(&g, a->row->from);
	if (g.until <= a->c->now || g.until <= a->row->from)
		return fail(a, _("the right would end before it begins: %s"),
		    jk_show_until(g.until));
	why = jk_grant_check(&g, &limit);
	if (why != JK_WHY_GRANTED) {
		jk_granting_explain(&g, why, limit, a->why);
		return false;
	}
	strcpy(a->done->right, type->id);
	(void)snprintf(a->done->until, sizeof(a->done->until), "%s",
	    jk_show_until(g.until));
	a->done->opids++;
	return check_second(a, &g) && put_right(a, &g);
}

/* What follows any line that leaves the person in the office. */
static bool
add_rest(const struct applying *a)
{
	return (!has(a, JK_IMPORT_ACCOUNT) || add_to_account(a)) &&
	       (!has(a, JK_IMPORT_TYPE) || add_right(a));
}

/* The actions. */

static const enum jk_import_column person_columns[] = { JK_IMPORT_NAME,
	JK_IMPORT_DEPARTMENT, JK_IMPORT_AFFILIATION, JK_IMPORT_APPROVAL,
	JK_IMPORT_UNTIL };

static bool
apply_add(const struct applying *a)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *id = person_id(a);
	const int64_t from = a->row->from;
	struct jk_person person;

	if (jk_find_person(&a->c->set, id) != NULL ||
	    jk_store_find(a->c->store, "person", id) != NULL)
		return fail(a, _("there is a person \"%s\" already"), id);
	if (!check_department(a, text(a, JK_IMPORT_DEPARTMENT)) ||
	    !check_persons(a, text(a, JK_IMPORT_DEPARTMENT)))
		return false;
	if (jk_textrow_init(&row, "person", id) != JK_OK ||
	    jk_textrow_set(&row, "valid-from", text(a, JK_IMPORT_FROM)) !=
	        JK_OK)
		return no_memory(a);
	/* S-20: a right that nobody ended ends with the fiscal year. */
	if (jk_textrow_set(&row, "valid-until",
	        jk_show_until(jk_fiscal_end(
	            from > a->c->now ? from : a->c->now))) != JK_OK)
		return no_memory(a);
	return take(a, &row, person_columns, JK_COUNT(person_columns)) &&
	       put(a, &row) && read_person(a, &person) && add_rest(a);
}

/* The last day before the change holds; at once where that has passed. */
static bool
leave_department(const struct applying *a, const char *department)
{
	char last[11];
	struct jk_retired retired;
	struct jk_ending ending;
	const bool later = a->row->from > a->c->now;

	jk_date_format(a->row->from - 1, last);
	if (jk_ending_read(later ? last : NULL, a->c->now, &ending) != EXIT_OK)
		return fail(a, "%s", last);
	return jk_retire_from(a->c, person_id(a), department, &ending,
	           &retired) == EXIT_OK ||
	       fail(a, "%s", retired.fault);
}

static bool
changes_person(const struct applying *a)
{
	for (size_t i = 0; i < JK_COUNT(person_columns); i++)
		if (has(a, person_columns[i]))
			return true;
	return false;
}

/* Also for the department that he comes to, as "person change" asks. */
static bool
check_change(const struct applying *a, const char *old)
{
	return !changes_person(a) ||
	       (check_persons(a, old != NULL ? old : "") &&
	           (!has(a, JK_IMPORT_DEPARTMENT) ||
	               check_persons(a, text(a, JK_IMPORT_DEPARTMENT))) &&
	           (!has(a, JK_IMPORT_UNTIL) || check_end(a)));
}

static bool
apply_change(const struct applying *a)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *department = text(a, JK_IMPORT_DEPARTMENT), *old;
	struct jk_person person;
	bool moves;

	if (!find(a, "person", person_id(a), &row))
		return false;
	old = jk_textrow_get(&row, "department");
	if (!check_change(a, old))
		return false;
	moves = has(a, JK_IMPORT_DEPARTMENT) &&
	        (old == NULL || strcmp(old, department) != 0);
	if (moves && (!check_department(a, department) ||
	                 !leave_department(a, department)))
		return false;
	return take(a, &row, person_columns, JK_COUNT(person_columns)) &&
	       put(a, &row) && read_person(a, &person) && add_rest(a);
}

static bool
apply_retire(const struct applying *a)
{
	const char *day = text(a, JK_IMPORT_UNTIL);
	struct jk_person person;
	struct jk_retired retired;
	struct jk_ending ending;

	if (!read_person(a, &person) || !check_persons(a, person.department) ||
	    !check_end(a))
		return false;
	if (has(a, JK_IMPORT_NAME) &&
	    !jk_import_same_name(text(a, JK_IMPORT_NAME), person.name))
		return fail(a, _("%s is registered as \"%s\""), person.id,
		    person.name);
	if (jk_ending_read(day[0] != '\0' ? day : NULL, a->c->now, &ending) !=
	    EXIT_OK)
		return fail(a, "%s", day);
	if (jk_retire(a->c, person.id, &ending, day[0] == '\0', &retired) !=
	    EXIT_OK)
		return fail(a, "%s", retired.fault);
	a->done->cards = retired.cards;
	a->done->before = retired.scheduled;
	jk_date_format(ending.until, a->done->day);
	return true;
}

static bool
apply_grant(const struct applying *a)
{
	return add_right(a);
}

bool
jk_import_apply(struct jk_change *c, const struct jk_import_row *row,
    struct jk_import_done *ret, char why[static JK_IMPORT_WHY_MAX])
{
	static bool (*const actions[])(const struct applying *) = {
		[JK_IMPORT_ADD] = apply_add,
		[JK_IMPORT_CHANGE] = apply_change,
		[JK_IMPORT_RETIRE] = apply_retire,
		[JK_IMPORT_GRANT] = apply_grant,
	};
	const struct applying a = { c, row, ret, why };

	*ret = (struct jk_import_done){ .day = "" };
	jk_date_format(row->from > c->now ? row->from : c->now, ret->day);
	if (jk_duty_is_self(&c->actor, person_id(&a)))
		return fail(&a, "%s",
		    _("this is yourself: another officer enters it"));
	return actions[row->action](&a);
}
