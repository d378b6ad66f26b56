/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An application on a card that can be an operator's: one table of calls for
 * each kind, over commands of ISO 7816-4. They know no reader; everything that
 * the card says is untrusted bytes.
 *
 * The calls return the transport's errors (pcsc.h) as they are, and
 * JK_ERR_FORMAT, _TRUNCATED, _TOO_BIG or _UNSUPPORTED for answers that a sound
 * card of ours does not give.
 */
#ifndef JK_APPLET_H
#define JK_APPLET_H

#include <stddef.h>
#include <stdint.h>

#include "challenge.h"
#include "cursor.h"
#include "err.h"
#include "keykind.h"
#include "rows.h"

struct jk_channel;
struct jk_pin_form;
struct jk_secret;

#define JK_IDENTITY_MAX 64

/* Tries left for the PIN; a card whose PIN stands verified does not say. */
struct jk_tries {
	bool known;
	unsigned left;
};

/* By what a card is known again without reading its certificate. */
struct jk_identity {
	size_t len; /* 0: it has nothing of that kind */
	uint8_t data[JK_IDENTITY_MAX];
};

struct jk_certificate {
	size_t len; /* 0: not read */
	uint8_t der[JK_CERT_MAX];
};

struct jk_signature {
	size_t len;
	uint8_t data[JK_SIGNATURE_MAX];
};

struct jk_applet {
	const char *name; /* "piv", as in jukinet.conf */
	/* JK_ERR_NOT_FOUND: the card has no such application. */
	enum jk_err (*select)(const struct jk_channel *channel);
	enum jk_err (*identify)(const struct jk_channel *channel,
	    struct jk_identity *ret);
	enum jk_err (*count_tries)(const struct jk_channel *channel,
	    struct jk_tries *ret);
	/* JK_ERR_NOT_FOUND: there is none. */
	enum jk_err (*read)(const struct jk_channel *channel,
	    struct jk_certificate *ret);
	/* The PIN as the card takes it; JK_ERR_FORMAT: it never would. */
	enum jk_err (*fit)(struct jk_cur pin, struct jk_secret *ret);
	/*
	 * One VERIFY of what fit() made. JK_ERR_REFUSED: wrong or blocked, and
	 * only then *ret_left is set.
	 */
	enum jk_err (*verify)(const struct jk_channel *channel,
	    const struct jk_secret *pin, unsigned *ret_left);
	/*
	 * A new PIN in the place of the present one, which was verified before
	 * in the same transaction; both are what fit() made. JK_ERR_REFUSED: it
	 * is wrong after all, with *ret_left; JK_ERR_UNSAFE: the card takes no
	 * such PIN. With these two the present one stands; with any other error
	 * nobody knows.
	 */
	enum jk_err (*change)(const struct jk_channel *channel,
	    const struct jk_secret *old, const struct jk_secret *fresh,
	    unsigned *ret_left);
	/*
	 * A new PIN in the place of one that is blocked, by the PUK; errors as
	 * above, *ret_left is the PUK's. NULL: no command of such a card does.
	 */
	enum jk_err (*unblock)(const struct jk_channel *channel,
	    const struct jk_secret *puk, const struct jk_secret *fresh,
	    unsigned *ret_left);
	/* ECDSA signatures are DER. */
	enum jk_err (*sign)(const struct jk_channel *channel,
	    enum jk_key_kind key, const struct jk_challenge *challenge,
	    struct jk_signature *ret);
	/* VERIFY for the keys of a reader (pad.h); NULL: there is no such. */
	const struct jk_pin_form *form;
};

extern const struct jk_applet jk_piv, jk_jpki;

/*
 * VERIFY (ISO 7816-4, 11.6.6) of the PIN that `p2` names: count_tries and verify
 * of struct jk_applet, once the card has what they are about selected.
 */
enum jk_err jk_verify_count(const struct jk_channel *channel, uint8_t p2,
    struct jk_tries *ret);
enum jk_err jk_verify_pin(const struct jk_channel *channel, uint8_t p2,
    const struct jk_secret *pin, unsigned *ret_left);

/* The status word of a PIN that was not taken, or was only asked about. */
bool jk_tries_from_sw(uint16_t sw, unsigned *ret_left);
/* A PIN that the card will not have, in form or by rules of its own. */
bool jk_sw_means_bad_form(uint16_t sw);
/* What cards without an application answer to its name. */
bool jk_sw_means_no_application(uint16_t sw);

/*
 * DigestInfo of the challenge (RFC 8017, 9.2), as a card that pads by itself
 * signs it.
 */
#define JK_DIGEST_INFO_MAX (19 + JK_CHALLENGE_MAX)
size_t jk_digest_info(const struct jk_challenge *challenge,
    uint8_t ret[static JK_DIGEST_INFO_MAX]);
/* Bytes of an RSA key's modulus; 0: another kind. */
size_t jk_rsa_len(enum jk_key_kind key);

#endif
