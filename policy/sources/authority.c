/* SPDX-License-Identifier: BSD-2-Clause */
#include "authority.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "file.h"

#define FILES_MAX  256
#define CA_MAX     (1u << 20)  /* bytes of one file */
#define CRL_MAX    (16u << 20) /* the same */
#define CRLS_TOTAL (32u << 20) /* of all files; in memory they are larger */

/* One run over both directories. */
struct run {
	const struct jk_authority_dirs *dirs;
	struct jk_report *report;
	struct jk_authorities *out;
	EVP_MD_CTX *digest;
	char path[PATH_MAX]; /* of the file at hand */
	size_t total;        /* bytes of CRLs */
	enum jk_err e;       /* no memory, or the like */
};

static void
say(struct run *run, const char *text)
{
	jk_report_error(run->report, (struct jk_place){ run->path, 0 }, "%s",
	    text);
}

static void
warn(struct run *run, const char *text)
{
	jk_report_warning(run->report, (struct jk_place){ run->path, 0 }, "%s",
	    text);
}

/* Each with its length, so that no two lists look alike. */
static void
note(struct run *run, const unsigned char *der, size_t len)
{
	const uint64_t size = len;

	if (EVP_DigestUpdate(run->digest, &size, sizeof(size)) != 1 ||
	    EVP_DigestUpdate(run->digest, der, len) != 1)
		run->e = JK_ERR_CRYPTO;
}

bool
jk_authority_time(const ASN1_TIME *time, int64_t *ret)
{
	struct tm tm = { 0 };

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return false;
	*ret = (int64_t)timegm(&tm);
	return *ret > 0;
}

/* CAs. */

static void
free_x509(X509 **x509)
{
	X509_free(*x509);
}

static void
check_ca_period(struct run *run, X509 *x509)
{
	int64_t from, until;

	if (!jk_authority_time(X509_get0_notBefore(x509), &from) ||
	    !jk_authority_time(X509_get0_notAfter(x509), &until))
		say(run, "validity of the CA is malformed");
	else if (run->dirs->now > until)
		warn(run, "the certificate of the CA has expired");
	else if (run->dirs->now < from)
		warn(run, "the certificate of the CA is not valid yet");
}

static bool
is_in(STACK_OF(X509) * list, const X509 *x509)
{
	for (int i = 0; i < sk_X509_num(list); i++)
		if (X509_cmp(sk_X509_value(list, i), x509) == 0)
			return true;
	return false;
}

/* The same one in two files is one. */
static void
keep_ca(struct run *run, X509 **x509)
{
	const bool self = X509_self_signed(*x509, 1) == 1;
	STACK_OF(X509) *list = self ? run->out->roots : run->out->between;

	if (is_in(list, *x509))
		return;
	if (sk_X509_push(list, *x509) == 0)
		run->e = JK_ERR_NOMEM;
	else
		*x509 = NULL;
}

static void
take_ca(struct run *run, const unsigned char *der, size_t len)
{
	JK_CLEANUP(free_x509) X509 *x509 = NULL;
	const unsigned char *at = der;

	x509 = d2i_X509(NULL, &at, (long)len);
	if (x509 == NULL || at != der + len) {
		say(run, "not a certificate");
		return;
	}
	if (X509_check_ca(x509) == 0 || X509_get0_pubkey(x509) == NULL) {
		say(run, "not the certificate of a CA");
		return;
	}
	check_ca_period(run, x509);
	note(run, der, len);
	keep_ca(run, &x509);
}

/* CRLs. */

static void
free_crl(X509_CRL **crl)
{
	X509_CRL_free(*crl);
}

static void
free_point(ISSUING_DIST_POINT **point)
{
	ISSUING_DIST_POINT_free(*point);
}

/* One that holds for a part of the certificates is OpenSSL's to match; these
 * kinds it would need more than a file for. */
static const char *
kind_fault(const X509_CRL *crl)
{
	JK_CLEANUP(free_point) ISSUING_DIST_POINT *point = NULL;
	int critical = -1;

	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		return "a delta CRL: only whole ones are taken";
	point = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point,
	    &critical, NULL);
	if (point == NULL)
		return critical == -1 ? NULL : "an extension is malformed";
	if (point->indirectCRL > 0)
		return "an indirect CRL: only a CA's own is taken";
	if (point->onlysomereasons != NULL || point->onlyattr > 0)
		return "a CRL for some reasons or attributes only";
	return NULL;
}

static const char *
time_fault(const struct run *run, const X509_CRL *crl)
{
	int64_t this_update, next_update;

	if (!jk_authority_time(X509_CRL_get0_lastUpdate(crl), &this_update))
		return "thisUpdate is malformed";
	if (!jk_authority_time(X509_CRL_get0_nextUpdate(crl), &next_update))
		return "the CRL has no nextUpdate, or a malformed one";
	if (this_update > run->dirs->now)
		return "the CRL is of a later time than now: check the clock";
	return NULL;
}

/* Without a key usage it may do anything: all bits are set. */
static bool
may_sign_crls(X509 *ca)
{
	return (X509_get_key_usage(ca) & KU_CRL_SIGN) != 0;
}

/* The one of the list that has signed it. */
static X509 *
find_signer(STACK_OF(X509) * list, X509_CRL *crl)
{
	for (int i = 0; i < sk_X509_num(list); i++) {
		X509 *ca = sk_X509_value(list, i);

		if (X509_NAME_cmp(X509_get_subject_name(ca),
		        X509_CRL_get_issuer(crl)) == 0 &&
		    may_sign_crls(ca) &&
		    X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1)
			return ca;
	}
	return NULL;
}

static const char *
crl_fault(const struct run *run, X509_CRL *crl, X509 **ret_by)
{
	const char *fault;

	if ((fault = kind_fault(crl)) != NULL ||
	    (fault = time_fault(run, crl)) != NULL)
		return fault;
	*ret_by = find_signer(run->out->roots, crl);
	if (*ret_by == NULL)
		*ret_by = find_signer(run->out->between, crl);
	return *ret_by == NULL
	           ? "no CA of ca-dir that may sign CRLs has signed this one"
	           : NULL;
}

/*
 * X509_verify_cert() verifies a CRL again for every certificate, which for a
 * long list and ten thousand cards takes most of a minute. So the CRL that is
 * kept has a method of its own: it remembers whose signature it has. Neither the
 * CRL nor what it says is changed by that.
 */
static int
verify_once(X509_CRL *crl, EVP_PKEY *key)
{
	X509 *by = X509_CRL_get_meth_data(crl);

	return by != NULL && EVP_PKEY_eq(X509_get0_pubkey(by), key) == 1;
}

/* Of a CA's own CRL: the number alone says which certificate. */
static int
look_up(X509_CRL *crl, X509_REVOKED **ret, const ASN1_INTEGER *serial,
    JK_UNUSED const X509_NAME *issuer)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
	int low = 0, high = sk_X509_REVOKED_num(list);

	while (low < high) {
		const int i = low + (high - low) / 2;
		X509_REVOKED *entry = sk_X509_REVOKED_value(list, i);
		const int c = ASN1_INTEGER_cmp(serial,
		    X509_REVOKED_get0_serialNumber(entry));

		if (c == 0) {
			if (ret != NULL)
				*ret = entry;
			return 1;
		}
		if (c < 0)
			high = i;
		else
			low = i + 1;
	}
	return 0;
}

static int
by_serial(const X509_REVOKED *const *a, const X509_REVOKED *const *b)
{
	return ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(*a),
	    X509_REVOKED_get0_serialNumber(*b));
}

static X509_CRL *
read_again(struct run *run, const unsigned char *der, size_t len, X509 *by)
{
	STACK_OF(X509_REVOKED) * list;
	X509_CRL *crl;

	X509_CRL_set_default_method(run->out->method);
	crl = d2i_X509_CRL(NULL, &der, (long)len);
	X509_CRL_set_default_method(NULL);
	if (crl == NULL)
		return NULL;
	X509_CRL_set_meth_data(crl, by);
	list = X509_CRL_get_REVOKED(crl);
	if (list != NULL) {
		(void)sk_X509_REVOKED_set_cmp_func(list, by_serial);
		sk_X509_REVOKED_sort(list);
	}
	return crl;
}

static void
keep_crl(struct run *run, X509_CRL **crl, X509 *by)
{
	struct jk_authorities *out = run->out;
	struct jk_crl *crls =
	    reallocarray(out->crls, out->n_crls + 1, sizeof(*crls));

	if (crls == NULL) {
		run->e = JK_ERR_NOMEM;
		return;
	}
	out->crls = crls;
	out->crls[out->n_crls++] = (struct jk_crl){ *crl, by };
	*crl = NULL;
}

static void
take_crl(struct run *run, const unsigned char *der, size_t len)
{
	JK_CLEANUP(free_crl) X509_CRL *crl = NULL;
	const unsigned char *at = der;
	const char *fault = "not a CRL";
	int64_t next_update;
	X509 *by = NULL;

	crl = d2i_X509_CRL(NULL, &at, (long)len);
	if (crl != NULL && at == der + len)
		fault = crl_fault(run, crl, &by);
	if (fault != NULL) {
		say(run, fault);
		return;
	}
	if (jk_authority_time(X509_CRL_get0_nextUpdate(crl), &next_update) &&
	    run->dirs->now >= next_update)
		warn(run, "the CRL's nextUpdate has passed: get a new one");
	note(run, der, len);
	X509_CRL_free(crl);
	crl = read_again(run, der, len, by);
	if (crl == NULL)
		run->e = JK_ERR_NOMEM;
	else
		keep_crl(run, &crl, by);
}

/* Files. */

struct kind {
	const char *pem, *other_pem; /* names of blocks; or NULL */
	const char *none, *strange;
	size_t file_max;
	void (*take)(struct run *run, const unsigned char *der, size_t len);
};

static const struct kind ca_kind = { PEM_STRING_X509, PEM_STRING_X509_OLD,
	"holds no certificate", "holds something else than certificates",
	CA_MAX, take_ca };
static const struct kind crl_kind = { PEM_STRING_X509_CRL, NULL, "holds no CRL",
	"holds something else than CRLs", CRL_MAX, take_crl };

static void
free_bio(BIO **bio)
{
	BIO_free(*bio);
}

/* A block that was begun and does not end is not the end. */
static bool
is_end(void)
{
	const unsigned long e = ERR_peek_last_error();

	return ERR_GET_LIB(e) == ERR_LIB_PEM &&
	       ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
}

static void
take_pem(struct run *run, const struct kind *kind, const char *text, size_t len)
{
	JK_CLEANUP(free_bio) BIO *bio = BIO_new_mem_buf(text, (int)len);
	unsigned char *der;
	char *name, *header;
	long size;
	size_t n = 0;

	if (bio == NULL) {
		run->e = JK_ERR_NOMEM;
		return;
	}
	for (; PEM_read_bio(bio, &name, &header, &der, &size) == 1; n++) {
		if (strcmp(name, kind->pem) == 0 ||
		    (kind->other_pem != NULL &&
		        strcmp(name, kind->other_pem) == 0))
			kind->take(run, der, (size_t)size);
		else
			say(run, kind->strange);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
		ERR_clear_error();
	}
	if (!is_end())
		say(run, "a PEM block is malformed");
	else if (n == 0)
		say(run, kind->none);
	ERR_clear_error();
}

/* As in cert.c: no text begins so. */
static bool
is_der(const char *data, size_t len)
{
	return len >= 2 && data[0] == 0x30 && (data[1] & 0xc0) == 0x80;
}

static void
take_file(struct run *run, const struct kind *kind, int dir_fd,
    const char *name)
{
	JK_CLEANUP(jk_file_text_free) char *data = NULL;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_file_fault fault = { 0 };
	size_t len = 0;
	enum jk_err e =
	    jk_file_open_in(dir_fd, name, run->dirs->owner, &fd, &fault);

	if (e == JK_OK)
		e = jk_file_read(fd, kind->file_max, &data, &len);
	if (e == JK_OK && kind == &crl_kind && (run->total += len) > CRLS_TOTAL)
		e = JK_ERR_TOO_BIG;
	if (e != JK_OK)
		say(run, fault.text[0] != '\0' ? fault.text : jk_err_text(e));
	else if (is_der(data, len))
		kind->take(run, (const unsigned char *)data, len);
	else
		take_pem(run, kind, data, len);
	ERR_clear_error();
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
take_files(struct run *run, const struct kind *kind, int dir_fd)
{
	char dir[PATH_MAX];
	struct dirent **names = NULL;
	int n = scandirat(dir_fd, ".", &names, is_visible, by_name);

	strcpy(dir, run->path);
	if (n < 0)
		say(run, strerror(errno));
	else if (n > FILES_MAX)
		say(run, "more than 256 files");
	for (int i = 0; i < n; i++) {
		if (n <= FILES_MAX && run->e == JK_OK &&
		    snprintf(run->path, sizeof(run->path), "%s/%s", dir,
		        names[i]->d_name) < (int)sizeof(run->path))
			take_file(run, kind, dir_fd, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	strcpy(run->path, dir);
}

/* A directory that is not there is a mistake, not an empty one. */
static void
take_dir(struct run *run, const struct kind *kind, const char *name)
{
	JK_CLEANUP(jk_fd_close) int dir_fd = -1;
	struct jk_file_fault fault = { 0 };
	int len = name[0] == '/'
	              ? snprintf(run->path, sizeof(run->path), "%s", name)
	              : snprintf(run->path, sizeof(run->path), "%s/%s",
	                    run->dirs->config_dir, name);

	if (len >= (int)sizeof(run->path)) {
		jk_report_error(run->report, run->dirs->place,
		    "%s: path is too long", name);
		return;
	}
	if (jk_dir_open(run->path, run->dirs->owner, &dir_fd, &fault) !=
	    JK_OK) {
		jk_report_error(run->report, run->dirs->place, "%s",
		    fault.text);
		return;
	}
	take_files(run, kind, dir_fd);
}

/* Without one nobody could come in. */
static void
check_roots(struct run *run)
{
	if (run->report->n_errors == 0 && run->e == JK_OK &&
	    sk_X509_num(run->out->roots) == 0)
		say(run, "holds no self-signed certificate of a CA: nothing "
		         "would be trusted");
}

static bool
has_crl(const struct jk_authorities *out, const X509 *ca)
{
	for (size_t i = 0; i < out->n_crls; i++)
		if (X509_cmp(out->crls[i].by, ca) == 0)
			return true;
	return false;
}

static void
name_missing(struct run *run, STACK_OF(X509) * list)
{
	for (int i = 0; i < sk_X509_num(list); i++) {
		const X509 *ca = sk_X509_value(list, i);
		char name[256] = "";

		if (has_crl(run->out, ca))
			continue;
		(void)X509_NAME_oneline(X509_get_subject_name(ca), name,
		    sizeof(name));
		jk_report_warning(run->report,
		    (struct jk_place){ run->path, 0 }, "no CRL of the CA %s",
		    name);
	}
}

static void
free_digest(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

enum jk_err
jk_authorities_read(const struct jk_authority_dirs *dirs,
    struct jk_report *report, struct jk_authorities *ret)
{
	JK_CLEANUP(free_digest) EVP_MD_CTX *digest = EVP_MD_CTX_new();
	struct run run = { .dirs = dirs,
		.report = report,
		.out = ret,
		.digest = digest };

	ret->roots = sk_X509_new_null();
	ret->between = sk_X509_new_null();
	ret->method = X509_CRL_METHOD_new(NULL, NULL, look_up, verify_once);
	if (digest == NULL || ret->method == NULL || ret->roots == NULL ||
	    ret->between == NULL)
		return JK_ERR_NOMEM;
	if (EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
		return JK_ERR_CRYPTO;
	take_dir(&run, &ca_kind, dirs->ca_dir);
	check_roots(&run);
	if (dirs->crl_dir != NULL) {
		take_dir(&run, &crl_kind, dirs->crl_dir);
		name_missing(&run, ret->roots);
		name_missing(&run, ret->between);
	}
	if (run.e == JK_OK &&
	    EVP_DigestFinal_ex(digest, ret->digest, NULL) != 1)
		run.e = JK_ERR_CRYPTO;
	return run.e;
}

void
jk_authorities_clear(struct jk_authorities *authorities)
{
	for (size_t i = 0; i < authorities->n_crls; i++)
		X509_CRL_free(authorities->crls[i].crl);
	free(authorities->crls);
	X509_CRL_METHOD_free(authorities->method);
	sk_X509_pop_free(authorities->roots, X509_free);
	sk_X509_pop_free(authorities->between, X509_free);
	*authorities = (struct jk_authorities){ 0 };
}
