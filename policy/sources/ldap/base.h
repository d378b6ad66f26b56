/* SPDX-License-Identifier: BSD-2-Clause */
/* The base entry: whether a registry lies below it, and which one. */
#ifndef JK_LDAP_BASE_H
#define JK_LDAP_BASE_H

#include <stdint.h>

#include "connection.h"

struct jk_ldap_base {
	bool is_registry;
	bool has_serial, has_publishing;
	uint64_t serial;
	uint64_t publishing; /* somebody is about to make it this one */
};

/* NOTFOUND, told, when there is no such entry or no registry below it. */
int jk_ldap_base_read(struct jk_ldap *ldap, struct jk_ldap_base *ret);

/* Digits only, as a serial is written; false otherwise. */
bool jk_ldap_serial_parse(const struct berval *value, uint64_t *ret);

#endif
