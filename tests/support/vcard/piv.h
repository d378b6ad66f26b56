/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PIV application of NIST SP 800-73-4 on one card: what a powered card
 * knows, and the table of commands. Each command has its file: piv_data.c,
 * piv_pin.c, piv_auth.c.
 */
#ifndef VC_PIV_H
#define VC_PIV_H

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
#define VC_SW_NOT_ALLOWED  0x6982
#define VC_SW_BLOCKED      0x6983
#define VC_SW_CONDITIONS   0x6985
#define VC_SW_DATA         0x6a80
#define VC_SW_NOT_FOUND    0x6a82
#define VC_SW_PARAMETERS   0x6a86
#define VC_SW_NO_REFERENCE 0x6a88
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

struct vc_piv {
	struct vc_card *card;     /* borrowed; never NULL while running */
	struct vc_faults *faults; /* borrowed */
	bool selected;
	bool verified;
	bool fresh; /* the command before was a good VERIFY */
	bool endless;
	struct vc_chain chain;
	struct vc_bytes reply; /* what GET RESPONSE has still to give */
	size_t reply_at;
	struct vc_signature last;
	EVP_PKEY *foreign; /* for sig-foreign, made when first needed */
	unsigned long signatures;
	bool signed_now; /* by the APDU that was run last */
};

/* Power on, reset: everything but the card itself is forgotten. */
void vc_piv_reset(struct vc_piv *piv);
void vc_piv_clear(struct vc_piv *piv);

/* parsed: what vc_apdu_parse() said of it. */
void vc_piv_run(struct vc_piv *piv, const struct vc_apdu *a, enum vc_err parsed,
    struct vc_bytes *answer);

/* The commands. They leave data in piv->reply and return the status word. */
uint16_t vc_piv_get_data(struct vc_piv *piv, const struct vc_apdu *a);
uint16_t vc_piv_verify(struct vc_piv *piv, const struct vc_apdu *a);
uint16_t vc_piv_change(struct vc_piv *piv, const struct vc_apdu *a);
uint16_t vc_piv_unblock(struct vc_piv *piv, const struct vc_apdu *a);
uint16_t vc_piv_authenticate(struct vc_piv *piv, const struct vc_apdu *a);

/* AID with version, as SELECT and the discovery object name it. */
#define VC_AID_LEN 11
extern const uint8_t vc_piv_aid[VC_AID_LEN];

#endif
