/* SPDX-License-Identifier: BSD-2-Clause */
#include "challenge.h"

#include <string.h>

#include <openssl/evp.h>

#define PURPOSE "jukinet-card-login-1"

enum jk_err
jk_challenge_make(const uint8_t nonce[static JK_NONCE_LEN],
    enum jk_key_kind key, struct jk_challenge *ret)
{
	const bool large = key == JK_KEY_P384;
	uint8_t text[sizeof(PURPOSE) + JK_NONCE_LEN] = PURPOSE;
	struct jk_challenge c = { 0 };

	memcpy(text + sizeof(PURPOSE), nonce, JK_NONCE_LEN);
	if (EVP_Q_digest(NULL, large ? "SHA384" : "SHA256", NULL, text,
	        sizeof(text), c.digest, &c.len) != 1 ||
	    c.len != (large ? 48 : 32))
		return JK_ERR_CRYPTO;
	*ret = c;
	return JK_OK;
}
