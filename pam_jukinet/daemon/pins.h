/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this terminal has seen of the PINs of cards, in /var/lib/jukinet: when
 * it changed one (pin.CARD), when it last reminded of one (pintold.CARD), and
 * how many tries a PUK has left (puk.CARD), which no card tells before.
 */
#ifndef JK_PINS_H
#define JK_PINS_H

#include <stdint.h>

#include "err.h"
#include "pinage.h"

struct jk_card;

/* Seconds since the epoch; 0: it never was, or what stands there is no time. */
int64_t jk_pins_changed(int dir, const char *card);
/*
 * Durable. `s` is now, so a later time that stands there is a clock's that went
 * ahead: it goes.
 */
enum jk_err jk_pins_set_changed(int dir, const char *card, int64_t s);
void jk_pins_set_told(int dir, const char *card, int64_t s);

/*
 * Tries of a card's PUK; JK_PINS_UNTOLD: no wrong one was ever typed here. A
 * try is counted before it is made, and put right by what the card says.
 */
#define JK_PINS_UNTOLD UINT64_MAX
uint64_t jk_pins_puk_tries(int dir, const char *card);
enum jk_err jk_pins_set_puk_tries(int dir, const char *card, uint64_t left);

/* With what the registry says. */
struct jk_pin_age jk_pins_age(int dir, const struct jk_card *card,
    const struct jk_pin_rules *rules, int64_t now);

#endif
