/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text under the MAC of an answer, jukinet-receipt(5): one line for
 * everything by which an act differs from another. jukinetd makes it of what it
 * has allowed, a business server of what it is about to do.
 *
 * A line is NAME=VALUE and a newline. All are there, in this order, and no value
 * has a newline in it: two acts that differ in anything have two texts. Whom it
 * is about and what a person typed stand there as keyed hashes only, so that a
 * text may be kept beside its MAC.
 */
#ifndef JK_MACTEXT_H
#define JK_MACTEXT_H

#include "keyring.h"

enum jk_mac_line {
	JK_MAC_EVENT = 0, /* "1795298607.548:3" */
	JK_MAC_ID,
	JK_MAC_TERMINAL,
	JK_MAC_SESSION,
	JK_MAC_PERSON,
	JK_MAC_RIGHT,
	JK_MAC_USE,
	JK_MAC_PURPOSE,
	JK_MAC_RECEPTION,
	JK_MAC_GROUNDS, /* as it was typed */
	JK_MAC_BUSINESS,
	JK_MAC_ACTION,
	JK_MAC_SEARCH,
	JK_MAC_SUBJECT, /* the code, as people write it */
	JK_MAC_COUNT,   /* decimal; "0" and "" are the same */
	JK_MAC_PERMISSION,
	JK_MAC_OBJECT,
	JK_MAC_REQUIREMENT, /* as it was typed */
	JK_MAC_CONFIRMER,
	JK_MAC_LINES,
};

/* NULL is "": it was not said. */
struct jk_mac_of {
	const char *value[JK_MAC_LINES];
};

/* Largest text with its NUL. */
#define JK_MAC_TEXT_MAX 2048

/* "event"; what JSON calls it, and an option of jukinet-lookup(1). */
const char *jk_mac_line_name(enum jk_mac_line line);
/* JK_MAC_LINES: there is none of that name. */
enum jk_mac_line jk_mac_line_find(const char *name);

/*
 * With the key of that number of the ring; without a ring all values stand as
 * they are given. JK_ERR_FORMAT: a value that none can be: with control
 * characters, no code; JK_ERR_TOO_BIG.
 */
enum jk_err jk_mac_text(struct jk_keyring *ring, size_t key,
    const struct jk_mac_of *of, char ret[static JK_MAC_TEXT_MAX]);

#endif
