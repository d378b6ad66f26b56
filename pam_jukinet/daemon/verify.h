/* SPDX-License-Identifier: BSD-2-Clause */
/* Evidence is verified here, by the worker, and nowhere else (rule 3). */
#ifndef JK_VERIFY_H
#define JK_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "challenge.h"
#include "err.h"
#include "rows.h"

enum jk_err jk_verify_digest(const uint8_t *data, size_t len,
    uint8_t ret[static JK_DIGEST_LEN]);

/* Of the registered certificate; JK_ERR_UNSUPPORTED: none of ours. */
enum jk_err jk_verify_key_kind(const struct jk_card *card,
    enum jk_key_kind *ret);

/*
 * Was this challenge signed with the private key of the registered card? RSA
 * with PKCS #1 v1.5, or ECDSA. JK_ERR_REFUSED: no.
 */
enum jk_err jk_verify_signature(const struct jk_card *card,
    const struct jk_challenge *challenge, const uint8_t *signature, size_t len);

#endif
