/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MAC of an answer: jukinet-receipt(5). Whoever holds the key and knows what
 * was asked makes the same text and sees that the answer is ours.
 */
#ifndef JK_MAC_H
#define JK_MAC_H

#include "hex.h"
#include "ids.h"
#include "query.h"

struct jk_keys;

/* What it is made of beside the query; NULL is "". */
struct jk_mac_of {
	const char *event; /* "1795298607.548:3" */
	int64_t ms;        /* of the event; 0: not known */
	const char *id, *terminal, *session, *person, *right;
	const char *confirmer, *permission, *use, *reception;
};

/* Largest text with its NUL; it holds the code and is erased. */
#define JK_MAC_TEXT_MAX 2048

enum jk_err jk_mac_text(const struct jk_mac_of *of,
    const struct jk_query *query, char ret[static JK_MAC_TEXT_MAX]);
/* JK_ERR_NOT_FOUND: there is no key for receipts. */
enum jk_err jk_mac_make(const struct jk_keys *keys, const struct jk_mac_of *of,
    const struct jk_query *query, char ret[static 65],
    char ret_key[static JK_ID_MAX + 1]);

#endif
