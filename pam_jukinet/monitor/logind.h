/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * logind's sessions: which there are, whether their lockers say that they are
 * locked, when they were opened; and the requests to lock and to end them.
 * Nothing waits for an answer. Without logind, or while it is away, all of it
 * is unknown and it is looked for again.
 */
#ifndef JK_LOGIND_H
#define JK_LOGIND_H

#include <systemd/sd-event.h>

#include "err.h"
#include "rules.h"

struct jk_logind;

/* Something is new in *jk_logind_screens(). */
typedef void jk_logind_fn(void *ctx);

enum jk_err jk_logind_new(sd_event *event, jk_logind_fn *changed, void *ctx,
    struct jk_logind **ret);
void jk_logind_free(struct jk_logind **logind);
const struct jk_screens *jk_logind_screens(const struct jk_logind *logind);

void jk_logind_lock(struct jk_logind *logind, const char *screen);
void jk_logind_terminate(struct jk_logind *logind, const char *screen);
void jk_logind_terminate_user(struct jk_logind *logind, uid_t uid);
/* SIGKILL to all of its processes that belong to a session or its manager. */
void jk_logind_kill_user(struct jk_logind *logind, uid_t uid);
/* All is locked: the machine may sleep. */
void jk_logind_sleep(struct jk_logind *logind);

#endif
