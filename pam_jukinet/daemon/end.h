/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a session, and its record. */
#ifndef JK_END_H
#define JK_END_H

#include <stdbool.h>

#include "session.h"

struct jk_attempt;
struct jk_outcome;
struct jk_worker;

/*
 * Of a session that was closed: the record of its end with its receipt, and
 * the answer. Without a receipt it is left to whoever comes next.
 */
void jk_end_answer(struct jk_worker *worker, struct jk_outcome *outcome,
    const struct jk_session *session);

/*
 * The same without an answer or a receipt, for the sessions of an account that
 * died or that a reboot cut off (JK_OK also when there is none).
 */
enum jk_err jk_end_lost(struct jk_worker *worker, uid_t uid);

/* A supervisor was proven at somebody else's locked screen: it ends. */
void jk_end_relieve(struct jk_worker *worker, struct jk_attempt *attempt);

#endif
