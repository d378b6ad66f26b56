/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes from a card process what it does not need, before it meets a card:
 * capabilities, resources, files, system calls. The request says which way it
 * goes to the card, and that what it needs.
 */
#ifndef JK_CONFINE_H
#define JK_CONFINE_H

#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "err.h"

/*
 * Before the request is read. `parent` is the accepter: when that has died,
 * or dies later, so does this process.
 */
enum jk_err jk_confine_start(pid_t parent);

/*
 * The rest, for direct PC/SC. A kernel without Landlock is accepted, as the
 * system call filter and the user's own rights stand; all else must succeed.
 */
enum jk_err jk_confine_direct(void);

/* A part of it, for what needs more. */
struct jk_room {
	rlim_t memory; /* address space, beyond what is mapped now */
	rlim_t files;
};

enum jk_err jk_confine_room(const struct jk_room *room);

#endif
