/* SPDX-License-Identifier: BSD-2-Clause */
#include "keycms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* It has its PEM functions only behind pem.h. */
#include <openssl/cms.h>

#include "hex.h"
#include "tr.h"

#define VALID_S (10 * 366 * INT64_C(86400))
/* Clocks of two machines are not one. */
#define EARLY_S 86400

static void
free_bio(BIO **bio)
{
	BIO_free(*bio);
}

static void
free_x509(X509 **cert)
{
	X509_free(*cert);
}

static void
free_pkey(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void
free_cms(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

/* Nobody types a password here. */
static int
no_password(char *buffer, int size, int writing, void *ctx)
{
	(void)buffer, (void)size, (void)writing, (void)ctx;
	return -1;
}

static const char *
take_name(X509 *cert, char ret[static JK_ID_MAX + 1])
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                           "abcdefghijklmnopqrstuvwxyz0123456789._-";
	const X509_NAME *subject = X509_get_subject_name(cert);
	const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	const ASN1_STRING *text;
	size_t n;

	if (at < 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return N_("the certificate does not have one name");
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	n = (size_t)ASN1_STRING_length(text);
	if (n == 0 || n > JK_ID_MAX)
		return N_("the certificate's name is no id");
	memcpy(ret, ASN1_STRING_get0_data(text), n);
	ret[n] = '\0';
	return strspn(ret, good) == n ? NULL
	                              : N_("the certificate's name is no id");
}

static const char *
check_key(X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	char group[32] = "";

	if (key == NULL ||
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
	    (strcmp(group, "prime256v1") != 0 &&
	        strcmp(group, "secp384r1") != 0))
		return N_("the certificate's key is not of P-256 or P-384");
	return NULL;
}

static const char *
check_time(X509 *cert, int64_t now)
{
	time_t early = (time_t)(now + EARLY_S), at = (time_t)now;

	if (X509_cmp_time(X509_get0_notBefore(cert), &early) >= 0)
		return N_("the certificate is not valid yet");
	if (X509_cmp_time(X509_get0_notAfter(cert), &at) <= 0)
		return N_("the certificate has expired");
	return NULL;
}

static const char *
judge(X509 *cert, int64_t now, struct jk_recipient *ret)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	const char *fault = take_name(cert, ret->name);

	if (fault == NULL)
		fault = check_key(cert);
	if (fault == NULL)
		fault = check_time(cert, now);
	if (fault != NULL)
		return fault;
	if (X509_digest(cert, EVP_sha256(), digest, &n) != 1 ||
	    n != JK_KEYCMS_DIGEST / 2)
		return N_("cryptographic library failed");
	jk_hex_encode(digest, n, ret->digest);
	ret->self_signed = X509_self_signed(cert, 1) == 1;
	return NULL;
}

const char *
jk_recipient_read(const char *pem, size_t len, int64_t now,
    struct jk_recipient *ret)
{
	JK_CLEANUP(free_bio) BIO *bio = NULL;
	JK_CLEANUP(free_x509) X509 *cert = NULL;
	struct jk_recipient made = { 0 };
	const char *fault;

	if (len > JK_KEYCMS_FILE)
		return N_("larger than allowed");
	bio = BIO_new_mem_buf(pem, (int)len);
	if (bio != NULL)
		cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	ERR_clear_error();
	if (cert == NULL)
		return N_("there is no certificate in it");
	fault = judge(cert, now, &made);
	ERR_clear_error();
	if (fault != NULL)
		return fault;
	*ret = made;
	ret->cert = JK_TAKE(cert);
	return NULL;
}

void
jk_recipient_clear(struct jk_recipient *recipient)
{
	X509_free(recipient->cert);
	*recipient = (struct jk_recipient){ 0 };
}

enum jk_err
jk_recipient_print(const struct jk_recipient *recipient)
{
	return PEM_write_X509(stdout, recipient->cert) == 1 ? JK_OK
	                                                    : JK_ERR_SYS;
}

static bool
add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *made;
	int added = 0;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	made = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (made != NULL)
		added = X509_add_ext(cert, made, -1);
	X509_EXTENSION_free(made);
	return added == 1;
}

static bool
set_name(X509 *cert, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(cert);

	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	           (const unsigned char *)name, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(cert, subject) == 1;
}

static bool
set_serial(X509 *cert)
{
	uint64_t number;

	return jk_random(&number, sizeof(number)) == JK_OK &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert),
	           (number >> 1) | 1) == 1;
}

static bool
set_times(X509 *cert, int64_t now)
{
	return ASN1_TIME_set(X509_getm_notBefore(cert),
	           (time_t)(now - EARLY_S)) != NULL &&
	       ASN1_TIME_set(X509_getm_notAfter(cert),
	           (time_t)(now + VALID_S)) != NULL;
}

static X509 *
make_cert(EVP_PKEY *key, const char *name, int64_t now)
{
	JK_CLEANUP(free_x509) X509 *cert = X509_new();

	if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
	    !set_serial(cert) || !set_name(cert, name) ||
	    !set_times(cert, now) || X509_set_pubkey(cert, key) != 1 ||
	    !add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(cert, NID_key_usage, "critical,keyAgreement") ||
	    !add_extension(cert, NID_subject_key_identifier, "hash") ||
	    X509_sign(cert, key, EVP_sha256()) == 0)
		return NULL;
	return JK_TAKE(cert);
}

/* What a BIO holds, with a NUL; its own copy is erased when it is freed. */
static enum jk_err
copy_out(BIO *bio, void *ret, size_t size, size_t *ret_len)
{
	char *data = NULL;
	const long n = BIO_get_mem_data(bio, &data);

	if (n < 0)
		return JK_ERR_CRYPTO;
	if ((size_t)n >= size)
		return JK_ERR_TOO_BIG;
	memcpy(ret, data, (size_t)n);
	((char *)ret)[n] = '\0';
	*ret_len = (size_t)n;
	return JK_OK;
}

enum jk_err
jk_keycms_pair(const char *name, int64_t now, char ret[static JK_KEYCMS_PAIR])
{
	JK_CLEANUP(free_pkey) EVP_PKEY *key = EVP_EC_gen("P-256");
	JK_CLEANUP(free_x509) X509 *cert = NULL;
	JK_CLEANUP(free_bio) BIO *bio = BIO_new(BIO_s_mem());
	size_t n;

	if (key != NULL)
		cert = make_cert(key, name, now);
	if (bio == NULL || cert == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
	        NULL) != 1 ||
	    PEM_write_bio_X509(bio, cert) != 1) {
		ERR_clear_error();
		return JK_ERR_CRYPTO;
	}
	return copy_out(bio, ret, JK_KEYCMS_PAIR, &n);
}

/* Its default for the key derivation is SHA-1. */
static bool
add_recipient(CMS_ContentInfo *cms, X509 *cert)
{
	CMS_RecipientInfo *info =
	    CMS_add1_recipient_cert(cms, cert, CMS_KEY_PARAM);
	EVP_PKEY_CTX *ctx =
	    info == NULL ? NULL : CMS_RecipientInfo_get0_pkey_ctx(info);

	return ctx != NULL &&
	       EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) == 1;
}

static bool
seal(X509 *cert, BIO *text, BIO *out)
{
	JK_CLEANUP(free_cms)
	CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(),
	    CMS_BINARY | CMS_PARTIAL);

	return cms != NULL && add_recipient(cms, cert) &&
	       CMS_final(cms, text, NULL, CMS_BINARY) == 1 &&
	       PEM_write_bio_CMS(out, cms) == 1;
}

enum jk_err
jk_keycms_seal(const struct jk_recipient *recipient, const void *text,
    size_t len, char **ret)
{
	JK_CLEANUP(free_bio) BIO *in = NULL, *out = BIO_new(BIO_s_mem());
	char *sealed;
	size_t n;

	if (len > JK_KEYCMS_FILE)
		return JK_ERR_TOO_BIG;
	in = BIO_new_mem_buf(text, (int)len);
	if (in == NULL || out == NULL || !seal(recipient->cert, in, out)) {
		ERR_clear_error();
		return JK_ERR_CRYPTO;
	}
	sealed = malloc(JK_KEYCMS_FILE);
	if (sealed == NULL)
		return JK_ERR_NOMEM;
	if (copy_out(out, sealed, JK_KEYCMS_FILE, &n) != JK_OK) {
		free(sealed);
		return JK_ERR_TOO_BIG;
	}
	*ret = sealed;
	return JK_OK;
}

static CMS_ContentInfo *
read_sealed(const char *sealed, size_t len)
{
	JK_CLEANUP(free_bio) BIO *bio = BIO_new_mem_buf(sealed, (int)len);
	CMS_ContentInfo *cms =
	    bio == NULL ? NULL : PEM_read_bio_CMS(bio, NULL, no_password, NULL);

	if (cms == NULL || OBJ_obj2nid(CMS_get0_type(cms)) ==
	                       NID_id_smime_ct_authEnvelopedData)
		return cms;
	CMS_ContentInfo_free(cms);
	return NULL;
}

static bool
decrypt(const char *pair, CMS_ContentInfo *cms, BIO *out)
{
	JK_CLEANUP(free_bio) BIO *bio = BIO_new_mem_buf(pair, -1);
	JK_CLEANUP(free_pkey) EVP_PKEY *key = NULL;
	JK_CLEANUP(free_x509) X509 *cert = NULL;

	if (bio == NULL)
		return false;
	key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
	return key != NULL && cert != NULL &&
	       CMS_decrypt(cms, key, cert, NULL, out, CMS_BINARY) == 1;
}

enum jk_err
jk_keycms_open(const char *pair, const char *sealed, size_t len, void *ret,
    size_t max, size_t *ret_len)
{
	JK_CLEANUP(free_cms) CMS_ContentInfo *cms = NULL;
	JK_CLEANUP(free_bio) BIO *out = BIO_new(BIO_s_mem());
	enum jk_err e;

	if (len > JK_KEYCMS_FILE)
		return JK_ERR_TOO_BIG;
	if (out == NULL)
		return JK_ERR_NOMEM;
	cms = read_sealed(sealed, len);
	if (cms == NULL)
		e = JK_ERR_FORMAT;
	else if (!decrypt(pair, cms, out))
		e = JK_ERR_REFUSED;
	else
		e = copy_out(out, ret, max, ret_len);
	ERR_clear_error();
	return e;
}
