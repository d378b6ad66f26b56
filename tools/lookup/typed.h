/* SPDX-License-Identifier: BSD-2-Clause */
/* What may name a resident, from whoever sits or runs before the program: never
 * an argument, which all users of a machine may read. */
#ifndef JK_TYPED_H
#define JK_TYPED_H

#include <stdbool.h>

#include "err.h"
#include "jukinet/jukinet.h"

/* Bytes with a NUL; one more than may be, so that what is too long is seen. */
#define JK_TYPED_MAX (JUKINET_TEXT + 2)

/*
 * One line of standard input into locked memory, released by jk_typed_free(); at
 * a terminal it is asked for, and not shown where it is `hidden`. An empty one is
 * "". JK_ERR_CLOSED: he has given up.
 */
enum jk_err jk_typed_read(const char *prompt, bool hidden, char **ret);
/* NULL is fine. */
void jk_typed_free(char *typed);

#endif
