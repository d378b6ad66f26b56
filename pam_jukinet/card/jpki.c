/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The authentication application of a My Number card (公的個人認証), used as
 * a staff card. Its names are those that OpenSC's jpki driver documents. What
 * makes it an operator's card is the registry: any resident has one.
 */
#include <string.h>

#include "apdu.h"
#include "applet.h"
#include "jpki.h"
#include "pad.h"
#include "secret.h"
#include "tlv.h"

#define CLA_OWN         0x80
#define INS_CHANGE      0x24
#define INS_SIGN        0x2a
#define INS_SELECT      0xa4
#define INS_READ_BINARY 0xb0

#define EF_CERTIFICATE 0x000a
#define EF_KEY         0x0017
#define EF_PIN         0x0018

#define SELECTED 0x80 /* the PIN or key whose file is selected */
#define PIN_MAX  16
#define PIN_LEN  4 /* of the key for authentication: always */

#define SW_NOT_FOUND 0x6a82
#define DER_SEQUENCE 0x30
#define BLOCK        256 /* bytes of one READ BINARY */

/* The serial number lies in it, behind headers of at most 20 bytes. */
#define IDENTITY_LEN JK_IDENTITY_MAX

static enum jk_err
check_sw(uint16_t sw)
{
	if (sw == JK_SW_OK)
		return JK_OK;
	return sw == SW_NOT_FOUND ? JK_ERR_NOT_FOUND : JK_ERR_FORMAT;
}

static enum jk_err
select_application(const struct jk_channel *channel)
{
	static const uint8_t aid[] = { 0xd3, 0x92, 0xf0, 0x00, 0x26, 0x01, 0x00,
		0x00, 0x00, 0x01 };
	const struct jk_apdu select = {
		.ins = INS_SELECT,
		.p1 = 0x04,
		.p2 = 0x0c,
		.data = { aid, sizeof(aid) },
	};
	struct jk_answer a;
	enum jk_err e = jk_apdu_run(channel, &select, &a);

	if (e != JK_OK)
		return e;
	if (a.sw == JK_SW_OK)
		return JK_OK;
	return jk_sw_means_no_application(a.sw) ? JK_ERR_NOT_FOUND
	                                        : JK_ERR_FORMAT;
}

static enum jk_err
select_file(const struct jk_channel *channel, uint16_t file)
{
	const uint8_t id[] = { (uint8_t)(file >> 8), (uint8_t)file };
	const struct jk_apdu select = {
		.ins = INS_SELECT,
		.p1 = 0x02,
		.p2 = 0x0c,
		.data = { id, sizeof(id) },
	};
	struct jk_answer a;
	enum jk_err e = jk_apdu_run(channel, &select, &a);

	return e == JK_OK ? check_sw(a.sw) : e;
}

/* `n` bytes, at most BLOCK, of the selected file. */
static enum jk_err
read_block(const struct jk_channel *channel, size_t offset, size_t n,
    uint8_t *ret)
{
	const struct jk_apdu read = {
		.ins = INS_READ_BINARY,
		.p1 = (uint8_t)(offset >> 8),
		.p2 = (uint8_t)offset,
		.answer = true,
		.expect = (uint8_t)n, /* 256 is written as 0 */
	};
	struct jk_answer a;
	enum jk_err e = jk_apdu_run(channel, &read, &a);

	if (e == JK_OK)
		e = check_sw(a.sw);
	if (e != JK_OK)
		return e;
	if (a.len != n)
		return JK_ERR_TRUNCATED;
	memcpy(ret, a.data, n);
	return JK_OK;
}

enum jk_err
jk_jpki_parse_length(struct jk_cur head, size_t *ret)
{
	const uint8_t *begin = head.at;
	uint16_t tag;
	size_t len;
	enum jk_err e = jk_tlv_head(&head, &tag, &len);

	if (e != JK_OK)
		return e;
	if (tag != DER_SEQUENCE)
		return JK_ERR_FORMAT;
	len += (size_t)(head.at - begin);
	/* A certificate has more than what identifies it. */
	if (len <= IDENTITY_LEN)
		return JK_ERR_FORMAT;
	if (len > JK_CERT_MAX)
		return JK_ERR_TOO_BIG;
	*ret = len;
	return JK_OK;
}

/* The beginning of the certificate: its length and its serial number. */
static enum jk_err
identify(const struct jk_channel *channel, struct jk_identity *ret)
{
	uint8_t head[IDENTITY_LEN];
	size_t len;
	enum jk_err e;

	*ret = (struct jk_identity){ 0 };
	if ((e = select_file(channel, EF_CERTIFICATE)) != JK_OK ||
	    (e = read_block(channel, 0, sizeof(head), head)) != JK_OK)
		return e;
	e = jk_jpki_parse_length((struct jk_cur){ head, sizeof(head) }, &len);
	if (e != JK_OK)
		return e;
	memcpy(ret->data, head, sizeof(head));
	ret->len = sizeof(head);
	return JK_OK;
}

static enum jk_err
read_certificate(const struct jk_channel *channel, struct jk_certificate *ret)
{
	uint8_t der[JK_CERT_MAX];
	size_t len;
	enum jk_err e;

	if ((e = select_file(channel, EF_CERTIFICATE)) != JK_OK ||
	    (e = read_block(channel, 0, BLOCK, der)) != JK_OK ||
	    (e = jk_jpki_parse_length((struct jk_cur){ der, BLOCK }, &len)) !=
	        JK_OK)
		return e;
	for (size_t at = BLOCK; at < len; at += BLOCK) {
		const size_t n = len - at < BLOCK ? len - at : BLOCK;

		e = read_block(channel, at, n, der + at);
		if (e != JK_OK)
			return e;
	}
	memcpy(ret->der, der, len);
	ret->len = len;
	return JK_OK;
}

static enum jk_err
count_tries(const struct jk_channel *channel, struct jk_tries *ret)
{
	enum jk_err e = select_file(channel, EF_PIN);

	return e == JK_OK ? jk_verify_count(channel, SELECTED, ret) : e;
}

static enum jk_err
fit_pin(struct jk_cur pin, struct jk_secret *ret)
{
	if (pin.left == 0 || pin.left > PIN_MAX)
		return JK_ERR_FORMAT;
	return jk_secret_set(ret, pin.at, pin.left);
}

static enum jk_err
verify_pin(const struct jk_channel *channel, const struct jk_secret *pin,
    unsigned *ret_left)
{
	enum jk_err e = select_file(channel, EF_PIN);

	return e == JK_OK ? jk_verify_pin(channel, SELECTED, pin, ret_left) : e;
}

/* Only the new PIN is sent: the card knows that the present one was verified,
 * and forgets it when another application is selected. */
static enum jk_err
change_pin(const struct jk_channel *channel,
    JK_UNUSED const struct jk_secret *old, const struct jk_secret *fresh,
    JK_UNUSED unsigned *ret_left)
{
	const struct jk_apdu change = {
		.ins = INS_CHANGE,
		.p1 = 0x01,
		.p2 = SELECTED,
		.data = { fresh->data, fresh->len },
	};
	struct jk_answer a;
	enum jk_err e;

	if ((e = select_file(channel, EF_PIN)) != JK_OK ||
	    (e = jk_apdu_run(channel, &change, &a)) != JK_OK)
		return e;
	if (a.sw == JK_SW_OK)
		return JK_OK;
	return jk_sw_means_bad_form(a.sw) ? JK_ERR_UNSAFE : JK_ERR_FORMAT;
}

static enum jk_err
sign(const struct jk_channel *channel, enum jk_key_kind key,
    const struct jk_challenge *challenge, struct jk_signature *ret)
{
	uint8_t info[JK_DIGEST_INFO_MAX];
	/* COMPUTE DIGITAL SIGNATURE of the card's own class; it pads. */
	struct jk_apdu compute = {
		.cla = CLA_OWN,
		.ins = INS_SIGN,
		.p2 = SELECTED,
		.data = { .at = info },
		.answer = true,
	};
	struct jk_answer a;
	enum jk_err e;

	if (key != JK_KEY_RSA2048)
		return JK_ERR_UNSUPPORTED;
	compute.data.left = jk_digest_info(challenge, info);
	if ((e = select_file(channel, EF_KEY)) != JK_OK ||
	    (e = jk_apdu_run(channel, &compute, &a)) != JK_OK)
		return e;
	if (a.sw != JK_SW_OK || a.len != jk_rsa_len(key))
		return JK_ERR_FORMAT;
	memcpy(ret->data, a.data, a.len);
	ret->len = a.len;
	return JK_OK;
}

static enum jk_err
select_pin(const struct jk_channel *channel)
{
	return select_file(channel, EF_PIN);
}

static const struct jk_pin_form form = {
	.p2 = SELECTED,
	.block = PIN_LEN,
	.min = PIN_LEN,
	.max = PIN_LEN,
	.select = select_pin,
};

const struct jk_applet jk_jpki = {
	.name = "jpki",
	.select = select_application,
	.identify = identify,
	.count_tries = count_tries,
	.read = read_certificate,
	.fit = fit_pin,
	.verify = verify_pin,
	.change = change_pin,
	.sign = sign,
	.form = &form,
};
