/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One section on its way into a struct: keys and values, wherever they come
 * from (a file, a directory, the ledger), go through the option table here and
 * nowhere else.
 */
#ifndef JK_DRAFT_H
#define JK_DRAFT_H

#include "options.h"
#include "report.h"

struct jk_draft {
	struct jk_report *report;
	enum jk_conf_file file;
	char name[JK_ID_MAX + 1]; /* "person" */
	char id[JK_ID_MAX + 1];   /* "" in sections without one */
	struct jk_place place;
	const struct jk_option *option; /* those of the section */
	size_t n_options;
	/* Of each: 0 when it is absent, else one more than its line. */
	unsigned seen[JK_OPTIONS_MAX];
	void *object;  /* what it fills, zeroed */
	size_t errors; /* of the report, when it began */
};

/* NULL, or a static string: why there can be no such section. */
const char *jk_draft_fault(const struct jk_draft *draft);
/* name, id, file, place and report are set; from here it is filled. */
void jk_draft_begin(struct jk_draft *draft, void *object);
/* `value` has `len` bytes and a NUL behind them; line 0: not known. */
void jk_draft_set(struct jk_draft *draft, const char *key, const char *value,
    size_t len, unsigned line);
/* Fills in what is absent; true when nothing was wrong with it. */
bool jk_draft_end(struct jk_draft *draft);
bool jk_draft_has(const struct jk_draft *draft, const char *key);
/* Where that key stands, or the section when it is absent. */
struct jk_place jk_draft_place_of(const struct jk_draft *draft,
    const char *key);

#endif
