/* SPDX-License-Identifier: BSD-2-Clause */
/* A resident record code from whoever sits or runs before the program: never an
 * argument, which all users of a machine may read. */
#ifndef JK_CODE_H
#define JK_CODE_H

#include "err.h"

#define JK_CODE_MAX 129 /* bytes with its NUL */

/*
 * One line of standard input into locked memory of JK_CODE_MAX bytes, which the
 * caller releases; at a terminal it is asked for and not shown. An empty one is
 * "". JK_ERR_CLOSED: he has given up.
 */
enum jk_err jk_code_read(char **ret);

#endif
