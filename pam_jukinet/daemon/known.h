/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cards that have proven their registered key on this terminal before: from
 * what a card says of itself (its identity, applet.h) to the certificate that
 * need not be read again. It only ever shortens a login that ends well: the key
 * is proven by the signature every time. One file an identity; a card that says
 * another one each time fills no disk, for there are JK_KNOWN_MAX at most, and
 * what comes then is read each time.
 */
#ifndef JK_KNOWN_H
#define JK_KNOWN_H

#include "cursor.h"
#include "err.h"
#include "rows.h"

#define JK_KNOWN_MAX 4096 /* cards, more than use one terminal */

/* JK_ERR_NOT_FOUND: not seen before. */
enum jk_err jk_known_find(int dir, const char *kind, struct jk_cur identity,
    uint8_t ret_cert[static JK_DIGEST_LEN]);
/* JK_ERR_TOO_BIG: there are too many. */
enum jk_err jk_known_keep(int dir, const char *kind, struct jk_cur identity,
    const uint8_t cert[static JK_DIGEST_LEN]);
void jk_known_forget(int dir, const char *kind, struct jk_cur identity);

#endif
