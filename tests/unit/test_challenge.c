/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "challenge.h"
#include "hex.h"

/* Computed with another program: a card signs this and nothing else. */
static void
test_challenge_digest_known(void **state)
{
	uint8_t nonce[JK_NONCE_LEN], digest[JK_CHALLENGE_LEN];
	char hex[2 * JK_CHALLENGE_LEN + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = (uint8_t)i;
	assert_int_equal(jk_challenge_digest(nonce, digest), JK_OK);
	jk_hex_encode(digest, sizeof(digest), hex);
	assert_string_equal(hex,
	    "17ce46b69c59491cf08bb5142be83abbe3b29b49cedabfed8804d5a9e276e98c");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenge_digest_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
