/* SPDX-License-Identifier: BSD-2-Clause */
#include "mac.h"

#include <inttypes.h>
#include <stdio.h>

static const char *
word_of(const struct jk_words *words, unsigned number)
{
	return number >= words->first && number < words->n
	           ? words->word[number].id
	           : "";
}

void
jk_mac_add(const struct jk_query *q, char count[static 24],
    struct jk_mac_of *of)
{
	count[0] = '\0';
	if (q->count > 0)
		(void)snprintf(count, 24, "%" PRIu64, q->count);
	of->value[JK_MAC_BUSINESS] = word_of(&jk_businesses, q->business);
	of->value[JK_MAC_ACTION] = word_of(&jk_actions, q->action);
	of->value[JK_MAC_SEARCH] = word_of(&jk_searches, q->search);
	of->value[JK_MAC_SUBJECT] = q->code;
	of->value[JK_MAC_COUNT] = count;
	of->value[JK_MAC_PERMISSION] = q->permission;
	of->value[JK_MAC_OBJECT] = q->object;
	of->value[JK_MAC_REQUIREMENT] = q->text;
}
