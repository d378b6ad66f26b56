/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every reason that jk_decide() can give has a sentence, and names the rows and
 * the lines of the policy that it stands on.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "because.h"
#include "decide_world.h"

typedef void spoil_fn(struct world *w);

#define SPOIL(name, what)                 \
	static void name(struct world *w) \
	{                                 \
		what;                     \
	}

SPOIL(nothing, (void)w)
SPOIL(clock_back, w->edition.made_at = NOW + 1)
SPOIL(stale, w->edition.valid_until = NOW)
SPOIL(policy_later, w->policy.effective_from = NOW + 1)
SPOIL(no_card, w->q.card = NULL)
SPOIL(foreign_card, w->account.n_persons = 1)
SPOIL(disabled, w->person.enabled = false)
SPOIL(early, w->person.valid.from = NOW + 1)
SPOIL(late, w->person.valid.until = NOW)
SPOIL(untrained, w->person.trained = APRIL - 1)
SPOIL(card_revoked, w->card.state = JK_CARD_REVOKED)
SPOIL(card_returned, w->card.state = JK_CARD_RETURNED)
#define TRUST(...)                                                            \
	w->card.trust = (struct jk_trust)                                     \
	{                                                                     \
		.until = INT64_MAX, .level = JK_TRUST_CRL_HARD,               \
		.result = (__VA_ARGS__), .this_update = 1, .next_update = NOW \
	}
SPOIL(no_chain, TRUST(JK_TRUST_NO_CHAIN))
SPOIL(bad_usage, TRUST(JK_TRUST_WRONG_USAGE))
SPOIL(ca_revoked, TRUST(JK_TRUST_CA_REVOKED))
SPOIL(crl_missing, TRUST(JK_TRUST_CRL_MISSING))
SPOIL(crl_stale, TRUST(JK_TRUST_GOOD))
SPOIL(card_issued, w->card.state = JK_CARD_ISSUED)
SPOIL(cert_early, w->card.valid.from = NOW + 1)
SPOIL(cert_late, w->card.valid.until = NOW)
SPOIL(in_cabinet, w->card.handed_over = false)
SPOIL(spare, (w->card.handed_over = false, w->card.spare = true))
SPOIL(locked, w->session.active = false)
SPOIL(other_session, strcpy(w->session.person, "p2"))
SPOIL(no_session, w->session.person[0] = '\0')
SPOIL(no_opid, w->q.n_opids = 0)
SPOIL(opid_off, w->opids[0].enabled = false)
SPOIL(type_off, w->types[0].enabled = false)
SPOIL(opid_early, w->opids[0].valid.from = NOW + 1)
SPOIL(opid_late, w->opids[0].valid.until = NOW)
SPOIL(terminal_unknown, w->terminal.id[0] = '\0')
SPOIL(terminal_gone, w->terminal.revoked = true)
SPOIL(room, w->terminal.room_level = 3)
SPOIL(no_room, w->terminal.room_level = 0)
SPOIL(class_wrong, w->types[0].classes = jk_bit(JK_CLASS_CS))
SPOIL(closed_day, w->policy.closed[0] = MIDNIGHT)
SPOIL(weekday, w->policy.weekdays = 0)
SPOIL(night, w->policy.open_min = 12 * 60 + 1)
SPOIL(no_business, w->types[0].businesses = 0)
SPOIL(no_function, w->types[0].functions = 0)
SPOIL(no_owner, w->policy.n_owners = 1)
SPOIL(no_delegation, w->delegators[0] = false)
SPOIL(no_permission, w->q.n_approvals = 1)
SPOIL(no_confirmer, w->q.confirmer = NULL)
SPOIL(same_confirmer, w->q.confirmer = "p1")
SPOIL(no_method, w->evidence.method = JK_METHOD_BIOMETRIC)
SPOIL(fallback, w->evidence.method = JK_METHOD_FALLBACK_PIN)
SPOIL(nothing_proven, w->evidence.method = JK_METHOD_NONE)

/* Each line as "SECTION ID key=value", '!' where it is missed, "policy:" where
 * it stands in policy.conf. */
static const struct {
	const char *name;
	enum jk_ask ask;
	spoil_fn *spoil;
	enum jk_reason why;
	const char *lines;
} rows[] = {
	{ "login", JK_ASK_LOGIN, nothing, JK_WHY_GRANTED,
	    "operator-id o1;"
	    "policy:type all-round terminal-class=integrated-terminal;" },
	{ "lookup", JK_ASK_LOOKUP, nothing, JK_WHY_GRANTED,
	    "operator-id o1;"
	    "policy:type all-round terminal-class=integrated-terminal;"
	    "policy:type all-round business=identity-info-update;"
	    "approval a2;" },
	{ "manage", JK_ASK_MANAGE, nothing, JK_WHY_GRANTED,
	    "operator-id o1;"
	    "policy:type all-round terminal-class=integrated-terminal;"
	    "policy:type all-round delegated-function=operator-register;"
	    "approval a1;" },
	{ "clock", JK_ASK_LOGIN, clock_back, JK_WHY_CLOCK_BAD, "" },
	{ "stale", JK_ASK_LOGIN, stale, JK_WHY_POLICY_STALE, "" },
	{ "policy of a later day", JK_ASK_LOGIN, policy_later,
	    JK_WHY_POLICY_BAD, "policy:policy  effective-from;" },
	{ "no card", JK_ASK_LOGIN, no_card, JK_WHY_CARD_UNKNOWN, "person p1;" },
	{ "card of another account", JK_ASK_LOGIN, foreign_card,
	    JK_WHY_CARD_MISMATCH, "card c1 person;account a !person=p1;" },
	{ "person disabled", JK_ASK_LOGIN, disabled, JK_WHY_PERSON_DISABLED,
	    "person p1 enabled;" },
	{ "person early", JK_ASK_LOGIN, early, JK_WHY_PERSON_NOTYET,
	    "person p1 valid-from;" },
	{ "person late (S-20)", JK_ASK_LOGIN, late, JK_WHY_PERSON_EXPIRED,
	    "person p1 valid-until;" },
	{ "untrained (T-40)", JK_ASK_LOGIN, untrained, JK_WHY_PERSON_UNTRAINED,
	    "person p1 trained;policy:limits  training-days;" },
	{ "revoked", JK_ASK_LOGIN, card_revoked, JK_WHY_CARD_REVOKED,
	    "card c1 state;" },
	{ "returned", JK_ASK_LOGIN, card_returned, JK_WHY_CARD_RETURNED,
	    "card c1 state;" },
	{ "not received (T-18)", JK_ASK_LOGIN, card_issued,
	    JK_WHY_CARD_INACTIVE, "card c1 state;" },
	{ "certificate early", JK_ASK_LOGIN, cert_early, JK_WHY_CARD_NOTYET,
	    "card c1 certificate;" },
	{ "certificate late", JK_ASK_LOGIN, cert_late, JK_WHY_CARD_EXPIRED,
	    "card c1 certificate;" },
	{ "no chain", JK_ASK_LOGIN, no_chain, JK_WHY_CARD_UNTRUSTED,
	    "card c1 certificate;" },
	{ "usage", JK_ASK_LOGIN, bad_usage, JK_WHY_CARD_USAGE,
	    "card c1 certificate;" },
	{ "revoked by its CA", JK_ASK_LOGIN, ca_revoked, JK_WHY_CARD_CA_REVOKED,
	    "card c1 certificate;" },
	{ "no CRL", JK_ASK_LOGIN, crl_missing, JK_WHY_CRL_MISSING,
	    "card c1 certificate;" },
	{ "CRL out of date", JK_ASK_LOGIN, crl_stale, JK_WHY_CRL_STALE,
	    "card c1 certificate;" },
	{ "not handed over (T-02)", JK_ASK_LOGIN, in_cabinet,
	    JK_WHY_CARD_NOCHECKOUT,
	    "card c1 !handed-at;policy:policy  require-checkout;" },
	{ "spare card in the cabinet", JK_ASK_LOGIN, spare,
	    JK_WHY_CARD_NOCHECKOUT, "card c1 !handed-at;card c1 spare;" },
	{ "no session", JK_ASK_LOOKUP, no_session, JK_WHY_SESS_NONE, "" },
	{ "locked", JK_ASK_LOOKUP, locked, JK_WHY_SESS_LOCKED, "" },
	{ "other session", JK_ASK_LOOKUP, other_session, JK_WHY_SESS_OTHER,
	    "" },
	{ "no operator ID", JK_ASK_LOGIN, no_opid, JK_WHY_OPID_NONE,
	    "person p1;" },
	{ "operator ID disabled", JK_ASK_LOGIN, opid_off, JK_WHY_OPID_DISABLED,
	    "operator-id o1 enabled;" },
	{ "type switched off (S-64)", JK_ASK_LOGIN, type_off,
	    JK_WHY_OPID_DISABLED, "policy:type all-round enabled;" },
	{ "operator ID early", JK_ASK_LOGIN, opid_early, JK_WHY_OPID_NOTYET,
	    "operator-id o1 valid-from;" },
	{ "operator ID late", JK_ASK_LOGIN, opid_late, JK_WHY_OPID_EXPIRED,
	    "operator-id o1 valid-until;" },
	{ "terminal unknown", JK_ASK_LOGIN, terminal_unknown,
	    JK_WHY_TERMINAL_UNKNOWN, "" },
	{ "terminal revoked (T-38)", JK_ASK_LOGIN, terminal_gone,
	    JK_WHY_TERMINAL_REVOKED, "terminal t1 state;" },
	{ "room (S-47)", JK_ASK_LOGIN, room, JK_WHY_TERMINAL_ROOM,
	    "terminal t1 room-level;"
	    "policy:class integrated-terminal !room-level=3;" },
	{ "room not said", JK_ASK_LOGIN, no_room, JK_WHY_TERMINAL_ROOM,
	    "terminal t1 !room-level;"
	    "policy:class integrated-terminal !room-level=none;" },
	{ "class (S-12)", JK_ASK_LOGIN, class_wrong, JK_WHY_OPID_TERMINAL,
	    "operator-id o1 type;terminal t1 class;"
	    "policy:type all-round !terminal-class=integrated-terminal;" },
	{ "closed day", JK_ASK_LOGIN, closed_day, JK_WHY_TIME_OUT,
	    "policy:hours  closed-day=2024-10-04;" },
	{ "weekday", JK_ASK_LOGIN, weekday, JK_WHY_TIME_OUT,
	    "policy:hours  !weekday=mon;" },
	{ "night", JK_ASK_LOGIN, night, JK_WHY_TIME_OUT,
	    "policy:hours  open;policy:hours  close;" },
	{ "matrix (S-67)", JK_ASK_LOOKUP, no_business, JK_WHY_BIZ_DENIED,
	    "operator-id o1 type;"
	    "policy:type all-round !business=identity-info-update;" },
	{ "function", JK_ASK_MANAGE, no_function, JK_WHY_FUNC_DENIED,
	    "operator-id o1 type;"
	    "policy:type all-round !function=operator-register;" },
	{ "owner (S-32)", JK_ASK_LOOKUP, no_owner, JK_WHY_DEPT_OWNER,
	    "operator-id o1 department;"
	    "policy:business identity-info-update own-department;"
	    "policy:policy  owning-department;" },
	{ "delegation (S-65)", JK_ASK_MANAGE, no_delegation,
	    JK_WHY_DELEGATION_NONE,
	    "operator-id o1 type;"
	    "policy:type all-round delegated-function=operator-register;" },
	{ "permission (S-34)", JK_ASK_LOOKUP, no_permission, JK_WHY_PERM_NONE,
	    "policy:business identity-info-update permission;" },
	{ "second person (S-39)", JK_ASK_LOOKUP, no_confirmer,
	    JK_WHY_CONFIRM_NONE,
	    "policy:business identity-info-update second-person;" },
	{ "the same person (S-39)", JK_ASK_LOOKUP, same_confirmer,
	    JK_WHY_CONFIRM_SAME,
	    "policy:business identity-info-update second-person;" },
	{ "method", JK_ASK_LOGIN, no_method, JK_WHY_METHOD_DENIED,
	    "terminal t1 class;"
	    "policy:class integrated-terminal !method=biometric;" },
	{ "fallback (S-25)", JK_ASK_LOGIN, fallback, JK_WHY_FALLBACK_NONE,
	    "policy:class integrated-terminal method=fallback-pin;" },
	{ "nothing proven", JK_ASK_LOGIN, nothing_proven, JK_WHY_EVIDENCE_NONE,
	    "" },
};

static void
write_lines(const struct jk_because *b, size_t n, char *ret, size_t size)
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < n && used < size; i++)
		used += (size_t)snprintf(ret + used, size - used,
		    "%s%s %s%s%s%s%s%s;", b[i].policy ? "policy:" : "",
		    b[i].section, b[i].id, b[i].key != NULL ? " " : "",
		    b[i].missing ? "!" : "", b[i].key != NULL ? b[i].key : "",
		    b[i].value != NULL ? "=" : "",
		    b[i].value != NULL ? b[i].value : "");
}

static void
make(struct world *w, enum jk_ask ask)
{
	make_good(w, ask);
	strcpy(w->card.id, "c1");
	strcpy(w->account.name, "a");
}

static void
test_because_names_the_lines_of_each_reason(void **state)
{
	static struct world w;
	struct jk_because because[JK_BECAUSE_MAX];
	char lines[1024];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_verdict v;
		size_t n;

		make(&w, rows[i].ask);
		rows[i].spoil(&w);
		v = jk_decide(&w.q);
		if (v.why != rows[i].why)
			fail_msg("%s: %s", rows[i].name, jk_reason_code(v.why));
		n = jk_because(&w.q, &v, because);
		write_lines(because, n, lines, sizeof(lines));
		if (strcmp(lines, rows[i].lines) != 0)
			fail_msg("%s: %s", rows[i].name, lines);
	}
}

static void
test_because_has_a_sentence_for_each_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		if (jk_because_text(rows[i].why) == NULL)
			fail_msg("%s", rows[i].name);
	assert_null(jk_because_text(JK_WHY_PIN_WRONG));
}

/* A reason that jk_decide() never gives is no crash. */
static void
test_because_of_anything_is_bounded(void **state)
{
	static struct world w;
	struct jk_because because[JK_BECAUSE_MAX];

	(void)state;
	make(&w, JK_ASK_LOGIN);
	w.q.card = NULL;
	w.q.person = NULL;
	w.q.n_opids = 0;
	for (unsigned i = 0; i < 256; i++) {
		const struct jk_verdict v = { .why = jk_reason_from_number(i) };

		assert_true(jk_because(&w.q, &v, because) <= JK_BECAUSE_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_because_names_the_lines_of_each_reason),
		cmocka_unit_test(test_because_has_a_sentence_for_each_reason),
		cmocka_unit_test(test_because_of_anything_is_bounded),
	};

	setenv("TZ", "UTC0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
