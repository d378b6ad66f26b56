/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects that a card gave in the transaction that is open, for a program that
 * reads the same one again and again: the card is not asked twice. Nobody else
 * can have used the card meanwhile, and only GET DATA by a tag (00 CB 3F FF),
 * whose answer is no other until the card is told to do something, is answered
 * here. Never is VERIFY, nor anything with a key, nor an answer that was no
 * success, or no whole object of JK_ECHO_OBJECT_MAX bytes at most.
 */
#ifndef JK_ECHO_H
#define JK_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cursor.h"

#define JK_ECHO_OBJECTS     8 /* the first ones; others are asked for anew */
#define JK_ECHO_OBJECT_MAX  256
#define JK_ECHO_COMMAND_MAX 16

struct jk_echo_object {
	size_t command_len, len;
	uint8_t command[JK_ECHO_COMMAND_MAX]; /* without Le */
	uint8_t data[JK_ECHO_OBJECT_MAX];
};

/* Zeroed, it knows nothing. */
struct jk_echo {
	size_t n;
	struct jk_echo_object object[JK_ECHO_OBJECTS];
	struct jk_cur rest; /* for GET RESPONSE */
};

/*
 * true: *ret_len bytes at `ret`, at most `size`, are the answer. As much of the
 * object as is asked for, as a card gives it: what is left is told (61xx), and
 * given to GET RESPONSE.
 */
bool jk_echo_answer(struct jk_echo *echo, struct jk_cur command, uint8_t *ret,
    size_t size, size_t *ret_len);

/*
 * What the card itself was sent and answered. All is forgotten, unless the
 * command is GET DATA, GET RESPONSE, or VERIFY without data, which only asks.
 */
void jk_echo_note(struct jk_echo *echo, struct jk_cur command,
    struct jk_cur answer);

/* The transaction has ended, or the card was reset, or may have been. */
void jk_echo_forget(struct jk_echo *echo);

#endif
