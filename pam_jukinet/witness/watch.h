/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of those who ask (connections) and of the ids that they wait for.
 * An asker is known by the kernel's word (SO_PEERCRED); a record is his when
 * id, kernel uid and kernel pid agree. Nothing here blocks: who sends what is
 * malformed, or does not read, is closed.
 */
#ifndef JK_WATCH_H
#define JK_WATCH_H

#include <poll.h>
#include <stdint.h>

#include "err.h"
#include "follow.h"

#define JK_ASKERS_MAX 256
/* Of one asker at a time: those of a use in flight, as many that it has
 * announced ahead, and some that it gave up. */
#define JK_WATCHES_MAX 40

struct jk_watchers;

/* *ret is released by jk_watchers_free(). */
enum jk_err jk_watchers_new(struct jk_watchers **ret);
/* Closes every connection. NULL is fine; leaves NULL. */
void jk_watchers_free(struct jk_watchers **watchers);

/* Takes a new connection over; closes it when there are too many. */
void jk_watchers_add(struct jk_watchers *watchers, int fd);
/* Writes JK_ASKERS_MAX entries at most, returns how many. */
nfds_t jk_watchers_poll(const struct jk_watchers *watchers, struct pollfd *ret);
/*
 * Reads the requests of each that poll() found readable. `fds` is what
 * jk_watchers_poll() wrote, unchanged but for revents.
 */
void jk_watchers_receive(struct jk_watchers *watchers, const struct pollfd *fds,
    nfds_t n);

/* How many ids are waited for, asked and watched. */
unsigned jk_watchers_waiting(const struct jk_watchers *watchers);
/* Whether a WATCH has no answer yet. */
bool jk_watchers_is_asked(const struct jk_watchers *watchers);
/*
 * Answers each WATCH: WATCHING when the log can be followed now; FAILED when
 * it could not for as long as a rotation may take.
 */
void jk_watchers_admit(struct jk_watchers *watchers, bool can_follow);

/* A jk_line_fn; ctx is the struct jk_watchers. */
void jk_watchers_line(void *ctx, const char *line, size_t len);
/*
 * Sends the receipts of what jk_watchers_line() found, if the file it was
 * found in stands where auditd keeps its log. False: some remain.
 */
bool jk_watchers_settle(struct jk_watchers *watchers, struct jk_follow *follow);
/* What was found was in a file that is lost: as if it had not been seen. */
void jk_watchers_forget(struct jk_watchers *watchers);

#endif
