/* SPDX-License-Identifier: BSD-2-Clause */
#include "question.h"

#include <string.h>

#include "hex.h"
#include "ids.h"
#include "plaintext.h"

static bool
is_absent(const char *text)
{
	return text == NULL || text[0] == '\0';
}

static bool
is_id(const char *text)
{
	return text != NULL && strnlen(text, JK_ID_MAX + 1) <= JK_ID_MAX &&
	       jk_row_id_is_valid(text);
}

static bool
is_text(const char *text)
{
	const size_t len = strnlen(text, JUKINET_TEXT + 1);

	return len <= JUKINET_TEXT && jk_plaintext_fault(text, len) == NULL;
}

static bool
is_reception(const char *text)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                           "abcdefghijklmnopqrstuvwxyz0123456789._/-";

	return strnlen(text, JK_QUESTION_RECEPTION + 1) <=
	           JK_QUESTION_RECEPTION &&
	       text[strspn(text, good)] == '\0';
}

static bool
is_search(const char *text)
{
	static const char *const known[] = { "code", "four-info", "name",
		"address", "list", "card" };

	for (size_t i = 0; i < JK_COUNT(known); i++)
		if (strcmp(text, known[i]) == 0)
			return true;
	return false;
}

static bool
is_count(uint64_t count)
{
	return count == JUKINET_COUNT_UNKNOWN || count <= JK_QUESTION_COUNT;
}

const char *
jk_question_purpose_fault(const struct jukinet_purpose *p)
{
	if (!is_id(p->purpose))
		return "purpose";
	if (!is_absent(p->reception) && !is_reception(p->reception))
		return "reception";
	return !is_absent(p->grounds) && !is_text(p->grounds) ? "grounds"
	                                                      : NULL;
}

/* A search by code says which. */
static bool
is_code(const struct jukinet_query *q)
{
	if (is_absent(q->code))
		return is_absent(q->search) || strcmp(q->search, "code") != 0;
	return strnlen(q->code, JK_QUESTION_CODE + 1) <= JK_QUESTION_CODE;
}

const char *
jk_question_query_fault(const struct jukinet_query *q)
{
	if (!is_id(q->action))
		return "action";
	if (!is_id(q->business))
		return "business";
	if (!is_absent(q->search) && !is_search(q->search))
		return "search";
	if (!is_code(q))
		return "code";
	if (!is_count(q->count))
		return "count";
	if (!is_absent(q->requirement) && !is_text(q->requirement))
		return "requirement";
	if (!is_absent(q->permission) && !is_id(q->permission))
		return "permission";
	return !is_absent(q->object) && !is_id(q->object) ? "object" : NULL;
}

const char *
jk_question_result_fault(const char *id, uint64_t count)
{
	if (id == NULL || strnlen(id, JK_ID_LEN + 1) != JK_ID_LEN ||
	    !jk_id_is_valid(id))
		return "id";
	return count > JK_QUESTION_COUNT ? "count" : NULL;
}

const char *
jk_question_done_fault(uint64_t count, const char *text)
{
	if (!is_count(count))
		return "count";
	return !is_absent(text) && !is_text(text) ? "text" : NULL;
}
