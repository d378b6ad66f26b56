/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The certificates of CAs and their CRLs, as the administrator keeps them in two
 * directories: every file that does not begin with '.', PEM or DER. Nothing is
 * fetched from anywhere. A file with anything else in it is an error in the
 * report, so that it never takes the place of a good one.
 */
#ifndef JK_AUTHORITY_H
#define JK_AUTHORITY_H

#include <openssl/x509.h>

#include "report.h"
#include "rows.h"

struct jk_crl {
	X509_CRL *crl;
	X509 *by; /* the CA whose signature it has; borrowed */
};

struct jk_authorities {
	STACK_OF(X509) * roots;   /* self-signed: these are trusted */
	STACK_OF(X509) * between; /* the others lead to one of those, or not */
	struct jk_crl *crls;
	size_t n_crls;
	X509_CRL_METHOD *method;       /* of the CRLs, see authority.c */
	uint8_t digest[JK_DIGEST_LEN]; /* of all that was read, in its order */
};

struct jk_authority_dirs {
	const char *config_dir; /* of names that are not absolute */
	const char *ca_dir;
	const char *crl_dir; /* NULL: no CRLs are read */
	uid_t owner;         /* of all files, beside root */
	int64_t now;
	struct jk_place place; /* where they are named */
};

/*
 * What is wrong goes into the report, and JK_OK. *ret is zeroed, and cleared by
 * the caller whatever comes out.
 */
enum jk_err jk_authorities_read(const struct jk_authority_dirs *dirs,
    struct jk_report *report, struct jk_authorities *ret);
void jk_authorities_clear(struct jk_authorities *authorities);

/* Seconds; false: it is none, or lies before 1970. */
bool jk_authority_time(const ASN1_TIME *time, int64_t *ret);

#endif
