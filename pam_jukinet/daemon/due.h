/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows from the age of a PIN that was just used (T-17, T-30). */
#ifndef JK_DUE_H
#define JK_DUE_H

#include "facts.h"
#include "grant.h"
#include "reason.h"

struct jk_worker;

/*
 * Why a session may not begin before the PIN is changed, or JK_WHY_GRANTED:
 * pin.initial, pin.overdue, pin.unknown. Only of a login by card and PIN.
 */
enum jk_reason jk_due_reason(const struct jk_facts *facts,
    const struct jk_grant *grant);

/*
 * Notes for the one who has proven himself: a change that is due soon, a PIN
 * of unknown age; with `all`, where nothing else will say so, also one that
 * must be changed.
 */
void jk_due_remind(struct jk_worker *worker, const struct jk_facts *facts,
    bool all);

#endif
