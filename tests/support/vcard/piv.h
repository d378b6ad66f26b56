/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PIV application of NIST SP 800-73-4. Each command has its file:
 * piv_data.c, piv_pin.c, piv_auth.c.
 */
#ifndef VC_PIV_H
#define VC_PIV_H

#include "chip.h"

extern const struct vc_application vc_piv;

/* The commands. They leave data in chip->reply and return the status word. */
uint16_t vc_piv_get_data(struct vc_chip *chip, const struct vc_apdu *a);
uint16_t vc_piv_verify(struct vc_chip *chip, const struct vc_apdu *a);
uint16_t vc_piv_change(struct vc_chip *chip, const struct vc_apdu *a);
uint16_t vc_piv_unblock(struct vc_chip *chip, const struct vc_apdu *a);
uint16_t vc_piv_authenticate(struct vc_chip *chip, const struct vc_apdu *a);

/* AID with version, as SELECT and the discovery object name it. */
#define VC_AID_LEN 11
extern const uint8_t vc_piv_aid[VC_AID_LEN];

#endif
