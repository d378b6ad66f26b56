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

/* The next edition; its day comes behind it. */
#define NEXT             \
	"[policy]\n"     \
	"version = v2\n" \
	"effective-from = 2027-04-01\n"
#define NEXT_TYPES                               \
	"[type moving-desk]\n"                   \
	"number = 3\n"                           \
	"terminal-class = cs\n"                  \
	"[type other-department]\n"              \
	"number = 5\n"                           \
	"terminal-class = integrated-terminal\n" \
	"business = information-provision\n"

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

static void
write_certificate(long seconds)
{
	FILE *f = fopen(ETC "/registry.d/c1.pem", "we");
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	unsigned char *der = NULL;
	int len;

	X509_set_version(x509, 2);
	X509_gmtime_adj(X509_getm_notBefore(x509), 0);
	X509_gmtime_adj(X509_getm_notAfter(x509), seconds);
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

/* For builds at another time than now. */
static void
write_valid_certificate(void)
{
	write_certificate(10L * 365 * 86400);
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
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	if (!ready)
		return 0;
	(void)unlink(SNAPSHOT);
	(void)unlink(ETC "/policy-next.conf");
	(void)unlink(ETC "/policy.conf");
	write_certificate(100);
	assert_true(write_text(ETC "/registry.d/staff.conf", staff));
	return 0;
}

static enum jk_err
run(int64_t now, struct jk_report *report, struct jk_build_result *ret)
{
	const struct jk_build build = { .config_dir = ETC,
		.vendor_dir = VENDOR,
		.snapshot = SNAPSHOT,
		.now = now };

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
	struct jk_policy policy_row;
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
	assert_int_equal(edition.registry, 0);
	assert_int_equal(jk_snapshot_policy(snap, &policy_row), JK_OK);
	assert_string_equal(policy_row.version, "v1");
	assert_int_equal(jk_sha256(policy, sizeof(policy) - 1, digest), JK_OK);
	assert_memory_equal(policy_row.digest, digest, sizeof(digest));
	assert_int_equal(policy_row.weekdays, 0x7f);
	for (size_t i = 0; i < JK_CLASS_COUNT; i++)
		assert_int_equal(policy_row.class[i].methods,
		    jk_bit(JK_METHOD_CARD_PIN));
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

static int64_t
at(const char *date)
{
	int64_t s = 0;

	assert_int_equal(jk_date_parse(date, &s), JK_OK);
	return s;
}

/* Which edition a build takes, with these warnings. */
static void
expect_edition(int64_t now, const char *version, const char *const *warnings)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	struct jk_build_result result;

	(void)unlink(SNAPSHOT);
	if (run(now, &report, &result) != JK_OK)
		fail_msg("%s", report.error[0]);
	assert_string_equal(result.policy, version);
	for (size_t i = 0; i < report.n_warnings; i++)
		if (warnings[i] == NULL ||
		    strcmp(report.warning[i], warnings[i]) != 0)
			fail_msg("%s", report.warning[i]);
	assert_null(warnings[report.n_warnings]);
}

static const char *const silence[] = { NULL };

static void
test_build_next_policy_holds_from_its_day(void **state)
{
	struct jk_policy row;
	struct jk_snapshot *snap;
	struct jk_type type;
	uint8_t digest[JK_DIGEST_LEN];
	static const char next[] = NEXT NEXT_TYPES;

	(void)state;
	if (!ready)
		skip();
	assert_true(write_text(ETC "/policy-next.conf", next));
	write_valid_certificate();
	expect_edition(at("2027-03-31"), "v1", silence);
	expect_edition(at("2027-04-01") - 1, "v1", silence);
	assert_int_equal(jk_snapshot_open(SNAPSHOT, &snap), JK_OK);
	assert_int_equal(jk_snapshot_type(snap, "other-department", &type),
	    JK_OK);
	assert_int_equal(type.classes, jk_bit(JK_CLASS_CS));
	assert_int_equal(type.businesses, 0);
	jk_snapshot_close(&snap);
	expect_edition(at("2027-04-01"), "v2", silence);
	expect_edition(at("2028-01-01"), "v2", silence);
	assert_int_equal(jk_snapshot_open(SNAPSHOT, &snap), JK_OK);
	assert_int_equal(jk_snapshot_policy(snap, &row), JK_OK);
	assert_int_equal(row.effective_from, at("2027-04-01"));
	assert_int_equal(jk_sha256(next, sizeof(next) - 1, digest), JK_OK);
	assert_memory_equal(row.digest, digest, sizeof(digest));
	assert_int_equal(jk_snapshot_type(snap, "other-department", &type),
	    JK_OK);
	assert_int_equal(type.classes, jk_bit(JK_CLASS_INTEGRATED));
	assert_int_equal(type.businesses, jk_bit(JK_BIZ_PROVISION));
	jk_snapshot_close(&snap);
	/* policy.conf is then not even read. */
	assert_true(write_text(ETC "/policy.conf", "what?\n"));
	expect_edition(at("2027-04-01"), "v2", silence);
}

#define P   ETC "/policy-next.conf"
#define NOT " (this edition is not taken)"

static void
test_build_broken_next_policy_stops_nothing(void **state)
{
	static const struct {
		const char *text;
		const char *warning[4];
	} rows[] = {
		{ NEXT NEXT_TYPES "colour = red\nbusiness = x\n",
		    { P ":11: warning: unknown key \"colour\" in [type]" NOT,
		        P ":12: warning: business = x: not a business (one "
		          "of: identity-confirmation identity-info-search "
		          "identity-info-update moving wide-area-issuance "
		          "statistics resident-code-management "
		          "identity-info-reconciliation provision-disclosure "
		          "character-code-management "
		          "public-personal-authentication "
		          "counter-identity-confirmation "
		          "information-provision "
		          "family-register-supplement)" NOT } },
		{ NEXT "[type a]\nnumber = 3\nterminal-class = cs\n"
		       "[type b]\nnumber = 3\nterminal-class = cs\n",
		    { P ":7: warning: number 3 is that of [type a] too" NOT } },
		{ NEXT "[type a]\nnumber = 3\nterminal-class = cs\n"
		       "[type a]\nnumber = 4\nterminal-class = cs\n",
		    { P ":7: warning: [type a] is there twice (first in " P
		        ":4)" NOT } },
		{ NEXT "[business moving]\nown-department = yes\n",
		    { P ":1: warning: \"own-department = yes\" needs an "
		        "owning-department" NOT } },
		{ "[policy]\nversion = v2\n" NEXT_TYPES,
		    { P ":1: warning: [policy] needs \"effective-from = ...\" "
		        "here (YYYY-MM-DD)" NOT } },
		{ "\n",
		    { P ":0: warning: [policy] needs \"version = ...\" (1 to "
		        "64 of a-z, 0-9 and \"_.-\")" NOT } },
	};

	(void)state;
	if (!ready)
		skip();
	write_valid_certificate();
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		assert_true(write_text(P, rows[i].text));
		/* Before its day as on it. */
		expect_edition(at("2027-03-31"), "v1", rows[i].warning);
		expect_edition(at("2027-04-01"), "v1", rows[i].warning);
	}
}

static void
test_build_unsafe_next_policy_is_not_read(void **state)
{
	static const char *const open_to_all[] = { P
		":0: warning: policy-next.conf: writable by group or others (mode 0666)" NOT,
		NULL };
	static const char *const link[] = { P
		":0: warning: policy-next.conf: a symbolic link" NOT,
		NULL };

	(void)state;
	if (!ready)
		skip();
	write_valid_certificate();
	assert_true(write_text(P, NEXT NEXT_TYPES));
	assert_int_equal(chmod(P, 0666), 0);
	expect_edition(at("2027-04-01"), "v1", open_to_all);
	assert_int_equal(chmod(P, 0644), 0);
	assert_int_equal(rename(P, ETC "/elsewhere"), 0);
	assert_int_equal(symlink(ETC "/elsewhere", P), 0);
	expect_edition(at("2027-04-01"), "v1", link);
}

static void
test_build_bad_policy_is_refused(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ NEXT NEXT_TYPES,
		    ":1: takes effect on 2027-04-01: until then it is "
		    "policy-next.conf" },
		{ "[policy]\nversion = 1\n[class cs]\nmethod = card-pin\n"
		  "[class cs]\nmethod = biometric\n",
		    ":5: [class cs] is there twice" },
		{ "[policy]\nversion = 1\n[business moving]\n"
		  "permission = yes\n[business moving]\n",
		    ":5: [business moving] is there twice" },
		{ "[policy]\nversion = 1\n[hours]\nopen = 08:30\n",
		    ":4: hours need both open and close" },
		{ "[policy]\nversion = 1\n[hours]\nclose = 17:15\n",
		    ":4: hours need both open and close" },
		{ "[policy]\nversion = 1\n[hours]\nopen = 17:15\n"
		  "close = 17:15\n",
		    ":5: close does not lie after open" },
		{ "[policy]\nversion = 1\n[hours]\nopen = 00:00\n"
		  "close = 00:00\n",
		    ":5: close does not lie after open" },
		{ "[policy]\nversion = 1\n[type t]\nnumber = 8\n"
		  "terminal-class = cs\nfunction = permission-set\n"
		  "delegated-function = permission-set\n",
		    ":7: a function of [type t] is a delegated-function too" },
		{ "[policy]\nversion = 1\n[business moving]\n"
		  "own-department = yes\n" NEXT_TYPES,
		    ":1: \"own-department = yes\" needs an "
		    "owning-department" },
	};

	(void)state;
	if (!ready)
		skip();
	write_valid_certificate();
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_report report = { 0 };
		struct jk_build_result result;
		char want[512] = ETC "/policy.conf";

		strcat(want, rows[i].want);
		assert_true(write_text(ETC "/policy.conf", rows[i].text));
		assert_int_equal(run(at("2027-03-31"), &report, &result),
		    JK_ERR_REFUSED);
		assert_string_equal(report.error[0], want);
		jk_report_clear(&report);
	}
}

/* Everything of the policy that is no type, in the snapshot. */
static void
test_build_policy_is_written_whole(void **state)
{
	static const char text[] = "[policy]\nversion = v3\n"
	                           "effective-from = 2026-04-01\n"
	                           "owning-department = shimin\n"
	                           "require-checkout = yes\n"
	                           "require-function = no\n"
	                           "[limits]\ntraining-days = 90\n"
	                           "[hours]\nopen = 08:30\nclose = 17:15\n"
	                           "weekday = mon\nclosed-day = 2027-01-01\n"
	                           "[class cs]\nmethod = biometric\n"
	                           "method = fallback-pin\nroom-level = 2\n"
	                           "room-level = 3\n"
	                           "[business moving]\n"
	                           "own-department = yes\n"
	                           "[business statistics]\n"
	                           "permission = yes\n"
	                           "[business identity-info-update]\n"
	                           "second-person = yes\n"
	                           "permission = yes\n" NEXT_TYPES;
	struct jk_snapshot *snap;
	struct jk_policy p;

	(void)state;
	if (!ready)
		skip();
	write_valid_certificate();
	assert_true(write_text(ETC "/policy.conf", text));
	expect_edition(at("2027-04-01"), "v3", silence);
	assert_int_equal(jk_snapshot_open(SNAPSHOT, &snap), JK_OK);
	assert_int_equal(jk_snapshot_policy(snap, &p), JK_OK);
	jk_snapshot_close(&snap);
	assert_int_equal(p.effective_from, at("2026-04-01"));
	assert_int_equal(p.n_owners, 1);
	assert_true(p.checkout && !p.function_needed);
	assert_int_equal(p.training_s, 90 * 86400);
	assert_int_equal(p.open_min, 510);
	assert_int_equal(p.close_min, 1035);
	assert_int_equal(p.weekdays, jk_bit(1));
	assert_int_equal(p.n_closed, 1);
	assert_int_equal(p.closed[0], at("2027-01-01"));
	assert_int_equal(p.class[JK_CLASS_CS].methods,
	    jk_bit(JK_METHOD_BIOMETRIC) | jk_bit(JK_METHOD_FALLBACK_PIN));
	assert_int_equal(p.class[JK_CLASS_CS].room_levels,
	    jk_bit(2) | jk_bit(3));
	assert_int_equal(p.class[JK_CLASS_INTEGRATED].methods,
	    jk_bit(JK_METHOD_CARD_PIN));
	assert_int_equal(p.own_department, jk_bit(JK_BIZ_MOVING));
	assert_int_equal(p.permission,
	    jk_bit(JK_BIZ_STATISTICS) | jk_bit(JK_BIZ_IDENTITY_UPDATE));
	assert_int_equal(p.second_person, jk_bit(JK_BIZ_IDENTITY_UPDATE));
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_build_snapshot_says_what_the_files_say),
		CASE(test_build_expired_certificate_and_clock_are_warnings),
		CASE(test_build_refused_leaves_everything_alone),
		CASE(test_build_next_policy_holds_from_its_day),
		CASE(test_build_broken_next_policy_stops_nothing),
		CASE(test_build_unsafe_next_policy_is_not_read),
		CASE(test_build_bad_policy_is_refused),
		CASE(test_build_policy_is_written_whole),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
