/* SPDX-License-Identifier: BSD-2-Clause */
#include "piv.h"

#include <string.h>

#include "apdu.h"
#include "secret.h"
#include "tlv.h"

#define INS_VERIFY       0x20
#define INS_AUTHENTICATE 0x87
#define INS_SELECT       0xa4
#define INS_GET_DATA     0xcb

#define PIN_APPLICATION 0x80
#define KEY_9A          0x9a

#define SW_NOT_FOUND 0x6a82
#define SW_BLOCKED   0x6983

#define TAG_OBJECT      0x53
#define TAG_CERTIFICATE 0x70
#define TAG_CERTINFO    0x71
#define TAG_DYNAMIC     0x7c /* dynamic authentication template */
#define TAG_RESPONSE    0x82

#define DER_INTEGER    0x02
#define DER_BIT_STRING 0x03
#define DER_OID        0x06
#define DER_SEQUENCE   0x30
#define DER_VERSION    0xa0

#define RSA_LEN 256

static bool
equals(struct jk_cur cur, const uint8_t *data, size_t len)
{
	return cur.left == len && memcmp(cur.at, data, len) == 0;
}

/* Answers that cards without this application give to its name. */
static bool
means_no_application(uint16_t sw)
{
	return sw >> 8 == 0x6a || sw == 0x6d00 || sw == 0x6e00 || sw == 0x6999;
}

enum jk_err
jk_piv_select(const struct jk_channel *channel)
{
	/* Without the version at its end. */
	static const uint8_t aid[] = { 0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00,
		0x10, 0x00 };
	const struct jk_apdu select = {
		.ins = INS_SELECT,
		.p1 = 0x04,
		.data = { aid, sizeof(aid) },
		.answer = true,
	};
	struct jk_answer a;
	enum jk_err e = jk_apdu_run(channel, &select, &a);

	if (e != JK_OK)
		return e;
	if (a.sw == JK_SW_OK)
		return JK_OK;
	return means_no_application(a.sw) ? JK_ERR_NOT_FOUND : JK_ERR_FORMAT;
}

static bool
parse_tries(uint16_t sw, unsigned *ret_left)
{
	if (sw != SW_BLOCKED && (sw & 0xfff0) != 0x63c0)
		return false;
	*ret_left = sw == SW_BLOCKED ? 0 : sw & 0x0f;
	return true;
}

enum jk_err
jk_piv_tries(const struct jk_channel *channel, struct jk_tries *ret)
{
	const struct jk_apdu ask = {
		.ins = INS_VERIFY,
		.p2 = PIN_APPLICATION,
	};
	struct jk_answer a;
	unsigned left;
	enum jk_err e = jk_apdu_run(channel, &ask, &a);

	if (e != JK_OK)
		return e;
	if (a.sw == JK_SW_OK) {
		*ret = (struct jk_tries){ .known = false };
		return JK_OK;
	}
	if (!parse_tries(a.sw, &left))
		return JK_ERR_FORMAT;
	*ret = (struct jk_tries){ .known = true, .left = left };
	return JK_OK;
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

/* The subjectPublicKeyInfo of a certificate (RFC 5280, 4.1). */
static enum jk_err
find_key_info(struct jk_cur der, struct jk_cur *ret)
{
	/* serial, algorithm, issuer, validity, subject */
	static const uint16_t before[] = { DER_INTEGER, DER_SEQUENCE,
		DER_SEQUENCE, DER_SEQUENCE, DER_SEQUENCE };
	struct jk_cur certificate, tbs, skipped;
	enum jk_err e;

	if ((e = jk_tlv_only(der, DER_SEQUENCE, &certificate)) != JK_OK ||
	    (e = jk_tlv_expect(&certificate, DER_SEQUENCE, &tbs)) != JK_OK ||
	    (e = jk_tlv_expect(&tbs, DER_VERSION, &skipped)) != JK_OK)
		return e;
	for (size_t i = 0; i < JK_COUNT(before); i++) {
		e = jk_tlv_expect(&tbs, before[i], &skipped);
		if (e != JK_OK)
			return e;
	}
	return jk_tlv_expect(&tbs, DER_SEQUENCE, ret);
}

static enum jk_err
check_rsa(struct jk_cur bits)
{
	struct jk_cur key, modulus;
	uint8_t unused, sign, high;
	enum jk_err e;

	if ((e = jk_cur_u8(&bits, &unused)) != JK_OK ||
	    (e = jk_tlv_only(bits, DER_SEQUENCE, &key)) != JK_OK ||
	    (e = jk_tlv_expect(&key, DER_INTEGER, &modulus)) != JK_OK ||
	    (e = jk_cur_u8(&modulus, &sign)) != JK_OK)
		return e;
	if (unused != 0 || sign != 0 || modulus.left != RSA_LEN)
		return JK_ERR_UNSUPPORTED;
	e = jk_cur_u8(&modulus, &high);
	if (e != JK_OK)
		return e;
	return (high & 0x80) != 0 ? JK_OK : JK_ERR_UNSUPPORTED;
}

enum jk_err
jk_piv_parse_key(struct jk_cur der, enum jk_piv_key *ret)
{
	static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
		0x01, 0x01 };
	static const uint8_t ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
		0x01 };
	static const uint8_t p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
		0x01, 0x07 };
	struct jk_cur info, algorithm, kind, curve, bits;
	enum jk_err e;

	if ((e = find_key_info(der, &info)) != JK_OK ||
	    (e = jk_tlv_expect(&info, DER_SEQUENCE, &algorithm)) != JK_OK ||
	    (e = jk_tlv_only(info, DER_BIT_STRING, &bits)) != JK_OK ||
	    (e = jk_tlv_expect(&algorithm, DER_OID, &kind)) != JK_OK)
		return e;
	if (equals(kind, rsa, sizeof(rsa))) {
		e = check_rsa(bits);
		if (e != JK_OK)
			return e;
		*ret = JK_PIV_RSA2048;
		return JK_OK;
	}
	if (!equals(kind, ec, sizeof(ec)))
		return JK_ERR_UNSUPPORTED;
	e = jk_tlv_only(algorithm, DER_OID, &curve);
	if (e != JK_OK)
		return e;
	if (!equals(curve, p256, sizeof(p256)))
		return JK_ERR_UNSUPPORTED;
	*ret = JK_PIV_P256;
	return JK_OK;
}

enum jk_err
jk_piv_read_certificate(const struct jk_channel *channel,
    struct jk_piv_certificate *ret)
{
	static const uint8_t object_9a[] = { 0x5c, 0x03, 0x5f, 0xc1, 0x05 };
	const struct jk_apdu get = {
		.ins = INS_GET_DATA,
		.p1 = 0x3f,
		.p2 = 0xff,
		.data = { object_9a, sizeof(object_9a) },
		.answer = true,
		.large = true,
	};
	struct jk_answer a;
	struct jk_cur der;
	enum jk_piv_key key;
	enum jk_err e = jk_apdu_run(channel, &get, &a);

	if (e != JK_OK)
		return e;
	if (a.sw == SW_NOT_FOUND)
		return JK_ERR_NOT_FOUND;
	if (a.sw != JK_SW_OK)
		return JK_ERR_FORMAT;
	if ((e = jk_piv_parse_object((struct jk_cur){ a.data, a.len }, &der)) !=
	        JK_OK ||
	    (e = jk_piv_parse_key(der, &key)) != JK_OK)
		return e;
	memcpy(ret->der, der.at, der.left);
	ret->len = der.left;
	ret->key = key;
	return JK_OK;
}

enum jk_err
jk_piv_pad_pin(struct jk_cur pin, struct jk_secret *ret)
{
	static const uint8_t padding[JK_PIV_PIN_LEN] = { 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff };
	enum jk_err e;

	if (pin.left == 0 || pin.left > JK_PIV_PIN_LEN)
		return JK_ERR_FORMAT;
	e = jk_secret_set(ret, padding, sizeof(padding));
	if (e != JK_OK)
		return e;
	/* Straight into the locked page, without a copy on the way. */
	memcpy(ret->data, pin.at, pin.left);
	return JK_OK;
}

enum jk_err
jk_piv_verify(const struct jk_channel *channel, const struct jk_secret *pin,
    unsigned *ret_left)
{
	const struct jk_apdu verify = {
		.ins = INS_VERIFY,
		.p2 = PIN_APPLICATION,
		.data = { pin->data, pin->len },
	};
	struct jk_answer a;
	enum jk_err e = jk_apdu_run(channel, &verify, &a);

	if (e != JK_OK)
		return e;
	if (a.sw == JK_SW_OK)
		return JK_OK;
	return parse_tries(a.sw, ret_left) ? JK_ERR_REFUSED : JK_ERR_FORMAT;
}

/* 7C { 82: empty, the response is wanted; 81: the challenge }. */
static size_t
put_rsa_template(const uint8_t *digest, uint8_t *ret)
{
	static const uint8_t head[] = { TAG_DYNAMIC, 0x82, 0x01, 0x06,
		TAG_RESPONSE, 0x00, 0x81, 0x82, 0x01, 0x00 };
	/* DigestInfo of SHA-256 (RFC 8017, 9.2). */
	static const uint8_t info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
		0x00, 0x04, 0x20 };
	uint8_t *block = ret + sizeof(head);
	size_t tail = sizeof(info) + JK_PIV_DIGEST_LEN;

	memcpy(ret, head, sizeof(head));
	memset(block, 0xff, RSA_LEN);
	block[0] = 0x00;
	block[1] = 0x01;
	block[RSA_LEN - tail - 1] = 0x00;
	memcpy(block + RSA_LEN - tail, info, sizeof(info));
	memcpy(block + RSA_LEN - JK_PIV_DIGEST_LEN, digest, JK_PIV_DIGEST_LEN);
	return sizeof(head) + RSA_LEN;
}

static size_t
put_p256_template(const uint8_t *digest, uint8_t *ret)
{
	static const uint8_t head[] = { TAG_DYNAMIC, 0x24, TAG_RESPONSE, 0x00,
		0x81, JK_PIV_DIGEST_LEN };

	memcpy(ret, head, sizeof(head));
	memcpy(ret + sizeof(head), digest, JK_PIV_DIGEST_LEN);
	return sizeof(head) + JK_PIV_DIGEST_LEN;
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

static enum jk_err
parse_signature(struct jk_cur answer, enum jk_piv_key key,
    struct jk_piv_signature *ret)
{
	struct jk_cur content, signature;
	enum jk_err e;

	if ((e = jk_tlv_only(answer, TAG_DYNAMIC, &content)) != JK_OK ||
	    (e = jk_tlv_only(content, TAG_RESPONSE, &signature)) != JK_OK)
		return e;
	if (key == JK_PIV_RSA2048)
		e = signature.left == RSA_LEN ? JK_OK : JK_ERR_FORMAT;
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
jk_piv_sign(const struct jk_channel *channel, enum jk_piv_key key,
    const uint8_t digest[static JK_PIV_DIGEST_LEN],
    struct jk_piv_signature *ret)
{
	uint8_t template[JK_COMMAND_MAX];
	const size_t len = key == JK_PIV_RSA2048
	                       ? put_rsa_template(digest, template)
	                       : put_p256_template(digest, template);
	const struct jk_apdu sign = {
		.ins = INS_AUTHENTICATE,
		.p1 = (uint8_t)key,
		.p2 = KEY_9A,
		.data = { template, len },
		.answer = true,
		.large = true,
	};
	struct jk_answer a;
	enum jk_err e = jk_apdu_run(channel, &sign, &a);

	if (e != JK_OK)
		return e;
	if (a.sw != JK_SW_OK)
		return JK_ERR_FORMAT;
	return parse_signature((struct jk_cur){ a.data, a.len }, key, ret);
}
