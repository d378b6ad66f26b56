/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A registry as text, taken in row by row as the builder takes it; without
 * files. "certificate = a" stands for the certificate named "a", made once: "a"
 * and "b" have keys of their own, "again" is another one of the key of "a",
 * "old" has expired.
 */
#ifndef JK_TEST_OFFICE_H
#define JK_TEST_OFFICE_H

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "check.h"
#include "initext.h"
#include "intake.h"

#define OFFICE_CERT_MAX 2048
#define OFFICE_PAIRS    256

struct office {
	struct jk_rowset set;
	struct jk_report report;
	struct jk_intake intake;
	char kind[JK_INI_LINE_MAX + 1], id[JK_INI_LINE_MAX + 1];
	unsigned line;
	size_t n;
	struct jukinet_policy_value value[OFFICE_PAIRS];
};

static inline EVP_PKEY *
office_key(const char *name)
{
	static EVP_PKEY *keys[3];
	size_t i = strcmp(name, "b") == 0     ? 1
	           : strcmp(name, "old") == 0 ? 2
	                                      : 0;

	if (keys[i] == NULL)
		keys[i] = EVP_EC_gen("P-256");
	return keys[i];
}

/* PEM. */
static inline const char *
office_certificate(const char *name)
{
	static char made[4][OFFICE_CERT_MAX];
	static const char *const names[] = { "a", "b", "again", "old" };
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *x509 = X509_new();
	size_t i = 0;
	int n;

	while (strcmp(names[i], name) != 0)
		i++;
	if (made[i][0] == '\0') {
		ASN1_INTEGER_set(X509_get_serialNumber(x509), (long)i + 1);
		X509_gmtime_adj(X509_getm_notBefore(x509), -1000);
		X509_gmtime_adj(X509_getm_notAfter(x509), i == 3 ? -1 : 1000);
		X509_set_pubkey(x509, office_key(name));
		assert_true(
		    X509_sign(x509, office_key(name), EVP_sha256()) > 0);
		assert_int_equal(PEM_write_bio_X509(bio, x509), 1);
		n = BIO_read(bio, made[i], OFFICE_CERT_MAX - 1);
		assert_true(n > 0);
	}
	X509_free(x509);
	BIO_free(bio);
	return made[i];
}

static inline void
office_flush(struct office *o)
{
	const struct jukinet_policy_row row = { .kind = o->kind,
		.id = o->id,
		.place = "x",
		.line = o->line,
		.n_values = o->n,
		.values = o->value };

	if (o->line > 0)
		assert_int_equal(jk_intake_row(&o->intake, &row), JK_OK);
	for (size_t i = 0; i < o->n; i++) {
		free((void *)(uintptr_t)o->value[i].key);
		free((void *)(uintptr_t)o->value[i].data);
	}
	o->n = 0;
	o->line = 0;
}

static inline bool
office_section(void *ctx, unsigned line, const char *text)
{
	struct office *o = ctx;
	size_t n = strcspn(text, " ");

	office_flush(o);
	memcpy(o->kind, text, n);
	o->kind[n] = '\0';
	strcpy(o->id, text + n + strspn(text + n, " "));
	o->line = line;
	return true;
}

static inline void
office_entry(void *ctx, unsigned line, JK_UNUSED const char *section,
    const char *key, const char *value)
{
	struct office *o = ctx;
	const char *data =
	    strcmp(key, "certificate") == 0 ? office_certificate(value) : value;

	assert_true(o->n < OFFICE_PAIRS);
	o->value[o->n++] = (struct jukinet_policy_value){
		.key = strdup(key),
		.data = strdup(data),
		.len = strlen(data),
		.line = line,
	};
}

static inline void
office_error(JK_UNUSED void *ctx, unsigned line, const char *reason)
{
	fail_msg("line %u of a test: %s", line, reason);
}

static inline void
office_open(struct office *o)
{
	*o = (struct office){ 0 };
	jk_rowset_init(&o->set);
	o->intake.set = &o->set;
	o->intake.report = &o->report;
}

static inline void
office_take(struct office *o, const char *text)
{
	const struct jk_ini_handler handler = { office_section, office_entry,
		office_error, o };

	assert_int_equal(jk_ini_parse(text, strlen(text), &handler), JK_OK);
	office_flush(o);
}

static inline void
office_close(struct office *o)
{
	jk_report_clear(&o->report);
	jk_rowset_clear(&o->set);
}

/* Every line, in this order, and no other. */
static inline void
expect_lines(const char *what, char *const *got, size_t n,
    const char *const *want)
{
	for (size_t i = 0; i < n; i++)
		if (want[i] == NULL || strcmp(got[i], want[i]) != 0)
			fail_msg("%s: got %s", what, got[i]);
	if (want[n] != NULL)
		fail_msg("%s: did not get %s", what, want[n]);
}

#endif
