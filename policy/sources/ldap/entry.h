/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One row, as an entry of the directory has it or as it shall have it. All
 * that is counted here has a limit, because a server decides how much it
 * sends; whether the values are good is asked later.
 */
#ifndef JK_LDAP_ENTRY_H
#define JK_LDAP_ENTRY_H

#include <stdint.h>

#include <ldap.h>

#include "connection.h"

struct jukinet_policy_row;
struct jk_ldap_key;
struct jk_ldap_kind;

#define JK_LDAP_ENTRIES_MAX     200000
#define JK_LDAP_VALUES_MAX      128   /* of one entry */
#define JK_LDAP_TEXT_MAX        1024  /* bytes of a value */
#define JK_LDAP_CERTIFICATE_MAX 16384 /* bytes of a certificate */
#define JK_LDAP_ID_LEN_MAX      64
/* Of all entries together, bytes. */
#define JK_LDAP_TOTAL_MAX (256u << 20)

struct jk_ldap_value {
	const struct jk_ldap_key *key; /* NULL: of a name that is not ours */
	char *name;                    /* owned, of such a one */
	char *data;                    /* owned, with a NUL behind it */
	size_t len;                    /* larger than allowed: data is NULL */
};

struct jk_ldap_entry {
	const struct jk_ldap_kind *kind;
	char *dn;
	char *id;            /* "" when it has no good one */
	int64_t pin_changed; /* of a card: see pin.h; beside the row */
	size_t n, room;
	struct jk_ldap_value *value; /* by key, then by bytes */
};

struct jk_ldap_entries {
	size_t n, room, bytes;
	struct jk_ldap_entry *entry;
};

void jk_ldap_entry_clear(struct jk_ldap_entry *entry);
void jk_ldap_entries_clear(struct jk_ldap_entries *entries);

/*
 * Every row that lies below the base, sorted. An enum jukinet_policy_status:
 * UNAVAIL, told, also when one of them is not an entry that a row can have.
 */
int jk_ldap_read_all(struct jk_ldap *ldap, struct jk_ldap_entries *ret);

/*
 * The entry that a row shall have, without a DN. False: told to host->error().
 */
bool jk_ldap_entry_of_row(const struct jk_ldap *ldap,
    const struct jukinet_policy_row *row, struct jk_ldap_entry *ret);
/* Takes the entry over; false: no memory, or too many. */
bool jk_ldap_entries_add(struct jk_ldap_entries *entries,
    struct jk_ldap_entry *entry);
/* Instead of what the key has; NULL: it has none. False: no room. */
bool jk_ldap_entry_put(struct jk_ldap_entry *entry, const char *key,
    const char *text);
/* By kind in the order of the table, id and DN. */
void jk_ldap_entries_sort(struct jk_ldap_entries *entries);
/* By kind and id. */
int jk_ldap_entry_compare(const struct jk_ldap_entry *a,
    const struct jk_ldap_entry *b);
bool jk_ldap_value_equal(const struct jk_ldap_value *a,
    const struct jk_ldap_value *b);

#endif
