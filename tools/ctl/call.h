/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands as ONE table: it drives the parser, --help, the completion and
 * the test that holds the manual page against it. A command is a noun and a
 * verb, and takes named options and words by position.
 */
#ifndef JK_CALL_H
#define JK_CALL_H

#include <stddef.h>

#include "defs.h"
#include "tr.h" /* IWYU pragma: export */

/* Exit codes, as the manual page lists them. */
#define EXIT_OK      0
#define EXIT_REFUSED 1 /* not permitted, against a rule, or not good */
#define EXIT_USAGE   2
#define EXIT_NONE    3 /* there is no such row */
#define EXIT_LATER   4 /* busy, or a service does not answer */
#define EXIT_PARTLY  5 /* done, but what follows it failed: see the message */

enum jk_param_kind {
	JK_PARAM_WORD,     /* by position, needed */
	JK_PARAM_WORD_OPT, /* by position, may be absent */
	JK_PARAM_VALUE,    /* --name VALUE */
	JK_PARAM_NEEDED,   /* --name VALUE, must be there */
	JK_PARAM_LIST,     /* --name VALUE, repeats */
	JK_PARAM_FLAG,     /* --name */
};

struct jk_param {
	enum jk_param_kind kind;
	const char *name;  /* "valid-until", or "PERSON" by position */
	const char *value; /* what stands for it in help: "DATE" */
	const char *help;  /* English, marked by N_() */
};

#define JK_PARAMS_MAX 24
#define JK_VALUES_MAX 256

struct jk_call;
/* Returns an exit code. */
typedef int jk_run_fn(const struct jk_call *call);

struct jk_command {
	const char *noun, *verb; /* verb "": the noun alone */
	jk_run_fn *run;
	const char *help; /* one line, English, marked by N_() */
	struct jk_param param[JK_PARAMS_MAX]; /* ends at name NULL */
};

/* Each file has its own table, ended by noun NULL. */
extern const struct jk_command jk_department_commands[], jk_person_commands[],
    jk_account_commands[], jk_opid_commands[], jk_role_commands[],
    jk_card_commands[], jk_terminal_commands[], jk_approval_commands[],
    jk_review_commands[], jk_policy_commands[], jk_ledger_commands[],
    jk_registry_commands[], jk_session_commands[], jk_key_commands[],
    jk_query_commands[], jk_doctor_commands[];

/* "registry import" stands apart. */
extern const struct jk_command jk_import_commands[];

/* Every command takes these: where things are, and how to answer. */
struct jk_globals {
	const char *config_dir, *vendor_dir, *state_dir, *policy_dir;
	bool json;       /* listings as JSON */
	bool dry_run;    /* say what would happen, and do nothing */
	const char *why; /* --reason: stands in the ledger */
};

struct jk_call {
	const struct jk_command *command;
	struct jk_globals global;
	/* Something lies elsewhere than where this machine has it: for the
	 * console and for tests. An officer decides about this machine's own
	 * registry, and about no copy of it. */
	bool elsewhere;
	size_t n;
	struct {
		const struct jk_param *param;
		const char *text;
	} value[JK_VALUES_MAX];
};

/* NULL when it was not given. */
const char *jk_call_get(const struct jk_call *call, const char *name);
/* Number n of a list, from 0; NULL when there are not as many. */
const char *jk_call_get_nth(const struct jk_call *call, const char *name,
    size_t n);
bool jk_call_has(const struct jk_call *call, const char *name);
/* "card.approve", as it stands in ledger and record. */
const char *jk_call_name(const struct jk_call *call);

/* Finds the command and reads its words; EXIT_OK: *ret can be run. Otherwise
 * help or a complaint was printed, and this is the exit code. */
int jk_call_parse(int argc, char **argv, struct jk_call *ret, bool *ret_done);

/* Writes what is wrong and how to go on to stderr; returns EXIT_USAGE. */
int jk_usage_error(const char *format, ...) JK_PRINTF(1, 2);
/* The same, about a new id that is none. */
int jk_id_error(const char *id);

#endif
