/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How an account's session stands, for whoever waits: /run/jukinet/sessions/UID,
 * which anybody may read and only jukinetd writes. It names nobody, and grants
 * nothing: what is asked of jukinetd is decided by what stands in the state.
 */
#ifndef JK_NOTICE_H
#define JK_NOTICE_H

struct jk_session;

/* Beside the state directory `dir`; failure is logged. */
void jk_notice_put(int dir, const struct jk_session *session);

#endif
