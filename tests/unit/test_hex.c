/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "hex.h"

static void
test_hex_decode_round_trips(void **state)
{
	const uint8_t data[] = { 0x00, 0x9f, 0xff };
	uint8_t back[3];
	char text[7];

	(void)state;
	jk_hex_encode(data, sizeof(data), text);
	assert_string_equal(text, "009fff");
	assert_int_equal(jk_hex_decode("009FfF", back, 3), JK_OK);
	assert_memory_equal(back, data, 3);
}

static void
test_hex_decode_malformed_leaves_output(void **state)
{
	static const char *const bad[] = { "", "00", "00000", "0000000",
		"00000g", "0000 0", "-00000" };
	uint8_t out[3] = { 1, 2, 3 };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		assert_int_equal(jk_hex_decode(bad[i], out, 3), JK_ERR_FORMAT);
		assert_memory_equal(out, "\1\2\3", 3);
	}
}

static void
test_id_new_differs_and_is_valid(void **state)
{
	char a[JK_ID_LEN + 1], b[JK_ID_LEN + 1];

	(void)state;
	assert_int_equal(jk_id_new(a), JK_OK);
	assert_int_equal(jk_id_new(b), JK_OK);
	assert_true(jk_id_is_valid(a));
	assert_string_not_equal(a, b);
	assert_false(jk_id_is_valid("../../../etc/pas"));
	assert_false(jk_id_is_valid("0123456789ABCDEF"));
	assert_false(jk_id_is_valid("0123456789abcde"));
	assert_false(jk_id_is_valid("0123456789abcdef0"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex_decode_round_trips),
		cmocka_unit_test(test_hex_decode_malformed_leaves_output),
		cmocka_unit_test(test_id_new_differs_and_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
