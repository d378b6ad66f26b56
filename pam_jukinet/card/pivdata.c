/* SPDX-License-Identifier: BSD-2-Clause */
/* Data objects of a PIV card: the certificate of slot 9A, and the CHUID. */
#include <string.h>

#include "apdu.h"
#include "piv.h"
#include "tlv.h"

#define INS_GET_DATA 0xcb
#define SW_NOT_FOUND 0x6a82

#define TAG_OBJECT      0x53
#define TAG_CERTIFICATE 0x70
#define TAG_CERTINFO    0x71
#define TAG_FASCN       0x30
#define TAG_GUID        0x34
#define DER_SEQUENCE    0x30

#define FASCN_LEN 25
#define GUID_LEN  16

static bool
equals(struct jk_cur cur, const uint8_t *data, size_t len)
{
	return cur.left == len && memcmp(cur.at, data, len) == 0;
}

enum jk_err
jk_piv_parse_object(struct jk_cur object, struct jk_cur *ret_der)
{
	static const uint8_t plain[] = { 0x00 };
	struct jk_cur content, der = { 0 }, inner;
	bool has_info = false;
	enum jk_err e = jk_tlv_only(object, TAG_OBJECT, &content);

	if (e != JK_OK)
		return e;
	while (content.left > 0) {
		struct jk_tlv tlv;

		e = jk_tlv_next(&content, &tlv);
		if (e != JK_OK)
			return e;
		if (tlv.tag == TAG_CERTIFICATE) {
			if (der.at != NULL)
				return JK_ERR_FORMAT;
			der = tlv.value;
		} else if (tlv.tag == TAG_CERTINFO) {
			if (has_info)
				return JK_ERR_FORMAT;
			if (!equals(tlv.value, plain, sizeof(plain)))
				return JK_ERR_UNSUPPORTED; /* compressed */
			has_info = true;
		}
	}
	if (der.left == 0)
		return JK_ERR_NOT_FOUND;
	e = jk_tlv_only(der, DER_SEQUENCE, &inner);
	if (e != JK_OK)
		return e;
	if (der.left > JK_CERT_MAX)
		return JK_ERR_TOO_BIG;
	*ret_der = der;
	return JK_OK;
}

static bool
is_zero(struct jk_cur cur)
{
	for (size_t i = 0; i < cur.left; i++)
		if (cur.at[i] != 0)
			return false;
	return true;
}

void
jk_piv_parse_chuid(struct jk_cur head, struct jk_identity *ret)
{
	struct jk_cur fascn = { 0 }, guid = { 0 };
	struct jk_tlv tlv;
	uint16_t tag;
	size_t len;

	*ret = (struct jk_identity){ 0 };
	if (jk_tlv_head(&head, &tag, &len) != JK_OK || tag != TAG_OBJECT)
		return;
	while (jk_tlv_next(&head, &tlv) == JK_OK) {
		if (tlv.tag == TAG_FASCN && fascn.at == NULL)
			fascn = tlv.value;
		else if (tlv.tag == TAG_GUID && guid.at == NULL)
			guid = tlv.value;
	}
	if (fascn.left != FASCN_LEN || guid.left != GUID_LEN || is_zero(guid))
		return;
	memcpy(ret->data, fascn.at, FASCN_LEN);
	memcpy(ret->data + FASCN_LEN, guid.at, GUID_LEN);
	ret->len = FASCN_LEN + GUID_LEN;
}

/* `last`: the third byte of the object's name, 5FC1xx. */
static enum jk_err
get_data(const struct jk_channel *channel, uint8_t last, bool head,
    struct jk_answer *ret)
{
	const uint8_t name[] = { 0x5c, 0x03, 0x5f, 0xc1, last };
	const struct jk_apdu get = {
		.ins = INS_GET_DATA,
		.p1 = 0x3f,
		.p2 = 0xff,
		.data = { name, sizeof(name) },
		.answer = true,
		.large = !head,
		.head = head,
	};
	enum jk_err e = jk_apdu_run(channel, &get, ret);

	if (e != JK_OK)
		return e;
	if (ret->sw == SW_NOT_FOUND)
		return JK_ERR_NOT_FOUND;
	return ret->sw == JK_SW_OK ? JK_OK : JK_ERR_FORMAT;
}

/* A card that does not tell has its certificate read. */
enum jk_err
jk_piv_identify(const struct jk_channel *channel, struct jk_identity *ret)
{
	struct jk_answer a;
	enum jk_err e = get_data(channel, 0x02, true, &a);

	*ret = (struct jk_identity){ 0 };
	if (e == JK_ERR_NOT_FOUND || e == JK_ERR_FORMAT)
		return JK_OK;
	if (e == JK_OK)
		jk_piv_parse_chuid((struct jk_cur){ a.data, a.len }, ret);
	return e;
}

enum jk_err
jk_piv_read(const struct jk_channel *channel, struct jk_certificate *ret)
{
	struct jk_answer a;
	struct jk_cur der;
	enum jk_err e = get_data(channel, 0x05, false, &a);

	if (e != JK_OK)
		return e;
	e = jk_piv_parse_object((struct jk_cur){ a.data, a.len }, &der);
	if (e != JK_OK)
		return e;
	memcpy(ret->der, der.at, der.left);
	ret->len = der.left;
	return JK_OK;
}
