/* SPDX-License-Identifier: BSD-2-Clause */
#include "peer.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "frame.h"
#include "log.h"
#include "process.h"
#include "protocol.h"

enum jk_err
jk_peer_open(int fd, struct jk_peer *ret)
{
	struct jk_peer p = { .pidfd = -1, .proc_fd = -1 };
	struct ucred cred;
	socklen_t len = sizeof(cred);
	const int on = 1;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0)
		return JK_ERR_SYS;
	if (cred.pid <= 0)
		return JK_ERR_REFUSED; /* in a pid namespace we cannot see */
	p.pid = cred.pid;
	p.uid = cred.uid;
	p.real = (uid_t)-1;
	p.loginuid = JK_LOGINUID_UNSET;
	p.pidfd = (int)syscall(SYS_pidfd_open, p.pid, 0);
	if (p.pidfd < 0 || jk_process_open(p.pid, &p.proc_fd) != JK_OK) {
		jk_peer_close(&p);
		return JK_ERR_REFUSED; /* gone, or hidden by hidepid */
	}
	*ret = p;
	return JK_OK;
}

static bool
is_alive(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

enum jk_err
jk_peer_prove(struct jk_peer *peer, pid_t sender,
    const struct jk_frame *request, const uint8_t *nonce)
{
	struct jk_cur echo;
	struct jk_process_uids uids;
	uint32_t loginuid;
	uint64_t start;
	enum jk_err e;

	if (sender != peer->pid ||
	    jk_frame_get(request, JK_FIELD_NONCE, &echo) != JK_OK ||
	    echo.left != JK_NONCE_LEN ||
	    memcmp(echo.at, nonce, JK_NONCE_LEN) != 0)
		return JK_ERR_REFUSED;
	if ((e = jk_process_loginuid_at(peer->proc_fd, &loginuid)) != JK_OK ||
	    (e = jk_process_uids_at(peer->proc_fd, &uids)) != JK_OK ||
	    (e = jk_process_start_at(peer->proc_fd, &start)) != JK_OK)
		return e;
	/* Only now is it certain that the directory was this process's. */
	if (!is_alive(peer->pidfd))
		return JK_ERR_CLOSED;
	peer->real = uids.real;
	peer->loginuid = loginuid;
	peer->start = start;
	return JK_OK;
}

bool
jk_peer_tell_hidden(void)
{
	if (!jk_process_are_hidden())
		return false;
	jk_log(JK_LOG_ERR,
	    "hidepid of /proc hides callers from me, so nobody is let in: mount "
	    "it without, or put _jukinet into the group of its gid; then "
	    "restart me (CALLERS in jukinetd(8))");
	return true;
}

void
jk_peer_close(struct jk_peer *peer)
{
	if (peer->pidfd >= 0)
		close(peer->pidfd);
	if (peer->proc_fd >= 0)
		close(peer->proc_fd);
	*peer = (struct jk_peer){ .pidfd = -1, .proc_fd = -1 };
}
