/* SPDX-License-Identifier: BSD-2-Clause */
/* A request as its frame, and the greeting before it. */
#include "test.h"

#include <string.h>

#include "client.h"

static const uint8_t nonce[JK_NONCE_LEN] = { 1, 2, 3 };

static void
test_every_field_at_once(void **state)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	const struct jk_request r = {
		.type = JK_FRAME_SEEN,
		.account = "hanako",
		.service = "login",
		.tty = "tty1",
		.host = "host",
		.ticket = "t",
		.session = "s1",
		.command = "card.approve",
		.function = "f",
		.opid = "m0123-2",
		.reader = "Reader 00 00",
		.cause = JK_CAUSE_LEFT,
		.seconds = 75,
		.flags = JK_FLAG_SILENT,
	};
	char text[64];
	uint64_t n;

	(void)state;
	assert_int_equal(jk_frame_new(&f), JK_OK);
	assert_int_equal(jk_client_encode(&r, nonce, f), JK_OK);
	assert_int_equal(jk_frame_type(f), JK_FRAME_SEEN);
	assert_int_equal(jk_frame_get_str(f, JK_FIELD_READER, text,
	                     sizeof(text)),
	    JK_OK);
	assert_string_equal(text, "Reader 00 00");
	assert_int_equal(jk_frame_get_u64(f, JK_FIELD_CAUSE, &n), JK_OK);
	assert_int_equal(n, JK_CAUSE_LEFT);
	assert_int_equal(jk_frame_get_u64(f, JK_FIELD_SECONDS, &n), JK_OK);
	assert_int_equal(n, 75);
}

static void
test_what_is_not_said_is_left_out(void **state)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	const struct jk_request r = { .type = JK_FRAME_LOOK, .reader = "" };
	struct jk_cur cur;
	uint64_t n;

	(void)state;
	assert_int_equal(jk_frame_new(&f), JK_OK);
	assert_int_equal(jk_client_encode(&r, nonce, f), JK_OK);
	assert_int_equal(jk_frame_get(f, JK_FIELD_NONCE, &cur), JK_OK);
	assert_int_equal(cur.left, JK_NONCE_LEN);
	assert_int_equal(jk_frame_get(f, JK_FIELD_READER, &cur),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_frame_get_u64(f, JK_FIELD_CAUSE, &n),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_frame_get_u64(f, JK_FIELD_SECONDS, &n),
	    JK_ERR_NOT_FOUND);
}

static enum jk_err
hello(uint8_t type, size_t nonce_len, uint64_t ms)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	uint8_t got[JK_NONCE_LEN], sent[JK_NONCE_LEN + 1] = { 9 };
	int64_t got_ms = -1;
	enum jk_err e;

	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, type);
	assert_int_equal(jk_frame_put(f, JK_FIELD_NONCE, sent, nonce_len),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_DEADLINE_MS, ms), JK_OK);
	e = jk_client_hello(f, got, &got_ms);
	if (e == JK_OK) {
		assert_memory_equal(got, sent, JK_NONCE_LEN);
		assert_int_equal(got_ms, ms);
	}
	return e;
}

static void
test_greeting(void **state)
{
	(void)state;
	assert_int_equal(hello(JK_FRAME_HELLO, JK_NONCE_LEN, 45000), JK_OK);
	assert_int_not_equal(hello(JK_FRAME_NOTE, JK_NONCE_LEN, 45000), JK_OK);
	assert_int_not_equal(hello(JK_FRAME_HELLO, JK_NONCE_LEN - 1, 45000),
	    JK_OK);
	assert_int_not_equal(hello(JK_FRAME_HELLO, JK_NONCE_LEN + 1, 45000),
	    JK_OK);
	assert_int_not_equal(hello(JK_FRAME_HELLO, JK_NONCE_LEN, UINT64_MAX),
	    JK_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_at_once),
		cmocka_unit_test(test_what_is_not_said_is_left_out),
		cmocka_unit_test(test_greeting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
