/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The authentication application (JPKI) of the My Number card, as far as
 * OpenSC's driver and other public readers show it: nothing here was compared
 * with a real card. Files and PINs are in jpki_file.c and jpki_pin.c.
 */
#ifndef VC_JPKI_H
#define VC_JPKI_H

#include "chip.h"

extern const struct vc_application vc_jpki;

#define VC_JPKI_TOKEN    0x0006
#define VC_JPKI_AUTH_PIN 0x0018
#define VC_JPKI_SIGN_PIN 0x001b

/* The elementary files: SELECT of one by its identifier, READ BINARY. */
uint16_t vc_jpki_select_file(struct vc_chip *chip, const struct vc_apdu *a);
uint16_t vc_jpki_read(struct vc_chip *chip, const struct vc_apdu *a);

/* VERIFY and CHANGE REFERENCE DATA of the PIN that is selected. */
uint16_t vc_jpki_verify(struct vc_chip *chip, const struct vc_apdu *a);
uint16_t vc_jpki_change(struct vc_chip *chip, const struct vc_apdu *a);

#endif
