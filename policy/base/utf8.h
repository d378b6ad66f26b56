/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 from outside, one character at a time. */
#ifndef JK_UTF8_H
#define JK_UTF8_H

#include <stdint.h>

#include "cursor.h"

/*
 * JK_ERR_FORMAT or JK_ERR_TRUNCATED, cursor unmoved, when no well-formed
 * character stands here (shortest form, no surrogates, at most U+10FFFF).
 */
enum jk_err jk_utf8_next(struct jk_cur *cur, uint32_t *ret);

/*
 * Whether a character only shows itself: no control character, no line or
 * paragraph separator, nothing that is invisible or turns the direction of
 * writing.
 */
bool jk_utf8_is_plain(uint32_t character);

#endif
