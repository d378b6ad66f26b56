/* SPDX-License-Identifier: BSD-2-Clause */
#include "table.h"

#include <string.h>
#include <strings.h>

#define ONE  false
#define MANY true

const struct jk_ldap_kind jk_ldap_kinds[] = {
	{ "person", "persons" },
	{ "account", "accounts" },
	{ "operator-id", "operator-ids" },
	{ "role", "roles" },
	{ "approval", "approvals" },
	{ "card", "cards" },
	{ "terminal", "terminals" },
	{ "department", "departments" },
};
const size_t jk_ldap_n_kinds = JK_COUNT(jk_ldap_kinds);

/* One line a key; the schemas in conf/ldap have the same (tests/tree). */
const struct jk_ldap_key jk_ldap_keys[] = {
	{ "person", "name", ONE },
	{ "person", "department", ONE },
	{ "person", "affiliation", ONE },
	{ "person", "approval", ONE },
	{ "person", "valid-from", ONE },
	{ "person", "valid-until", ONE },
	{ "person", "enabled", ONE },
	{ "person", "trained", ONE },
	{ "account", "person", MANY },
	{ "account", "reviewed", ONE },
	{ "operator-id", "person", ONE },
	{ "operator-id", "type", ONE },
	{ "operator-id", "department", ONE },
	{ "operator-id", "valid-from", ONE },
	{ "operator-id", "valid-until", ONE },
	{ "operator-id", "enabled", ONE },
	{ "operator-id", "granted-by", ONE },
	{ "operator-id", "basis", ONE },
	{ "role", "person", ONE },
	{ "role", "role", ONE },
	{ "role", "department", ONE },
	{ "role", "valid-from", ONE },
	{ "role", "valid-until", ONE },
	{ "approval", "kind", ONE },
	{ "approval", "person", ONE },
	{ "approval", "by", ONE },
	{ "approval", "terminal", ONE },
	{ "approval", "valid-from", ONE },
	{ "approval", "valid-until", ONE },
	{ "approval", "once", ONE },
	{ "approval", "function", MANY },
	{ "approval", "business", MANY },
	{ "approval", "reason", ONE },
	{ "card", "person", ONE },
	{ "card", "certificate", ONE },
	{ "card", "state", ONE },
	{ "card", "spare", ONE },
	{ "card", "requested-by", ONE },
	{ "card", "applied-by", ONE },
	{ "card", "approved-by", ONE },
	{ "card", "issued-by", ONE },
	{ "card", "entry-number", ONE },
	{ "card", "card-channel", ONE },
	{ "card", "pin-channel", ONE },
	{ "card", "received-by", ONE },
	{ "card", "handed-at", ONE },
	{ "card", "handed-by", ONE },
	{ "card", "revoked-why", ONE },
	{ "card", "return-by", ONE },
	{ "card", "return-applied-by", ONE },
	{ "card", "return-approved-by", ONE },
	{ "card", "pin-set", ONE },
	{ "card", "pin-initial", ONE },
	{ "terminal", "class", ONE },
	{ "terminal", "department", MANY },
	{ "terminal", "room-level", ONE },
	{ "terminal", "site", ONE },
	{ "terminal", "state", ONE },
	{ "department", "name", ONE },
	{ "department", "contact", ONE },
};
const size_t jk_ldap_n_keys = JK_COUNT(jk_ldap_keys);

static const char certificate[] = "certificate";

/* "valid-until" is "jukinetValidUntil". */
static void
camel_case(const char *word, char ret[static JK_LDAP_NAME_MAX])
{
	size_t n = strlen("jukinet");
	bool up = true;

	memcpy(ret, "jukinet", n);
	for (; *word != '\0' && n < JK_LDAP_NAME_MAX - 1; word++) {
		if (*word == '-') {
			up = true;
			continue;
		}
		ret[n] = up && *word >= 'a' && *word <= 'z'
		             ? (char)(*word - 'a' + 'A')
		             : *word;
		n++;
		up = false;
	}
	ret[n] = '\0';
}

void
jk_ldap_class(const char *kind, char ret[static JK_LDAP_NAME_MAX])
{
	camel_case(kind, ret);
}

void
jk_ldap_attribute(const char *key, char ret[static JK_LDAP_NAME_MAX])
{
	if (strcmp(key, certificate) == 0)
		strcpy(ret, "userCertificate;binary");
	else
		camel_case(key, ret);
}

bool
jk_ldap_is_certificate(const struct jk_ldap_key *key)
{
	return strcmp(key->key, certificate) == 0;
}

const struct jk_ldap_kind *
jk_ldap_kind_of_class(const char *name)
{
	char class[JK_LDAP_NAME_MAX];

	for (size_t i = 0; i < jk_ldap_n_kinds; i++) {
		jk_ldap_class(jk_ldap_kinds[i].kind, class);
		if (strcasecmp(name, class) == 0)
			return &jk_ldap_kinds[i];
	}
	return NULL;
}

const struct jk_ldap_kind *
jk_ldap_kind_find(const char *kind)
{
	for (size_t i = 0; i < jk_ldap_n_kinds; i++)
		if (strcmp(kind, jk_ldap_kinds[i].kind) == 0)
			return &jk_ldap_kinds[i];
	return NULL;
}

/* Some servers give a certificate back without its option. */
static bool
is_attribute(const char *key, const char *name)
{
	char attribute[JK_LDAP_NAME_MAX];

	jk_ldap_attribute(key, attribute);
	return strcasecmp(name, attribute) == 0 ||
	       (strcmp(key, certificate) == 0 &&
	           strcasecmp(name, "userCertificate") == 0);
}

const struct jk_ldap_key *
jk_ldap_key_of_attribute(const char *kind, const char *name)
{
	for (size_t i = 0; i < jk_ldap_n_keys; i++)
		if (strcmp(kind, jk_ldap_keys[i].kind) == 0 &&
		    is_attribute(jk_ldap_keys[i].key, name))
			return &jk_ldap_keys[i];
	return NULL;
}

const struct jk_ldap_key *
jk_ldap_key_find(const char *kind, const char *key)
{
	for (size_t i = 0; i < jk_ldap_n_keys; i++)
		if (strcmp(kind, jk_ldap_keys[i].kind) == 0 &&
		    strcmp(key, jk_ldap_keys[i].key) == 0)
			return &jk_ldap_keys[i];
	return NULL;
}
