/* SPDX-License-Identifier: BSD-2-Clause */
#include "duty.h"

#include <string.h>

static bool
is_live(const struct jk_role *role, int64_t now)
{
	return (role->valid.from == 0 || now >= role->valid.from) &&
	       (role->valid.until == 0 || now < role->valid.until);
}

static bool
covers(const struct jk_role *role, const char *department)
{
	return role->department[0] == '\0' ||
	       (department[0] != '\0' &&
	           strcmp(role->department, department) == 0);
}

bool
jk_duty_holds(const struct jk_actor *actor, enum jk_role_name role,
    const char *department, int64_t now)
{
	for (size_t i = 0; i < actor->n_roles; i++)
		if (actor->roles[i].role == role &&
		    is_live(&actor->roles[i], now) &&
		    covers(&actor->roles[i], department))
			return true;
	return false;
}

bool
jk_duty_is_self(const struct jk_actor *actor, const char *person)
{
	return !actor->console && person[0] != '\0' &&
	       strcmp(actor->person, person) == 0;
}

enum jk_reason
jk_duty_check(const struct jk_duty *duty, const struct jk_actor *actor,
    const char *subject, const char *department, int64_t now)
{
	enum jk_reason why = JK_WHY_ROLE_NONE;

	if (actor->console || (duty->own && jk_duty_is_self(actor, subject)))
		return JK_WHY_GRANTED;
	for (size_t i = 0; i < actor->n_roles; i++) {
		const struct jk_role *role = &actor->roles[i];

		if ((unsigned)role->role >= JK_ROLE_COUNT ||
		    (duty->roles & jk_bit(role->role)) == 0 ||
		    !is_live(role, now))
			continue;
		if (covers(role, department))
			return JK_WHY_GRANTED;
		why = JK_WHY_ROLE_DEPT;
	}
	return why;
}

uint32_t
jk_duty_appoints(enum jk_role_name role)
{
	switch (role) {
	case JK_ROLE_CHIEF:
		return 0; /* 副村長 by the rule itself: the console enters it */
	case JK_ROLE_SYSTEM_MANAGER:
	case JK_ROLE_SECURITY_OFFICER:
	case JK_ROLE_AUDITOR:
		return jk_bit(JK_ROLE_CHIEF);
	case JK_ROLE_ACCESS_MANAGER:
	case JK_ROLE_SECURITY_MANAGER:
	case JK_ROLE_ENTRY_MANAGER:
		return jk_bit(JK_ROLE_SYSTEM_MANAGER);
	case JK_ROLE_IDENTITY_OFFICER:
		return jk_bit(JK_ROLE_SECURITY_OFFICER);
	case JK_ROLE_COUNT:
		break;
	}
	return 0;
}
