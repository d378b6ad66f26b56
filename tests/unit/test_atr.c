/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "atr.h"
#include "hex.h"

static const struct {
	const char *name, *atr;
	bool extended;
} rows[] = {
	{ "category 80, bit set", "3b85018073c021c000", true },
	{ "category 80, bit clear", "3b85018073c0218000", false },
	{ "category 00 with status bytes", "3b88010073c021c000900000", true },
	{ "category 00, all taken by status", "3b830100c02100", false },
	{ "after a whole object", "3b87018031aa73c021c000", true },
	{ "category 10", "3b85011073c021c000", false },
	{ "capabilities of two bytes", "3b84018072c0c000", false },
	{ "TA, TB, TC and TD", "3bf5112233018073c021c000", true },
	{ "chain of TD", "3bf511223381018073c021c000", true },
	{ "empty", "", false },
	{ "TS alone", "3b", false },
	{ "no historical bytes", "3b00", false },
	{ "historical bytes missing", "3b8f01", false },
	{ "interface bytes missing", "3bf5", false },
	{ "TD without end", "3b8580808080808080808080808080808080", false },
	{ "object past the end", "3b83018073c000", false },
};

static bool
announces(const char *hex)
{
	uint8_t atr[64];
	size_t len = strlen(hex) / 2;

	assert_int_equal(jk_hex_decode(hex, atr, len), JK_OK);
	return jk_atr_has_extended_length((struct jk_cur){ atr, len });
}

static void
test_atr_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		print_message("# %s\n", rows[i].name);
		assert_int_equal(announces(rows[i].atr), rows[i].extended);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_atr_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
