/* SPDX-License-Identifier: BSD-2-Clause */
/* What the rules of the network ask, each under the number of its row. */
#include "test.h"

#include <string.h>

#include "decide.h"
#include "decide_world.h"

/* --- cards ---------------------------------------------------------------- */

static void
hand_over(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOGIN);
	w.card.handed_over = false;
	expect("not handed over", "", &w, JK_WHY_CARD_NOCHECKOUT);
	w.policy.checkout = false;
	expect("the office does not ask", "", &w, JK_WHY_GRANTED);
}

static void
spare_card(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOGIN);
	w.policy.checkout = false;
	w.card.spare = true;
	expect("handed to p1", "", &w, JK_WHY_GRANTED);
	w.card.handed_over = false;
	expect("in the cabinet", "", &w, JK_WHY_CARD_NOCHECKOUT);
	w.card.person[0] = '\0';
	expect("nobody's", "", &w, JK_WHY_CARD_NOCHECKOUT);
	w.card.handed_over = true;
	expect("handed to nobody", "", &w, JK_WHY_CARD_MISMATCH);
	w.account.person[0][0] = '\0';
	expect("nobody may use the account", "", &w, JK_WHY_CARD_MISMATCH);
}

static void
card_states(void **state)
{
	static const enum jk_reason want[] = {
		[JK_CARD_REVOKED] = JK_WHY_CARD_REVOKED,
		[JK_CARD_REQUESTED] = JK_WHY_CARD_INACTIVE,
		[JK_CARD_APPLIED] = JK_WHY_CARD_INACTIVE,
		[JK_CARD_APPROVED] = JK_WHY_CARD_INACTIVE,
		[JK_CARD_ISSUED] = JK_WHY_CARD_INACTIVE,
		[JK_CARD_ACTIVE] = JK_WHY_GRANTED,
		[JK_CARD_RETURN_REQUESTED] = JK_WHY_GRANTED,
		[JK_CARD_RETURN_APPLIED] = JK_WHY_CARD_RETURNED,
		[JK_CARD_RETURN_APPROVED] = JK_WHY_CARD_RETURNED,
		[JK_CARD_RETURNED] = JK_WHY_CARD_RETURNED,
		[JK_CARD_STATE_COUNT] = JK_WHY_CARD_REVOKED,
	};
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++)
		for (size_t i = 0; i < JK_COUNT(want); i++) {
			make_good(&w, ask);
			w.card.state = (enum jk_card_state)i;
			expect("state", want[i] == JK_WHY_GRANTED ? "+" : "-",
			    &w, want[i]);
		}
	make_good(&w, JK_ASK_LOGIN);
	w.card.state = (enum jk_card_state)99;
	expect("no state", "", &w, JK_WHY_CARD_REVOKED);
}

/* --- persons -------------------------------------------------------------- */

static void
training(void **state)
{
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		make_good(&w, ask);
		w.person.trained = APRIL - 1;
		expect("last year's course", "", &w, JK_WHY_PERSON_UNTRAINED);
		w.person.trained = 0;
		expect("never", "", &w, JK_WHY_PERSON_UNTRAINED);
		w.person.trained = APRIL;
		expect("this year's course", "", &w, JK_WHY_GRANTED);
		w.person.trained = 0;
		w.policy.training_s = NOW - APRIL + 1;
		expect("the last second to go", "", &w, JK_WHY_GRANTED);
		w.policy.training_s--;
		expect("the first second after", "", &w,
		    JK_WHY_PERSON_UNTRAINED);
		w.policy.training_s = 0;
		expect("the office does not ask", "", &w, JK_WHY_GRANTED);
	}
}

/* --- terminals ------------------------------------------------------------ */

static void
room_levels(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOGIN);
	for (unsigned level = 0; level < 5; level++) {
		w.terminal.room_level = level;
		w.policy.class[JK_CLASS_INTEGRATED].room_levels = jk_bit(2);
		expect("level 2 only", "", &w,
		    level == 2 ? JK_WHY_GRANTED : JK_WHY_TERMINAL_ROOM);
		w.policy.class[JK_CLASS_INTEGRATED].room_levels = 0;
		expect("any room", "", &w, JK_WHY_GRANTED);
	}
	/* The rule is that of the terminal's own class. */
	make_good(&w, JK_ASK_LOGIN);
	w.policy.class[JK_CLASS_CS].room_levels = jk_bit(3);
	expect("a rule for another class", "", &w, JK_WHY_GRANTED);
}

static void
revoked_terminal(void **state)
{
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		make_good(&w, ask);
		w.terminal.revoked = true;
		expect("revoked", "", &w, JK_WHY_TERMINAL_REVOKED);
	}
}

/* --- the matrix ----------------------------------------------------------- */

static void
types_switched_off(void **state)
{
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		make_good(&w, ask);
		w.types[0].enabled = false;
		expect("switched off", "", &w, JK_WHY_OPID_DISABLED);
	}
}

static void
unknown_is_denied(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.types[0].businesses = ~0u;
	for (unsigned b = JK_BUSINESS_COUNT; b < 40; b++) {
		w.q.business = (enum jk_business)b;
		expect("no such business", "", &w, JK_WHY_BIZ_DENIED);
	}
	w.q.business = JK_BIZ_IDENTITY_UPDATE;
	for (unsigned a = JK_ACTION_COUNT; a < 40; a++) {
		w.q.action = (enum jk_action)a;
		expect("no such act", "", &w, JK_WHY_BIZ_DENIED);
	}
	make_good(&w, JK_ASK_MANAGE);
	w.types[0].functions = ~0u;
	w.types[0].delegated = 0;
	for (unsigned f = JK_FUNCTION_COUNT + 1; f < 40; f++) {
		w.q.function = (enum jk_function)f;
		expect("no such function", "", &w, JK_WHY_FUNC_DENIED);
	}
	make_good(&w, JK_ASK_LOGIN);
	w.types[0].classes = ~0u;
	for (unsigned c = JK_CLASS_COUNT; c < 40; c++) {
		w.terminal.class = (enum jk_class)c;
		expect("no such class", "", &w, JK_WHY_TERMINAL_UNKNOWN);
	}
	make_good(&w, JK_ASK_LOGIN);
	w.policy.class[JK_CLASS_INTEGRATED].methods = ~0u;
	for (unsigned m = JK_METHOD_COUNT; m < 40; m++) {
		w.evidence.method = (enum jk_method)m;
		expect("no such method", "", &w, JK_WHY_METHOD_DENIED);
	}
	w.evidence.method = JK_METHOD_NONE;
	expect("no method", "", &w, JK_WHY_EVIDENCE_NONE);
	make_good(&w, JK_ASK_LOGIN);
	strcpy(w.opids[0].type, "no-such-type");
	expect("no such type", "", &w, JK_WHY_POLICY_BAD);
}

static void
every_business_needs_its_mark(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.policy.own_department = w.policy.permission = 0;
	w.policy.second_person = 0;
	for (unsigned asked = 0; asked < JK_BUSINESS_COUNT; asked++)
		for (unsigned given = 0; given < JK_BUSINESS_COUNT; given++) {
			w.q.business = (enum jk_business)asked;
			w.types[0].businesses = jk_bit(given);
			expect("mark", "", &w,
			    asked == given ? JK_WHY_GRANTED
			                   : JK_WHY_BIZ_DENIED);
		}
}

static void
own_department(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	expect("an owner", "", &w, JK_WHY_GRANTED);
	strcpy(w.opids[0].department, "toshokan");
	strcpy(w.person.department, "shimin");
	expect("the operator ID's department counts", "", &w,
	    JK_WHY_DEPT_OWNER);
	w.opids[0].department[0] = '\0';
	w.policy.owner[1][0] = '\0';
	expect("of no department", "", &w, JK_WHY_DEPT_OWNER);
	w.policy.own_department = ~jk_bit(JK_BIZ_IDENTITY_UPDATE);
	expect("a business for every department", "", &w, JK_WHY_GRANTED);
	w.policy.own_department = ~0u;
	w.policy.n_owners = 0;
	expect("nobody owns", "", &w, JK_WHY_GRANTED);
}

/* --- approvals ------------------------------------------------------------ */

/* What makes an approval of no use, whatever it is for. */
static void
expect_lost(struct world *w, size_t i, enum jk_reason why)
{
	const struct jk_approval good = w->approvals[i];
	struct jk_approval *a = &w->approvals[i];

	expect("approved", a->id, w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w->q).approvals, jk_bit((unsigned)i));
	a->valid.until = NOW;
	expect("it has ended", a->id, w, why);
	*a = good;
	a->valid.from = NOW + 1;
	expect("it has not begun", a->id, w, why);
	*a = good;
	strcpy(a->person, "p2");
	expect("for another person", a->id, w, why);
	*a = good;
	strcpy(a->terminal, "t2");
	expect("for another terminal", a->id, w, why);
	*a = good;
	a->terminal[0] = '\0';
	expect("for every terminal", a->id, w, JK_WHY_GRANTED);
	a->once = true;
	expect("one use at each terminal", a->id, w, why);
	*a = good;
	a->once = true;
	expect("for one use", a->id, w, JK_WHY_GRANTED);
	w->used[i] = true;
	expect("used", a->id, w, why);
	a->once = false;
	expect("not for one use", a->id, w, JK_WHY_GRANTED);
	w->q.used = NULL;
	a->once = true;
	expect("nothing was used", a->id, w, JK_WHY_GRANTED);
	w->q.used = w->used;
	w->used[i] = false;
	for (unsigned k = 0; k < JK_APPROVAL_COUNT + 2; k++) {
		*a = good;
		a->kind = (enum jk_approval_kind)k;
		if (a->kind != good.kind)
			expect("of another kind", a->id, w, why);
	}
	*a = good;
	w->q.n_approvals = i;
	expect("there is none", "", w, why);
	w->q.n_approvals = i + 1;
}

static void
after_hours(void **state)
{
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		make_good(&w, ask);
		w.policy.permission = w.policy.own_department = 0;
		w.types[0].delegated = 0;
		w.q.n_approvals = 0;
		w.q.local.minute = 20 * 60;
		expect("at eight", "", &w, JK_WHY_TIME_OUT);
		expect_lost(&w, add_approval(&w, "a1", JK_APPROVAL_AFTER_HOURS),
		    JK_WHY_TIME_OUT);
		w.q.local.minute = 12 * 60;
		w.q.local.weekday = 6;
		expect("on Saturday", "", &w, JK_WHY_GRANTED);
		w.q.local.weekday = 1;
		w.policy.closed[0] = MIDNIGHT;
		expect("on a closed day", "", &w, JK_WHY_GRANTED);
		assert_int_equal(jk_decide(&w.q).approvals, 1);
		w.policy.n_closed = 0;
		expect("within hours", "", &w, JK_WHY_GRANTED);
		assert_int_equal(jk_decide(&w.q).approvals, 0);
	}
}

static void
hours(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOGIN);
	w.policy.open_min = w.policy.close_min = 0;
	w.q.local.minute = 3;
	expect("no hours are set", "", &w, JK_WHY_GRANTED);
	w.q.local.weekday = 0;
	expect("but days of work", "", &w, JK_WHY_TIME_OUT);
	w.policy.weekdays = 0x7f;
	expect("every day is one", "", &w, JK_WHY_GRANTED);
	w.policy.weekdays = 0;
	expect("neither hours nor days", "", &w, JK_WHY_GRANTED);
	w.policy.closed[0] = MIDNIGHT;
	expect("but this day is closed", "", &w, JK_WHY_TIME_OUT);
	make_good(&w, JK_ASK_LOGIN);
	w.policy.weekdays = 0;
	expect("hours, and no day of work", "", &w, JK_WHY_TIME_OUT);
	make_good(&w, JK_ASK_LOGIN);
	w.policy.open_min = 0;
	w.q.local.minute = 3;
	expect("from midnight on", "", &w, JK_WHY_GRANTED);
	w.q.local.minute = 20 * 60;
	expect("from midnight on, until five", "", &w, JK_WHY_TIME_OUT);
	make_good(&w, JK_ASK_LOGIN);
	w.policy.open_min = 22 * 60;
	w.policy.close_min = 6 * 60;
	w.q.local.minute = 23 * 60;
	expect("ends before it begins", "", &w, JK_WHY_TIME_OUT);
}

static void
delegation(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_MANAGE);
	w.q.n_approvals = 1;
	expect_lost(&w, 0, JK_WHY_DELEGATION_NONE);
	w.approvals[0].functions = ~jk_bit(JK_FUNC_OPERATOR_REGISTER);
	expect("of other functions", "", &w, JK_WHY_DELEGATION_NONE);
	w.approvals[0].functions = jk_bit(JK_FUNC_OPERATOR_REGISTER);
	w.delegators[0] = false;
	expect("by one who no longer manages", "", &w, JK_WHY_DELEGATION_NONE);
	w.q.delegators = NULL;
	expect("by nobody", "", &w, JK_WHY_DELEGATION_NONE);
}

static void
no_delegation_for_type_9(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_MANAGE);
	w.types[0].delegated = ~jk_bit(JK_FUNC_OPERATOR_REGISTER);
	expect("the function is its own", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).approvals, 0);
	w.q.n_approvals = 0;
	expect("without a delegation", "", &w, JK_WHY_GRANTED);
}

static void
delegation_gives_no_function(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_MANAGE);
	w.types[0].functions = 0;
	expect("delegated, but not in the list", "", &w, JK_WHY_FUNC_DENIED);
	w.q.function = JK_FUNCTION_COUNT;
	expect("none is needed", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).approvals, 0);
}

static void
permission(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.approvals[0] = w.approvals[1];
	w.q.n_approvals = 1;
	expect_lost(&w, 0, JK_WHY_PERM_NONE);
	w.approvals[0].businesses = ~jk_bit(JK_BIZ_IDENTITY_UPDATE);
	expect("of other businesses", "", &w, JK_WHY_PERM_NONE);
	w.approvals[0].businesses = 0;
	expect("of all", "", &w, JK_WHY_GRANTED);
	w.policy.permission = ~jk_bit(JK_BIZ_IDENTITY_UPDATE);
	w.q.n_approvals = 0;
	expect("none is needed", "", &w, JK_WHY_GRANTED);
}

static void
fallback_pin(void **state)
{
	struct world w;

	(void)state;
	for (enum jk_ask ask = 0; ask < ASKS; ask++) {
		make_good(&w, ask);
		w.policy.permission = w.policy.own_department = 0;
		w.types[0].delegated = 0;
		w.q.n_approvals = 0;
		w.evidence.method = JK_METHOD_FALLBACK_PIN;
		expect("not approved", "", &w, JK_WHY_FALLBACK_NONE);
		expect_lost(&w,
		    add_approval(&w, "a1", JK_APPROVAL_FALLBACK_PIN),
		    JK_WHY_FALLBACK_NONE);
		w.policy.class[JK_CLASS_INTEGRATED].methods =
		    jk_bit(JK_METHOD_CARD_PIN);
		expect("approved, but never taken here", "", &w,
		    JK_WHY_METHOD_DENIED);
	}
}

static void
one_that_lasts_goes_first(void **state)
{
	struct world w;
	size_t once, lasts;

	(void)state;
	make_good(&w, JK_ASK_LOGIN);
	w.q.local.minute = 20 * 60;
	w.q.n_approvals = 0;
	once = add_approval(&w, "a1", JK_APPROVAL_AFTER_HOURS);
	w.approvals[once].once = true;
	(void)add_approval(&w, "a2", JK_APPROVAL_AFTER_HOURS);
	lasts = add_approval(&w, "a3", JK_APPROVAL_AFTER_HOURS);
	w.approvals[1].once = true;
	assert_int_equal(jk_decide(&w.q).approvals, jk_bit((unsigned)lasts));
	w.approvals[lasts].valid.until = NOW;
	assert_int_equal(jk_decide(&w.q).approvals, jk_bit((unsigned)once));
	w.used[once] = true;
	assert_int_equal(jk_decide(&w.q).approvals, jk_bit(1));
	w.used[1] = true;
	expect("all used", "", &w, JK_WHY_TIME_OUT);
}

static void
all_approvals_are_named(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.q.local.minute = 20 * 60;
	w.evidence.method = JK_METHOD_FALLBACK_PIN;
	(void)add_approval(&w, "a3", JK_APPROVAL_FALLBACK_PIN);
	expect("two of three", "", &w, JK_WHY_TIME_OUT);
	(void)add_approval(&w, "a4", JK_APPROVAL_AFTER_HOURS);
	expect("three of three", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).approvals, 0xe);
}

static const char *
action_name(unsigned action)
{
	static const char *const names[] = { "search", "view", "input",
		"delete", "correct", "extract", "print", "hardcopy",
		"store-media" };

	return names[action];
}

static void
permission_by_name(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.q.permission = "a2";
	expect("the one there is", "", &w, JK_WHY_GRANTED);
	w.q.permission = "";
	expect("an empty id", "", &w, JK_WHY_PERM_BAD);
	w.q.permission = "a1";
	expect("of another kind", "", &w, JK_WHY_PERM_BAD);
	w.q.permission = "a2";
	w.approvals[0] = w.approvals[1];
	w.q.n_approvals = 1;
	expect_lost(&w, 0, JK_WHY_PERM_BAD);
	w.approvals[0].businesses = ~jk_bit(JK_BIZ_IDENTITY_UPDATE);
	expect("of other businesses", "", &w, JK_WHY_PERM_BAD);
	w.policy.permission = 0;
	expect("bad, though none is needed", "", &w, JK_WHY_PERM_BAD);
	w.approvals[0].businesses = 0;
	expect("good, though none is needed", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).approvals, 1);
}

static void
correction(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.policy.permission = 0;
	w.q.n_approvals = 0;
	for (unsigned a = 0; a < JK_ACTION_COUNT; a++) {
		w.q.action = (enum jk_action)a;
		expect("without a permission", action_name(a), &w,
		    a == JK_ACTION_CORRECT    ? JK_WHY_PERM_NONE
		    : a == JK_ACTION_HARDCOPY ? JK_WHY_HARDCOPY_DENIED
		    : a == JK_ACTION_STORE    ? JK_WHY_MEDIA_DENIED
		                              : JK_WHY_GRANTED);
	}
}

static void
hardcopy(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.q.action = JK_ACTION_HARDCOPY;
	expect("a standing permission", "", &w, JK_WHY_HARDCOPY_DENIED);
	w.q.permission = "a2";
	expect("by name", "", &w, JK_WHY_GRANTED);
	w.approvals[1].valid.until = NOW;
	expect("one that has ended", "", &w, JK_WHY_PERM_BAD);
}

static void
medium(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.policy.permission = 0;
	w.q.action = JK_ACTION_STORE;
	w.approvals[0] = w.approvals[1];
	w.q.n_approvals = 1;
	expect_lost(&w, 0, JK_WHY_MEDIA_DENIED);
}

/* --- how much ------------------------------------------------------------- */

static void
requirement(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.q.requirement = false;
	w.q.count = 0;
	expect("of an input", "", &w, JK_WHY_GRANTED);
	w.q.action = JK_ACTION_SEARCH;
	expect("of a search", "", &w, JK_WHY_REQ_NONE);
	w.q.action = JK_ACTION_EXTRACT;
	w.q.count = 5;
	expect("of an extraction", "", &w, JK_WHY_REQ_NONE);
	w.q.requirement = true;
	expect("said", "", &w, JK_WHY_GRANTED);
	w.q.count = 0;
	expect("but not how many", "", &w, JK_WHY_REQ_NONE);
	w.q.action = JK_ACTION_SEARCH;
	expect("a search finds what it finds", "", &w, JK_WHY_GRANTED);
}

static void
bulk(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.q.count = w.q.hour = UINT64_MAX;
	expect("no limit", "", &w, JK_WHY_GRANTED);
	w.policy.bulk_count = 49;
	expect("all there are", "", &w, JK_WHY_LOOK_BULK);
	w.q.count = 50;
	expect("one too many", "", &w, JK_WHY_LOOK_BULK);
	w.q.count = 49;
	expect("as many as may be", "", &w, JK_WHY_GRANTED);
	w.policy.bulk_hour = 99;
	expect("a full hour", "", &w, JK_WHY_LOOK_BULK);
	w.q.hour = 50;
	expect("up to the limit", "", &w, JK_WHY_GRANTED);
	w.q.hour = 51;
	expect("beyond it", "", &w, JK_WHY_LOOK_BULK);
	w.q.count = 0;
	w.q.hour = 98;
	expect("one person", "", &w, JK_WHY_GRANTED);
	w.q.hour = 99;
	expect("one person more", "", &w, JK_WHY_LOOK_BULK);
	w.q.permission = "a2";
	expect("by name", "", &w, JK_WHY_GRANTED);
	w.q.permission = NULL;
	w.policy.bulk = jk_bit(JK_BIZ_IDENTITY_UPDATE);
	expect("where it is usual", "", &w, JK_WHY_GRANTED);
	w.policy.bulk = ~jk_bit(JK_BIZ_IDENTITY_UPDATE);
	expect("where it is usual elsewhere", "", &w, JK_WHY_LOOK_BULK);
}

/* --- the second person ---------------------------------------------------- */

static void
second_person(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOOKUP);
	w.q.confirmer = "p1";
	expect("himself", "", &w, JK_WHY_CONFIRM_SAME);
	w.q.confirmer = "";
	expect("an empty id", "", &w, JK_WHY_CONFIRM_NONE);
	w.q.confirmer = NULL;
	expect("nobody", "", &w, JK_WHY_CONFIRM_NONE);
	for (unsigned a = 0; a < JK_ACTION_COUNT; a++) {
		w.q.action = (enum jk_action)a;
		w.q.permission = a == JK_ACTION_HARDCOPY ? "a2" : NULL;
		expect("nobody", action_name(a), &w,
		    a == JK_ACTION_INPUT || a == JK_ACTION_DELETE ||
		            a == JK_ACTION_CORRECT
		        ? JK_WHY_CONFIRM_NONE
		        : JK_WHY_GRANTED);
	}
	w.q.action = JK_ACTION_INPUT;
	w.policy.second_person = ~jk_bit(JK_BIZ_IDENTITY_UPDATE);
	expect("none is needed", "", &w, JK_WHY_GRANTED);
}

/* --- operator IDs and dates ----------------------------------------------- */

static void
switching(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_SWITCH);
	(void)add_opid(&w, "o2");
	(void)add_opid(&w, "o3");
	w.opids[2].enabled = false;
	expect("what can be chosen", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).choices, 3);
	w.q.opid = "o2";
	expect("the other one", "", &w, JK_WHY_GRANTED);
	assert_int_equal(jk_decide(&w.q).opid, 1);
	w.q.opid = "o3";
	expect("a disabled one", "", &w, JK_WHY_OPID_DISABLED);
	w.session.active = false;
	expect("while it is locked", "", &w, JK_WHY_SESS_LOCKED);
}

static void
rules_of_a_later_day(void **state)
{
	struct world w;

	(void)state;
	make_good(&w, JK_ASK_LOGIN);
	expect("from this second on", "", &w, JK_WHY_GRANTED);
	w.policy.effective_from = NOW + 1;
	expect("not yet", "", &w, JK_WHY_POLICY_BAD);
}

#define ROW(name, function)                      \
	{                                        \
		name, function, NULL, NULL, NULL \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROW("T-02 hand-over missing refused", hand_over),
		ROW("T-03 spare card that nobody holds refused", spare_card),
		ROW("T-18 T-20 only a card in use is usable", card_states),
		ROW("T-38 revoked terminal refused", revoked_terminal),
		ROW("T-40 untrained person refused after the limit", training),
		ROW("S-25 fallback PIN without an approval refused",
		    fallback_pin),
		ROW("S-32 business of the owning department only",
		    own_department),
		ROW("S-34 identity information without permission refused",
		    permission),
		ROW("S-34 a permission that is named must be good",
		    permission_by_name),
		ROW("S-38 hardcopy of the screen refused", hardcopy),
		ROW("S-39 self-confirmation refused", second_person),
		ROW("S-41 correction without permission refused", correction),
		ROW("S-44 search without its requirement refused", requirement),
		ROW("S-46 medium without permission refused", medium),
		ROW("S-47 wrong room level refused", room_levels),
		ROW("S-60 rules of a later day are not in force",
		    rules_of_a_later_day),
		ROW("S-63 switch among one's own operator IDs", switching),
		ROW("S-64 type that is switched off refused",
		    types_switched_off),
		ROW("S-65 type 8 without a delegation refused", delegation),
		ROW("S-65 type 9 needs no delegation",
		    no_delegation_for_type_9),
		ROW("S-65 a delegation gives no function of its own",
		    delegation_gives_no_function),
		ROW("S-67 denied unless marked", every_business_needs_its_mark),
		ROW("S-67 what is unknown is denied", unknown_is_denied),
		ROW("O-7 after hours only with an approval", after_hours),
		ROW("O-7 hours, weekdays, closed days", hours),
		ROW("A-09 too many persons refused", bulk),
		ROW("approvals: one that lasts goes before one for one use",
		    one_that_lasts_goes_first),
		ROW("approvals: all that a grant stands on are named",
		    all_approvals_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
