/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cert.h"
#include "format.h"
#include "writer.h"

#define PEM_MAX 32768

/* What a test certificate shall be like. */
struct wish {
	const char *curve;
	unsigned rsa_bits;
	const char *usage;
	const char *comment; /* makes it large */
	long from, until;    /* seconds from now */
};

static EVP_PKEY *
make_key(const struct wish *wish)
{
	return wish->curve != NULL ? EVP_EC_gen(wish->curve)
	                           : EVP_RSA_gen(wish->rsa_bits);
}

static void
add_extension(X509 *x509, int nid, const char *value)
{
	X509_EXTENSION *ext;

	if (value == NULL)
		return;
	ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x509, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* Appends to `pem`; the key is freed. */
static void
make_pem(const struct wish *wish, EVP_PKEY *key, char pem[static PEM_MAX])
{
	BIO *bio = BIO_new(BIO_s_mem());
	X509 *x509 = X509_new();
	size_t len = strlen(pem);
	int n;

	assert_non_null(key);
	X509_set_version(x509, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), wish->from);
	X509_gmtime_adj(X509_getm_notAfter(x509), wish->until);
	X509_set_pubkey(x509, key);
	add_extension(x509, NID_key_usage, wish->usage);
	add_extension(x509, NID_netscape_comment, wish->comment);
	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x509), 1);
	n = BIO_read(bio, pem + len, (int)(PEM_MAX - len - 1));
	assert_true(n > 0);
	pem[len + (size_t)n] = '\0';
	X509_free(x509);
	BIO_free(bio);
	EVP_PKEY_free(key);
}

static const char *
read_pem(const char *pem, struct jk_card *card)
{
	return jk_cert_read(pem, strlen(pem), card);
}

static void
test_cert_good_ones_are_taken(void **state)
{
	static const struct wish wishes[] = {
		{ .rsa_bits = 2048, .until = 1000 },
		{ .rsa_bits = 4096,
		    .until = 1000,
		    .usage = "digitalSignature" },
		{ .rsa_bits = 3072, .until = 1000 },
		{ .curve = "P-256", .from = 10, .until = 1000 },
		{ .curve = "P-384", .until = 1000 },
		{ .curve = "P-256",
		    .until = 1000,
		    .usage = "keyEncipherment,digitalSignature" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(wishes); i++) {
		struct jk_card card = { .id = "kept" };
		char pem[PEM_MAX] = "";

		make_pem(&wishes[i], make_key(&wishes[i]), pem);
		assert_null(read_pem(pem, &card));
		assert_string_equal(card.id, "kept");
		assert_int_equal(card.cert[0], 0x30);
		assert_true(card.cert_len > 200);
		assert_int_equal(card.valid.until - card.valid.from,
		    wishes[i].until - wishes[i].from + 1);
	}
}

/* A directory holds DER; the same bytes come out. */
static void
test_cert_der_is_taken_whole_or_not_at_all(void **state)
{
	const struct wish wish = { .curve = "P-256", .until = 1000 };
	struct jk_card card = { 0 }, again = { .id = "kept" };
	uint8_t der[JK_CERT_MAX + 1];
	char pem[PEM_MAX] = "";

	(void)state;
	make_pem(&wish, make_key(&wish), pem);
	assert_null(read_pem(pem, &card));
	memset(der, 0, sizeof(der));
	memcpy(der, card.cert, card.cert_len);
	assert_null(jk_cert_read(der, card.cert_len, &again));
	assert_string_equal(again.id, "kept");
	assert_int_equal(again.cert_len, card.cert_len);
	assert_memory_equal(again.cert, card.cert, card.cert_len);
	assert_memory_equal(again.key, card.key, JK_DIGEST_LEN);
	assert_string_equal(jk_cert_read(der, card.cert_len - 1, &again),
	    "not a certificate");
	assert_string_equal(jk_cert_read(der, card.cert_len + 1, &again),
	    "not a certificate");
	assert_string_equal(jk_cert_read(der, 2, &again), "not a certificate");
	assert_string_equal(jk_cert_read(der, sizeof(der), &again),
	    "certificate is larger than 4096 bytes");
	assert_string_equal(jk_cert_read("", 0, &again),
	    "not a PEM certificate");
	/* A '0' is what DER begins with, and a comment may. */
	memmove(pem + 2, pem, strlen(pem) + 1);
	memcpy(pem, "0\n", 2);
	assert_null(read_pem(pem, &again));
}

/* Every byte changed: taken with a sound key, or refused. */
static void
test_cert_any_byte_changed_is_survived(void **state)
{
	const struct wish wish = { .curve = "P-256", .until = 1000 };
	struct jk_card card = { 0 }, again;
	char pem[PEM_MAX] = "";

	(void)state;
	make_pem(&wish, make_key(&wish), pem);
	assert_null(read_pem(pem, &card));
	for (size_t i = 0; i < card.cert_len; i++)
		for (unsigned flip = 1; flip < 256; flip += 37) {
			card.cert[i] ^= (uint8_t)flip;
			if (jk_cert_read(card.cert, card.cert_len, &again) ==
			    NULL)
				assert_int_equal(again.cert_len, card.cert_len);
			card.cert[i] ^= (uint8_t)flip;
		}
}

static void
test_cert_bad_ones_are_named(void **state)
{
	static char large[5000];
	const struct {
		struct wish wish;
		const char *want;
	} rows[] = {
		{ { .rsa_bits = 1024, .until = 9 },
		    "RSA key is not of 2048 to 4096 bits" },
		{ { .rsa_bits = 4104, .until = 9 },
		    "RSA key is not of 2048 to 4096 bits" },
		{ { .curve = "P-521", .until = 9 },
		    "elliptic curve is neither P-256 nor P-384" },
		{ { .curve = "secp256k1", .until = 9 },
		    "elliptic curve is neither P-256 nor P-384" },
		{ { .curve = "P-256", .until = 9, .usage = "keyAgreement" },
		    "key usage does not allow signatures" },
		{ { .curve = "P-256", .from = 9, .until = 1 },
		    "validity ends before it begins" },
		{ { .curve = "P-256", .until = 9, .comment = large },
		    "certificate is larger than 4096 bytes" },
	};

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_card card = { .cert_len = 77 };
		char pem[PEM_MAX] = "";
		const char *why;

		make_pem(&rows[i].wish, make_key(&rows[i].wish), pem);
		why = read_pem(pem, &card);
		assert_non_null(why);
		assert_string_equal(why, rows[i].want);
		assert_int_equal(card.cert_len, 77);
	}
}

/* The officers' tool takes none that cannot sign; of one that stands already
 * it is noted, and the terminal decides. */
static void
test_cert_key_usage_is_noted(void **state)
{
	static const struct {
		const char *usage;
		bool want;
	} rows[] = {
		{ NULL, true },
		{ "digitalSignature", true },
		{ "nonRepudiation", false },
		{ "keyAgreement", false },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const struct wish wish = { .curve = "P-256",
			.until = 9,
			.usage = rows[i].usage };
		struct jk_card card = { .for_signatures = !rows[i].want };
		char pem[PEM_MAX] = "";

		make_pem(&wish, make_key(&wish), pem);
		assert_null(jk_cert_read_again(pem, strlen(pem), NULL, &card));
		assert_int_equal(card.for_signatures, rows[i].want);
		assert_int_equal(read_pem(pem, &card) == NULL, rows[i].want);
	}
}

/* A snapshot that holds this card. */
static struct jk_snapshot *
snapshot_of(const struct jk_card *card)
{
	const struct jk_edition edition = { .serial = 1 };
	struct jk_snapshot *snapshot = NULL;
	struct jk_rowset set;
	int fd = memfd_create("snapshot", MFD_CLOEXEC);

	jk_rowset_init(&set);
	strcpy(set.settings.settings.terminal, "t1");
	strcpy(set.policy.policy.version, "1");
	assert_int_equal(jk_list_add(&set.card, (struct jk_place){ "x", 1 },
	                     card),
	    JK_OK);
	assert_int_equal(jk_rowset_write(&set, &edition, fd), JK_OK);
	assert_int_equal(jk_snapshot_open_fd(fd, &snapshot), JK_OK);
	jk_rowset_clear(&set);
	close(fd);
	return snapshot;
}

/* What the old snapshot says of a certificate is taken from there; of another
 * one it says nothing. */
static void
test_cert_of_the_old_snapshot_is_not_looked_at_again(void **state)
{
	const struct wish wish = { .curve = "P-256", .until = 1000 };
	struct jk_card card = { .id = "c1", .person = "p1" }, known, again;
	char pem[PEM_MAX] = "", other[PEM_MAX] = "";
	struct jk_snapshot *old;

	(void)state;
	make_pem(&wish, make_key(&wish), pem);
	make_pem(&wish, make_key(&wish), other);
	assert_null(read_pem(pem, &card));
	known = card;
	memset(known.key, 0x77, sizeof(known.key));
	known.valid = (struct jk_period){ 5, 6 };
	known.state = JK_CARD_REVOKED;
	known.for_signatures = false;
	known.trust = (struct jk_trust){ .level = JK_TRUST_CHAIN, .until = 7 };
	old = snapshot_of(&known);
	again = (struct jk_card){ .id = "c2", .state = JK_CARD_ACTIVE };
	assert_null(jk_cert_read_again(pem, strlen(pem), old, &again));
	assert_memory_equal(again.key, known.key, sizeof(known.key));
	assert_int_equal(again.valid.until, 6);
	assert_false(again.for_signatures);
	assert_int_equal(again.trust.until, 7);
	assert_int_equal(again.cert_len, card.cert_len);
	assert_memory_equal(again.cert, card.cert, card.cert_len);
	/* The rest is the row's own. */
	assert_string_equal(again.id, "c2");
	assert_int_equal(again.state, JK_CARD_ACTIVE);
	assert_null(jk_cert_read_again(card.cert, card.cert_len, old, &again));
	assert_memory_equal(again.key, known.key, sizeof(known.key));
	/* Another certificate, or none to look at. */
	assert_null(jk_cert_read_again(other, strlen(other), old, &again));
	assert_memory_not_equal(again.key, known.key, sizeof(known.key));
	assert_true(again.for_signatures);
	assert_int_equal(again.trust.until, 0);
	assert_null(jk_cert_read_again(pem, strlen(pem), NULL, &again));
	assert_memory_equal(again.key, card.key, sizeof(card.key));
	card.cert[card.cert_len - 1] ^= 1;
	assert_null(jk_cert_read_again(card.cert, card.cert_len, old, &again));
	assert_memory_equal(again.key, card.key, sizeof(card.key));
	jk_snapshot_close(&old);
}

static void
test_cert_other_key_kinds_are_refused(void **state)
{
	const struct wish wish = { .until = 9 };
	char pem[PEM_MAX] = "";
	struct jk_card card = { 0 };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *pss = NULL;

	(void)state;
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_keygen(ctx, &pss), 1);
	EVP_PKEY_CTX_free(ctx);
	make_pem(&wish, pss, pem);
	assert_string_equal(read_pem(pem, &card),
	    "key is neither RSA nor of an elliptic curve");
}

static void
test_cert_file_holds_exactly_one(void **state)
{
	const struct wish wish = { .curve = "P-256", .until = 9 };
	char pem[PEM_MAX] = "", broken[PEM_MAX];
	struct jk_card card = { 0 };
	char *text;

	(void)state;
	assert_string_equal(read_pem("", &card), "not a PEM certificate");
	assert_string_equal(read_pem("30820100", &card),
	    "not a PEM certificate");
	assert_string_equal(read_pem("-----BEGIN PRIVATE KEY-----\n"
	                             "MAA=\n"
	                             "-----END PRIVATE KEY-----\n",
	                        &card),
	    "holds something else than a certificate");
	assert_string_equal(read_pem("-----BEGIN CERTIFICATE-----\n"
	                             "MAA=\n"
	                             "-----END CERTIFICATE-----\n",
	                        &card),
	    "not a certificate");
	make_pem(&wish, make_key(&wish), pem);
	assert_string_equal(jk_cert_read(pem, strlen(pem) + 1, &card),
	    "NUL byte");
	assert_true(asprintf(&text, "Subject: somebody\n%s\n\n", pem) > 0);
	assert_null(read_pem(text, &card));
	free(text);
	snprintf(broken, sizeof(broken), "%s-----BEGIN CERTIFICATE-----\n!\n",
	    pem);
	assert_string_equal(read_pem(broken, &card),
	    "holds more than one certificate");
	make_pem(&wish, make_key(&wish), pem);
	assert_string_equal(read_pem(pem, &card),
	    "holds more than one certificate");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cert_good_ones_are_taken),
		cmocka_unit_test(test_cert_der_is_taken_whole_or_not_at_all),
		cmocka_unit_test(test_cert_any_byte_changed_is_survived),
		cmocka_unit_test(test_cert_bad_ones_are_named),
		cmocka_unit_test(test_cert_key_usage_is_noted),
		cmocka_unit_test(
		    test_cert_of_the_old_snapshot_is_not_looked_at_again),
		cmocka_unit_test(test_cert_other_key_kinds_are_refused),
		cmocka_unit_test(test_cert_file_holds_exactly_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
