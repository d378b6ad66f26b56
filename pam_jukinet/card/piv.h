/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The language of a PIV card (NIST SP 800-73-4), as far as a login needs it:
 * jk_piv in applet.h. Here is what it parses.
 */
#ifndef JK_PIV_H
#define JK_PIV_H

#include "applet.h"

#define JK_PIV_PIN_LEN 8

/* The certificate (DER, not compressed) in the content of object 5FC105. */
enum jk_err jk_piv_parse_object(struct jk_cur object, struct jk_cur *ret_der);
/*
 * FASC-N and GUID out of the beginning of object 5FC102; more of it may be
 * missing. Without a number in its GUID a card is like others of its batch,
 * and has no identity.
 */
void jk_piv_parse_chuid(struct jk_cur head, struct jk_identity *ret);
/* What GENERAL AUTHENTICATE returned, of a key of this kind. */
enum jk_err jk_piv_parse_signature(struct jk_cur answer, enum jk_key_kind key,
    struct jk_signature *ret);

/* The three parts that jk_piv is put together from. */
enum jk_err jk_piv_identify(const struct jk_channel *channel,
    struct jk_identity *ret);
enum jk_err jk_piv_read(const struct jk_channel *channel,
    struct jk_certificate *ret);
enum jk_err jk_piv_sign(const struct jk_channel *channel, enum jk_key_kind key,
    const struct jk_challenge *challenge, struct jk_signature *ret);

#endif
