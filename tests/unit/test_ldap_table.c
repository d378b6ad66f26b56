/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>
#include <strings.h>

#include "connection.h"
#include "mods.h"
#include "table.h"
#include "tlswords.h"

static void
test_names_follow_from_keys(void **state)
{
	char name[JK_LDAP_NAME_MAX];

	(void)state;
	jk_ldap_class("operator-id", name);
	assert_string_equal(name, "jukinetOperatorId");
	jk_ldap_attribute("valid-until", name);
	assert_string_equal(name, "jukinetValidUntil");
	jk_ldap_attribute("certificate", name);
	assert_string_equal(name, "userCertificate;binary");
	jk_ldap_attribute("a-very-long-key-that-nobody-would-ever-give-to-"
	                  "anything-in-a-registry",
	    name);
	assert_int_equal(strlen(name), JK_LDAP_NAME_MAX - 1);
}

/* There and back again, and nothing stands for two. */
static void
test_every_key_is_found_by_its_names(void **state)
{
	char name[JK_LDAP_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < jk_ldap_n_keys; i++) {
		const struct jk_ldap_key *key = &jk_ldap_keys[i];

		assert_non_null(jk_ldap_kind_find(key->kind));
		assert_ptr_equal(jk_ldap_key_find(key->kind, key->key), key);
		jk_ldap_attribute(key->key, name);
		assert_true(strlen(name) < JK_LDAP_NAME_MAX - 1);
		assert_ptr_equal(jk_ldap_key_of_attribute(key->kind, name),
		    key);
		if (i > 0 && strcmp(key[-1].kind, key->kind) != 0)
			assert_true(jk_ldap_kind_find(key[-1].kind) <
			            jk_ldap_kind_find(key->kind));
	}
	for (size_t i = 0; i < jk_ldap_n_kinds; i++) {
		jk_ldap_class(jk_ldap_kinds[i].kind, name);
		assert_ptr_equal(jk_ldap_kind_of_class(name),
		    &jk_ldap_kinds[i]);
	}
}

static void
test_names_have_no_case_and_no_others_are_ours(void **state)
{
	(void)state;
	assert_non_null(jk_ldap_kind_of_class("JUKINETCARD"));
	assert_non_null(
	    jk_ldap_key_of_attribute("card", "USERCERTIFICATE;BINARY"));
	assert_non_null(jk_ldap_key_of_attribute("card", "userCertificate"));
	assert_null(jk_ldap_key_of_attribute("card", "userCertificate;x"));
	assert_null(jk_ldap_key_of_attribute("person", "userCertificate"));
	assert_null(jk_ldap_key_of_attribute("person", "jukinetName;lang-ja"));
	assert_null(jk_ldap_key_of_attribute("person", "jukinetName "));
	assert_null(jk_ldap_key_of_attribute("person", "jukinet"));
	assert_null(jk_ldap_key_of_attribute("person", ""));
	assert_null(jk_ldap_kind_of_class("jukinetRegistry"));
	assert_null(jk_ldap_kind_of_class("person"));
}

static void
test_plain_shows_every_byte_once(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "" },
		{ "jukinetId=p1,ou=x", "jukinetId=p1,ou=x" },
		{ "\xe4\xbd\x8f\xe5\x9f\xba", "\xe4\xbd\x8f\xe5\x9f\xba" },
		{ "a\x1b[2Jb\nc\x7f", "a?[2Jb?c?" },
		{ "\xff\xfe", "??" },
		{ "\xe4\xbd", "??" },
		{ "\xe2\x80\xae", "?" },
	};
	char long_text[2 * JK_LDAP_PLACE_MAX], plain[JK_LDAP_PLACE_MAX];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		jk_ldap_plain(rows[i].text, plain);
		assert_string_equal(plain, rows[i].want);
	}
	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	jk_ldap_plain(long_text, plain);
	assert_true(strlen(plain) < JK_LDAP_PLACE_MAX);
}

static void
test_mods_keep_their_values(void **state)
{
	static struct jk_ldap_mods mods;

	(void)state;
	jk_ldap_mods_begin(&mods, LDAP_MOD_REPLACE, "jukinetPerson");
	jk_ldap_mods_text(&mods, "p1");
	jk_ldap_mods_text(&mods, "p2");
	jk_ldap_mods_begin(&mods, LDAP_MOD_DELETE, "jukinetName");
	jk_ldap_mods_begin(&mods, LDAP_MOD_ADD, "jukinetBy");
	jk_ldap_mods_value(&mods, "x\0y", 3);
	assert_true(jk_ldap_mods_end(&mods));
	assert_null(mods.list[3]);
	assert_string_equal(mods.list[0]->mod_bvalues[0]->bv_val, "p1");
	assert_string_equal(mods.list[0]->mod_bvalues[1]->bv_val, "p2");
	assert_null(mods.list[0]->mod_bvalues[2]);
	assert_int_equal(mods.list[0]->mod_op,
	    LDAP_MOD_REPLACE | LDAP_MOD_BVALUES);
	assert_null(mods.list[1]->mod_bvalues);
	assert_string_equal(mods.list[2]->mod_type, "jukinetBy");
	assert_int_equal(mods.list[2]->mod_bvalues[0]->bv_len, 3);
	assert_null(mods.list[2]->mod_bvalues[1]);
}

static void
test_mods_too_many_do_not_fit(void **state)
{
	static struct jk_ldap_mods mods, values;

	(void)state;
	for (size_t i = 0; i < JK_LDAP_MODS_MAX + 40; i++) {
		jk_ldap_mods_begin(&mods, LDAP_MOD_ADD, "a");
		jk_ldap_mods_text(&mods, "x");
	}
	assert_false(jk_ldap_mods_end(&mods));
	jk_ldap_mods_begin(&values, LDAP_MOD_ADD, "a");
	for (size_t i = 0; i < JK_LDAP_MODS_MAX + 40; i++)
		jk_ldap_mods_text(&values, "x");
	assert_false(jk_ldap_mods_end(&values));
	memset(&mods, 0, sizeof(mods));
	jk_ldap_mods_begin(&mods, LDAP_MOD_ADD,
	    "anattributewhosenameislongerthananythingthattheschemaofours"
	    "couldhave");
	assert_false(jk_ldap_mods_end(&mods));
}

static void
test_tlswords_are_for_people(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "TLS: peer cert untrusted or revoked (0x402)\n", "expired" },
		{ "TLS: peer cert untrusted or revoked (0x42)\n", "no CA" },
		{ "TLS: peer cert untrusted or revoked (0x22)\n", "revoked" },
		{ "TLS: peer cert untrusted or revoked (0x202)\n",
		    "not yet valid" },
		{ "TLS: peer cert untrusted or revoked (0x2)\n",
		    "not good (0x2)" },
		{ "TLS: peer cert untrusted or revoked (0xffffffffffffffffff",
		    "revoked" },
		{ "TLS: hostname (a) does not match common name\n",
		    "hostname (a) does not match common name" },
		{ "TLS: peer certificate is expired\n", "is expired" },
		{ "ldap_msgfree\n", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		jk_tlswords_listen(true);
		jk_tlswords_hear(rows[i].line);
		jk_tlswords_listen(false);
		if (strstr(jk_tlswords_reason(), rows[i].want) == NULL ||
		    strchr(jk_tlswords_reason(), '\n') != NULL ||
		    (rows[i].want[0] == '\0') !=
		        (jk_tlswords_reason()[0] == '\0'))
			fail_msg("%s: %s", rows[i].line, jk_tlswords_reason());
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_follow_from_keys),
		cmocka_unit_test(test_every_key_is_found_by_its_names),
		cmocka_unit_test(
		    test_names_have_no_case_and_no_others_are_ours),
		cmocka_unit_test(test_plain_shows_every_byte_once),
		cmocka_unit_test(test_mods_keep_their_values),
		cmocka_unit_test(test_mods_too_many_do_not_fit),
		cmocka_unit_test(test_tlswords_are_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
