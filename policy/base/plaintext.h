/* SPDX-License-Identifier: BSD-2-Clause */
/* Text from outside that may stand in a file, a message or a record. */
#ifndef JK_PLAINTEXT_H
#define JK_PLAINTEXT_H

#include "defs.h"

/* Why these bytes are not text, or NULL when they are: valid UTF-8 (shortest
 * form, no surrogates) without NUL, control characters other than tab, or
 * characters that are invisible or turn the direction of writing. A static string. */
const char *jk_plaintext_fault(const char *text, size_t len);

#endif
