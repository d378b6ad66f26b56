/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How sessions stand, from the frames of jukinetd and from its notices. Pure:
 * what comes in is checked as if it came from an enemy.
 */
#ifndef JK_SESSIONS_H
#define JK_SESSIONS_H

#include "err.h"
#include "frame.h"
#include "rules.h"

/* Another LIVE of the answer; of those that do not fit one active one is kept. */
enum jk_err jk_sessions_add(struct jk_sessions *sessions,
    const struct jk_frame *live);
/* The settings in the VERDICT that ends it. */
enum jk_err jk_sessions_settle(struct jk_sessions *sessions,
    const struct jk_frame *verdict);

/* The name of a notice: the uid of an account. */
enum jk_err jk_notice_uid(const char *name, uid_t *ret);
/* Does it say that the account's session has ended? */
enum jk_err jk_notice_parse(const void *data, size_t len, bool *ret_ended);

#endif
