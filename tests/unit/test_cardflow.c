/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "cardflow.h"

#define NOW 1000000

/* Roles for the whole office, or for one department. */
static struct jk_actor
officer(const char *person, uint32_t roles, const char *department)
{
	struct jk_actor actor = { 0 };

	strcpy(actor.person, person);
	for (unsigned role = 0; role < JK_ROLE_COUNT; role++) {
		if ((roles & jk_bit(role)) == 0)
			continue;
		actor.roles[actor.n_roles].role = (enum jk_role_name)role;
		strcpy(actor.roles[actor.n_roles].department, department);
		actor.n_roles++;
	}
	return actor;
}

static struct jk_card_facts
card_in(enum jk_card_state state)
{
	return (struct jk_card_facts){ .state = state,
		.person = "p1",
		.requested_by = "p1",
		.applied_by = "p2",
		.approved_by = "",
		.issued_by = "",
		.card_channel = "",
		.pin_channel = "",
		.return_by = "p1",
		.return_applied_by = "p2" };
}

static enum jk_reason
ask(const struct jk_card_facts *facts, enum jk_card_event event,
    const struct jk_actor *actor, const char *channel, const char *taker)
{
	return jk_cardflow_check(facts,
	    &(struct jk_card_act){ .event = event,
	        .actor = actor,
	        .by = actor->console ? "root@console" : actor->person,
	        .department = facts->person[0] != '\0' || taker[0] != '\0'
	                          ? "shimin"
	                          : "",
	        .channel = channel,
	        .taker = taker,
	        .now = NOW });
}

/* Somebody who may do everything and has nothing to do with the card. */
static enum jk_reason
ask_anybody(const struct jk_card_facts *facts, enum jk_card_event event)
{
	const struct jk_actor actor = officer("p9", ~UINT32_C(0), "");

	return ask(facts, event, &actor,
	    event == JK_EVENT_SEND ? "registered mail" : "telephone", "");
}

/*
 * The second table, typed in from the flows and not from the first: a letter
 * tells where the card then is.
 *
 *   Q requested  L applied  P approved  I issued  A active  X revoked
 *   q return-requested  l return-applied  p return-approved  R returned
 *   = stays  . refused
 */
static const struct {
	const char *name;
	enum jk_card_state state;
	bool sent, told, out;
	/* request apply approve enter issue send tell-pin receive, checkout
	 * checkin, return-request -apply -approve return, revoke */
	const char *to;
} places[] = {
	{ "absent", JK_CARD_ABSENT, 0, 0, 0, "Q.......  ..  ....  ." },
	{ "requested", JK_CARD_REQUESTED, 0, 0, 0, ".L......  ..  ....  X" },
	{ "applied", JK_CARD_APPLIED, 0, 0, 0, "..P.....  ..  ....  X" },
	{ "approved", JK_CARD_APPROVED, 0, 0, 0, "...=I...  ..  ....  X" },
	{ "issued", JK_CARD_ISSUED, 0, 0, 0, ".....=..  ..  ....  X" },
	{ "sent", JK_CARD_ISSUED, 1, 0, 0, "......=.  ..  ....  X" },
	{ "told", JK_CARD_ISSUED, 1, 1, 0, ".......A  ..  ....  X" },
	{ "told only", JK_CARD_ISSUED, 0, 1, 0, ".....=..  ..  ....  X" },
	{ "active", JK_CARD_ACTIVE, 1, 1, 0, "........  =.  q...  X" },
	{ "active, out", JK_CARD_ACTIVE, 1, 1, 1, "........  .=  q...  X" },
	{ "return requested", JK_CARD_RETURN_REQUESTED, 1, 1, 0,
	    "........  ..  .l..  X" },
	{ "return requested, out", JK_CARD_RETURN_REQUESTED, 1, 1, 1,
	    "........  .=  .l..  X" },
	{ "return applied", JK_CARD_RETURN_APPLIED, 1, 1, 0,
	    "........  ..  ..p.  X" },
	{ "return applied, out", JK_CARD_RETURN_APPLIED, 1, 1, 1,
	    "........  .=  ..p.  X" },
	{ "return approved", JK_CARD_RETURN_APPROVED, 1, 1, 0,
	    "...=....  ..  ...R  X" },
	{ "return approved, out", JK_CARD_RETURN_APPROVED, 1, 1, 1,
	    "...=....  .=  ...R  X" },
	{ "returned", JK_CARD_RETURNED, 1, 1, 0, "........  ..  ....  ." },
	{ "returned, out", JK_CARD_RETURNED, 1, 1, 1, "........  ..  ....  ." },
	{ "revoked", JK_CARD_REVOKED, 1, 1, 0, "........  ..  ....  ." },
	{ "revoked, out", JK_CARD_REVOKED, 1, 1, 1, "........  .=  ....  ." },
};

static enum jk_card_state
state_of(char letter)
{
	static const char letters[] = "XQLPIAqlpR";
	const char *at = strchr(letters, letter);

	return at == NULL ? JK_CARD_ABSENT : (enum jk_card_state)(at - letters);
}

static void
test_every_state_and_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(places); i++) {
		struct jk_card_facts f = card_in(places[i].state);
		const char *to = places[i].to;

		f.card_channel = places[i].sent ? "registered mail" : "";
		f.pin_channel = places[i].told ? "telephone" : "";
		f.handed_over = places[i].out;
		for (enum jk_card_event e = 0; e < JK_EVENT_COUNT; e++, to++) {
			enum jk_reason why = ask_anybody(&f, e);

			to += strspn(to, " ");
			if (*to == '.') {
				if (why != JK_WHY_FLOW_ORDER)
					fail_msg("%s: %s: %s", places[i].name,
					    jk_card_step(e)->verb,
					    jk_reason_code(why));
				continue;
			}
			if (why != JK_WHY_GRANTED ||
			    jk_card_step(e)->to != state_of(*to))
				fail_msg("%s: %s: %s, to %d", places[i].name,
				    jk_card_step(e)->verb, jk_reason_code(why),
				    (int)jk_card_step(e)->to);
		}
		assert_int_equal(*to, '\0');
	}
}

#define SM (1u << JK_ROLE_SECURITY_MANAGER)
#define SO (1u << JK_ROLE_SECURITY_OFFICER)
#define SY (1u << JK_ROLE_SYSTEM_MANAGER)

/* Who, and in which place of the table above it would be in order. */
static const struct {
	enum jk_card_event event;
	const char *verb;
	enum jk_card_state state;
	bool sent, told, out, own;
	uint32_t roles;
} duties[] = {
	{ JK_EVENT_REQUEST, "request", JK_CARD_ABSENT, 0, 0, 0, 1, SM },
	{ JK_EVENT_APPLY, "apply", JK_CARD_REQUESTED, 0, 0, 0, 0, SM },
	{ JK_EVENT_APPROVE, "approve", JK_CARD_APPLIED, 0, 0, 0, 0, SY },
	{ JK_EVENT_ENTER, "enter", JK_CARD_APPROVED, 0, 0, 0, 0, SY | SO },
	{ JK_EVENT_ISSUE, "issue", JK_CARD_APPROVED, 0, 0, 0, 0, SY | SO },
	{ JK_EVENT_SEND, "send", JK_CARD_ISSUED, 0, 0, 0, 0, SY | SO },
	{ JK_EVENT_TELL_PIN, "tell-pin", JK_CARD_ISSUED, 1, 0, 0, 0, SY | SO },
	{ JK_EVENT_RECEIVE, "receive", JK_CARD_ISSUED, 1, 1, 0, 0,
	    SM | SO | SY },
	{ JK_EVENT_CHECKOUT, "checkout", JK_CARD_ACTIVE, 1, 1, 0, 0, SM | SO },
	{ JK_EVENT_CHECKIN, "checkin", JK_CARD_ACTIVE, 1, 1, 1, 0, SM | SO },
	{ JK_EVENT_RETURN_REQUEST, "return-request", JK_CARD_ACTIVE, 1, 1, 0, 1,
	    SM },
	{ JK_EVENT_RETURN_APPLY, "return-apply", JK_CARD_RETURN_REQUESTED, 1, 1,
	    0, 0, SM },
	{ JK_EVENT_RETURN_APPROVE, "return-approve", JK_CARD_RETURN_APPLIED, 1,
	    1, 0, 0, SY },
	{ JK_EVENT_RETURN, "return", JK_CARD_RETURN_APPROVED, 1, 1, 0, 0,
	    SY | SO },
	{ JK_EVENT_REVOKE, "revoke", JK_CARD_ACTIVE, 1, 1, 0, 0, SM | SO | SY },
};

static struct jk_card_facts
card_for(size_t i)
{
	struct jk_card_facts f = card_in(duties[i].state);

	f.card_channel = duties[i].sent ? "registered mail" : "";
	f.pin_channel = duties[i].told ? "telephone" : "";
	f.handed_over = duties[i].out;
	return f;
}

static void
expect_why(size_t i, const struct jk_card_facts *f,
    const struct jk_actor *actor, enum jk_reason expected, const char *what)
{
	enum jk_reason why = ask(f, duties[i].event, actor, "by hand", "");

	if (why != expected)
		fail_msg("%s by %s: %s", duties[i].verb, what,
		    jk_reason_code(why));
}

static void
test_every_event_and_role(void **state)
{
	const struct jk_actor nobody = officer("p9", 0, "");

	(void)state;
	assert_int_equal(JK_COUNT(duties), JK_EVENT_COUNT);
	for (size_t i = 0; i < JK_COUNT(duties); i++) {
		const struct jk_card_facts f = card_for(i);

		assert_int_equal(duties[i].event, i);
		assert_string_equal(jk_card_step(duties[i].event)->verb,
		    duties[i].verb);
		expect_why(i, &f, &nobody, JK_WHY_ROLE_NONE, "nobody");
		for (unsigned role = 0; role < JK_ROLE_COUNT; role++) {
			const bool may = (duties[i].roles & jk_bit(role)) != 0;
			struct jk_actor a = officer("p9", jk_bit(role), "");
			const char *name = jk_word_id(&jk_role_names, role);

			expect_why(i, &f, &a,
			    may ? JK_WHY_GRANTED : JK_WHY_ROLE_NONE, name);
			a = officer("p9", jk_bit(role), "shimin");
			expect_why(i, &f, &a,
			    may ? JK_WHY_GRANTED : JK_WHY_ROLE_NONE, name);
			a = officer("p9", jk_bit(role), "zeimu");
			expect_why(i, &f, &a,
			    may ? JK_WHY_ROLE_DEPT : JK_WHY_ROLE_NONE, name);
			a = officer("p9", jk_bit(role), "");
			a.roles[0].valid.until = NOW;
			expect_why(i, &f, &a, JK_WHY_ROLE_NONE, "a past one");
		}
	}
}

static void
test_own_card(void **state)
{
	const struct jk_actor holder = officer("p1", 0, "");
	const struct jk_actor other = officer("p3", 0, "");

	(void)state;
	for (size_t i = 0; i < JK_COUNT(duties); i++) {
		const struct jk_card_facts f = card_for(i);

		expect_why(i, &f, &holder,
		    duties[i].own ? JK_WHY_GRANTED : JK_WHY_ROLE_NONE,
		    "the holder");
		expect_why(i, &f, &other, JK_WHY_ROLE_NONE, "another");
	}
}

/* T-12 */

static void
test_no_issue_without_approval(void **state)
{
	static const enum jk_card_state before[] = { JK_CARD_ABSENT,
		JK_CARD_REQUESTED, JK_CARD_APPLIED };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(before); i++) {
		const struct jk_card_facts f = card_in(before[i]);

		assert_int_equal(ask_anybody(&f, JK_EVENT_ISSUE),
		    JK_WHY_FLOW_ORDER);
	}
}

static void
test_nobody_approves_for_himself(void **state)
{
	static const char *const party[] = { "p1", "p2", "p3" };
	struct jk_card_facts f = card_in(JK_CARD_APPLIED);
	struct jk_actor a;

	(void)state;
	f.requested_by = "p3";
	for (size_t i = 0; i < JK_COUNT(party); i++) {
		a = officer(party[i], SY, "");
		assert_int_equal(ask(&f, JK_EVENT_APPROVE, &a, "", ""),
		    JK_WHY_SELF_APPROVAL);
	}
	a = officer("p4", SY, "");
	assert_int_equal(ask(&f, JK_EVENT_APPROVE, &a, "", ""), JK_WHY_GRANTED);
	/* The other flow's persons are no party in this one. */
	f.return_by = f.return_applied_by = "p4";
	assert_int_equal(ask(&f, JK_EVENT_APPROVE, &a, "", ""), JK_WHY_GRANTED);
}

static void
test_console_approves_nothing_of_its_own(void **state)
{
	const struct jk_actor console = { .console = true };
	struct jk_card_facts f = card_in(JK_CARD_APPLIED);

	(void)state;
	assert_int_equal(ask(&f, JK_EVENT_APPROVE, &console, "", ""),
	    JK_WHY_GRANTED);
	f.applied_by = "root@console";
	assert_int_equal(ask(&f, JK_EVENT_APPROVE, &console, "", ""),
	    JK_WHY_SELF_APPROVAL);
}

/* T-14, T-18: somebody else than the one before. */
static void
test_nobody_makes_a_card_alone(void **state)
{
	static const char *const names[] = { "p4", "root@console" };
	struct jk_card_facts f = card_in(JK_CARD_APPROVED);

	(void)state;
	for (size_t i = 0; i < JK_COUNT(names); i++) {
		const bool console = i == 1;
		const struct jk_actor same =
		    console ? (struct jk_actor){ .console = true }
		            : officer(names[i], SY | SO, "");
		const struct jk_actor other = officer("p5", SY, "");

		f = card_in(JK_CARD_APPROVED);
		f.approved_by = names[i];
		assert_int_equal(ask(&f, JK_EVENT_ISSUE, &same, "", ""),
		    JK_WHY_SELF_APPROVAL);
		assert_int_equal(ask(&f, JK_EVENT_ISSUE, &other, "", ""),
		    JK_WHY_GRANTED);
		f = card_in(JK_CARD_ISSUED);
		f.card_channel = "post";
		f.pin_channel = "telephone";
		f.issued_by = names[i];
		assert_int_equal(ask(&f, JK_EVENT_RECEIVE, &same, "", ""),
		    JK_WHY_SELF_APPROVAL);
		assert_int_equal(ask(&f, JK_EVENT_RECEIVE, &other, "", ""),
		    JK_WHY_GRANTED);
	}
}

/* T-21 */
static void
test_nobody_approves_his_own_return(void **state)
{
	static const char *const party[] = { "p1", "p2", "p3" };
	struct jk_card_facts f = card_in(JK_CARD_RETURN_APPLIED);
	struct jk_actor a;

	(void)state;
	f.return_by = "p3";
	for (size_t i = 0; i < JK_COUNT(party); i++) {
		a = officer(party[i], SY, "");
		assert_int_equal(ask(&f, JK_EVENT_RETURN_APPROVE, &a, "", ""),
		    JK_WHY_SELF_APPROVAL);
	}
	a = officer("p4", SY, "");
	assert_int_equal(ask(&f, JK_EVENT_RETURN_APPROVE, &a, "", ""),
	    JK_WHY_GRANTED);
}

/* T-17 */

static void
test_same_channel_refused(void **state)
{
	static const struct {
		const char *card, *pin;
		enum jk_reason why;
	} rows[] = {
		{ "registered mail", "telephone", JK_WHY_GRANTED },
		{ "registered mail", "registered mail", JK_WHY_CHANNEL_SAME },
		{ "registered mail", " Registered Mail ", JK_WHY_CHANNEL_SAME },
		{ "post", "post office", JK_WHY_GRANTED },
		{ "郵送", "郵送", JK_WHY_CHANNEL_SAME },
		{ "郵送", "電話", JK_WHY_GRANTED },
		{ "郵送", "", JK_WHY_CHANNEL_SAME },
		{ "郵送", " \t", JK_WHY_CHANNEL_SAME },
		/* As Japanese keyboards write them. */
		{ "郵送", "郵送　", JK_WHY_CHANNEL_SAME },
		{ "郵送　", "　郵送", JK_WHY_CHANNEL_SAME },
		{ "郵送", "　", JK_WHY_CHANNEL_SAME },
		{ "registered mail", "ｒｅｇｉｓｔｅｒｅｄ　ＭＡＩＬ",
		    JK_WHY_CHANNEL_SAME },
		{ "書留 郵便", "書留　郵便", JK_WHY_CHANNEL_SAME },
		{ "registered mail", "registered  mail", JK_WHY_CHANNEL_SAME },
		{ "郵送", "郵送２", JK_WHY_GRANTED },
		{ "fax 1", "ＦＡＸ２", JK_WHY_GRANTED },
		{ "fax", "fax\xef\xbd", JK_WHY_GRANTED },
	};
	const struct jk_actor a = officer("p3", SY, "");

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_card_facts f = card_in(JK_CARD_ISSUED);
		enum jk_reason why;

		f.card_channel = rows[i].card;
		why = ask(&f, JK_EVENT_TELL_PIN, &a, rows[i].pin, "");
		if (why != rows[i].why)
			fail_msg("\"%s\", \"%s\": %s", rows[i].card,
			    rows[i].pin, jk_reason_code(why));
	}
}

static void
test_unnamed_channel_is_none(void **state)
{
	const struct jk_actor a = officer("p3", SY, "");
	struct jk_card_facts f = card_in(JK_CARD_ISSUED);

	(void)state;
	assert_int_equal(ask(&f, JK_EVENT_SEND, &a, "  ", ""),
	    JK_WHY_CHANNEL_SAME);
	assert_int_equal(ask(&f, JK_EVENT_SEND, &a, "　", ""),
	    JK_WHY_CHANNEL_SAME);
	f.card_channel = " ";
	assert_int_equal(ask(&f, JK_EVENT_TELL_PIN, &a, "telephone", ""),
	    JK_WHY_FLOW_ORDER);
}

/* T-18 */
static void
test_active_by_receipt_alone(void **state)
{
	(void)state;
	for (enum jk_card_event e = 0; e < JK_EVENT_COUNT; e++)
		assert_int_equal(jk_card_step(e)->to == JK_CARD_ACTIVE,
		    e == JK_EVENT_RECEIVE);
}

/* T-20 */
static void
test_no_work_after_return_is_applied_for(void **state)
{
	static const enum jk_card_state states[] = { JK_CARD_RETURN_APPLIED,
		JK_CARD_RETURN_APPROVED, JK_CARD_RETURNED };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(states); i++)
		for (enum jk_card_event e = 0; e < JK_EVENT_COUNT; e++) {
			const enum jk_card_state to = jk_card_step(e)->to;

			if ((jk_card_step(e)->from & jk_bit(states[i])) != 0 &&
			    (to == JK_CARD_ACTIVE ||
			        to == JK_CARD_RETURN_REQUESTED))
				fail_msg("%s", jk_card_step(e)->verb);
		}
}

/* T-24 */
static void
test_returned_never_returns(void **state)
{
	(void)state;
	for (enum jk_card_event e = 0; e < JK_EVENT_COUNT; e++)
		assert_int_equal(jk_card_step(e)->from &
		                     jk_bit(JK_CARD_RETURNED),
		    0);
}

/* T-38 */
static void
test_revoked_never_works_again(void **state)
{
	(void)state;
	for (enum jk_card_event e = 0; e < JK_EVENT_COUNT; e++)
		if ((jk_card_step(e)->from & jk_bit(JK_CARD_REVOKED)) != 0)
			assert_int_equal(jk_card_step(e)->to, JK_CARD_ABSENT);
}

/* T-03, T-26 */

static void
test_card_is_not_lent(void **state)
{
	const struct jk_actor a = officer("p2", SM, "shimin");
	const struct jk_card_facts f = card_in(JK_CARD_ACTIVE);

	(void)state;
	assert_int_equal(ask(&f, JK_EVENT_CHECKOUT, &a, "", "p1"),
	    JK_WHY_GRANTED);
	assert_int_equal(ask(&f, JK_EVENT_CHECKOUT, &a, "", "p5"),
	    JK_WHY_CARD_MISMATCH);
}

static void
test_spare_names_its_taker(void **state)
{
	const struct jk_actor a = officer("p2", SM, "shimin");
	struct jk_card_facts f = card_in(JK_CARD_ACTIVE);

	(void)state;
	f.spare = true;
	f.person = "";
	assert_int_equal(ask(&f, JK_EVENT_CHECKOUT, &a, "", "p5"),
	    JK_WHY_GRANTED);
	/* Without a taker it is of no department. */
	assert_int_equal(ask(&f, JK_EVENT_CHECKOUT, &a, "", ""),
	    JK_WHY_ROLE_DEPT);
	assert_int_equal(ask(&f, JK_EVENT_CHECKOUT,
	                     &(struct jk_actor){ .console = true }, "", ""),
	    JK_WHY_CARD_MISMATCH);
	assert_int_equal(ask(&f, JK_EVENT_CHECKOUT, &a, "", "p2"),
	    JK_WHY_SELF_APPROVAL);
}

static void
test_spare_is_nobodys_own(void **state)
{
	const struct jk_actor borrower = officer("p5", 0, "");
	struct jk_card_facts f = card_in(JK_CARD_ACTIVE);

	(void)state;
	f.spare = true;
	f.person = "p5";
	assert_int_equal(ask(&f, JK_EVENT_RETURN_REQUEST, &borrower, "", ""),
	    JK_WHY_ROLE_NONE);
}

static void
test_what_comes_next(void **state)
{
	static const struct {
		enum jk_card_state state;
		const char *card, *pin;
		enum jk_card_event next;
	} rows[] = {
		{ JK_CARD_REQUESTED, "", "", JK_EVENT_APPLY },
		{ JK_CARD_APPLIED, "", "", JK_EVENT_APPROVE },
		{ JK_CARD_APPROVED, "", "", JK_EVENT_ISSUE },
		{ JK_CARD_ISSUED, "", "", JK_EVENT_SEND },
		{ JK_CARD_ISSUED, "post", "", JK_EVENT_TELL_PIN },
		{ JK_CARD_ISSUED, "post", "phone", JK_EVENT_RECEIVE },
		{ JK_CARD_RETURN_REQUESTED, "", "", JK_EVENT_RETURN_APPLY },
		{ JK_CARD_RETURN_APPLIED, "", "", JK_EVENT_RETURN_APPROVE },
		{ JK_CARD_RETURN_APPROVED, "", "", JK_EVENT_RETURN },
		{ JK_CARD_ACTIVE, "post", "phone", JK_EVENT_COUNT },
		{ JK_CARD_RETURNED, "post", "phone", JK_EVENT_COUNT },
		{ JK_CARD_REVOKED, "", "", JK_EVENT_COUNT },
		{ JK_CARD_ABSENT, "", "", JK_EVENT_COUNT },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_card_facts f = card_in(rows[i].state);
		enum jk_card_event next;

		f.card_channel = rows[i].card;
		f.pin_channel = rows[i].pin;
		next = jk_cardflow_next(&f);
		assert_int_equal(next, rows[i].next);
		if (next != JK_EVENT_COUNT)
			assert_int_equal(ask_anybody(&f, next), JK_WHY_GRANTED);
	}
}

static void
test_nonsense_is_refused(void **state)
{
	const struct jk_card_facts f = card_in(JK_CARD_ACTIVE);
	const struct jk_card_facts none = card_in(JK_CARD_ABSENT + 1);

	(void)state;
	assert_int_equal(ask_anybody(&f, JK_EVENT_COUNT), JK_WHY_INTERNAL);
	assert_int_equal(ask_anybody(&none, JK_EVENT_REVOKE), JK_WHY_INTERNAL);
}

/*
 * A walk: whoever tries whatever, in whatever order. What the tool keeps in
 * the row is kept here beside a diary of what was granted.
 */

#define EVENTS_MAX 64
#define WALKS      20000

struct diary {
	size_t n;
	enum jk_card_event event[EVENTS_MAX];
	char by[EVENTS_MAX][JK_ID_MAX + 1];
	const char *channel[EVENTS_MAX];
	struct jk_card_facts facts;
	char who[8][JK_ID_MAX + 1]; /* what the facts point at */
};

static const char *
hold(struct diary *d, size_t slot, const char *text)
{
	strcpy(d->who[slot], text);
	return d->who[slot];
}

static void
write_down(struct diary *d, enum jk_card_event event, const char *by,
    const char *channel)
{
	struct jk_card_facts *f = &d->facts;

	strcpy(d->by[d->n], by);
	d->channel[d->n] = channel;
	d->event[d->n++] = event;
	if (jk_card_step(event)->to != JK_CARD_ABSENT)
		f->state = jk_card_step(event)->to;
	if (event == JK_EVENT_REQUEST)
		f->requested_by = hold(d, 0, by);
	else if (event == JK_EVENT_APPLY)
		f->applied_by = hold(d, 1, by);
	else if (event == JK_EVENT_APPROVE)
		f->approved_by = hold(d, 4, by);
	else if (event == JK_EVENT_ISSUE)
		f->issued_by = hold(d, 5, by);
	else if (event == JK_EVENT_SEND)
		f->card_channel = channel;
	else if (event == JK_EVENT_TELL_PIN)
		f->pin_channel = channel;
	else if (event == JK_EVENT_RETURN_REQUEST)
		f->return_by = hold(d, 2, by);
	else if (event == JK_EVENT_RETURN_APPLY)
		f->return_applied_by = hold(d, 3, by);
	else if (event == JK_EVENT_CHECKOUT)
		f->handed_over = true;
	else if (event == JK_EVENT_CHECKIN)
		f->handed_over = false;
}

/* The place of an event in the diary, which must have it exactly once. */
static size_t
once(const struct diary *d, enum jk_card_event event)
{
	size_t at = EVENTS_MAX;

	for (size_t i = 0; i < d->n; i++) {
		if (d->event[i] != event)
			continue;
		assert_int_equal(at, EVENTS_MAX);
		at = i;
	}
	assert_int_not_equal(at, EVENTS_MAX);
	return at;
}

static void
check_active(const struct diary *d)
{
	static const enum jk_card_event flow[] = { JK_EVENT_REQUEST,
		JK_EVENT_APPLY, JK_EVENT_APPROVE, JK_EVENT_ISSUE, JK_EVENT_SEND,
		JK_EVENT_TELL_PIN, JK_EVENT_RECEIVE };
	const size_t approve = once(d, JK_EVENT_APPROVE);

	for (size_t i = 1; i < JK_COUNT(flow); i++)
		assert_true(once(d, flow[i - 1]) < once(d, flow[i]));
	assert_string_not_equal(d->by[approve], d->facts.person);
	assert_string_not_equal(d->by[approve],
	    d->by[once(d, JK_EVENT_REQUEST)]);
	assert_string_not_equal(d->by[approve], d->by[once(d, JK_EVENT_APPLY)]);
	assert_string_not_equal(d->by[once(d, JK_EVENT_ISSUE)], d->by[approve]);
	assert_string_not_equal(d->by[once(d, JK_EVENT_ISSUE)],
	    d->by[once(d, JK_EVENT_RECEIVE)]);
	assert_string_not_equal(d->channel[once(d, JK_EVENT_SEND)],
	    d->channel[once(d, JK_EVENT_TELL_PIN)]);
	for (size_t i = 0; i < d->n; i++)
		assert_int_not_equal(d->event[i], JK_EVENT_REVOKE);
}

/* Mostly what is next, or nobody would ever come far. */
static enum jk_card_event
pick_event(const struct diary *d)
{
	enum jk_card_event next = jk_cardflow_next(&d->facts);

	if (d->facts.state == JK_CARD_ABSENT)
		next = JK_EVENT_REQUEST;
	if (next != JK_EVENT_COUNT && rand() % 2 == 0)
		return next;
	return (enum jk_card_event)(rand() % JK_EVENT_COUNT);
}

static size_t
walk(const struct jk_actor *actors, size_t n)
{
	static const char *const channels[] = { "post", "telephone", "in hand",
		"POST", "" };
	struct diary d = { .facts = card_in(JK_CARD_ABSENT) };
	size_t actives = 0;

	d.facts.requested_by = d.facts.applied_by = "";
	d.facts.return_by = d.facts.return_applied_by = "";
	for (unsigned try = 0; try < 200 && d.n < EVENTS_MAX; try++) {
		const struct jk_actor *a = &actors[(size_t)rand() % n];
		const enum jk_card_event event = pick_event(&d);
		const char *channel =
		    channels[(size_t)rand() % JK_COUNT(channels)];
		const bool over = d.facts.state == JK_CARD_RETURNED ||
		                  d.facts.state == JK_CARD_REVOKED;

		if (ask(&d.facts, event, a, channel, "") != JK_WHY_GRANTED)
			continue;
		write_down(&d, event, a->console ? "root@console" : a->person,
		    channel);
		if (over)
			assert_true(d.facts.state == JK_CARD_RETURNED ||
			            d.facts.state == JK_CARD_REVOKED);
		if (d.facts.state == JK_CARD_ACTIVE ||
		    d.facts.state == JK_CARD_RETURN_REQUESTED) {
			check_active(&d);
			actives++;
		}
	}
	return actives;
}

static void
test_whatever_the_sequence(void **state)
{
	const struct jk_actor actors[] = {
		officer("p1", SY | SM, ""),
		officer("p2", SM, "shimin"),
		officer("p3", SY, ""),
		officer("p4", SO, ""),
		officer("p5", SY | SM | SO, ""),
		officer("p6", SM, "zeimu"),
		officer("p7", 0, ""),
		{ .console = true },
	};
	size_t actives = 0;

	(void)state;
	srand(20090401);
	for (unsigned i = 0; i < WALKS; i++)
		actives += walk(actors, JK_COUNT(actors));
	/* The property says something only where cards came so far. */
	assert_true(actives > WALKS / 10);
}

#define NAMED(name, test)                        \
	{                                        \
		(name), (test), NULL, NULL, NULL \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		NAMED("every state and event", test_every_state_and_event),
		NAMED("every event and role", test_every_event_and_role),
		NAMED("T-10 T-19 the operator asks for himself", test_own_card),
		NAMED("T-12 no issue without approval",
		    test_no_issue_without_approval),
		NAMED("T-12 nobody approves for himself",
		    test_nobody_approves_for_himself),
		NAMED("T-12 the console approves nothing of its own",
		    test_console_approves_nothing_of_its_own),
		NAMED("T-14 T-18 nobody makes a card alone",
		    test_nobody_makes_a_card_alone),
		NAMED("T-21 nobody approves his own return",
		    test_nobody_approves_his_own_return),
		NAMED("T-17 same channel refused", test_same_channel_refused),
		NAMED("T-17 an unnamed channel is none",
		    test_unnamed_channel_is_none),
		NAMED("T-18 active by the receipt alone",
		    test_active_by_receipt_alone),
		NAMED("T-20 no work after the return is applied for",
		    test_no_work_after_return_is_applied_for),
		NAMED("T-24 a returned card never returns",
		    test_returned_never_returns),
		NAMED("T-38 a revoked card never works again",
		    test_revoked_never_works_again),
		NAMED("T-03 T-26 a card is not lent", test_card_is_not_lent),
		NAMED("T-03 a spare card names its taker",
		    test_spare_names_its_taker),
		NAMED("T-03 a spare card is nobody's own",
		    test_spare_is_nobodys_own),
		NAMED("what comes next can be done", test_what_comes_next),
		NAMED("nonsense is refused", test_nonsense_is_refused),
		NAMED("T-10 to T-18 whatever the sequence",
		    test_whatever_the_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
