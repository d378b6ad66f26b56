/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines for programs that break none themselves. */
#ifndef JK_FOLD_H
#define JK_FOLD_H

#include <stddef.h>

/*
 * Copies the text and breaks it into lines of so many columns (a Japanese
 * character takes two): where a sentence ends, or a clause, before the line is
 * full; else between two words, or two Japanese characters. What can be broken
 * nowhere is longer, and marks that begin no line, such as 。, stand further out.
 * A blank gives way to the line end. What does not fit in `size` bytes, which must
 * hold the text itself, is not broken any more.
 */
void jk_fold(const char *text, unsigned columns, size_t size, char *ret);

#endif
