/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "challenge.h"
#include "hex.h"

/* Computed with another program: a card signs this and nothing else. */
static const struct {
	enum jk_key_kind key;
	const char *hex;
} known[] = {
	{ JK_KEY_RSA2048,
	    "17ce46b69c59491cf08bb5142be83abbe3b29b49cedabfed8804d5a9e276e98c" },
	{ JK_KEY_P256,
	    "17ce46b69c59491cf08bb5142be83abbe3b29b49cedabfed8804d5a9e276e98c" },
	{ JK_KEY_P384, "8a2a45fbb3b0779b3f8173d2e69a74bea24c6403a8ced43d"
	               "c4cea952fca90f89a993d18afac1060a9d00a925df3afbdd" },
};

static void
test_challenge_known(void **state)
{
	uint8_t nonce[JK_NONCE_LEN];
	char hex[2 * JK_CHALLENGE_MAX + 1];
	struct jk_challenge c;

	(void)state;
	for (size_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = (uint8_t)i;
	for (size_t i = 0; i < JK_COUNT(known); i++) {
		assert_int_equal(jk_challenge_make(nonce, known[i].key, &c),
		    JK_OK);
		jk_hex_encode(c.digest, c.len, hex);
		assert_string_equal(hex, known[i].hex);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenge_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
