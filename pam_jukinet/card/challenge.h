/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator card signs at a login. jukinetd verifies the same. */
#ifndef JK_CHALLENGE_H
#define JK_CHALLENGE_H

#include <stdint.h>

#include "err.h"
#include "protocol.h"

#define JK_CHALLENGE_LEN 32

/*
 * SHA-256 over "jukinet-card-login-1", its NUL, and the nonce: a signature
 * made for something else never fits, and ours fits nothing else.
 */
enum jk_err jk_challenge_digest(const uint8_t nonce[static JK_NONCE_LEN],
    uint8_t ret[static JK_CHALLENGE_LEN]);

#endif
