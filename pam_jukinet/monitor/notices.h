/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetd's notices: a file for each account, which tells that it is time to
 * ask, and whose session has ended. */
#ifndef JK_NOTICES_H
#define JK_NOTICES_H

#include <systemd/sd-event.h>

#include "err.h"
#include "rules.h"

struct jk_notices;

/* `ended`: the account's session has. */
typedef void jk_notices_fn(void *ctx, uid_t uid, bool ended);

enum jk_err jk_notices_new(sd_event *event, jk_notices_fn *told, void *ctx,
    struct jk_notices **ret);
void jk_notices_free(struct jk_notices **notices);

#endif
