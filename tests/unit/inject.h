/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a function in a child and lets something go wrong at its n-th system
 * call that changes a file: the kernel asks us before each of them (seccomp
 * user notification), whatever library makes it.
 */
#ifndef JK_TEST_INJECT_H
#define JK_TEST_INJECT_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum inject {
	INJECT_NOTHING,
	INJECT_KILL,       /* kill -9 instead of the call */
	INJECT_HALF_KILL,  /* of a write: half of it, then kill -9 */
	INJECT_FULL,       /* ENOSPC, this time */
	INJECT_HALF_FULL,  /* of a write: half of it, then ENOSPC */
	INJECT_HALF_STUCK, /* and once more, for what would take it back */
	INJECT_FULL_ON,    /* ENOSPC from this call on */
};

struct injected {
	unsigned calls; /* that were seen */
	int nr[64];     /* which they were, the first of them */
	bool killed;
	int status; /* what the function returned, when not killed */
};

static inline void
inject_need(bool condition)
{
	if (!condition)
		abort();
}

/* In the child: every call below is asked about; to *ret by `channel`. */
static inline void
inject_install(int channel)
{
	static const int calls[] = { SCMP_SYS(write), SCMP_SYS(pwrite64),
		SCMP_SYS(writev), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
		SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
		SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fchown),
		SCMP_SYS(fchmod), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
		SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(link),
		SCMP_SYS(linkat) };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	int fd;

	inject_need(filter != NULL);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		inject_need(seccomp_rule_add(filter, SCMP_ACT_NOTIFY, calls[i],
		                0) == 0);
	inject_need(seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(openat),
	                1, SCMP_A2(SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT)) == 0);
	inject_need(seccomp_load(filter) == 0);
	fd = seccomp_notify_fd(filter);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	inject_need(sendmsg(channel, &message, 0) == 1);
	seccomp_release(filter);
}

/* The descriptor that the child sends; -1: it could not. */
static inline int
inject_receive(int channel)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) == 1 &&
	    CMSG_FIRSTHDR(&message) != NULL)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* Half of what the child is about to write, in its stead. 0: no write. */
static inline int64_t
inject_half(pid_t pid, const struct seccomp_data *call)
{
	size_t n = call->nr == SCMP_SYS(write) ? (size_t)call->args[2] / 2 : 0;
	struct iovec here = { NULL, n };
	struct iovec there = { (void *)(uintptr_t)call->args[1], n };
	int pidfd, fd;

	if (n == 0)
		return 0;
	here.iov_base = malloc(n);
	inject_need(here.iov_base != NULL);
	inject_need(
	    process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)n);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)call->args[0], 0);
	inject_need(fd >= 0 && write(fd, here.iov_base, n) == (ssize_t)n);
	close(fd);
	close(pidfd);
	free(here.iov_base);
	return (int64_t)n;
}

static inline bool
inject_is_half(enum inject what)
{
	return what == INJECT_HALF_KILL || what == INJECT_HALF_FULL ||
	       what == INJECT_HALF_STUCK;
}

/* How many calls find no room, from this one or the one behind half a write. */
static inline unsigned
inject_count(enum inject what, bool half)
{
	if (what == INJECT_NOTHING)
		return 0;
	if (what == INJECT_FULL_ON)
		return UINT_MAX;
	return half && what == INJECT_HALF_STUCK ? 2 : 1;
}

/* Answers until the child has gone. */
static inline void
inject_serve(int notify, pid_t pid, enum inject what, unsigned at,
    struct injected *ret)
{
	struct seccomp_notif *call = NULL;
	struct seccomp_notif_resp *answer = NULL;
	unsigned full = 0; /* so many calls find no room */

	inject_need(seccomp_notify_alloc(&call, &answer) == 0);
	for (;;) {
		int64_t half = 0;
		bool now;

		memset(call, 0, sizeof(*call));
		if (ioctl(notify, SECCOMP_IOCTL_NOTIF_RECV, call) != 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		if (ret->calls < sizeof(ret->nr) / sizeof(ret->nr[0]))
			ret->nr[ret->calls] = call->data.nr;
		now = ++ret->calls == at;
		if (now && inject_is_half(what))
			half = inject_half(pid, &call->data);
		if (now && (what == INJECT_KILL || what == INJECT_HALF_KILL)) {
			inject_need(kill(pid, SIGKILL) == 0);
			break;
		}
		if (now)
			full = inject_count(what, half > 0);
		memset(answer, 0, sizeof(*answer));
		answer->id = call->id;
		if (half > 0)
			answer->val = half;
		else if (full > 0 && full-- > 0)
			answer->error = -ENOSPC;
		else
			answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		inject_need(
		    ioctl(notify, SECCOMP_IOCTL_NOTIF_SEND, answer) == 0 ||
		    errno == ENOENT);
	}
	seccomp_notify_free(call, answer);
}

/* False: this machine cannot, or the function had ended before that call. */
static inline bool
inject_run(int (*function)(void), enum inject what, unsigned at,
    struct injected *ret)
{
	int channel[2], notify, status;
	pid_t pid;

	*ret = (struct injected){ 0 };
	inject_need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	                channel) == 0);
	pid = fork();
	inject_need(pid >= 0);
	if (pid == 0) {
		inject_install(channel[1]);
		_exit(function());
	}
	close(channel[1]);
	notify = inject_receive(channel[0]);
	close(channel[0]);
	if (notify >= 0)
		inject_serve(notify, pid, what, at, ret);
	if (notify >= 0)
		close(notify);
	inject_need(waitpid(pid, &status, 0) == pid);
	ret->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	inject_need(ret->killed || WIFEXITED(status) || notify < 0);
	ret->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return notify >= 0 && (what == INJECT_NOTHING || ret->calls >= at);
}

#endif
