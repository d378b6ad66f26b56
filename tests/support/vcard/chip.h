/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a powered card knows, and how a command becomes an answer whatever
 * application it is for: chains, GET RESPONSE, faults. What the commands
 * mean is the application's: piv.h, jpki.h,
 * nq.h.
 */
#ifndef VC_CHIP_H
#define VC_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apdu.h"
#include "bytes.h"
#include "mangle.h"

#include <openssl/types.h>

#define VC_SW_OK           0x9000
#define VC_SW_MORE         0x6100
#define VC_SW_TRIES        0x63c0
#define VC_SW_LENGTH       0x6700
#define VC_SW_NO_CHAINING  0x6884
#define VC_SW_NO_FILE_BODY 0x6981
#define VC_SW_NOT_ALLOWED  0x6982
#define VC_SW_BLOCKED      0x6983
#define VC_SW_UNUSABLE     0x6984
#define VC_SW_CONDITIONS   0x6985
#define VC_SW_NO_FILE      0x6986
#define VC_SW_DATA         0x6a80
#define VC_SW_NOT_FOUND    0x6a82
#define VC_SW_PARAMETERS   0x6a86
#define VC_SW_NO_REFERENCE 0x6a88
#define VC_SW_OFFSET       0x6b00
#define VC_SW_INS          0x6d00
#define VC_SW_CLA          0x6e00
#define VC_SW_UNKNOWN      0x6f00

struct vc_card;
struct vc_faults;

struct vc_chain {
	bool open;
	uint8_t ins, p1, p2;
	struct vc_bytes data;
};

struct vc_chip {
	struct vc_card *card;     /* borrowed; never NULL while running */
	struct vc_faults *faults; /* borrowed */
	bool selected;
	bool verified;      /* the PIN for the login */
	bool sign_verified; /* JPKI: the PIN for the signing key */
	bool fresh;         /* PIV: the command before was a good VERIFY */
	bool endless;
	struct vc_chain chain;
	uint16_t file; /* JPKI: the EF that is selected, 0: none */
	struct vc_bytes content;
	bool content_spoiled;  /* a fault is in it, until the next SELECT */
	struct vc_bytes reply; /* what GET RESPONSE has still to give */
	size_t reply_at;
	struct vc_signature last;
	EVP_PKEY *foreign; /* for sig-foreign, made when first needed */
	unsigned long signatures;
	bool signed_now; /* by the APDU that was run last */
};

/* A command of an application. It leaves data in chip->reply. */
struct vc_handler {
	uint8_t cla, ins;
	bool chains;
	bool tlv; /* the data is BER-TLV, whose lengths can lie */
	uint16_t (*run)(struct vc_chip *chip, const struct vc_apdu *a);
};

struct vc_application {
	const uint8_t *atr; /* without the check byte at its end */
	size_t atr_len;
	size_t capabilities; /* index of the third byte; 0: it has none */
	const struct vc_handler *handlers;
	size_t handlers_n;
	uint8_t more_cla; /* of GET RESPONSE */
};

const struct vc_application *vc_chip_application(const struct vc_chip *chip);

/* Power on, reset: everything but the card itself is forgotten. */
void vc_chip_reset(struct vc_chip *chip);
void vc_chip_clear(struct vc_chip *chip);

/* parsed: what vc_apdu_parse() said of it. */
void vc_chip_run(struct vc_chip *chip, const struct vc_apdu *a,
    enum vc_err parsed, struct vc_bytes *answer);

#endif
