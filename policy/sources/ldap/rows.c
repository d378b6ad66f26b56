/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads the whole registry. Nothing is handed on before all of it was read
 * and was seen to be of one serial: a registry that is being published while
 * it is read is half the old one and half the new.
 */
#include <stdlib.h>
#include <string.h>

#include <jukinet/policy.h>

#include "base.h"
#include "clock.h"
#include "connection.h"
#include "entry.h"
#include "jobs.h"
#include "pin.h"
#include "plaintext.h"
#include "table.h"

/* Told of one run. */
#define ERRORS_MAX 100

/* NULL, or why a value cannot be one of a row. */
static const char *
value_fault(const struct jk_ldap_value *value)
{
	if (value->key == NULL)
		return "attribute is not one of its kind";
	if (value->data == NULL)
		return "value is too large";
	if (value->len == 0)
		return "value is empty";
	if (jk_ldap_is_certificate(value->key))
		return NULL;
	return jk_plaintext_fault(value->data, value->len);
}

static size_t
check_entry(const struct jk_ldap *ldap, const struct jk_ldap_entry *entry)
{
	const char *fault, *name;
	size_t errors = 0;

	if (entry->id[0] == '\0' ||
	    jk_plaintext_fault(entry->id, strlen(entry->id)) != NULL) {
		jk_ldap_error(ldap, entry->dn, "no good " JK_LDAP_ID);
		errors++;
	}
	for (size_t i = 0; i < entry->n; i++) {
		fault = value_fault(&entry->value[i]);
		if (fault == NULL)
			continue;
		name = entry->value[i].key != NULL ? entry->value[i].key->key
		                                   : entry->value[i].name;
		jk_ldap_error(ldap, entry->dn, "%s: %s", name, fault);
		errors++;
	}
	return errors;
}

static bool
merge_all(const struct jk_ldap *ldap, struct jk_ldap_entries *all)
{
	const int64_t now = jk_real_s();

	for (size_t i = 0; i < all->n; i++)
		if (!jk_ldap_pin_merge(ldap, &all->entry[i], now))
			return false;
	return true;
}

static bool
check_all(const struct jk_ldap *ldap, const struct jk_ldap_entries *all)
{
	size_t errors = 0;

	for (size_t i = 0; i < all->n && errors < ERRORS_MAX; i++)
		errors += check_entry(ldap, &all->entry[i]);
	return errors == 0;
}

static int
hand_on(const struct jukinet_policy_host *host,
    const struct jk_ldap_entry *entry)
{
	struct jukinet_policy_value values[JK_LDAP_VALUES_MAX];
	char place[JK_LDAP_PLACE_MAX];
	const struct jukinet_policy_row row = {
		.kind = entry->kind->kind,
		.id = entry->id,
		.place = place,
		.n_values = entry->n,
		.values = values,
	};

	jk_ldap_plain(entry->dn, place);
	for (size_t i = 0; i < entry->n; i++)
		values[i] = (struct jukinet_policy_value){
			.key = entry->value[i].key->key,
			.data = entry->value[i].data,
			.len = entry->value[i].len,
		};
	return host->yield(host->ctx, &row);
}

static int
hand_on_all(const struct jk_ldap *ldap, const struct jk_ldap_entries *all,
    const struct jk_ldap_base *base)
{
	const struct jukinet_policy_host *host = ldap->host;

	for (size_t i = 0; i < all->n; i++)
		if (hand_on(host, &all->entry[i]) != 0)
			return JUKINET_POLICY_UNAVAIL;
	if (base->has_serial)
		host->serial(host->ctx, base->serial);
	return JUKINET_POLICY_SUCCESS;
}

static int
check_base(struct jk_ldap *ldap, struct jk_ldap_base *ret)
{
	int status = jk_ldap_base_read(ldap, ret);

	if (status != JUKINET_POLICY_SUCCESS || !ret->has_publishing)
		return status;
	jk_ldap_warn(ldap, ldap->settings->base,
	    "registry %llu is being published, or its publication was broken "
	    "off and must be done again",
	    (unsigned long long)ret->publishing);
	return JUKINET_POLICY_TRYAGAIN;
}

static int
read_whole(struct jk_ldap *ldap, struct jk_ldap_entries *all,
    struct jk_ldap_base *base)
{
	struct jk_ldap_base after = { 0 };
	int status = check_base(ldap, base);

	if (status == JUKINET_POLICY_SUCCESS)
		status = jk_ldap_read_all(ldap, all);
	if (status == JUKINET_POLICY_SUCCESS)
		status = check_base(ldap, &after);
	if (status != JUKINET_POLICY_SUCCESS)
		return status;
	if (base->has_serial == after.has_serial &&
	    base->serial == after.serial)
		return JUKINET_POLICY_SUCCESS;
	jk_ldap_warn(ldap, ldap->settings->base,
	    "another registry was published while this one was read");
	return JUKINET_POLICY_TRYAGAIN;
}

int
jk_ldap_rows(const struct jukinet_policy_host *host, const void *what)
{
	JK_CLEANUP(jk_ldap_entries_clear) struct jk_ldap_entries all = { 0 };
	JK_CLEANUP(jk_ldap_close) struct jk_ldap ldap = { 0 };
	struct jk_ldap_settings settings;
	struct jk_ldap_base base = { 0 };
	int status;

	(void)what;
	if (!jk_ldap_settings_read(host, &settings))
		return JUKINET_POLICY_UNAVAIL;
	status = jk_ldap_open(&ldap, host, &settings, &settings.reader);
	if (status == JUKINET_POLICY_SUCCESS)
		status = read_whole(&ldap, &all, &base);
	if (status != JUKINET_POLICY_SUCCESS)
		return status;
	if (!check_all(&ldap, &all) || !merge_all(&ldap, &all))
		return JUKINET_POLICY_UNAVAIL;
	return hand_on_all(&ldap, &all, &base);
}
