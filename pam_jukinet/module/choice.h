/* SPDX-License-Identifier: BSD-2-Clause */
/* Of several operator IDs, or accounts too: the list that a person sees, and his answer. */
#ifndef JK_CHOICE_H
#define JK_CHOICE_H

#include "err.h"
#include "ids.h"
#include "protocol.h"
#include "text.h"

struct jk_frame;

struct jk_option {
	char account[JK_ACCOUNT_MAX + 1]; /* "": that is no question */
	char opid[JK_ID_MAX + 1];
	char type[JK_ID_MAX + 1];
};

struct jk_choice {
	bool accounts; /* each option has one */
	size_t n;
	struct jk_option option[JK_CHOICES_MAX];
};

/* From the frame that asks; JK_ERR_FORMAT: nothing that can be shown. */
enum jk_err jk_choice_read(const struct jk_frame *frame, struct jk_choice *ret);

/*
 * The whole as one prompt, because several programs drop other texts: the
 * question of code `code`, a numbered line for each, and what to type. Lines
 * that do not fit are left out; their answers still count.
 */
void jk_choice_prompt(const struct jk_choice *choice,
    const struct jk_look *look, const char *code, char ret[static JK_TEXT_MAX]);

/*
 * By its number in the list, by its operator ID or account where only one has
 * that, or by both with a blank between; NULL: none of them.
 */
const struct jk_option *jk_choice_find(const struct jk_choice *choice,
    const char *answer);

#endif
