/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes from a card process what it does not need, before it meets card or
 * request: capabilities, resources, files, system calls.
 */
#ifndef JK_CONFINE_H
#define JK_CONFINE_H

#include <sys/types.h>

#include "err.h"

/*
 * `parent` is the accepter: when that has died, or dies later, so does this
 * process. A kernel without Landlock is accepted, as the system call filter
 * and the user's own rights stand; all else must succeed.
 */
enum jk_err jk_confine(pid_t parent);

#endif
