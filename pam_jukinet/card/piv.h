/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of a PIV card (NIST SP 800-73-4), as far as a login needs it.
 * Knows no reader; everything that the card says is untrusted bytes.
 */
#ifndef JK_PIV_H
#define JK_PIV_H

#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "err.h"
#include "rows.h"

struct jk_channel;
struct jk_secret;

#define JK_PIV_PIN_LEN       8
#define JK_PIV_SIGNATURE_MAX 256
#define JK_PIV_DIGEST_LEN    32

/* Values are the card's algorithm identifiers (SP 800-78-4, table 6-2). */
enum jk_piv_key {
	JK_PIV_RSA2048 = 0x07,
	JK_PIV_P256 = 0x11,
};

/* Tries left for the PIN; a card whose PIN stands verified does not say. */
struct jk_tries {
	bool known;
	unsigned left;
};

/* Certificate and key of slot 9A. */
struct jk_piv_certificate {
	enum jk_piv_key key;
	size_t len;
	uint8_t der[JK_CERT_MAX];
};

struct jk_piv_signature {
	size_t len;
	uint8_t data[JK_PIV_SIGNATURE_MAX];
};

/*
 * The calls below return the transport's errors (pcsc.h) as they are, and
 * JK_ERR_FORMAT, _TRUNCATED, _TOO_BIG or _UNSUPPORTED for answers that a
 * sound card of ours does not give.
 */

/* JK_ERR_NOT_FOUND: there is no PIV application. */
enum jk_err jk_piv_select(const struct jk_channel *channel);
enum jk_err jk_piv_tries(const struct jk_channel *channel,
    struct jk_tries *ret);
/* JK_ERR_NOT_FOUND: the slot is empty. */
enum jk_err jk_piv_read_certificate(const struct jk_channel *channel,
    struct jk_piv_certificate *ret);
/*
 * One VERIFY. `pin` is what jk_piv_pad_pin() made. JK_ERR_REFUSED: the PIN
 * is wrong or blocked, and only then *ret_left is set.
 */
enum jk_err jk_piv_verify(const struct jk_channel *channel,
    const struct jk_secret *pin, unsigned *ret_left);
/* Signs a SHA-256 digest with key 9A; ECDSA signatures are DER. */
enum jk_err jk_piv_sign(const struct jk_channel *channel, enum jk_piv_key key,
    const uint8_t digest[static JK_PIV_DIGEST_LEN],
    struct jk_piv_signature *ret);

/* Copies with padding; JK_ERR_FORMAT unless it has 1 to 8 bytes. */
enum jk_err jk_piv_pad_pin(struct jk_cur pin, struct jk_secret *ret);

/* The certificate (DER, not compressed) in the content of object 5FC105. */
enum jk_err jk_piv_parse_object(struct jk_cur object, struct jk_cur *ret_der);
/* The kind of key that a certificate is about. */
enum jk_err jk_piv_parse_key(struct jk_cur der, enum jk_piv_key *ret);

#endif
