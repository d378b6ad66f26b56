/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whole conversations with a card that says what the input says: a byte of
 * choices, then answers, each a length of two bytes and that many bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "apdu.h"
#include "atr.h"
#include "piv.h"
#include "secret.h"

#define CHECK(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

#define EXTENDED 1u
#define RSA      2u

/* SELECT, tries, GET DATA, VERIFY; a chain of two; two new PINs. */
#define COMMANDS 8

struct liar {
	struct jk_cur input;
	unsigned asked;
};

static enum jk_err
answer(void *ctx, const uint8_t *command, size_t len, uint8_t *ret, size_t size,
    size_t *ret_len)
{
	struct liar *liar = ctx;
	struct jk_cur bytes;
	uint16_t n;
	enum jk_err e;

	CHECK(len >= 4 && len <= 4 + 3 + JK_COMMAND_MAX + 2);
	CHECK((command[0] & 0xef) == 0);
	/* However a card lies, it is not asked for ever. */
	CHECK(++liar->asked <= COMMANDS * (1 + JK_GET_RESPONSES));
	e = jk_cur_u16(&liar->input, &n);
	if (e != JK_OK)
		return JK_ERR_CLOSED;
	if (n > size)
		return JK_ERR_UNSUPPORTED; /* as pcscd does */
	if (jk_cur_take(&liar->input, n, &bytes) != JK_OK)
		return JK_ERR_TIMEOUT;
	memcpy(ret, bytes.at, n);
	*ret_len = n;
	return JK_OK;
}

static void
check_certificate(const struct jk_certificate *c)
{
	CHECK(c->len >= 2 && c->len <= JK_CERT_MAX && c->der[0] == 0x30);
}

static void
look(const struct jk_channel *channel)
{
	static struct jk_certificate certificate;
	struct jk_tries tries = { .left = 99 };

	if (jk_piv.select(channel) != JK_OK)
		return;
	if (jk_piv.count_tries(channel, &tries) != JK_OK)
		CHECK(tries.left == 99 && !tries.known);
	else
		CHECK(tries.left <= 15);
	certificate.len = 0;
	if (jk_piv.read(channel, &certificate) == JK_OK)
		check_certificate(&certificate);
	else
		CHECK(certificate.len == 0);
}

static void
spend(const struct jk_channel *channel, enum jk_key_kind key)
{
	static const struct jk_challenge challenge = { .len = 32 };
	static const uint8_t pin_text[] = "123456";
	struct jk_signature signature = { 0 };
	struct jk_secret pin = { 0 };
	unsigned left = 99;
	enum jk_err e = jk_piv.fit((struct jk_cur){ pin_text, 6 }, &pin);

	CHECK(e == JK_OK);
	e = jk_piv.verify(channel, &pin, &left);
	CHECK(e == JK_ERR_REFUSED ? left <= 15 : left == 99);
	if (jk_piv.sign(channel, key, &challenge, &signature) != JK_OK)
		CHECK(signature.len == 0);
	else if (key == JK_KEY_RSA2048)
		CHECK(signature.len == 256);
	else
		CHECK(signature.len >= 6 && signature.data[0] == 0x30);
	left = 99;
	e = jk_piv.change(channel, &pin, &pin, &left);
	CHECK(e == JK_ERR_REFUSED ? left <= 15 : left == 99);
	left = 99;
	e = jk_piv.unblock(channel, &pin, &pin, &left);
	CHECK(e == JK_ERR_REFUSED ? left <= 15 : left == 99);
	jk_secret_clear(&pin);
}

/* The same bytes as the object and the ATR themselves. */
static void
parse(struct jk_cur input)
{
	struct jk_identity identity;
	struct jk_cur der = { 0 };

	(void)jk_atr_has_extended_length(input);
	jk_piv_parse_chuid(input, &identity);
	CHECK(identity.len <= sizeof(identity.data));
	if (jk_piv_parse_object(input, &der) != JK_OK) {
		CHECK(der.at == NULL);
		return;
	}
	CHECK(der.at > input.at && der.at + der.left <= input.at + input.left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct liar liar = { .input = { data, len } };
	struct jk_channel channel = { .transmit = answer, .ctx = &liar };
	uint8_t choices;

	if (jk_cur_u8(&liar.input, &choices) != JK_OK)
		return 0;
	channel.extended = (choices & EXTENDED) != 0;
	parse(liar.input);
	look(&channel);
	spend(&channel, (choices & RSA) != 0 ? JK_KEY_RSA2048 : JK_KEY_P256);
	return 0;
}
