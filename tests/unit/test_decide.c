/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "decide.h"

#define NOW 1000000

/* A question and everything it points at. */
struct world {
	struct jk_edition edition;
	struct jk_account account;
	struct jk_card card;
	struct jk_person person;
	struct jk_terminal terminal;
	struct jk_opid opids[3];
	struct jk_type types[3];
	struct jk_live_session session;
	struct jk_evidence evidence;
	struct jk_question q;
};

/* Somebody who may log in. */
static void
make_good(struct world *w)
{
	*w = (struct world){
		.edition = { .made_at = NOW - 100, .valid_until = NOW + 100 },
		.account = { .n_persons = 2, .person = { "p2", "p1" } },
		.card = { .person = "p1",
		    .state = JK_CARD_ACTIVE,
		    .key = { 1, 2, 3 },
		    .valid = { NOW - 10, NOW + 10 } },
		.person = { .id = "p1",
		    .enabled = true,
		    .valid = { NOW - 10, NOW + 10 } },
		.terminal = { .id = "t1", .class = "integrated-terminal" },
		.opids = { { .id = "o1",
		    .person = "p1",
		    .type = "moving-desk",
		    .enabled = true,
		    .valid = { NOW - 10, NOW + 10 } } },
		.types = { { .id = "moving-desk",
		    .number = 3,
		    .enabled = true,
		    .n_classes = 2,
		    .class = { "cs", "integrated-terminal" } } },
		.evidence = { JK_METHOD_CARD_PIN, { 1, 2, 3 } },
	};
	w->q = (struct jk_question){
		.now = NOW,
		.last_record = NOW,
		.edition = &w->edition,
		.account = &w->account,
		.card = &w->card,
		.person = &w->person,
		.terminal = &w->terminal,
		.opids = w->opids,
		.n_opids = 1,
		.types = w->types,
		.session = &w->session,
		.evidence = &w->evidence,
	};
}

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
stale(struct world *w)
{
	w->edition.valid_until = NOW;
}

static void
card_unknown(struct world *w)
{
	w->q.card = NULL;
}

static void
not_of_the_account(struct world *w)
{
	strcpy(w->account.person[1], "p3");
}

static void
card_revoked(struct world *w)
{
	w->card.state = JK_CARD_REVOKED;
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
session_of_other(struct world *w)
{
	strcpy(w->session.person, "p2");
}

static void
unlock_with_other_key(struct world *w)
{
	w->q.unlock = true;
	if (w->session.person[0] == '\0')
		strcpy(w->session.person, "p1");
	strcpy(w->session.opid, "o1");
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
wrong_class(struct world *w)
{
	strcpy(w->types[0].class[1], "integrated-terminal-other-dept");
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

/* The documented order. */
static const struct {
	const char *name;
	void (*break_it)(struct world *w);
	enum jk_reason why;
} rows[] = {
	{ "made later", made_later, JK_WHY_CLOCK_BAD },
	{ "recorded later", recorded_later, JK_WHY_CLOCK_BAD },
	{ "stale", stale, JK_WHY_POLICY_STALE },
	{ "card unknown", card_unknown, JK_WHY_CARD_UNKNOWN },
	{ "not of the account", not_of_the_account, JK_WHY_CARD_MISMATCH },
	{ "card revoked", card_revoked, JK_WHY_CARD_REVOKED },
	{ "certificate not yet", cert_notyet, JK_WHY_CARD_NOTYET },
	{ "certificate expired", cert_expired, JK_WHY_CARD_EXPIRED },
	{ "person missing", person_missing, JK_WHY_POLICY_BAD },
	{ "person disabled", person_disabled, JK_WHY_PERSON_DISABLED },
	{ "person not yet", person_notyet, JK_WHY_PERSON_NOTYET },
	{ "person expired", person_expired, JK_WHY_PERSON_EXPIRED },
	{ "session of other", session_of_other, JK_WHY_SESS_OTHER },
	{ "unlock, other key", unlock_with_other_key, JK_WHY_CARD_MISMATCH },
	{ "no opid", no_opid, JK_WHY_OPID_NONE },
	{ "opid of other", opid_of_other, JK_WHY_POLICY_BAD },
	{ "opid disabled", opid_disabled, JK_WHY_OPID_DISABLED },
	{ "type disabled", type_disabled, JK_WHY_OPID_DISABLED },
	{ "opid not yet", opid_notyet, JK_WHY_OPID_NOTYET },
	{ "opid expired", opid_expired, JK_WHY_OPID_EXPIRED },
	{ "wrong class", wrong_class, JK_WHY_OPID_TERMINAL },
	{ "nothing proven", nothing_proven, JK_WHY_EVIDENCE_NONE },
	{ "other key proven", other_key_proven, JK_WHY_EVIDENCE_NONE },
};

static void
expect(const char *name, const char *other, const struct world *w,
    enum jk_reason why)
{
	struct jk_verdict v = jk_decide(&w->q);

	if (v.why != why || v.allowed != (why == JK_WHY_GRANTED))
		fail_msg("%s, %s: %s, not %s", name, other,
		    jk_reason_code(v.why), jk_reason_code(why));
}

static void
test_decide_good_question_is_allowed(void **state)
{
	struct world w;

	(void)state;
	make_good(&w);
	expect("good", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).opid, 0);
}

static void
test_decide_each_reason_denies(void **state)
{
	struct world w;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		make_good(&w);
		rows[i].break_it(&w);
		expect(rows[i].name, "", &w, rows[i].why);
	}
}

static void
test_decide_each_reason_beats_all_later_ones(void **state)
{
	struct world w;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		for (size_t j = i + 1; j < JK_COUNT(rows); j++) {
			make_good(&w);
			rows[j].break_it(&w);
			rows[i].break_it(&w);
			expect(rows[i].name, rows[j].name, &w, rows[i].why);
		}
}

static void
test_decide_zeroed_memory_denies(void **state)
{
	const struct jk_question none = { 0 };
	const struct jk_verdict zero = { 0 };
	struct world w = { 0 };

	(void)state;
	assert_false(zero.allowed);
	assert_int_equal(zero.why, JK_WHY_INTERNAL);
	assert_int_equal(jk_decide(&none).why, JK_WHY_INTERNAL);
	assert_false(jk_decide(&none).allowed);
	assert_false(jk_decide(NULL).allowed);
	make_good(&w);
	w.edition = (struct jk_edition){ 0 };
	expect("zeroed edition", "", &w, JK_WHY_POLICY_STALE);
	make_good(&w);
	w.card = (struct jk_card){ 0 };
	w.account = (struct jk_account){ .n_persons = 1 };
	assert_false(jk_decide(&w.q).allowed);
	make_good(&w);
	w.card.key[0] = w.card.key[1] = w.card.key[2] = 0;
	w.evidence.key[0] = w.evidence.key[1] = w.evidence.key[2] = 0;
	expect("zeroed key", "", &w, JK_WHY_EVIDENCE_NONE);
}

static void
test_decide_limits_are_exact(void **state)
{
	struct world w;

	(void)state;
	make_good(&w);
	w.edition.made_at = NOW;
	w.edition.valid_until = NOW + 1;
	w.card.valid = (struct jk_period){ NOW, NOW + 1 };
	w.person.valid = (struct jk_period){ NOW, NOW + 1 };
	w.opids[0].valid = (struct jk_period){ NOW, NOW + 1 };
	expect("first and last second", "", &w, JK_WHY_GRANTED);
	w.person.valid = w.opids[0].valid = (struct jk_period){ 0, 0 };
	expect("no bounds", "", &w, JK_WHY_GRANTED);
}

static void
test_decide_takes_the_first_good_opid(void **state)
{
	struct world w;

	(void)state;
	make_good(&w);
	w.q.n_opids = 3;
	w.opids[1] = w.opids[2] = w.opids[0];
	w.types[1] = w.types[2] = w.types[0];
	w.opids[0].enabled = false;
	expect("second is good", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).opid, 1);
	w.opids[1].valid.until = NOW - 1;
	strcpy(w.types[2].class[1], "cs");
	expect("third came furthest", "", &w, JK_WHY_OPID_TERMINAL);
	assert_int_equal(jk_decide(&w.q).opid, 2);
	w.opids[2] = w.opids[1];
	expect("two as far", "", &w, JK_WHY_OPID_EXPIRED);
	assert_int_equal(jk_decide(&w.q).opid, 1);
}

static void
test_decide_unlock_is_bound_to_the_session(void **state)
{
	struct world w;

	(void)state;
	make_good(&w);
	w.q.unlock = true;
	expect("no session", "", &w, JK_WHY_SESS_NONE);
	strcpy(w.session.person, "p1");
	strcpy(w.session.opid, "o1");
	memcpy(w.session.key, w.card.key, JK_DIGEST_LEN);
	expect("own session", "", &w, JK_WHY_GRANTED);
	strcpy(w.session.opid, "o2");
	expect("its opid is gone", "", &w, JK_WHY_OPID_NONE);
	w.q.n_opids = 2;
	w.opids[1] = w.opids[0];
	w.types[1] = w.types[0];
	strcpy(w.opids[1].id, "o2");
	w.opids[1].enabled = false;
	expect("its opid is disabled", "", &w, JK_WHY_OPID_DISABLED);
	assert_int_equal(jk_decide(&w.q).opid, 1);
}

static void
test_decide_login_joins_with_another_card_of_the_person(void **state)
{
	struct world w;

	(void)state;
	make_good(&w);
	strcpy(w.session.person, "p1");
	strcpy(w.session.opid, "o1");
	w.session.key[0] = 9;
	expect("other card of the same person", "", &w, JK_WHY_GRANTED);
}

static void
test_decide_login_joins_under_the_operator_id_of_the_session(void **state)
{
	struct world w;

	(void)state;
	make_good(&w);
	w.q.n_opids = 2;
	w.opids[1] = w.opids[0];
	w.types[1] = w.types[0];
	strcpy(w.opids[1].id, "o2");
	strcpy(w.session.person, "p1");
	strcpy(w.session.opid, "o2");
	expect("two are good, one is the session's", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).opid, 1);
	w.opids[1].enabled = false;
	expect("the session's is disabled", "", &w, JK_WHY_OPID_DISABLED);
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
make_random(struct world *w)
{
	make_good(w);
	w->q.n_opids = roll(4);
	for (size_t i = 0; i < w->q.n_opids; i++) {
		w->opids[i] = w->opids[0];
		w->types[i] = w->types[0];
		w->opids[i].id[1] = (char)('1' + i);
		w->opids[i].enabled = roll(4) > 0;
		w->types[i].enabled = roll(4) > 0;
		w->opids[i].valid.until = NOW + (roll(4) > 0 ? 10 : 0);
		w->types[i].n_classes = roll(3);
	}
	if (roll(4) == 0) {
		w->q.unlock = true;
		strcpy(w->session.person, "p1");
		strcpy(w->session.opid, roll(2) > 0 ? "o1" : "o2");
		memcpy(w->session.key, w->card.key, JK_DIGEST_LEN);
	}
	if (roll(6) == 0)
		rows[roll(JK_COUNT(rows))].break_it(w);
}

/* Takes something away, or lets time pass. */
static void
take_away(struct world *w)
{
	size_t i = roll(3);

	switch (roll(11)) {
	case 0:
		w->opids[i].enabled = false;
		break;
	case 1:
		w->types[i].enabled = false;
		break;
	case 2:
		if (w->types[i].n_classes > 0)
			w->types[i].n_classes--;
		break;
	case 3:
		w->opids[i].valid.until = NOW;
		break;
	case 4:
		w->person.enabled = false;
		break;
	case 5:
		w->card.state = JK_CARD_REVOKED;
		break;
	case 6:
		if (w->account.n_persons > 0)
			w->account.n_persons--;
		break;
	case 7:
		if (w->q.n_opids > 0)
			w->q.n_opids--;
		break;
	case 8:
		w->evidence = (struct jk_evidence){ 0 };
		break;
	case 9:
		w->q.card = NULL;
		break;
	default:
		w->edition.valid_until = NOW;
	}
}

static void
test_decide_taking_away_never_allows(void **state)
{
	unsigned allowed = 0, denied = 0;

	(void)state;
	seed = 20261121;
	for (unsigned n = 0; n < 200000; n++) {
		struct world w;
		bool before;

		make_random(&w);
		before = jk_decide(&w.q).allowed;
		allowed += before;
		denied += !before;
		take_away(&w);
		if (!before && jk_decide(&w.q).allowed)
			fail_msg("question %u was denied before", n);
	}
	/* Both sides of the border were visited. */
	assert_true(allowed > 20000 && denied > 20000);
}

static void
test_decide_order_of_opids_changes_no_answer(void **state)
{
	(void)state;
	seed = 3;
	for (unsigned n = 0; n < 100000; n++) {
		struct jk_verdict a, b;
		struct jk_opid opid;
		struct jk_type type;
		struct world w;
		size_t i, j;

		make_random(&w);
		a = jk_decide(&w.q);
		if (w.q.n_opids < 2)
			continue;
		i = roll((uint32_t)w.q.n_opids);
		j = roll((uint32_t)w.q.n_opids);
		opid = w.opids[i];
		type = w.types[i];
		w.opids[i] = w.opids[j];
		w.types[i] = w.types[j];
		w.opids[j] = opid;
		w.types[j] = type;
		b = jk_decide(&w.q);
		if (a.allowed != b.allowed || a.why != b.why)
			fail_msg("question %u", n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decide_good_question_is_allowed),
		cmocka_unit_test(test_decide_each_reason_denies),
		cmocka_unit_test(test_decide_each_reason_beats_all_later_ones),
		cmocka_unit_test(test_decide_zeroed_memory_denies),
		cmocka_unit_test(test_decide_limits_are_exact),
		cmocka_unit_test(test_decide_takes_the_first_good_opid),
		cmocka_unit_test(test_decide_unlock_is_bound_to_the_session),
		cmocka_unit_test(
		    test_decide_login_joins_with_another_card_of_the_person),
		cmocka_unit_test(
		    test_decide_login_joins_under_the_operator_id_of_the_session),
		cmocka_unit_test(test_decide_taking_away_never_allows),
		cmocka_unit_test(test_decide_order_of_opids_changes_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
