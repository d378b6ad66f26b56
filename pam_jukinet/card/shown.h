/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a card of ours shows of itself, and whether it is the same one later:
 * application, identity, certificate, tries.
 */
#ifndef JK_SHOWN_H
#define JK_SHOWN_H

#include "applet.h"
#include "err.h"
#include "pad.h"
#include "pcsc.h"

struct jk_conversation;

struct jk_shown {
	const struct jk_conversation *c; /* says in which languages to ask */
	const struct jk_applet *applet;
	struct jk_pad pad; /* of its reader */
	struct jk_identity identity;
	struct jk_tries tries;
	struct jk_certificate certificate;
};

/* Each is a jk_prepare_fn (pcsc.h), with what is shown as its ctx. */

/* For the first transaction. */
jk_prepare_fn jk_shown_look;
/* For the certificate. */
jk_prepare_fn jk_shown_read;
/* For the PIN: it is the card that was shown. */
jk_prepare_fn jk_shown_meet;

#endif
