/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "claim.h"
#include "frame.h"
#include "protocol.h"

static enum jk_err
read_from(enum jk_frame_type type, const char *account, size_t len,
    struct jk_claim *ret)
{
	struct jk_frame *f = NULL;
	enum jk_err e;

	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, (uint8_t)type);
	if (account != NULL)
		assert_int_equal(jk_frame_put(f, JK_FIELD_ACCOUNT, account,
		                     len),
		    JK_OK);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_SERVICE, "lightdm"),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_FLAGS, 1), JK_OK);
	e = jk_claim_read(f, ret);
	jk_frame_free(&f);
	return e;
}

/* Elsewhere an account is what the question is about. */
static void
test_claim_only_a_login_may_leave_the_name_out(void **state)
{
	static const struct {
		enum jk_frame_type type;
		enum jk_err want;
	} rows[] = {
		{ JK_FRAME_AUTH, JK_OK },
		{ JK_FRAME_ACCOUNT, JK_ERR_NOT_FOUND },
		{ JK_FRAME_OPEN, JK_ERR_NOT_FOUND },
		{ JK_FRAME_CLOSE, JK_ERR_NOT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_claim c = { 0 };

		assert_int_equal(read_from(rows[i].type, NULL, 0, &c),
		    rows[i].want);
		assert_string_equal(c.account, "");
		c = (struct jk_claim){ 0 };
		assert_int_equal(read_from(rows[i].type, "hanako", 6, &c),
		    JK_OK);
		assert_string_equal(c.account, "hanako");
		assert_string_equal(c.service, "lightdm");
		assert_int_equal(c.flags, 1);
		c = (struct jk_claim){ 0 };
		assert_int_equal(read_from(rows[i].type, "", 0, &c),
		    JK_ERR_FORMAT);
	}
}

static void
test_claim_account_is_never_cut(void **state)
{
	char name[JK_ACCOUNT_MAX + 1];
	struct jk_claim c = { 0 };

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_int_equal(read_from(JK_FRAME_AUTH, name, JK_ACCOUNT_MAX, &c),
	    JK_OK);
	assert_int_equal(strlen(c.account), JK_ACCOUNT_MAX);
	c = (struct jk_claim){ 0 };
	assert_int_not_equal(read_from(JK_FRAME_AUTH, name, sizeof(name), &c),
	    JK_OK);
	assert_int_not_equal(read_from(JK_FRAME_AUTH, "a\0b", 3, &c), JK_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_claim_only_a_login_may_leave_the_name_out),
		cmocka_unit_test(test_claim_account_is_never_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
