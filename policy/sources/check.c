/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"

/* A registry for many machines names many accounts that one has not. */
#define STRANGERS_SAID 5
#define DAY_S          86400

struct check {
	struct jk_rowset *set;
	struct jk_report *report;
	int64_t now;
	size_t n_strangers; /* accounts that this machine does not have */
};

/* Neighbours in the order of ids. */
static void
check_ids(struct check *c, const struct jk_list *list, const char *section)
{
	for (size_t i = 1; i < list->n; i++) {
		size_t a = list->order[i - 1], b = list->order[i];
		const char *id = jk_list_at(list, b);

		if (strcmp(jk_list_at(list, a), id) == 0)
			jk_report_error(c->report, list->places[b],
			    "[%s %s] is there twice (first in %s:%u)", section,
			    id, list->places[a].file, list->places[a].line);
	}
}

static void
check_reference(struct check *c, const struct jk_list *list, const char *id,
    struct jk_place place, const char *noun)
{
	if (jk_list_find(list, id) == JK_NO_ROW)
		jk_report_error(c->report, place, "there is no %s \"%s\"", noun,
		    id);
}

/* Departments need no rows; but where there are some, one is one of them. */
static void
check_department(struct check *c, const char *id, struct jk_place place)
{
	if (id[0] != '\0' && c->set->department.n > 0)
		check_reference(c, &c->set->department, id, place,
		    "department");
}

static void
check_numbers(struct check *c)
{
	const struct jk_list *list = &c->set->type;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_type *type = jk_list_at(list, i);

		for (size_t j = 0; j < i; j++) {
			const struct jk_type *other = jk_list_at(list, j);

			if (other->number == type->number &&
			    strcmp(other->id, type->id) != 0)
				jk_report_error(c->report, list->places[i],
				    "number %u is that of [type %s] too",
				    type->number, other->id);
		}
	}
}

enum jk_err
jk_policy_check(struct jk_rowset *set, struct jk_report *report)
{
	struct check c = { .set = set, .report = report };
	const struct jk_policy *policy = &set->policy.policy;
	enum jk_err e = jk_list_sort(&set->type);

	if (e != JK_OK)
		return e;
	check_ids(&c, &set->type, "type");
	check_numbers(&c);
	/* Without an owner it would not restrict anybody. */
	if (policy->own_department != 0 && policy->n_owners == 0)
		jk_report_error(report, set->policy_place,
		    "\"own-department = yes\" needs an owning-department");
	return JK_OK;
}

static void
check_owners(struct check *c)
{
	const struct jk_policy *policy = &c->set->policy.policy;

	for (size_t i = 0; i < policy->n_owners; i++)
		check_department(c, policy->owner[i], c->set->policy_place);
}

/* Of two rows with the same bytes `digest`: which list index, by memcmp. */
struct digest_order {
	const struct jk_list *list;
	uint8_t (*digest)[JK_DIGEST_LEN];
};

static int
compare_digests(const void *a, const void *b, void *ctx)
{
	const struct digest_order *o = ctx;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	int c = memcmp(o->digest[i], o->digest[j], JK_DIGEST_LEN);

	return c != 0 ? c : (i > j) - (i < j);
}

static void
check_twice(struct check *c, struct digest_order *o, size_t *order,
    const char *noun)
{
	const struct jk_list *list = o->list;

	for (size_t i = 0; i < list->n; i++)
		order[i] = i;
	qsort_r(order, list->n, sizeof(*order), compare_digests, o);
	for (size_t i = 1; i < list->n; i++) {
		size_t a = order[i - 1], b = order[i];

		if (memcmp(o->digest[a], o->digest[b], JK_DIGEST_LEN) == 0)
			jk_report_error(c->report, list->places[b],
			    "same %s as [card %s] in %s:%u", noun,
			    (const char *)jk_list_at(list, a),
			    list->places[a].file, list->places[a].line);
	}
}

static void
free_digests(uint8_t (**digests)[JK_DIGEST_LEN])
{
	free(*digests);
}

static void
free_order(size_t **order)
{
	free(*order);
}

/* One key opens one person's session: nothing may be registered twice. The
 * same certificate has the same key, so keys are all there is to compare. */
static enum jk_err
check_keys(struct check *c)
{
	const struct jk_list *list = &c->set->card;
	JK_CLEANUP(free_digests)
	uint8_t(*digests)[JK_DIGEST_LEN] =
	    calloc(list->n + 1, sizeof(*digests));
	JK_CLEANUP(free_order)
	size_t *order = calloc(list->n + 1, sizeof(*order));
	struct digest_order o = { list, digests };

	if (digests == NULL || order == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++) {
		const struct jk_card *card = jk_list_at(list, i);

		/* One without a certificate has no key: its place is as good. */
		memcpy(digests[i], card->key, JK_DIGEST_LEN);
		if (card->cert_len == 0)
			memcpy(digests[i], &i, sizeof(i));
	}
	check_twice(c, &o, order, "certificate or key");
	return JK_OK;
}

/* A card that can be used has a certificate, and a holder unless it is spare:
 * then it has one exactly while it is lent. */
static void
check_card_shape(struct check *c, const struct jk_card *card,
    struct jk_place place)
{
	const bool issued = card->state != JK_CARD_REQUESTED &&
	                    card->state != JK_CARD_APPLIED &&
	                    card->state != JK_CARD_APPROVED &&
	                    card->state != JK_CARD_REVOKED;
	const bool held = card->person[0] != '\0';

	if (issued && card->cert_len == 0)
		jk_report_error(c->report, place,
		    "[card] needs \"certificate = ...\" (plain file name)");
	if (!held && !card->spare)
		jk_report_error(c->report, place,
		    "[card] needs \"person = ...\" (id of a person)");
	if (card->spare && card->handed_over && !held)
		jk_report_error(c->report, place,
		    "a spare card is handed over to nobody");
	if (card->spare && held && !card->handed_over)
		jk_report_error(c->report, place,
		    "a spare card has a person only while it is handed over "
		    "(\"handed-at = ...\")");
}

/* It opens nothing any more, and stays known when its holder has gone. */
static bool
is_history(const struct jk_card *card)
{
	return card->state == JK_CARD_REVOKED ||
	       card->state == JK_CARD_RETURNED;
}

static void
check_cards(struct check *c)
{
	const struct jk_list *list = &c->set->card;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_card *card = jk_list_at(list, i);

		if (card->person[0] != '\0' && !is_history(card))
			check_reference(c, &c->set->person, card->person,
			    list->places[i], "person");
		check_card_shape(c, card, list->places[i]);
		if (card->state == JK_CARD_ACTIVE && card->cert_len > 0 &&
		    c->now >= card->valid.until)
			jk_report_warning(c->report, list->places[i],
			    "the certificate of [card %s] has expired",
			    card->id);
	}
}

static void
check_opids(struct check *c)
{
	const struct jk_list *list = &c->set->opid;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_opid *opid = jk_list_at(list, i);

		check_reference(c, &c->set->person, opid->person,
		    list->places[i], "person");
		check_reference(c, &c->set->type, opid->type, list->places[i],
		    "type");
		check_department(c, opid->department, list->places[i]);
	}
}

static void
check_persons(struct check *c)
{
	const struct jk_list *list = &c->set->person;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_person *person = jk_list_at(list, i);

		check_department(c, person->department, list->places[i]);
	}
}

static void
check_terminals(struct check *c)
{
	const struct jk_list *list = &c->set->terminal;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_terminal *terminal = jk_list_at(list, i);

		for (size_t j = 0; j < terminal->n_departments; j++)
			check_department(c, terminal->department[j],
			    list->places[i]);
	}
}

/* Until the latest of his roles ends. */
static void
let_supervise(struct check *c, const struct jk_role *role)
{
	const size_t i = jk_list_find(&c->set->person, role->person);
	const int64_t until =
	    role->valid.until != 0 ? role->valid.until : INT64_MAX;
	struct jk_period *p;

	if (i == JK_NO_ROW ||
	    (c->set->policy.supervisors & jk_bit(role->role)) == 0)
		return;
	p = &((struct jk_person *)jk_list_at(&c->set->person, i))->supervises;
	if (p->until == 0 || role->valid.from < p->from)
		p->from = role->valid.from;
	if (until > p->until)
		p->until = until;
}

static void
check_roles(struct check *c)
{
	const struct jk_list *list = &c->set->role;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_role *role = jk_list_at(list, i);

		if (!jk_period_counts(&role->valid, c->now))
			continue;
		check_reference(c, &c->set->person, role->person,
		    list->places[i], "person");
		check_department(c, role->department, list->places[i]);
		let_supervise(c, role);
	}
}

/* One that has ended may name who has gone since. */
static void
check_approval_names(struct check *c, const struct jk_approval *a,
    struct jk_place place)
{
	check_reference(c, &c->set->person, a->person, place, "person");
	check_reference(c, &c->set->person, a->by, place, "person");
	if (a->terminal[0] != '\0')
		check_reference(c, &c->set->terminal, a->terminal, place,
		    "terminal");
}

/* jukinetctl gives none that long; a file or a directory may. */
static void
check_length(struct check *c, const struct jk_approval *a,
    struct jk_place place)
{
	const int64_t longest =
	    jk_approval_longest(&c->set->policy.limits, a->kind);

	if (jk_period_is_longer(&a->valid, longest))
		jk_report_warning(c->report, place,
		    "[approval %s] lasts longer than the %d days of policy.conf",
		    a->id, (int)(longest / DAY_S));
}

static void
check_approval(struct check *c, const struct jk_approval *a,
    struct jk_place place)
{
	if (jk_period_counts(&a->valid, c->now)) {
		check_approval_names(c, a, place);
		check_length(c, a, place);
	}
	/* Its use is noted on one terminal only. */
	if (a->once && a->terminal[0] == '\0')
		jk_report_error(c->report, place,
		    "an approval for one use names one terminal");
	if (strcmp(a->person, a->by) == 0)
		jk_report_error(c->report, place,
		    "nobody approves for himself");
	if ((a->kind == JK_APPROVAL_DELEGATION) != (a->functions != 0))
		jk_report_error(c->report, place,
		    "a delegation, and nothing else, names functions");
	if (a->kind != JK_APPROVAL_IDENTITY_INFO && a->businesses != 0)
		jk_report_error(c->report, place,
		    "only a permission of identity-info names businesses");
}

static void
check_approvals(struct check *c)
{
	const struct jk_list *list = &c->set->approval;

	for (size_t i = 0; i < list->n; i++)
		check_approval(c, jk_list_at(list, i), list->places[i]);
}

static void
free_counts(unsigned **counts)
{
	free(*counts);
}

/*
 * No person holds more than the snapshot can. Of each row `person_of` gives the
 * person, or NULL where it does not count.
 */
static enum jk_err
check_per_person(struct check *c, const struct jk_list *list,
    const char *(*person_of)(const void *row, int64_t now), unsigned max,
    const char *noun)
{
	const struct jk_list *persons = &c->set->person;
	JK_CLEANUP(free_counts)
	unsigned *counts = calloc(persons->n + 1, sizeof(*counts));

	if (counts == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++) {
		const char *id = person_of(jk_list_at(list, i), c->now);
		size_t person =
		    id == NULL ? JK_NO_ROW : jk_list_find(persons, id);

		if (person != JK_NO_ROW && ++counts[person] == max + 1)
			jk_report_error(c->report, list->places[i],
			    "person \"%s\" has more than %u %s", id, max, noun);
	}
	return JK_OK;
}

static const char *
opid_person(const void *row, JK_UNUSED int64_t now)
{
	return ((const struct jk_opid *)row)->person;
}

/* One that has ended does not come into the snapshot. */
static const char *
approval_person(const void *row, int64_t now)
{
	const struct jk_approval *a = row;

	return jk_period_counts(&a->valid, now) ? a->person : NULL;
}

static void
check_account(struct check *c, const struct jk_accounts *accounts,
    struct jk_account *account, struct jk_place place)
{
	enum jk_err e;

	for (size_t i = 0; i < account->n_persons; i++)
		check_reference(c, &c->set->person, account->person[i], place,
		    "person");
	account->uid = JK_NO_UID;
	e = jk_accounts_find(accounts, account->name, &account->uid);
	if (e == JK_ERR_NOT_FOUND && ++c->n_strangers <= STRANGERS_SAID)
		jk_report_warning(c->report, place,
		    "account \"%s\" does not exist on this machine: left out",
		    account->name);
	else if (e == JK_ERR_SYS)
		jk_report_error(c->report, place,
		    "account \"%s\" cannot be looked up: %s", account->name,
		    strerror(errno));
}

static int
compare_uids(const void *a, const void *b, void *ctx)
{
	const struct jk_list *list = ctx;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct jk_account *x = jk_list_at(list, i);
	const struct jk_account *y = jk_list_at(list, j);

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return (i > j) - (i < j);
}

/* The kernel knows callers by uid: two names for one would be a mask. */
static enum jk_err
check_uids(struct check *c)
{
	struct jk_list *list = &c->set->account;
	JK_CLEANUP(free_order)
	size_t *order = calloc(list->n + 1, sizeof(*order));

	if (order == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++)
		order[i] = i;
	qsort_r(order, list->n, sizeof(*order), compare_uids, list);
	for (size_t i = 1; i < list->n; i++) {
		const struct jk_account *a = jk_list_at(list, order[i - 1]);
		const struct jk_account *b = jk_list_at(list, order[i]);

		if (a->uid == b->uid && a->uid != JK_NO_UID &&
		    strcmp(a->name, b->name) != 0)
			jk_report_error(c->report, list->places[order[i]],
			    "account \"%s\" has the uid of \"%s\"", b->name,
			    a->name);
	}
	return JK_OK;
}

/* The snapshot has room for so many, by which a login without a name finds
 * the account. Others than this machine's do not count. */
static enum jk_err
check_accounts_per_person(struct check *c)
{
	const struct jk_list *list = &c->set->account;
	const struct jk_list *persons = &c->set->person;
	JK_CLEANUP(free_counts)
	unsigned *counts = calloc(persons->n + 1, sizeof(*counts));

	if (counts == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++) {
		const struct jk_account *a = jk_list_at(list, i);

		if (a->uid == JK_NO_UID || a->uid == 0)
			continue;
		for (size_t j = 0; j < a->n_persons; j++) {
			size_t person = jk_list_find(persons, a->person[j]);

			if (person != JK_NO_ROW &&
			    ++counts[person] == JK_ACCOUNTS_MAX + 1)
				jk_report_error(c->report, list->places[i],
				    "person \"%s\" has more than %u accounts",
				    a->person[j], JK_ACCOUNTS_MAX);
		}
	}
	return JK_OK;
}

static enum jk_err
check_accounts(struct check *c)
{
	JK_CLEANUP(jk_accounts_clear) struct jk_accounts accounts = { 0 };
	const struct jk_list *list = &c->set->account;
	enum jk_err e = jk_accounts_read(&accounts);

	if (e != JK_OK)
		return e;
	for (size_t i = 0; i < list->n; i++)
		check_account(c, &accounts, jk_list_at(list, i),
		    list->places[i]);
	if (c->n_strangers > STRANGERS_SAID)
		jk_report_warning(c->report, list->places[list->n - 1],
		    "%zu more accounts do not exist on this machine: left out",
		    c->n_strangers - STRANGERS_SAID);
	e = check_uids(c);
	return e == JK_OK ? check_accounts_per_person(c) : e;
}

static enum jk_err
sort_lists(struct check *c)
{
	const struct {
		struct jk_list *list;
		const char *section;
	} lists[] = {
		{ &c->set->department, "department" },
		{ &c->set->person, "person" },
		{ &c->set->account, "account" },
		{ &c->set->opid, "operator-id" },
		{ &c->set->role, "role" },
		{ &c->set->approval, "approval" },
		{ &c->set->card, "card" },
		{ &c->set->terminal, "terminal" },
	};

	for (size_t i = 0; i < JK_COUNT(lists); i++) {
		enum jk_err e = jk_list_sort(lists[i].list);

		if (e != JK_OK)
			return e;
		check_ids(c, lists[i].list, lists[i].section);
	}
	return JK_OK;
}

enum jk_err
jk_rowset_check(struct jk_rowset *set, int64_t now, struct jk_report *report)
{
	struct check c = { .set = set, .report = report, .now = now };
	enum jk_err e;

	if ((e = sort_lists(&c)) != JK_OK ||
	    (e = jk_policy_check(set, report)) != JK_OK)
		return e;
	/* A change of the registry is judged without this terminal. */
	if (set->settings.settings.terminal[0] != '\0')
		check_reference(&c, &set->terminal,
		    set->settings.settings.terminal, set->settings_place,
		    "terminal");
	check_owners(&c);
	check_persons(&c);
	check_opids(&c);
	check_roles(&c);
	check_approvals(&c);
	check_terminals(&c);
	check_cards(&c);
	if ((e = check_per_person(&c, &set->opid, opid_person, JK_OPIDS_MAX,
	         "operator IDs")) != JK_OK ||
	    (e = check_per_person(&c, &set->approval, approval_person,
	         JK_APPROVALS_MAX, "approvals")) != JK_OK ||
	    (e = check_keys(&c)) != JK_OK)
		return e;
	return check_accounts(&c);
}
