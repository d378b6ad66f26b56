/* SPDX-License-Identifier: BSD-2-Clause */
/* What a text is written on: of a size, and in what its reader can draw. */
#ifndef JK_PAPER_H
#define JK_PAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jk_look;

struct jk_paper {
	const struct jk_look *look;
	char *start, *at;
	size_t left; /* bytes, without that of the NUL, which is the caller's */
};

/* Words of ours; what has no room is left out, and all that follows. */
void jk_paper_put(struct jk_paper *paper, const char *text, size_t n);
/*
 * A value from outside, at most its first 256 bytes. What cannot be shown, or
 * would do more than show itself, becomes a "?"; in ASCII one stands for all
 * such characters side by side, and wide letters are narrow ones.
 */
void jk_paper_put_value(struct jk_paper *paper, const uint8_t *value, size_t n);
/* Whether a value is more than nothing; in ASCII: has a letter or a digit that
 * can be shown. */
bool jk_paper_tells(const struct jk_paper *paper, const uint8_t *value,
    size_t n);
/* A blank at the end, if there is one. */
void jk_paper_drop_blank(struct jk_paper *paper);

#endif
