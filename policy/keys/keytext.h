/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One key as text, as it stands in its file and, several of them one behind
 * the other, in what is handed to a terminal:
 *
 *     jukinet-key 1
 *     id k2026
 *     kind subject
 *     from 1774969200
 *     keep-years 7
 *     key 64 hex digits
 *     check 64 hex digits
 *
 * Each line exactly so and in this order. The check is HMAC-SHA-256 with the
 * key over "jukinet/key-file/1", a NUL and the lines before: whatever is half or
 * damaged is no key, and two who hold the same key see the same check.
 */
#ifndef JK_KEYTEXT_H
#define JK_KEYTEXT_H

#include <stdint.h>

#include "cursor.h"

#define JK_KEY_LEN       32
#define JK_KEY_ID_MAX    5   /* "k2026" */
#define JK_KEY_TEXT_MAX  256 /* bytes of one as text, with a NUL */
#define JK_KEY_YEARS     7   /* S 12条; jukinetctl's default */
#define JK_KEY_YEARS_MAX 99

enum jk_key_use {
	JK_KEY_SUBJECT = 0, /* of whom: jsub in a record */
	JK_KEY_RECEIPT, /* that an answer was ours: for the business server */
	JK_KEY_USES,
};

/* Its home is a jk_keyring, or memory that is erased. */
struct jk_office_key {
	char id[JK_KEY_ID_MAX + 1];
	enum jk_key_use use;
	int64_t from;        /* when it is used first */
	unsigned keep_years; /* after the next one replaced it */
	uint8_t bytes[JK_KEY_LEN];
	char check[2 * JK_KEY_LEN + 1]; /* no secret */
};

/* "subject", "receipt" */
const char *jk_key_use_name(enum jk_key_use use);
/* JK_KEY_USES: no such name. */
enum jk_key_use jk_key_use_find(const char *name);
/* "k" (subject) or "r" (receipt) and 1 to 4 digits, the first not 0. */
bool jk_key_id_is_valid(const char *id, enum jk_key_use use);
/* The use that an id tells; JK_KEY_USES: it is none. */
enum jk_key_use jk_key_id_use(const char *id);

/* Fills in the check. JK_ERR_FORMAT: not a key that could stand in a file. */
enum jk_err jk_key_seal(struct jk_office_key *key);
/* A sealed one; NUL-terminated. */
enum jk_err jk_key_write(const struct jk_office_key *key,
    char ret[static JK_KEY_TEXT_MAX]);
/* The next one of a text. JK_ERR_FORMAT: neither cursor nor *ret changed. */
enum jk_err jk_key_read(struct jk_cur *text, struct jk_office_key *ret);

#endif
