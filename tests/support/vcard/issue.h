/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys, certificates and CRLs for test cards. Never for anything else. */
#ifndef VC_ISSUE_H
#define VC_ISSUE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <openssl/types.h>

#include "error.h"
#include "state.h"

struct vc_bytes;
struct vc_slot_kind;

/* An issuer. Owns both. */
struct vc_ca {
	EVP_PKEY *key;
	X509 *cert;
};

/* Borrows everything. */
struct vc_request {
	const struct vc_ca *ca;
	EVP_PKEY *key;
	const struct vc_slot_kind *slot;
	const char *cn;    /* UTF-8 */
	const char *email; /* local part */
	time_t from, until;
	bool no_digital_signature;
};

/* Takes the key over on success. */
enum vc_err vc_issue_ca(const char *cn, EVP_PKEY **key, struct vc_ca *ret);
void vc_ca_clear(struct vc_ca *ca);

enum vc_err vc_issue_certificate(const struct vc_request *q, X509 **ret);

/*
 * A CHUID with the issuer's detached CMS signature, the certificate in it;
 * the issuer stands in for the content signer that a town would have.
 */
enum vc_err vc_issue_chuid(const struct vc_ca *ca,
    const uint8_t guid[VC_GUID_LEN], struct vc_bytes *ret);

enum vc_err vc_issue_crl(const struct vc_ca *ca, X509 *const *revoked, size_t n,
    X509_CRL **ret);

#endif
