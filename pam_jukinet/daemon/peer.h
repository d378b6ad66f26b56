/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at the other end. SO_PEERCRED names the process that connected, but
 * that process may have passed the connection on, or be dead and its pid
 * taken by somebody else. So: hold a pidfd and the /proc directory of the pid,
 * send a nonce, and take the first packet only when the kernel says that this
 * same pid sent it, with the nonce in it, while it still lives. Works without
 * SO_PEERPIDFD (Linux 6.5).
 */
#ifndef JK_PEER_H
#define JK_PEER_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"

struct jk_frame;

#define JK_LOGINUID_UNSET UINT32_MAX

struct jk_peer {
	pid_t pid;
	uid_t uid;  /* effective when it connected: 0 for su and sudo */
	uid_t real; /* of the one who started it, where it is set-user-ID */
	uint32_t loginuid;
	uint64_t start; /* of the process, clock ticks since boot */
	int pidfd;      /* -1: none */
	int proc_fd;    /* its directory in /proc; -1: none */
};

/* Step one, before the greeting. Releases nothing on failure but its own. */
enum jk_err jk_peer_open(int fd, struct jk_peer *ret);
/*
 * Step two, when the first frame has come from `sender`: is it this process,
 * does it know the nonce, is it alive? Then its real uid and its
 * loginuid are read.
 */
enum jk_err jk_peer_prove(struct jk_peer *peer, pid_t sender,
    const struct jk_frame *request, const uint8_t *nonce);
/* Logs that /proc hides all callers, and what to do; false where it does not. */
bool jk_peer_tell_hidden(void);
void jk_peer_close(struct jk_peer *peer);

#endif
