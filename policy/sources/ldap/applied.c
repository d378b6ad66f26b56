/* SPDX-License-Identifier: BSD-2-Clause */
/* Which registry each terminal has taken into its snapshot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jukinet/policy.h>

#include "base.h"
#include "connection.h"
#include "entry.h"
#include "find.h"
#include "jobs.h"
#include "moment.h"
#include "plaintext.h"
#include "table.h"

/* Its DN is the caller's to free. */
static int
find_terminal(struct jk_ldap *ldap, const char *id, char **ret_dn)
{
	JK_CLEANUP(jk_ldap_found_clear) struct jk_ldap_found found = { 0 };
	int status = jk_ldap_find(ldap, "terminal", id, NULL, &found);

	if (status == JUKINET_POLICY_SUCCESS && found.n != 1) {
		jk_ldap_warn(ldap, ldap->settings->base,
		    "has %u entries for the terminal \"%s\"", found.n, id);
		status = JUKINET_POLICY_NOTFOUND;
	}
	if (status == JUKINET_POLICY_SUCCESS)
		*ret_dn = JK_TAKE(found.dn);
	return status;
}

static int
write_applied(struct jk_ldap *ldap, const char *dn,
    const struct jukinet_policy_applied *applied)
{
	char serial[24], at[JK_LDAP_MOMENT_LEN];
	char serial_name[] = JK_LDAP_APPLIED_SERIAL,
	     at_name[] = JK_LDAP_APPLIED_AT;
	char *serials[] = { serial, NULL }, *ats[] = { at, NULL };
	LDAPMod serial_mod = { .mod_op = LDAP_MOD_REPLACE,
		.mod_type = serial_name,
		.mod_values = serials };
	LDAPMod at_mod = { .mod_op = LDAP_MOD_REPLACE,
		.mod_type = at_name,
		.mod_values = ats };
	LDAPMod *mods[] = { &serial_mod, &at_mod, NULL };

	snprintf(serial, sizeof(serial), "%llu",
	    (unsigned long long)applied->serial);
	if (!jk_ldap_moment_format(applied->at, at)) {
		jk_ldap_error(ldap, dn, "no time that a directory can hold");
		return JUKINET_POLICY_UNAVAIL;
	}
	return jk_ldap_modify(ldap, dn, mods);
}

int
jk_ldap_report(const struct jukinet_policy_host *host, const void *what)
{
	JK_CLEANUP(jk_ldap_close) struct jk_ldap ldap = { 0 };
	const struct jukinet_policy_applied *applied = what;
	struct jk_ldap_settings settings;
	char *dn = NULL;
	int status;

	if (!jk_ldap_settings_read(host, &settings))
		return JUKINET_POLICY_UNAVAIL;
	status = jk_ldap_open(&ldap, host, &settings, &settings.reader);
	if (status == JUKINET_POLICY_SUCCESS)
		status = find_terminal(&ldap, applied->terminal, &dn);
	if (status == JUKINET_POLICY_SUCCESS)
		status = write_applied(&ldap, dn, applied);
	free(dn);
	return status;
}

/* The only value of an attribute; NULL when it has none or several. */
static struct berval **
only_value(LDAP *ld, LDAPMessage *message, const char *name)
{
	struct berval **values = ldap_get_values_len(ld, message, name);

	if (values != NULL && values[0] != NULL && values[1] == NULL)
		return values;
	ldap_value_free_len(values);
	return NULL;
}

/* Zero for what the terminal has not said. False: it is malformed. */
static bool
read_applied(LDAP *ld, LDAPMessage *message,
    struct jukinet_policy_applied *applied)
{
	struct berval **serial =
	    only_value(ld, message, JK_LDAP_APPLIED_SERIAL);
	struct berval **at = only_value(ld, message, JK_LDAP_APPLIED_AT);
	bool ok = (serial == NULL ||
	              jk_ldap_serial_parse(serial[0], &applied->serial)) &&
	          (at == NULL || jk_ldap_moment_parse(at[0], &applied->at));

	ldap_value_free_len(serial);
	ldap_value_free_len(at);
	return ok;
}

static int
take_applied(void *ctx, LDAP *ld, LDAPMessage *message)
{
	const struct jk_ldap *ldap = ctx;
	const struct jukinet_policy_host *host = ldap->host;
	struct berval **id = only_value(ld, message, JK_LDAP_ID);
	struct jukinet_policy_applied applied = { 0 };
	int status = JUKINET_POLICY_SUCCESS;
	char *dn;

	if (id != NULL && id[0]->bv_len > 0 &&
	    id[0]->bv_len <= JK_LDAP_ID_LEN_MAX &&
	    jk_plaintext_fault(id[0]->bv_val, id[0]->bv_len) == NULL &&
	    read_applied(ld, message, &applied)) {
		applied.terminal = id[0]->bv_val;
		if (host->applied(host->ctx, &applied) != 0)
			status = JUKINET_POLICY_UNAVAIL;
	} else {
		dn = ldap_get_dn(ld, message);
		jk_ldap_warn(ldap, dn != NULL ? dn : ldap->uri,
		    "what it says to have applied cannot be read");
		ldap_memfree(dn);
	}
	ldap_value_free_len(id);
	return status;
}

static int
read_status(struct jk_ldap *ldap)
{
	char id[] = JK_LDAP_ID, serial[] = JK_LDAP_APPLIED_SERIAL,
	     at[] = JK_LDAP_APPLIED_AT;
	char filter[128], class[JK_LDAP_NAME_MAX];
	char *attributes[] = { id, serial, at, NULL };
	const struct jk_ldap_search search = {
		.scope = LDAP_SCOPE_SUBTREE,
		.base = ldap->settings->base,
		.filter = filter,
		.attributes = attributes,
	};

	jk_ldap_class("terminal", class);
	snprintf(filter, sizeof(filter), "(objectClass=%s)", class);
	return jk_ldap_search(ldap, &search, take_applied, ldap);
}

int
jk_ldap_status(const struct jukinet_policy_host *host, const void *what)
{
	JK_CLEANUP(jk_ldap_close) struct jk_ldap ldap = { 0 };
	struct jk_ldap_settings settings;
	struct jk_ldap_base base;
	int status;

	(void)what;
	if (!jk_ldap_settings_read(host, &settings))
		return JUKINET_POLICY_UNAVAIL;
	status = jk_ldap_open(&ldap, host, &settings, &settings.reader);
	if (status == JUKINET_POLICY_SUCCESS)
		status = jk_ldap_base_read(&ldap, &base);
	if (status == JUKINET_POLICY_SUCCESS)
		status = read_status(&ldap);
	return status;
}
