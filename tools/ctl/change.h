/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One change of the registry, from the officer's command to the ledger:
 *
 *     who acts (jukinetd) -> lock, rows as they stand -> may he -> new rows
 *     -> the whole is checked -> ledger -> audit record -> new snapshot
 *
 * Nothing is half done: the ledger's entry is the commit, and what comes after
 * is made up for by the next command when this one is killed.
 */
#ifndef JK_CHANGE_H
#define JK_CHANGE_H

#include "actor.h"
#include "builder.h"
#include "call.h"
#include "record.h"
#include "store.h"

/* What a command demands; its table stands in the command's file. */
struct jk_rule {
	enum jk_op op;             /* of the audit record */
	enum jk_function function; /* of 別紙1; JK_FUNCTION_COUNT: none */
	struct jk_duty duty;
};

struct jk_change {
	const struct jk_call *call;
	const struct jk_rule *rule;
	struct jk_build build; /* where everything is */
	struct jk_actor actor;
	struct jk_store *store;
	struct jk_rowset set; /* all rows as they stand, checked */
	struct jk_report report;
	struct jk_ledger_entry entry;             /* notes are added to it */
	char object[JK_ID_MAX + JK_KIND_MAX + 2]; /* "card:c-0042" */
	int64_t now;
	/* NULL, or what follows the commit before a snapshot is built: EXIT_OK,
	 * or EXIT_PARTLY when it was said what is left to do. */
	int (*then)(struct jk_change *change);
};

/*
 * Finds the actor, takes the lock and reads what stands. EXIT_OK: go on;
 * otherwise it was said and recorded why not, and this is the exit code.
 * jk_change_end() is called in either case.
 */
int jk_change_begin(const struct jk_call *call, const struct jk_rule *rule,
    struct jk_change *ret);
/* The same without the lock: for an act that changes no row, and is recorded by
 * jk_officelog_act(). */
int jk_change_look(const struct jk_call *call, const struct jk_rule *rule,
    struct jk_change *ret);
void jk_change_end(struct jk_change *change);

/* May the actor, for this department, about this person ("" for none)? */
int jk_change_permit(struct jk_change *change, const char *subject,
    const char *department);

/*
 * Whoever ends a person, or takes from him what he works with, ends what he
 * does in his roles too, so they must be for departments for which the actor
 * may act (S-05). *ret_department: that for which he may not. The second says
 * so, as jk_change_permit() does.
 */
enum jk_reason jk_change_may_end(const struct jk_change *change,
    const struct jk_duty *duty, const char *person,
    const char **ret_department);
int jk_change_permit_end(struct jk_change *change, const char *person);

/*
 * Says why not, to people and to the log, and returns EXIT_REFUSED (EXIT_NONE
 * for JK_WHY_ROW_NONE). `format` is translated English with its next step.
 */
int jk_change_refuse(struct jk_change *change, enum jk_reason why,
    const char *format, ...) JK_PRINTF(3, 4);

/*
 * The row as text, to be changed and put; it must stand in the store.
 * EXIT_NONE: there is none; EXIT_REFUSED: it is written by hand in a file,
 * which was said with its place. `noun` is what people call it.
 */
int jk_change_row(struct jk_change *change, const char *kind, const char *id,
    struct jk_textrow *ret);
/* EXIT_OK when no row of this kind has this id. */
int jk_change_is_new(struct jk_change *change, const char *kind,
    const char *id);
int jk_change_put(struct jk_change *change, const struct jk_textrow *row);
int jk_change_remove(struct jk_change *change, const char *kind,
    const char *id);
/* A fact beside the rows, for the ledger. */
int jk_change_note(struct jk_change *change, const char *key,
    const char *value);

/*
 * Checks the whole, commits, records, builds. With --dry-run it prints what
 * would be changed. `format` says what was done, to people.
 */
int jk_change_commit(struct jk_change *change, const char *format, ...)
    JK_PRINTF(2, 3);

/*
 * Sets one value of a row from an option of the same name, where it was given;
 * "" or "-" removes it.
 */
int jk_change_take(struct jk_change *change, struct jk_textrow *row,
    const char *const *keys);

/* A new id: prefix and the number of the ledger's entry that makes it, so that
 * no row of that kind has it, nor had it before it was removed. */
void jk_change_new_id(const struct jk_change *change, const char *kind,
    const char *prefix, char ret[static JK_ID_MAX + 1]);

/* The rows as they stand, for listings and questions: no lock, no actor.
 * EXIT_OK, or it was said what is wrong. */
struct jk_view {
	const struct jk_call *call;
	struct jk_build build;
	struct jk_rowset set;
	struct jk_report report;
	struct jk_store *store; /* may be empty */
	int64_t now;
};
int jk_view_open(const struct jk_call *call, struct jk_view *ret);
void jk_view_close(struct jk_view *view);
/* Value of a key that no struct holds ("basis"); "" when there is none. */
const char *jk_view_kept(const struct jk_view *view, const char *kind,
    const char *id, const char *key);

/* The rows of a kind ("card"), or NULL. */
const struct jk_list *jk_list_of(const struct jk_rowset *set, const char *kind);
/* Finding typed rows. NULL: there is none. */
const struct jk_person *jk_find_person(const struct jk_rowset *set,
    const char *id);
const struct jk_opid *jk_find_opid(const struct jk_rowset *set, const char *id);
const struct jk_card *jk_find_card(const struct jk_rowset *set, const char *id);
const struct jk_terminal *jk_find_terminal(const struct jk_rowset *set,
    const char *id);
const struct jk_type *jk_find_type(const struct jk_rowset *set, const char *id);
const struct jk_approval *jk_find_approval(const struct jk_rowset *set,
    const char *id);

#endif
