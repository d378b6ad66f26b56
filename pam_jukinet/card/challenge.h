/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator card signs at a login. jukinetd verifies the same. */
#ifndef JK_CHALLENGE_H
#define JK_CHALLENGE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "keykind.h"
#include "protocol.h"

#define JK_CHALLENGE_MAX 48

/* A digest: of SHA-384 for P-384, else of SHA-256 (SP 800-78-5, table 3-2). */
struct jk_challenge {
	size_t len;
	uint8_t digest[JK_CHALLENGE_MAX];
};

/*
 * Over "jukinet-card-login-1", its NUL, and the nonce: a signature made for
 * something else never fits, and ours fits nothing else.
 */
enum jk_err jk_challenge_make(const uint8_t nonce[static JK_NONCE_LEN],
    enum jk_key_kind key, struct jk_challenge *ret);

#endif
