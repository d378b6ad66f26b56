/* SPDX-License-Identifier: BSD-2-Clause */
/* GENERAL AUTHENTICATE with key 9A (SP 800-73-4 part 2, 3.2.4). */
#include <string.h>

#include "apdu.h"
#include "piv.h"
#include "tlv.h"

#define INS_AUTHENTICATE 0x87
#define KEY_9A           0x9a

#define TAG_DYNAMIC   0x7c /* dynamic authentication template */
#define TAG_CHALLENGE 0x81
#define TAG_RESPONSE  0x82
#define DER_INTEGER   0x02
#define DER_SEQUENCE  0x30

/* SP 800-78-5, table 6-2; 0: no PIV card has such a key. */
static uint8_t
algorithm_of(enum jk_key_kind key)
{
	switch (key) {
	case JK_KEY_RSA2048:
		return 0x07;
	case JK_KEY_RSA3072:
		return 0x05;
	case JK_KEY_P256:
		return 0x11;
	case JK_KEY_P384:
		return 0x14;
	case JK_KEY_NONE:
	case JK_KEY_RSA4096:
	case JK_KEY_COUNT:
		break;
	}
	return 0;
}

/* 7C { 82: empty, the response is wanted; 81: `len` bytes that follow }. */
static size_t
put_head(size_t len, uint8_t *ret)
{
	const size_t whole = 2 + (size_t)(len < 0x80 ? 2 : 4) + len;
	size_t n = 0;

	ret[n++] = TAG_DYNAMIC;
	if (len >= 0x80) {
		ret[n++] = 0x82;
		ret[n++] = (uint8_t)(whole >> 8);
	}
	ret[n++] = (uint8_t)whole;
	ret[n++] = TAG_RESPONSE;
	ret[n++] = 0;
	ret[n++] = TAG_CHALLENGE;
	if (len >= 0x80) {
		ret[n++] = 0x82;
		ret[n++] = (uint8_t)(len >> 8);
	}
	ret[n++] = (uint8_t)len;
	return n;
}

/* EMSA-PKCS1-v1_5 (RFC 8017, 9.2): the card does the bare RSA. */
static void
put_padded(const struct jk_challenge *challenge, size_t len, uint8_t *ret)
{
	uint8_t info[JK_DIGEST_INFO_MAX];
	const size_t n = jk_digest_info(challenge, info);

	memset(ret, 0xff, len);
	ret[0] = 0x00;
	ret[1] = 0x01;
	ret[len - n - 1] = 0x00;
	memcpy(ret + len - n, info, n);
}

static size_t
put_template(enum jk_key_kind key, const struct jk_challenge *challenge,
    uint8_t ret[static JK_COMMAND_MAX])
{
	const size_t rsa = jk_rsa_len(key);
	size_t n = put_head(rsa != 0 ? rsa : challenge->len, ret);

	if (rsa != 0) {
		put_padded(challenge, rsa, ret + n);
		return n + rsa;
	}
	memcpy(ret + n, challenge->digest, challenge->len);
	return n + challenge->len;
}

/* SEQUENCE of two INTEGERs and nothing else. */
static enum jk_err
check_ecdsa(struct jk_cur signature)
{
	struct jk_cur both, r, s;
	enum jk_err e;

	if ((e = jk_tlv_only(signature, DER_SEQUENCE, &both)) != JK_OK ||
	    (e = jk_tlv_expect(&both, DER_INTEGER, &r)) != JK_OK)
		return e;
	return jk_tlv_only(both, DER_INTEGER, &s);
}

enum jk_err
jk_piv_parse_signature(struct jk_cur answer, enum jk_key_kind key,
    struct jk_signature *ret)
{
	const size_t rsa = jk_rsa_len(key);
	struct jk_cur content, signature;
	enum jk_err e;

	if ((e = jk_tlv_only(answer, TAG_DYNAMIC, &content)) != JK_OK ||
	    (e = jk_tlv_only(content, TAG_RESPONSE, &signature)) != JK_OK)
		return e;
	if (rsa != 0)
		e = signature.left == rsa ? JK_OK : JK_ERR_FORMAT;
	else
		e = check_ecdsa(signature);
	if (e != JK_OK)
		return e;
	if (signature.left > sizeof(ret->data))
		return JK_ERR_TOO_BIG;
	memcpy(ret->data, signature.at, signature.left);
	ret->len = signature.left;
	return JK_OK;
}

enum jk_err
jk_piv_sign(const struct jk_channel *channel, enum jk_key_kind key,
    const struct jk_challenge *challenge, struct jk_signature *ret)
{
	const uint8_t algorithm = algorithm_of(key);
	uint8_t template[JK_COMMAND_MAX];
	struct jk_apdu sign = {
		.ins = INS_AUTHENTICATE,
		.p1 = algorithm,
		.p2 = KEY_9A,
		.answer = true,
		.large = true,
	};
	struct jk_answer a;
	enum jk_err e;

	if (algorithm == 0)
		return JK_ERR_UNSUPPORTED;
	sign.data.at = template;
	sign.data.left = put_template(key, challenge, template);
	e = jk_apdu_run(channel, &sign, &a);
	if (e != JK_OK)
		return e;
	if (a.sw != JK_SW_OK)
		return JK_ERR_FORMAT;
	return jk_piv_parse_signature((struct jk_cur){ a.data, a.len }, key,
	    ret);
}
