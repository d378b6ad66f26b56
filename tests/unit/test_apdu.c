/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "card_script.h"

static uint8_t filler[JK_COMMAND_MAX + 1];

static enum jk_err
run(struct script *s, const struct jk_apdu *apdu, struct jk_answer *ret)
{
	const struct jk_channel channel = script_channel(s);

	return jk_apdu_run(&channel, apdu, ret);
}

static void
test_apdu_run_without_data(void **state)
{
	static const char *const answers[] = { "63c3", NULL };
	struct script s = { .answers = answers };
	struct jk_answer a;

	(void)state;
	assert_int_equal(run(&s, &(struct jk_apdu){ .ins = 0x20, .p2 = 0x80 },
	                     &a),
	    JK_OK);
	assert_int_equal(s.n, 1);
	assert_command(&s, 0, "00200080");
	assert_int_equal(a.sw, 0x63c3);
	assert_int_equal(a.len, 0);
}

static void
test_apdu_run_with_data_and_answer(void **state)
{
	static const char *const answers[] = { "aabb9000", NULL };
	static const uint8_t data[] = { 0x5c, 0x01, 0x7e };
	struct script s = { .answers = answers };
	struct jk_answer a;

	(void)state;
	assert_int_equal(run(&s,
	                     &(struct jk_apdu){ .ins = 0xcb,
	                         .p1 = 0x3f,
	                         .p2 = 0xff,
	                         .data = { data, sizeof(data) },
	                         .answer = true },
	                     &a),
	    JK_OK);
	assert_command(&s, 0, "00cb3fff035c017e00");
	assert_int_equal(a.sw, 0x9000);
	assert_int_equal(a.len, 2);
	assert_memory_equal(a.data, "\xaa\xbb", 2);
}

/* 61xx asks for more, with xx as what is there. */
static void
test_apdu_run_get_response_joins(void **state)
{
	static const char *const answers[] = { "01026100", "03046101", "059000",
		NULL };
	struct script s = { .answers = answers };
	struct jk_answer a;

	(void)state;
	assert_int_equal(run(&s,
	                     &(struct jk_apdu){ .ins = 0xcb, .answer = true },
	                     &a),
	    JK_OK);
	assert_int_equal(s.n, 3);
	assert_command(&s, 1, "00c0000000");
	assert_command(&s, 2, "00c0000001");
	assert_int_equal(a.len, 5);
	assert_memory_equal(a.data, "\1\2\3\4\5", 5);
}

static void
test_apdu_run_endless_61_ends(void **state)
{
	static const char *const empty[] = { "6100", NULL };
	static const char *const one[] = { "aa6101", NULL };
	struct jk_answer a;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct script s = { .answers = i == 0 ? empty : one };

		assert_int_equal(run(&s, &(struct jk_apdu){ .ins = 0xcb }, &a),
		    JK_ERR_TOO_BIG);
		assert_int_equal(s.n, 1 + JK_GET_RESPONSES);
	}
}

/* More data than an answer holds, in rounds that each are fair. */
static void
test_apdu_run_too_much_data_ends(void **state)
{
	static char block[2 * 256 + 5];
	const char *const answers[] = { block, NULL };
	struct script s = { .answers = answers };
	struct jk_answer a;

	(void)state;
	memset(block, 'a', sizeof(block) - 5);
	memcpy(block + sizeof(block) - 5, "6100", 5);
	assert_int_equal(run(&s, &(struct jk_apdu){ .ins = 0xcb }, &a),
	    JK_ERR_TOO_BIG);
	assert_int_equal(s.n, JK_ANSWER_MAX / 256 + 1);
}

static void
test_apdu_run_answer_without_status(void **state)
{
	static const char *const none[] = { "", NULL };
	static const char *const half[] = { "90", NULL };
	struct jk_answer a;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct script s = { .answers = i == 0 ? none : half };

		assert_int_equal(run(&s, &(struct jk_apdu){ .ins = 0x20 }, &a),
		    JK_ERR_TRUNCATED);
	}
}

static const struct jk_apdu large = {
	.ins = 0x87,
	.p1 = 0x07,
	.p2 = 0x9a,
	.data = { filler, 266 },
	.answer = true,
	.large = true,
};

static void
test_apdu_run_large_is_chained(void **state)
{
	static const char *const answers[] = { "9000", "aa9000", NULL };
	struct script s = { .answers = answers };
	struct jk_answer a;

	(void)state;
	assert_int_equal(run(&s, &large, &a), JK_OK);
	assert_int_equal(s.n, 2);
	/* Chain bit, 255 bytes and no Le; then the rest with Le. */
	assert_int_equal(s.len[0], 5 + 255);
	assert_memory_equal(s.command[0], "\x10\x87\x07\x9a\xff", 5);
	assert_int_equal(s.len[1], 5 + 11 + 1);
	assert_memory_equal(s.command[1], "\x00\x87\x07\x9a\x0b", 5);
	assert_int_equal(a.len, 1);
}

/* Data in the middle of a chain is nobody's answer. */
static void
test_apdu_run_refused_chain_ends_with_its_status(void **state)
{
	static const char *const answers[] = { "aabb6884", NULL };
	struct script s = { .answers = answers };
	struct jk_answer a;

	(void)state;
	assert_int_equal(run(&s, &large, &a), JK_OK);
	assert_int_equal(s.n, 1);
	assert_int_equal(a.sw, 0x6884);
	assert_int_equal(a.len, 0);
}

static void
test_apdu_run_large_extended_is_one(void **state)
{
	static const char *const answers[] = { "aa9000", NULL };
	struct script s = { .answers = answers };
	struct jk_channel channel = script_channel(&s);
	struct jk_answer a;

	(void)state;
	channel.extended = true;
	assert_int_equal(jk_apdu_run(&channel, &large, &a), JK_OK);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.len[0], 4 + 3 + 266 + 2);
	assert_memory_equal(s.command[0], "\x00\x87\x07\x9a\x00\x01\x0a", 7);
	/* What is small stays short. */
	assert_int_equal(jk_apdu_run(&channel, &(struct jk_apdu){ .ins = 0x20 },
	                     &a),
	    JK_OK);
	assert_int_equal(s.len[1], 4);
}

static void
test_apdu_run_too_long_a_command_is_refused(void **state)
{
	static const char *const answers[] = { "9000", NULL };
	struct script s = { .answers = answers };
	struct jk_answer a;

	(void)state;
	assert_int_equal(run(&s,
	                     &(struct jk_apdu){
	                         .data = { filler, sizeof(filler) } },
	                     &a),
	    JK_ERR_TOO_BIG);
	assert_int_equal(s.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_apdu_run_without_data),
		cmocka_unit_test(test_apdu_run_with_data_and_answer),
		cmocka_unit_test(test_apdu_run_get_response_joins),
		cmocka_unit_test(test_apdu_run_endless_61_ends),
		cmocka_unit_test(test_apdu_run_too_much_data_ends),
		cmocka_unit_test(test_apdu_run_answer_without_status),
		cmocka_unit_test(test_apdu_run_large_is_chained),
		cmocka_unit_test(
		    test_apdu_run_refused_chain_ends_with_its_status),
		cmocka_unit_test(test_apdu_run_large_extended_is_one),
		cmocka_unit_test(test_apdu_run_too_long_a_command_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
