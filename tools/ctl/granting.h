/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rule of grants (grantrule.h) asked with the rows as they stand, and its
 * answer in words. For one operator ID and for a whole import.
 */
#ifndef JK_GRANTING_H
#define JK_GRANTING_H

#include "change.h"
#include "grantrule.h"

#define JK_GRANT_TEXT_MAX 512

/* What the rows say; the caller sets department, until and bulk. */
struct jk_grant jk_granting_ask(const struct jk_change *change,
    const struct jk_person *person, const struct jk_type *type);

/* The same by ids; person and type are NULL where there are none. */
struct jk_grant jk_granting_ask_by_id(const struct jk_change *change,
    const char *person, const char *type);

/* Why not, for people, translated, with its next step. */
void jk_granting_explain(const struct jk_grant *grant, enum jk_reason why,
    int64_t limit, char ret[static JK_GRANT_TEXT_MAX]);

/*
 * How long an operator ID lasts for which nobody named an end (S-20): the
 * fiscal year, the person's own time, what can be handed on; whichever ends
 * first. `from`: its first second.
 */
int64_t jk_granting_default_until(struct jk_grant *grant, int64_t from);

/* The type of that id, or of that number; NULL: there is none. */
const struct jk_type *jk_granting_type(const struct jk_rowset *set,
    const char *text);

/* Reads a row by the table of keys into the struct of its kind, which is
 * zeroed but for what absent keys mean. NULL, or why it is refused, in which
 * case *ret_key (may be NULL) says where. */
const char *jk_granting_read(const struct jk_textrow *row, void *object,
    const char **ret_key);

#endif
