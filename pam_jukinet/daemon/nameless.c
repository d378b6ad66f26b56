/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameless.h"

#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "facts.h"
#include "worker.h"

bool
jk_nameless_is_allowed(const struct jk_worker *w)
{
	const struct jk_settings *s = &w->place.settings;

	if (w->place.snapshot == NULL || w->claim.account[0] != '\0')
		return false;
	for (size_t i = 0; i < s->n_nameless; i++)
		if (strcmp(s->nameless[i], w->claim.service) == 0)
			return true;
	return false;
}

/* Decides as if worker->account had been named. */
static enum jk_err
decide(struct jk_worker *w, const struct jk_facts *f,
    const struct jk_evidence *evidence, struct jk_verdict *ret)
{
	static struct jk_session session;
	const struct jk_asked asked = {
		.ask = JK_ASK_LOGIN,
		.session = &session,
	};
	enum jk_err e;

	session = (struct jk_session){ 0 };
	e = jk_session_load(w->run_dir, w->account.uid, &session);
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return e;
	*ret = jk_facts_decide(w, f, &asked, evidence);
	return JK_OK;
}

static enum jk_err
add(struct jk_worker *w, const struct jk_facts *f, const char *name,
    const struct jk_evidence *evidence, struct jk_prospects *p)
{
	struct jk_prospect *one = &p->prospect[p->n];
	enum jk_err e =
	    jk_snapshot_account(w->place.snapshot, name, &w->account);

	/* An index that points into the void is damaged. */
	if (e != JK_OK)
		return JK_ERR_FORMAT;
	if (w->account.uid == 0)
		return JK_OK;
	e = decide(w, f, evidence, &one->verdict);
	if (e != JK_OK)
		return e;
	one->account = w->account;
	p->n++;
	return JK_OK;
}

static enum jk_err
add_all(struct jk_worker *w, const struct jk_facts *f,
    const struct jk_evidence *evidence, struct jk_prospects *p)
{
	char names[JK_ACCOUNTS_MAX][JK_ACCOUNT_MAX + 1];
	size_t n = 0;
	enum jk_err e = JK_OK;

	if (f->has_person)
		e = jk_snapshot_accounts_of(w->place.snapshot, f->person.id,
		    names, &n);
	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	for (size_t i = 0; i < n && e == JK_OK; i++)
		e = add(w, f, names[i], evidence, p);
	return e;
}

/* Nothing speaks against it, but perhaps that the card was not proven yet. */
static bool
is_open(const struct jk_verdict *v)
{
	return v->allowed || v->why == JK_WHY_EVIDENCE_NONE;
}

/*
 * What speaks against card and person comes first, as everywhere; with
 * nothing against them only the account is missing.
 */
static struct jk_verdict
decide_without_account(struct jk_worker *w, const struct jk_facts *f,
    const struct jk_evidence *evidence)
{
	const struct jk_asked asked = { .ask = JK_ASK_LOGIN };
	struct jk_verdict v;

	w->account = (struct jk_account){ .n_persons = 1 };
	(void)snprintf(w->account.person[0], sizeof(w->account.person[0]), "%s",
	    f->card.person);
	v = jk_facts_decide(w, f, &asked, evidence);
	return is_open(&v) ? (struct jk_verdict){ .why = JK_WHY_ACCOUNT_NONE }
	                   : v;
}

/* Which of them stands for all. */
static const struct jk_prospect *
first(const struct jk_prospects *p)
{
	const struct jk_prospect *best = &p->prospect[0];

	for (size_t i = 0; i < p->n; i++) {
		const struct jk_prospect *one = &p->prospect[i];

		if (is_open(&one->verdict))
			return one;
		if (best->verdict.why == JK_WHY_SESS_OTHER)
			best = one;
	}
	return best;
}

static void
sum_up(struct jk_prospects *p)
{
	const struct jk_prospect *best = first(p);
	size_t n_open = 0;

	for (size_t i = 0; i < p->n; i++)
		n_open += is_open(&p->prospect[i].verdict);
	p->verdict = best->verdict;
	if (n_open == 1 || p->n == 1 || best->verdict.why == JK_WHY_SESS_OTHER)
		p->account = best->account;
}

enum jk_err
jk_nameless_find(struct jk_worker *worker, const struct jk_facts *facts,
    const struct jk_evidence *evidence, struct jk_prospects *ret)
{
	const struct jk_account before = worker->account;
	enum jk_err e;

	*ret = (struct jk_prospects){ 0 };
	e = add_all(worker, facts, evidence, ret);
	if (e == JK_OK && ret->n == 0)
		ret->verdict = decide_without_account(worker, facts, evidence);
	else if (e == JK_OK)
		sum_up(ret);
	worker->account = before;
	return e;
}

void
jk_nameless_offer(const struct jk_prospects *prospects,
    const struct jk_facts *facts, struct jk_offers *ret)
{
	*ret = (struct jk_offers){ 0 };
	for (size_t i = 0; i < prospects->n; i++) {
		const struct jk_prospect *one = &prospects->prospect[i];

		jk_offers_add(ret, one->account.name, facts,
		    one->verdict.choices);
	}
}
