/* SPDX-License-Identifier: BSD-2-Clause */
/* What the applications of cards have in common. */
#include "applet.h"

#include <string.h>

#include "apdu.h"
#include "secret.h"

#define INS_VERIFY 0x20

#define SW_BLOCKED 0x6983
/* Referenced data not usable: the same of a My Number card. */
#define SW_UNUSABLE 0x6984

bool
jk_tries_from_sw(uint16_t sw, unsigned *ret_left)
{
	if (sw == SW_BLOCKED || sw == SW_UNUSABLE)
		*ret_left = 0;
	else if ((sw & 0xfff0) == 0x63c0)
		*ret_left = sw & 0x0f;
	else
		return false;
	return true;
}

bool
jk_sw_means_bad_form(uint16_t sw)
{
	return sw == 0x6700 || sw == 0x6a80;
}

bool
jk_sw_means_no_application(uint16_t sw)
{
	return sw >> 8 == 0x6a || sw == 0x6d00 || sw == 0x6e00 || sw == 0x6999;
}

size_t
jk_digest_info(const struct jk_challenge *challenge,
    uint8_t ret[static JK_DIGEST_INFO_MAX])
{
	/* SHA-256: no RSA key of ours signs another one. */
	static const uint8_t head[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
		0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
		0x00, 0x04, 0x20 };

	memcpy(ret, head, sizeof(head));
	memcpy(ret + sizeof(head), challenge->digest, challenge->len);
	return sizeof(head) + challenge->len;
}

size_t
jk_rsa_len(enum jk_key_kind key)
{
	switch (key) {
	case JK_KEY_RSA2048:
		return 256;
	case JK_KEY_RSA3072:
		return 384;
	case JK_KEY_RSA4096:
		return 512;
	case JK_KEY_NONE:
	case JK_KEY_P256:
	case JK_KEY_P384:
	case JK_KEY_COUNT:
		break;
	}
	return 0;
}

enum jk_err
jk_verify_count(const struct jk_channel *channel, uint8_t p2,
    struct jk_tries *ret)
{
	const struct jk_apdu ask = { .ins = INS_VERIFY, .p2 = p2 };
	struct jk_answer a;
	unsigned left;
	enum jk_err e = jk_apdu_run(channel, &ask, &a);

	if (e != JK_OK)
		return e;
	if (a.sw == JK_SW_OK) {
		*ret = (struct jk_tries){ .known = false };
		return JK_OK;
	}
	if (!jk_tries_from_sw(a.sw, &left))
		return JK_ERR_FORMAT;
	*ret = (struct jk_tries){ .known = true, .left = left };
	return JK_OK;
}

enum jk_err
jk_verify_pin(const struct jk_channel *channel, uint8_t p2,
    const struct jk_secret *pin, unsigned *ret_left)
{
	const struct jk_apdu verify = {
		.ins = INS_VERIFY,
		.p2 = p2,
		.data = { pin->data, pin->len },
	};
	struct jk_answer a;
	enum jk_err e = jk_apdu_run(channel, &verify, &a);

	if (e != JK_OK)
		return e;
	if (a.sw == JK_SW_OK)
		return JK_OK;
	return jk_tries_from_sw(a.sw, ret_left) ? JK_ERR_REFUSED
	                                        : JK_ERR_FORMAT;
}
