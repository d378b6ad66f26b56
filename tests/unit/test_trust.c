/* SPDX-License-Identifier: BSD-2-Clause */
/* What an old snapshot found out, and when it is asked again; with CAs, see
 * e2e/test_trust.py. */
#include "test.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "builder.h"
#include "trust.h"

#define NOW 1795298607

static const struct jk_build build = { .config_dir = "/nonexistent",
	.now = NOW };

/* Of one that is good for clientAuth, in a set of its own. */
static void
make_set(struct jk_rowset *set)
{
	struct jk_card card = { .id = "c1",
		.state = JK_CARD_ACTIVE,
		.for_signatures = true };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	X509_EXTENSION *ext =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_ext_key_usage, "clientAuth");
	unsigned char *der = card.cert;

	X509_set_version(x509, 2);
	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), 1000);
	X509_set_pubkey(x509, key);
	assert_int_equal(X509_add_ext(x509, ext, -1), 1);
	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	card.cert_len = (size_t)i2d_X509(x509, &der);
	X509_EXTENSION_free(ext);
	X509_free(x509);
	EVP_PKEY_free(key);
	jk_rowset_init(set);
	set->settings.trust.key_usage = true;
	assert_int_equal(jk_list_add(&set->card, (struct jk_place){ "x", 1 },
	                     &card),
	    JK_OK);
}

/* As if this snapshot had been read again. */
static struct jk_trust *
trust_after(struct jk_rowset *set, size_t warnings)
{
	struct jk_report report = { 0 };
	struct jk_card *card;

	assert_int_equal(jk_rowset_trust(&build, set, &report), JK_OK);
	assert_int_equal(report.n_errors, 0);
	assert_int_equal(report.n_warnings, warnings);
	jk_report_clear(&report);
	memcpy(set->known_inputs, set->settings.settings.trust_inputs,
	    sizeof(set->known_inputs));
	card = jk_list_at(&set->card, 0);
	return &card->trust;
}

static void
ask_for(struct jk_rowset *set, const char *usage)
{
	set->settings.trust.n_usages = 1;
	strcpy(set->settings.trust.usage[0], usage);
}

static void
test_trust_registered_reads_no_certificate(void **state)
{
	struct jk_rowset set;
	struct jk_card *card;

	(void)state;
	make_set(&set);
	card = jk_list_at(&set.card, 0);
	memset(card->cert, 0x77, sizeof(card->cert));
	assert_int_equal(trust_after(&set, 0)->result, JK_TRUST_NOT_CHECKED);
	jk_rowset_clear(&set);
}

static void
test_trust_is_not_asked_again_while_nothing_changes(void **state)
{
	struct jk_rowset set;
	struct jk_trust *trust;

	(void)state;
	make_set(&set);
	ask_for(&set, "clientAuth");
	trust = trust_after(&set, 0);
	assert_int_equal(trust->result, JK_TRUST_GOOD);
	/* It would not come to this by itself. */
	trust->result = JK_TRUST_CA_REVOKED;
	assert_int_equal(trust_after(&set, 1)->result, JK_TRUST_CA_REVOKED);
	/* What is not known, and no chain, are asked again. */
	trust->result = JK_TRUST_NOT_CHECKED;
	assert_int_equal(trust_after(&set, 0)->result, JK_TRUST_GOOD);
	trust->result = JK_TRUST_NO_CHAIN;
	assert_int_equal(trust_after(&set, 0)->result, JK_TRUST_GOOD);
	jk_rowset_clear(&set);
}

static void
test_trust_is_asked_again_when_a_setting_changes(void **state)
{
	struct jk_rowset set;

	(void)state;
	make_set(&set);
	ask_for(&set, "clientAuth");
	assert_int_equal(trust_after(&set, 0)->result, JK_TRUST_GOOD);
	ask_for(&set, "serverAuth");
	assert_int_equal(trust_after(&set, 1)->result, JK_TRUST_WRONG_USAGE);
	ask_for(&set, "1.3.6.1.5.5.7.3.2");
	assert_int_equal(trust_after(&set, 0)->result, JK_TRUST_GOOD);
	set.settings.trust.n_usages = 0;
	assert_int_equal(trust_after(&set, 0)->result, JK_TRUST_NOT_CHECKED);
	jk_rowset_clear(&set);
}

static void
test_trust_key_usage_is_asked_for_at_every_level(void **state)
{
	struct jk_rowset set;
	struct jk_card *card;

	(void)state;
	make_set(&set);
	card = jk_list_at(&set.card, 0);
	card->for_signatures = false;
	assert_int_equal(trust_after(&set, 1)->result, JK_TRUST_WRONG_USAGE);
	/* In nobody's hands it is no warning. */
	card->state = JK_CARD_RETURNED;
	assert_int_equal(trust_after(&set, 0)->result, JK_TRUST_WRONG_USAGE);
	set.settings.trust.key_usage = false;
	assert_int_equal(trust_after(&set, 0)->result, JK_TRUST_NOT_CHECKED);
	jk_rowset_clear(&set);
}

static void
test_trust_missing_directory_is_an_error(void **state)
{
	struct jk_report report = { 0 };
	struct jk_rowset set;

	(void)state;
	make_set(&set);
	set.settings.trust.level = JK_TRUST_CHAIN;
	strcpy(set.settings.trust.ca_dir, "ca.d");
	set.trust_place = (struct jk_place){ "jukinet.conf", 9 };
	assert_int_equal(jk_rowset_trust(&build, &set, &report), JK_OK);
	assert_int_equal(report.n_errors, 1);
	assert_string_equal(report.error[0],
	    "jukinet.conf:9: /nonexistent: No such file or directory");
	jk_report_clear(&report);
	jk_rowset_clear(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trust_registered_reads_no_certificate),
		cmocka_unit_test(
		    test_trust_is_not_asked_again_while_nothing_changes),
		cmocka_unit_test(
		    test_trust_is_asked_again_when_a_setting_changes),
		cmocka_unit_test(
		    test_trust_key_usage_is_asked_for_at_every_level),
		cmocka_unit_test(test_trust_missing_directory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
