/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

static const struct vc_key_kind kinds[] = {
	{ "rsa2048", NULL, 2048, 0x07, 256 },
	{ "rsa3072", NULL, 3072, 0x05, 384 },
	{ "p256", "P-256", 256, 0x11, 32 },
	{ "p384", "P-384", 384, 0x14, 48 },
};

const struct vc_key_kind *
vc_key_kind_named(const char *word)
{
	for (size_t i = 0; i < VC_COUNT(kinds); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return &kinds[i];
	return NULL;
}

const struct vc_key_kind *
vc_key_kind_of(const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	for (size_t i = 0; i < VC_COUNT(kinds); i++)
		if (kinds[i].bits == bits &&
		    (kinds[i].curve == NULL) == vc_key_is_rsa(key))
			return &kinds[i];
	return NULL;
}

bool
vc_key_is_rsa(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "RSA");
}

/* Uncompressed: 04 and two coordinates. */
size_t
vc_key_point_len(const struct vc_key_kind *kind)
{
	return 1 + 2 * kind->input;
}

enum vc_err
vc_key_make(const struct vc_key_kind *kind, EVP_PKEY **ret)
{
	EVP_PKEY *key = kind->curve == NULL
	                    ? EVP_RSA_gen((unsigned int)kind->bits)
	                    : EVP_EC_gen(kind->curve);

	if (key == NULL)
		return VC_ERR_CRYPTO;
	*ret = key;
	return VC_OK;
}
