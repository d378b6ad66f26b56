/* SPDX-License-Identifier: BSD-2-Clause */
/* The builder on real files; the bad ones are in tests/e2e/test_registry.py. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "builder.h"
#include "cert.h"
#include "clock.h"
#include "private.h"
#include "snapshot.h"

#define ETC      PRIVATE_DIR "/etc"
#define VENDOR   PRIVATE_DIR "/vendor"
#define SNAPSHOT PRIVATE_DIR "/snapshot.cdb"

static const char policy[] = "[policy]\n"
                             "version = v1\n"
                             "[type moving-desk]\n"
                             "number = 3\n"
                             "terminal-class = integrated-terminal\n"
                             "[type other-department]\n"
                             "number = 5\n"
                             "enabled = no\n"
                             "terminal-class = cs\n";

static const char settings[] = "[terminal]\n"
                               "id = t1\n"
                               "[session]\n"
                               "enforce = login\n"
                               "enforce = su\n"
                               "[registry]\n"
                               "max-age = 2\n";

static const char staff[] = "[person p1]\n"
                            "name = A\n"
                            "valid-until = 2030-12-31\n"
                            "[account root]\n"
                            "person = p1\n"
                            "[operator-id z-1]\n"
                            "person = p1\n"
                            "type = moving-desk\n"
                            "[operator-id a-2]\n"
                            "person = p1\n"
                            "type = other-department\n"
                            "[card c1]\n"
                            "person = p1\n"
                            "certificate = c1.pem\n"
                            "[terminal t1]\n"
                            "class = integrated-terminal\n";

static bool ready;
static uint8_t cert_digest[JK_DIGEST_LEN];

/* Valid for the next hundred seconds. */
static void
write_certificate(void)
{
	FILE *f = fopen(ETC "/registry.d/c1.pem", "we");
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	unsigned char *der = NULL;
	int len;

	X509_set_version(x509, 2);
	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), 100);
	X509_set_pubkey(x509, key);
	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(f, x509), 1);
	assert_int_equal(fclose(f), 0);
	len = i2d_X509(x509, &der);
	assert_true(len > 0);
	assert_int_equal(jk_sha256(der, (size_t)len, cert_digest), JK_OK);
	OPENSSL_free(der);
	X509_free(x509);
	EVP_PKEY_free(key);
}

static int
enter(void **state)
{
	(void)state;
	umask(022);
	ready = enter_private_place();
	if (!ready)
		return 0;
	assert_int_equal(mkdir(ETC, 0755), 0);
	assert_int_equal(mkdir(ETC "/registry.d", 0755), 0);
	assert_int_equal(mkdir(VENDOR, 0755), 0);
	assert_true(write_text(VENDOR "/policy.conf", policy));
	assert_true(write_text(ETC "/jukinet.conf", settings));
	write_certificate();
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	if (!ready)
		return 0;
	(void)unlink(SNAPSHOT);
	assert_true(write_text(ETC "/registry.d/staff.conf", staff));
	return 0;
}

static enum jk_err
run(int64_t now, struct jk_report *report, struct jk_build_result *ret)
{
	const struct jk_build build = { ETC, VENDOR, SNAPSHOT, 0, now };

	return jk_build_run(&build, report, ret);
}

static void
test_build_snapshot_says_what_the_files_say(void **state)
{
	struct jk_report report = { 0 };
	struct jk_build_result result;
	struct jk_opid opids[JK_OPIDS_MAX];
	uint8_t digest[JK_DIGEST_LEN];
	struct jk_settings s;
	struct jk_snapshot *snap;
	struct jk_account account;
	struct jk_edition edition;
	struct jk_person person;
	struct jk_card card;
	struct jk_type type;
	int64_t midnight, now = jk_real_s();
	size_t n;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(run(now, &report, &result), JK_OK);
	assert_int_equal(report.n_errors + report.n_warnings, 0);
	assert_int_equal(result.opids, 2);
	assert_int_equal(jk_snapshot_open(SNAPSHOT, &snap), JK_OK);
	assert_int_equal(jk_snapshot_edition(snap, &edition), JK_OK);
	assert_int_equal(edition.serial, 1);
	assert_int_equal(edition.made_at, now);
	assert_int_equal(edition.valid_until, now + 2 * 86400);
	assert_string_equal(edition.policy, "v1");
	assert_int_equal(jk_sha256(policy, sizeof(policy) - 1, digest), JK_OK);
	assert_memory_equal(edition.digest, digest, sizeof(digest));
	assert_int_equal(jk_snapshot_settings(snap, &s), JK_OK);
	assert_string_equal(s.terminal, "t1");
	assert_int_equal(s.n_enforced, 2);
	assert_string_equal(s.enforced[1], "su");
	assert_int_equal(s.deadline_ms, 45000);
	assert_int_equal(jk_snapshot_person(snap, "p1", &person), JK_OK);
	assert_int_equal(jk_date_parse("2031-01-01", &midnight), JK_OK);
	assert_int_equal(person.valid.until, midnight);
	assert_int_equal(person.valid.from, 0);
	assert_int_equal(jk_snapshot_account_by_uid(snap, 0, &account), JK_OK);
	assert_string_equal(account.name, "root");
	assert_int_equal(jk_snapshot_opids(snap, "p1", opids, &n), JK_OK);
	assert_int_equal(n, 2);
	assert_string_equal(opids[0].id, "z-1");
	assert_int_equal(jk_snapshot_type(snap, "other-department", &type),
	    JK_OK);
	assert_false(type.enabled);
	assert_int_equal(jk_snapshot_card_by_cert(snap, cert_digest, &card),
	    JK_OK);
	assert_string_equal(card.id, "c1");
	assert_int_equal(card.valid.until - card.valid.from, 101);
	jk_snapshot_close(&snap);
}

static void
expect_warning(int64_t now, const char *text)
{
	struct jk_report report = { 0 };
	struct jk_build_result result;

	assert_int_equal(run(now, &report, &result), JK_OK);
	assert_int_equal(report.n_warnings, 1);
	if (strstr(report.warning[0], text) == NULL)
		fail_msg("%s", report.warning[0]);
	jk_report_clear(&report);
}

static void
test_build_expired_certificate_and_clock_are_warnings(void **state)
{
	struct jk_report report = { 0 };
	struct jk_build_result result;
	int64_t now = jk_real_s();

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(run(now, &report, &result), JK_OK);
	expect_warning(now - 1, SNAPSHOT ":0: warning: the old snapshot was "
	                                 "made later than now");
	expect_warning(now + 101, ETC "/registry.d/staff.conf:12: warning: the "
	                              "certificate of [card c1] has expired");
}

static void
test_build_refused_leaves_everything_alone(void **state)
{
	struct jk_report report = { 0 };
	struct jk_build_result result = { .opids = 77 };
	struct jk_edition edition;
	struct jk_snapshot *snap;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(run(jk_real_s(), &report, &result), JK_OK);
	result.opids = 77;
	assert_true(
	    write_text(ETC "/registry.d/staff.conf", "[person p1]\nname = \n"));
	assert_int_equal(run(jk_real_s(), &report, &result), JK_ERR_REFUSED);
	assert_int_equal(result.opids, 77);
	assert_string_equal(report.error[0],
	    ETC "/registry.d/staff.conf:2: key without a value");
	jk_report_clear(&report);
	assert_int_equal(jk_snapshot_open(SNAPSHOT, &snap), JK_OK);
	assert_int_equal(jk_snapshot_edition(snap, &edition), JK_OK);
	assert_int_equal(edition.serial, 1);
	jk_snapshot_close(&snap);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_build_snapshot_says_what_the_files_say),
		CASE(test_build_expired_certificate_and_clock_are_warnings),
		CASE(test_build_refused_leaves_everything_alone),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
