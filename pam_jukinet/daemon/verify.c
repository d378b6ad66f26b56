/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static void
free_cert(X509 **cert)
{
	X509_free(*cert);
}

static void
free_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

enum jk_err
jk_verify_digest(const uint8_t *data, size_t len,
    uint8_t ret[static JK_DIGEST_LEN])
{
	return EVP_Digest(data, len, ret, NULL, EVP_sha256(), NULL) == 1
	           ? JK_OK
	           : JK_ERR_CRYPTO;
}

/* The registered key; it must still be what the registry has its digest of. */
static enum jk_err
check_key(X509 *cert, const struct jk_card *card)
{
	unsigned char *spki = NULL;
	uint8_t digest[JK_DIGEST_LEN];
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
	enum jk_err e;

	if (len <= 0)
		return JK_ERR_CRYPTO;
	e = jk_verify_digest(spki, (size_t)len, digest);
	OPENSSL_free(spki);
	if (e != JK_OK)
		return e;
	return memcmp(digest, card->key, sizeof(digest)) == 0 ? JK_OK
	                                                      : JK_ERR_REFUSED;
}

static X509 *
parse(const struct jk_card *card)
{
	const unsigned char *der = card->cert;

	return d2i_X509(NULL, &der, (long)card->cert_len);
}

static enum jk_key_kind
kind_of(const EVP_PKEY *key)
{
	const int bits = EVP_PKEY_get_bits(key);
	char group[32] = "";

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return bits == 2048   ? JK_KEY_RSA2048
		       : bits == 3072 ? JK_KEY_RSA3072
		       : bits == 4096 ? JK_KEY_RSA4096
		                      : JK_KEY_NONE;
	case EVP_PKEY_EC:
		(void)EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
		return strcmp(group, "prime256v1") == 0  ? JK_KEY_P256
		       : strcmp(group, "secp384r1") == 0 ? JK_KEY_P384
		                                         : JK_KEY_NONE;
	default:
		return JK_KEY_NONE;
	}
}

enum jk_err
jk_verify_key_kind(const struct jk_card *card, enum jk_key_kind *ret)
{
	JK_CLEANUP(free_cert) X509 *cert = parse(card);
	const EVP_PKEY *key = cert != NULL ? X509_get0_pubkey(cert) : NULL;

	if (key == NULL)
		return JK_ERR_CRYPTO;
	*ret = kind_of(key);
	return *ret == JK_KEY_NONE ? JK_ERR_UNSUPPORTED : JK_OK;
}

static enum jk_err
prepare(EVP_PKEY *key, const struct jk_challenge *challenge, EVP_PKEY_CTX *ctx)
{
	const EVP_MD *md = challenge->len == 48 ? EVP_sha384() : EVP_sha256();
	int type = EVP_PKEY_base_id(key);

	if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
		return JK_ERR_UNSUPPORTED;
	if (EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
		return JK_ERR_CRYPTO;
	if (type == EVP_PKEY_RSA &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
		return JK_ERR_CRYPTO;
	return JK_OK;
}

enum jk_err
jk_verify_signature(const struct jk_card *card,
    const struct jk_challenge *challenge, const uint8_t *signature, size_t len)
{
	JK_CLEANUP(free_cert) X509 *cert = parse(card);
	JK_CLEANUP(free_ctx) EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *key = cert != NULL ? X509_get0_pubkey(cert) : NULL;
	enum jk_err e;

	if (key == NULL)
		return JK_ERR_CRYPTO;
	e = check_key(cert, card);
	if (e != JK_OK)
		return e;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	if (ctx == NULL)
		return JK_ERR_NOMEM;
	e = prepare(key, challenge, ctx);
	if (e != JK_OK)
		return e;
	return EVP_PKEY_verify(ctx, signature, len, challenge->digest,
	           challenge->len) == 1
	           ? JK_OK
	           : JK_ERR_REFUSED;
}
