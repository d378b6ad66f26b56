/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines for programs that break them at blanks only: Japanese has none. */
#ifndef JK_FOLD_H
#define JK_FOLD_H

#include <stddef.h>

/*
 * Copies the text and breaks it between two Japanese characters when a line has
 * `columns` columns (a Japanese character takes two). Marks that begin no line,
 * such as 。, stand further out. What does not fit in `size`
 * bytes, which must hold the text itself, is not broken any more.
 */
void jk_fold(const char *text, unsigned columns, size_t size, char *ret);

#endif
