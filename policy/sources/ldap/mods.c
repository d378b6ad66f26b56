/* SPDX-License-Identifier: BSD-2-Clause */
#include "mods.h"

#include <stdint.h>
#include <string.h>

void
jk_ldap_mods_begin(struct jk_ldap_mods *mods, int op, const char *name)
{
	LDAPMod *mod = &mods->mod[mods->n];

	if (mods->n >= JK_LDAP_MODS_MAX || strlen(name) >= JK_LDAP_NAME_MAX) {
		mods->n = JK_LDAP_MODS_MAX + 1;
		return;
	}
	/* A NULL behind the values of the one before. */
	mods->n_pointers += mods->n > 0;
	strcpy(mods->name[mods->n], name);
	*mod = (LDAPMod){
		.mod_op = op | LDAP_MOD_BVALUES,
		.mod_type = mods->name[mods->n],
	};
	mods->list[mods->n] = mod;
	mods->n++;
}

void
jk_ldap_mods_value(struct jk_ldap_mods *mods, const void *data, size_t len)
{
	struct berval *value = &mods->value[mods->n_values];

	if (mods->n > JK_LDAP_MODS_MAX || mods->n_values == JK_LDAP_MODS_MAX) {
		mods->n = JK_LDAP_MODS_MAX + 1;
		return;
	}
	/* The library only reads it. */
	*value = (struct berval){ len, (char *)(uintptr_t)data };
	mods->pointer[mods->n_pointers] = value;
	if (mods->mod[mods->n - 1].mod_bvalues == NULL)
		mods->mod[mods->n - 1].mod_bvalues =
		    &mods->pointer[mods->n_pointers];
	mods->n_pointers++;
	mods->n_values++;
}

void
jk_ldap_mods_text(struct jk_ldap_mods *mods, const char *text)
{
	jk_ldap_mods_value(mods, text, strlen(text));
}

bool
jk_ldap_mods_end(struct jk_ldap_mods *mods)
{
	return mods->n <= JK_LDAP_MODS_MAX;
}
