/* SPDX-License-Identifier: BSD-2-Clause */
/* An explanation as it is told. */
#ifndef JK_EXPLAINSAY_H
#define JK_EXPLAINSAY_H

#include "asking.h"
#include "because.h"

struct jk_view;

/* One line on which an answer stands. */
struct jk_reason_line {
	const char *file; /* or the entry of a directory */
	unsigned line;    /* 0: not known */
	char text[512];   /* "[person p0123] valid-until = 2026-03-31" */
};

/* One question, answered. */
struct jk_answer {
	struct jk_asking asking;
	struct jk_verdict verdict;
	const struct jk_opid *opid; /* that it is about; NULL: none */
	size_t n;
	struct jk_reason_line line[JK_BECAUSE_MAX];
};

/*
 * A login chooses among all operator IDs; in a session only its own counts, so
 * each of the person's is asked about in turn.
 */
struct jk_answers {
	size_t n;
	struct jk_answer answer[JK_OPIDS_MAX];
};

bool jk_answers_allow(const struct jk_answers *answers);
void jk_answers_print(const struct jk_view *view,
    const struct jk_answers *answers, const struct jk_about *about);
void jk_answers_print_json(const struct jk_view *view,
    const struct jk_answers *answers, const struct jk_about *about);

#endif
