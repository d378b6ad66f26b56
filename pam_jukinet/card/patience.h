/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No call of PC/SC has a limit. A timer tells the worker when others keep the
 * card to themselves, and has the last word at the deadline: what this
 * process was waiting for. One for the process.
 */
#ifndef JK_PATIENCE_H
#define JK_PATIENCE_H

#include <stdint.h>

#include "err.h"

enum jk_wait {
	JK_WAIT_WORKER, /* has limits of its own: the timer says nothing */
	JK_WAIT_PCSCD,
	JK_WAIT_OTHERS, /* who use the card */
	JK_WAIT_CARD,
	JK_WAIT_READER, /* at whose keys a person types */
};

/*
 * From now to boot time `until`, at most 600 s. `fd` is the worker's, and
 * stays open. The process ends at `until`, or soon after it.
 */
enum jk_err jk_patience_start(int fd, int64_t until);
/* From here on the process waits for this one. */
void jk_patience_wait(enum jk_wait what);
/* Others do not keep the card, or not any longer. */
void jk_patience_served(void);

#endif
