/* SPDX-License-Identifier: BSD-2-Clause */
#include "decide.h"

#include <string.h>

const char *
jk_method_name(enum jk_method method)
{
	switch (method) {
	case JK_METHOD_CARD_PIN:
		return "card-pin";
	case JK_METHOD_NONE:
		break;
	}
	return "none";
}

/*
 * Each step answers JK_WHY_GRANTED when it has nothing against it. They are
 * written in the order in which they are asked.
 */

static bool
is_whole(const struct jk_question *q)
{
	return q != NULL && q->edition != NULL && q->account != NULL &&
	       q->terminal != NULL && q->session != NULL &&
	       q->evidence != NULL &&
	       (q->n_opids == 0 || (q->opids != NULL && q->types != NULL));
}

static enum jk_reason
check_time(const struct jk_question *q)
{
	if (q->now < q->edition->made_at || q->now < q->last_record)
		return JK_WHY_CLOCK_BAD;
	if (q->now >= q->edition->valid_until)
		return JK_WHY_POLICY_STALE;
	return JK_WHY_GRANTED;
}

static bool
may_use_account(const struct jk_account *account, const char *person)
{
	for (size_t i = 0; i < account->n_persons && i < JK_PERSONS_MAX; i++)
		if (strcmp(account->person[i], person) == 0)
			return true;
	return false;
}

static enum jk_reason
check_period(const struct jk_period *valid, int64_t now, enum jk_reason notyet,
    enum jk_reason expired)
{
	if (valid->from != 0 && now < valid->from)
		return notyet;
	if (valid->until != 0 && now >= valid->until)
		return expired;
	return JK_WHY_GRANTED;
}

static enum jk_reason
check_card(const struct jk_question *q)
{
	if (q->card == NULL)
		return JK_WHY_CARD_UNKNOWN;
	if (!may_use_account(q->account, q->card->person))
		return JK_WHY_CARD_MISMATCH;
	if (q->card->state != JK_CARD_ACTIVE)
		return JK_WHY_CARD_REVOKED;
	return check_period(&q->card->valid, q->now, JK_WHY_CARD_NOTYET,
	    JK_WHY_CARD_EXPIRED);
}

static enum jk_reason
check_person(const struct jk_question *q)
{
	/* The builder lets no card in without its person. */
	if (q->person == NULL || strcmp(q->person->id, q->card->person) != 0)
		return JK_WHY_POLICY_BAD;
	if (!q->person->enabled)
		return JK_WHY_PERSON_DISABLED;
	return check_period(&q->person->valid, q->now, JK_WHY_PERSON_NOTYET,
	    JK_WHY_PERSON_EXPIRED);
}

static enum jk_reason
check_session(const struct jk_question *q)
{
	if (q->session->person[0] == '\0')
		return q->unlock ? JK_WHY_SESS_NONE : JK_WHY_GRANTED;
	if (strcmp(q->session->person, q->person->id) != 0)
		return JK_WHY_SESS_OTHER;
	/* The right person, but not with the card that opened it. */
	if (q->unlock &&
	    memcmp(q->session->key, q->card->key, JK_DIGEST_LEN) != 0)
		return JK_WHY_CARD_MISMATCH;
	return JK_WHY_GRANTED;
}

static bool
type_runs_on(const struct jk_type *type, const struct jk_terminal *terminal)
{
	for (size_t i = 0; i < type->n_classes && i < JK_CLASSES_MAX; i++)
		if (type->class[i][0] != '\0' &&
		    strcmp(type->class[i], terminal -> class) == 0)
			return true;
	return false;
}

static enum jk_reason
check_opid(const struct jk_question *q, const struct jk_opid *opid,
    const struct jk_type *type)
{
	enum jk_reason why;

	if (strcmp(opid->person, q->person->id) != 0 ||
	    strcmp(opid->type, type->id) != 0)
		return JK_WHY_POLICY_BAD;
	if (!opid->enabled || !type->enabled)
		return JK_WHY_OPID_DISABLED;
	why = check_period(&opid->valid, q->now, JK_WHY_OPID_NOTYET,
	    JK_WHY_OPID_EXPIRED);
	if (why != JK_WHY_GRANTED)
		return why;
	return type_runs_on(type, q->terminal) ? JK_WHY_GRANTED
	                                       : JK_WHY_OPID_TERMINAL;
}

/* How far an operator ID came before that reason stopped it. */
static unsigned
distance(enum jk_reason why)
{
	static const enum jk_reason course[] = { JK_WHY_OPID_NONE,
		JK_WHY_POLICY_BAD, JK_WHY_OPID_DISABLED, JK_WHY_OPID_NOTYET,
		JK_WHY_OPID_EXPIRED, JK_WHY_OPID_TERMINAL, JK_WHY_GRANTED };
	unsigned i = 0;

	while (i < JK_COUNT(course) - 1 && course[i] != why)
		i++;
	return i;
}

static bool
is_candidate(const struct jk_question *q, const struct jk_opid *opid)
{
	/* A live session runs under exactly one, whoever joins it. */
	return q->session->person[0] == '\0' ||
	       strcmp(opid->id, q->session->opid) == 0;
}

static struct jk_verdict
choose_opid(const struct jk_question *q)
{
	struct jk_verdict best = { .why = JK_WHY_OPID_NONE };

	for (size_t i = 0; i < q->n_opids; i++) {
		enum jk_reason why;

		if (!is_candidate(q, &q->opids[i]))
			continue;
		why = check_opid(q, &q->opids[i], &q->types[i]);
		if (distance(why) <= distance(best.why))
			continue;
		best.why = why;
		best.opid = i;
	}
	return best;
}

static bool
is_proven(const struct jk_evidence *evidence, const struct jk_card *card)
{
	static const uint8_t none[JK_DIGEST_LEN];

	return evidence->method == JK_METHOD_CARD_PIN &&
	       memcmp(evidence->key, none, JK_DIGEST_LEN) != 0 &&
	       memcmp(evidence->key, card->key, JK_DIGEST_LEN) == 0;
}

struct jk_verdict
jk_decide(const struct jk_question *question)
{
	struct jk_verdict v = { 0 };

	if (!is_whole(question) ||
	    (v.why = check_time(question)) != JK_WHY_GRANTED ||
	    (v.why = check_card(question)) != JK_WHY_GRANTED ||
	    (v.why = check_person(question)) != JK_WHY_GRANTED ||
	    (v.why = check_session(question)) != JK_WHY_GRANTED)
		return v;
	v = choose_opid(question);
	if (v.why != JK_WHY_GRANTED)
		return v;
	if (!is_proven(question->evidence, question->card)) {
		v.why = JK_WHY_EVIDENCE_NONE;
		return v;
	}
	v.allowed = true;
	return v;
}
