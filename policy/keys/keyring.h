/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The keys of this machine: one file each, below /var/lib/jukinet/keys, which
 * jukinetd reads and jukinetctl keeps. In locked memory that no core file has,
 * and erased when it is released; so is what libcrypto holds of them while a
 * keyring lives, but for the locking: whoever loads one leaves no core file.
 */
#ifndef JK_KEYRING_H
#define JK_KEYRING_H

#include <sys/types.h>

#include "keytext.h"

#define JK_KEYS_DIR     "keys" /* in the directory of what is kept */
#define JK_KEYS_MAX     64
#define JK_KEYS_NONE    JK_KEYS_MAX
#define JK_KEYMAC_LEN   32
#define JK_SUBJECT_BITS 128 /* of the MAC, that a subject shows */

/* "k2026:" and 32 hex digits: jsub in a record. */
#define JK_SUBJECT_MAX (JK_KEY_ID_MAX + 1 + JK_SUBJECT_BITS / 4)

struct jk_keyring;

/* What was wrong, for the administrator: "k3", or "". */
struct jk_keyring_fault {
	char file[JK_KEY_ID_MAX + 1];
};

/*
 * Reads what stands in `keys` below keep_dir. No such directory is a keyring
 * without keys. JK_ERR_UNSAFE: it, or a key's file, is a link, has another owner
 * than `owner`, or others may read it; JK_ERR_FORMAT: a file is not a whole key,
 * or two of a kind are used from the same second. One bad file spoils all.
 */
enum jk_err jk_keyring_load(int keep_dir, uid_t owner, struct jk_keyring **ret,
    struct jk_keyring_fault *fault);
/* An empty one. */
enum jk_err jk_keyring_new(struct jk_keyring **ret);
void jk_keyring_free(struct jk_keyring **ring);

/* JK_ERR_EXISTS: another key has its id, its bytes or its time; JK_ERR_TOO_BIG:
 * there is no room. */
enum jk_err jk_keyring_add(struct jk_keyring *ring,
    const struct jk_office_key *key);
/* Adds all that a text of keys one behind the other holds. */
enum jk_err jk_keyring_add_text(struct jk_keyring *ring, const void *text,
    size_t len);

/* By kind, then by time. */
size_t jk_keyring_count(const struct jk_keyring *ring);
const struct jk_office_key *jk_keyring_at(const struct jk_keyring *ring,
    size_t i);
/* JK_KEYS_NONE: it has none. */
size_t jk_keyring_find(const struct jk_keyring *ring, const char *id);
/* The one that is used now, or JK_KEYS_NONE. */
size_t jk_keyring_current(const struct jk_keyring *ring, enum jk_key_use use,
    int64_t now);
/* When the next one replaces it; 0: none does. */
int64_t jk_keyring_replaced(const struct jk_keyring *ring, size_t i);
/* Until when it is kept; 0: it is the last one. */
int64_t jk_keyring_kept_until(const struct jk_keyring *ring, size_t i);

/* HMAC-SHA-256. */
enum jk_err jk_keyring_mac(struct jk_keyring *ring, size_t i, const void *text,
    size_t len, uint8_t ret[static JK_KEYMAC_LEN]);
/* Of eleven digits, as jk_residentcode_read() gives them. */
enum jk_err jk_keyring_subject(struct jk_keyring *ring, size_t i,
    const char *digits, char ret[static JK_SUBJECT_MAX + 1]);
/* The same of a text that a person typed, at most 1024 bytes. */
enum jk_err jk_keyring_typed(struct jk_keyring *ring, size_t i,
    const char *typed, char ret[static JK_SUBJECT_MAX + 1]);

#endif
