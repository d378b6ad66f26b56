/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One conversation from its greeting to its verdict: who is it, what does he
 * want, whose file answers that.
 */
#ifndef JK_SERVE_H
#define JK_SERVE_H

struct ucred;

/* For jk_accepter: returns the exit status. */
int jk_serve(int fd, const struct ucred *peer, void *ctx);

#endif
