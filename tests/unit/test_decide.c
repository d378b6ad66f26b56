/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of the reasons, and what must hold for any question. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "decide_world.h"

static void
made_later(struct world *w)
{
	w->edition.made_at = NOW + 1;
}

static void
recorded_later(struct world *w)
{
	w->q.last_record = NOW + 1;
}

static void
no_calendar(struct world *w)
{
	w->q.local = (struct jk_local_time){ 0 };
}

static void
stale(struct world *w)
{
	w->edition.valid_until = NOW;
}

static void
rules_of_tomorrow(struct world *w)
{
	w->policy.effective_from = NOW + 1;
}

static void
card_unknown(struct world *w)
{
	w->q.card = NULL;
}

static void
card_in_the_cabinet(struct world *w)
{
	w->card.spare = true;
	w->card.handed_over = false;
}

static void
not_of_the_account(struct world *w)
{
	strcpy(w->account.person[1], "p3");
}

static void
person_missing(struct world *w)
{
	w->q.person = NULL;
}

static void
person_disabled(struct world *w)
{
	w->person.enabled = false;
}

static void
person_notyet(struct world *w)
{
	w->person.valid.from = NOW + 1;
}

static void
person_expired(struct world *w)
{
	w->person.valid.until = NOW;
}

static void
person_untrained(struct world *w)
{
	w->person.trained = APRIL - 1;
}

static void
card_revoked(struct world *w)
{
	w->card.state = JK_CARD_REVOKED;
}

static void
card_returned(struct world *w)
{
	w->card.state = JK_CARD_RETURNED;
}

static void
card_inactive(struct world *w)
{
	w->card.state = JK_CARD_ISSUED;
}

static void
cert_notyet(struct world *w)
{
	w->card.valid.from = NOW + 1;
}

static void
cert_expired(struct world *w)
{
	w->card.valid.until = NOW;
}

static void
cert_untrusted(struct world *w)
{
	w->card.trust = (struct jk_trust){ .level = JK_TRUST_CHAIN };
}

static void
card_not_handed_over(struct world *w)
{
	w->card.handed_over = false;
}

static void
no_session(struct world *w)
{
	w->session = (struct jk_live_session){ 0 };
}

static void
session_locked(struct world *w)
{
	w->session.active = false;
}

static void
session_of_other(struct world *w)
{
	strcpy(w->session.person, "p2");
}

static void
session_of_other_key(struct world *w)
{
	w->session.key[0] = 9;
}

static void
no_opid(struct world *w)
{
	w->q.n_opids = 0;
}

static void
opid_of_other(struct world *w)
{
	strcpy(w->opids[0].person, "p2");
}

static void
type_of_other(struct world *w)
{
	strcpy(w->opids[0].type, "moving-desk");
}

static void
opid_disabled(struct world *w)
{
	w->opids[0].enabled = false;
}

static void
type_disabled(struct world *w)
{
	w->types[0].enabled = false;
}

static void
opid_notyet(struct world *w)
{
	w->opids[0].valid.from = NOW + 1;
}

static void
opid_expired(struct world *w)
{
	w->opids[0].valid.until = NOW;
}

static void
terminal_without_id(struct world *w)
{
	w->terminal.id[0] = '\0';
}

static void
terminal_revoked(struct world *w)
{
	w->terminal.revoked = true;
}

static void
wrong_room(struct world *w)
{
	w->terminal.room_level = 3;
}

static void
wrong_class(struct world *w)
{
	w->types[0].classes = jk_bit(JK_CLASS_CS);
}

static void
too_early(struct world *w)
{
	w->q.local.minute = 509;
}

static void
too_late(struct world *w)
{
	w->q.local.minute = 1035;
}

static void
on_sunday(struct world *w)
{
	w->q.local.weekday = 0;
}

static void
on_a_closed_day(struct world *w)
{
	w->policy.closed[1] = MIDNIGHT;
}

static void
business_missing(struct world *w)
{
	w->types[0].businesses = ~jk_bit(JK_BIZ_IDENTITY_UPDATE);
}

static void
function_missing(struct world *w)
{
	w->types[0].functions = ~jk_bit(JK_FUNC_OPERATOR_REGISTER);
}

static void
other_department(struct world *w)
{
	strcpy(w->opids[0].department, "toshokan");
}

static void
not_delegated(struct world *w)
{
	w->approvals[0].valid.until = NOW;
}

static void
permission_bad(struct world *w)
{
	w->q.permission = "a9";
}

static void
hardcopy(struct world *w)
{
	w->q.action = JK_ACTION_HARDCOPY;
}

static void
medium(struct world *w)
{
	w->q.action = JK_ACTION_STORE;
	w->approvals[1].valid.until = NOW;
}

static void
no_requirement(struct world *w)
{
	w->q.action = JK_ACTION_SEARCH;
	w->q.requirement = false;
}

static void
how_many_not_said(struct world *w)
{
	w->q.action = JK_ACTION_EXTRACT;
	w->q.count = 0;
}

static void
too_many(struct world *w)
{
	w->policy.bulk_count = 1;
	w->q.count = 2;
}

static void
too_many_in_an_hour(struct world *w)
{
	w->policy.bulk_hour = 100;
	w->q.hour = 100;
}

static void
no_permission(struct world *w)
{
	w->approvals[1].valid.until = NOW;
}

static void
nobody_confirms(struct world *w)
{
	w->q.confirmer = NULL;
}

static void
confirms_himself(struct world *w)
{
	w->q.confirmer = "p1";
}

static void
method_not_taken(struct world *w)
{
	w->evidence.method = JK_METHOD_BIOMETRIC;
}

static void
fallback_not_approved(struct world *w)
{
	w->evidence.method = JK_METHOD_FALLBACK_PIN;
}

static void
nothing_proven(struct world *w)
{
	w->evidence = (struct jk_evidence){ 0 };
}

static void
other_key_proven(struct world *w)
{
	w->evidence.key[0] = 9;
}

/* Bits of the asks that a fault matters to. */
#define LOGIN  (1u << JK_ASK_LOGIN)
#define LOOKUP (1u << JK_ASK_LOOKUP)
#define MANAGE (1u << JK_ASK_MANAGE)
#define ALL    ((1u << ASKS) - 1)
#define INSIDE (ALL & ~LOGIN)
#define ACTIVE (INSIDE & ~(1u << JK_ASK_UNLOCK))

/* The documented order. */
static const struct {
	const char *name;
	void (*break_it)(struct world *w);
	uint32_t asks;
	enum jk_reason why;
} rows[] = {
	{ "made later", made_later, ALL, JK_WHY_CLOCK_BAD },
	{ "recorded later", recorded_later, ALL, JK_WHY_CLOCK_BAD },
	{ "no calendar", no_calendar, ALL, JK_WHY_CLOCK_BAD },
	{ "stale", stale, ALL, JK_WHY_POLICY_STALE },
	{ "rules of tomorrow", rules_of_tomorrow, ALL, JK_WHY_POLICY_BAD },
	{ "card unknown", card_unknown, ALL, JK_WHY_CARD_UNKNOWN },
	{ "in the cabinet", card_in_the_cabinet, ALL, JK_WHY_CARD_NOCHECKOUT },
	{ "not of the account", not_of_the_account, ALL, JK_WHY_CARD_MISMATCH },
	{ "person missing", person_missing, ALL, JK_WHY_POLICY_BAD },
	{ "person disabled", person_disabled, ALL, JK_WHY_PERSON_DISABLED },
	{ "person not yet", person_notyet, ALL, JK_WHY_PERSON_NOTYET },
	{ "person expired", person_expired, ALL, JK_WHY_PERSON_EXPIRED },
	{ "person untrained", person_untrained, ALL, JK_WHY_PERSON_UNTRAINED },
	{ "card revoked", card_revoked, ALL, JK_WHY_CARD_REVOKED },
	{ "card returned", card_returned, ALL, JK_WHY_CARD_RETURNED },
	{ "card inactive", card_inactive, ALL, JK_WHY_CARD_INACTIVE },
	{ "certificate not yet", cert_notyet, ALL, JK_WHY_CARD_NOTYET },
	{ "certificate expired", cert_expired, ALL, JK_WHY_CARD_EXPIRED },
	{ "certificate untrusted", cert_untrusted, ALL, JK_WHY_CARD_UNTRUSTED },
	{ "no hand-over", card_not_handed_over, ALL, JK_WHY_CARD_NOCHECKOUT },
	{ "no session", no_session, INSIDE, JK_WHY_SESS_NONE },
	{ "session locked", session_locked, ACTIVE, JK_WHY_SESS_LOCKED },
	{ "session of other", session_of_other, ALL, JK_WHY_SESS_OTHER },
	{ "other key", session_of_other_key, INSIDE, JK_WHY_CARD_MISMATCH },
	{ "no opid", no_opid, ALL, JK_WHY_OPID_NONE },
	{ "opid of other", opid_of_other, ALL, JK_WHY_POLICY_BAD },
	{ "type of other", type_of_other, ALL, JK_WHY_POLICY_BAD },
	{ "opid disabled", opid_disabled, ALL, JK_WHY_OPID_DISABLED },
	{ "type disabled", type_disabled, ALL, JK_WHY_OPID_DISABLED },
	{ "opid not yet", opid_notyet, ALL, JK_WHY_OPID_NOTYET },
	{ "opid expired", opid_expired, ALL, JK_WHY_OPID_EXPIRED },
	{ "no terminal", terminal_without_id, ALL, JK_WHY_TERMINAL_UNKNOWN },
	{ "terminal revoked", terminal_revoked, ALL, JK_WHY_TERMINAL_REVOKED },
	{ "wrong room", wrong_room, ALL, JK_WHY_TERMINAL_ROOM },
	{ "wrong class", wrong_class, ALL, JK_WHY_OPID_TERMINAL },
	{ "too early", too_early, ALL, JK_WHY_TIME_OUT },
	{ "too late", too_late, ALL, JK_WHY_TIME_OUT },
	{ "on Sunday", on_sunday, ALL, JK_WHY_TIME_OUT },
	{ "on a closed day", on_a_closed_day, ALL, JK_WHY_TIME_OUT },
	{ "no such business", business_missing, LOOKUP, JK_WHY_BIZ_DENIED },
	{ "no such function", function_missing, MANAGE, JK_WHY_FUNC_DENIED },
	{ "other department", other_department, LOOKUP, JK_WHY_DEPT_OWNER },
	{ "not delegated", not_delegated, MANAGE, JK_WHY_DELEGATION_NONE },
	{ "bad permission", permission_bad, LOOKUP, JK_WHY_PERM_BAD },
	{ "hardcopy", hardcopy, LOOKUP, JK_WHY_HARDCOPY_DENIED },
	{ "medium", medium, LOOKUP, JK_WHY_MEDIA_DENIED },
	{ "no permission", no_permission, LOOKUP, JK_WHY_PERM_NONE },
	{ "no requirement", no_requirement, LOOKUP, JK_WHY_REQ_NONE },
	{ "how many", how_many_not_said, LOOKUP, JK_WHY_REQ_NONE },
	{ "too many", too_many, LOOKUP, JK_WHY_LOOK_BULK },
	{ "too many in an hour", too_many_in_an_hour, LOOKUP,
	    JK_WHY_LOOK_BULK },
	{ "nobody confirms", nobody_confirms, LOOKUP, JK_WHY_CONFIRM_NONE },
	{ "confirms himself", confirms_himself, LOOKUP, JK_WHY_CONFIRM_SAME },
	{ "method not taken", method_not_taken, ALL, JK_WHY_METHOD_DENIED },
	{ "no fallback", fallback_not_approved, ALL, JK_WHY_FALLBACK_NONE },
	{ "nothing proven", nothing_proven, ALL, JK_WHY_EVIDENCE_NONE },
	{ "other key proven", other_key_proven, ALL, JK_WHY_EVIDENCE_NONE },
};

static void
test_decide_good_question_is_allowed(void **state)
{
	static const uint32_t approvals[ASKS] = {
		[JK_ASK_LOOKUP] = 1u << 1,
		[JK_ASK_MANAGE] = 1u << 0,
	};
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		struct jk_verdict v;

		make_good(&w, ask);
		expect("good", "", &w, JK_WHY_GRANTED);
		v = jk_decide(&w.q);
		assert_int_equal(v.opid, 0);
		assert_int_equal(v.choices, 1);
		assert_int_equal(v.approvals, approvals[ask]);
	}
}

static void
test_decide_each_reason_denies(void **state)
{
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++)
		for (size_t i = 0; i < JK_COUNT(rows); i++) {
			make_good(&w, ask);
			rows[i].break_it(&w);
			if ((rows[i].asks & jk_bit(ask)) != 0)
				expect(rows[i].name, "", &w, rows[i].why);
			else if (rows[i].break_it != session_of_other_key)
				expect(rows[i].name, "no matter", &w,
				    JK_WHY_GRANTED);
		}
}

static void
test_decide_each_reason_beats_all_later_ones(void **state)
{
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++)
		for (size_t i = 0; i < JK_COUNT(rows); i++)
			for (size_t j = i + 1; j < JK_COUNT(rows); j++) {
				if ((rows[i].asks & rows[j].asks &
				        jk_bit(ask)) == 0)
					continue;
				make_good(&w, ask);
				rows[j].break_it(&w);
				rows[i].break_it(&w);
				expect(rows[i].name, rows[j].name, &w,
				    rows[i].why);
			}
}

/* Does it matter to one operator ID alone? Then w is good but for that one. */
static bool
is_of_an_opid(struct world *w, size_t row)
{
	struct jk_opid opid;
	struct jk_type type;
	bool good;

	make_good(w, JK_ASK_SWITCH);
	opid = w->opids[0];
	type = w->types[0];
	if ((rows[row].asks & jk_bit(JK_ASK_SWITCH)) == 0)
		return false;
	rows[row].break_it(w);
	if (w->q.n_opids == 0)
		return false;
	w->opids[1] = w->opids[0];
	w->types[1] = w->types[0];
	w->opids[0] = opid;
	w->types[0] = type;
	good = jk_decide(&w->q).allowed;
	w->opids[0] = w->opids[1];
	w->types[0] = w->types[1];
	return good;
}

/*
 * Two operator IDs, each with a fault: the one that came further gives the
 * reason, wherever it stands. (The first fault is its own, the second may be
 * one of the terminal or of the hours, which the first never came to.)
 */
static void
test_decide_of_two_the_furthest_gives_the_reason(void **state)
{
	unsigned pairs = 0;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		for (size_t j = i + 1; j < JK_COUNT(rows); j++) {
			struct world early, w;

			if (!is_of_an_opid(&early, i) ||
			    (rows[j].asks & jk_bit(JK_ASK_SWITCH)) == 0)
				continue;
			make_good(&w, JK_ASK_SWITCH);
			rows[j].break_it(&w);
			for (size_t at = 0; at < 2; at++) {
				w.q.n_opids = 1;
				w.opids[1 - at] = w.opids[at];
				w.types[1 - at] = w.types[at];
				w.opids[at] = early.opids[0];
				w.types[at] = early.types[0];
				w.q.n_opids = 2;
				expect(rows[i].name, rows[j].name, &w,
				    rows[j].why);
				if (rows[i].why != rows[j].why)
					assert_int_equal(jk_decide(&w.q).opid,
					    1 - at);
				pairs++;
			}
		}
	assert_true(pairs > 100);
}

/* Each part of a good question in turn. */
static void
zero_part(struct world *w, unsigned part)
{
	switch (part) {
	case 0:
		w->edition = (struct jk_edition){ 0 };
		break;
	case 1:
		w->policy = (struct jk_policy){ 0 };
		break;
	case 2:
		w->account = (struct jk_account){ .n_persons = 1 };
		break;
	case 3:
		w->card = (struct jk_card){ 0 };
		break;
	case 4:
		w->person = (struct jk_person){ 0 };
		break;
	case 5:
		w->terminal = (struct jk_terminal){ 0 };
		break;
	case 6:
		w->opids[0] = (struct jk_opid){ 0 };
		break;
	case 7:
		w->types[0] = (struct jk_type){ 0 };
		break;
	case 8:
		w->evidence = (struct jk_evidence){ 0 };
		break;
	case 9:
		w->q.local = (struct jk_local_time){ 0 };
		break;
	default:
		break;
	}
}

static void
test_decide_zeroed_memory_denies(void **state)
{
	const struct jk_question none = { 0 };
	const struct jk_verdict zero = { 0 };
	struct world w, all = { 0 };

	(void)state;
	assert_false(zero.allowed);
	assert_int_equal(zero.why, JK_WHY_INTERNAL);
	assert_int_equal(jk_decide(&none).why, JK_WHY_INTERNAL);
	assert_false(jk_decide(&none).allowed);
	assert_false(jk_decide(NULL).allowed);
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		struct world *const zeroed = &all;

		for (unsigned part = 0; part < 10; part++) {
			make_good(&w, ask);
			zero_part(&w, part);
			if (jk_decide(&w.q).allowed)
				fail_msg("ask %d, part %u", (int)ask, part);
		}
		/* Every row there, and nothing in it. */
		make_good(zeroed, ask);
		for (unsigned part = 0; part < 10; part++)
			zero_part(zeroed, part);
		assert_false(jk_decide(&zeroed->q).allowed);
		make_good(&w, ask);
		memset(w.card.key, 0, JK_DIGEST_LEN);
		memset(w.evidence.key, 0, JK_DIGEST_LEN);
		memset(w.session.key, 0, JK_DIGEST_LEN);
		expect("zeroed key", "", &w, JK_WHY_EVIDENCE_NONE);
	}
}

static void
test_decide_a_question_with_a_part_missing_denies(void **state)
{
	struct world w;

	(void)state;
#define WITHOUT(member, value)        \
	make_good(&w, JK_ASK_MANAGE); \
	w.q.member = value;           \
	expect("without " #member, "", &w, JK_WHY_INTERNAL)
	WITHOUT(edition, NULL);
	WITHOUT(policy, NULL);
	WITHOUT(account, NULL);
	WITHOUT(terminal, NULL);
	WITHOUT(session, NULL);
	WITHOUT(evidence, NULL);
	WITHOUT(opids, NULL);
	WITHOUT(types, NULL);
	WITHOUT(approvals, NULL);
	WITHOUT(n_opids, JK_OPIDS_MAX + 1);
	WITHOUT(n_approvals, JK_APPROVALS_MAX + 1);
	WITHOUT(ask, (enum jk_ask)(JK_ASK_CONFIRM + 1));
#undef WITHOUT
	make_good(&w, JK_ASK_MANAGE);
	w.q.delegators = NULL;
	expect("nobody delegates", "", &w, JK_WHY_DELEGATION_NONE);
}

static void
test_decide_a_calendar_of_another_time_denies(void **state)
{
	struct world w;

	(void)state;
#define CALENDAR(member, value, why)                \
	make_good(&w, JK_ASK_LOGIN);                \
	w.policy.open_min = w.policy.close_min = 0; \
	w.policy.weekdays = ~0u;                    \
	w.q.local.member = value;                   \
	expect(#member, #value, &w, why)
	CALENDAR(minute, 1439, JK_WHY_GRANTED);
	CALENDAR(minute, 1440, JK_WHY_CLOCK_BAD);
	CALENDAR(weekday, 6, JK_WHY_GRANTED);
	CALENDAR(weekday, 7, JK_WHY_CLOCK_BAD);
	CALENDAR(midnight, NOW, JK_WHY_GRANTED);
	CALENDAR(midnight, NOW + 1, JK_WHY_CLOCK_BAD);
	CALENDAR(midnight, NOW - 25 * 3600, JK_WHY_GRANTED);
	CALENDAR(midnight, NOW - 26 * 3600, JK_WHY_CLOCK_BAD);
	CALENDAR(fiscal_start, MIDNIGHT + 1, JK_WHY_CLOCK_BAD);
#undef CALENDAR
}

static void
test_decide_rows_that_do_not_belong_together_deny(void **state)
{
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		make_good(&w, ask);
		strcpy(w.person.id, "p2");
		expect("the card is another's", "", &w, JK_WHY_POLICY_BAD);
		make_good(&w, ask);
		w.opids[0].id[0] = w.session.opid[0] = '\0';
		expect("an operator ID without id", "", &w, JK_WHY_OPID_NONE);
	}
}

static void
test_decide_limits_are_exact(void **state)
{
	const struct jk_period second = { NOW, NOW + 1 }, always = { 0, 0 };
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		make_good(&w, ask);
		w.edition.valid_until = NOW + 1;
		w.card.valid = w.person.valid = w.opids[0].valid = second;
		w.approvals[0].valid = w.approvals[1].valid = second;
		w.q.local.minute = 510;
		expect("first and last second", "", &w, JK_WHY_GRANTED);
		w.q.local.minute = 1034;
		expect("last minute", "", &w, JK_WHY_GRANTED);
		w.card.valid = w.person.valid = w.opids[0].valid = always;
		w.approvals[0].valid = w.approvals[1].valid = always;
		expect("no bounds", "", &w, JK_WHY_GRANTED);
	}
}

static void
test_decide_takes_the_first_good_opid(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOGIN);
	(void)add_opid(&w, "o2");
	(void)add_opid(&w, "o3");
	assert_int_equal(jk_decide(&w.q).choices, 7);
	assert_int_equal(jk_decide(&w.q).opid, 0);
	w.opids[0].enabled = false;
	expect("second is good", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).opid, 1);
	assert_int_equal(jk_decide(&w.q).choices, 6);
	w.opids[1].valid.until = NOW;
	w.types[2].classes = jk_bit(JK_CLASS_CS);
	expect("third came furthest", "", &w, JK_WHY_OPID_TERMINAL);
	assert_int_equal(jk_decide(&w.q).opid, 2);
	w.opids[2] = w.opids[1];
	expect("two as far", "", &w, JK_WHY_OPID_EXPIRED);
	assert_int_equal(jk_decide(&w.q).opid, 1);
}

static void
test_decide_takes_only_the_opid_that_was_named(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOGIN);
	(void)add_opid(&w, "o2");
	w.q.opid = "o2";
	expect("the second", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).opid, 1);
	assert_int_equal(jk_decide(&w.q).choices, 2);
	w.opids[1].enabled = false;
	expect("the other is no substitute", "", &w, JK_WHY_OPID_DISABLED);
	w.q.opid = "o3";
	expect("not one of this person", "", &w, JK_WHY_OPID_NONE);
	w.q.opid = "";
	expect("nothing", "", &w, JK_WHY_OPID_NONE);
}

static void
test_decide_acts_in_a_session_are_bound_to_its_operator_id(void **state)
{
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		if (ask == JK_ASK_SWITCH)
			continue;
		make_good(&w, ask);
		strcpy(w.session.person, "p1");
		strcpy(w.session.opid, "o2");
		expect("its opid is gone", "", &w, JK_WHY_OPID_NONE);
		(void)add_opid(&w, "o2");
		expect("its opid is there", "", &w, JK_WHY_GRANTED);
		assert_int_equal(jk_decide(&w.q).opid, 1);
		assert_int_equal(jk_decide(&w.q).choices, 2);
		w.opids[1].enabled = false;
		expect("its opid is disabled", "", &w, JK_WHY_OPID_DISABLED);
		assert_int_equal(jk_decide(&w.q).opid, 1);
		w.q.opid = "o1";
		expect("another was named", "", &w, JK_WHY_OPID_NONE);
	}
}

static void
test_decide_login_joins_with_another_card_of_the_person(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOGIN);
	strcpy(w.session.person, "p1");
	strcpy(w.session.opid, "o1");
	w.session.key[0] = 9;
	expect("other card of the same person", "", &w, JK_WHY_GRANTED);
}

/* Random questions near the border: most parts good, some broken. */

static uint32_t seed;

static uint32_t
roll(uint32_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % sides;
}

static void
random_opids(struct world *w)
{
	w->q.n_opids = roll(4);
	for (size_t i = 0; i < w->q.n_opids; i++) {
		w->opids[i] = w->opids[0];
		w->types[i] = w->types[0];
		w->opids[i].id[1] = (char)('1' + i);
		w->opids[i].enabled = roll(6) > 0;
		w->types[i].enabled = roll(6) > 0;
		w->opids[i].valid.until = NOW + (roll(6) > 0 ? 10 : 0);
		w->types[i].classes = roll(4) > 0 ? ~0u : 0;
		w->types[i].businesses = roll(4) > 0 ? ~0u : 0;
		w->types[i].functions = roll(4) > 0 ? ~0u : 0;
		w->types[i].delegated = roll(2) > 0 ? ~0u : 0;
	}
}

static void
random_approvals(struct world *w)
{
	w->q.n_approvals = roll(5);
	for (size_t i = 0; i < w->q.n_approvals; i++) {
		struct jk_approval *a = &w->approvals[i];

		*a = approval("a", roll(JK_APPROVAL_COUNT));
		a->id[1] = (char)('1' + i);
		if (roll(3) == 0)
			a->terminal[0] = '\0';
		a->once = roll(2) > 0;
		a->functions = roll(4) > 0 ? ~0u : 0;
		a->businesses = roll(4) > 0 ? ~0u : 1;
		a->valid.until = NOW + (roll(6) > 0 ? 10 : 0);
		w->delegators[i] = roll(4) > 0;
		w->used[i] = roll(4) == 0;
	}
}

static void
make_random(struct world *w)
{
	make_good(w, roll(ASKS));
	random_opids(w);
	random_approvals(w);
	if (roll(3) == 0)
		too_late(w);
	if (roll(3) == 0)
		fallback_not_approved(w);
	if (roll(4) == 0)
		strcpy(w->session.opid, "o2");
	if (roll(6) == 0)
		rows[roll(JK_COUNT(rows))].break_it(w);
}

static void
take_from_approval(struct world *w, size_t i)
{
	struct jk_approval *a = &w->approvals[i];
	size_t last = w->q.n_approvals - 1;

	switch (roll(7)) {
	case 0:
		a->valid.until = NOW;
		break;
	case 1:
		a->functions &= roll(UINT16_MAX);
		break;
	case 2:
		/* None at all would mean every one. */
		a->businesses = a->businesses == 0
		                    ? roll(UINT16_MAX) | 1
		                    : (a->businesses & roll(UINT16_MAX)) | 1;
		break;
	case 3:
		w->used[i] = true;
		break;
	case 4:
		w->delegators[i] = false;
		break;
	case 5:
		a->once = true;
		break;
	default: /* it is gone */
		*a = w->approvals[last];
		w->delegators[i] = w->delegators[last];
		w->used[i] = w->used[last];
		w->q.n_approvals--;
	}
}

static void
take_from_opid(struct world *w, size_t i)
{
	switch (roll(7)) {
	case 0:
		w->opids[i].enabled = false;
		break;
	case 1:
		w->types[i].enabled = false;
		break;
	case 2:
		w->types[i].classes &= roll(UINT16_MAX);
		break;
	case 3:
		w->types[i].businesses &= roll(UINT16_MAX);
		break;
	case 4:
		w->types[i].functions &= roll(UINT16_MAX);
		break;
	case 5:
		w->types[i].delegated |= roll(UINT16_MAX);
		break;
	default:
		w->opids[i].valid.until = NOW;
	}
}

static void
take_from_policy(struct jk_policy *p)
{
	struct jk_class_rule *rule = &p->class[JK_CLASS_INTEGRATED];

	switch (roll(8)) {
	case 0:
		rule->methods &= roll(UINT16_MAX);
		break;
	case 1:
		rule->room_levels &= jk_bit(2); /* 0 would mean any */
		rule->room_levels |= jk_bit(2);
		break;
	case 2:
		if (p->n_owners > 1)
			p->n_owners--;
		break;
	case 3:
		p->own_department |= roll(UINT16_MAX);
		break;
	case 4:
		p->permission |= roll(UINT16_MAX);
		break;
	case 5:
		p->second_person |= roll(UINT16_MAX);
		break;
	case 6:
		p->weekdays &= roll(UINT16_MAX);
		break;
	default:
		p->close_min -= roll(600) % (p->close_min - p->open_min);
	}
}

/* One of the faults; another method or act is no loss but an exchange. */
static void
take_by_row(struct world *w)
{
	size_t i = roll(JK_COUNT(rows));

	if ((rows[i].asks & jk_bit(w->q.ask)) != 0 &&
	    rows[i].break_it != fallback_not_approved &&
	    rows[i].break_it != medium)
		rows[i].break_it(w);
}

/* Takes something away, or lets time pass. */
static void
take_away(struct world *w)
{
	switch (roll(6)) {
	case 0:
		if (w->q.n_approvals > 0)
			take_from_approval(w, roll((uint32_t)w->q.n_approvals));
		break;
	case 1:
		if (w->q.n_opids > 0)
			take_from_opid(w, roll((uint32_t)w->q.n_opids));
		break;
	case 2:
		take_from_policy(&w->policy);
		break;
	case 3:
		if (w->account.n_persons > 0)
			w->account.n_persons--;
		break;
	case 4:
		if (w->q.n_opids > 0)
			w->q.n_opids--;
		break;
	default:
		take_by_row(w);
	}
}

static void
test_decide_taking_away_never_allows(void **state)
{
	unsigned allowed = 0, denied = 0, lost = 0;

	(void)state;
	seed = 20261121;
	for (unsigned n = 0; n < 600000; n++) {
		struct world w;
		bool before, after;

		make_random(&w);
		before = jk_decide(&w.q).allowed;
		take_away(&w);
		after = jk_decide(&w.q).allowed;
		allowed += before;
		denied += !before;
		lost += before && !after;
		if (!before && after)
			fail_msg("question %u was denied before", n);
	}
	/* Both sides of the border were visited, and the border itself. */
	assert_true(allowed > 50000 && denied > 50000 && lost > 5000);
}

static void
swap_opids(struct world *w, size_t i, size_t j)
{
	struct jk_opid opid = w->opids[i];
	struct jk_type type = w->types[i];

	w->opids[i] = w->opids[j];
	w->types[i] = w->types[j];
	w->opids[j] = opid;
	w->types[j] = type;
}

static void
swap_approvals(struct world *w, size_t i, size_t j)
{
	struct jk_approval a = w->approvals[i];
	bool delegator = w->delegators[i], used = w->used[i];

	w->approvals[i] = w->approvals[j];
	w->delegators[i] = w->delegators[j];
	w->used[i] = w->used[j];
	w->approvals[j] = a;
	w->delegators[j] = delegator;
	w->used[j] = used;
}

/* How many of what it stands on can be used once only. */
static unsigned
count_once(const struct world *w, struct jk_verdict v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->q.n_approvals; i++)
		n += (v.approvals & jk_bit(i)) != 0 && w->approvals[i].once;
	return n;
}

static void
test_decide_order_of_rows_changes_no_answer(void **state)
{
	(void)state;
	seed = 3;
	for (unsigned n = 0; n < 300000; n++) {
		struct jk_verdict a, b;
		struct world w;
		unsigned once;

		make_random(&w);
		a = jk_decide(&w.q);
		once = count_once(&w, a);
		if (w.q.n_opids > 1)
			swap_opids(&w, roll((uint32_t)w.q.n_opids),
			    roll((uint32_t)w.q.n_opids));
		if (w.q.n_approvals > 1)
			swap_approvals(&w, roll((uint32_t)w.q.n_approvals),
			    roll((uint32_t)w.q.n_approvals));
		b = jk_decide(&w.q);
		if (a.allowed != b.allowed || a.why != b.why ||
		    __builtin_popcount(a.choices) !=
		        __builtin_popcount(b.choices))
			fail_msg("question %u", n);
		/* Delegation hangs on the type of the one that is first. */
		if (w.q.ask != JK_ASK_MANAGE &&
		    (__builtin_popcount(a.approvals) !=
		            __builtin_popcount(b.approvals) ||
		        once != count_once(&w, b)))
			fail_msg("question %u: other approvals", n);
	}
}

/* What a verdict says of itself, for any question. */
static void
test_decide_verdicts_are_consistent(void **state)
{
	(void)state;
	seed = 7;
	for (unsigned n = 0; n < 300000; n++) {
		struct jk_verdict v;
		struct world w;

		make_random(&w);
		v = jk_decide(&w.q);
		if (v.allowed != (v.why == JK_WHY_GRANTED) ||
		    v.allowed != (v.choices != 0) ||
		    (v.choices >> w.q.n_opids) != 0 ||
		    (v.approvals >> w.q.n_approvals) != 0 ||
		    (!v.allowed && v.approvals != 0) ||
		    (v.allowed && (v.choices & jk_bit((unsigned)v.opid)) == 0))
			fail_msg("question %u", n);
		/* Each choice is good when it is the only one. */
		for (unsigned i = 0; i < w.q.n_opids; i++) {
			struct jk_question one = w.q;

			one.opid = w.opids[i].id;
			if (jk_decide(&one).allowed !=
			    ((v.choices & jk_bit(i)) != 0))
				fail_msg("question %u, choice %u", n, i);
		}
	}
}

/* ---- the PIN of a card ---- */

static void
expect_pin(const char *name, const struct world *w, enum jk_reason why)
{
	const struct jk_verdict v = jk_decide(&w->q);

	if (v.why != why || v.allowed != (why == JK_WHY_GRANTED) ||
	    v.choices != 0 || v.approvals != 0 ||
	    (v.allowed && v.opid != w->q.n_opids))
		fail_msg("%s: %s, not %s", name, jk_reason_code(v.why),
		    jk_reason_code(why));
}

static void
test_pin_hangs_on_card_and_holder_only(void **state)
{
	static struct world w;

	(void)state;
	make_good(&w, JK_ASK_PIN);
	expect_pin("good", &w, JK_WHY_GRANTED);
	w.q.n_opids = 0;
	expect_pin("without a right", &w, JK_WHY_GRANTED);
	strcpy(w.session.person, "p2");
	expect_pin("while somebody else is in", &w, JK_WHY_GRANTED);
	w.session.active = false;
	expect_pin("while it is locked", &w, JK_WHY_GRANTED);
	w.policy.open_min = 60;
	w.policy.close_min = 61;
	expect_pin("at night", &w, JK_WHY_GRANTED);
	/* About to be proven: what speaks against it comes before the PIN. */
	memset(w.evidence.key, 0, sizeof(w.evidence.key));
	expect_pin("not yet proven", &w, JK_WHY_EVIDENCE_NONE);
}

/* One for each step that counts. */
#define SPOIL(name, what)                       \
	static void pin_##name(struct world *w) \
	{                                       \
		what;                           \
	}
SPOIL(stale, w->edition.valid_until = NOW)
SPOIL(clock, w->q.last_record = NOW + 1)
SPOIL(no_card, w->q.card = NULL)
SPOIL(other_account, w->account.n_persons = 1)
SPOIL(disabled, w->person.enabled = false)
SPOIL(revoked, w->card.state = JK_CARD_REVOKED)
SPOIL(expired, w->card.valid.until = NOW)
SPOIL(terminal, w->terminal.revoked = true)
SPOIL(method, w->evidence.method = JK_METHOD_BIOMETRIC)
SPOIL(other_key, w->evidence.key[0]++)
#undef SPOIL

static void
test_pin_is_refused_for(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct world *w);
		enum jk_reason why;
	} spoilt[] = {
		{ "stale", pin_stale, JK_WHY_POLICY_STALE },
		{ "clock", pin_clock, JK_WHY_CLOCK_BAD },
		{ "no card", pin_no_card, JK_WHY_CARD_UNKNOWN },
		{ "other account", pin_other_account, JK_WHY_CARD_MISMATCH },
		{ "disabled", pin_disabled, JK_WHY_PERSON_DISABLED },
		{ "revoked", pin_revoked, JK_WHY_CARD_REVOKED },
		{ "expired", pin_expired, JK_WHY_CARD_EXPIRED },
		{ "terminal", pin_terminal, JK_WHY_TERMINAL_REVOKED },
		{ "method", pin_method, JK_WHY_METHOD_DENIED },
		{ "other key", pin_other_key, JK_WHY_EVIDENCE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(spoilt); i++) {
		static struct world w;

		make_good(&w, JK_ASK_PIN);
		spoilt[i].spoil(&w);
		expect_pin(spoilt[i].name, &w, spoilt[i].why);
	}
}

/* A supervisor of another department, who may not use the account. */
static void
make_relief(struct world *w)
{
	make_good(w, JK_ASK_RELIEVE);
	strcpy(w->session.person, "p2");
	w->session.active = false;
	w->account.n_persons = 1;
	strcpy(w->account.person[0], "p2");
	w->q.n_opids = 0;
	w->person.supervises = (struct jk_period){ NOW, NOW + 1 };
}

#define SPOIL(name, what)                          \
	static void relief_##name(struct world *w) \
	{                                          \
		what;                              \
	}
SPOIL(none, (void)w)
SPOIL(not_yet, w->person.supervises.from = NOW + 1)
SPOIL(no_more, w->person.supervises.until = NOW)
SPOIL(never, w->person.supervises = (struct jk_period){ 0 })
SPOIL(own, strcpy(w->session.person, "p1"))
SPOIL(no_session, w->session.person[0] = '\0')
SPOIL(stale, w->edition.valid_until = NOW)
SPOIL(disabled, w->person.enabled = false)
SPOIL(revoked, w->card.state = JK_CARD_REVOKED)
SPOIL(terminal, w->terminal.revoked = true)
SPOIL(unproven, w->evidence.key[0]++)
SPOIL(at_night, w->policy.open_min = 60; w->policy.close_min = 61)
#undef SPOIL

static void
test_relief_is_a_supervisors_alone(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct world *w);
		enum jk_reason why;
	} relief[] = {
		{ "good", relief_none, JK_WHY_GRANTED },
		{ "at night", relief_at_night, JK_WHY_GRANTED },
		{ "not yet", relief_not_yet, JK_WHY_SESS_OTHER },
		{ "no more", relief_no_more, JK_WHY_SESS_OTHER },
		{ "never", relief_never, JK_WHY_SESS_OTHER },
		{ "own", relief_own, JK_WHY_SESS_OTHER },
		{ "no session", relief_no_session, JK_WHY_SESS_NONE },
		{ "stale", relief_stale, JK_WHY_POLICY_STALE },
		{ "disabled", relief_disabled, JK_WHY_PERSON_DISABLED },
		{ "revoked", relief_revoked, JK_WHY_CARD_REVOKED },
		{ "terminal", relief_terminal, JK_WHY_TERMINAL_REVOKED },
		{ "unproven", relief_unproven, JK_WHY_EVIDENCE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(relief); i++) {
		static struct world w;

		make_relief(&w);
		relief[i].spoil(&w);
		expect_pin(relief[i].name, &w, relief[i].why);
	}
}

/* Of another department's account, with a right of his own. */
static void
make_second(struct world *w)
{
	make_good(w, JK_ASK_LOOKUP);
	w->q.ask = JK_ASK_CONFIRM;
	w->q.confirmer = NULL;
	w->q.permission = NULL;
	w->q.n_approvals = 0;
	strcpy(w->session.person, "p2");
	strcpy(w->session.opid, "o9");
	w->session.active = false;
	w->account.n_persons = 1;
	strcpy(w->account.person[0], "p2");
}

#define SPOIL(name, what)                          \
	static void second_##name(struct world *w) \
	{                                          \
		what;                              \
	}
SPOIL(none, (void)w)
SPOIL(same, strcpy(w->session.person, "p1"))
SPOIL(no_session, w->session.person[0] = '\0')
SPOIL(no_right, w->types[0].businesses = 0)
SPOIL(no_opid, w->q.n_opids = 0)
SPOIL(wrong_class, w->types[0].classes = 0)
SPOIL(other_department, strcpy(w->opids[0].department, "fukushi"))
SPOIL(disabled, w->person.enabled = false)
SPOIL(revoked, w->card.state = JK_CARD_REVOKED)
SPOIL(unproven, w->evidence.key[0]++)
#undef SPOIL

/* S-39: he confirms what he could do himself, and not his own work. */
static void
test_second_person_has_the_right_himself(void **state)
{
	static const struct {
		const char *name;
		void (*spoil)(struct world *w);
		enum jk_reason why;
	} second[] = {
		{ "good", second_none, JK_WHY_GRANTED },
		{ "same", second_same, JK_WHY_CONFIRM_SAME },
		{ "no session", second_no_session, JK_WHY_SESS_NONE },
		{ "no right", second_no_right, JK_WHY_BIZ_DENIED },
		{ "no operator ID", second_no_opid, JK_WHY_OPID_NONE },
		{ "wrong class", second_wrong_class, JK_WHY_OPID_TERMINAL },
		{ "other department", second_other_department,
		    JK_WHY_DEPT_OWNER },
		{ "disabled", second_disabled, JK_WHY_PERSON_DISABLED },
		{ "revoked", second_revoked, JK_WHY_CARD_REVOKED },
		{ "unproven", second_unproven, JK_WHY_EVIDENCE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(second); i++) {
		static struct world w;
		struct jk_verdict v;

		make_second(&w);
		second[i].spoil(&w);
		v = jk_decide(&w.q);
		if (v.why != second[i].why ||
		    v.allowed != (v.why == JK_WHY_GRANTED))
			fail_msg("%s: %s", second[i].name,
			    jk_reason_code(v.why));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decide_good_question_is_allowed),
		cmocka_unit_test(test_decide_each_reason_denies),
		cmocka_unit_test(test_decide_each_reason_beats_all_later_ones),
		cmocka_unit_test(test_relief_is_a_supervisors_alone),
		cmocka_unit_test(test_second_person_has_the_right_himself),
		cmocka_unit_test(
		    test_decide_of_two_the_furthest_gives_the_reason),
		cmocka_unit_test(test_decide_zeroed_memory_denies),
		cmocka_unit_test(
		    test_decide_a_question_with_a_part_missing_denies),
		cmocka_unit_test(test_decide_a_calendar_of_another_time_denies),
		cmocka_unit_test(
		    test_decide_rows_that_do_not_belong_together_deny),
		cmocka_unit_test(test_decide_limits_are_exact),
		cmocka_unit_test(test_decide_takes_the_first_good_opid),
		cmocka_unit_test(
		    test_decide_takes_only_the_opid_that_was_named),
		cmocka_unit_test(
		    test_decide_acts_in_a_session_are_bound_to_its_operator_id),
		cmocka_unit_test(
		    test_decide_login_joins_with_another_card_of_the_person),
		cmocka_unit_test(test_decide_taking_away_never_allows),
		cmocka_unit_test(test_decide_order_of_rows_changes_no_answer),
		cmocka_unit_test(test_decide_verdicts_are_consistent),
		cmocka_unit_test(test_pin_hangs_on_card_and_holder_only),
		cmocka_unit_test(test_pin_is_refused_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
