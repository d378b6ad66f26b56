/* SPDX-License-Identifier: BSD-2-Clause */
#include "granting.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "names.h"
#include "output.h"

struct jk_grant
jk_granting_ask(const struct jk_change *c, const struct jk_person *person,
    const struct jk_type *type)
{
	const struct jk_rowset *set = &c->set;

	return (struct jk_grant){
		.actor = &c->actor,
		.person = person,
		.type = type,
		.department = person != NULL ? person->department : "",
		.now = c->now,
		.n_opids = set->opid.n,
		.n_roles = set->role.n,
		.opids = jk_list_at(&set->opid, 0),
		.roles = jk_list_at(&set->role, 0),
	};
}

struct jk_grant
jk_granting_ask_by_id(const struct jk_change *c, const char *person,
    const char *type)
{
	return jk_granting_ask(c, jk_find_person(&c->set, person),
	    jk_granting_type(&c->set, type));
}

static const char *
plain_reason(const struct jk_grant *g, enum jk_reason why)
{
	switch ((int)why) {
	case JK_WHY_SELF_APPROVAL:
		return _("nobody grants himself an operator ID: the security "
		         "officer, or another access manager of the "
		         "department, does it");
	case JK_WHY_PERSON_DISABLED:
		return _("the person is disabled: \"jukinetctl person enable\" "
		         "first");
	case JK_WHY_PERSON_EXPIRED:
		return _("the person's time has ended: \"jukinetctl person "
		         "expiry\" first");
	case JK_WHY_FLOW_ORDER:
		return _("the security officer grants to the access manager of "
		         "the department, who hands it on: this person is "
		         "none");
	case JK_WHY_ROLE_DEPT:
		return g->department[0] == '\0'
		           ? _("the person works for no department: say which "
		               "with \"jukinetctl person change\"")
		           : _("an access manager grants for the own department "
		               "and to its own people only");
	case JK_WHY_GRANT_NONE:
		return g->type->enabled
		           ? _("this type is not granted to your department: "
		               "ask the security officer for it")
		           : _("this type is switched off in the policy "
		               "(policy.conf): the system manager decides on "
		               "it");
	default:
		return _("none of your roles may do this: ask the officer in "
		         "charge");
	}
}

void
jk_granting_explain(const struct jk_grant *g, enum jk_reason why, int64_t limit,
    char ret[static JK_GRANT_TEXT_MAX])
{
	if (why == JK_WHY_GRANT_BEYOND)
		(void)snprintf(ret, JK_GRANT_TEXT_MAX,
		    _("this type is granted to your department until %s only: "
		      "name an earlier day, or ask the security officer"),
		    jk_show_until(limit));
	else
		(void)snprintf(ret, JK_GRANT_TEXT_MAX, "%s (%s, %s)",
		    plain_reason(g, why), g->person->id,
		    jk_name_type_id(g->type->id));
}

int64_t
jk_granting_default_until(struct jk_grant *g, int64_t from)
{
	const int64_t theirs = g->person->valid.until;
	int64_t limit;

	g->until = jk_fiscal_end(from > g->now ? from : g->now);
	if (theirs != 0 && theirs < g->until)
		g->until = theirs;
	if (jk_grant_check(g, &limit) == JK_WHY_GRANT_BEYOND)
		g->until = limit;
	return g->until;
}

const struct jk_type *
jk_granting_type(const struct jk_rowset *set, const char *text)
{
	for (size_t i = 0; i < set->type.n; i++) {
		const struct jk_type *type = jk_list_at(&set->type, i);
		const char number[2] = { (char)('0' + type->number), '\0' };

		if (strcmp(type->id, text) == 0 || strcmp(number, text) == 0)
			return type;
	}
	return NULL;
}

const char *
jk_granting_read(const struct jk_textrow *row, void *object,
    const char **ret_key)
{
	for (size_t i = 0; i < jk_n_options; i++) {
		const struct jk_option *o = &jk_options[i];
		const char *value;

		if (o->file != JK_CONF_REGISTRY || o->parse == NULL ||
		    strcmp(o->section, row->kind) != 0)
			continue;
		value = jk_textrow_get(row, o->key);
		if (value == NULL)
			value = o->fallback;
		for (size_t n = 1; value != NULL; n++) {
			const char *why =
			    jk_option_set(o, value, strlen(value), object);

			if (why != NULL && ret_key != NULL)
				*ret_key = o->key;
			if (why != NULL)
				return why;
			value = jk_textrow_get_nth(row, o->key, n);
		}
	}
	return NULL;
}
