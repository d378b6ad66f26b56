/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking a person under which of several operator IDs to work, and in which
 * account where that is not known either.
 */
#ifndef JK_CHOICE_H
#define JK_CHOICE_H

#include "reply.h"

/* Adds the operator IDs that the bits name; what is given is borrowed. */
void jk_offers_add(struct jk_offers *offers, const char *account,
    const struct jk_facts *facts, uint32_t bits);
/* Is there more than one account to choose from? */
bool jk_offers_have_accounts(const struct jk_offers *offers);

/*
 * JK_OK: *ret is one of the offers, the first when the program cannot ask.
 * JK_ERR_NOT_FOUND: what was answered is none of them. Otherwise as
 * jk_frame_recv().
 */
enum jk_err jk_choice_ask(struct jk_worker *worker,
    const struct jk_offers *offers, const struct jk_offer **ret);

#endif
