/* SPDX-License-Identifier: BSD-2-Clause */
#include "grant.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "hex.h"
#include "ids.h"
#include "protocol.h"
#include "record.h"

/* As much of a key as a record shows. */
#define KEY_SHOWN 8

bool
jk_grant_has_approval(const struct jk_grant *grant, const char *id)
{
	for (size_t i = 0; i < grant->n_approvals; i++)
		if (strcmp(grant->approval[i], id) == 0)
			return true;
	return false;
}

void
jk_grant_add_approval(struct jk_grant *grant, const char *id)
{
	if (jk_grant_has_approval(grant, id))
		return;
	if (grant->n_approvals == JK_GRANT_APPROVALS) {
		grant->n_approvals--;
		memmove(grant->approval[0], grant->approval[1],
		    grant->n_approvals * sizeof(grant->approval[0]));
	}
	(void)snprintf(grant->approval[grant->n_approvals++],
	    sizeof(grant->approval[0]), "%s", id);
}

static enum jk_err
put_approvals(const struct jk_grant *g, struct jk_frame *f)
{
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < g->n_approvals && e == JK_OK; i++)
		e = jk_frame_put_str(f, JK_FIELD_APPROVAL, g->approval[i]);
	return e;
}

enum jk_err
jk_grant_encode(const struct jk_grant *g, struct jk_frame *f)
{
	enum jk_err e;

	if ((e = jk_frame_put_str(f, JK_FIELD_ACCOUNT, g->account)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_READER, g->reader)) != JK_OK ||
	    (e = jk_frame_put(f, JK_FIELD_CERTIFICATE, g->cert,
	         sizeof(g->cert))) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_TEXT, g->receipt)) != JK_OK ||
	    (e = put_approvals(g, f)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_PROVEN_MS,
	         (uint64_t)g->proven_ms)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_UID, g->uid)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_PERSON, g->person)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_OPID, g->opid)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_TYPE, g->type)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_DEPARTMENT, g->department)) !=
	        JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_CARD, g->card)) != JK_OK ||
	    (e = jk_frame_put(f, JK_FIELD_KEY, g->key, sizeof(g->key))) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_METHOD, g->method)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_TERMINAL, g->terminal)) != JK_OK)
		return e;
	return JK_OK;
}

static enum jk_err
get_digest(const struct jk_frame *f, enum jk_field field,
    uint8_t ret[static JK_DIGEST_LEN])
{
	struct jk_cur cur;
	enum jk_err e = jk_frame_get(f, (uint8_t)field, &cur);

	if (e != JK_OK)
		return e;
	if (cur.left != JK_DIGEST_LEN)
		return JK_ERR_FORMAT;
	memcpy(ret, cur.at, JK_DIGEST_LEN);
	return JK_OK;
}

static enum jk_err
get_approvals(const struct jk_frame *f, struct jk_grant *g)
{
	struct jk_cur cur;

	for (size_t i = 0;
	     jk_frame_get_nth(f, JK_FIELD_APPROVAL, i, &cur) == JK_OK; i++) {
		char *id = g->approval[i];

		if (i == JK_GRANT_APPROVALS || cur.left > JK_ID_MAX)
			return JK_ERR_FORMAT;
		memcpy(id, cur.at, cur.left);
		if (strlen(id) != cur.left || !jk_row_id_is_valid(id))
			return JK_ERR_FORMAT;
		g->n_approvals++;
	}
	return JK_OK;
}

enum jk_err
jk_grant_decode(const struct jk_frame *f, struct jk_grant *ret)
{
	struct jk_grant g = { 0 };
	uint64_t uid, method, proven;
	enum jk_err e;

#define GET_STR(field, member) \
	(e = jk_frame_get_str(f, field, g.member, sizeof(g.member)))
	if (GET_STR(JK_FIELD_ACCOUNT, account) != JK_OK ||
	    GET_STR(JK_FIELD_READER, reader) != JK_OK ||
	    (e = get_digest(f, JK_FIELD_CERTIFICATE, g.cert)) != JK_OK ||
	    GET_STR(JK_FIELD_TEXT, receipt) != JK_OK ||
	    (e = get_approvals(f, &g)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_PROVEN_MS, &proven)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_UID, &uid)) != JK_OK ||
	    GET_STR(JK_FIELD_PERSON, person) != JK_OK ||
	    GET_STR(JK_FIELD_OPID, opid) != JK_OK ||
	    GET_STR(JK_FIELD_TYPE, type) != JK_OK ||
	    GET_STR(JK_FIELD_DEPARTMENT, department) != JK_OK ||
	    GET_STR(JK_FIELD_CARD, card) != JK_OK ||
	    (e = get_digest(f, JK_FIELD_KEY, g.key)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_METHOD, &method)) != JK_OK ||
	    GET_STR(JK_FIELD_TERMINAL, terminal) != JK_OK)
		return e;
#undef GET_STR
	if (uid >= UINT32_MAX || method == JK_METHOD_NONE ||
	    method >= JK_METHOD_COUNT || proven > INT64_MAX)
		return JK_ERR_FORMAT;
	g.uid = (uid_t)uid;
	g.proven_ms = (int64_t)proven;
	g.method = (enum jk_method)method;
	*ret = g;
	return JK_OK;
}

static enum jk_err
record_approvals(const struct jk_grant *g, struct jk_record *r)
{
	char list[JK_GRANT_APPROVALS * (JK_ID_MAX + 1)] = "";
	static_assert(sizeof(list) <= JK_RECORD_VALUE_MAX + 1,
	    "the longest ids fit");
	size_t n = 0;

	for (size_t i = 0; i < g->n_approvals; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
		    i > 0 ? "," : "", g->approval[i]);
	return jk_record_set(r, JK_REC_APPROVAL, list);
}

enum jk_err
jk_grant_record(const struct jk_grant *g, struct jk_record *r)
{
	char key[2 * KEY_SHOWN + 1];
	enum jk_err e;

	jk_hex_encode(g->key, KEY_SHOWN, key);
	if ((e = jk_record_set(r, JK_REC_PERSON, g->person)) != JK_OK ||
	    (e = jk_record_set(r, JK_REC_RIGHT, g->opid)) != JK_OK ||
	    (e = jk_record_set(r, JK_REC_TYPE, g->type)) != JK_OK ||
	    (e = jk_record_set(r, JK_REC_DEPT, g->department)) != JK_OK ||
	    (e = jk_record_set(r, JK_REC_METHOD,
	         jk_word_id(&jk_methods, g->method))) != JK_OK ||
	    (e = jk_record_set(r, JK_REC_CARD, g->card)) != JK_OK ||
	    (e = record_approvals(g, r)) != JK_OK)
		return e;
	return jk_record_set(r, JK_REC_KEY, key);
}
