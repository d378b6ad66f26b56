/* SPDX-License-Identifier: BSD-2-Clause */
/* From when until when something holds, for listings and endings. */
#ifndef JK_PERIOD_H
#define JK_PERIOD_H

#include "call.h"
#include "rows.h"
#include "textrow.h"
#include "words.h"

/* "good", "to come" or "ended": English, marked by N_(). */
const char *jk_period_word(const struct jk_period *valid, int64_t now);
/* For a cell: as it stands in JSON, translated for people. */
const char *jk_show_word(const struct jk_call *call, const char *word);
/* The same of a word of a vocabulary, of a flag, and of the id of a type. */
const char *jk_show_name(const struct jk_call *call,
    const struct jk_words *words, size_t number);
const char *jk_show_flag(const struct jk_call *call, bool flag);
const char *jk_show_type(const struct jk_call *call, const char *id);
/* "-" for what never ends. */
const char *jk_show_end(int64_t until);

/* When something ends: on a day, the last good one, or at once. */
struct jk_ending {
	int64_t until; /* the first second that no longer counts */
	char text[17]; /* as the registry writes it */
};

/* `day` NULL: at once. EXIT_OK, or it was said what is wrong with it. */
int jk_ending_read(const char *day, int64_t now, struct jk_ending *ret);

enum jk_ended {
	JK_ENDED_BEFORE, /* it ends no later as it is */
	JK_ENDED_CUT,    /* the row is changed */
	JK_ENDED_NEVER,  /* it would end before it begins: remove it */
};

/* Ends a row with valid-from and valid-until; JK_ENDED_CUT: *row is to be
 * put. JK_ERR_NOMEM. */
enum jk_err jk_ending_apply(const struct jk_ending *ending,
    const struct jk_period *valid, struct jk_textrow *row, enum jk_ended *ret);

#endif
