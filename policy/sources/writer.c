/* SPDX-License-Identifier: BSD-2-Clause */
#include "writer.h"

#include <cdb.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "codec.h"
#include "format.h"

/*
 * One walk over all records serves both directions: the writer adds what it
 * is shown, the verifier looks it up and compares.
 */
struct record {
	enum jk_key kind;
	const void *key;
	size_t key_len;
	const struct jk_rowbuf *value;
};

typedef enum jk_err record_fn(void *ctx, const struct record *record);

struct walk {
	const struct jk_rowset *set;
	record_fn *show;
	void *ctx;
	int64_t now; /* of the build */
	struct jk_rowbuf buf;
};

static enum jk_err
show(struct walk *w, enum jk_key kind, const void *key, size_t key_len)
{
	const struct record record = { kind, key, key_len, &w->buf };

	return w->show(w->ctx, &record);
}

static enum jk_err
show_named(struct walk *w, enum jk_key kind, const char *key)
{
	return show(w, kind, key, strlen(key));
}

static void
set_bytes(struct jk_rowbuf *buf, const char *text)
{
	buf->len = strlen(text);
	memcpy(buf->bytes, text, buf->len);
}

static enum jk_err
walk_head(struct walk *w, const struct jk_edition *edition)
{
	enum jk_err e;

	set_bytes(&w->buf, JK_SNAPSHOT_FORMAT);
	if ((e = show(w, JK_KEY_FORMAT, NULL, 0)) != JK_OK ||
	    (e = jk_edition_encode(edition, &w->buf)) != JK_OK ||
	    (e = show(w, JK_KEY_EDITION, NULL, 0)) != JK_OK)
		return e;
	e = jk_settings_encode(&w->set->settings.settings, &w->buf);
	if (e != JK_OK || (e = show(w, JK_KEY_SETTINGS, NULL, 0)) != JK_OK ||
	    (e = jk_policy_encode(&w->set->policy.policy, &w->buf)) != JK_OK)
		return e;
	return show(w, JK_KEY_POLICY, NULL, 0);
}

static enum jk_err
walk_department(struct walk *w, const void *row)
{
	const struct jk_department *department = row;
	enum jk_err e = jk_department_encode(department, &w->buf);

	return e != JK_OK ? e
	                  : show_named(w, JK_KEY_DEPARTMENT, department->id);
}

static enum jk_err
walk_person(struct walk *w, const void *row)
{
	const struct jk_person *person = row;
	enum jk_err e = jk_person_encode(person, &w->buf);

	return e != JK_OK ? e : show_named(w, JK_KEY_PERSON, person->id);
}

static enum jk_err
walk_account(struct walk *w, const void *row)
{
	const struct jk_account *account = row;
	const uid_t uid = account->uid;
	const uint8_t key[4] = { (uint8_t)(uid >> 24), (uint8_t)(uid >> 16),
		(uint8_t)(uid >> 8), (uint8_t)uid };
	enum jk_err e;

	if (uid == JK_NO_UID)
		return JK_OK;
	if ((e = jk_account_encode(account, &w->buf)) != JK_OK ||
	    (e = show_named(w, JK_KEY_ACCOUNT, account->name)) != JK_OK)
		return e;
	set_bytes(&w->buf, account->name);
	return show(w, JK_KEY_UID, key, sizeof(key));
}

static enum jk_err
walk_card(struct walk *w, const void *row)
{
	const struct jk_card *card = row;
	uint8_t digest[JK_DIGEST_LEN];
	enum jk_err e;

	if (card->cert_len == 0)
		return JK_OK; /* not issued yet: nothing can be shown */
	if ((e = jk_sha256(card->cert, card->cert_len, digest)) != JK_OK ||
	    (e = jk_card_encode(card, &w->buf)) != JK_OK)
		return e;
	return show(w, JK_KEY_CARD, digest, sizeof(digest));
}

static enum jk_err
walk_terminal(struct walk *w, const void *row)
{
	const struct jk_terminal *terminal = row;
	enum jk_err e = jk_terminal_encode(terminal, &w->buf);

	return e != JK_OK ? e : show_named(w, JK_KEY_TERMINAL, terminal->id);
}

static enum jk_err
walk_type(struct walk *w, const void *row)
{
	const struct jk_type *type = row;
	enum jk_err e = jk_type_encode(type, &w->buf);

	return e != JK_OK ? e : show_named(w, JK_KEY_TYPE, type->id);
}

static enum jk_err
walk_list(struct walk *w, const struct jk_list *list,
    enum jk_err (*one)(struct walk *w, const void *row))
{
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < list->n && e == JK_OK; i++)
		e = one(w, jk_list_at(list, i));
	return e;
}

/*
 * Rows of one person that are one record. A row begins with its id; where the
 * person's stands differs.
 */
struct owned {
	const struct jk_list *list;
	size_t person_at;
};

static const char *
owner_of(const struct owned *o, size_t i)
{
	return (const char *)jk_list_at(o->list, i) + o->person_at;
}

static int
compare_owners(const void *a, const void *b, void *ctx)
{
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	int c = strcmp(owner_of(ctx, i), owner_of(ctx, j));

	return c != 0 ? c : (i > j) - (i < j);
}

static void
free_order(size_t **order)
{
	free(*order);
}

/* Calls `one` for all rows of each person at once, in the registry's order. */
static enum jk_err
walk_owned(struct walk *w, struct owned *o,
    enum jk_err (*one)(struct walk *w, const struct jk_list *list,
        const size_t *order, size_t n))
{
	JK_CLEANUP(free_order)
	size_t *order = calloc(o->list->n + 1, sizeof(*order));
	enum jk_err e = JK_OK;

	if (order == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < o->list->n; i++)
		order[i] = i;
	qsort_r(order, o->list->n, sizeof(*order), compare_owners, o);
	for (size_t i = 0, n; i < o->list->n && e == JK_OK; i += n) {
		for (n = 1;
		     i + n < o->list->n && strcmp(owner_of(o, order[i]),
		                               owner_of(o, order[i + n])) == 0;)
			n++;
		e = one(w, o->list, order + i, n);
	}
	return e;
}

static enum jk_err
show_opids(struct walk *w, const struct jk_list *list, const size_t *order,
    size_t n)
{
	struct jk_opids row = { .n = n };
	enum jk_err e;

	if (n > JK_OPIDS_MAX)
		return JK_ERR_TOO_BIG;
	for (size_t i = 0; i < n; i++)
		row.opid[i] =
		    *(const struct jk_opid *)jk_list_at(list, order[i]);
	e = jk_opids_encode(&row, &w->buf);
	return e != JK_OK ? e : show_named(w, JK_KEY_OPIDS, row.opid[0].person);
}

static enum jk_err
show_approvals(struct walk *w, const struct jk_list *list, const size_t *order,
    size_t n)
{
	struct jk_approvals row = { 0 };
	enum jk_err e;

	for (size_t i = 0; i < n; i++) {
		const struct jk_approval *a = jk_list_at(list, order[i]);

		if (!jk_period_counts(&a->valid, w->now))
			continue;
		if (row.n == JK_APPROVALS_MAX)
			return JK_ERR_TOO_BIG;
		row.approval[row.n++] = *a;
	}
	if (row.n == 0)
		return JK_OK;
	e = jk_approvals_encode(&row, &w->buf);
	return e != JK_OK
	           ? e
	           : show_named(w, JK_KEY_APPROVALS, row.approval[0].person);
}

/* One account of one person; an account has more than one row of these. */
struct use {
	const char *person;
	size_t account;
};

static int
compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int c = strcmp(x->person, y->person);

	return c != 0 ? c
	              : (x->account > y->account) - (x->account < y->account);
}

static void
free_uses(struct use **uses)
{
	free(*uses);
}

/* Nobody is let into an account of uid 0 by his card alone. */
static size_t
list_uses(const struct jk_list *accounts, struct use *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < accounts->n; i++) {
		const struct jk_account *account = jk_list_at(accounts, i);

		if (account->uid == JK_NO_UID || account->uid == 0)
			continue;
		for (size_t j = 0; j < account->n_persons; j++)
			ret[n++] = (struct use){ account->person[j], i };
	}
	return n;
}

static enum jk_err
show_accounts_of(struct walk *w, const struct use *uses, size_t n)
{
	struct jk_accounts_of row = { .n = n };
	enum jk_err e;

	if (n > JK_ACCOUNTS_MAX)
		return JK_ERR_TOO_BIG;
	strcpy(row.person, uses[0].person);
	for (size_t i = 0; i < n; i++) {
		const struct jk_account *account =
		    jk_list_at(&w->set->account, uses[i].account);

		strcpy(row.name[i], account->name);
	}
	e = jk_accounts_of_encode(&row, &w->buf);
	return e != JK_OK ? e : show_named(w, JK_KEY_ACCOUNTS_OF, row.person);
}

static enum jk_err
walk_accounts_of(struct walk *w)
{
	const struct jk_list *accounts = &w->set->account;
	JK_CLEANUP(free_uses)
	struct use *uses =
	    calloc(accounts->n * JK_PERSONS_MAX + 1, sizeof(*uses));
	enum jk_err e = JK_OK;
	size_t all;

	if (uses == NULL)
		return JK_ERR_NOMEM;
	all = list_uses(accounts, uses);
	qsort(uses, all, sizeof(*uses), compare_uses);
	for (size_t i = 0, n; i < all && e == JK_OK; i += n) {
		for (n = 1; i + n < all &&
		            strcmp(uses[i].person, uses[i + n].person) == 0;)
			n++;
		e = show_accounts_of(w, uses + i, n);
	}
	return e;
}

static enum jk_err
walk_all(struct walk *w, const struct jk_edition *edition)
{
	const struct jk_rowset *set = w->set;
	struct owned opids = { &set->opid, offsetof(struct jk_opid, person) };
	struct owned approvals = { &set->approval,
		offsetof(struct jk_approval, person) };
	enum jk_err e;

	if ((e = walk_head(w, edition)) != JK_OK ||
	    (e = walk_list(w, &set->department, walk_department)) != JK_OK ||
	    (e = walk_list(w, &set->person, walk_person)) != JK_OK ||
	    (e = walk_list(w, &set->account, walk_account)) != JK_OK ||
	    (e = walk_accounts_of(w)) != JK_OK ||
	    (e = walk_list(w, &set->card, walk_card)) != JK_OK ||
	    (e = walk_list(w, &set->terminal, walk_terminal)) != JK_OK ||
	    (e = walk_list(w, &set->type, walk_type)) != JK_OK ||
	    (e = walk_owned(w, &opids, show_opids)) != JK_OK)
		return e;
	return walk_owned(w, &approvals, show_approvals);
}

/* 1 + JK_KEY_MAX bytes at most: ids were checked when they were read. */
static size_t
make_key(const struct record *record, uint8_t ret[static 1 + JK_KEY_MAX])
{
	size_t len =
	    record->key_len > JK_KEY_MAX ? JK_KEY_MAX : record->key_len;

	ret[0] = (uint8_t)record->kind;
	if (len > 0)
		memcpy(ret + 1, record->key, len);
	return len + 1;
}

static enum jk_err
add(void *ctx, const struct record *record)
{
	struct cdb_make *make = ctx;
	uint8_t key[1 + JK_KEY_MAX];
	size_t len = make_key(record, key);

	return cdb_make_add(make, key, (unsigned)len, record->value->bytes,
	           (unsigned)record->value->len) == 0
	           ? JK_OK
	           : JK_ERR_SYS;
}

enum jk_err
jk_rowset_write(const struct jk_rowset *set, const struct jk_edition *edition,
    int fd)
{
	struct cdb_make make;
	struct walk walk = { .set = set,
		.show = add,
		.ctx = &make,
		.now = edition->made_at };
	enum jk_err e;

	if (cdb_make_start(&make, fd) != 0)
		return JK_ERR_SYS;
	e = walk_all(&walk, edition);
	/* Also releases its memory: called whatever came before. */
	if (cdb_make_finish(&make) != 0 && e == JK_OK)
		e = JK_ERR_SYS;
	return e;
}

/* What the reader gives for this record, encoded again. */
static enum jk_err
read_back(struct jk_snapshot *s, const struct record *record,
    struct jk_rowbuf *ret)
{
	union {
		struct jk_edition edition;
		struct jk_settings settings;
		struct jk_policy policy;
		struct jk_department department;
		struct jk_approvals approvals;
		struct jk_person person;
		struct jk_account account;
		struct jk_accounts_of accounts;
		struct jk_opids opids;
		struct jk_card card;
		struct jk_terminal terminal;
		struct jk_type type;
	} row = { 0 };
	char id[JK_ID_MAX + 1] = "";
	const uint8_t *key = record->key;
	enum jk_err e;

	if (record->key_len > 0 && record->key_len < sizeof(id))
		memcpy(id, record->key, record->key_len);
	switch (record->kind) {
	case JK_KEY_EDITION:
		e = jk_snapshot_edition(s, &row.edition);
		return e != JK_OK ? e : jk_edition_encode(&row.edition, ret);
	case JK_KEY_SETTINGS:
		e = jk_snapshot_settings(s, &row.settings);
		return e != JK_OK ? e : jk_settings_encode(&row.settings, ret);
	case JK_KEY_POLICY:
		e = jk_snapshot_policy(s, &row.policy);
		return e != JK_OK ? e : jk_policy_encode(&row.policy, ret);
	case JK_KEY_DEPARTMENT:
		e = jk_snapshot_department(s, id, &row.department);
		return e != JK_OK ? e
		                  : jk_department_encode(&row.department, ret);
	case JK_KEY_APPROVALS:
		e = jk_snapshot_approvals(s, id, row.approvals.approval,
		    &row.approvals.n);
		return e != JK_OK ? e
		                  : jk_approvals_encode(&row.approvals, ret);
	case JK_KEY_PERSON:
		e = jk_snapshot_person(s, id, &row.person);
		return e != JK_OK ? e : jk_person_encode(&row.person, ret);
	case JK_KEY_ACCOUNT:
		e = jk_snapshot_account(s, id, &row.account);
		return e != JK_OK ? e : jk_account_encode(&row.account, ret);
	case JK_KEY_UID:
		e = jk_snapshot_account_by_uid(s,
		    (uid_t)key[0] << 24 | (uid_t)key[1] << 16 |
		        (uid_t)key[2] << 8 | key[3],
		    &row.account);
		set_bytes(ret, row.account.name);
		return e;
	case JK_KEY_ACCOUNTS_OF:
		e = jk_snapshot_accounts_of(s, id, row.accounts.name,
		    &row.accounts.n);
		strcpy(row.accounts.person, id);
		return e != JK_OK ? e
		                  : jk_accounts_of_encode(&row.accounts, ret);
	case JK_KEY_OPIDS:
		e = jk_snapshot_opids(s, id, row.opids.opid, &row.opids.n);
		return e != JK_OK ? e : jk_opids_encode(&row.opids, ret);
	case JK_KEY_CARD:
		e = jk_snapshot_card_by_cert(s, key, &row.card);
		return e != JK_OK ? e : jk_card_encode(&row.card, ret);
	case JK_KEY_TERMINAL:
		e = jk_snapshot_terminal(s, id, &row.terminal);
		return e != JK_OK ? e : jk_terminal_encode(&row.terminal, ret);
	case JK_KEY_TYPE:
		e = jk_snapshot_type(s, id, &row.type);
		return e != JK_OK ? e : jk_type_encode(&row.type, ret);
	case JK_KEY_FORMAT: /* looked at by opening */
		set_bytes(ret, JK_SNAPSHOT_FORMAT);
		return JK_OK;
	}
	return JK_ERR_FORMAT;
}

static enum jk_err
compare(void *ctx, const struct record *record)
{
	struct jk_rowbuf back;
	enum jk_err e = read_back(ctx, record, &back);

	if (e != JK_OK)
		return JK_ERR_FORMAT;
	return back.len == record->value->len &&
	               memcmp(back.bytes, record->value->bytes, back.len) == 0
	           ? JK_OK
	           : JK_ERR_FORMAT;
}

enum jk_err
jk_rowset_verify(const struct jk_rowset *set, const struct jk_edition *edition,
    int fd)
{
	JK_CLEANUP(jk_snapshot_close) struct jk_snapshot *s = NULL;
	struct walk walk = { .set = set,
		.show = compare,
		.now = edition->made_at };
	enum jk_err e = jk_snapshot_open_fd(fd, &s);

	if (e != JK_OK)
		return e;
	walk.ctx = s;
	return walk_all(&walk, edition);
}
