/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One command to the card and its whole answer (ISO 7816-4): short form with
 * command chaining and GET RESPONSE, or extended length. However the card
 * answers, what is exchanged is bounded.
 */
#ifndef JK_APDU_H
#define JK_APDU_H

#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "err.h"
#include "rows.h"

#define JK_ANSWER_MAX    (JK_CERT_MAX + 64) /* bytes of data */
#define JK_COMMAND_MAX   400                /* bytes of data */
#define JK_GET_RESPONSES 32                 /* for one command */
#define JK_SW_OK         0x9000
#define JK_REPLY_MAX     (JK_ANSWER_MAX + 2)

/*
 * Brings one command APDU to the card. *ret_len is at most `size`. Errors are
 * the transport's (pcsc.h) and end the command.
 */
typedef enum jk_err jk_transmit_fn(void *ctx, const uint8_t *command,
    size_t len, uint8_t *ret, size_t size, size_t *ret_len);

struct jk_channel {
	jk_transmit_fn *transmit;
	void *ctx;
	bool extended; /* large commands in one APDU */
};

struct jk_apdu {
	uint8_t cla, ins, p1, p2;
	struct jk_cur data; /* at most JK_COMMAND_MAX; none: left is 0 */
	bool answer;        /* data is wanted back */
	uint8_t expect;     /* so many bytes; 0: all, and up to 256 */
	bool large;         /* what may not fit the short form */
	bool head;          /* the first part of the answer is enough */
};

struct jk_answer {
	uint16_t sw;
	size_t len;
	uint8_t data[JK_ANSWER_MAX];
};

/*
 * The command's bytes are erased before this returns. *ret is only of use
 * with JK_OK, whatever its status word then says.
 */
enum jk_err jk_apdu_run(const struct jk_channel *channel,
    const struct jk_apdu *apdu, struct jk_answer *ret);

#endif
