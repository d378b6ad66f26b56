/* SPDX-License-Identifier: BSD-2-Clause */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "frame.h"
#include "protocol.h"

enum jk_err
jk_peer_open(int fd, struct jk_peer *ret)
{
	struct jk_peer p = { .pidfd = -1, .proc_fd = -1 };
	struct ucred cred;
	socklen_t len = sizeof(cred);
	const int on = 1;
	char path[32];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0)
		return JK_ERR_SYS;
	if (cred.pid <= 0)
		return JK_ERR_REFUSED; /* in a pid namespace we cannot see */
	p.pid = cred.pid;
	p.uid = cred.uid;
	p.loginuid = JK_LOGINUID_UNSET;
	p.pidfd = (int)syscall(SYS_pidfd_open, p.pid, 0);
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)p.pid);
	p.proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p.pidfd < 0 || p.proc_fd < 0) {
		jk_peer_close(&p);
		return JK_ERR_REFUSED; /* gone, or hidden by hidepid */
	}
	*ret = p;
	return JK_OK;
}

/* A small file of /proc as text. */
static enum jk_err
read_proc(int dir, const char *name, char *ret, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return JK_ERR_NOT_FOUND;
	n = read(fd, ret, size - 1);
	close(fd);
	if (n <= 0)
		return JK_ERR_NOT_FOUND;
	ret[n] = '\0';
	return JK_OK;
}

static enum jk_err
parse_number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;
	unsigned long long n;

	if (text[0] < '0' || text[0] > '9')
		return JK_ERR_FORMAT;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || n > max ||
	    (*end != '\0' && *end != '\n' && *end != ' '))
		return JK_ERR_FORMAT;
	*ret = n;
	return JK_OK;
}

/*
 * Fields 3 and 22 of stat; the name in field 2 may hold blanks and brackets.
 * JK_ERR_NOT_FOUND: it is dead, and its parent has not looked yet.
 */
static enum jk_err
read_start(int proc_fd, uint64_t *ret)
{
	char stat[1024];
	const char *at;
	enum jk_err e = read_proc(proc_fd, "stat", stat, sizeof(stat));

	if (e != JK_OK)
		return e;
	at = strrchr(stat, ')');
	if (at != NULL &&
	    (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0))
		return JK_ERR_NOT_FOUND;
	for (int field = 2; at != NULL && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return JK_ERR_FORMAT;
	return parse_number(at + 1, UINT64_MAX, ret);
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
	char text[32];
	struct jk_cur echo;
	uint64_t loginuid, start;
	enum jk_err e;

	if (sender != peer->pid ||
	    jk_frame_get(request, JK_FIELD_NONCE, &echo) != JK_OK ||
	    echo.left != JK_NONCE_LEN ||
	    memcmp(echo.at, nonce, JK_NONCE_LEN) != 0)
		return JK_ERR_REFUSED;
	if ((e = read_proc(peer->proc_fd, "loginuid", text, sizeof(text))) !=
	        JK_OK ||
	    (e = parse_number(text, UINT32_MAX, &loginuid)) != JK_OK ||
	    (e = read_start(peer->proc_fd, &start)) != JK_OK)
		return e;
	/* Only now is it certain that the directory was this process's. */
	if (!is_alive(peer->pidfd))
		return JK_ERR_CLOSED;
	peer->loginuid = (uint32_t)loginuid;
	peer->start = start;
	return JK_OK;
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

enum jk_err
jk_process_start(pid_t pid, uint64_t *ret)
{
	char path[32];
	enum jk_err e;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return JK_ERR_NOT_FOUND;
	e = read_start(fd, ret);
	close(fd);
	return e;
}
