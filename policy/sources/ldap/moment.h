/* SPDX-License-Identifier: BSD-2-Clause */
/* A time as terminals write it into a directory: UTC, to the second. */
#ifndef JK_LDAP_MOMENT_H
#define JK_LDAP_MOMENT_H

#include <stdint.h>

#include <ldap.h>

#include "defs.h"

/* "20261125214023Z" and its NUL. */
#define JK_LDAP_MOMENT_LEN 16

/* Seconds since the epoch; false: no time that a directory can hold. */
bool jk_ldap_moment_format(int64_t at, char ret[static JK_LDAP_MOMENT_LEN]);
/* Only the form that the other one has. */
bool jk_ldap_moment_parse(const struct berval *value, int64_t *ret);

#endif
