/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words that people read. The service sends codes and parameters, never
 * prose; here is the English text for each code, and gettext's domain
 * "jukinet" has it in the caller's language.
 */
#ifndef JK_TEXT_H
#define JK_TEXT_H

#include <stddef.h>

struct jk_frame;
struct jk_look;

/* With its NUL below PAM_MAX_MSG_SIZE (512), in any language. */
#define JK_TEXT_MAX 512

/*
 * Writes the text for a code, its {name} places filled from the PARAM fields
 * of the frame (NULL: none). An unknown code gives a text that quotes it.
 */
void jk_text(const char *code, const struct jk_look *look,
    const struct jk_frame *params, char ret[static JK_TEXT_MAX]);

/* What a type of operator IDs is called; NULL: it is not one of 別紙1. */
const char *jk_text_type(const char *id, const struct jk_look *look);

/* Row i of the table, for tests; NULL after the last. */
const char *jk_text_code(size_t i);
const char *jk_text_english(size_t i);

#endif
