/* SPDX-License-Identifier: BSD-2-Clause */
#include "decide.h"

#include <string.h>

#include "trustrule.h"

/* A day in which the clock is set back has 25 hours; no zone has more. */
#define LONGEST_DAY_S (26 * 60 * 60)

/*
 * Each check answers JK_WHY_GRANTED when it has nothing against it. They stand
 * in the order in which they are asked.
 */

/* A number out of range is in no mask. */
static bool
has(uint32_t mask, unsigned number, unsigned count)
{
	return number < count && (mask & jk_bit(number)) != 0;
}

static bool
is_whole(const struct jk_question *q)
{
	return q != NULL && (unsigned)q->ask <= JK_ASK_CONFIRM &&
	       q->edition != NULL && q->policy != NULL && q->account != NULL &&
	       q->terminal != NULL && q->session != NULL &&
	       q->evidence != NULL && q->n_opids <= JK_OPIDS_MAX &&
	       q->n_approvals <= JK_APPROVALS_MAX &&
	       (q->n_opids == 0 || (q->opids != NULL && q->types != NULL)) &&
	       (q->n_approvals == 0 || q->approvals != NULL);
}

/* Does the calendar say the same time as the clock? */
static bool
is_local(const struct jk_local_time *local, int64_t now)
{
	return local->minute < 24 * 60 && local->weekday < 7 &&
	       local->midnight <= now &&
	       now - local->midnight < LONGEST_DAY_S &&
	       local->fiscal_start <= local->midnight;
}

static enum jk_reason
check_time(const struct jk_question *q)
{
	if (q->now < q->edition->made_at || q->now < q->last_record ||
	    !is_local(&q->local, q->now))
		return JK_WHY_CLOCK_BAD;
	if (q->now >= q->edition->valid_until)
		return JK_WHY_POLICY_STALE;
	return q->now < q->policy->effective_from ? JK_WHY_POLICY_BAD
	                                          : JK_WHY_GRANTED;
}

static bool
may_use_account(const struct jk_account *account, const char *person)
{
	if (person[0] == '\0')
		return false;
	for (size_t i = 0; i < account->n_persons && i < JK_PERSONS_MAX; i++)
		if (strcmp(account->person[i], person) == 0)
			return true;
	return false;
}

static enum jk_reason
check_holder(const struct jk_question *q)
{
	if (q->card == NULL)
		return JK_WHY_CARD_UNKNOWN;
	/* In the cabinet it is nobody's, so there is no person to look at. */
	if (q->card->spare && !q->card->handed_over)
		return JK_WHY_CARD_NOCHECKOUT;
	return q->ask == JK_ASK_RELIEVE || q->ask == JK_ASK_CONFIRM ||
	               may_use_account(q->account, q->card->person)
	           ? JK_WHY_GRANTED
	           : JK_WHY_CARD_MISMATCH;
}

static enum jk_reason
check_period(const struct jk_period *valid, int64_t now, enum jk_reason notyet,
    enum jk_reason expired)
{
	if (now < valid->from)
		return notyet;
	if (valid->until != 0 && now >= valid->until)
		return expired;
	return JK_WHY_GRANTED;
}

/* From some day of the year on, whoever has not been to this year's course. */
static bool
is_untrained(const struct jk_question *q)
{
	int64_t start = q->local.fiscal_start;

	return q->policy->training_s > 0 && q->person->trained < start &&
	       q->now - start >= q->policy->training_s;
}

static enum jk_reason
check_person(const struct jk_question *q)
{
	enum jk_reason why;

	/* The builder lets no card in without its person. */
	if (q->person == NULL || strcmp(q->person->id, q->card->person) != 0)
		return JK_WHY_POLICY_BAD;
	if (!q->person->enabled)
		return JK_WHY_PERSON_DISABLED;
	why = check_period(&q->person->valid, q->now, JK_WHY_PERSON_NOTYET,
	    JK_WHY_PERSON_EXPIRED);
	if (why != JK_WHY_GRANTED)
		return why;
	return is_untrained(q) ? JK_WHY_PERSON_UNTRAINED : JK_WHY_GRANTED;
}

static enum jk_reason
check_state(enum jk_card_state state)
{
	switch (state) {
	case JK_CARD_ACTIVE:
	case JK_CARD_RETURN_REQUESTED: /* it works until it is applied for */
		return JK_WHY_GRANTED;
	case JK_CARD_RETURN_APPLIED:
	case JK_CARD_RETURN_APPROVED:
	case JK_CARD_RETURNED:
		return JK_WHY_CARD_RETURNED;
	case JK_CARD_REQUESTED:
	case JK_CARD_APPLIED:
	case JK_CARD_APPROVED:
	case JK_CARD_ISSUED: /* the receipt makes it active */
		return JK_WHY_CARD_INACTIVE;
	case JK_CARD_REVOKED:
	case JK_CARD_STATE_COUNT:
		break;
	}
	return JK_WHY_CARD_REVOKED;
}

static enum jk_reason
check_card(const struct jk_question *q)
{
	enum jk_reason why = check_state(q->card->state);

	if (why != JK_WHY_GRANTED)
		return why;
	why = check_period(&q->card->valid, q->now, JK_WHY_CARD_NOTYET,
	    JK_WHY_CARD_EXPIRED);
	if (why == JK_WHY_GRANTED)
		why = jk_trust_check(&q->card->trust, q->now);
	if (why != JK_WHY_GRANTED)
		return why;
	return q->policy->checkout && !q->card->handed_over
	           ? JK_WHY_CARD_NOCHECKOUT
	           : JK_WHY_GRANTED;
}

static enum jk_reason
check_session(const struct jk_question *q)
{
	const struct jk_live_session *s = q->session;
	const bool login = q->ask == JK_ASK_LOGIN;

	if (q->ask == JK_ASK_CONFIRM && s->person[0] != '\0')
		return strcmp(s->person, q->person->id) == 0
		           ? JK_WHY_CONFIRM_SAME
		           : JK_WHY_GRANTED;
	if (s->person[0] == '\0')
		return login ? JK_WHY_GRANTED : JK_WHY_SESS_NONE;
	if (!login && q->ask != JK_ASK_UNLOCK && !s->active)
		return JK_WHY_SESS_LOCKED;
	if (strcmp(s->person, q->person->id) != 0)
		return JK_WHY_SESS_OTHER;
	/* The right person, but not with the card that opened it. */
	if (!login && memcmp(s->key, q->card->key, JK_DIGEST_LEN) != 0)
		return JK_WHY_CARD_MISMATCH;
	return JK_WHY_GRANTED;
}

/* What hangs on the question alone is asked once for all operator IDs. */
struct common {
	enum jk_reason terminal, hours, delegation, permission, requirement,
	    bulk, confirmer, evidence;
	uint32_t approvals;  /* that stand behind these, but for delegation: */
	uint32_t delegating; /* only what a type needs delegated uses it */
};

static bool
covers(const struct jk_question *q, size_t i, enum jk_approval_kind kind)
{
	const struct jk_approval *a = &q->approvals[i];

	switch (kind) {
	case JK_APPROVAL_DELEGATION:
		return has(a->functions, q->function, JK_FUNCTION_COUNT) &&
		       q->delegators != NULL && q->delegators[i];
	case JK_APPROVAL_IDENTITY_INFO:
		return a->businesses == 0 ||
		       has(a->businesses, q->business, JK_BUSINESS_COUNT);
	case JK_APPROVAL_AFTER_HOURS:
	case JK_APPROVAL_FALLBACK_PIN:
		return true;
	case JK_APPROVAL_COUNT:
		break;
	}
	return false;
}

static bool
is_live(const struct jk_question *q, size_t i)
{
	const struct jk_approval *a = &q->approvals[i];

	if (check_period(&a->valid, q->now, JK_WHY_INTERNAL, JK_WHY_INTERNAL) !=
	        JK_WHY_GRANTED ||
	    strcmp(a->person, q->person->id) != 0)
		return false;
	/* One use on each of many terminals would be many. */
	if (a->terminal[0] == '\0')
		return !a->once;
	return strcmp(a->terminal, q->terminal->id) == 0 &&
	       !(a->once && q->used != NULL && q->used[i]);
}

/* 0, or the bit of the live approval that is spent most easily. */
static uint32_t
find_approval(const struct jk_question *q, enum jk_approval_kind kind)
{
	uint32_t once = 0;

	for (size_t i = 0; i < q->n_approvals; i++) {
		if (q->approvals[i].kind != kind || !is_live(q, i) ||
		    !covers(q, i, kind))
			continue;
		if (!q->approvals[i].once)
			return jk_bit((unsigned)i);
		if (once == 0)
			once = jk_bit((unsigned)i);
	}
	return once;
}

/* Takes the approval into account, or gives the reason why it is missed. */
static enum jk_reason
need_approval(const struct jk_question *q, enum jk_approval_kind kind,
    enum jk_reason missed, uint32_t *approvals)
{
	uint32_t bit = find_approval(q, kind);

	*approvals |= bit;
	return bit != 0 ? JK_WHY_GRANTED : missed;
}

static enum jk_reason
check_terminal(const struct jk_question *q)
{
	const struct jk_terminal *t = q->terminal;
	uint32_t levels;

	if (t->id[0] == '\0' || (unsigned)t->class >= JK_CLASS_COUNT)
		return JK_WHY_TERMINAL_UNKNOWN;
	if (t->revoked)
		return JK_WHY_TERMINAL_REVOKED;
	levels = q->policy->class[t->class].room_levels;
	return levels != 0 && !has(levels, t->room_level, 4)
	           ? JK_WHY_TERMINAL_ROOM
	           : JK_WHY_GRANTED;
}

static bool
is_open(const struct jk_policy *p, const struct jk_local_time *local)
{
	for (size_t i = 0; i < p->n_closed && i < JK_CLOSED_DAYS_MAX; i++)
		if (p->closed[i] == local->midnight)
			return false;
	if (p->open_min == 0 && p->close_min == 0)
		/* The whole day; of every day, when none is named either. */
		return p->weekdays == 0 || has(p->weekdays, local->weekday, 7);
	return has(p->weekdays, local->weekday, 7) &&
	       local->minute >= p->open_min && local->minute < p->close_min;
}

static enum jk_reason
check_hours(const struct jk_question *q, uint32_t *approvals)
{
	if (is_open(q->policy, &q->local))
		return JK_WHY_GRANTED;
	return need_approval(q, JK_APPROVAL_AFTER_HOURS, JK_WHY_TIME_OUT,
	    approvals);
}

/* JK_FUNCTION_COUNT: an act that hangs on no function of 別紙1. */
static bool
needs_function(const struct jk_question *q)
{
	return q->ask == JK_ASK_MANAGE && q->function != JK_FUNCTION_COUNT;
}

static enum jk_reason
check_delegation(const struct jk_question *q, uint32_t *approvals)
{
	if (!needs_function(q))
		return JK_WHY_GRANTED;
	return need_approval(q, JK_APPROVAL_DELEGATION, JK_WHY_DELEGATION_NONE,
	    approvals);
}

/* Of the masks of businesses that need something more. */
static bool
needs_more(const struct jk_question *q, uint32_t businesses)
{
	return (q->ask == JK_ASK_LOOKUP || q->ask == JK_ASK_CONFIRM) &&
	       has(businesses, q->business, JK_BUSINESS_COUNT);
}

/* 0, or the bit of the one that was named, when it is good for this. */
static uint32_t
find_named(const struct jk_question *q)
{
	for (size_t i = 0; i < q->n_approvals; i++)
		if (q->approvals[i].kind == JK_APPROVAL_IDENTITY_INFO &&
		    q->permission[0] != '\0' &&
		    strcmp(q->approvals[i].id, q->permission) == 0)
			return is_live(q, i) &&
			               covers(q, i, JK_APPROVAL_IDENTITY_INFO)
			           ? jk_bit((unsigned)i)
			           : 0;
	return 0;
}

/* Why nothing but a permission would do; JK_WHY_GRANTED: it needs none. */
static enum jk_reason
permission_missed(const struct jk_question *q)
{
	if (q->action == JK_ACTION_HARDCOPY)
		return JK_WHY_HARDCOPY_DENIED;
	if (q->action == JK_ACTION_STORE)
		return JK_WHY_MEDIA_DENIED;
	return q->action == JK_ACTION_CORRECT ||
	               needs_more(q, q->policy->permission)
	           ? JK_WHY_PERM_NONE
	           : JK_WHY_GRANTED;
}

static enum jk_reason
check_permission(const struct jk_question *q, uint32_t *approvals)
{
	enum jk_reason missed;
	uint32_t bit;

	if (q->ask != JK_ASK_LOOKUP)
		return JK_WHY_GRANTED;
	if (q->permission != NULL) {
		bit = find_named(q);
		*approvals |= bit;
		return bit != 0 ? JK_WHY_GRANTED : JK_WHY_PERM_BAD;
	}
	missed = permission_missed(q);
	/* No standing one allows what is forbidden as such. */
	if (missed == JK_WHY_GRANTED || missed == JK_WHY_HARDCOPY_DENIED)
		return missed;
	return need_approval(q, JK_APPROVAL_IDENTITY_INFO, missed, approvals);
}

/* S-44: what for, and of an extraction also how many, before it is done. */
static enum jk_reason
check_requirement(const struct jk_question *q)
{
	if (q->ask != JK_ASK_LOOKUP ||
	    (q->action != JK_ACTION_SEARCH && q->action != JK_ACTION_EXTRACT))
		return JK_WHY_GRANTED;
	return !q->requirement ||
	               (q->action == JK_ACTION_EXTRACT && q->count == 0)
	           ? JK_WHY_REQ_NONE
	           : JK_WHY_GRANTED;
}

/* A-09; whoever names a permission has been asked about it. */
static enum jk_reason
check_bulk(const struct jk_question *q)
{
	const struct jk_policy *p = q->policy;
	const uint64_t persons = q->count > 0 ? q->count : 1;

	if (q->ask != JK_ASK_LOOKUP || q->permission != NULL ||
	    needs_more(q, p->bulk))
		return JK_WHY_GRANTED;
	if (p->bulk_count != 0 && persons > p->bulk_count)
		return JK_WHY_LOOK_BULK;
	return p->bulk_hour != 0 && (persons > p->bulk_hour ||
	                                q->hour > p->bulk_hour - persons)
	           ? JK_WHY_LOOK_BULK
	           : JK_WHY_GRANTED;
}

/* S-39: what changes a record. */
static bool
is_change(enum jk_action action)
{
	return action == JK_ACTION_INPUT || action == JK_ACTION_DELETE ||
	       action == JK_ACTION_CORRECT;
}

static enum jk_reason
check_confirmer(const struct jk_question *q)
{
	if (q->ask != JK_ASK_LOOKUP ||
	    !needs_more(q, q->policy->second_person) || !is_change(q->action))
		return JK_WHY_GRANTED;
	if (q->confirmer == NULL || q->confirmer[0] == '\0')
		return JK_WHY_CONFIRM_NONE;
	return strcmp(q->confirmer, q->person->id) == 0 ? JK_WHY_CONFIRM_SAME
	                                                : JK_WHY_GRANTED;
}

static enum jk_reason
check_evidence(const struct jk_question *q, uint32_t *approvals)
{
	static const uint8_t none[JK_DIGEST_LEN];
	const struct jk_evidence *e = q->evidence;
	enum jk_reason why = JK_WHY_GRANTED;

	if (e->method == JK_METHOD_NONE)
		return JK_WHY_EVIDENCE_NONE;
	if ((unsigned)q->terminal->class >= JK_CLASS_COUNT ||
	    !has(q->policy->class[q->terminal->class].methods, e->method,
	        JK_METHOD_COUNT))
		return JK_WHY_METHOD_DENIED;
	if (e->method == JK_METHOD_FALLBACK_PIN)
		why = need_approval(q, JK_APPROVAL_FALLBACK_PIN,
		    JK_WHY_FALLBACK_NONE, approvals);
	if (why != JK_WHY_GRANTED)
		return why;
	return memcmp(e->key, none, JK_DIGEST_LEN) != 0 &&
	               memcmp(e->key, q->card->key, JK_DIGEST_LEN) == 0
	           ? JK_WHY_GRANTED
	           : JK_WHY_EVIDENCE_NONE;
}

static struct common
check_common(const struct jk_question *q)
{
	struct common c = { 0 };

	c.terminal = check_terminal(q);
	c.hours = check_hours(q, &c.approvals);
	c.delegation = check_delegation(q, &c.delegating);
	c.permission = check_permission(q, &c.approvals);
	c.requirement = check_requirement(q);
	c.bulk = check_bulk(q);
	c.confirmer = check_confirmer(q);
	c.evidence = check_evidence(q, &c.approvals);
	return c;
}

static enum jk_reason
check_row(const struct jk_question *q, const struct jk_opid *opid,
    const struct jk_type *type)
{
	if (strcmp(opid->person, q->person->id) != 0 ||
	    strcmp(opid->type, type->id) != 0)
		return JK_WHY_POLICY_BAD;
	if (!opid->enabled || !type->enabled)
		return JK_WHY_OPID_DISABLED;
	return check_period(&opid->valid, q->now, JK_WHY_OPID_NOTYET,
	    JK_WHY_OPID_EXPIRED);
}

static enum jk_reason
check_class(const struct jk_question *q, const struct jk_type *type)
{
	return has(type->classes, q->terminal->class, JK_CLASS_COUNT)
	           ? JK_WHY_GRANTED
	           : JK_WHY_OPID_TERMINAL;
}

static enum jk_reason
check_matrix(const struct jk_question *q, const struct jk_type *type)
{
	if ((q->ask == JK_ASK_LOOKUP || q->ask == JK_ASK_CONFIRM) &&
	    (!has(type->businesses, q->business, JK_BUSINESS_COUNT) ||
	        (unsigned)q->action >= JK_ACTION_COUNT))
		return JK_WHY_BIZ_DENIED;
	if (needs_function(q) &&
	    !has(type->functions, q->function, JK_FUNCTION_COUNT))
		return JK_WHY_FUNC_DENIED;
	return JK_WHY_GRANTED;
}

static enum jk_reason
check_department(const struct jk_question *q, const struct jk_opid *opid)
{
	const struct jk_policy *p = q->policy;

	if (!needs_more(q, p->own_department) || p->n_owners == 0)
		return JK_WHY_GRANTED;
	for (size_t i = 0; i < p->n_owners && i < JK_DEPARTMENTS_MAX; i++)
		if (opid->department[0] != '\0' &&
		    strcmp(p->owner[i], opid->department) == 0)
			return JK_WHY_GRANTED;
	return JK_WHY_DEPT_OWNER;
}

static bool
is_delegated(const struct jk_question *q, const struct jk_type *type)
{
	return needs_function(q) &&
	       has(type->delegated, q->function, JK_FUNCTION_COUNT);
}

static enum jk_reason
check_opid(const struct jk_question *q, const struct common *c,
    const struct jk_opid *opid, const struct jk_type *type)
{
	enum jk_reason why;

	if ((why = check_row(q, opid, type)) != JK_WHY_GRANTED ||
	    (why = c->terminal) != JK_WHY_GRANTED ||
	    (why = check_class(q, type)) != JK_WHY_GRANTED ||
	    (why = c->hours) != JK_WHY_GRANTED ||
	    (why = check_matrix(q, type)) != JK_WHY_GRANTED ||
	    (why = check_department(q, opid)) != JK_WHY_GRANTED)
		return why;
	if (is_delegated(q, type) && c->delegation != JK_WHY_GRANTED)
		return c->delegation;
	if ((why = c->permission) != JK_WHY_GRANTED ||
	    (why = c->requirement) != JK_WHY_GRANTED ||
	    (why = c->bulk) != JK_WHY_GRANTED ||
	    (why = c->confirmer) != JK_WHY_GRANTED)
		return why;
	return c->evidence;
}

/* How far an operator ID came before that reason stopped it. */
static unsigned
distance(enum jk_reason why)
{
	static const enum jk_reason course[] = {
		JK_WHY_OPID_NONE,
		JK_WHY_POLICY_BAD,
		JK_WHY_OPID_DISABLED,
		JK_WHY_OPID_NOTYET,
		JK_WHY_OPID_EXPIRED,
		JK_WHY_TERMINAL_UNKNOWN,
		JK_WHY_TERMINAL_REVOKED,
		JK_WHY_TERMINAL_ROOM,
		JK_WHY_OPID_TERMINAL,
		JK_WHY_TIME_OUT,
		JK_WHY_BIZ_DENIED,
		JK_WHY_FUNC_DENIED,
		JK_WHY_DEPT_OWNER,
		JK_WHY_DELEGATION_NONE,
		JK_WHY_PERM_BAD,
		JK_WHY_HARDCOPY_DENIED,
		JK_WHY_MEDIA_DENIED,
		JK_WHY_PERM_NONE,
		JK_WHY_REQ_NONE,
		JK_WHY_LOOK_BULK,
		JK_WHY_CONFIRM_NONE,
		JK_WHY_CONFIRM_SAME,
		JK_WHY_METHOD_DENIED,
		JK_WHY_FALLBACK_NONE,
		JK_WHY_EVIDENCE_NONE,
		JK_WHY_GRANTED,
	};
	unsigned i = 0;

	while (i < JK_COUNT(course) - 1 && course[i] != why)
		i++;
	return i;
}

static bool
is_candidate(const struct jk_question *q, const struct jk_opid *opid)
{
	if (opid->id[0] == '\0' ||
	    (q->opid != NULL && strcmp(opid->id, q->opid) != 0))
		return false;
	/* A live session runs under exactly one, whoever joins it. */
	return q->ask == JK_ASK_SWITCH || q->ask == JK_ASK_CONFIRM ||
	       q->session->person[0] == '\0' ||
	       strcmp(opid->id, q->session->opid) == 0;
}

static struct jk_verdict
choose_opid(const struct jk_question *q)
{
	const struct common c = check_common(q);
	struct jk_verdict best = { .why = JK_WHY_OPID_NONE };
	unsigned furthest = 0;

	for (size_t i = 0; i < q->n_opids; i++) {
		enum jk_reason why;
		unsigned far;

		if (!is_candidate(q, &q->opids[i]))
			continue;
		why = check_opid(q, &c, &q->opids[i], &q->types[i]);
		if (why == JK_WHY_GRANTED)
			best.choices |= jk_bit((unsigned)i);
		far = distance(why);
		if (far <= furthest)
			continue;
		furthest = far;
		best.why = why;
		best.opid = i;
	}
	if (best.why != JK_WHY_GRANTED)
		return best;
	best.allowed = true;
	best.approvals = c.approvals;
	if (is_delegated(q, &q->types[best.opid]))
		best.approvals |= c.delegating;
	return best;
}

/* Only of somebody else's, and only by whom the policy names. */
static enum jk_reason
check_relief(const struct jk_question *q)
{
	const struct jk_period *valid = &q->person->supervises;

	if (q->session->person[0] == '\0')
		return JK_WHY_SESS_NONE;
	if (strcmp(q->session->person, q->person->id) == 0 ||
	    q->now < valid->from || q->now >= valid->until)
		return JK_WHY_SESS_OTHER;
	return JK_WHY_GRANTED;
}

/* What hangs on no operator ID. */
static struct jk_verdict
check_without_right(const struct jk_question *q)
{
	struct jk_verdict v = { .opid = q->n_opids };

	if (q->ask == JK_ASK_RELIEVE)
		v.why = check_relief(q);
	else
		v.why = JK_WHY_GRANTED;
	if (v.why == JK_WHY_GRANTED)
		v.why = check_terminal(q);
	if (v.why == JK_WHY_GRANTED)
		v.why = check_evidence(q, &v.approvals);
	v.allowed = v.why == JK_WHY_GRANTED;
	return v;
}

struct jk_verdict
jk_decide(const struct jk_question *question)
{
	struct jk_verdict v = { 0 };

	if (!is_whole(question) ||
	    (v.why = check_time(question)) != JK_WHY_GRANTED ||
	    (v.why = check_holder(question)) != JK_WHY_GRANTED ||
	    (v.why = check_person(question)) != JK_WHY_GRANTED ||
	    (v.why = check_card(question)) != JK_WHY_GRANTED)
		return v;
	if (question->ask == JK_ASK_PIN || question->ask == JK_ASK_RELIEVE)
		return check_without_right(question);
	v.why = check_session(question);
	if (v.why != JK_WHY_GRANTED)
		return v;
	return choose_opid(question);
}
