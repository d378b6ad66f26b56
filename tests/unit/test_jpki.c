/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of a My Number card, and answers that no sound one gives. */
#include "test.h"

#include "applet.h"
#include "card_script.h"
#include "jpki.h"
#include "secret.h"

#define SIGNATURE_LEN 256

static void
test_jpki_sign_has_the_class_of_the_card(void **state)
{
	static char signature[2 * (SIGNATURE_LEN + 2) + 1];
	const char *const answers[] = { "9000", signature, NULL };
	struct script s = { .answers = answers };
	const struct jk_channel channel = script_channel(&s);
	const struct jk_challenge challenge = { .len = 32 };
	struct jk_signature ret;

	(void)state;
	memset(signature, 'a', sizeof(signature) - 1);
	memcpy(signature + 2 * (size_t)SIGNATURE_LEN, "9000", 4);
	assert_int_equal(jk_jpki.sign(&channel, JK_KEY_RSA2048, &challenge,
	                     &ret),
	    JK_OK);
	assert_command(&s, 0, "00a4020c020017");
	assert_memory_equal(s.command[1], "\x80\x2a\x00\x80\x33", 5);
	assert_int_equal(s.len[1], 5 + 51 + 1);
	assert_int_equal(ret.len, SIGNATURE_LEN);
}

static void
test_jpki_sign_other_keys_are_not_asked_for(void **state)
{
	static const char *const answers[] = { "9000", NULL };
	struct script s = { .answers = answers };
	const struct jk_channel channel = script_channel(&s);
	const struct jk_challenge challenge = { .len = 32 };
	struct jk_signature ret;

	(void)state;
	assert_int_equal(jk_jpki.sign(&channel, JK_KEY_P256, &challenge, &ret),
	    JK_ERR_UNSUPPORTED);
	assert_int_equal(s.n, 0);
}

static void
test_jpki_sign_half_a_signature_is_none(void **state)
{
	static const char *const answers[] = { "9000", "aabb9000", NULL };
	struct script s = { .answers = answers };
	const struct jk_channel channel = script_channel(&s);
	const struct jk_challenge challenge = { .len = 32 };
	struct jk_signature ret;

	(void)state;
	assert_int_equal(jk_jpki.sign(&channel, JK_KEY_RSA2048, &challenge,
	                     &ret),
	    JK_ERR_FORMAT);
}

static void
test_jpki_verify_blocked_leaves_no_try(void **state)
{
	static const char *const rows[] = { "6983", "6984", "63c0" };
	JK_CLEANUP(jk_secret_clear) struct jk_secret pin = { 0 };

	(void)state;
	assert_int_equal(jk_secret_set(&pin, "1234", 4), JK_OK);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const char *const answers[] = { "9000", rows[i], NULL };
		struct script s = { .answers = answers };
		const struct jk_channel channel = script_channel(&s);
		unsigned left = 99;

		assert_int_equal(jk_jpki.verify(&channel, &pin, &left),
		    JK_ERR_REFUSED);
		assert_int_equal(left, 0);
		assert_command(&s, 1, "002000800431323334");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jpki_sign_has_the_class_of_the_card),
		cmocka_unit_test(test_jpki_sign_other_keys_are_not_asked_for),
		cmocka_unit_test(test_jpki_sign_half_a_signature_is_none),
		cmocka_unit_test(test_jpki_verify_blocked_leaves_no_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
