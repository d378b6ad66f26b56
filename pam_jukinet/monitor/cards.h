/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the watching process alive: takes its reports, and ends and starts it
 * again when it does not answer in time.
 */
#ifndef JK_CARDS_H
#define JK_CARDS_H

#include <systemd/sd-event.h>

#include "err.h"
#include "readers.h"

struct jk_cards;

/* NULL: pcscd is lost. */
typedef void jk_cards_fn(void *ctx, const struct jk_report *report);

enum jk_err jk_cards_new(sd_event *event, jk_cards_fn *told, void *ctx,
    struct jk_cards **ret);
void jk_cards_free(struct jk_cards **cards);
/* Does a session depend on its card? Then an answer is due all the time. */
void jk_cards_watch(struct jk_cards *cards, bool watch);
/* Can it be watched at all? Not when no process could be made. */
bool jk_cards_are_well(const struct jk_cards *cards);

#endif
