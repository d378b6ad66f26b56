/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "codec.h"

#define LONG_ID \
	"a123456789-a123456789-a123456789-a123456789-a123456789-abcdefghi"

static const struct jk_person person = {
	.id = "p0123",
	.name = "\xe4\xbd\x8f\xe5\x9f\xba \xe8\x8a\xb1\xe5\xad\x90",
	.department = "shimin",
	.valid = { 1, INT64_MAX },
	.enabled = true,
};

static const struct jk_account account = {
	.name = "hanako",
	.uid = 4294967294,
	.n_persons = 2,
	.person = { "p0123", LONG_ID },
};

static const struct jk_opids opids = {
	.n = 2,
	.opid = {
	    { .id = "m0123-2", .person = "p0123", .type = "moving-desk",
	        .valid = { 5, 6 }, .enabled = true },
	    { .id = "m0123-9", .person = "p0123", .type = "site-management",
	        .department = "soumu" },
	},
};

static const struct jk_card card = {
	.id = "c-0042",
	.person = "p0123",
	.state = JK_CARD_ACTIVE,
	.key = { 1, 2, 255 },
	.valid = { 3, 4 },
	.cert_len = JK_CERT_MAX,
	.cert = { 0x30, 0x82 },
};

static const struct jk_terminal terminal = {
	.id = "shimin-03",
	.class = "integrated-terminal",
};

static const struct jk_type type = {
	.id = "moving-desk",
	.number = 3,
	.enabled = true,
	.n_classes = 2,
	.class = { "cs", "integrated-terminal" },
};

static const struct jk_settings settings = {
	.terminal = "shimin-03",
	.recording = JK_RECORDING_KERNEL,
	.deadline_ms = 45000,
	.card_wait_ms = 20000,
	.receipt_ms = 2000,
	.pin_min = 4,
	.pin_max = 16,
	.contact = "\xe5\x86\x85\xe7\xb7\x9a 123",
	.n_enforced = 2,
	.enforced = { "login", "gdm-password" },
};

static const struct jk_edition edition = {
	.serial = 7,
	.made_at = 1795298607,
	.valid_until = 1795903407,
	.policy = "2026-11.a",
	.digest = { 9 },
};

/* Both ways; each cut and each byte too many is refused and changes nothing.
 * Encoding again compares fields without caring for padding. */
#define ROUND_TRIP(noun, type_)                                             \
	static void test_##noun##_round_trips(void **state)                 \
	{                                                                   \
		static struct jk_rowbuf buf, again;                         \
		static type_ back, before;                                  \
		struct jk_cur bytes;                                        \
                                                                            \
		(void)state;                                                \
		assert_int_equal(jk_##noun##_encode(&noun, &buf), JK_OK);   \
		for (size_t n = 0; n < buf.len; n++) {                      \
			bytes = (struct jk_cur){ buf.bytes, n };            \
			memset(&back, 0x5a, sizeof(back));                  \
			memset(&before, 0x5a, sizeof(before));              \
			assert_int_equal(jk_##noun##_decode(bytes, &back),  \
			    JK_ERR_FORMAT);                                 \
			assert_memory_equal(&back, &before, sizeof(back));  \
		}                                                           \
		buf.bytes[buf.len] = 0;                                     \
		bytes = (struct jk_cur){ buf.bytes, buf.len + 1 };          \
		assert_int_equal(jk_##noun##_decode(bytes, &back),          \
		    JK_ERR_FORMAT);                                         \
		bytes.left--;                                               \
		assert_int_equal(jk_##noun##_decode(bytes, &back), JK_OK);  \
		assert_int_equal(jk_##noun##_encode(&back, &again), JK_OK); \
		assert_int_equal(again.len, buf.len);                       \
		assert_memory_equal(again.bytes, buf.bytes, buf.len);       \
	}
JK_CODEC_TABLE(ROUND_TRIP)

static void
test_decode_gives_the_values_back(void **state)
{
	static struct jk_rowbuf buf;
	struct jk_account a = { 0 };
	struct jk_settings s = { 0 };

	(void)state;
	assert_int_equal(jk_account_encode(&account, &buf), JK_OK);
	assert_int_equal(jk_account_decode((struct jk_cur){ buf.bytes,
	                                       buf.len },
	                     &a),
	    JK_OK);
	assert_string_equal(a.name, "hanako");
	assert_true(a.uid == 4294967294);
	assert_int_equal(a.n_persons, 2);
	assert_string_equal(a.person[1], LONG_ID);
	assert_int_equal(jk_settings_encode(&settings, &buf), JK_OK);
	assert_int_equal(jk_settings_decode((struct jk_cur){ buf.bytes,
	                                        buf.len },
	                     &s),
	    JK_OK);
	assert_int_equal(s.recording, JK_RECORDING_KERNEL);
	assert_int_equal(s.pin_max, 16);
	assert_string_equal(s.enforced[1], "gdm-password");
}

static void
test_encode_refuses_what_is_out_of_bounds(void **state)
{
	static struct jk_rowbuf buf;
	struct jk_person p = person;
	struct jk_account a = account;
	struct jk_card c = card;
	struct jk_type t = type;

	(void)state;
	strcpy(p.id, "P1");
	assert_int_equal(jk_person_encode(&p, &buf), JK_ERR_FORMAT);
	strcpy(p.id, "");
	assert_int_equal(jk_person_encode(&p, &buf), JK_ERR_FORMAT);
	p = person;
	strcpy(p.name, "a\x1b");
	assert_int_equal(jk_person_encode(&p, &buf), JK_ERR_FORMAT);
	p = person;
	p.valid.from = -1;
	assert_int_equal(jk_person_encode(&p, &buf), JK_ERR_FORMAT);
	a.n_persons = JK_PERSONS_MAX + 1;
	assert_int_equal(jk_account_encode(&a, &buf), JK_ERR_FORMAT);
	c.cert_len = JK_CERT_MAX + 1;
	assert_int_equal(jk_card_encode(&c, &buf), JK_ERR_FORMAT);
	c.cert_len = 0;
	assert_int_equal(jk_card_encode(&c, &buf), JK_ERR_FORMAT);
	t.number = 10;
	assert_int_equal(jk_type_encode(&t, &buf), JK_ERR_FORMAT);
}

static void
test_encode_takes_the_largest_rows(void **state)
{
	static struct jk_rowbuf buf;
	struct jk_opids all = { .n = JK_OPIDS_MAX };

	(void)state;
	for (size_t i = 0; i < JK_OPIDS_MAX; i++) {
		strcpy(all.opid[i].id, LONG_ID);
		strcpy(all.opid[i].person, LONG_ID);
		strcpy(all.opid[i].type, LONG_ID);
		strcpy(all.opid[i].department, LONG_ID);
	}
	assert_int_equal(strlen(LONG_ID), JK_ID_MAX);
	assert_int_equal(jk_opids_encode(&all, &buf), JK_OK);
}

/* A count that its elements bear out, but the row has no room for. */
static void
test_decode_list_that_is_too_long_is_refused(void **state)
{
	static struct jk_rowbuf buf;
	struct jk_account a = { .name = "kept" };
	struct jk_cur bytes;

	(void)state;
	assert_int_equal(jk_account_encode(&account, &buf), JK_OK);
	/* Name, uid, count; then ids of two bytes. */
	buf.len = 2 + strlen(account.name) + 4;
	buf.bytes[buf.len++] = 0;
	buf.bytes[buf.len++] = JK_PERSONS_MAX;
	for (size_t i = 0; i < JK_PERSONS_MAX + 1; i++) {
		memcpy(buf.bytes + buf.len, "\0\2p1", 4);
		buf.len += 4;
	}
	bytes = (struct jk_cur){ buf.bytes, buf.len - 4 };
	assert_int_equal(jk_account_decode(bytes, &a), JK_OK);
	a = (struct jk_account){ .name = "kept" };
	buf.bytes[2 + strlen(account.name) + 5] = JK_PERSONS_MAX + 1;
	bytes.left += 4;
	assert_int_equal(jk_account_decode(bytes, &a), JK_ERR_FORMAT);
	assert_string_equal(a.name, "kept");
}

/* Any byte changed: a row within its bounds, or an error. */
static void
test_decode_any_byte_changed_stays_in_bounds(void **state)
{
	static struct jk_rowbuf buf, again;
	struct jk_account a;

	(void)state;
	assert_int_equal(jk_account_encode(&account, &buf), JK_OK);
	for (size_t i = 0; i < buf.len; i++)
		for (unsigned flip = 1; flip < 256; flip++) {
			struct jk_cur bytes = { buf.bytes, buf.len };

			buf.bytes[i] ^= (uint8_t)flip;
			if (jk_account_decode(bytes, &a) == JK_OK)
				assert_int_equal(jk_account_encode(&a, &again),
				    JK_OK);
			buf.bytes[i] ^= (uint8_t)flip;
		}
}

#define ROUND_TRIP_CASE(noun, type_) \
	cmocka_unit_test(test_##noun##_round_trips),

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JK_CODEC_TABLE(ROUND_TRIP_CASE)
		    cmocka_unit_test(test_decode_gives_the_values_back),
		cmocka_unit_test(test_encode_refuses_what_is_out_of_bounds),
		cmocka_unit_test(test_encode_takes_the_largest_rows),
		cmocka_unit_test(test_decode_list_that_is_too_long_is_refused),
		cmocka_unit_test(test_decode_any_byte_changed_stays_in_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
