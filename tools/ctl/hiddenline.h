/* SPDX-License-Identifier: BSD-2-Clause */
/* A line that nobody sees while it is typed. */
#ifndef JK_HIDDENLINE_H
#define JK_HIDDENLINE_H

#include <stddef.h>

#include "err.h"

/*
 * From the terminal without echo, after the prompt, or from standard input
 * where that is no terminal. Without its newline, with a NUL. JK_ERR_CLOSED:
 * the end, or a signal to stop; JK_ERR_TIMEOUT: nothing for two minutes;
 * JK_ERR_TOO_BIG: it does not fit. The caller erases.
 */
enum jk_err jk_hiddenline_read(const char *prompt, char *ret, size_t size);

#endif
