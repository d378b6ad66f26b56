/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The login processes that hold sessions. When one dies without having closed
 * its session nobody else would tell: jukinetd is to look.
 */
#ifndef JK_LEADERS_H
#define JK_LEADERS_H

#include <systemd/sd-event.h>

#include "err.h"
#include "rules.h"

struct jk_leaders;

typedef void jk_leaders_fn(void *ctx);

enum jk_err jk_leaders_new(sd_event *event, jk_leaders_fn *died, void *ctx,
    struct jk_leaders **ret);
void jk_leaders_free(struct jk_leaders **leaders);
/* These, and no others, are watched from now on. */
void jk_leaders_set(struct jk_leaders *leaders,
    const struct jk_sessions *sessions);

#endif
