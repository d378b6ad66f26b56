/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which kinds of rows there are and how their keys are called in a directory.
 * The names follow from each other: kind "operator-id" is the object class
 * jukinetOperatorId, key "valid-until" the attribute jukinetValidUntil; only
 * "certificate" is userCertificate;binary, as everywhere.
 */
#ifndef JK_LDAP_TABLE_H
#define JK_LDAP_TABLE_H

#include <stddef.h>

#include "defs.h"

/* "jukinet" and the longest key, or a class, with its NUL. */
#define JK_LDAP_NAME_MAX 64

#define JK_LDAP_ID "jukinetId"
/* On the base entry. */
#define JK_LDAP_REGISTRY   "jukinetRegistry" /* object class */
#define JK_LDAP_SERIAL     "jukinetSerial"
#define JK_LDAP_PUBLISHING "jukinetPublishing"
/* On a terminal's entry; no keys of a row. */
#define JK_LDAP_APPLIED_SERIAL "jukinetAppliedSerial"
#define JK_LDAP_APPLIED_AT     "jukinetAppliedAt"
/* On a card's entry; no key of a row. */
#define JK_LDAP_PIN_CHANGED "jukinetPinChanged"

struct jk_ldap_kind {
	const char *kind;
	const char *container; /* "ou=..." below the base, for new entries */
};

struct jk_ldap_key {
	const char *kind, *key;
	bool many; /* may stand in a row more than once */
};

extern const struct jk_ldap_kind jk_ldap_kinds[];
extern const size_t jk_ldap_n_kinds;
/* In the order of the kinds. */
extern const struct jk_ldap_key jk_ldap_keys[];
extern const size_t jk_ldap_n_keys;

/* The object class of a kind, or the attribute of a key. */
void jk_ldap_class(const char *kind, char ret[static JK_LDAP_NAME_MAX]);
void jk_ldap_attribute(const char *key, char ret[static JK_LDAP_NAME_MAX]);

bool jk_ldap_is_certificate(const struct jk_ldap_key *key);
/* NULL when there is none; object classes and attributes have no case. */
const struct jk_ldap_kind *jk_ldap_kind_of_class(const char *name);
const struct jk_ldap_kind *jk_ldap_kind_find(const char *kind);
const struct jk_ldap_key *jk_ldap_key_of_attribute(const char *kind,
    const char *name);
const struct jk_ldap_key *jk_ldap_key_find(const char *kind, const char *key);

#endif
