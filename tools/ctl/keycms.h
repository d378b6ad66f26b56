/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys on their way: sealed to one certificate as CMS (RFC 5652, 5083; ECDH and
 * AES-256-GCM), in PEM, so that whoever carries them cannot read them, and what
 * was changed on the way opens nowhere.
 */
#ifndef JK_KEYCMS_H
#define JK_KEYCMS_H

#include <stdint.h>

#include <openssl/types.h>

#include "err.h"
#include "ids.h"

#define JK_KEYCMS_DIGEST 64    /* hex digits of SHA-256 */
#define JK_KEYCMS_PAIR   4096  /* bytes of a key pair in PEM, with a NUL */
#define JK_KEYCMS_FILE   65536 /* bytes of any file that is read */

struct jk_recipient {
	X509 *cert;
	char name[JK_ID_MAX + 1]; /* its common name: an id of a row, or more:
	                           * A-Z and '_' and '.' */
	char digest[JK_KEYCMS_DIGEST + 1]; /* of the certificate */
	bool self_signed;                  /* by the key that it shows */
};

/* The certificate of a text, with a NUL behind it. NULL, or a static string: why
 * nothing is sealed to it; then *ret is as it was. `now`: not before, not after. */
const char *jk_recipient_read(const char *pem, size_t len, int64_t now,
    struct jk_recipient *ret);
void jk_recipient_clear(struct jk_recipient *recipient);
/* The certificate alone, to stdout. */
enum jk_err jk_recipient_print(const struct jk_recipient *recipient);

/* A new key pair (P-256) and its certificate of this name, for ten years, as
 * PEM: a secret. */
enum jk_err jk_keycms_pair(const char *name, int64_t now,
    char ret[static JK_KEYCMS_PAIR]);

/* *ret is released by free(). */
enum jk_err jk_keycms_seal(const struct jk_recipient *recipient,
    const void *text, size_t len, char **ret);
/* JK_ERR_FORMAT: nothing sealed; JK_ERR_REFUSED: not for this pair, or not as it
 * was sealed; JK_ERR_TOO_BIG: longer than `max`. */
enum jk_err jk_keycms_open(const char *pair, const char *sealed, size_t len,
    void *ret, size_t max, size_t *ret_len);

#endif
