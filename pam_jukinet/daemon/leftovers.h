/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a session that has ended has left running at its account: another person
 * is let in when it is gone (design rule 9). A login is told so, and so is AUTH,
 * since a locker of root's asks nothing else and would open the screen that was
 * left.
 */
#ifndef JK_LEFTOVERS_H
#define JK_LEFTOVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct jk_session;
struct jk_worker;

/*
 * Does anything run at worker->account that is not this person's? `last` is the
 * session that has ended there, zeroed when none is known.
 */
bool jk_leftovers_keep_out(const struct jk_worker *worker, const char *person,
    const struct jk_session *last);

/* Boot time (ms) until which a try that begins to wait now waits. */
int64_t jk_leftovers_until(const struct jk_worker *worker);
/*
 * JK_OK: it is time to look again. JK_ERR_TIMEOUT: it has been waited long
 * enough; JK_ERR_REFUSED: the caller has gone.
 */
enum jk_err jk_leftovers_wait(const struct jk_worker *worker, int64_t until);

#endif
