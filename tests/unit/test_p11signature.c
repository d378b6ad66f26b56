/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "hex.h"
#include "p11signature.h"

/* Raw numbers of four bytes each stand for those of 32 or 48. */
static const struct {
	const char *name, *raw, *der;
} good[] = {
	{ "plain", "0102030405060708",
	    "300c0204010203040204"
	    "05060708" },
	{ "high bit of both", "8000000181000002",
	    "300e02050080000001"
	    "02050081000002" },
	{ "leading zeros go", "0000000300000400",
	    "3007020103"
	    "02020400" },
	{ "zeros before a high bit", "000000ff0000ff00",
	    "3009020200ff"
	    "020300ff00" },
	{ "one byte each", "0102", "3006020101020102" },
};

static const struct {
	const char *name, *raw;
} bad[] = {
	{ "nothing", "" },
	{ "odd", "010203" },
	{ "r is zero", "0000000005060708" },
	{ "s is zero", "0102030400000000" },
};

static void
test_ecdsa_der_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(good); i++) {
		uint8_t raw[64], der[64], got[JK_P11_DER_MAX];
		size_t n = strlen(good[i].raw) / 2, m = strlen(good[i].der) / 2;
		size_t len = 0;

		print_message("# %s\n", good[i].name);
		assert_int_equal(jk_hex_decode(good[i].raw, raw, n), JK_OK);
		assert_int_equal(jk_hex_decode(good[i].der, der, m), JK_OK);
		assert_int_equal(jk_p11_ecdsa_der((struct jk_cur){ raw, n },
		                     got, &len),
		    JK_OK);
		assert_int_equal(len, m);
		assert_memory_equal(got, der, m);
	}
}

static void
test_ecdsa_der_bad_leaves_output(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(bad); i++) {
		uint8_t raw[64], got[JK_P11_DER_MAX] = { 0x77 };
		size_t n = strlen(bad[i].raw) / 2, len = 42;

		print_message("# %s\n", bad[i].name);
		assert_int_equal(jk_hex_decode(bad[i].raw, raw, n), JK_OK);
		assert_int_equal(jk_p11_ecdsa_der((struct jk_cur){ raw, n },
		                     got, &len),
		    JK_ERR_FORMAT);
		assert_int_equal(len, 42);
		assert_int_equal(got[0], 0x77);
	}
}

/* The largest that there is, and one that is larger. */
static void
test_ecdsa_der_size(void **state)
{
	uint8_t raw[2 * JK_P11_SCALAR_MAX + 2], got[JK_P11_DER_MAX];
	size_t len = 0;

	(void)state;
	memset(raw, 0xff, sizeof(raw));
	assert_int_equal(jk_p11_ecdsa_der((struct jk_cur){ raw,
	                                      2 * JK_P11_SCALAR_MAX },
	                     got, &len),
	    JK_OK);
	assert_int_equal(len, JK_P11_DER_MAX);
	assert_int_equal(jk_p11_ecdsa_der((struct jk_cur){ raw, sizeof(raw) },
	                     got, &len),
	    JK_ERR_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ecdsa_der_good),
		cmocka_unit_test(test_ecdsa_der_bad_leaves_output),
		cmocka_unit_test(test_ecdsa_der_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
