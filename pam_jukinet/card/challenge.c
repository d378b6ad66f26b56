/* SPDX-License-Identifier: BSD-2-Clause */
#include "challenge.h"

#include <string.h>

#include <openssl/evp.h>

#define PURPOSE "jukinet-card-login-1"

enum jk_err
jk_challenge_digest(const uint8_t nonce[static JK_NONCE_LEN],
    uint8_t ret[static JK_CHALLENGE_LEN])
{
	uint8_t text[sizeof(PURPOSE) + JK_NONCE_LEN] = PURPOSE;
	uint8_t digest[JK_CHALLENGE_LEN];
	size_t len = 0;

	memcpy(text + sizeof(PURPOSE), nonce, JK_NONCE_LEN);
	if (EVP_Q_digest(NULL, "SHA256", NULL, text, sizeof(text), digest,
	        &len) != 1 ||
	    len != sizeof(digest))
		return JK_ERR_CRYPTO;
	memcpy(ret, digest, sizeof(digest));
	return JK_OK;
}
