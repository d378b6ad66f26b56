/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card out of the box that vcard-make filled: keys, certificate objects
 * and the remembered state. What a reset forgets is in chip.h.
 */
#ifndef VC_CARD_H
#define VC_CARD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "error.h"
#include "slot.h"
#include "state.h"
#include "tlv.h"

#define VC_OBJECT_MAX 62000

struct vc_slot {
	EVP_PKEY *key; /* NULL: the slot is empty, or an issuer's */
	bool bare;     /* the object is the certificate, not a PIV object */
	size_t object_len;
	uint8_t object[VC_OBJECT_MAX];
};

struct vc_card {
	char dir[PATH_MAX];
	struct vc_state state;
	struct vc_slot slots[VC_SLOTS];
	size_t chuid_len; /* 0: unsigned */
	uint8_t chuid[VC_OBJECT_MAX];
};

/* *ret belongs to the caller, who releases it with vc_card_close(). */
enum vc_err vc_card_open(const char *dir, struct vc_card **ret);
void vc_card_close(struct vc_card **card);

/* The slot with this key reference, or NULL when the card has no such key. */
struct vc_slot *vc_card_slot(struct vc_card *card, unsigned key);

/* Best effort: a disk that is full must not stop a test's card. */
void vc_card_save(const struct vc_card *card);

/* The certificate inside a slot's data object. */
enum vc_err vc_slot_certificate(const struct vc_slot *slot,
    struct vc_view *ret);

#endif
