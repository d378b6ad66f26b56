/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who acts: the person of the caller's live session, as jukinetd knows it from
 * the kernel's loginuid; never an argument. Root without any is root@console.
 */
#ifndef JK_ACTOR_H
#define JK_ACTOR_H

#include "call.h"
#include "duty.h"

/* Members may run jukinetctl by sudo; they never act as the console. */
#define JK_OFFICERS_GROUP "jukinet-officers"

/*
 * Asks jukinetd, which decides whether the session may do this (`function`:
 * JK_FUNCTION_COUNT when the command needs none) and has that proven in the
 * log. Roles are not filled in. JK_WHY_GRANTED, or why not.
 */
enum jk_reason jk_actor_find(const struct jk_call *call,
    enum jk_function function, struct jk_actor *ret);

/* Why nobody could be found, for people, translated. */
const char *jk_actor_explain(enum jk_reason why);

#endif
