/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers and hexadecimal bytes as words. */
#ifndef VC_TEXT_H
#define VC_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Decimal digits only, at most max. */
enum vc_err vc_text_number(const char *word, unsigned long max,
    unsigned long *ret);

/* Exactly len bytes. */
enum vc_err vc_text_unhex(const char *word, uint8_t *ret, size_t len);

/* Writes 2 * len characters and a NUL. */
void vc_text_hex(const uint8_t *data, size_t len, char *ret);

#endif
