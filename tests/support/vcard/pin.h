/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing a PIN. A try is written to the card's state before the
 * comparison: pulling the card gains nothing.
 */
#ifndef VC_PIN_H
#define VC_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state.h"

struct vc_chip;

/* 9000, 63Cx, or 6983 when it is blocked. */
uint16_t vc_pin_compare(struct vc_chip *chip, struct vc_secret *s,
    const uint8_t *value, size_t len);

/* The same with the PIN stage's fault in force; *verified is what follows. */
uint16_t vc_pin_verify(struct vc_chip *chip, struct vc_secret *s,
    const uint8_t *value, size_t len, bool *verified);

/* The new value has its tries back, and is written. */
void vc_pin_replace(struct vc_chip *chip, struct vc_secret *s,
    const uint8_t *value, size_t len);

uint16_t vc_pin_tries(const struct vc_secret *s);

#endif
