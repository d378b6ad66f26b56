/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "codec.h"

#define LONG_ID \
	"a123456789-a123456789-a123456789-a123456789-a123456789-abcdefghi"

#define NAME "\xe4\xbd\x8f\xe5\x9f\xba \xe8\x8a\xb1\xe5\xad\x90"

static const struct jk_department department = {
	.id = "shimin",
	.name = NAME,
	.contact = "\xe5\x86\x85\xe7\xb7\x9a 123",
};

static const struct jk_person person = {
	.id = "p0123",
	.name = NAME,
	.department = "shimin",
	.valid = { 1, INT64_MAX },
	.enabled = true,
	.contractor = true,
	.trained = 1775000000,
};

static const struct jk_account account = {
	.name = "hanako",
	.uid = 4294967294,
	.n_persons = 2,
	.person = { "p0123", LONG_ID },
	.reviewed = 1775000000,
};

static const struct jk_accounts_of accounts_of = {
	.person = "p0123",
	.n = 2,
	.name = { "hanako", "Madoguchi.1@shimin" },
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

static const struct jk_approvals approvals = {
	.n = 2,
	.approval = {
	    { .id = "a-1", .kind = JK_APPROVAL_DELEGATION, .person = "p0123",
	        .by = "p0009", .valid = { 5, 6 },
	        .functions = (1u << JK_FUNCTION_COUNT) - 1 },
	    { .id = "a-2", .kind = JK_APPROVAL_IDENTITY_INFO, .person = "p0123",
	        .by = "p0008", .terminal = "shimin-03", .valid = { 5, 6 },
	        .once = true, .businesses = (1u << JK_BUSINESS_COUNT) - 1 },
	},
};

static const struct jk_card card = {
	.id = "c-0042",
	.person = "p0123",
	.state = JK_CARD_ACTIVE,
	.spare = true,
	.handed_over = true,
	.key = { 1, 2, 255 },
	.valid = { 3, 4 },
	.for_signatures = true,
	.trust = { JK_TRUST_CRL_HARD, JK_TRUST_WRONG_USAGE, 5, 6, INT64_MAX },
	.cert_len = JK_CERT_MAX,
	.cert = { 0x30, 0x82 },
};

static const struct jk_terminal terminal = {
	.id = "shimin-03",
	.class = JK_CLASS_OTHER_DEPT,
	.room_level = 3,
	.revoked = true,
	.site = "honcho",
	.n_departments = 2,
	.department = { "shimin", "soumu" },
};

static const struct jk_type type = {
	.id = "moving-desk",
	.number = 3,
	.enabled = true,
	.classes = (1u << JK_CLASS_COUNT) - 1,
	.businesses = (1u << JK_BUSINESS_COUNT) - 1,
	.functions = 1,
	.delegated = (1u << JK_FUNCTION_COUNT) - 2,
};

static const struct jk_policy policy = {
	.version = "2026-11.a",
	.contact = "\xe5\x86\x85\xe7\xb7\x9a 9",
	.effective_from = 1775000000,
	.digest = { 9 },
	.class = { { 2, 4, JK_PRESENT_NEVER, JK_REMOVAL_NONE },
	    { 14, 0, JK_PRESENT_REQUIRED, JK_REMOVAL_LOGOUT },
	    { 8, 14, JK_PRESENT_AT_LOGIN, JK_REMOVAL_LOCK } },
	.n_owners = 2,
	.owner = { "shimin", "soumu" },
	.own_department = 1,
	.permission = 2,
	.second_person = (1u << JK_BUSINESS_COUNT) - 1,
	.bulk = 4,
	.bulk_count = JK_BULK_MAX,
	.bulk_hour = 99,
	.checkout = true,
	.function_needed = true,
	.training_s = 90 * 86400,
	.open_min = 510,
	.close_min = 1440,
	.weekdays = 0x7f,
	.n_closed = 2,
	.closed = { 1, INT64_MAX },
	.pin = { .change = JK_PIN_NEVER,
	    .allow_unknown = true,
	    .n_remind = 2,
	    .remind = { 30, 1 },
	    .puk = true,
	    .n_forbidden = 1,
	    .forbidden = { "246810" } },
};

static const struct jk_settings settings = {
	.terminal = "shimin-03",
	.recording = JK_RECORDING_KERNEL,
	.deadline_ms = 45000,
	.card_wait_ms = 20000,
	.receipt_ms = 2000,
	.pin_min = 4,
	.pin_max = 16,
	.pinpad = true,
	.contact = "\xe5\x86\x85\xe7\xb7\x9a 123",
	.gregorian = true,
	.password = true,
	.show_name = true,
	.n_enforced = 2,
	.enforced = { "login", "gdm-password" },
	.lock_within_s = 10,
	.locked_max_s = 7200,
	.left_s = 60,
	.leftovers = JK_LEFTOVERS_END,
	.leftovers_ms = 5000,
	.lookup_rate = 50,
	.lookup_burst = JK_LOOKUP_RATE_MAX,
	.reception_digits = JK_RECEPTION_MAX,
	.n_nameless = 1,
	.nameless = { "lightdm" },
	.trust_inputs = { 1, [JK_DIGEST_LEN - 1] = 2 },
};

static const struct jk_edition edition = {
	.serial = 7,
	.registry = INT64_MAX,
	.made_at = 1795298607,
	.valid_until = 1795903407,
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

/* What was encoded last. */
static struct jk_rowbuf buf;

static struct jk_cur
encoded(void)
{
	return (struct jk_cur){ buf.bytes, buf.len };
}

static void
test_decode_gives_the_values_back(void **state)
{
	static struct jk_settings s;
	static struct jk_policy p;
	static struct jk_approvals v;
	struct jk_account a = { 0 };
	struct jk_terminal t = { 0 };

	(void)state;
	assert_int_equal(jk_account_encode(&account, &buf), JK_OK);
	assert_int_equal(jk_account_decode(encoded(), &a), JK_OK);
	assert_string_equal(a.name, "hanako");
	assert_true(a.uid == 4294967294);
	assert_int_equal(a.n_persons, 2);
	assert_string_equal(a.person[1], LONG_ID);
	assert_int_equal(a.reviewed, 1775000000);
	assert_int_equal(jk_settings_encode(&settings, &buf), JK_OK);
	assert_int_equal(jk_settings_decode(encoded(), &s), JK_OK);
	assert_int_equal(s.recording, JK_RECORDING_KERNEL);
	assert_int_equal(s.pin_max, 16);
	assert_true(s.pinpad);
	assert_true(s.gregorian);
	assert_true(s.password);
	assert_true(s.show_name);
	assert_string_equal(s.enforced[1], "gdm-password");
	assert_int_equal(s.n_nameless, 1);
	assert_string_equal(s.nameless[0], "lightdm");
	assert_int_equal(jk_policy_encode(&policy, &buf), JK_OK);
	assert_int_equal(jk_policy_decode(encoded(), &p), JK_OK);
	assert_int_equal(p.class[JK_CLASS_OTHER_DEPT].methods, 8);
	assert_int_equal(p.class[JK_CLASS_CS].room_levels, 4);
	assert_int_equal(p.n_closed, 2);
	assert_true(p.closed[1] == INT64_MAX);
	assert_true(p.checkout);
	assert_int_equal(jk_approvals_encode(&approvals, &buf), JK_OK);
	assert_int_equal(jk_approvals_decode(encoded(), &v), JK_OK);
	assert_int_equal(v.approval[0].functions, 0x3ff);
	assert_int_equal(v.approval[1].businesses, 0x3fff);
	assert_string_equal(v.approval[1].terminal, "shimin-03");
	assert_true(v.approval[1].once && !v.approval[0].once);
	assert_int_equal(jk_terminal_encode(&terminal, &buf), JK_OK);
	assert_int_equal(jk_terminal_decode(encoded(), &t), JK_OK);
	assert_int_equal(t.class, JK_CLASS_OTHER_DEPT);
	assert_string_equal(t.department[1], "soumu");
}

/* Changes one member of a good row; encoding is then refused. */
#define REFUSED(noun, type_, change)                                 \
	do {                                                         \
		static type_ row;                                    \
		row = noun;                                          \
		change;                                              \
		if (jk_##noun##_encode(&row, &buf) != JK_ERR_FORMAT) \
			fail_msg(#noun ": " #change);                \
	} while (0)

static void
test_encode_refuses_what_is_out_of_bounds(void **state)
{
	(void)state;
	REFUSED(person, struct jk_person, strcpy(row.id, "P1"));
	REFUSED(person, struct jk_person, strcpy(row.id, ""));
	REFUSED(person, struct jk_person, strcpy(row.name, ""));
	REFUSED(person, struct jk_person, strcpy(row.name, "a\x1b"));
	REFUSED(person, struct jk_person, row.valid.from = -1);
	REFUSED(person, struct jk_person, row.trained = -1);
	REFUSED(department, struct jk_department, strcpy(row.id, "a b"));
	REFUSED(department, struct jk_department, strcpy(row.name, ""));
	REFUSED(account, struct jk_account, row.n_persons = 17);
	REFUSED(account, struct jk_account, strcpy(row.name, "0"));
	REFUSED(accounts_of, struct jk_accounts_of, row.n = 17);
	REFUSED(accounts_of, struct jk_accounts_of, strcpy(row.person, ""));
	REFUSED(accounts_of, struct jk_accounts_of,
	    strcpy(row.name[1], "../root"));
	REFUSED(card, struct jk_card, row.cert_len = JK_CERT_MAX + 1);
	REFUSED(card, struct jk_card, row.cert_len = 0);
	REFUSED(card, struct jk_card, row.state = JK_CARD_STATE_COUNT);
	REFUSED(card, struct jk_card, row.trust.level = JK_TRUST_LEVEL_COUNT);
	REFUSED(card, struct jk_card, row.trust.result = JK_TRUST_RESULT_COUNT);
	REFUSED(card, struct jk_card, row.trust.next_update = -1);
	REFUSED(terminal, struct jk_terminal, row.class = JK_CLASS_COUNT);
	REFUSED(terminal, struct jk_terminal, row.room_level = 4);
	REFUSED(terminal, struct jk_terminal, row.n_departments = 9);
	REFUSED(terminal, struct jk_terminal, strcpy(row.site, "X"));
	REFUSED(type, struct jk_type, row.number = 10);
	REFUSED(type, struct jk_type, row.classes = 1u << JK_CLASS_COUNT);
	REFUSED(type, struct jk_type, row.businesses |= 1u << 14);
	REFUSED(type, struct jk_type, row.functions = 1u << 10);
	REFUSED(type, struct jk_type, row.delegated = UINT32_MAX);
	REFUSED(opids, struct jk_opids, row.n = JK_OPIDS_MAX + 1);
	REFUSED(opids, struct jk_opids, strcpy(row.opid[1].type, ""));
	REFUSED(approvals, struct jk_approvals, row.n = 17);
	REFUSED(approvals, struct jk_approvals,
	    row.approval[0].kind = JK_APPROVAL_COUNT);
	REFUSED(approvals, struct jk_approvals, strcpy(row.approval[0].by, ""));
	REFUSED(approvals, struct jk_approvals,
	    row.approval[1].functions = 1u << 10);
	REFUSED(approvals, struct jk_approvals,
	    row.approval[1].businesses = 1u << 14);
}

static void
test_encode_refuses_a_policy_out_of_bounds(void **state)
{
	(void)state;
	REFUSED(policy, struct jk_policy, strcpy(row.version, ""));
	REFUSED(policy, struct jk_policy, row.effective_from = -1);
	/* "none" is no way to prove anything, and no room. */
	REFUSED(policy, struct jk_policy, row.class[0].methods = 3);
	REFUSED(policy, struct jk_policy, row.class[2].methods = 16);
	REFUSED(policy, struct jk_policy, row.pin.change = JK_PIN_CHANGE_COUNT);
	REFUSED(policy, struct jk_policy, row.pin.n_remind = JK_REMIND_MAX + 1);
	REFUSED(policy, struct jk_policy, strcpy(row.pin.forbidden[0], ""));
	REFUSED(policy, struct jk_policy, row.class[1].room_levels = 1);
	REFUSED(policy, struct jk_policy, row.class[1].room_levels = 16);
	REFUSED(policy, struct jk_policy, row.n_owners = 9);
	REFUSED(policy, struct jk_policy, row.own_department = 1u << 14);
	REFUSED(policy, struct jk_policy, row.permission = 1u << 14);
	REFUSED(policy, struct jk_policy, row.second_person = 1u << 14);
	REFUSED(policy, struct jk_policy, row.bulk = 1u << 14);
	REFUSED(policy, struct jk_policy, row.bulk_count = JK_BULK_MAX + 1);
	REFUSED(policy, struct jk_policy, row.bulk_hour = JK_BULK_MAX + 1);
	REFUSED(policy, struct jk_policy, row.open_min = 1441);
	REFUSED(policy, struct jk_policy, row.close_min = 1441);
	REFUSED(policy, struct jk_policy, row.weekdays = 0x80);
	REFUSED(policy, struct jk_policy, row.n_closed = 65);
	REFUSED(policy, struct jk_policy, row.closed[1] = -1);
	REFUSED(policy, struct jk_policy, row.training_s = -1);
	REFUSED(settings, struct jk_settings, row.pin_min = 65);
	REFUSED(settings, struct jk_settings, row.n_enforced = 33);
	REFUSED(settings, struct jk_settings, strcpy(row.enforced[0], "/x"));
	REFUSED(settings, struct jk_settings, row.n_nameless = 33);
	REFUSED(settings, struct jk_settings, strcpy(row.nameless[0], ""));
	REFUSED(edition, struct jk_edition, row.serial = UINT64_MAX);
	REFUSED(edition, struct jk_edition, row.registry = UINT64_MAX);
}

static void
fill_text(char *at, size_t size)
{
	memset(at, 'x', size - 1);
	at[size - 1] = '\0';
}

/* Every list full, every text as long as it may be. */
static void
test_encode_takes_the_largest_rows(void **state)
{
	static struct jk_opids o = { .n = JK_OPIDS_MAX };
	static struct jk_approvals v = { .n = JK_APPROVALS_MAX };
	static struct jk_settings s;
	static struct jk_policy p;
	static struct jk_accounts_of n = { .n = JK_ACCOUNTS_MAX };
	static struct jk_account a;
	static struct jk_terminal t;

	(void)state;
	assert_int_equal(strlen(LONG_ID), JK_ID_MAX);
	for (size_t i = 0; i < JK_OPIDS_MAX; i++) {
		strcpy(o.opid[i].id, LONG_ID);
		strcpy(o.opid[i].person, LONG_ID);
		strcpy(o.opid[i].type, LONG_ID);
		strcpy(o.opid[i].department, LONG_ID);
	}
	assert_int_equal(jk_opids_encode(&o, &buf), JK_OK);
	for (size_t i = 0; i < JK_APPROVALS_MAX; i++) {
		v.approval[i] = approvals.approval[0];
		strcpy(v.approval[i].id, LONG_ID);
		strcpy(v.approval[i].person, LONG_ID);
		strcpy(v.approval[i].by, LONG_ID);
		strcpy(v.approval[i].terminal, LONG_ID);
	}
	assert_int_equal(jk_approvals_encode(&v, &buf), JK_OK);
	s = settings;
	fill_text(s.contact, sizeof(s.contact));
	s.n_enforced = s.n_nameless = JK_SERVICES_MAX;
	for (size_t i = 0; i < JK_SERVICES_MAX; i++) {
		strcpy(s.enforced[i], LONG_ID);
		strcpy(s.nameless[i], LONG_ID);
	}
	assert_int_equal(jk_settings_encode(&s, &buf), JK_OK);
	p = policy;
	fill_text(p.contact, sizeof(p.contact));
	p.n_closed = JK_CLOSED_DAYS_MAX;
	p.n_owners = JK_DEPARTMENTS_MAX;
	for (size_t i = 0; i < JK_DEPARTMENTS_MAX; i++)
		strcpy(p.owner[i], LONG_ID);
	assert_int_equal(jk_policy_encode(&p, &buf), JK_OK);
	strcpy(n.person, LONG_ID);
	for (size_t i = 0; i < JK_ACCOUNTS_MAX; i++)
		strcpy(n.name[i], LONG_ID);
	assert_int_equal(jk_accounts_of_encode(&n, &buf), JK_OK);
	a = account;
	a.n_persons = JK_PERSONS_MAX;
	for (size_t i = 0; i < JK_PERSONS_MAX; i++)
		strcpy(a.person[i], LONG_ID);
	assert_int_equal(jk_account_encode(&a, &buf), JK_OK);
	t = terminal;
	t.n_departments = JK_DEPARTMENTS_MAX;
	for (size_t i = 0; i < JK_DEPARTMENTS_MAX; i++)
		strcpy(t.department[i], LONG_ID);
	assert_int_equal(jk_terminal_encode(&t, &buf), JK_OK);
}

/* A count that its elements bear out, but the row has no room for. */
static void
test_decode_list_that_is_too_long_is_refused(void **state)
{
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
	/* Behind the list: when it was reviewed. */
	memset(buf.bytes + buf.len - 4, 0, 8);
	bytes = (struct jk_cur){ buf.bytes, buf.len + 4 };
	assert_int_equal(jk_account_decode(bytes, &a), JK_OK);
	a = (struct jk_account){ .name = "kept" };
	buf.bytes[2 + strlen(account.name) + 5] = JK_PERSONS_MAX + 1;
	memcpy(buf.bytes + buf.len - 4, "\0\2p1\0\0\0\0\0\0\0", 12);
	bytes.left += 4;
	assert_int_equal(jk_account_decode(bytes, &a), JK_ERR_FORMAT);
	assert_string_equal(a.name, "kept");
}

/* Any byte changed: a row within its bounds, or an error. */
#define ANY_BYTE(noun, type_)                                                 \
	static void test_##noun##_any_byte_changed_stays_in_bounds(           \
	    void **state)                                                     \
	{                                                                     \
		static struct jk_rowbuf again;                                \
		static type_ row;                                             \
                                                                              \
		(void)state;                                                  \
		assert_int_equal(jk_##noun##_encode(&noun, &buf), JK_OK);     \
		for (size_t i = 0; i < buf.len && i < 400; i++)               \
			for (unsigned flip = 1; flip < 256; flip++) {         \
				buf.bytes[i] ^= (uint8_t)flip;                \
				if (jk_##noun##_decode(encoded(), &row) ==    \
				    JK_OK)                                    \
					assert_int_equal(                     \
					    jk_##noun##_encode(&row, &again), \
					    JK_OK);                           \
				buf.bytes[i] ^= (uint8_t)flip;                \
			}                                                     \
	}
JK_CODEC_TABLE(ANY_BYTE)

#define CASES(noun, type_)                           \
	cmocka_unit_test(test_##noun##_round_trips), \
	    cmocka_unit_test(test_##noun##_any_byte_changed_stays_in_bounds),

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JK_CODEC_TABLE(CASES)
		    cmocka_unit_test(test_decode_gives_the_values_back),
		cmocka_unit_test(test_encode_refuses_what_is_out_of_bounds),
		cmocka_unit_test(test_encode_refuses_a_policy_out_of_bounds),
		cmocka_unit_test(test_encode_takes_the_largest_rows),
		cmocka_unit_test(test_decode_list_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
