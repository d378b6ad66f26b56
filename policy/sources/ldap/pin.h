/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When terminals have changed the PIN of a card. It stands beside the keys of
 * the row, in an attribute that terminals write and nobody who publishes
 * touches: so neither ever takes back what the other has written, and the
 * office can still correct its own date. Readers take the later of the two.
 */
#ifndef JK_LDAP_PIN_H
#define JK_LDAP_PIN_H

#include <stdint.h>

#include "defs.h"

struct berval;
struct jk_ldap;
struct jk_ldap_entry;

/* What an entry has whose attribute is no time. */
#define JK_LDAP_PIN_BAD (-1)
/* Seconds since the epoch; 0: there is none. */
int64_t jk_ldap_pin_read(const struct berval *values);

/*
 * Puts the later of what a terminal and what the office says into the keys of
 * the row. What is no time, or lies ahead of `now`, does not count, and is told
 * as a warning. False, told: no room.
 */
bool jk_ldap_pin_merge(const struct jk_ldap *ldap, struct jk_ldap_entry *entry,
    int64_t now);

#endif
