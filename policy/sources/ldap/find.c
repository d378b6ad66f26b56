/* SPDX-License-Identifier: BSD-2-Clause */
#include "find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jukinet/policy.h>

#include "entry.h"
#include "table.h"

struct finding {
	const char *attribute;
	struct jk_ldap_found *found;
};

void
jk_ldap_found_clear(struct jk_ldap_found *found)
{
	free(found->dn);
	*found = (struct jk_ldap_found){ 0 };
}

static void
take_values(struct berval **values, struct jk_ldap_found *found)
{
	for (size_t i = 0; values != NULL && values[i] != NULL; i++) {
		const struct berval *value = values[i];
		const size_t n = value->bv_len < sizeof(found->value)
		                     ? value->bv_len
		                     : sizeof(found->value) - 1;

		found->n_values++;
		found->len = value->bv_len;
		if (n > 0)
			memcpy(found->value, value->bv_val, n);
		found->value[n] = '\0';
	}
}

/* A jk_ldap_entry_fn. */
static int
take(void *ctx, LDAP *ld, LDAPMessage *message)
{
	struct finding *finding = ctx;
	struct jk_ldap_found *found = finding->found;
	struct berval **values;
	char *dn;

	/* More than one is more than one, however many a server sends. */
	if (found->n++ > 0)
		return JUKINET_POLICY_SUCCESS;
	dn = ldap_get_dn(ld, message);
	if (dn != NULL)
		found->dn = strdup(dn);
	ldap_memfree(dn);
	if (finding->attribute == NULL)
		return JUKINET_POLICY_SUCCESS;
	values = ldap_get_values_len(ld, message, finding->attribute);
	take_values(values, found);
	ldap_value_free_len(values);
	return JUKINET_POLICY_SUCCESS;
}

/* False: it is no id that an entry can have. */
static bool
make_filter(const char *kind, const char *id, size_t size, char *ret)
{
	struct berval plain = { strlen(id), (char *)(uintptr_t)id }, escaped;
	char class[JK_LDAP_NAME_MAX];

	if (plain.bv_len > JK_LDAP_ID_LEN_MAX ||
	    ldap_bv2escaped_filter_value(&plain, &escaped) != 0)
		return false;
	jk_ldap_class(kind, class);
	snprintf(ret, size, "(&(objectClass=%s)(" JK_LDAP_ID "=%s))", class,
	    escaped.bv_val);
	if (escaped.bv_val != plain.bv_val)
		ldap_memfree(escaped.bv_val);
	return true;
}

int
jk_ldap_find(struct jk_ldap *ldap, const char *kind, const char *id,
    const char *attribute, struct jk_ldap_found *ret)
{
	JK_CLEANUP(jk_ldap_found_clear) struct jk_ldap_found found = { 0 };
	struct finding finding = { attribute, &found };
	char name[JK_LDAP_NAME_MAX] = LDAP_NO_ATTRS, filter[512];
	char *attributes[] = { name, NULL };
	const struct jk_ldap_search search = {
		.scope = LDAP_SCOPE_SUBTREE,
		.base = ldap->settings->base,
		.filter = filter,
		.attributes = attributes,
	};
	int status;

	if (attribute != NULL)
		snprintf(name, sizeof(name), "%s", attribute);
	if (!make_filter(kind, id, sizeof(filter), filter)) {
		jk_ldap_error(ldap, ldap->uri, "no good id of a %s", kind);
		return JUKINET_POLICY_UNAVAIL;
	}
	status = jk_ldap_search(ldap, &search, take, &finding);
	if (status == JUKINET_POLICY_SUCCESS && found.n > 0 &&
	    found.dn == NULL) {
		jk_ldap_warn(ldap, ldap->uri,
		    "an entry whose name cannot be read");
		status = JUKINET_POLICY_UNAVAIL;
	}
	if (status == JUKINET_POLICY_SUCCESS)
		*ret = JK_TAKE(found);
	return status;
}
