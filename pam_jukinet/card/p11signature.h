/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between what PKCS#11 takes and gives for a signature and what jukinetd
 * verifies: PKCS#1 v1.5 for RSA, DER for ECDSA.
 */
#ifndef JK_P11SIGNATURE_H
#define JK_P11SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "err.h"

#define JK_P11_DIGEST_LEN 32
#define JK_P11_INFO_LEN   (19 + JK_P11_DIGEST_LEN)
#define JK_P11_SCALAR_MAX 48 /* bytes of r and of s: P-384 */
#define JK_P11_DER_MAX    (2 + 2 * (3 + JK_P11_SCALAR_MAX))

/* DigestInfo of SHA-256 (RFC 8017, 9.2): what CKM_RSA_PKCS pads and signs. */
void jk_p11_digest_info(const uint8_t digest[static JK_P11_DIGEST_LEN],
    uint8_t ret[static JK_P11_INFO_LEN]);

/*
 * r and s side by side, of the same length each, as a DER sequence.
 * JK_ERR_FORMAT where one is missing or zero.
 */
enum jk_err jk_p11_ecdsa_der(struct jk_cur raw,
    uint8_t ret[static JK_P11_DER_MAX], size_t *ret_len);

#endif
