/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The office's keys, as a conversation uses them (requirement 5.9): who a record
 * is about stands in the log as a keyed hash only, and an answer carries a MAC.
 * Loaded when they are needed; a key that comes later is seen by the next
 * request, one that is to be used from a time on is used from then on.
 */
#ifndef JK_KEYS_H
#define JK_KEYS_H

#include <stdint.h>
#include <sys/stat.h>

#include "ids.h"
#include "keyring.h"
#include "mactext.h"

struct jk_keys;

/*
 * Those below `keys` in that directory, which may hold none. JK_ERR_UNSAFE,
 * JK_ERR_FORMAT: see jk_keyring_load(); it was logged which file.
 */
enum jk_err jk_keys_load(int keep_dir, struct jk_keys **ret);
void jk_keys_free(struct jk_keys **keys);

/* How their directory was when they were loaded; zeroed: they were not. */
struct jk_keys_seen {
	bool is_known;
	bool is_settled; /* whatever changes now is told by its time */
	struct stat dir;
	int64_t retry_at; /* boot ms: then again, where they could not be */
};

/*
 * Loads them (anew) when they may have changed; *keys is NULL when they cannot
 * be, which is tried again every two seconds: a bad file that is mended does not
 * change its directory. A key that was taken in before is never missed.
 */
void jk_keys_look(int keep_dir, struct jk_keys **keys,
    struct jk_keys_seen *seen);

/*
 * JK_ERR_NOT_FOUND: there is no key for now; JK_ERR_FORMAT: not a resident
 * record code; JK_ERR_REFUSED: twelve digits, so an individual number, of which
 * not even a hash may be kept.
 */
enum jk_err jk_keys_subject(const struct jk_keys *keys, const char *code,
    size_t len, char ret[static JK_SUBJECT_MAX + 1]);

/* Of an answer, with the receipt key, in hex. JK_ERR_NOT_FOUND as above. */
enum jk_err jk_keys_mac(const struct jk_keys *keys, const struct jk_mac_of *of,
    char ret[static 65], char ret_key[static JK_ID_MAX + 1]);

#endif
