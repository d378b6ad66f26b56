/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PC/SC as OpenSC has it in this process. OpenSC looks for PC/SC's functions
 * in a library that its configuration names; ours names none
 * (provider_library = ""), which is this program, and what is exported here
 * comes before libpcsclite's.
 *
 * So the many transactions of OpenSC become few, what it reads again and again
 * in one of them is read once (echo.h), the one with the PIN ends with a reset
 * of the card, a card that goes is noticed where OpenSC would wait for ever,
 * and what a card says has an end. Without jk_guard_start() all calls go
 * through as they are.
 */
#ifndef JK_PCSCGUARD_H
#define JK_PCSCGUARD_H

#include <stdbool.h>

#include "applet.h"
#include "err.h"

struct jk_pcsc;

/*
 * Card or reader has gone (JK_ERR_CLOSED), or pcscd (JK_ERR_SYS): nothing
 * good comes of going back into OpenSC. Must not return.
 */
typedef void jk_guard_lost_fn(enum jk_err e, void *ctx);

/* `pcsc`: a context of our own, to ask whether a card is still there. */
void jk_guard_start(const struct jk_pcsc *pcsc, jk_guard_lost_fn *lost,
    void *ctx);
/* Whether PC/SC is reached by way of this at all. */
bool jk_guard_is_used(void);
/* Whether somebody else had a card for himself. */
bool jk_guard_was_busy(void);

/*
 * Transactions with the same card that follow each other are one, until this
 * ends it and leaves the card as it is; so does a transaction with another
 * card. To be called before anybody else is waited for. One that is held stays.
 */
void jk_guard_part(void);

/*
 * From the next transaction on, all with the card in this reader are one,
 * until jk_guard_release() resets the card and ends it. The name must last
 * until then.
 */
void jk_guard_hold(const char *reader);
bool jk_guard_is_holding(void);
void jk_guard_release(void);

/*
 * What a card answered to the last VERIFY, with a PIN or asked about one:
 * PKCS#11 says less of it. Not known: to none since jk_guard_ask_tries(), or
 * without a number.
 */
void jk_guard_ask_tries(void);
struct jk_tries jk_guard_tries(void);

#endif
