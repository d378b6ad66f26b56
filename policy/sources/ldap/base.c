/* SPDX-License-Identifier: BSD-2-Clause */
#include "base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jukinet/policy.h>

#include "table.h"

struct taking {
	struct jk_ldap *ldap;
	struct jk_ldap_base *base;
};

bool
jk_ldap_serial_parse(const struct berval *value, uint64_t *ret)
{
	unsigned long long serial;

	if (value->bv_len < 1 || value->bv_len > 20 ||
	    strspn(value->bv_val, "0123456789") != value->bv_len)
		return false;
	errno = 0;
	serial = strtoull(value->bv_val, NULL, 10);
	if (errno != 0)
		return false;
	*ret = serial;
	return true;
}

/* False: it is there, and is no number. */
static bool
take_serial(LDAP *ld, LDAPMessage *message, const char *name, bool *ret_has,
    uint64_t *ret)
{
	struct berval **values = ldap_get_values_len(ld, message, name);
	bool ok = true;

	*ret_has = values != NULL && values[0] != NULL;
	if (*ret_has)
		ok = values[1] == NULL && jk_ldap_serial_parse(values[0], ret);
	ldap_value_free_len(values);
	return ok;
}

static int
take(void *ctx, LDAP *ld, LDAPMessage *message)
{
	struct taking *t = ctx;
	struct jk_ldap_base base = { 0 };
	struct berval **classes =
	    ldap_get_values_len(ld, message, "objectClass");

	for (size_t i = 0; classes != NULL && classes[i] != NULL; i++)
		if (strcasecmp(classes[i]->bv_val, JK_LDAP_REGISTRY) == 0)
			base.is_registry = true;
	ldap_value_free_len(classes);
	if (!take_serial(ld, message, JK_LDAP_SERIAL, &base.has_serial,
	        &base.serial) ||
	    !take_serial(ld, message, JK_LDAP_PUBLISHING, &base.has_publishing,
	        &base.publishing)) {
		jk_ldap_error(t->ldap, t->ldap->settings->base,
		    "its serial is not a number");
		return JUKINET_POLICY_UNAVAIL;
	}
	*t->base = base;
	return JUKINET_POLICY_SUCCESS;
}

int
jk_ldap_base_read(struct jk_ldap *ldap, struct jk_ldap_base *ret)
{
	char class[] = "objectClass", serial[] = JK_LDAP_SERIAL,
	     publishing[] = JK_LDAP_PUBLISHING;
	char *attributes[] = { class, serial, publishing, NULL };
	const struct jk_ldap_search search = {
		.scope = LDAP_SCOPE_BASE,
		.base = ldap->settings->base,
		.filter = "(objectClass=*)",
		.attributes = attributes,
	};
	struct jk_ldap_base base = { 0 };
	struct taking taking = { ldap, &base };
	int status = jk_ldap_search(ldap, &search, take, &taking);

	if (status != JUKINET_POLICY_SUCCESS)
		return status;
	/* An account that may not read it sees no entry, and no error. */
	if (!base.is_registry) {
		jk_ldap_warn(ldap, ldap->settings->base,
		    "is not a " JK_LDAP_REGISTRY
		    ", or this account may not read it");
		return JUKINET_POLICY_NOTFOUND;
	}
	*ret = base;
	return JUKINET_POLICY_SUCCESS;
}
