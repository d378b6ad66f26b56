/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rows of the registry and which lines of the policy a verdict stands
 * on: the other half of an explanation, beside the reason. Pure.
 */
#ifndef JK_BECAUSE_H
#define JK_BECAUSE_H

#include "decide.h"

struct jk_because {
	bool policy;         /* in policy.conf; else a row */
	const char *section; /* "card" */
	const char *id;      /* "c-0042"; "" where there is only one */
	const char *key;     /* NULL: that it stands there at all */
	const char *value;   /* of a list, which one; NULL: any */
	bool missing;        /* it is what does not stand there */
};

#define JK_BECAUSE_MAX 16

/* How many. What they point at lives as long as the question. */
size_t jk_because(const struct jk_question *question,
    const struct jk_verdict *verdict,
    struct jk_because ret[static JK_BECAUSE_MAX]);

/* A sentence for an officer, English, marked by N_(). NULL: jk_decide() does
 * not give this reason. */
const char *jk_because_text(enum jk_reason why);

#endif
