/* SPDX-License-Identifier: BSD-2-Clause */
#include "grantrule.h"

#include <string.h>

static bool
is_within(const struct jk_period *valid, int64_t now)
{
	return (valid->from == 0 || now >= valid->from) &&
	       (valid->until == 0 || now < valid->until);
}

bool
jk_opid_is_live(const struct jk_opid *opid, int64_t now)
{
	return opid->enabled && is_within(&opid->valid, now);
}

bool
jk_grant_is_manager(const struct jk_grant *g, const char *person)
{
	for (size_t i = 0; i < g->n_roles; i++) {
		const struct jk_role *role = &g->roles[i];

		/* One for no department is nobody's access manager (S 第3条). */
		if (role->role == JK_ROLE_ACCESS_MANAGER &&
		    role->department[0] != '\0' &&
		    strcmp(role->department, g->department) == 0 &&
		    strcmp(role->person, person) == 0 &&
		    is_within(&role->valid, g->now))
			return true;
	}
	return false;
}

static enum jk_reason
check_person(const struct jk_grant *g)
{
	if (jk_duty_is_self(g->actor, g->person->id))
		return JK_WHY_SELF_APPROVAL;
	if (!g->person->enabled)
		return JK_WHY_PERSON_DISABLED;
	if (g->person->valid.until != 0 && g->now >= g->person->valid.until)
		return JK_WHY_PERSON_EXPIRED;
	return JK_WHY_GRANTED;
}

/* From the security officer to an access manager. */
static bool
is_first_step(const struct jk_grant *g)
{
	const bool officer = g->actor->console ||
	                     jk_duty_holds(g->actor, JK_ROLE_SECURITY_OFFICER,
	                         g->department, g->now);

	return officer && jk_grant_is_manager(g, g->person->id);
}

/* From an access manager to somebody of his department. */
static enum jk_reason
check_second_step(const struct jk_grant *g)
{
	static const struct jk_duty duty = {
		.roles = UINT32_C(1) << JK_ROLE_ACCESS_MANAGER
	};
	enum jk_reason why;

	if (!g->actor->console && !g->bulk) {
		why = jk_duty_check(&duty, g->actor, "", g->department, g->now);
		if (why != JK_WHY_GRANTED &&
		    jk_duty_holds(g->actor, JK_ROLE_SECURITY_OFFICER,
		        g->department, g->now))
			return JK_WHY_FLOW_ORDER;
		if (why != JK_WHY_GRANTED)
			return why;
		/* As above: his role must name the department. */
		if (!jk_grant_is_manager(g, g->actor->person))
			return JK_WHY_ROLE_DEPT;
	}
	return g->department[0] != '\0' &&
	               strcmp(g->person->department, g->department) == 0
	           ? JK_WHY_GRANTED
	           : JK_WHY_ROLE_DEPT;
}

/* Can it be handed on from this one? */
static bool
is_source(const struct jk_grant *g, const struct jk_opid *opid)
{
	if (strcmp(opid->type, g->type->id) != 0 ||
	    strcmp(opid->department, g->department) != 0 ||
	    strcmp(opid->person, g->person->id) == 0 ||
	    !jk_opid_is_live(opid, g->now))
		return false;
	if (g->actor->console || g->bulk)
		return jk_grant_is_manager(g, opid->person);
	return strcmp(opid->person, g->actor->person) == 0;
}

static bool
is_longer(int64_t until, int64_t than)
{
	return than != 0 && (until == 0 || until > than);
}

static enum jk_reason
check_limit(const struct jk_grant *g, int64_t *ret_limit)
{
	bool found = false;
	int64_t limit = 0;

	for (size_t i = 0; i < g->n_opids; i++) {
		const struct jk_opid *opid = &g->opids[i];

		if (!is_source(g, opid))
			continue;
		if (!found || is_longer(opid->valid.until, limit))
			limit = opid->valid.until;
		found = true;
	}
	if (!found)
		return JK_WHY_GRANT_NONE;
	*ret_limit = limit;
	return is_longer(g->until, limit) ? JK_WHY_GRANT_BEYOND
	                                  : JK_WHY_GRANTED;
}

enum jk_reason
jk_grant_check(const struct jk_grant *g, int64_t *ret_limit)
{
	int64_t limit = 0;
	enum jk_reason why;

	if (ret_limit != NULL)
		*ret_limit = 0;
	if (!g->type->enabled)
		return JK_WHY_GRANT_NONE;
	if ((why = check_person(g)) != JK_WHY_GRANTED)
		return why;
	if (is_first_step(g))
		return JK_WHY_GRANTED;
	if ((why = check_second_step(g)) != JK_WHY_GRANTED)
		return why;
	why = check_limit(g, &limit);
	if (ret_limit != NULL)
		*ret_limit = limit;
	return why;
}
