/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the directory equal to the rows of a registry. While that lasts the
 * base entry says so, and nobody takes what lies below it for a registry; the
 * new serial and the end of the work are one change. A run that was broken off
 * is made good by the next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jukinet/policy.h>

#include "base.h"
#include "connection.h"
#include "entry.h"
#include "jobs.h"
#include "mods.h"
#include "table.h"

/* Of a DN that is made here: an id with every byte escaped, and the base. */
#define DN_MAX 512

struct publishing {
	struct jk_ldap *ldap;
	struct jk_ldap_entries wanted, found;
	struct jk_ldap_base base;
	char old[24], serial[24]; /* of the publication before, and this one */
	bool *has_container;      /* by kind */
	size_t changes;           /* counted by the first pass */
};

/* What is done with one entry; `found` or `wanted` may be NULL. */
typedef int step_fn(struct publishing *p, const struct jk_ldap_entry *found,
    const struct jk_ldap_entry *wanted);

static void
clear(struct publishing *p)
{
	jk_ldap_entries_clear(&p->wanted);
	jk_ldap_entries_clear(&p->found);
	free(p->has_container);
}

/* The values of one key, from *at on; moves *at behind them. */
static size_t
values_of(const struct jk_ldap_entry *entry, const struct jk_ldap_key *key,
    size_t *at)
{
	size_t first = *at;

	while (*at < entry->n && entry->value[*at].key == key)
		(*at)++;
	return *at - first;
}

static bool
same_values(const struct jk_ldap_value *a, size_t n_a,
    const struct jk_ldap_value *b, size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (!jk_ldap_value_equal(&a[i], &b[i]))
			return false;
	return true;
}

static void
put_values(struct jk_ldap_mods *mods, int op, const struct jk_ldap_key *key,
    const struct jk_ldap_value *values, size_t n)
{
	char name[JK_LDAP_NAME_MAX];

	jk_ldap_attribute(key->key, name);
	jk_ldap_mods_begin(mods, op, name);
	for (size_t i = 0; i < n; i++)
		jk_ldap_mods_value(mods, values[i].data, values[i].len);
}

/* Attributes that no row has, each once. */
static void
put_removed(struct jk_ldap_mods *mods, const struct jk_ldap_entry *found,
    size_t at)
{
	for (size_t i = at; i < found->n; i++)
		if (i == at || strcasecmp(found->value[i].name,
		                   found->value[i - 1].name) != 0)
			jk_ldap_mods_begin(mods, LDAP_MOD_DELETE,
			    found->value[i].name);
}

/* What makes `found` hold the values of `wanted`. */
static void
put_difference(struct jk_ldap_mods *mods, const struct jk_ldap_entry *found,
    const struct jk_ldap_entry *wanted)
{
	size_t f = 0, w = 0;

	for (size_t i = 0; i < jk_ldap_n_keys; i++) {
		const struct jk_ldap_key *key = &jk_ldap_keys[i];
		size_t first_f = f, first_w = w;
		size_t n_f = values_of(found, key, &f);
		size_t n_w = values_of(wanted, key, &w);

		if (!same_values(&found->value[first_f], n_f,
		        &wanted->value[first_w], n_w))
			put_values(mods, LDAP_MOD_REPLACE, key,
			    &wanted->value[first_w], n_w);
	}
	put_removed(mods, found, f);
}

static bool
differs(const struct jk_ldap_entry *found, const struct jk_ldap_entry *wanted)
{
	if (found->n != wanted->n)
		return true;
	for (size_t i = 0; i < found->n; i++)
		if (!jk_ldap_value_equal(&found->value[i], &wanted->value[i]))
			return true;
	return false;
}

static int
count(struct publishing *p, const struct jk_ldap_entry *found,
    const struct jk_ldap_entry *wanted)
{
	p->changes += found == NULL || wanted == NULL || differs(found, wanted);
	return JUKINET_POLICY_SUCCESS;
}

/* Every byte that could mean something in a DN as two hex digits. */
static void
escape(const char *text, char ret[static 3 * JK_LDAP_ID_LEN_MAX + 1])
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		bool plain = (*text >= 'a' && *text <= 'z') ||
		             (*text >= 'A' && *text <= 'Z') ||
		             (*text >= '0' && *text <= '9') ||
		             strchr("-_.@", *text) != NULL;

		n += (size_t)snprintf(ret + n, 4, plain ? "%c" : "\\%02x",
		    plain ? *text : (unsigned char)*text);
	}
}

static int
add_container(struct publishing *p, const struct jk_ldap_kind *kind)
{
	bool *has = &p->has_container[kind - jk_ldap_kinds];
	struct jk_ldap_mods mods = { 0 };
	char dn[DN_MAX];
	int status;

	if (*has)
		return JUKINET_POLICY_SUCCESS;
	jk_ldap_mods_begin(&mods, LDAP_MOD_ADD, "objectClass");
	jk_ldap_mods_text(&mods, "top");
	jk_ldap_mods_text(&mods, "organizationalUnit");
	jk_ldap_mods_begin(&mods, LDAP_MOD_ADD, "ou");
	jk_ldap_mods_text(&mods, kind->container);
	snprintf(dn, sizeof(dn), "ou=%s,%s", kind->container,
	    p->ldap->settings->base);
	status = jk_ldap_add(p->ldap, dn, mods.list, LDAP_ALREADY_EXISTS);
	*has = status == JUKINET_POLICY_SUCCESS;
	return status;
}

static int
add(struct publishing *p, const struct jk_ldap_entry *wanted)
{
	char id[3 * JK_LDAP_ID_LEN_MAX + 1] = "", dn[DN_MAX];
	char class[JK_LDAP_NAME_MAX];
	struct jk_ldap_mods mods = { 0 };
	int status = add_container(p, wanted->kind);
	size_t at = 0;

	if (status != JUKINET_POLICY_SUCCESS)
		return status;
	jk_ldap_class(wanted->kind->kind, class);
	jk_ldap_mods_begin(&mods, LDAP_MOD_ADD, "objectClass");
	jk_ldap_mods_text(&mods, "top");
	jk_ldap_mods_text(&mods, class);
	jk_ldap_mods_begin(&mods, LDAP_MOD_ADD, JK_LDAP_ID);
	jk_ldap_mods_text(&mods, wanted->id);
	while (at < wanted->n) {
		size_t first = at;
		const struct jk_ldap_key *key = wanted->value[at].key;
		size_t n = values_of(wanted, key, &at);

		put_values(&mods, LDAP_MOD_ADD, key, &wanted->value[first], n);
	}
	escape(wanted->id, id);
	snprintf(dn, sizeof(dn), JK_LDAP_ID "=%s,ou=%s,%s", id,
	    wanted->kind->container, p->ldap->settings->base);
	if (!jk_ldap_mods_end(&mods)) {
		jk_ldap_warn(p->ldap, dn, "has too many values");
		return JUKINET_POLICY_UNAVAIL;
	}
	return jk_ldap_add(p->ldap, dn, mods.list, 0);
}

static int
modify(struct publishing *p, const struct jk_ldap_entry *found,
    const struct jk_ldap_entry *wanted)
{
	struct jk_ldap_mods mods = { 0 };

	if (!differs(found, wanted))
		return JUKINET_POLICY_SUCCESS;
	put_difference(&mods, found, wanted);
	if (!jk_ldap_mods_end(&mods)) {
		jk_ldap_warn(p->ldap, found->dn, "has too many values");
		return JUKINET_POLICY_UNAVAIL;
	}
	return jk_ldap_modify(p->ldap, found->dn, mods.list);
}

static int
change(struct publishing *p, const struct jk_ldap_entry *found,
    const struct jk_ldap_entry *wanted)
{
	if (found == NULL)
		return add(p, wanted);
	if (wanted == NULL)
		return jk_ldap_delete(p->ldap, found->dn);
	return modify(p, found, wanted);
}

/* Both lists are sorted; of two entries with one id the second has to go. */
static int
walk(struct publishing *p, step_fn *step)
{
	const struct jk_ldap_entries *found = &p->found, *wanted = &p->wanted;
	int status = JUKINET_POLICY_SUCCESS, order;
	size_t f = 0, w = 0;

	while (status == JUKINET_POLICY_SUCCESS &&
	       (f < found->n || w < wanted->n)) {
		if (f == found->n || w == wanted->n)
			order = f == found->n ? 1 : -1;
		else
			order = jk_ldap_entry_compare(&found->entry[f],
			    &wanted->entry[w]);
		status = step(p, order <= 0 ? &found->entry[f] : NULL,
		    order >= 0 ? &wanted->entry[w] : NULL);
		f += order <= 0;
		w += order >= 0;
	}
	return status;
}

static bool
take_rows(struct publishing *p, const struct jk_ldap_publication *what)
{
	for (size_t i = 0; i < what->n; i++) {
		JK_CLEANUP(jk_ldap_entry_clear)
		struct jk_ldap_entry entry = { 0 };

		if (!jk_ldap_entry_of_row(p->ldap, &what->rows[i], &entry))
			return false;
		if (!jk_ldap_entries_add(&p->wanted, &entry)) {
			jk_ldap_error(p->ldap, what->rows[i].id,
			    "more rows than a directory may hold");
			return false;
		}
	}
	jk_ldap_entries_sort(&p->wanted);
	for (size_t i = 1; i < p->wanted.n; i++)
		if (jk_ldap_entry_compare(&p->wanted.entry[i - 1],
		        &p->wanted.entry[i]) == 0) {
			jk_ldap_error(p->ldap, p->wanted.entry[i].id,
			    "[%s %s] is there twice",
			    p->wanted.entry[i].kind->kind,
			    p->wanted.entry[i].id);
			return false;
		}
	return true;
}

/* Of two publishers one finds that the entry is not as it was, and stops. */
static int
begin(struct publishing *p)
{
	struct jk_ldap_mods mods = { 0 };

	if (p->base.has_publishing && strcmp(p->old, p->serial) == 0)
		return JUKINET_POLICY_SUCCESS;
	if (p->base.has_publishing) {
		jk_ldap_mods_begin(&mods, LDAP_MOD_DELETE, JK_LDAP_PUBLISHING);
		jk_ldap_mods_text(&mods, p->old);
	}
	jk_ldap_mods_begin(&mods, LDAP_MOD_ADD, JK_LDAP_PUBLISHING);
	jk_ldap_mods_text(&mods, p->serial);
	return jk_ldap_modify(p->ldap, p->ldap->settings->base, mods.list);
}

static int
end(struct publishing *p, bool was_begun)
{
	struct jk_ldap_mods mods = { 0 };

	if (was_begun) {
		jk_ldap_mods_begin(&mods, LDAP_MOD_DELETE, JK_LDAP_PUBLISHING);
		jk_ldap_mods_text(&mods, p->serial);
	}
	jk_ldap_mods_begin(&mods, LDAP_MOD_REPLACE, JK_LDAP_SERIAL);
	jk_ldap_mods_text(&mods, p->serial);
	return jk_ldap_modify(p->ldap, p->ldap->settings->base, mods.list);
}

static int
write_all(struct publishing *p, uint64_t serial)
{
	bool begun;
	int status = walk(p, count);

	if (p->changes == 0 && !p->base.has_publishing)
		return p->base.has_serial && p->base.serial == serial
		           ? status
		           : end(p, false);
	status = begin(p);
	begun = status == JUKINET_POLICY_SUCCESS;
	if (begun)
		status = walk(p, change);
	if (status == JUKINET_POLICY_SUCCESS)
		status = end(p, begun);
	return status;
}

static int
publish(struct publishing *p, const struct jk_ldap_publication *what)
{
	int status = jk_ldap_base_read(p->ldap, &p->base);

	if (status == JUKINET_POLICY_SUCCESS)
		status = jk_ldap_read_all(p->ldap, &p->found);
	if (status != JUKINET_POLICY_SUCCESS)
		return status;
	p->has_container = calloc(jk_ldap_n_kinds, sizeof(bool));
	if (p->has_container == NULL)
		return JUKINET_POLICY_TRYAGAIN;
	snprintf(p->old, sizeof(p->old), "%llu",
	    (unsigned long long)p->base.publishing);
	snprintf(p->serial, sizeof(p->serial), "%llu",
	    (unsigned long long)what->serial);
	return write_all(p, what->serial);
}

int
jk_ldap_publish(const struct jukinet_policy_host *host, const void *what)
{
	JK_CLEANUP(jk_ldap_close) struct jk_ldap ldap = { 0 };
	JK_CLEANUP(clear) struct publishing p = { .ldap = &ldap };
	struct jk_ldap_settings settings;
	int status;

	if (!jk_ldap_settings_read(host, &settings))
		return JUKINET_POLICY_UNAVAIL;
	if (settings.publisher.dn[0] == '\0') {
		host->error(host->ctx, "ldap.conf", 0,
		    "has no [publish]: this machine does not publish");
		return JUKINET_POLICY_UNAVAIL;
	}
	ldap = (struct jk_ldap){ .host = host, .settings = &settings };
	if (!take_rows(&p, what))
		return JUKINET_POLICY_UNAVAIL;
	status = jk_ldap_open(&ldap, host, &settings, &settings.publisher);
	if (status == JUKINET_POLICY_SUCCESS)
		status = publish(&p, what);
	return status;
}
