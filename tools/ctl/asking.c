/* SPDX-License-Identifier: BSD-2-Clause */
#include "asking.h"

#include <string.h>

#include "change.h"
#include "trust.h"

/* 別紙1 項番9: who has this one may delegate what he may do. */
#define OPERATOR_MANAGEMENT 9

static const struct jk_account *
find_account(const struct jk_rowset *set, const struct jk_about *about)
{
	for (size_t i = 0; i < set->account.n; i++) {
		const struct jk_account *a = jk_list_at(&set->account, i);

		if (about->account != NULL) {
			if (strcmp(a->name, about->account) == 0)
				return a;
			continue;
		}
		for (size_t j = 0; j < a->n_persons; j++)
			if (strcmp(a->person[j], about->person) == 0)
				return a;
	}
	return NULL;
}

/* One that is in use, or else the first that is his. */
static const struct jk_card *
find_card(const struct jk_rowset *set, const struct jk_about *about)
{
	const struct jk_card *best = NULL;

	if (about->card != NULL)
		return jk_find_card(set, about->card);
	for (size_t i = 0; i < set->card.n; i++) {
		const struct jk_card *card = jk_list_at(&set->card, i);

		if (strcmp(card->person, about->person) == 0 &&
		    (best == NULL || (card->state == JK_CARD_ACTIVE &&
		                         best->state != JK_CARD_ACTIVE)))
			best = card;
	}
	return best;
}

/* In the registry's order, as a snapshot holds them. */
static void
fill_opids(const struct jk_rowset *set, const char *person, struct jk_asking *a)
{
	for (size_t i = 0; i < set->opid.n; i++) {
		const struct jk_opid *opid = jk_list_at(&set->opid, i);
		const struct jk_type *type;

		if (strcmp(opid->person, person) != 0 ||
		    a->q.n_opids == JK_OPIDS_MAX)
			continue;
		type = jk_find_type(set, opid->type);
		if (type == NULL)
			continue; /* no checked set holds such a row */
		a->opids[a->q.n_opids] = *opid;
		a->types[a->q.n_opids++] = *type;
	}
}

static bool
holds_at(const struct jk_period *valid, int64_t now)
{
	return (valid->from == 0 || now >= valid->from) &&
	       (valid->until == 0 || now < valid->until);
}

/*
 * The functions that somebody may delegate: those he may do himself. So a
 * delegation ends with the right of the one who gave it (S-65).
 */
static uint32_t
delegable(const struct jk_rowset *set, const char *id, int64_t now)
{
	const struct jk_person *person = jk_find_person(set, id);
	uint32_t held = 0;

	if (person == NULL || !person->enabled ||
	    !holds_at(&person->valid, now))
		return 0;
	for (size_t i = 0; i < set->opid.n; i++) {
		const struct jk_opid *opid = jk_list_at(&set->opid, i);
		const struct jk_type *type = jk_find_type(set, opid->type);

		if (strcmp(opid->person, id) == 0 && opid->enabled &&
		    holds_at(&opid->valid, now) && type != NULL &&
		    type->enabled && type->number == OPERATOR_MANAGEMENT)
			held |= type->functions & ~type->delegated;
	}
	return held;
}

static void
fill_approvals(const struct jk_rowset *set, const char *person,
    struct jk_asking *a)
{
	for (size_t i = 0; i < set->approval.n; i++) {
		const struct jk_approval *approval =
		    jk_list_at(&set->approval, i);

		if (strcmp(approval->person, person) != 0 ||
		    !jk_period_counts(&approval->valid, a->q.now) ||
		    a->q.n_approvals == JK_APPROVALS_MAX)
			continue;
		a->approvals[a->q.n_approvals] = *approval;
		if (approval->kind == JK_APPROVAL_DELEGATION) {
			a->approvals[a->q.n_approvals].functions &=
			    delegable(set, approval->by, a->q.now);
			a->delegators[a->q.n_approvals] =
			    a->approvals[a->q.n_approvals].functions != 0;
		}
		a->q.n_approvals++;
	}
}

static void
fill_session(const struct jk_about *about, struct jk_asking *a)
{
	if (about->ask == JK_ASK_LOGIN) {
		a->q.opid = about->opid;
		return;
	}
	a->session.active = true;
	strcpy(a->session.person, about->person);
	strcpy(a->session.opid, about->opid);
	memcpy(a->session.key, a->evidence.key, sizeof(a->session.key));
}

static void
fill_rest(const struct jk_rowset *set, const struct jk_about *about,
    struct jk_asking *a)
{
	a->q.ask = about->ask;
	a->q.now = about->at;
	(void)jk_local_time_at(about->at, &a->q.local);
	a->edition = about->edition != NULL
	                 ? *about->edition
	                 : (struct jk_edition){ .made_at = about->at,
		                   .valid_until = about->at + 1 };
	a->q.edition = &a->edition;
	a->q.policy = &set->policy.policy;
	a->q.opids = a->opids;
	a->q.types = a->types;
	a->q.approvals = a->approvals;
	a->q.delegators = a->delegators;
	a->q.session = &a->session;
	a->q.evidence = &a->evidence;
	a->q.business = about->business;
	a->q.action = about->action;
	a->q.requirement = true;
	a->q.count = 1;
	a->q.permission = about->permission;
	a->q.function = about->function;
	a->q.confirmer = about->confirmer;
}

/* The card is taken as proven. */
static void
fill_evidence(struct jk_asking *a)
{
	if (a->q.card == NULL)
		return;
	a->evidence.method = JK_METHOD_CARD_PIN;
	memcpy(a->evidence.key, a->q.card->key, sizeof(a->evidence.key));
}

/* One that could not be judged is not trusted: its level is set. */
static void
judge_card(const struct jk_about *about, struct jk_asking *a)
{
	if (about->judge == NULL || a->q.card == NULL ||
	    a->q.card->cert_len == 0)
		return;
	a->card = *a->q.card;
	(void)jk_judge_card(about->judge, &a->card, NULL);
	a->q.card = &a->card;
}

const char *
jk_asking_fill(const struct jk_rowset *set, const struct jk_about *about,
    struct jk_asking *ret)
{
	*ret = (struct jk_asking){ 0 };
	if (jk_find_person(set, about->person) == NULL)
		return "person";
	ret->q.terminal = jk_find_terminal(set, about->terminal);
	if (ret->q.terminal == NULL)
		return "terminal";
	ret->q.account = find_account(set, about);
	if (ret->q.account == NULL && about->account != NULL)
		return "account";
	if (ret->q.account == NULL)
		ret->q.account = &ret->no_account;
	ret->q.card = find_card(set, about);
	if (ret->q.card == NULL && about->card != NULL)
		return "card";
	/* Who holds the card is the person, as at the reader. */
	if (ret->q.card != NULL)
		ret->q.person = jk_find_person(set, ret->q.card->person);
	judge_card(about, ret);
	fill_evidence(ret);
	fill_rest(set, about, ret);
	if (ret->q.person != NULL) {
		fill_opids(set, ret->q.person->id, ret);
		fill_approvals(set, ret->q.person->id, ret);
	}
	if (about->opid != NULL && about->opid[0] != '\0' &&
	    jk_find_opid(set, about->opid) == NULL)
		return "operator-id";
	fill_session(about, ret);
	return NULL;
}
