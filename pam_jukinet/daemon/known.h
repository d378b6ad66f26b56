/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cards that have proven their registered key on this terminal before: from
 * what a card says of itself (its identity, applet.h) to the certificate that
 * need not be read again. It only ever shortens a login that ends well: the key
 * is proven by the signature every time. One file a card, so there are at most
 * as many as cards that were registered.
 */
#ifndef JK_KNOWN_H
#define JK_KNOWN_H

#include "cursor.h"
#include "err.h"
#include "rows.h"

/* JK_ERR_NOT_FOUND: not seen before. */
enum jk_err jk_known_find(int dir, const char *kind, struct jk_cur identity,
    uint8_t ret_cert[static JK_DIGEST_LEN]);
enum jk_err jk_known_keep(int dir, const char *kind, struct jk_cur identity,
    const uint8_t cert[static JK_DIGEST_LEN]);
void jk_known_forget(int dir, const char *kind, struct jk_cur identity);

#endif
