/* SPDX-License-Identifier: BSD-2-Clause */
#include "grant.h"

#include <string.h>

#include "frame.h"
#include "hex.h"
#include "protocol.h"
#include "record.h"

/* As much of a key as a record shows. */
#define KEY_SHOWN 8

enum jk_err
jk_grant_encode(const struct jk_grant *g, struct jk_frame *f)
{
	enum jk_err e;

	if ((e = jk_frame_put_str(f, JK_FIELD_ACCOUNT, g->account)) != JK_OK ||
	    (e = jk_frame_put(f, JK_FIELD_CERTIFICATE, g->cert,
	         sizeof(g->cert))) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_TEXT, g->receipt)) != JK_OK ||
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

enum jk_err
jk_grant_decode(const struct jk_frame *f, struct jk_grant *ret)
{
	struct jk_grant g = { 0 };
	uint64_t uid, method;
	enum jk_err e;

#define GET_STR(field, member) \
	(e = jk_frame_get_str(f, field, g.member, sizeof(g.member)))
	if (GET_STR(JK_FIELD_ACCOUNT, account) != JK_OK ||
	    (e = get_digest(f, JK_FIELD_CERTIFICATE, g.cert)) != JK_OK ||
	    GET_STR(JK_FIELD_TEXT, receipt) != JK_OK ||
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
	if (uid >= UINT32_MAX || method != JK_METHOD_CARD_PIN)
		return JK_ERR_FORMAT;
	g.uid = (uid_t)uid;
	g.method = JK_METHOD_CARD_PIN;
	*ret = g;
	return JK_OK;
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
	    (e = jk_record_set(r, JK_REC_METHOD, jk_method_name(g->method))) !=
	        JK_OK ||
	    (e = jk_record_set(r, JK_REC_CARD, g->card)) != JK_OK)
		return e;
	return jk_record_set(r, JK_REC_KEY, key);
}
