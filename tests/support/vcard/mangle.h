/* SPDX-License-Identifier: BSD-2-Clause */
/* How each fault of fault.h spoils what a good card would have said. */
#ifndef VC_MANGLE_H
#define VC_MANGLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

struct vc_bytes;
struct vc_fault;
struct vc_slot;

#define VC_SIGNATURE_MAX   (VC_SIGNATURE_TIMES * 512)
#define VC_SIGNATURE_TIMES 40 /* that sig-long says it over */

/* A signature with what it was made from. */
struct vc_signature {
	size_t len;
	uint8_t data[VC_SIGNATURE_MAX];
};

/* The finished answer. */
void vc_mangle_frame(const struct vc_fault *f, struct vc_bytes *frame);

/* The lengths at the front of a data object: the outer, or the next one. */
void vc_mangle_lengths(const struct vc_fault *f, struct vc_bytes *object);

/*
 * The content of the data object of slot number i, into ret. Returns false
 * when the card is to say that there is no such object.
 */
bool vc_mangle_certificate(const struct vc_fault *f, const struct vc_slot *slot,
    size_t i, struct vc_bytes *ret);

/* last: the signature given out before this one, perhaps empty. */
void vc_mangle_signature(const struct vc_fault *f, EVP_PKEY *key,
    const struct vc_signature *last, struct vc_signature *sig);

#endif
