/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock is a file of its own that stays where it is. Not flock() on a
 * directory or on what is read: whoever may read that could hold it.
 */
#ifndef JK_LOCK_H
#define JK_LOCK_H

#include <stdint.h>

#include "err.h"

/*
 * Held until *ret_fd is closed, so also until its holder dies. `until` is boot
 * ms; JK_ERR_BUSY when somebody else still holds it then. It is tried at least
 * once. Never across a wait for anything else.
 */
enum jk_err jk_lock_take(int dir_fd, const char *name, int64_t until,
    int *ret_fd);

#endif
