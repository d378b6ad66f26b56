/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Officers: which of them may do what, and for which department. Pure, as
 * everything in this room.
 */
#ifndef JK_DUTY_H
#define JK_DUTY_H

#include "reason.h"
#include "rows.h"

/* Who acts: the person of a live session, or root without one. */
struct jk_actor {
	bool console; /* root@console: everything but approving for himself,
	               * and every such act is a finding */
	char person[JK_ID_MAX + 1]; /* "" on the console */
	char opid[JK_ID_MAX + 1];
	char type[JK_ID_MAX + 1];
	char session[JK_ID_MAX + 1];
	char terminal[JK_ID_MAX + 1];
	size_t n_roles;
	struct jk_role roles[JK_ROLES_MAX]; /* all that the person has */
};

/* Bits of enum jk_role_name: one of them is enough. */
struct jk_duty {
	uint32_t roles;
	bool own; /* also anybody for himself */
};

/*
 * May he, for somebody of that department ("": of none, then only a role for
 * the whole office does)? `subject` is the person concerned, or "".
 * JK_WHY_GRANTED, JK_WHY_ROLE_NONE or JK_WHY_ROLE_DEPT.
 */
enum jk_reason jk_duty_check(const struct jk_duty *duty,
    const struct jk_actor *actor, const char *subject, const char *department,
    int64_t now);

/* Does he hold that role for that department now? */
bool jk_duty_holds(const struct jk_actor *actor, enum jk_role_name role,
    const char *department, int64_t now);

/* Is it himself? Never on the console. */
bool jk_duty_is_self(const struct jk_actor *actor, const char *person);

/* Who may appoint whom (S-02 to S-06): roles that set this role. */
uint32_t jk_duty_appoints(enum jk_role_name role);

#endif
