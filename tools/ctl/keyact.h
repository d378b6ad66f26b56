/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One act with the office's keys: who acts, may he, and what keys this machine
 * has. Keys change no row, so they have no entry in the ledger: each act is an
 * audit record, which is written first, and names a key by its id.
 */
#ifndef JK_KEYACT_H
#define JK_KEYACT_H

#include <sys/types.h>

#include "change.h"
#include "keyring.h"

/* The terminal's own key pair, root's. */
#define JK_KEYACT_TERMINAL "terminal.pem"

struct jk_keyact {
	struct jk_change change;
	int keep, dir, lock; /* descriptors; -1: none */
	uid_t uid;           /* _jukinet, who reads the keys */
	gid_t gid;
	struct jk_keyring *ring;
};

enum jk_keyact_how {
	JK_KEYACT_LOOK,   /* reads */
	JK_KEYACT_CHANGE, /* alone */
};

/*
 * The actor, for the whole office, and the keys. From here on this process
 * leaves no core file. EXIT_OK, or it was said and recorded why not.
 * jk_keyact_end() is called in either case.
 */
int jk_keyact_begin(const struct jk_call *call, const struct jk_rule *rule,
    enum jk_keyact_how how, struct jk_keyact *ret);
/* The keys alone, for a listing: of root, whoever that is. */
int jk_keyact_list(const struct jk_call *call, struct jk_keyact *ret);
void jk_keyact_end(struct jk_keyact *act);

/* "key:k3" for the records of what follows. */
void jk_keyact_set_object(struct jk_keyact *act, const char *kind,
    const char *id);
/* The record of it, with `digest` unless that is NULL. */
bool jk_keyact_record(const struct jk_keyact *act, const char *digest);

/* One file, as it stands from now on; recorded before. */
int jk_keyact_put(struct jk_keyact *act, const struct jk_office_key *key);
/* Says which step failed, records it, and gives EXIT_REFUSED. */
int jk_keyact_fail(struct jk_keyact *act, const char *what, enum jk_err e);

/* The kind that an option names; JK_KEY_USES, and *status, for a wrong one. */
enum jk_key_use jk_keyact_kind(const struct jk_call *call, int *status);

#define JK_KEYACT_CHECK 32 /* hex digits, lower case */

/*
 * What an officer and a terminal hold against each other: of all keys of an
 * export, in their order; no secret. `which` are their numbers, NULL: all.
 */
enum jk_err jk_keyact_check(const struct jk_keyring *ring, const size_t *which,
    size_t n, char ret[static JK_KEYACT_CHECK + 1]);

#endif
