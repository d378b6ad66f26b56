/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may give which operator ID to whom (S 第8条2項), in two steps:
 *
 *     security officer -> access manager of a department -> its operators
 *
 * An access manager hands on only what he holds himself, for his own
 * department and for no longer, so that every right comes from one that a
 * security officer gave. Pure, as everything in this room.
 */
#ifndef JK_GRANTRULE_H
#define JK_GRANTRULE_H

#include "duty.h"

/* Pointers are borrowed; the arrays are all that the registry has. */
struct jk_grant {
	const struct jk_actor *actor;
	/* In the place of the department's access managers, as the console
	 * always acts: what they hold is the limit. Who may, the caller knows. */
	bool bulk;
	const struct jk_person *person; /* who gets it */
	const struct jk_type *type;
	const char *department; /* for which it is good */
	int64_t until;          /* 0: for ever */
	int64_t now;
	size_t n_opids, n_roles;
	const struct jk_opid *opids;
	const struct jk_role *roles;
};

/*
 * JK_WHY_GRANTED, or the first of these that holds:
 *
 *   grant.none       the policy has this type switched off
 *   approve.self     nobody gives himself anything
 *   person.disabled, person.expired
 *   flow.order       a security officer gives to access managers only
 *   role.none, role.dept: no access manager, or not of that department; or the
 *                    person does not work there
 *   grant.none       the access manager holds no such type for it
 *   grant.beyond     or not for as long
 *
 * *ret_limit (may be NULL) is how long it could be given at most, 0: for ever;
 * it is set where `until` alone can be wrong.
 */
enum jk_reason jk_grant_check(const struct jk_grant *grant, int64_t *ret_limit);

/* Is that operator ID enabled and within its time? */
bool jk_opid_is_live(const struct jk_opid *opid, int64_t now);

/* Is he access manager of that department now? */
bool jk_grant_is_manager(const struct jk_grant *grant, const char *person);

#endif
