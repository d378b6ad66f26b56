/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one asks from inside a session: whose it is, what it may do, another
 * operator ID. jukinetd knows the session from the kernel, so nothing is said
 * but what is wanted; and each answer but that of a mere look has its record.
 */
#ifndef JK_INSIDE_H
#define JK_INSIDE_H

#include <stddef.h>

#include "reason.h"

#define JK_INSIDE_ID      64
#define JK_INSIDE_OPTIONS 16 /* operator IDs of one person */

/* Whose session it is, as jukinetd knows it. */
struct jk_holder {
	char person[JK_INSIDE_ID + 1];
	char opid[JK_INSIDE_ID + 1], type[JK_INSIDE_ID + 1];
	char department[JK_INSIDE_ID + 1]; /* of the operator ID */
	char session[JK_INSIDE_ID + 1], terminal[JK_INSIDE_ID + 1];
};

struct jk_inside {
	struct jk_holder holder;
	bool locked;
	/* What could be switched to now, its own among them. */
	size_t n_options;
	struct {
		char opid[JK_INSIDE_ID + 1], type[JK_INSIDE_ID + 1];
	} option[JK_INSIDE_OPTIONS];
	/* Why there is none; JK_WHY_GRANTED when there is one. */
	enum jk_reason why_none;
};

/*
 * Asks whether the caller's session (of its loginuid, for root) may do this:
 * `command` stands in the record, `function` is an id of 別紙1 or NULL.
 * JK_WHY_GRANTED: *ret is filled. JK_WHY_ACCOUNT_UNKNOWN: the caller is no
 * operator at all; JK_WHY_SESS_NONE: he is one, without a session here.
 */
enum jk_reason jk_client_manage(const char *command, const char *function,
    struct jk_holder *ret);

/* How the session of the caller's own uid stands; without a record. */
enum jk_reason jk_client_look(struct jk_inside *ret);

/* Nothing is allowed in it until its person has proven himself again. */
enum jk_reason jk_client_lock(void);

/* From now on it runs under this operator ID of the same person. */
enum jk_reason jk_client_switch(const char *opid, struct jk_holder *ret);

#endif
