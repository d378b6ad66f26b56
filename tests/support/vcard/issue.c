/* SPDX-License-Identifier: BSD-2-Clause */
#include "issue.h"

#include <stdio.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "bytes.h"
#include "chuid.h"
#include "key.h"
#include "slot.h"

#define DAY         (24 * 3600L)
#define SERIAL_BITS 127

static void
free_cert(X509 **cert)
{
	X509_free(*cert);
	*cert = NULL;
}

static void
free_crl(X509_CRL **crl)
{
	X509_CRL_free(*crl);
	*crl = NULL;
}

static void
free_cms(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
	*cms = NULL;
}

static void
free_bio(BIO **bio)
{
	BIO_free_all(*bio);
	*bio = NULL;
}

static void
free_number(BIGNUM **n)
{
	BN_free(*n);
	*n = NULL;
}

static void
free_extension(X509_EXTENSION **ext)
{
	X509_EXTENSION_free(*ext);
	*ext = NULL;
}

static void
free_conf(CONF **conf)
{
	NCONF_free(*conf);
	*conf = NULL;
}

static void
free_time(ASN1_TIME **t)
{
	ASN1_TIME_free(*t);
	*t = NULL;
}

static enum vc_err
add_name(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
	           (const unsigned char *)value, -1, -1, 0) == 1
	           ? VC_OK
	           : VC_ERR_CRYPTO;
}

static enum vc_err
set_subject(X509 *cert, const char *unit, const char *cn)
{
	X509_NAME *name = X509_get_subject_name(cert);
	enum vc_err e;

	e = add_name(name, "C", "JP");
	if (e == VC_OK)
		e = add_name(name, "O", "Virtual Town");
	if (e == VC_OK && unit != NULL)
		e = add_name(name, "OU", unit);
	if (e == VC_OK)
		e = add_name(name, "CN", cn);
	return e;
}

static enum vc_err
set_serial(X509 *cert)
{
	JK_CLEANUP(free_number) BIGNUM *n = BN_new();

	if (n == NULL ||
	    BN_rand(n, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) == NULL)
		return VC_ERR_CRYPTO;
	return VC_OK;
}

static enum vc_err
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	JK_CLEANUP(free_extension) X509_EXTENSION *ext = NULL;
	JK_CLEANUP(free_conf) CONF *conf = NCONF_new(NULL);
	X509V3_CTX ctx;

	if (conf == NULL)
		return VC_ERR_CRYPTO;
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	ext = X509V3_EXT_nconf_nid(conf, &ctx, nid, value);
	if (ext == NULL || X509_add_ext(cert, ext, -1) != 1)
		return VC_ERR_CRYPTO;
	return VC_OK;
}

struct extension {
	int nid;
	const char *value; /* NULL: leave it out */
};

static enum vc_err
add_extensions(X509 *cert, X509 *issuer, const struct extension *list, size_t n)
{
	enum vc_err e;

	for (size_t i = 0; i < n; i++) {
		if (list[i].value == NULL)
			continue;
		e = add_extension(cert, issuer, list[i].nid, list[i].value);
		if (e != VC_OK)
			return e;
	}
	return VC_OK;
}

/* Version, serial, key and times: what every certificate has. */
static enum vc_err
begin(EVP_PKEY *key, time_t from, time_t until, X509 **ret)
{
	JK_CLEANUP(free_cert) X509 *cert = X509_new();
	enum vc_err e;

	if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
	    X509_set_pubkey(cert, key) != 1 ||
	    ASN1_TIME_set(X509_getm_notBefore(cert), from) == NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(cert), until) == NULL)
		return VC_ERR_CRYPTO;
	e = set_serial(cert);
	if (e != VC_OK)
		return e;
	*ret = cert;
	cert = NULL;
	return VC_OK;
}

enum vc_err
vc_issue_ca(const char *cn, EVP_PKEY **key, struct vc_ca *ret)
{
	static const struct extension extensions[] = {
		{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		{ NID_subject_key_identifier, "hash" },
	};
	JK_CLEANUP(free_cert) X509 *cert = NULL;
	time_t now = time(NULL);
	enum vc_err e;

	e = begin(*key, now - 3650 * DAY, now + 3650 * DAY, &cert);
	if (e != VC_OK)
		return e;
	e = set_subject(cert, NULL, cn);
	if (e != VC_OK)
		return e;
	e = add_extensions(cert, cert, extensions, VC_COUNT(extensions));
	if (e != VC_OK)
		return e;
	if (X509_set_issuer_name(cert, X509_get_subject_name(cert)) != 1 ||
	    X509_sign(cert, *key, EVP_sha256()) == 0)
		return VC_ERR_CRYPTO;
	*ret = (struct vc_ca){ .key = *key, .cert = cert };
	*key = NULL;
	cert = NULL;
	return VC_OK;
}

void
vc_ca_clear(struct vc_ca *ca)
{
	EVP_PKEY_free(ca->key);
	X509_free(ca->cert);
	*ca = (struct vc_ca){ 0 };
}

static const char *
key_usage(const struct vc_request *q)
{
	bool rsa = vc_key_is_rsa(q->key);

	if (q->slot->purpose == VC_PURPOSE_EXCHANGE || q->no_digital_signature)
		return rsa ? "critical,keyEncipherment"
		           : "critical,keyAgreement";
	if (q->slot->purpose == VC_PURPOSE_SIGNATURE)
		return "critical,digitalSignature,nonRepudiation";
	return "critical,digitalSignature";
}

static const char *
extended_key_usage(const struct vc_request *q)
{
	if (q->slot->purpose == VC_PURPOSE_CARD)
		return "2.16.840.1.101.3.6.8";
	if (q->slot->purpose != VC_PURPOSE_LOGIN)
		return NULL;
	return q->slot->policy != NULL ? "clientAuth"
	                               : "clientAuth,1.3.6.1.4.1.311.20.2.2";
}

/* Enough that the certificate is about as long as those of real cards. */
static enum vc_err
extend(X509 *cert, const struct vc_request *q)
{
	char email[128];
	const struct extension extensions[] = {
		{ NID_key_usage, key_usage(q) },
		{ NID_ext_key_usage, extended_key_usage(q) },
		{ NID_certificate_policies, q->slot->policy },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid" },
		{ NID_subject_alt_name, email },
		{ NID_crl_distribution_points,
		    "URI:http://ca.town.example/crl/main.crl" },
	};

	(void)snprintf(email, sizeof(email), "email:%s@town.example", q->email);
	return add_extensions(cert, q->ca->cert, extensions,
	    VC_COUNT(extensions));
}

enum vc_err
vc_issue_certificate(const struct vc_request *q, X509 **ret)
{
	JK_CLEANUP(free_cert) X509 *cert = NULL;
	enum vc_err e;

	e = begin(q->key, q->from, q->until, &cert);
	if (e != VC_OK)
		return e;
	e = set_subject(cert, q->slot->role, q->cn);
	if (e != VC_OK)
		return e;
	if (X509_set_issuer_name(cert, X509_get_subject_name(q->ca->cert)) != 1)
		return VC_ERR_CRYPTO;
	e = extend(cert, q);
	if (e != VC_OK)
		return e;
	if (X509_sign(cert, q->ca->key, EVP_sha256()) == 0)
		return VC_ERR_CRYPTO;
	*ret = cert;
	cert = NULL;
	return VC_OK;
}

static enum vc_err
revoke(X509_CRL *crl, X509 *cert, ASN1_TIME *when)
{
	X509_REVOKED *entry = X509_REVOKED_new();

	if (entry == NULL ||
	    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(cert)) !=
	        1 ||
	    X509_REVOKED_set_revocationDate(entry, when) != 1 ||
	    X509_CRL_add0_revoked(crl, entry) != 1) {
		X509_REVOKED_free(entry);
		return VC_ERR_CRYPTO;
	}
	return VC_OK;
}

enum vc_err
vc_issue_crl(const struct vc_ca *ca, X509 *const *revoked, size_t n,
    X509_CRL **ret)
{
	JK_CLEANUP(free_crl) X509_CRL *crl = X509_CRL_new();
	JK_CLEANUP(free_time) ASN1_TIME *from = NULL;
	JK_CLEANUP(free_time) ASN1_TIME *until = NULL;
	time_t now = time(NULL);
	enum vc_err e;

	from = ASN1_TIME_set(NULL, now - DAY);
	until = ASN1_TIME_set(NULL, now + 365 * DAY);
	if (crl == NULL || from == NULL || until == NULL ||
	    X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)) !=
	        1 ||
	    X509_CRL_set1_lastUpdate(crl, from) != 1 ||
	    X509_CRL_set1_nextUpdate(crl, until) != 1)
		return VC_ERR_CRYPTO;
	for (size_t i = 0; i < n; i++) {
		e = revoke(crl, revoked[i], from);
		if (e != VC_OK)
			return e;
	}
	if (X509_CRL_sort(crl) != 1 ||
	    X509_CRL_sign(crl, ca->key, EVP_sha256()) == 0)
		return VC_ERR_CRYPTO;
	*ret = crl;
	crl = NULL;
	return VC_OK;
}

enum vc_err
vc_issue_chuid(const struct vc_ca *ca, const uint8_t guid[VC_GUID_LEN],
    struct vc_bytes *ret)
{
	JK_CLEANUP(free_cms) CMS_ContentInfo *cms = NULL;
	JK_CLEANUP(free_bio) BIO *body = NULL;
	unsigned char *der = NULL;
	int len;

	vc_bytes_reset(ret);
	vc_chuid_add_body(ret, guid);
	body = BIO_new_mem_buf(ret->data, (int)ret->len);
	if (body == NULL)
		return VC_ERR_NOMEM;
	cms = CMS_sign(ca->cert, ca->key, NULL, body,
	    CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP);
	len = cms == NULL ? -1 : i2d_CMS_ContentInfo(cms, &der);
	if (len < 0)
		return VC_ERR_CRYPTO;
	vc_chuid_add_end(ret, der, (size_t)len);
	OPENSSL_free(der);
	return VC_OK;
}
