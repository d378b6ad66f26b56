/* SPDX-License-Identifier: BSD-2-Clause */
/* What people call the words of a policy: its ids, or the words of 別紙1. */
#ifndef JK_NAMES_H
#define JK_NAMES_H

#include <stddef.h>

#include "defs.h"

struct jk_type;
struct jk_words;

/* Where messages are Japanese. */
bool jk_names_are_japanese(void);
/* "moving", or "転入転出(全般)". */
const char *jk_name_word(const struct jk_words *words, size_t number,
    bool japanese);
/* The same in the language of messages. */
const char *jk_name_here(const struct jk_words *words, size_t number);
/* "moving-desk", or by its number "転入転出". */
const char *jk_name_type(const struct jk_type *type, bool japanese);
/* By the id of the shipped policy, in the language of messages. */
const char *jk_name_type_id(const char *id);
/* What is wrong with a value, as the registry's tables say it. */
const char *jk_name_fault(const char *fault);
/* What a card was revoked for: "lost", in the language of messages. */
const char *jk_name_revocation(const char *id);

#endif
