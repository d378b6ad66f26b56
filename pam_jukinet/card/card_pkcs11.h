/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JK_CARD_PKCS11_H
#define JK_CARD_PKCS11_H

#include "err.h"

struct jk_conversation;

/*
 * The whole conversation but its request, with the cards that a PKCS#11
 * module knows; confines this process first. As jk_card_serve().
 */
enum jk_err jk_card_pkcs11_serve(struct jk_conversation *c, const char *module);

#endif
