/* SPDX-License-Identifier: BSD-2-Clause */
/* What the pad says of itself, and which control code means what. */
#ifndef PP_OFFER_H
#define PP_OFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pp_pad;

/*
 * The feature that a control code stands for, FEATURE_*, or 0. Clients have
 * to take the codes from the list: they are not those of other drivers.
 */
unsigned pp_offer_find(const struct pp_pad *pad, unsigned long code);

/* false: `size` is too small. */
bool pp_offer_list(const struct pp_pad *pad, uint8_t *ret, size_t size,
    size_t *ret_len);
bool pp_offer_pin(uint8_t *ret, size_t size, size_t *ret_len);
bool pp_offer_tlv(uint8_t *ret, size_t size, size_t *ret_len);

#endif
