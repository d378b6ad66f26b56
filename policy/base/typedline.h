/* SPDX-License-Identifier: BSD-2-Clause */
/* A line from whoever sits or runs before the program. */
#ifndef JK_TYPEDLINE_H
#define JK_TYPEDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * From the terminal after the prompt, without echo where it is `hidden`, or from
 * standard input where that is no terminal; what stands behind the line is left
 * there. Without its line end, with a NUL; the last line may be without one.
 * JK_ERR_CLOSED: the end, or a signal to stop; JK_ERR_TIMEOUT: not whole after
 * two minutes; JK_ERR_TOO_BIG: it does not fit; JK_ERR_FORMAT: a NUL is in it.
 * Not for several threads. The caller erases.
 */
enum jk_err jk_typedline_read(const char *prompt, bool hidden, char *ret,
    size_t size);

#endif
