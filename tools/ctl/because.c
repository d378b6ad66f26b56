/* SPDX-License-Identifier: BSD-2-Clause */
#include "because.h"

#include <string.h>

#include "clock.h"
#include "tr.h"

/* Where what is collected goes, and from what. */
struct collection {
	const struct jk_question *q;
	const struct jk_verdict *v;
	struct jk_because *list;
	size_t n;
};

typedef void collect_fn(struct collection *c);

static void
add(struct collection *c, const struct jk_because because)
{
	if (c->n < JK_BECAUSE_MAX)
		c->list[c->n++] = because;
}

static void
add_row(struct collection *c, const char *section, const char *id,
    const char *key)
{
	add(c, (struct jk_because){ .section = section, .id = id, .key = key });
}

/* A key of the policy, which may be absent: then its default decided. */
static void
add_policy(struct collection *c, const char *section, const char *id,
    const char *key, const char *value)
{
	add(c, (struct jk_because){ .policy = true,
	           .section = section,
	           .id = id,
	           .key = key,
	           .value = value });
}

static void
add_missing(struct collection *c, const char *section, const char *id,
    const char *key, const char *value)
{
	add(c, (struct jk_because){ .policy = true,
	           .section = section,
	           .id = id,
	           .key = key,
	           .value = value,
	           .missing = true });
}

static const struct jk_opid *
opid_of(const struct collection *c)
{
	return c->v->opid < c->q->n_opids ? &c->q->opids[c->v->opid] : NULL;
}

static const char *
type_of(const struct collection *c)
{
	return c->v->opid < c->q->n_opids ? c->q->types[c->v->opid].id : "";
}

static const char *
class_of(const struct collection *c)
{
	return jk_word_id(&jk_classes, c->q->terminal->class);
}

static const char *
business_of(const struct collection *c)
{
	return jk_word_id(&jk_businesses, c->q->business);
}

static const char *
function_of(const struct collection *c)
{
	return jk_word_id(&jk_functions, c->q->function);
}

static void
person_row(struct collection *c, const char *key)
{
	if (c->q->person != NULL)
		add_row(c, "person", c->q->person->id, key);
}

static void
card_row(struct collection *c, const char *key)
{
	if (c->q->card != NULL)
		add_row(c, "card", c->q->card->id, key);
}

static void
opid_row(struct collection *c, const char *key)
{
	if (opid_of(c) != NULL)
		add_row(c, "operator-id", opid_of(c)->id, key);
}

/* One function for each reason that has lines to show. */

static void
policy_later(struct collection *c)
{
	add_policy(c, "policy", "", "effective-from", NULL);
}

static void
no_card(struct collection *c)
{
	person_row(c, NULL);
}

static void
foreign_card(struct collection *c)
{
	const struct jk_card *card = c->q->card;

	card_row(c, "person");
	if (card != NULL && c->q->account->name[0] == '\0')
		person_row(c, NULL); /* there is no account that names him */
	else if (card != NULL)
		add(c, (struct jk_because){ .section = "account",
		           .id = c->q->account->name,
		           .key = "person",
		           .value = card->person,
		           .missing = true });
}

static void
not_handed_over(struct collection *c)
{
	const struct jk_card *card = c->q->card;

	if (card == NULL)
		return;
	add(c, (struct jk_because){ .section = "card",
	           .id = card->id,
	           .key = "handed-at",
	           .missing = true });
	if (card->spare)
		card_row(c, "spare");
	else
		add_policy(c, "policy", "", "require-checkout", NULL);
}

static void
person_disabled(struct collection *c)
{
	person_row(c, "enabled");
}

static void
person_early(struct collection *c)
{
	person_row(c, "valid-from");
}

static void
person_late(struct collection *c)
{
	person_row(c, "valid-until");
}

static void
person_untrained(struct collection *c)
{
	person_row(c, "trained");
	add_policy(c, "limits", "", "training-days", NULL);
}

static void
card_state(struct collection *c)
{
	card_row(c, "state");
}

static void
card_certificate(struct collection *c)
{
	card_row(c, "certificate");
}

static void
no_opid(struct collection *c)
{
	person_row(c, NULL);
	if (c->q->opid != NULL)
		add_row(c, "operator-id", c->q->opid, "person");
}

static void
opid_disabled(struct collection *c)
{
	const struct jk_opid *opid = opid_of(c);

	if (opid == NULL)
		return;
	if (!opid->enabled)
		opid_row(c, "enabled");
	if (!c->q->types[c->v->opid].enabled)
		add_policy(c, "type", type_of(c), "enabled", NULL);
}

static void
opid_early(struct collection *c)
{
	opid_row(c, "valid-from");
}

static void
opid_late(struct collection *c)
{
	opid_row(c, "valid-until");
}

static void
terminal_class(struct collection *c)
{
	add_row(c, "terminal", c->q->terminal->id, "class");
}

static void
terminal_revoked(struct collection *c)
{
	add_row(c, "terminal", c->q->terminal->id, "state");
}

static void
terminal_room(struct collection *c)
{
	const struct jk_terminal *terminal = c->q->terminal;

	add(c, (struct jk_because){ .section = "terminal",
	           .id = terminal->id,
	           .key = "room-level",
	           .missing = terminal->room_level == 0 });
	add_missing(c, "class", class_of(c), "room-level",
	    jk_word_id(&jk_room_levels, terminal->room_level));
}

static void
opid_terminal(struct collection *c)
{
	opid_row(c, "type");
	terminal_class(c);
	add_missing(c, "type", type_of(c), "terminal-class", class_of(c));
}

static bool
is_closed(const struct jk_question *q)
{
	for (size_t i = 0; i < q->policy->n_closed; i++)
		if (q->policy->closed[i] == q->local.midnight)
			return true;
	return false;
}

static void
out_of_hours(struct collection *c)
{
	static char day[11];
	const struct jk_local_time *local = &c->q->local;

	if (is_closed(c->q)) {
		jk_date_format(local->midnight, day);
		add_policy(c, "hours", "", "closed-day", day);
	} else if ((c->q->policy->weekdays & jk_bit(local->weekday)) == 0) {
		add_missing(c, "hours", "", "weekday",
		    jk_word_id(&jk_weekdays, local->weekday));
	} else {
		add_policy(c, "hours", "", "open", NULL);
		add_policy(c, "hours", "", "close", NULL);
	}
}

static void
business_denied(struct collection *c)
{
	opid_row(c, "type");
	add_missing(c, "type", type_of(c), "business", business_of(c));
}

static void
function_denied(struct collection *c)
{
	opid_row(c, "type");
	add_missing(c, "type", type_of(c), "function", function_of(c));
}

static void
foreign_department(struct collection *c)
{
	opid_row(c, "department");
	add_policy(c, "business", business_of(c), "own-department", NULL);
	add_policy(c, "policy", "", "owning-department", NULL);
}

static void
not_delegated(struct collection *c)
{
	opid_row(c, "type");
	add_policy(c, "type", type_of(c), "delegated-function", function_of(c));
}

static void
no_permission(struct collection *c)
{
	add_policy(c, "business", business_of(c), "permission", NULL);
}

static void
too_many(struct collection *c)
{
	add_policy(c, "limits", "", "bulk-count", NULL);
	add_policy(c, "limits", "", "bulk-hour", NULL);
}

static void
not_confirmed(struct collection *c)
{
	add_policy(c, "business", business_of(c), "second-person", NULL);
}

static void
method_denied(struct collection *c)
{
	terminal_class(c);
	add_missing(c, "class", class_of(c), "method",
	    jk_word_id(&jk_methods, c->q->evidence->method));
}

static void
fallback_denied(struct collection *c)
{
	add_policy(c, "class", class_of(c), "method",
	    jk_word_id(&jk_methods, JK_METHOD_FALLBACK_PIN));
}

/* What allowed it: the right, where it may be used, and what was approved. */
static void
granted(struct collection *c)
{
	const struct jk_question *q = c->q;
	const uint32_t bit = jk_bit(q->function % 32u);

	opid_row(c, NULL);
	add_policy(c, "type", type_of(c), "terminal-class", class_of(c));
	if (q->ask == JK_ASK_LOOKUP)
		add_policy(c, "type", type_of(c), "business", business_of(c));
	else if (q->ask == JK_ASK_MANAGE && q->function < JK_FUNCTION_COUNT)
		add_policy(c, "type", type_of(c),
		    (q->types[c->v->opid].delegated & bit) != 0
		        ? "delegated-function"
		        : "function",
		    function_of(c));
	for (size_t i = 0; i < q->n_approvals; i++)
		if ((c->v->approvals & jk_bit((unsigned)i)) != 0)
			add_row(c, "approval", q->approvals[i].id, NULL);
}

/* In the order in which jk_decide() asks. */
static const struct {
	enum jk_reason why;
	collect_fn *collect; /* NULL: nothing that is written anywhere */
	const char *text;
} reasons[] = {
	{ JK_WHY_INTERNAL, NULL, N_("The question could not be put.") },
	{ JK_WHY_CLOCK_BAD, NULL,
	    N_("The clock shows a time before the snapshot was made.") },
	{ JK_WHY_POLICY_STALE, NULL,
	    N_("The snapshot is older than it may be: build a new one.") },
	{ JK_WHY_POLICY_BAD, policy_later,
	    N_("The policy does not hold yet, or rows contradict each "
	       "other.") },
	{ JK_WHY_CARD_UNKNOWN, no_card,
	    N_("This person has no card that is registered.") },
	{ JK_WHY_CARD_NOCHECKOUT, not_handed_over,
	    N_("Nobody has handed the card over.") },
	{ JK_WHY_CARD_MISMATCH, foreign_card,
	    N_("The card's holder may not use this account.") },
	{ JK_WHY_PERSON_DISABLED, person_disabled,
	    N_("The person is disabled.") },
	{ JK_WHY_PERSON_NOTYET, person_early,
	    N_("The person's registration has not begun.") },
	{ JK_WHY_PERSON_EXPIRED, person_late,
	    N_("The person's registration has ended.") },
	{ JK_WHY_PERSON_UNTRAINED, person_untrained,
	    N_("The person has not been to this year's course.") },
	{ JK_WHY_CARD_REVOKED, card_state, N_("The card is revoked.") },
	{ JK_WHY_CARD_RETURNED, card_state,
	    N_("The card is returned, or on its way back.") },
	{ JK_WHY_CARD_INACTIVE, card_state,
	    N_("The card's receipt is not entered yet.") },
	{ JK_WHY_CARD_NOTYET, card_certificate,
	    N_("The card's certificate is not valid yet.") },
	{ JK_WHY_CARD_EXPIRED, card_certificate,
	    N_("The card's certificate has expired.") },
	{ JK_WHY_CARD_USAGE, card_certificate,
	    N_("Key usage or extended key usage of the card's certificate do "
	       "not allow its use here.") },
	{ JK_WHY_CARD_CA_REVOKED, card_certificate,
	    N_("The CA has revoked the card's certificate.") },
	{ JK_WHY_CARD_UNTRUSTED, card_certificate,
	    N_("No CA that this terminal trusts stands behind the card's "
	       "certificate.") },
	{ JK_WHY_CRL_MISSING, card_certificate,
	    N_("There is no CRL of a CA of the card's certificate.") },
	{ JK_WHY_CRL_STALE, card_certificate,
	    N_("The nextUpdate of the CRL has passed.") },
	{ JK_WHY_SESS_NONE, NULL, N_("There is no session.") },
	{ JK_WHY_SESS_LOCKED, NULL, N_("The session is locked.") },
	{ JK_WHY_SESS_OTHER, NULL,
	    N_("The session belongs to somebody else.") },
	{ JK_WHY_OPID_NONE, no_opid,
	    N_("The person has no such operator ID.") },
	{ JK_WHY_OPID_DISABLED, opid_disabled,
	    N_("The operator ID, or its type, is disabled.") },
	{ JK_WHY_OPID_NOTYET, opid_early,
	    N_("The operator ID is not valid yet.") },
	{ JK_WHY_OPID_EXPIRED, opid_late, N_("The operator ID has expired.") },
	{ JK_WHY_TERMINAL_UNKNOWN, NULL,
	    N_("The terminal is not registered.") },
	{ JK_WHY_TERMINAL_REVOKED, terminal_revoked,
	    N_("The terminal is taken out of use.") },
	{ JK_WHY_TERMINAL_ROOM, terminal_room,
	    N_("Such a terminal may not be used in a room of this level.") },
	{ JK_WHY_OPID_TERMINAL, opid_terminal,
	    N_("This type may not be used on a terminal of this class.") },
	{ JK_WHY_TIME_OUT, out_of_hours,
	    N_("It is outside the hours of work, and no approval covers "
	       "it.") },
	{ JK_WHY_BIZ_DENIED, business_denied,
	    N_("This type does not include the business.") },
	{ JK_WHY_FUNC_DENIED, function_denied,
	    N_("This type does not include the function.") },
	{ JK_WHY_DEPT_OWNER, foreign_department,
	    N_("Only departments that own identity information may do "
	       "this.") },
	{ JK_WHY_DELEGATION_NONE, not_delegated,
	    N_("This type needs a delegation for the function, and none is "
	       "in force.") },
	{ JK_WHY_PERM_NONE, no_permission,
	    N_("The business needs a permission of the identity information "
	       "officer, and none is in force.") },
	{ JK_WHY_PERM_BAD, no_permission,
	    N_("The permission that is named is none that is in force for"
	       " this.") },
	{ JK_WHY_HARDCOPY_DENIED, NULL,
	    N_("A hardcopy of the screen needs a permission by name.") },
	{ JK_WHY_MEDIA_DENIED, NULL,
	    N_("Storing on a medium needs a permission of the identity "
	       "information officer, and none is in force.") },
	{ JK_WHY_REQ_NONE, NULL,
	    N_("A search or an extraction needs its requirement.") },
	{ JK_WHY_LOOK_BULK, too_many,
	    N_("These are more persons than are allowed without a "
	       "permission by name.") },
	{ JK_WHY_CONFIRM_NONE, not_confirmed,
	    N_("A second person must confirm.") },
	{ JK_WHY_CONFIRM_SAME, not_confirmed,
	    N_("The operator cannot confirm his own work.") },
	{ JK_WHY_METHOD_DENIED, method_denied,
	    N_("Terminals of this class do not take this way of proving who "
	       "one is.") },
	{ JK_WHY_FALLBACK_NONE, fallback_denied,
	    N_("The use of the fallback PIN is not approved.") },
	{ JK_WHY_EVIDENCE_NONE, NULL, N_("Nothing was proven.") },
	{ JK_WHY_GRANTED, granted, N_("Everything is in order.") },
};

size_t
jk_because(const struct jk_question *question, const struct jk_verdict *verdict,
    struct jk_because ret[static JK_BECAUSE_MAX])
{
	struct collection c = { question, verdict, ret, 0 };

	for (size_t i = 0; i < JK_COUNT(reasons); i++)
		if (reasons[i].why == verdict->why &&
		    reasons[i].collect != NULL)
			reasons[i].collect(&c);
	return c.n;
}

const char *
jk_because_text(enum jk_reason why)
{
	for (size_t i = 0; i < JK_COUNT(reasons); i++)
		if (reasons[i].why == why)
			return reasons[i].text;
	return NULL;
}
