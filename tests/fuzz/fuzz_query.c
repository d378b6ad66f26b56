/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request in a use, and the beginning of one: what is taken holds ids that are
 * ids, words that are words, texts that end and show what they are.
 */
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "frame.h"
#include "mac.h"
#include "plaintext.h"
#include "query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static bool
is_id(const char *text)
{
	return text[0] == '\0' || jk_row_id_is_valid(text);
}

static bool
is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL &&
	       jk_plaintext_fault(text, strlen(text)) == NULL &&
	       strchr(text, '\n') == NULL;
}

static void
check_query(const struct jk_frame *f, const struct jk_query *q)
{
	struct jk_mac_of of = { { [JK_MAC_EVENT] = "kernel" } };
	char text[JK_MAC_TEXT_MAX], count[24];

	need((unsigned)q->action <= JK_ACTION_COUNT &&
	     (unsigned)q->business <= JK_BUSINESS_COUNT &&
	     (unsigned)q->search < JK_SEARCH_COUNT);
	need(q->code_len < sizeof(q->code));
	need(q->count <= UINT32_MAX || (q->all && q->count <= JK_USED_SUM));
	need(!q->all || (jk_frame_type(f) == JK_FRAME_DONE && q->has_count));
	need(q->index <= JK_USED_MAX);
	need(is_text(q->text, sizeof(q->text)));
	need(is_id(q->permission) && is_id(q->object));
	need(jk_frame_type(f) != JK_FRAME_RESULT || jk_id_is_valid(q->id));
	jk_mac_add(q, count, &of);
	/* These two stand there as hashes. */
	of.value[JK_MAC_SUBJECT] = of.value[JK_MAC_REQUIREMENT] = NULL;
	need(jk_mac_text(NULL, JK_KEYS_NONE, &of, text) == JK_OK);
}

static void
check_use(const struct jk_claim *c)
{
	need(jk_row_id_is_valid(c->purpose));
	need(is_text(c->reception, sizeof(c->reception)) &&
	     strpbrk(c->reception, " \t\"'=,") == NULL);
	need(is_text(c->grounds, sizeof(c->grounds)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct jk_frame *frame = NULL;
	static struct jk_query query;
	struct jk_claim claim = { 0 };

	if (jk_frame_new(&frame) != JK_OK)
		abort();
	if (jk_frame_parse(frame, data, len) == JK_OK) {
		if (jk_frame_type(frame) == JK_FRAME_USE &&
		    jk_claim_read(frame, &claim) == JK_OK)
			check_use(&claim);
		if (jk_query_read(frame, &query) == JK_OK)
			check_query(frame, &query);
	}
	jk_frame_free(&frame);
	return 0;
}
