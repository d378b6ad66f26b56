/* SPDX-License-Identifier: BSD-2-Clause */
#include "mangle.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "bytes.h"
#include "fault.h"
#include "key.h"

#define ORDER_MAX 48 /* bytes of a number below P-384's order */

static void
fill_random(uint8_t *at, size_t len)
{
	if (RAND_bytes(at, (int)len) != 1)
		memset(at, 0x5a, len);
}

static void
set_signature(struct vc_signature *sig, const uint8_t *data, size_t len)
{
	memcpy(sig->data, data, len);
	sig->len = len;
}

/* A positive number below the order, as an INTEGER. Returns its end. */
static uint8_t *
put_number(uint8_t *at, size_t len)
{
	at[0] = 0x02;
	at[1] = (uint8_t)len;
	fill_random(at + 2, len);
	at[2] = (uint8_t)(at[2] % 0x7f + 1);
	return at + 2 + len;
}

/* Both numbers are well formed, so that only the maths fails. */
static void
make_random_ecdsa(EVP_PKEY *key, struct vc_signature *sig)
{
	size_t len = vc_key_kind_of(key)->input;
	uint8_t der[2 + 2 * (2 + ORDER_MAX)] = { 0x30 };
	uint8_t *end;

	der[1] = (uint8_t)(2 * (2 + len));
	end = put_number(put_number(der + 2, len), len);
	set_signature(sig, der, (size_t)(end - der));
}

static void
make_random(EVP_PKEY *key, struct vc_signature *sig)
{
	if (EVP_PKEY_is_a(key, "EC")) {
		make_random_ecdsa(key, sig);
		return;
	}
	fill_random(sig->data, sig->len);
	sig->data[0] &= 0x3f; /* below most moduli */
}

/* Zero in each form: a block of zeros, or r = s = 0. */
static void
make_zero(EVP_PKEY *key, struct vc_signature *sig)
{
	static const uint8_t ecdsa[] = { 0x30, 6, 2, 1, 0, 2, 1, 0 };

	if (EVP_PKEY_is_a(key, "EC"))
		set_signature(sig, ecdsa, sizeof(ecdsa));
	else
		memset(sig->data, 0, sig->len);
}

static void
repeat(struct vc_signature *sig)
{
	for (size_t i = 1; i < VC_SIGNATURE_TIMES; i++)
		memcpy(sig->data + i * sig->len, sig->data, sig->len);
	sig->len *= VC_SIGNATURE_TIMES;
}

void
vc_mangle_signature(const struct vc_fault *f, EVP_PKEY *key,
    const struct vc_signature *last, struct vc_signature *sig)
{
	if (f->kind == VC_FAULT_SIG_WRONG && sig->len > 0)
		sig->data[sig->len - 1] ^= 0x01;
	else if (f->kind == VC_FAULT_SIG_SHORT)
		sig->len /= 2;
	else if (f->kind == VC_FAULT_SIG_EMPTY)
		sig->len = 0;
	else if (f->kind == VC_FAULT_SIG_LONG)
		repeat(sig);
	else if (f->kind == VC_FAULT_SIG_REPLAYED && last->len > 0)
		*sig = *last;
	else if (f->kind == VC_FAULT_SIG_RANDOM)
		make_random(key, sig);
	else if (f->kind == VC_FAULT_SIG_ZERO)
		make_zero(key, sig);
}
