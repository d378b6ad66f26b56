/* SPDX-License-Identifier: BSD-2-Clause */
/* What jukinet-lookup(1) can do, one function each. */
#ifndef JK_LOOKUP_H
#define JK_LOOKUP_H

#include "defs.h"
#include "jukinet/jukinet.h"
#include "tr.h"

#define EXIT_ALLOWED 0
#define EXIT_DENIED  1
#define EXIT_USAGE   2
#define EXIT_LATER   3 /* nothing can be decided now: no service, no record */

/* jukinetd's own deadline is shorter. */
#define JK_ANSWER_MS 60000
/* It has no record to wait for. */
#define JK_LIST_MS 10000

/* What the command line says; NULL where it does not. */
struct jk_order {
	const char *purpose, *reception;
	const char *business, *action, *search, *count;
	const char *permission, *object;
	const char *key;                                   /* FILE */
	const char *terminal, *person, *right, *confirmer; /* of a receipt */
	bool grounds, requirement;                         /* are to be read */
	bool json, html, yes;
};

int jk_run_ask(const struct jk_order *order);
int jk_run_batch(bool native);
int jk_run_session_end(const struct jk_order *order);
int jk_run_check_receipt(const struct jk_order *order);

/* "jukinet-lookup: ..." on stderr; EXIT_USAGE. */
int jk_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* How an answer that is no "allowed" ends the program. */
int jk_exit_of(const char *why);

#endif
