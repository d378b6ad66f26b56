/* SPDX-License-Identifier: BSD-2-Clause */
/* Making signatures, good ones and those that a fault asks for. */
#ifndef VC_SIGN_H
#define VC_SIGN_H

#include <stdbool.h>

#include "chip.h"
#include "tlv.h"

/*
 * Signs the input, at most VC_SIGNATURE_MAX bytes, with the sign stage's fault
 * in force if there is one. An RSA key takes a whole block, or pads the input
 * itself (PKCS#1, type 1).
 */
enum vc_err vc_sign(struct vc_chip *chip, EVP_PKEY *key, struct vc_view input,
    bool pads, struct vc_signature *ret);

/* The signature goes out: it is counted, and can be replayed. */
void vc_sign_note(struct vc_chip *chip, const struct vc_signature *sig);

#endif
