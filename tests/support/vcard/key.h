/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of key a card can have. */
#ifndef VC_KEY_H
#define VC_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "error.h"

struct vc_key_kind {
	const char *word;  /* of the command line */
	const char *curve; /* NULL: RSA */
	int bits;
	uint8_t algorithm; /* of NIST SP 800-78-5, table 6-2 */
	size_t input;      /* bytes that are signed: a block, or a hash */
};

/* NULL when there is none. */
const struct vc_key_kind *vc_key_kind_named(const char *word);
const struct vc_key_kind *vc_key_kind_of(const EVP_PKEY *key);

bool vc_key_is_rsa(const EVP_PKEY *key);
size_t vc_key_point_len(const struct vc_key_kind *kind);

/* *ret belongs to the caller. */
enum vc_err vc_key_make(const struct vc_key_kind *kind, EVP_PKEY **ret);

#endif
