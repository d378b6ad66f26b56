/* SPDX-License-Identifier: BSD-2-Clause */
/* ldap.conf, as jukinet-ldap.conf(5) has it. */
#ifndef JK_LDAP_SETTINGS_H
#define JK_LDAP_SETTINGS_H

#include <limits.h>

#include "initext.h"

struct jukinet_policy_host;

#define JK_LDAP_URIS_MAX 8
/* Bytes of a password. */
#define JK_LDAP_PASSWORD_MAX 256

/* As whom to speak. Empty: not said. */
struct jk_ldap_identity {
	char dn[JK_INI_LINE_MAX + 1];
	char password_file[NAME_MAX + 1];
};

struct jk_ldap_settings {
	size_t n_uris;
	char uri[JK_LDAP_URIS_MAX][JK_INI_LINE_MAX + 1];
	char base[JK_INI_LINE_MAX + 1];
	char ca_file[PATH_MAX]; /* absolute */
	unsigned timeout_s;     /* for a connection and for each answer */
	struct jk_ldap_identity reader, publisher;
};

/*
 * Reads config_dir/ldap.conf. False: every fault was told to host->error().
 */
bool jk_ldap_settings_read(const struct jukinet_policy_host *host,
    struct jk_ldap_settings *ret);

/*
 * The password of an identity, with a NUL behind it, in JK_LDAP_PASSWORD_MAX
 * bytes of locked memory (secret.h) that the caller frees. NULL: told.
 */
char *jk_ldap_password(const struct jukinet_policy_host *host,
    const struct jk_ldap_identity *who);

#endif
