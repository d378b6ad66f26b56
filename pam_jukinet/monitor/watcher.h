/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process that waits for pcscd, because libpcsclite blocks and may hang.
 * It only ever asks for the status of readers, never connects to a card, and
 * may be killed at any moment.
 */
#ifndef JK_WATCHER_H
#define JK_WATCHER_H

#include <sys/types.h>

#include "defs.h"

/*
 * In a child of its own. Over `fd` (SOCK_SEQPACKET) go a struct jk_report for
 * each look, and one byte comes for each change of mind: 1 wants a report every
 * JK_TURN_MS, 0 only when something is new. Ends with `parent`.
 */
JK_NORETURN void jk_watcher_run(int fd, pid_t parent);

#endif
