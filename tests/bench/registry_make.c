/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lays out the registry of a large office: files of registry.d with real
 * certificates of P-256 keys by a CA with an RSA key, its certificate in ca.d
 * and in crl.d its CRL that revokes REVOKED others; and a list of samples for
 * registry_read.c.
 *
 *     registry_make DIR PERSONS REVOKED
 *
 * Half of the persons have a second operator ID, each fifth an approval. Each
 * has a card and an account; accounts 0 to 9 are called "local0" and so on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* A file holds at most 4 MiB: so many rows. */
#define ROWS_A_FILE 5000
#define LOCALS      10
#define SAMPLES     1000

static const char *dir;
static unsigned persons, revoked;
static EVP_PKEY *ca_key;

static void
need(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static FILE *
create(const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	need(f != NULL, path);
	return f;
}

static FILE *
create_numbered(const char *kind, unsigned first)
{
	char name[128];

	snprintf(name, sizeof(name), "registry.d/%s-%05u.conf", kind, first);
	return create(name);
}

static void
write_person(FILE *f, unsigned i)
{
	fprintf(f,
	    "[person p%05u]\nname = 住基 花子%u\ndepartment = d%02u\n"
	    "valid-from = 2026-04-01\nvalid-until = 2037-03-31\n"
	    "trained = 2026-04-10\n\n",
	    i, i, i % 40);
}

static void
write_opids(FILE *f, unsigned i)
{
	static const char *const types[] = { "moving-desk", "municipal-counter",
		"wide-area-issuance-desk", "municipal-management" };

	for (unsigned n = 0; n < 1 + (i % 2); n++)
		fprintf(f,
		    "[operator-id m%05u-%u]\nperson = p%05u\ntype = %s\n"
		    "department = d%02u\nvalid-from = 2026-04-01\n"
		    "valid-until = 2037-03-31\ngranted-by = p%05u\n\n",
		    i, n, i, types[(i + n) % 4], i % 40, (i + 1) % persons);
}

static void
write_account(FILE *f, unsigned i)
{
	if (i < LOCALS)
		fprintf(f, "[account local%u]\n", i);
	else
		fprintf(f, "[account elsewhere%05u]\n", i);
	fprintf(f, "person = p%05u\nreviewed = 2026-09-30\n\n", i);
}

static void
write_card(FILE *f, unsigned i)
{
	fprintf(f,
	    "[card c%05u]\nperson = p%05u\ncertificate = c%05u.pem\n"
	    "requested-by = p%05u\nissued-by = p00000\n\n",
	    i, i, i, i);
}

static void
write_approval(FILE *f, unsigned i)
{
	if (i % 5 != 0)
		return;
	fprintf(f,
	    "[approval v%05u]\nkind = after-hours\nperson = p%05u\n"
	    "by = p%05u\nterminal = *\nvalid-from = 2026-04-01\n"
	    "valid-until = 2037-03-31 17:15\nreason = 年度末\n\n",
	    i, i, (i + 1) % persons);
}

static void
write_rows(const char *kind, void (*one)(FILE *f, unsigned i))
{
	for (unsigned first = 0; first < persons; first += ROWS_A_FILE) {
		FILE *f = create_numbered(kind, first);

		for (unsigned i = first; i < persons && i < first + ROWS_A_FILE;
		     i++)
			one(f, i);
		need(fclose(f) == 0, kind);
	}
}

static void
write_office(void)
{
	FILE *f = create("registry.d/office.conf");

	for (unsigned i = 0; i < 40; i++)
		fprintf(f, "[department d%02u]\nname = 課%u\n\n", i, i);
	for (unsigned i = 0; i < 200; i++)
		fprintf(f,
		    "[terminal t%03u]\nclass = integrated-terminal\n"
		    "department = d%02u\nroom-level = 1\n\n",
		    i, i % 40);
	need(fclose(f) == 0, "office");
	f = create("jukinet.conf");
	fputs("[terminal]\nid = t001\n[session]\nenforce = login\n", f);
	need(fclose(f) == 0, "jukinet.conf");
}

static void
set_name(X509 *x509, unsigned i)
{
	X509_NAME *name = X509_get_subject_name(x509);
	char text[64];

	snprintf(text, sizeof(text), "operator %05u", i);
	need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	         (const unsigned char *)text, -1, -1, 0) == 1,
	    "name");
}

static X509_NAME *
ca_name(void)
{
	static X509_NAME *name;

	if (name != NULL)
		return name;
	name = X509_NAME_new();
	need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	         (const unsigned char *)"CA", -1, -1, 0) == 1,
	    "name");
	return name;
}

static void
write_ca(void)
{
	X509 *x509 = X509_new();
	X509_EXTENSION *ext;
	FILE *f;

	ca_key = EVP_RSA_gen(2048);
	ext = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints,
	    "critical,CA:TRUE");
	need(ca_key != NULL && x509 != NULL && ext != NULL, "CA");
	X509_set_version(x509, 2);
	X509_gmtime_adj(X509_getm_notBefore(x509), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x509), 86400L * 3000);
	X509_set_subject_name(x509, ca_name());
	X509_set_issuer_name(x509, ca_name());
	X509_set_pubkey(x509, ca_key);
	X509_add_ext(x509, ext, -1);
	need(X509_sign(x509, ca_key, EVP_sha256()) > 0, "signature");
	f = create("ca.d/ca.pem");
	need(PEM_write_X509(f, x509) == 1 && fclose(f) == 0, "CA");
	X509_EXTENSION_free(ext);
	X509_free(x509);
}

static void
write_crl(void)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = X509_gmtime_adj(NULL, -3600);
	ASN1_TIME *until = X509_gmtime_adj(NULL, 86400);
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	FILE *f;

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, ca_name());
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, until);
	for (unsigned i = 0; i < revoked; i++) {
		X509_REVOKED *entry = X509_REVOKED_new();

		ASN1_INTEGER_set(serial, 10000000L + i);
		X509_REVOKED_set_serialNumber(entry, serial);
		X509_REVOKED_set_revocationDate(entry, from);
		need(X509_CRL_add0_revoked(crl, entry) == 1, "CRL");
	}
	X509_CRL_sort(crl);
	need(X509_CRL_sign(crl, ca_key, EVP_sha256()) > 0, "signature");
	f = create("crl.d/ca.crl");
	need(PEM_write_X509_CRL(f, crl) == 1 && fclose(f) == 0, "CRL");
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	X509_CRL_free(crl);
}

static void
write_certificate(unsigned i, FILE *samples)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char name[64];
	FILE *f;

	need(key != NULL && x509 != NULL, "key");
	X509_set_version(x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), (long)i + 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x509), 86400L * 1000);
	set_name(x509, i);
	X509_set_issuer_name(x509, ca_name());
	X509_set_pubkey(x509, key);
	need(X509_sign(x509, ca_key, EVP_sha256()) > 0, "signature");
	snprintf(name, sizeof(name), "registry.d/c%05u.pem", i);
	f = create(name);
	need(PEM_write_X509(f, x509) == 1 && fclose(f) == 0, name);
	if (i % (persons / SAMPLES + 1) == 0) {
		need(X509_digest(x509, EVP_sha256(), digest, &len) == 1, name);
		for (unsigned j = 0; j < len; j++)
			fprintf(samples, "%02x", digest[j]);
		fprintf(samples, " p%05u\n", i);
	}
	X509_free(x509);
	EVP_PKEY_free(key);
}

int
main(int argc, char **argv)
{
	FILE *samples;

	if (argc != 4 ||
	    (persons = (unsigned)strtoul(argv[2], NULL, 10)) == 0) {
		fputs("usage: registry_make DIR PERSONS REVOKED\n", stderr);
		return 2;
	}
	dir = argv[1];
	revoked = (unsigned)strtoul(argv[3], NULL, 10);
	write_ca();
	write_crl();
	write_office();
	write_rows("10-persons", write_person);
	write_rows("20-accounts", write_account);
	write_rows("30-operator-ids", write_opids);
	write_rows("40-cards", write_card);
	write_rows("50-approvals", write_approval);
	samples = create("samples");
	for (unsigned i = 0; i < persons; i++)
		write_certificate(i, samples);
	need(fclose(samples) == 0, "samples");
	return 0;
}
