/* SPDX-License-Identifier: BSD-2-Clause */
/* Small things that every command uses. */
#ifndef JK_JUKINETCTL_H
#define JK_JUKINETCTL_H

#include "builder.h"
#include "call.h"

/* Where everything is, for a change or a question. */
struct jk_build jk_build_for(const struct jk_call *call);
/* Warnings and errors, one line each, at most 20 errors. */
void jk_print_report(const struct jk_report *report);
/* "operator ID" for "operator-id": English, marked by N_(). */
const char *jk_noun(const char *kind);
/* NULL is good: all kinds. Otherwise EXIT_USAGE, and it was said which are. */
int jk_check_kind(const char *kind);

#endif
