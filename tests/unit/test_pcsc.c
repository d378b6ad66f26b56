/* SPDX-License-Identifier: BSD-2-Clause */
/* What needs no pcscd; the rest is in tests/e2e/test_card.py. */
#include "test.h"

#include "pcsc.h"

static void
test_pcsc_err_table(void **state)
{
	static const struct {
		LONG code;
		enum jk_err err;
	} rows[] = {
		{ SCARD_S_SUCCESS, JK_OK },
		/* Those that a fresh start is for. */
		{ SCARD_W_RESET_CARD, JK_ERR_BUSY },
		{ SCARD_E_SHARING_VIOLATION, JK_ERR_BUSY },
		{ SCARD_E_INVALID_HANDLE, JK_ERR_BUSY },
		{ SCARD_E_PROTO_MISMATCH, JK_ERR_BUSY },
		{ SCARD_E_NOT_TRANSACTED, JK_ERR_TIMEOUT },
		{ SCARD_W_UNPOWERED_CARD, JK_ERR_TIMEOUT },
		/* Gone. */
		{ SCARD_W_REMOVED_CARD, JK_ERR_CLOSED },
		{ SCARD_E_NO_SMARTCARD, JK_ERR_CLOSED },
		{ SCARD_E_READER_UNAVAILABLE, JK_ERR_CLOSED },
		{ SCARD_E_UNKNOWN_READER, JK_ERR_CLOSED },
		{ SCARD_E_NO_SERVICE, JK_ERR_SYS },
		{ SCARD_F_COMM_ERROR, JK_ERR_SYS },
		{ SCARD_E_SERVICE_STOPPED, JK_ERR_SYS },
		/* Anything else, known or not. */
		{ SCARD_W_UNRESPONSIVE_CARD, JK_ERR_UNSUPPORTED },
		{ SCARD_E_INSUFFICIENT_BUFFER, JK_ERR_UNSUPPORTED },
		{ 0x7fffffff, JK_ERR_UNSUPPORTED },
		{ -1, JK_ERR_UNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		assert_int_equal(jk_pcsc_err(rows[i].code), rows[i].err);
}

static void
test_pcsc_close_of_nothing(void **state)
{
	struct jk_pcsc pcsc = { 0 };
	struct jk_link link = { 0 };

	(void)state;
	jk_pcsc_close(&pcsc);
	jk_link_close(&link);
	assert_false(pcsc.open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcsc_err_table),
		cmocka_unit_test(test_pcsc_close_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
