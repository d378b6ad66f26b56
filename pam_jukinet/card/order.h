/* SPDX-License-Identifier: BSD-2-Clause */
/* What the worker orders with SIGN, RENEW or UNBLOCK (protocol.h). */
#ifndef JK_ORDER_H
#define JK_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "applet.h"
#include "challenge.h"
#include "err.h"
#include "keykind.h"
#include "protocol.h"
#include "secret.h"

struct jk_conversation;
struct jk_frame;

struct jk_order {
	enum jk_key_kind key;
	struct jk_challenge challenge;
	struct jk_secret pin; /* or the PUK */
	struct jk_secret fresh;
	uint64_t tries_keep;
	bool renews; /* RENEW may follow */
	bool by_pad; /* then there is no PIN */
};

void jk_order_clear(struct jk_order *order);

/*
 * SIGN. The frame, which holds the PIN, is erased in any case. A PIN that no
 * card of this kind would take is no error of the worker's: then
 * *ret_pin_fits is false. Where the pad is to ask, c->range is set.
 */
enum jk_err jk_order_read(struct jk_conversation *c,
    const struct jk_applet *applet, bool has_pad, struct jk_order *ret,
    bool *ret_pin_fits);
/* Nonce and key of UNBLOCK, whose frame is not erased yet. */
enum jk_err jk_order_read_challenge(const struct jk_frame *frame,
    struct jk_order *ret);
/* The two secrets of RENEW and UNBLOCK, as jk_order_read() does. */
enum jk_err jk_order_read_both(struct jk_conversation *c, enum jk_field by,
    const struct jk_applet *applet, struct jk_order *ret, bool *ret_fit);

#endif
