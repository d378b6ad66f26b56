/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is asked of jukinetd, one conversation each, and nothing waits for it:
 * a jukinetd that has been stopped must not stop the monitor. What is asked
 * waits in a bounded queue; locks and ends go first.
 */
#ifndef JK_ASKS_H
#define JK_ASKS_H

#include <systemd/sd-event.h>

#include "err.h"
#include "rules.h"

struct jk_asks;

/*
 * What came of it. `granted`: jukinetd did so. After a LOOK `sessions` says how
 * they stand; it is NULL else, and when there was no whole answer.
 */
typedef void jk_asks_fn(void *ctx, const struct jk_act *act, bool granted,
    const struct jk_sessions *sessions);

enum jk_err jk_asks_new(sd_event *event, jk_asks_fn *done, void *ctx,
    struct jk_asks **ret);
void jk_asks_free(struct jk_asks **asks);
/* LOOK, LOCK, END or SEEN. */
void jk_asks_put(struct jk_asks *asks, const struct jk_act *act);

#endif
