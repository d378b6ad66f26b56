/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"

struct check {
	struct jk_rowset *set;
	struct jk_report *report;
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

static void
check_types(struct check *c)
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

		memcpy(digests[i], card->key, JK_DIGEST_LEN);
	}
	check_twice(c, &o, order, "certificate or key");
	return JK_OK;
}

static void
check_cards(struct check *c, int64_t now)
{
	const struct jk_list *list = &c->set->card;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_card *card = jk_list_at(list, i);

		check_reference(c, &c->set->person, card->person,
		    list->places[i], "person");
		if (card->state == JK_CARD_ACTIVE && now >= card->valid.until)
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
	}
}

static void
free_counts(unsigned **counts)
{
	free(*counts);
}

/* No person holds more than the snapshot can. */
static enum jk_err
check_opids_per_person(struct check *c)
{
	const struct jk_list *persons = &c->set->person, *list = &c->set->opid;
	JK_CLEANUP(free_counts)
	unsigned *counts = calloc(persons->n + 1, sizeof(*counts));

	if (counts == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++) {
		const struct jk_opid *opid = jk_list_at(list, i);
		size_t person = jk_list_find(persons, opid->person);

		if (person != JK_NO_ROW && ++counts[person] == JK_OPIDS_MAX + 1)
			jk_report_error(c->report, list->places[i],
			    "person \"%s\" has more than %d operator IDs",
			    opid->person, JK_OPIDS_MAX);
	}
	return JK_OK;
}

/* JK_ERR_NOT_FOUND only when the machine is sure. */
static enum jk_err
look_up_uid(const char *name, uid_t *ret)
{
	static char buffer[1 << 20];
	struct passwd entry, *found = NULL;
	int r;

	do
		r = getpwnam_r(name, &entry, buffer, sizeof(buffer), &found);
	while (r == EINTR);
	if (found != NULL) {
		*ret = found->pw_uid;
		return JK_OK;
	}
	if (r == 0 || r == ENOENT || r == ESRCH)
		return JK_ERR_NOT_FOUND;
	errno = r;
	return JK_ERR_SYS;
}

static void
check_account(struct check *c, struct jk_account *account,
    struct jk_place place)
{
	enum jk_err e;

	for (size_t i = 0; i < account->n_persons; i++)
		check_reference(c, &c->set->person, account->person[i], place,
		    "person");
	account->uid = JK_NO_UID;
	e = look_up_uid(account->name, &account->uid);
	if (e == JK_ERR_NOT_FOUND)
		jk_report_warning(c->report, place,
		    "account \"%s\" does not exist on this machine: left out",
		    account->name);
	else if (e != JK_OK)
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

static enum jk_err
check_accounts(struct check *c)
{
	const struct jk_list *list = &c->set->account;

	for (size_t i = 0; i < list->n; i++)
		check_account(c, jk_list_at(list, i), list->places[i]);
	return check_uids(c);
}

static enum jk_err
sort_lists(struct check *c)
{
	const struct {
		struct jk_list *list;
		const char *section;
	} lists[] = {
		{ &c->set->person, "person" },
		{ &c->set->account, "account" },
		{ &c->set->opid, "operator-id" },
		{ &c->set->card, "card" },
		{ &c->set->terminal, "terminal" },
		{ &c->set->type, "type" },
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
	struct check c = { set, report };
	enum jk_err e = sort_lists(&c);

	if (e != JK_OK)
		return e;
	check_reference(&c, &set->terminal, set->settings.settings.terminal,
	    set->settings_place, "terminal");
	check_types(&c);
	check_opids(&c);
	check_cards(&c, now);
	if ((e = check_opids_per_person(&c)) != JK_OK ||
	    (e = check_keys(&c)) != JK_OK)
		return e;
	return check_accounts(&c);
}
