/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every way that a PAM stack can take for a person whom pam_jukinet.so refuses,
 * whichever of its codes that is, and whatever the other modules say.
 */
#ifndef JK_PAMWALK_H
#define JK_PAMWALK_H

#include "pamstack.h"

/* PAST comes before WEAK; *ret_by is the line that leads past ours. */
enum jk_pamstack_fault jk_pamwalk(const struct jk_pamstack *stack,
    bool is_locker, size_t *ret_by);

#endif
