/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "tlv.h"

struct row {
	const char *name;
	const uint8_t *bytes;
	size_t len;
	enum jk_err err;
	uint16_t tag;
	size_t value_len;
	size_t left;
};

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1
#define ROW(name, text, tag, value_len, left)                  \
	{                                                      \
		name, BYTES(text), JK_OK, tag, value_len, left \
	}
#define LIE(name, text, err)                    \
	{                                       \
		name, BYTES(text), err, 0, 0, 0 \
	}

static const struct row rows[] = {
	ROW("empty value", "\x53\x00", 0x53, 0, 0),
	ROW("short", "\x53\x02\xaa\xbb\xcc", 0x53, 2, 1),
	ROW("two byte tag", "\x5f\x2f\x01\xaa", 0x5f2f, 1, 0),
	ROW("highest two byte tag", "\x7f\x7f\x00", 0x7f7f, 0, 0),
	ROW("error tag FE", "\xfe\x00", 0xfe, 0, 0),

	LIE("nothing", "", JK_ERR_TRUNCATED),
	LIE("tag alone", "\x53", JK_ERR_TRUNCATED),
	LIE("half a tag", "\x5f", JK_ERR_TRUNCATED),
	LIE("length past the end", "\x53\x03\xaa\xbb", JK_ERR_TRUNCATED),
	LIE("81 without length", "\x53\x81", JK_ERR_TRUNCATED),
	LIE("82 with half a length", "\x53\x82\x01", JK_ERR_TRUNCATED),
	LIE("82 past the end", "\x53\x82\xff\xff\x00", JK_ERR_TRUNCATED),
	LIE("zero tag", "\x00\x00", JK_ERR_FORMAT),
	LIE("three byte tag", "\x5f\x81\x01\x00", JK_ERR_FORMAT),
	LIE("tag longer than needed", "\x5f\x1e\x00", JK_ERR_FORMAT),
	LIE("indefinite", "\x53\x80\x00\x00", JK_ERR_FORMAT),
	LIE("81 for a short one", "\x53\x81\x01\xaa", JK_ERR_FORMAT),
	LIE("82 for a short one", "\x53\x82\x00\x01\xaa", JK_ERR_FORMAT),
	LIE("three byte length", "\x53\x83\x00\x00\x01\xaa", JK_ERR_FORMAT),
	LIE("2^31", "\x53\x84\x80\x00\x00\x00", JK_ERR_FORMAT),
	LIE("2^64", "\x53\x88\xff\xff\xff\xff\xff\xff\xff\xff", JK_ERR_FORMAT),
	LIE("reserved FF", "\x53\xff\xaa", JK_ERR_FORMAT),
};

static void
check(const struct row *row)
{
	struct jk_cur cur = { row->bytes, row->len };
	const struct jk_cur before = cur;
	struct jk_tlv tlv = { .tag = 0xbeef };

	assert_int_equal(jk_tlv_next(&cur, &tlv), row->err);
	if (row->err != JK_OK) {
		assert_ptr_equal(cur.at, before.at);
		assert_int_equal(cur.left, before.left);
		assert_int_equal(tlv.tag, 0xbeef);
		return;
	}
	assert_int_equal(tlv.tag, row->tag);
	assert_int_equal(tlv.value.left, row->value_len);
	assert_int_equal(cur.left, row->left);
	assert_ptr_equal(tlv.value.at + tlv.value.left, cur.at);
}

static void
test_tlv_next_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		print_message("# %s\n", rows[i].name);
		check(&rows[i]);
	}
}

/* The borders between the three forms of a length. */
static void
test_tlv_next_long_lengths(void **state)
{
	static const struct {
		const char *head;
		size_t head_len, value_len;
	} forms[] = {
		{ "\x70\x7f", 2, 0x7f },
		{ "\x70\x81\x80", 3, 0x80 },
		{ "\x70\x81\xff", 3, 0xff },
		{ "\x70\x82\x01\x00", 4, 0x100 },
		{ "\x70\x82\xff\xff", 4, 0xffff },
	};
	static uint8_t bytes[4 + 0xffff];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(forms); i++) {
		struct jk_cur cur = { bytes,
			forms[i].head_len + forms[i].value_len };
		struct jk_tlv tlv;

		memcpy(bytes, forms[i].head, forms[i].head_len);
		assert_int_equal(jk_tlv_next(&cur, &tlv), JK_OK);
		assert_int_equal(tlv.value.left, forms[i].value_len);
		assert_int_equal(cur.left, 0);
		cur = (struct jk_cur){ bytes,
			forms[i].head_len + forms[i].value_len - 1 };
		assert_int_equal(jk_tlv_next(&cur, &tlv), JK_ERR_TRUNCATED);
	}
}

static void
test_tlv_expect_other_tag_leaves_cursor(void **state)
{
	static const uint8_t bytes[] = { 0x71, 0x01, 0x00 };
	struct jk_cur cur = { bytes, sizeof(bytes) }, value = { 0 };

	(void)state;
	assert_int_equal(jk_tlv_expect(&cur, 0x70, &value), JK_ERR_FORMAT);
	assert_int_equal(cur.left, sizeof(bytes));
	assert_null(value.at);
	assert_int_equal(jk_tlv_expect(&cur, 0x71, &value), JK_OK);
	assert_int_equal(cur.left, 0);
	assert_int_equal(value.left, 1);
}

static void
test_tlv_only_refuses_what_follows(void **state)
{
	static const uint8_t bytes[] = { 0x53, 0x01, 0x00, 0x00 };
	struct jk_cur value = { 0 };

	(void)state;
	assert_int_equal(jk_tlv_only((struct jk_cur){ bytes, 4 }, 0x53, &value),
	    JK_ERR_FORMAT);
	assert_null(value.at);
	assert_int_equal(jk_tlv_only((struct jk_cur){ bytes, 3 }, 0x53, &value),
	    JK_OK);
	assert_int_equal(value.left, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tlv_next_table),
		cmocka_unit_test(test_tlv_next_long_lengths),
		cmocka_unit_test(test_tlv_expect_other_tag_leaves_cursor),
		cmocka_unit_test(test_tlv_only_refuses_what_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
