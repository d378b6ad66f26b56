/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tells that a card was left: a line and a bell at the terminals in front of
 * this machine, and a file for programs that watch it.
 */
#ifndef JK_TELL_H
#define JK_TELL_H

#include "err.h"
#include "rules.h"

#define JK_TERMINALS_MAX 8

struct jk_tell {
	size_t n_terminals;
	const char *terminal[JK_TERMINALS_MAX]; /* named by the administrator */
	bool is_left;                           /* as the file says */
};

/* Never waits: a terminal that takes no text is left out. */
void jk_tell_terminals(const struct jk_tell *tell,
    const struct jk_screens *screens);
/* The file is there while a card is left. */
void jk_tell_file(struct jk_tell *tell, bool is_left);

#endif
