/* SPDX-License-Identifier: BSD-2-Clause */
/* The entry of one row, by its kind and id, for what a terminal writes. */
#ifndef JK_LDAP_FIND_H
#define JK_LDAP_FIND_H

#include "connection.h"

/* Longer than any value that is asked for. */
#define JK_LDAP_FOUND_MAX 64

struct jk_ldap_found {
	unsigned n; /* entries; `dn` is one of them */
	char *dn;   /* owned */
	/* Of the attribute that was asked for. */
	unsigned n_values;
	size_t len; /* of the only one; larger than its room: `value` is cut */
	char value[JK_LDAP_FOUND_MAX];
};

/* `attribute` may be NULL. An enum jukinet_policy_status. */
int jk_ldap_find(struct jk_ldap *ldap, const char *kind, const char *id,
    const char *attribute, struct jk_ldap_found *ret);
void jk_ldap_found_clear(struct jk_ldap_found *found);

#endif
