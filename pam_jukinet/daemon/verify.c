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

static enum jk_err
prepare(EVP_PKEY *key, EVP_PKEY_CTX *ctx)
{
	int type = EVP_PKEY_base_id(key);

	if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC)
		return JK_ERR_UNSUPPORTED;
	if (EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
		return JK_ERR_CRYPTO;
	if (type == EVP_PKEY_RSA &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
		return JK_ERR_CRYPTO;
	return JK_OK;
}

enum jk_err
jk_verify_signature(const struct jk_card *card,
    const uint8_t challenge[static JK_DIGEST_LEN], const uint8_t *signature,
    size_t len)
{
	const unsigned char *der = card->cert;
	JK_CLEANUP(free_cert) X509 *cert = NULL;
	JK_CLEANUP(free_ctx) EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *key;
	enum jk_err e;

	cert = d2i_X509(NULL, &der, (long)card->cert_len);
	key = cert != NULL ? X509_get0_pubkey(cert) : NULL;
	if (key == NULL)
		return JK_ERR_CRYPTO;
	e = check_key(cert, card);
	if (e != JK_OK)
		return e;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	if (ctx == NULL)
		return JK_ERR_NOMEM;
	e = prepare(key, ctx);
	if (e != JK_OK)
		return e;
	return EVP_PKEY_verify(ctx, signature, len, challenge, JK_DIGEST_LEN) ==
	               1
	           ? JK_OK
	           : JK_ERR_REFUSED;
}
