/* SPDX-License-Identifier: BSD-2-Clause */
#include "query.h"

#include <string.h>

#include "claim.h"
#include "frame.h"
#include "hex.h"
#include "plaintext.h"

/* More persons than any office has. */
#define COUNT_MAX UINT32_MAX

/* An id that must be there; one that we do not know is words->n. */
static enum jk_err
read_word(const struct jk_frame *f, enum jk_field field,
    const struct jk_words *words, unsigned *ret)
{
	char id[JK_ID_MAX + 1];
	enum jk_err e = jk_frame_get_str(f, (uint8_t)field, id, sizeof(id));

	if (e == JK_OK && !jk_row_id_is_valid(id))
		e = JK_ERR_FORMAT;
	if (e == JK_OK)
		*ret = (unsigned)jk_word_find(words, id);
	return e;
}

static enum jk_err
read_search(const struct jk_frame *f, struct jk_query *q)
{
	unsigned number;
	enum jk_err e = read_word(f, JK_FIELD_SEARCH, &jk_searches, &number);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	if (e == JK_OK &&
	    (number < jk_searches.first || number >= jk_searches.n))
		e = JK_ERR_FORMAT;
	if (e == JK_OK)
		q->search = (enum jk_search)number;
	return e;
}

static enum jk_err
read_code(const struct jk_frame *f, struct jk_query *q)
{
	struct jk_cur cur;
	enum jk_err e = jk_frame_get(f, JK_FIELD_CODE, &cur);

	/* Whoever looks for one by its code says which. */
	if (e == JK_ERR_NOT_FOUND)
		return q->search == JK_SEARCH_CODE ? JK_ERR_FORMAT : JK_OK;
	if (e != JK_OK)
		return e;
	if (cur.left == 0 || cur.left > JK_RESIDENTCODE_INPUT)
		return JK_ERR_FORMAT;
	memcpy(q->code, cur.at, cur.left);
	q->code_len = cur.left;
	if (q->search == JK_SEARCH_NONE)
		q->search = JK_SEARCH_CODE;
	return JK_OK;
}

static enum jk_err
read_count(const struct jk_frame *f, uint64_t most, struct jk_query *q)
{
	enum jk_err e = jk_frame_get_u64(f, JK_FIELD_COUNT, &q->count);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	q->has_count = e == JK_OK;
	return e == JK_OK && q->count > most ? JK_ERR_FORMAT : e;
}

static enum jk_err
read_text(const struct jk_frame *f, enum jk_field field, struct jk_query *q)
{
	enum jk_err e =
	    jk_frame_get_str(f, (uint8_t)field, q->text, sizeof(q->text));

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	return e == JK_OK &&
	               jk_plaintext_fault(q->text, strlen(q->text)) != NULL
	           ? JK_ERR_FORMAT
	           : e;
}

static enum jk_err
read_query(const struct jk_frame *f, struct jk_query *q)
{
	unsigned action, business;
	enum jk_err e;

	if ((e = read_word(f, JK_FIELD_ACTION, &jk_actions, &action)) !=
	        JK_OK ||
	    (e = read_word(f, JK_FIELD_BUSINESS, &jk_businesses, &business)) !=
	        JK_OK ||
	    (e = read_search(f, q)) != JK_OK ||
	    (e = read_code(f, q)) != JK_OK ||
	    (e = read_count(f, COUNT_MAX, q)) != JK_OK ||
	    (e = read_text(f, JK_FIELD_REQUIREMENT, q)) != JK_OK ||
	    (e = jk_claim_row_id(f, JK_FIELD_PERMISSION, q->permission)) !=
	        JK_OK)
		return e;
	q->action = (enum jk_action)action;
	q->business = (enum jk_business)business;
	return jk_claim_row_id(f, JK_FIELD_OBJECT, q->object);
}

static enum jk_err
read_result(const struct jk_frame *f, struct jk_query *q)
{
	enum jk_err e = jk_frame_get_str(f, JK_FIELD_ID, q->id, sizeof(q->id));

	if (e == JK_OK && !jk_id_is_valid(q->id))
		e = JK_ERR_FORMAT;
	if (e == JK_OK)
		e = read_count(f, COUNT_MAX, q);
	return e == JK_OK && !q->has_count ? JK_ERR_FORMAT : e;
}

static enum jk_err
read_uses(const struct jk_frame *f, struct jk_query *q)
{
	const enum jk_err e = jk_frame_get_u64(f, JK_FIELD_INDEX, &q->index);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	return e == JK_OK && q->index > JK_USED_MAX ? JK_ERR_FORMAT : e;
}

/* USES says that it is of all of them; then all the sums are needed. */
static enum jk_err
read_done(const struct jk_frame *f, struct jk_query *q)
{
	enum jk_err e = jk_frame_get_u64(f, JK_FIELD_USES, &q->uses);

	q->all = e == JK_OK;
	if (e == JK_ERR_NOT_FOUND)
		e = read_count(f, COUNT_MAX, q);
	else if (e == JK_OK && (e = read_count(f, JK_USED_SUM, q)) == JK_OK &&
	         (e = jk_frame_get_u64(f, JK_FIELD_ALLOWED, &q->allowed)) ==
	             JK_OK &&
	         (e = jk_frame_get_u64(f, JK_FIELD_REFUSED, &q->refused)) ==
	             JK_OK &&
	         !q->has_count)
		e = JK_ERR_FORMAT;
	return e == JK_OK ? read_text(f, JK_FIELD_TEXT, q) : e;
}

enum jk_err
jk_query_read(const struct jk_frame *f, struct jk_query *ret)
{
	enum jk_err e;

	explicit_bzero(ret, sizeof(*ret));
	e = jk_frame_get_u64(f, JK_FIELD_SEQ, &ret->seq);
	if (e != JK_OK)
		return e;
	switch (jk_frame_type(f)) {
	case JK_FRAME_QUERY:
		return read_query(f, ret);
	case JK_FRAME_RESULT:
		return read_result(f, ret);
	case JK_FRAME_CONFIRM:
		return JK_OK;
	case JK_FRAME_USES:
		return read_uses(f, ret);
	case JK_FRAME_DONE:
		return read_done(f, ret);
	default:
		return JK_ERR_FORMAT;
	}
}
