/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A place at jukinetd's socket while a crowd stands there. The kernel lets in
 * who has waited longest, and only who waits: so a thread does, as the process
 * that asks must be the one that has connected.
 */
#ifndef JK_CROWD_H
#define JK_CROWD_H

#include <stdint.h>

#include "err.h"

struct jk_crowd;

enum jk_err jk_crowd_new(struct jk_crowd **ret);
/* Threads that still wait keep what they need. */
void jk_crowd_free(struct jk_crowd **crowd);
/* Readable when somebody was let in, or has waited in vain. */
int jk_crowd_fd(const struct jk_crowd *crowd);
/* Begins to wait, for two seconds at most. */
enum jk_err jk_crowd_enter(struct jk_crowd *crowd, uint64_t *ret_place);
/* The next one whose wait is over: his connection, or -1. False: nobody. */
bool jk_crowd_leave(struct jk_crowd *crowd, uint64_t *ret_place, int *ret_fd);

#endif
