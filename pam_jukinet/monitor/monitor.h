/* SPDX-License-Identifier: BSD-2-Clause */
/* All of it together: what is seen goes to the rules, what they say is done. */
#ifndef JK_MONITOR_H
#define JK_MONITOR_H

#include "err.h"
#include "notify.h"
#include "tell.h"

/* Until SIGTERM or SIGINT. SIGCHLD and those two are blocked. */
enum jk_err jk_monitor_run(const struct jk_notify *notify,
    const struct jk_tell *tell);

#endif
