/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can be asked of a directory, each a jk_apart_fn: it runs in the child
 * and returns an enum jukinet_policy_status.
 */
#ifndef JK_LDAP_JOBS_H
#define JK_LDAP_JOBS_H

#include <stddef.h>
#include <stdint.h>

struct jukinet_policy_applied;
struct jukinet_policy_host;
struct jukinet_policy_pin;
struct jukinet_policy_row;

struct jk_ldap_publication {
	const struct jukinet_policy_row *rows;
	size_t n;
	uint64_t serial;
};

struct jk_ldap_pins {
	const struct jukinet_policy_pin *pin;
	size_t n;
};

/* what: unused */
int jk_ldap_rows(const struct jukinet_policy_host *host, const void *what);
/* what: struct jukinet_policy_applied */
int jk_ldap_report(const struct jukinet_policy_host *host, const void *what);
/* what: unused */
int jk_ldap_status(const struct jukinet_policy_host *host, const void *what);
/* what: struct jk_ldap_publication */
int jk_ldap_publish(const struct jukinet_policy_host *host, const void *what);
/* what: struct jk_ldap_pins */
int jk_ldap_pins(const struct jukinet_policy_host *host, const void *what);

#endif
