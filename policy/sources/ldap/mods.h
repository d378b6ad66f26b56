/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of changes to one entry, as the library wants it. */
#ifndef JK_LDAP_MODS_H
#define JK_LDAP_MODS_H

#include <stddef.h>

#include <ldap.h>

#include "table.h"

/* More than one entry can have attributes, and values. */
#define JK_LDAP_MODS_MAX 160

/*
 * Zeroed it is empty. What is put in is borrowed until the list was sent, but
 * for the names of attributes.
 */
struct jk_ldap_mods {
	size_t n, n_values, n_pointers;
	LDAPMod mod[JK_LDAP_MODS_MAX];
	LDAPMod *list[JK_LDAP_MODS_MAX + 1]; /* what the library takes */
	char name[JK_LDAP_MODS_MAX][JK_LDAP_NAME_MAX];
	struct berval value[JK_LDAP_MODS_MAX];
	/* The values of each change, with a NULL behind them. */
	struct berval *pointer[2 * JK_LDAP_MODS_MAX];
};

/* LDAP_MOD_ADD, LDAP_MOD_DELETE or LDAP_MOD_REPLACE of one attribute. */
void jk_ldap_mods_begin(struct jk_ldap_mods *mods, int op, const char *name);
/* One more value of the attribute that was begun last. */
void jk_ldap_mods_value(struct jk_ldap_mods *mods, const void *data,
    size_t len);
void jk_ldap_mods_text(struct jk_ldap_mods *mods, const char *text);
/* False: it did not fit. */
bool jk_ldap_mods_end(struct jk_ldap_mods *mods);

#endif
