/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl person: who may be an operator at all (照合ID). */
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "clock.h"
#include "output.h"
#include "period.h"
#include "personshow.h"
#include "retire.h"
#include "whose.h"

#define OFFICERS                          \
	{                                 \
		.roles = JK_WHOSE_PERSONS \
	}

static const struct jk_rule add_rule = { JK_OP_PERSON,
	JK_FUNC_OPERATOR_REGISTER, OFFICERS };
static const struct jk_rule change_rule = { JK_OP_PERSON,
	JK_FUNC_OPERATOR_CHANGE, OFFICERS };
static const struct jk_rule expiry_rule = { JK_OP_EXPIRY, JK_FUNC_EXPIRY,
	OFFICERS };
/* Whoever holds the course (T-40). */
static const struct jk_rule trained_rule = { JK_OP_PERSON, JK_FUNCTION_COUNT,
	{ .roles = (1u << JK_ROLE_ACCESS_MANAGER) |
	           (1u << JK_ROLE_SECURITY_OFFICER) |
	           (1u << JK_ROLE_SECURITY_MANAGER) } };

static const char *const keys[] = { "name", "department", "affiliation",
	"approval", "valid-from", "valid-until", NULL };

/* S-56: who is not of the office is approved first, and has an end. */
static int
check_contractor(struct jk_change *c, const struct jk_textrow *row)
{
	const char *affiliation = jk_textrow_get(row, "affiliation");

	if (affiliation == NULL || strcmp(affiliation, "contractor") != 0 ||
	    (jk_textrow_get(row, "approval") != NULL &&
	        jk_textrow_get(row, "valid-until") != NULL))
		return EXIT_OK;
	return jk_change_refuse(c, JK_WHY_ROW_BAD, "%s",
	    _("a contractor needs --approval, what the chief security officer "
	      "approved, and --valid-until, the last day of the contract"));
}

static int
add(struct jk_change *c, const char *id)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *department = jk_call_get(c->call, "department");
	int status;

	if ((status = jk_change_is_new(c, "person", id)) != EXIT_OK ||
	    (status = jk_change_permit(c, id, department)) != EXIT_OK)
		return status;
	if (jk_textrow_init(&row, "person", id) != JK_OK)
		return jk_id_error(id);
	if ((status = jk_change_take(c, &row, keys)) != EXIT_OK ||
	    (status = check_contractor(c, &row)) != EXIT_OK)
		return status;
	/* S-20: a right that nobody ended ends with the fiscal year. */
	if (jk_textrow_get(&row, "valid-until") == NULL &&
	    jk_textrow_set(&row, "valid-until",
	        jk_show_until(jk_fiscal_end(c->now))) != JK_OK)
		return EXIT_REFUSED;
	if ((status = jk_change_put(c, &row)) != EXIT_OK)
		return status;
	return jk_change_commit(c, _("added: %s %s, until %s"), id,
	    jk_textrow_get(&row, "name"), jk_textrow_get(&row, "valid-until"));
}

static int
run_add(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &add_rule, &c);

	if (status == EXIT_OK)
		status = add(&c, jk_call_get(call, "PERSON"));
	jk_change_end(&c);
	return status;
}

/* The row of a person of a department for which the actor may act. */
static int
take_row(struct jk_change *c, const char *id, struct jk_textrow *ret)
{
	const char *department;
	int status = jk_change_row(c, "person", id, ret);

	if (status != EXIT_OK)
		return status;
	department = jk_textrow_get(ret, "department");
	return jk_change_permit(c, id, department != NULL ? department : "");
}

/* S-20: rights for the old department do not go along. */
static int
leave_department(struct jk_change *c, const char *id, const char *department)
{
	struct jk_retired retired;
	struct jk_ending ending;
	int status = jk_ending_read(jk_call_get(c->call, "rights-until"),
	    c->now, &ending);

	if (status == EXIT_OK)
		status = jk_retire_from(c, id, department, &ending, &retired);
	else
		return status;
	if (status != EXIT_OK)
		return jk_change_refuse(c, JK_WHY_ROW_FOREIGN, "%s",
		    retired.fault);
	if (retired.opids + retired.roles > 0)
		printf(_("rights for other departments end: %zu operator IDs, "
		         "%zu roles\n"),
		    retired.opids, retired.roles);
	return EXIT_OK;
}

static int
refuse_self(struct jk_change *c)
{
	return jk_change_refuse(c, JK_WHY_SELF_APPROVAL, "%s",
	    _("nobody enters this for himself: another officer does it"));
}

/* What is good for him nobody enters for himself, and who may not change an
 * end by "expiry" may not do so here. */
static int
permit_values(struct jk_change *c, const char *id)
{
	static const char *const others[] = { "valid-from", "valid-until",
		"affiliation", "approval" };
	struct jk_actor actor;
	enum jk_reason why;
	int status;

	for (size_t i = 0; i < JK_COUNT(others); i++)
		if (jk_call_has(c->call, others[i]) &&
		    jk_duty_is_self(&c->actor, id))
			return refuse_self(c);
	if (!jk_call_has(c->call, "valid-until"))
		return EXIT_OK;
	status = jk_change_permit_end(c, id);
	if (status != EXIT_OK || c->actor.console)
		return status;
	why = jk_actor_find(c->call, expiry_rule.function, &actor);
	return why == JK_WHY_GRANTED
	           ? EXIT_OK
	           : jk_change_refuse(c, why, "%s", jk_actor_explain(why));
}

static int
change(struct jk_change *c, const char *id)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *department = jk_call_get(c->call, "department"), *old;
	bool moves = false;
	int status = take_row(c, id, &row);

	if (status == EXIT_OK)
		status = permit_values(c, id);
	if (status == EXIT_OK && department != NULL) {
		old = jk_textrow_get(&row, "department");
		moves = old == NULL || strcmp(old, department) != 0;
	}
	/* Nobody hands a person to a department that is not his. */
	if (status == EXIT_OK && department != NULL)
		status = jk_change_permit(c, id, department);
	if (status == EXIT_OK)
		status = jk_change_take(c, &row, keys);
	if (status == EXIT_OK)
		status = check_contractor(c, &row);
	if (status == EXIT_OK)
		status = jk_change_put(c, &row);
	if (status == EXIT_OK && moves)
		status = leave_department(c, id, department);
	return status != EXIT_OK ? status
	                         : jk_change_commit(c, _("changed: %s"), id);
}

static int
run_change(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &change_rule, &c);

	if (status == EXIT_OK)
		status = change(&c, jk_call_get(call, "PERSON"));
	jk_change_end(&c);
	return status;
}

/* T-40: a course that was held counts, for the year in which it was. */
static bool
is_to_come(const struct jk_change *c, const char *day)
{
	int64_t s;

	return jk_date_parse(day, &s) == JK_OK && s > c->now;
}

/* "" and "-" take the value away. */
static int
set_value(struct jk_change *c, struct jk_textrow *row, const char *key,
    const char *value)
{
	int status;

	if (strcmp(key, "trained") == 0 && is_to_come(c, value))
		return jk_change_refuse(c, JK_WHY_ROW_BAD,
		    _("%s is still to come: a course is entered when it was "
		      "held"),
		    value);
	if (jk_textrow_set(row, key, strcmp(value, "-") == 0 ? "" : value) !=
	    JK_OK)
		return EXIT_REFUSED;
	/* Whatever else is not good of him, he can be disabled. */
	status = strcmp(key, "valid-until") == 0 ? check_contractor(c, row)
	                                         : EXIT_OK;
	return status == EXIT_OK ? jk_change_put(c, row) : status;
}

/* One value of one person. */
static int
set_one(const struct jk_call *call, const struct jk_rule *rule, const char *key,
    const char *value, const char *done)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *id = jk_call_get(call, "PERSON");
	struct jk_change c;
	int status = jk_change_begin(call, rule, &c);

	if (status == EXIT_OK)
		status = take_row(&c, id, &row);
	if (status == EXIT_OK && strcmp(value, "no") != 0 &&
	    jk_duty_is_self(&c.actor, id))
		status = refuse_self(&c);
	if (status == EXIT_OK &&
	    (strcmp(value, "no") == 0 || strcmp(key, "valid-until") == 0))
		status = jk_change_permit_end(&c, id);
	if (status == EXIT_OK)
		status = set_value(&c, &row, key, value);
	if (status == EXIT_OK)
		status = jk_change_commit(&c, "%s: %s", done, id);
	jk_change_end(&c);
	return status;
}

static int
run_expiry(const struct jk_call *call)
{
	return set_one(call, &expiry_rule, "valid-until",
	    jk_call_get(call, "valid-until"), _("changed"));
}

static int
run_disable(const struct jk_call *call)
{
	return set_one(call, &change_rule, "enabled", "no", _("disabled"));
}

static int
run_enable(const struct jk_call *call)
{
	return set_one(call, &change_rule, "enabled", "", _("enabled"));
}

static int
run_trained(const struct jk_call *call)
{
	const char *day = jk_call_get(call, "date");
	char today[11];

	jk_date_format(jk_real_s(), today);
	return set_one(call, &trained_rule, "trained",
	    day != NULL ? day : today, _("course entered"));
}

/* S-20, C-2. */

static void
say_cards(const struct jk_change *c, const char *id)
{
	for (size_t i = 0; i < c->set.card.n; i++) {
		const struct jk_card *card = jk_list_at(&c->set.card, i);

		if (jk_card_is_out(card, id))
			printf(_("to be returned: card %s (%s)\n"), card->id,
			    jk_word_id(&jk_card_states, card->state));
	}
}

static int
remove_person(struct jk_change *c, const char *id)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const char *day = jk_call_get(c->call, "date");
	struct jk_retired retired;
	struct jk_ending ending;
	int status = jk_ending_read(day, c->now, &ending);

	if (status == EXIT_OK)
		status = take_row(c, id, &row);
	if (status != EXIT_OK)
		return status;
	if (jk_duty_is_self(&c->actor, id))
		return jk_change_refuse(c, JK_WHY_SELF_APPROVAL, "%s",
		    _("nobody removes himself: another officer does it"));
	status = jk_change_permit_end(c, id);
	if (status != EXIT_OK)
		return status;
	if (jk_retire(c, id, &ending, day == NULL, &retired) != EXIT_OK)
		return jk_change_refuse(c, JK_WHY_ROW_FOREIGN, "%s",
		    retired.fault);
	printf(_("ended: %zu operator IDs, %zu roles, %zu approvals, %zu "
	         "accounts\n"),
	    retired.opids, retired.roles, retired.approvals, retired.accounts);
	say_cards(c, id);
	if (day != NULL)
		return jk_change_commit(c, _("removed: %s, after %s"), id, day);
	if (retired.kept)
		return jk_change_commit(c,
		    _("removed: %s; its row stays, disabled, for the cards "
		      "and approvals that name it: when those are back or "
		      "have ended, run this again"),
		    id);
	return jk_change_commit(c, _("removed: %s"), id);
}

static int
run_remove(const struct jk_call *call)
{
	struct jk_change c;
	int status = jk_change_begin(call, &change_rule, &c);

	if (status == EXIT_OK)
		status = remove_person(&c, jk_call_get(call, "PERSON"));
	jk_change_end(&c);
	return status;
}

/* M-7: works here now, and had no course since April 1 (T-40). */
static bool
is_untrained(const struct jk_person *p, const struct jk_local_time *today,
    int64_t now)
{
	return p->enabled && (p->valid.until == 0 || now < p->valid.until) &&
	       now >= p->valid.from && p->trained < today->fiscal_start;
}

static bool
is_wanted(const struct jk_view *v, const struct jk_person *p)
{
	const char *department = jk_call_get(v->call, "department");
	struct jk_local_time today;

	if (department != NULL && strcmp(p->department, department) != 0)
		return false;
	return !jk_call_has(v->call, "untrained") ||
	       jk_local_time_at(v->now, &today) != JK_OK ||
	       is_untrained(p, &today, v->now);
}

static void
list_one(struct jk_table *table, const struct jk_view *v,
    const struct jk_person *p)
{
	jk_table_add(table,
	    (const char *[]){ p->id, p->name, p->department,
	        jk_show_word(v->call,
	            p->contractor ? N_("contractor") : N_("staff")),
	        jk_show_from(p->valid.from), jk_show_until(p->valid.until),
	        jk_show_from(p->trained),
	        jk_show_word(v->call, p->enabled
	                                  ? jk_period_word(&p->valid, v->now)
	                                  : N_("disabled")) });
}

static int
run_list(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "id", N_("Person") },
		{ "name", N_("Name") },
		{ "department", N_("Department") },
		{ "affiliation", N_("Affiliation") },
		{ "valid-from", N_("From") },
		{ "valid-until", N_("Until") },
		{ "trained", N_("Course") },
		{ "state", N_("State") },
		{ NULL, NULL },
	};
	struct jk_table *table = jk_table_new(columns, call->global.json);
	struct jk_view v;
	int status = jk_view_open(call, &v);

	for (size_t i = 0; status == EXIT_OK && i < v.set.person.n; i++) {
		const struct jk_person *p = jk_list_at(&v.set.person, i);

		if (is_wanted(&v, p))
			list_one(table, &v, p);
	}
	jk_view_close(&v);
	return status == EXIT_OK ? jk_table_print(&table) : status;
}

#define PERSON                                                                 \
	{                                                                      \
		JK_PARAM_WORD, "PERSON", NULL, N_("id of the person (照合ID)") \
	}

const struct jk_command jk_person_commands[] = {
	{ "person", "add", run_add, N_("register a person"),
	    { PERSON,
	        { JK_PARAM_NEEDED, "name", "TEXT", N_("as people read it") },
	        { JK_PARAM_NEEDED, "department", "ID",
	            N_("where the person works") },
	        { JK_PARAM_VALUE, "affiliation", "staff|contractor",
	            N_("whose staff; default: staff") },
	        { JK_PARAM_VALUE, "approval", "TEXT",
	            N_("of a contractor: what was approved, and when") },
	        { JK_PARAM_VALUE, "valid-from", "DATE", N_("first good day") },
	        { JK_PARAM_VALUE, "valid-until", "DATE",
	            N_("last good day; default: end of the fiscal year") } } },
	{ "person", "change", run_change, N_("change what is known of one"),
	    { PERSON,
	        { JK_PARAM_VALUE, "name", "TEXT", N_("as people read it") },
	        { JK_PARAM_VALUE, "department", "ID",
	            N_("where the person works") },
	        { JK_PARAM_VALUE, "affiliation", "staff|contractor",
	            N_("whose staff") },
	        { JK_PARAM_VALUE, "approval", "TEXT",
	            N_("of a contractor: what was approved, and when") },
	        { JK_PARAM_VALUE, "valid-from", "DATE", N_("first good day") },
	        { JK_PARAM_VALUE, "valid-until", "DATE", N_("last good day") },
	        { JK_PARAM_VALUE, "rights-until", "DATE",
	            N_("last good day of what the person held for the old "
	               "department; default: it ends at once") } } },
	{ "person", "remove", run_remove,
	    N_("end a person with all rights and roles (退職・異動)"),
	    { PERSON, { JK_PARAM_VALUE, "date", "DATE",
	                  N_("last good day; default: at once") } } },
	{ "person", "show", jk_person_show,
	    N_("show everything that one person has"), { PERSON } },
	{ "person", "expiry", run_expiry, N_("set the last good day"),
	    { PERSON, { JK_PARAM_NEEDED, "valid-until", "DATE",
	                  N_("last good day") } } },
	{ "person", "disable", run_disable,
	    N_("refuse a person whatever else holds"), { PERSON } },
	{ "person", "enable", run_enable,
	    N_("let a disabled person work again"), { PERSON } },
	{ "person", "trained", run_trained, N_("enter a course that was held"),
	    { PERSON,
	        { JK_PARAM_VALUE, "date", "DATE", N_("default: today") } } },
	{ "person", "list", run_list, N_("list persons"),
	    { { JK_PARAM_VALUE, "department", "ID",
	          N_("only of this department") },
	        { JK_PARAM_FLAG, "untrained", NULL,
	            N_("only who had no course since April 1 (未受講者)") } } },
	{ 0 },
};
