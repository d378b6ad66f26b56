/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is jukinet-monitor: the one whose directory /run/jukinet/monitor is, which
 * root has made below its own. No name has to be looked up, and no snapshot has
 * to be there, when a screen must be locked.
 */
#ifndef JK_MONITOR_H
#define JK_MONITOR_H

#include <stdbool.h>
#include <sys/types.h>

/* Never root. False when there is no such directory. */
bool jk_monitor_is(uid_t uid);

#endif
