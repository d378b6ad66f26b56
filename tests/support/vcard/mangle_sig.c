/* SPDX-License-Identifier: BSD-2-Clause */
#include "mangle.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "bytes.h"
#include "fault.h"

#define P256_LEN 32

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

/* Both numbers positive and below the order, so that only the maths fails. */
static void
make_random_ecdsa(struct vc_signature *sig)
{
	uint8_t der[] = { 0x30, 2 * (P256_LEN + 2), [2] = 0x02, [3] = P256_LEN,
		[4 + P256_LEN] = 0x02, [5 + P256_LEN] = P256_LEN,
		[5 + 2 * P256_LEN] = 0 };

	fill_random(der + 4, P256_LEN);
	fill_random(der + 6 + P256_LEN, P256_LEN);
	der[4] = (uint8_t)(der[4] % 0x7f + 1);
	der[6 + P256_LEN] = (uint8_t)(der[6 + P256_LEN] % 0x7f + 1);
	set_signature(sig, der, sizeof(der));
}

static void
make_random(EVP_PKEY *key, struct vc_signature *sig)
{
	if (EVP_PKEY_is_a(key, "EC")) {
		make_random_ecdsa(sig);
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

void
vc_mangle_signature(const struct vc_fault *f, EVP_PKEY *key,
    const struct vc_signature *last, struct vc_signature *sig)
{
	if (f->kind == VC_FAULT_SIG_WRONG && sig->len > 0)
		sig->data[sig->len - 1] ^= 0x01;
	else if (f->kind == VC_FAULT_SIG_SHORT)
		sig->len /= 2;
	else if (f->kind == VC_FAULT_SIG_REPLAYED && last->len > 0)
		*sig = *last;
	else if (f->kind == VC_FAULT_SIG_RANDOM)
		make_random(key, sig);
	else if (f->kind == VC_FAULT_SIG_ZERO)
		make_zero(key, sig);
}
