/* SPDX-License-Identifier: BSD-2-Clause */
#include "cert.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

struct pem {
	char *name, *header;
	unsigned char *data;
	long len;
};

static void
free_pem(struct pem *pem)
{
	OPENSSL_free(pem->name);
	OPENSSL_free(pem->header);
	OPENSSL_free(pem->data);
	*pem = (struct pem){ 0 };
}

static void
free_bio(BIO **bio)
{
	BIO_free(*bio);
}

static void
free_x509(X509 **x509)
{
	X509_free(*x509);
}

static void
free_pkey_ctx(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

enum jk_err
jk_sha256(const void *data, size_t len, uint8_t ret[static JK_DIGEST_LEN])
{
	return EVP_Digest(data, len, ret, NULL, EVP_sha256(), NULL) == 1
	           ? JK_OK
	           : JK_ERR_CRYPTO;
}

static bool
next_block(BIO *bio, struct pem *ret)
{
	struct pem pem = { 0 };
	bool ok =
	    PEM_read_bio(bio, &pem.name, &pem.header, &pem.data, &pem.len) == 1;

	ERR_clear_error();
	if (ok)
		*ret = pem;
	return ok;
}

static const char *
read_block(const char *text, size_t len, struct pem *ret)
{
	JK_CLEANUP(free_bio) BIO *bio = NULL;
	JK_CLEANUP(free_pem) struct pem first = { 0 }, second = { 0 };

	if (len > INT_MAX)
		return "file is too large";
	bio = BIO_new_mem_buf(text, (int)len);
	if (bio == NULL)
		return "out of memory";
	if (!next_block(bio, &first))
		return "not a PEM certificate";
	if (strcmp(first.name, PEM_STRING_X509) != 0)
		return "holds something else than a certificate";
	/* Counted in the text too: a block that does not parse is one. */
	if (next_block(bio, &second) ||
	    strstr(strstr(text, "-----END ") + 1, "-----BEGIN ") != NULL)
		return "holds more than one certificate";
	*ret = JK_TAKE(first);
	return NULL;
}

static const char *
check_rsa(EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	return bits < 2048 || bits > 4096
	           ? "RSA key is not of 2048 to 4096 bits"
	           : NULL;
}

static const char *
check_ec(EVP_PKEY *key)
{
	char group[32] = "";

	if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
	    (strcmp(group, "prime256v1") != 0 &&
	        strcmp(group, "secp384r1") != 0))
		return "elliptic curve is neither P-256 nor P-384";
	return NULL;
}

/* Of P-256 and P-384 every point on the curve is of the right order (their
 * cofactor is 1), so the quick check is a whole one. */
static bool
is_sound(EVP_PKEY_CTX *ctx, bool ec)
{
	return (ec ? EVP_PKEY_public_check_quick(ctx)
	           : EVP_PKEY_public_check(ctx)) == 1;
}

static const char *
check_key(X509 *x509)
{
	JK_CLEANUP(free_pkey_ctx) EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *key = X509_get0_pubkey(x509);
	const char *fault;
	bool ec = false;

	if (key == NULL)
		return "public key is not understood";
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		fault = check_rsa(key);
		break;
	case EVP_PKEY_EC:
		fault = check_ec(key);
		ec = true;
		break;
	default:
		fault = "key is neither RSA nor of an elliptic curve";
	}
	if (fault != NULL)
		return fault;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	if (ctx == NULL || !is_sound(ctx, ec))
		return "public key is not a sound one";
	return NULL;
}

static const char *
read_usage(X509 *x509, bool *ret)
{
	uint32_t usage = X509_get_key_usage(x509);

	if ((X509_get_extension_flags(x509) & EXFLAG_INVALID) != 0)
		return "an extension is malformed";
	/* All bits where there is no such extension. */
	*ret = (usage & KU_DIGITAL_SIGNATURE) != 0;
	return NULL;
}

static bool
read_time(const ASN1_TIME *time, int64_t *ret)
{
	struct tm tm = { 0 };

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*ret = (int64_t)timegm(&tm);
	return *ret > 0;
}

/* notAfter is the last good second. */
static const char *
read_period(X509 *x509, struct jk_period *ret)
{
	struct jk_period valid;

	if (!read_time(X509_get0_notBefore(x509), &valid.from) ||
	    !read_time(X509_get0_notAfter(x509), &valid.until))
		return "validity is malformed";
	valid.until++;
	if (valid.from >= valid.until)
		return "validity ends before it begins";
	*ret = valid;
	return NULL;
}

static const char *
digest_key(X509 *x509, uint8_t ret[static JK_DIGEST_LEN])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
	enum jk_err e;

	if (len <= 0)
		return "public key is not understood";
	e = jk_sha256(der, (size_t)len, ret);
	OPENSSL_free(der);
	return e == JK_OK ? NULL : jk_err_text(e);
}

/* Byte for byte: then all of what follows was found out before; of the trust
 * only as far as it hangs on the same things (trust.h). */
static bool
is_known(const unsigned char *der, size_t len, struct jk_snapshot *old,
    struct jk_card *card)
{
	uint8_t digest[JK_DIGEST_LEN];
	struct jk_card known;

	if (old == NULL || jk_sha256(der, len, digest) != JK_OK ||
	    jk_snapshot_card_by_cert(old, digest, &known) != JK_OK ||
	    known.cert_len != len || memcmp(known.cert, der, len) != 0)
		return false;
	memcpy(card->key, known.key, sizeof(card->key));
	card->valid = known.valid;
	card->for_signatures = known.for_signatures;
	card->trust = known.trust;
	card->cert_len = len;
	memcpy(card->cert, der, len);
	return true;
}

static const char *
read_der(const unsigned char *der, size_t len, struct jk_snapshot *old,
    struct jk_card *card)
{
	JK_CLEANUP(free_x509) X509 *x509 = NULL;
	const unsigned char *at = der;
	const char *fault;

	if (len > JK_CERT_MAX)
		return "certificate is larger than 4096 bytes";
	if (is_known(der, len, old, card))
		return NULL;
	x509 = d2i_X509(NULL, &at, (long)len);
	if (x509 == NULL || at != der + len)
		return "not a certificate";
	if ((fault = check_key(x509)) != NULL ||
	    (fault = read_usage(x509, &card->for_signatures)) != NULL ||
	    (fault = read_period(x509, &card->valid)) != NULL ||
	    (fault = digest_key(x509, card->key)) != NULL)
		return fault;
	card->trust = (struct jk_trust){ 0 };
	card->cert_len = len;
	memcpy(card->cert, der, len);
	return NULL;
}

static const char *
read_pem(const char *text, size_t len, struct jk_snapshot *old,
    struct jk_card *card)
{
	JK_CLEANUP(free_pem) struct pem pem = { 0 };
	const char *fault;

	if (strlen(text) != len)
		return "NUL byte";
	fault = read_block(text, len, &pem);
	if (fault != NULL)
		return fault;
	return read_der(pem.data, pem.len < 0 ? 0 : (size_t)pem.len, old, card);
}

/* A SEQUENCE whose length needs more than one byte: no text begins so, because
 * a byte such as the second one never follows a '0' in UTF-8. */
static bool
is_der(const void *data, size_t len)
{
	const uint8_t *bytes = data;

	return len >= 2 && bytes[0] == 0x30 && (bytes[1] & 0xc0) == 0x80;
}

const char *
jk_cert_read_again(const void *data, size_t len, struct jk_snapshot *old,
    struct jk_card *ret)
{
	struct jk_card card = *ret;
	const char *fault = is_der(data, len) ? read_der(data, len, old, &card)
	                                      : read_pem(data, len, old, &card);

	ERR_clear_error();
	if (fault == NULL)
		*ret = card;
	return fault;
}

const char *
jk_cert_read(const void *data, size_t len, struct jk_card *ret)
{
	struct jk_card card = *ret;
	const char *fault = jk_cert_read_again(data, len, NULL, &card);

	if (fault == NULL && !card.for_signatures)
		fault = "key usage does not allow signatures";
	if (fault == NULL)
		*ret = card;
	return fault;
}
