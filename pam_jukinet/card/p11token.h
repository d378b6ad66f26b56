/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One card as a PKCS#11 module shows it: its certificates, its PIN, and a
 * signature by a key. What the module says has been said by the card: sizes
 * are asked first, and nothing without a bound is taken.
 */
#ifndef JK_P11TOKEN_H
#define JK_P11TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "applet.h"
#include "err.h"
#include "keykind.h"
#include "p11module.h"
#include "rows.h"

struct jk_secret;

#define JK_P11_TOKENS_MAX       8 /* cards, or slots of one */
#define JK_P11_CERTIFICATES_MAX 8 /* of one token */
#define JK_P11_ID_MAX           64
#define JK_P11_READER_MAX       64

/* What the module knows of the PIN. */
struct jk_p11_pin {
	struct jk_tries tries; /* known only where one or none is left */
	size_t min, max;       /* bytes; 0: it does not say */
};

struct jk_p11_token {
	const CK_FUNCTION_LIST *call;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
	char reader[JK_P11_READER_MAX + 1];
	struct jk_p11_pin pin; /* as it was read last */
	size_t n;
	CK_OBJECT_HANDLE certificate[JK_P11_CERTIFICATES_MAX];
};

struct jk_p11_certificate {
	size_t id_len;
	uint8_t id[JK_P11_ID_MAX]; /* the same as that of its key */
	size_t len;
	uint8_t der[JK_CERT_MAX];
};

/* Slots with a card: *ret_n of them; more than fit are left out. */
enum jk_err jk_p11_slots(const struct jk_p11_module *module,
    CK_SLOT_ID ret[static JK_P11_TOKENS_MAX], size_t *ret_n);
/* Why there are none: the error of the first that is there all the same. */
enum jk_err jk_p11_why_none(const struct jk_p11_module *module);

/*
 * A session with what is in a slot, and which certificates it has.
 * JK_ERR_NOT_FOUND: none, or a token that would sign without a PIN.
 */
enum jk_err jk_p11_token_open(const struct jk_p11_module *module,
    CK_SLOT_ID slot, struct jk_p11_token *ret);
void jk_p11_token_close(struct jk_p11_token *token);

enum jk_err jk_p11_read_certificate(const struct jk_p11_token *token,
    size_t number, struct jk_p11_certificate *ret);
/* Reads token->pin again. */
enum jk_err jk_p11_read_pin(struct jk_p11_token *token);

/*
 * One C_Login. JK_ERR_REFUSED: wrong or locked, as jk_p11_read_pin() then
 * says. JK_ERR_FORMAT: no PIN of this card has such a length.
 */
enum jk_err jk_p11_login(const struct jk_p11_token *token,
    const struct jk_secret *pin);
void jk_p11_logout(const struct jk_p11_token *token);
/*
 * Signs with the key of this certificate, after a login. JK_ERR_UNSUPPORTED: a
 * key of another kind, or one that would sign without that login, or wants
 * another for each signature.
 */
enum jk_err jk_p11_sign(const struct jk_p11_token *token,
    const struct jk_p11_certificate *certificate, enum jk_key_kind kind,
    const struct jk_challenge *challenge, struct jk_signature *ret);

#endif
