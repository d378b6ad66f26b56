/* SPDX-License-Identifier: BSD-2-Clause */
/* Text from outside that may stand in a file, a message or a record. */
#ifndef JK_PLAINTEXT_H
#define JK_PLAINTEXT_H

#include "defs.h"

/*
 * Why these bytes are not text, or NULL when they are: valid UTF-8 without NUL
 * and without characters that do more than show themselves (utf8.h), tab
 * excepted. A static string.
 */
const char *jk_plaintext_fault(const char *text, size_t len);

/* Is it more than blanks of whatever width? Of a text without a fault. */
bool jk_plaintext_says(const char *text);

#endif
