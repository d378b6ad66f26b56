/* SPDX-License-Identifier: BSD-2-Clause */
/* How sessions stand, as jukinetd's frames say. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "sessions.h"

struct says {
	const char *id, *reader;
	uint64_t uid, state, proven, since;
	size_t leaders, leader_size;
};

static const struct says good = {
	.id = "s1",
	.reader = "Reader 00 00",
	.uid = 1000,
	.state = 1,
	.proven = 5000,
	.since = 6000,
	.leaders = 2,
	.leader_size = sizeof(struct jk_login),
};

static void
say(struct jk_frame *f, const struct says *s)
{
	const struct jk_login login[2] = { { 77, 88 }, { 99, 11 } };

	jk_frame_start(f, JK_FRAME_LIVE);
	if (s->id != NULL)
		assert_int_equal(jk_frame_put_str(f, JK_FIELD_SESSION, s->id),
		    JK_OK);
	if (s->reader != NULL)
		assert_int_equal(jk_frame_put_str(f, JK_FIELD_READER,
		                     s->reader),
		    JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_PROVEN_MS, s->proven),
	    JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_UID, s->uid), JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_STATE, s->state), JK_OK);
	assert_int_equal(jk_frame_put_u64(f, JK_FIELD_BOOT_MS, s->since),
	    JK_OK);
	for (size_t i = 0; i < s->leaders; i++)
		assert_int_equal(jk_frame_put(f, JK_FIELD_LEADER, &login[i % 2],
		                     s->leader_size),
		    JK_OK);
}

static enum jk_err
add(const struct says *s, struct jk_sessions *ret)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;

	assert_int_equal(jk_frame_new(&f), JK_OK);
	say(f, s);
	return jk_sessions_add(ret, f);
}

static void
test_live(void **state)
{
	struct jk_sessions s = { 0 };

	(void)state;
	assert_int_equal(add(&good, &s), JK_OK);
	assert_int_equal(s.n, 1);
	assert_string_equal(s.live[0].id, "s1");
	assert_string_equal(s.live[0].reader, "Reader 00 00");
	assert_int_equal(s.live[0].uid, 1000);
	assert_true(s.live[0].active);
	assert_int_equal(s.live[0].proven_ms, 5000);
	assert_int_equal(s.live[0].since_ms, 6000);
	assert_int_equal(s.live[0].n_leaders, 2);
	assert_int_equal(s.live[0].leader[1].pid, 99);
	assert_int_equal(s.live[0].leader[1].start, 11);
}

static void
test_live_without_reader(void **state)
{
	struct says says = good;
	struct jk_sessions s = { 0 };

	(void)state;
	says.reader = NULL;
	says.state = 2;
	says.leaders = 0;
	assert_int_equal(add(&says, &s), JK_OK);
	assert_string_equal(s.live[0].reader, "");
	assert_false(s.live[0].active);
}

static void
test_more_than_fit(void **state)
{
	struct says says = good;
	struct jk_sessions s = { 0 };

	(void)state;
	says.leaders = JK_LEADERS_MAX + 3;
	for (size_t i = 0; i < JK_LIVE_MAX; i++)
		assert_int_equal(add(&says, &s), JK_OK);
	assert_int_equal(s.live[0].n_leaders, JK_LEADERS_MAX);
	assert_false(s.is_cut);
	says.state = 2;
	says.id = "locked";
	assert_int_equal(add(&says, &s), JK_OK);
	assert_int_equal(s.n_more, 1);
	assert_string_equal(s.spare.id, "");
	says.state = 1;
	says.id = "active";
	assert_int_equal(add(&says, &s), JK_OK);
	assert_int_equal(s.n, JK_LIVE_MAX);
	assert_string_equal(s.spare.id, "active");
	assert_int_equal(s.spare.uid, 1000);
	/* Whoever comes last, the highest number has no place. */
	s.live[7].uid = 2000;
	strcpy(s.live[7].id, "high");
	says.id = "low";
	says.uid = 7;
	assert_int_equal(add(&says, &s), JK_OK);
	assert_string_equal(s.spare.id, "high");
	assert_string_equal(s.live[7].id, "low");
	/* Of the others it is known whose they are, and that there are more. */
	assert_int_equal(s.n_more, 3);
	assert_int_equal(s.more[2], 2000);
	for (size_t i = 3; i < JK_MORE_MAX; i++)
		assert_int_equal(add(&says, &s), JK_OK);
	assert_false(s.is_cut);
	assert_int_equal(add(&says, &s), JK_OK);
	assert_true(s.is_cut);
	assert_int_equal(s.n_more, JK_MORE_MAX);
}

static void
test_bad_live(void **state)
{
	char longer[JK_READER_NAME + 2];
	struct jk_sessions s = { 0 };
	struct says says;

	(void)state;
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
#define BAD(change)                                  \
	says = good;                                 \
	says.change;                                 \
	assert_int_not_equal(add(&says, &s), JK_OK); \
	assert_int_equal(s.n, 0)
	BAD(id = NULL);
	BAD(id = "");
	BAD(id = longer);
	BAD(reader = longer);
	BAD(uid = UINT32_MAX);
	BAD(state = 0);
	BAD(state = 4);
	BAD(proven = UINT64_MAX);
	BAD(since = UINT64_MAX);
	BAD(leader_size = 8);
#undef BAD
}

static const uint8_t setting[] = { JK_FIELD_PRESENT, JK_FIELD_REMOVAL,
	JK_FIELD_LOCK_WITHIN_S, JK_FIELD_LOCKED_MAX_S, JK_FIELD_LEFT_S,
	JK_FIELD_LEFTOVERS };

static enum jk_err
settle(const uint64_t value[static 6], size_t without, struct jk_sessions *ret)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;

	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, JK_FRAME_VERDICT);
	for (size_t i = 0; i < 6; i++)
		if (i != without)
			assert_int_equal(jk_frame_put_u64(f, setting[i],
			                     value[i]),
			    JK_OK);
	return jk_sessions_settle(ret, f);
}

static void
test_settings(void **state)
{
	const uint64_t value[6] = { JK_PRESENT_NEVER, JK_REMOVAL_NONE, 5, 3600,
		60, JK_LEFTOVERS_END };
	struct jk_sessions s = { 0 };

	(void)state;
	for (size_t i = 0; i < 6; i++)
		assert_int_not_equal(settle(value, i, &s), JK_OK);
	assert_false(s.known);
	assert_int_equal(settle(value, 6, &s), JK_OK);
	assert_true(s.known);
	assert_int_equal(s.settings.present, JK_PRESENT_NEVER);
	assert_int_equal(s.settings.removal, JK_REMOVAL_NONE);
	assert_int_equal(s.settings.leftovers, JK_LEFTOVERS_END);
	assert_int_equal(s.settings.lock_within_ms, 5000);
	assert_int_equal(s.settings.locked_max_ms, 3600000);
	assert_int_equal(s.settings.left_ms, 60000);
}

static void
test_bad_settings(void **state)
{
	const uint64_t most[6] = { JK_PRESENT_COUNT - 1, JK_REMOVAL_COUNT - 1,
		86400, 86400, 86400, JK_LEFTOVERS_COUNT - 1 };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		uint64_t value[6];
		struct jk_sessions s = { 0 };

		memcpy(value, most, sizeof(value));
		value[i]++;
		assert_int_not_equal(settle(value, 6, &s), JK_OK);
		assert_false(s.known);
	}
}

static void
test_names_of_notices(void **state)
{
	static const char *const bad[] = { "", ".1000.abcdef", "-1", "+1", " 1",
		"1000x", "4294967295", "99999999999", "0x10" };
	uid_t uid = 7;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(bad); i++)
		assert_int_not_equal(jk_notice_uid(bad[i], &uid), JK_OK);
	assert_int_equal(uid, 7);
	assert_int_equal(jk_notice_uid("1000", &uid), JK_OK);
	assert_int_equal(uid, 1000);
}

static void
test_notices(void **state)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	bool ended = false;

	(void)state;
	assert_int_equal(jk_frame_new(&f), JK_OK);
	for (uint64_t i = 0; i < 5; i++) {
		struct jk_cur bytes;

		jk_frame_start(f, JK_FRAME_NOTICE);
		assert_int_equal(jk_frame_put_str(f, JK_FIELD_SESSION, "s1"),
		    JK_OK);
		assert_int_equal(jk_frame_put_u64(f, JK_FIELD_STATE, i), JK_OK);
		bytes = jk_frame_bytes(f);
		assert_int_equal(jk_notice_parse(bytes.at, bytes.left, &ended),
		    i < 4 ? JK_OK : JK_ERR_FORMAT);
		if (i < 4)
			assert_int_equal(ended, i == 0);
		assert_int_not_equal(jk_notice_parse(bytes.at, bytes.left - 1,
		                         &ended),
		    JK_OK);
	}
	assert_int_not_equal(jk_notice_parse("", 0, &ended), JK_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_live_without_reader),
		cmocka_unit_test(test_more_than_fit),
		cmocka_unit_test(test_bad_live),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_bad_settings),
		cmocka_unit_test(test_names_of_notices),
		cmocka_unit_test(test_notices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
