/* SPDX-License-Identifier: BSD-2-Clause */
/* From what PKCS#11 gives for an ECDSA signature to what jukinetd verifies. */
#ifndef JK_P11SIGNATURE_H
#define JK_P11SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "err.h"

#define JK_P11_SCALAR_MAX 48 /* bytes of r and of s: P-384 */
#define JK_P11_DER_MAX    (2 + 2 * (3 + JK_P11_SCALAR_MAX))

/*
 * r and s side by side, of the same length each, as a DER sequence.
 * JK_ERR_FORMAT where one is missing or zero.
 */
enum jk_err jk_p11_ecdsa_der(struct jk_cur raw,
    uint8_t ret[static JK_P11_DER_MAX], size_t *ret_len);

#endif
