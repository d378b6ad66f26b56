/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection to one of the servers: protected by TLS and bound before
 * anything is asked, and no wait longer than the time that is left. Runs in
 * the child that apart.c starts.
 */
#ifndef JK_LDAP_CONNECTION_H
#define JK_LDAP_CONNECTION_H

#include <stdint.h>

#include <ldap.h>

#include "settings.h"

struct jk_ldap {
	const struct jukinet_policy_host *host;
	const struct jk_ldap_settings *settings;
	int64_t until;   /* boot ms: the end of the whole call */
	const char *uri; /* of the server that answers */
	LDAP *ld;
};

/* Handed one entry; another status than SUCCESS ends the search with it. */
typedef int jk_ldap_entry_fn(void *ctx, LDAP *ld, LDAPMessage *entry);

/*
 * All of these return an enum jukinet_policy_status, and have told the host
 * why when it is not SUCCESS.
 */

/* The first server of the list that lets us in. */
int jk_ldap_open(struct jk_ldap *ldap, const struct jukinet_policy_host *host,
    const struct jk_ldap_settings *settings,
    const struct jk_ldap_identity *who);
void jk_ldap_close(struct jk_ldap *ldap);

struct jk_ldap_search {
	int scope; /* LDAP_SCOPE_BASE: NOTFOUND when there is no such entry */
	const char *base, *filter;
	char **attributes; /* NULL: all that are not operational */
};

/* In pages, so that no server has to hold everything. */
int jk_ldap_search(struct jk_ldap *ldap, const struct jk_ldap_search *search,
    jk_ldap_entry_fn *take, void *ctx);

/* `tolerated` is one result code that counts as success; 0: none. */
int jk_ldap_add(struct jk_ldap *ldap, const char *dn, LDAPMod **mods,
    int tolerated);
int jk_ldap_modify(struct jk_ldap *ldap, const char *dn, LDAPMod **mods);
/*
 * What the server says to it is not told: *ret_code is its result code. Unless
 * it does not answer: then that is told, and *ret_code is left as it was.
 */
int jk_ldap_modify_code(struct jk_ldap *ldap, const char *dn, LDAPMod **mods,
    int *ret_code);
int jk_ldap_delete(struct jk_ldap *ldap, const char *dn);

/* Text from a server as a message may show it: a DN, above all. */
#define JK_LDAP_PLACE_MAX 512
void jk_ldap_plain(const char *text, char ret[static JK_LDAP_PLACE_MAX]);

/* With the server, or the place that is named, before it. */
void jk_ldap_warn(const struct jk_ldap *ldap, const char *place,
    const char *format, ...) JK_PRINTF(3, 4);
void jk_ldap_error(const struct jk_ldap *ldap, const char *place,
    const char *format, ...) JK_PRINTF(3, 4);

#endif
