/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates of operator cards, as the registry takes them in. */
#ifndef JK_CERT_H
#define JK_CERT_H

#include "err.h"
#include "snapshot.h"

/*
 * Takes a certificate in DER, or text that holds exactly one PEM block, with a
 * NUL behind its `len` bytes: a certificate of at most
 * JK_CERT_MAX bytes with a key that jukinetd can verify with: RSA of 2048 to
 * 4096 bits, P-256 or P-384, for signatures where it says what it is for. Fills
 * key, valid, cert and cert_len of *ret; the rest stays. NULL, or a static string:
 * why not.
 */
const char *jk_cert_read(const void *data, size_t len, struct jk_card *ret);
/*
 * The same for a row that stands already: what its key usage says goes into
 * for_signatures, and the terminal's settings decide. One that stands byte for
 * byte in the old snapshot is not looked at again: it was checked when that one
 * was made, and nobody but root can have written it; its trust comes along. To
 * look at ten thousand RSA keys takes half a minute. `old` may be NULL.
 */
const char *jk_cert_read_again(const void *data, size_t len,
    struct jk_snapshot *old, struct jk_card *ret);

enum jk_err jk_sha256(const void *data, size_t len,
    uint8_t ret[static JK_DIGEST_LEN]);

#endif
