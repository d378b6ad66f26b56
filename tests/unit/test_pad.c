/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "applet.h"
#include "card_script.h"
#include "hex.h"
#include "pad.h"

/* ---- the list of features ---- */

static const struct list_row {
	const char *name, *list;
	enum jk_err err;
	uint32_t verify;
} lists[] = {
	{ "alone", "060442000001", JK_OK, 0x42000001 },
	{ "among others", "0704424242420604420013370a0400000005", JK_OK,
	    0x42001337 },
	{ "others of any length", "2000060442330006130142", JK_OK, 0x42330006 },
	{ "empty", "", JK_ERR_NOT_FOUND, 0 },
	{ "others only", "070442000002120442000003", JK_ERR_NOT_FOUND, 0 },
	{ "twice", "060442000001060442000002", JK_ERR_FORMAT, 0 },
	{ "code 0", "060400000000", JK_ERR_FORMAT, 0 },
	{ "of 0 bytes", "0600", JK_ERR_FORMAT, 0 },
	{ "of 3 bytes", "0603420001", JK_ERR_FORMAT, 0 },
	{ "of 5 bytes", "06054200000100", JK_ERR_FORMAT, 0 },
	{ "a tag alone", "06", JK_ERR_TRUNCATED, 0 },
	{ "cut", "0604420000", JK_ERR_TRUNCATED, 0 },
	{ "good, and a tag behind it", "06044200000107", JK_ERR_TRUNCATED, 0 },
	{ "good, and one that is cut", "0604420000010704420000",
	    JK_ERR_TRUNCATED, 0 },
	{ "length of 255", "06ff42000001", JK_ERR_TRUNCATED, 0 },
};

static void
test_pad_parse_takes_the_code_or_leaves_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(lists); i++) {
		const struct list_row *row = &lists[i];
		const size_t n = strlen(row->list) / 2;
		struct jk_pad pad = { .verify = 7 };
		uint8_t list[64];
		enum jk_err e;

		assert_int_equal(jk_hex_decode(row->list, list, n), JK_OK);
		e = jk_pad_parse((struct jk_cur){ list, n }, &pad);
		if (e != row->err)
			fail_msg("%s: %s", row->name, jk_err_text(e));
		if (pad.verify != (e == JK_OK ? row->verify : 7))
			fail_msg("%s: %#x", row->name, pad.verify);
	}
}

/* ---- a reader ---- */

struct reader {
	enum jk_err err;
	const char *answer; /* hex */
	uint32_t code;
	size_t len;
	uint8_t order[JK_PAD_ORDER_MAX];
};

static enum jk_err
control(void *ctx, uint32_t code, const uint8_t *order, size_t len,
    uint8_t *ret, size_t size, size_t *ret_len)
{
	struct reader *r = ctx;

	assert_true(len <= sizeof(r->order));
	r->code = code;
	r->len = len;
	if (len > 0)
		memcpy(r->order, order, len);
	if (r->err != JK_OK)
		return r->err;
	*ret_len = strlen(r->answer) / 2;
	assert_true(*ret_len <= size);
	assert_int_equal(jk_hex_decode(r->answer, ret, *ret_len), JK_OK);
	return JK_OK;
}

static void
test_pad_find_reader_without_an_answer_has_none(void **state)
{
	struct reader r = { .answer = "060442000001" };
	const struct jk_control c = { control, &r };
	struct jk_pad pad = { 7 };

	(void)state;
	jk_pad_find(&c, &pad);
	assert_int_equal(pad.verify, 0x42000001);
	assert_int_equal(r.code, 0x42000000 + 3400);
	assert_int_equal(r.len, 0);
	r.answer = "0604420000";
	jk_pad_find(&c, &pad);
	assert_int_equal(pad.verify, 0);
	pad.verify = 7;
	r.err = JK_ERR_UNSUPPORTED;
	jk_pad_find(&c, &pad);
	assert_int_equal(pad.verify, 0);
}

/* ---- the structure ---- */

static void
assert_built(const struct jk_applet *applet, unsigned min, unsigned max,
    const char *hex)
{
	const struct jk_pin_range range = { (uint8_t)min, (uint8_t)max };
	uint8_t order[JK_PAD_ORDER_MAX];
	char text[2 * sizeof(order) + 1];
	size_t n = jk_pad_build(applet->form, &range, 41, order);

	jk_hex_encode(order, n, text);
	assert_string_equal(text, hex);
}

static void
test_pad_build_is_what_part_10_says(void **state)
{
	const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	(void)state;
	if (!little)
		skip();
	/* 41 s, reader's second timer; ASCII, left; block; no length field;
	 * 8 and 6 digits; OK key; default message; en; index; prologue; 13. */
	assert_built(&jk_piv, 6, 8,
	    "2900820800080602ff0904000000000d000000"
	    "0020008008ffffffffffffffff");
	assert_built(&jk_jpki, 4, 4,
	    "2900820400040402ff09040000000009000000"
	    "0020008004ffffffff");
}

static void
test_pin_range_is_of_card_and_settings(void **state)
{
	static const struct {
		const struct jk_applet *applet;
		uint64_t min, max;
		enum jk_err err;
		struct jk_pin_range want;
	} rows[] = {
		{ &jk_piv, 4, 16, JK_OK, { 6, 8 } },
		{ &jk_piv, 7, 7, JK_OK, { 7, 7 } },
		{ &jk_piv, 1, 64, JK_OK, { 6, 8 } },
		/* Cards that are not as the standard says. */
		{ &jk_piv, 4, 5, JK_OK, { 4, 5 } },
		{ &jk_piv, 9, 12, JK_ERR_FORMAT, { 0 } },
		{ &jk_piv, 0, 5, JK_ERR_FORMAT, { 0 } },
		{ &jk_piv, 8, 6, JK_ERR_FORMAT, { 0 } },
		{ &jk_piv, UINT64_MAX, UINT64_MAX, JK_ERR_FORMAT, { 0 } },
		{ &jk_jpki, 4, 16, JK_OK, { 4, 4 } },
		{ &jk_jpki, 6, 8, JK_ERR_FORMAT, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_pin_range range = { 0 };

		assert_int_equal(jk_pin_range(rows[i].applet->form, rows[i].min,
		                     rows[i].max, &range),
		    rows[i].err);
		assert_int_equal(range.min, rows[i].want.min);
		assert_int_equal(range.max, rows[i].want.max);
	}
}

static void
test_pad_seconds_leave_time_for_the_rest(void **state)
{
	static const struct {
		int64_t ms;
		unsigned seconds;
	} rows[] = {
		{ INT64_MIN / 8, 0 },
		{ -1, 0 },
		{ 0, 0 },
		{ 1000, 0 }, /* 0 would be the reader's own time */
		{ 1400, 1 },
		{ 3000, 2 },
		{ 45000, 42 },
		{ 258999, 255 },
		{ 600000, 255 },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		assert_int_equal(jk_pad_seconds(rows[i].ms), rows[i].seconds);
}

/* ---- its answer ---- */

static enum jk_err
verify(struct reader *r, uint16_t *ret_sw)
{
	const struct jk_control c = { control, r };
	const struct jk_pin_range range = { 6, 8 };

	return jk_pad_verify(&c, &(struct jk_pad){ 0x42000001 }, jk_piv.form,
	    &range, 9, ret_sw);
}

static void
test_pad_verify_answer_is_a_status_word(void **state)
{
	struct reader r = { .answer = "63c2" };
	uint16_t sw = 0;

	(void)state;
	assert_int_equal(verify(&r, &sw), JK_OK);
	assert_int_equal(sw, 0x63c2);
	assert_int_equal(r.code, 0x42000001);
	assert_int_equal(r.len, 19 + 13);
	assert_int_equal(r.order[0], 9);
	sw = 7;
	r.answer = "";
	assert_int_equal(verify(&r, &sw), JK_ERR_FORMAT);
	r.answer = "90";
	assert_int_equal(verify(&r, &sw), JK_ERR_FORMAT);
	r.answer = "319000";
	assert_int_equal(verify(&r, &sw), JK_ERR_FORMAT);
	r.err = JK_ERR_CLOSED;
	assert_int_equal(verify(&r, &sw), JK_ERR_CLOSED);
	assert_int_equal(sw, 7);
}

static void
test_pad_why_is_the_pads_own(void **state)
{
	static const struct {
		uint16_t sw;
		enum jk_reason why;
	} rows[] = {
		{ 0x6400, JK_WHY_PIN_TIMEOUT },
		{ 0x6401, JK_WHY_PIN_CANCELLED },
		{ 0x6403, JK_WHY_PIN_MALFORMED },
		{ 0x6b80, JK_WHY_READER_PINPAD },
		/* The card's, or nobody's. */
		{ 0x9000, JK_WHY_INTERNAL },
		{ 0x63c0, JK_WHY_INTERNAL },
		{ 0x6983, JK_WHY_INTERNAL },
		{ 0x6402, JK_WHY_INTERNAL },
		{ 0x0000, JK_WHY_INTERNAL },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		enum jk_reason why = JK_WHY_INTERNAL;

		assert_int_equal(jk_pad_why(rows[i].sw, &why),
		    rows[i].why != JK_WHY_INTERNAL);
		assert_int_equal(why, rows[i].why);
	}
}

/* The command of a My Number card is about the PIN whose file is selected. */
static void
test_pin_form_selects_before(void **state)
{
	static const char *const answers[] = { "9000", NULL };
	struct script script = { .answers = answers };
	const struct jk_channel channel = script_channel(&script);

	(void)state;
	assert_null(jk_piv.form->select);
	assert_int_equal(jk_jpki.form->select(&channel), JK_OK);
	assert_int_equal(script.n, 1);
	assert_command(&script, 0, "00a4020c020018");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pad_parse_takes_the_code_or_leaves_all),
		cmocka_unit_test(
		    test_pad_find_reader_without_an_answer_has_none),
		cmocka_unit_test(test_pad_build_is_what_part_10_says),
		cmocka_unit_test(test_pin_range_is_of_card_and_settings),
		cmocka_unit_test(test_pad_seconds_leave_time_for_the_rest),
		cmocka_unit_test(test_pad_verify_answer_is_a_status_word),
		cmocka_unit_test(test_pad_why_is_the_pads_own),
		cmocka_unit_test(test_pin_form_selects_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
