/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QUERY: may this person's record be looked at, changed, printed? Decided by the
 * state of this moment; what is allowed is answered when its record is proven.
 */
#include <string.h>

#include "clock.h"
#include "keys.h"
#include "plaintext.h"
#include "times.h"
#include "use.h"
#include "worker.h"

static const char *
word_of(const struct jk_words *words, unsigned number)
{
	return number >= words->first && number < words->n
	           ? words->word[number].id
	           : NULL;
}

enum jk_reason
jk_use_subject(const struct jk_use *u, const struct jk_query *q,
    char ret[static JK_SUBJECT_MAX + 1])
{
	enum jk_err e;

	ret[0] = '\0';
	if (q->code_len == 0)
		return JK_WHY_GRANTED;
	if (u->keys == NULL)
		return JK_WHY_KEY_NONE;
	e = jk_keys_subject(u->keys, q->code, q->code_len, ret);
	if (e == JK_ERR_FORMAT || e == JK_ERR_REFUSED)
		return JK_WHY_CODE_BAD;
	return e == JK_OK ? JK_WHY_GRANTED : JK_WHY_KEY_NONE;
}

/* The permission that the record names: the one that was, or that was found. */
static const char *
permission_of(const struct jk_use *u, const struct jk_query *q,
    const struct jk_verdict *v)
{
	if (q->permission[0] != '\0')
		return q->permission;
	for (unsigned i = 0; i < u->facts.n_approvals; i++)
		if ((v->approvals & jk_bit(i)) != 0 &&
		    u->facts.approvals[i].kind == JK_APPROVAL_IDENTITY_INFO)
			return u->facts.approvals[i].id;
	return NULL;
}

static void
explain_bulk(const struct jk_use *u, const struct jk_query *q, uint64_t hour,
    struct jk_outcome_use *ou)
{
	const struct jk_policy *p = &u->w->place.policy;
	const uint64_t persons = q->count > 0 ? q->count : 1;
	const bool at_once = p->bulk_count != 0 && persons > p->bulk_count;

	ou->persons = at_once ? persons : hour + persons;
	ou->max = at_once ? p->bulk_count : p->bulk_hour;
}

static struct jk_verdict
decide(struct jk_use *u, const struct jk_query *q, uint64_t hour,
    const char *confirmer)
{
	const struct jk_grant *g = &u->standing.session.grant;
	const struct jk_asked asked = {
		.ask = JK_ASK_LOOKUP,
		.session = &u->standing.session,
		.query = q,
		.requirement = jk_plaintext_says(q->text),
		.hour = hour,
		.confirmer = confirmer,
		.moment = &u->moment,
	};
	struct jk_evidence evidence = { .method = g->method };

	memcpy(evidence.key, g->key, sizeof(evidence.key));
	return jk_facts_decide(u->w, &u->facts, &asked, &evidence);
}

/* All that can speak against it, the last of it that nothing proves a record. */
static enum jk_reason
judge(struct jk_use *u, const struct jk_query *q, uint64_t hour,
    const struct jk_confirmed_by *by, struct jk_outcome *o,
    struct jk_outcome_use *ou, struct jk_verdict *ret)
{
	static char subject[JK_SUBJECT_MAX + 1], text[JK_ID_LEN + 1];
	const enum jk_reason known = jk_use_subject(u, q, subject);
	const bool is_long = jk_use_has_number(q);
	enum jk_reason why = jk_use_look(u);

	ou->object = is_long ? NULL : q->object;
	ou->subject = by != NULL ? by->subject : subject;
	if (why != JK_WHY_GRANTED)
		return why;
	if (is_long)
		return JK_WHY_NUMBER_LONG;
	o->facts = &u->facts;
	*ret = decide(u, q, hour, by != NULL ? by->person : NULL);
	o->opid = ret->opid;
	ou->permission = permission_of(u, q, ret);
	if (ret->why != JK_WHY_GRANTED)
		return ret->why;
	if (known != JK_WHY_GRANTED)
		return known;
	if (!jk_pool_is_ready(&u->pool) ||
	    jk_use_keep_text(u, "requirement", q->text, text) != JK_OK)
		return JK_WHY_AUDIT_DOWN;
	ou->requirement = text;
	return JK_WHY_GRANTED;
}

static void
keep_pending(struct jk_use *u, const struct jk_query *q, enum jk_reason why)
{
	u->has_pending = why == JK_WHY_CONFIRM_NONE;
	u->pending_ms = jk_boot_ms();
	if (u->has_pending)
		memmove(&u->pending, q, sizeof(u->pending));
	else
		explicit_bzero(&u->pending, sizeof(u->pending));
}

void
jk_use_lookup(struct jk_use *u, const struct jk_query *q,
    const struct jk_confirmed_by *by)
{
	const uint64_t hour =
	    jk_tally_add(&u->tally, q->count > 0 ? q->count : 1);
	struct jk_verdict verdict = { 0 };
	struct jk_outcome_use ou;
	struct jk_outcome o;
	enum jk_reason why;

	jk_use_outcome(u, JK_OP_LOOKUP, &o, &ou);
	ou.business = word_of(&jk_businesses, q->business);
	ou.action = word_of(&jk_actions, q->action);
	ou.search = word_of(&jk_searches, q->search);
	ou.count = q->has_count ? &q->count : NULL;
	ou.confirmer = by != NULL ? by->person : NULL;
	ou.digest = by != NULL ? by->digest : NULL;
	why = judge(u, q, hour, by, &o, &ou, &verdict);
	if (why == JK_WHY_GRANTED) {
		jk_use_launch(u, q, JK_FRAME_QUERY, &o, &verdict, by);
	} else {
		explain_bulk(u, q, hour, &ou);
		jk_tally_drop(&u->tally);
		jk_use_refuse(u, q->seq, &o, why);
	}
	keep_pending(u, q, why);
}
