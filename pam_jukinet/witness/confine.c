/* SPDX-License-Identifier: BSD-2-Clause */
#include "confine.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

#include "sandbox.h"

static int
open_directory(const char *log_path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(log_path, '/');

	(void)snprintf(dir, sizeof(dir), "%.*s",
	    (int)(slash == log_path ? 1 : slash - log_path), log_path);
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/*
 * With log_group set auditd opens directory and log to that group, else it
 * closes the directory: being able to open it without tells for both.
 */
static enum jk_err
open_with_least(const char *log_path, int *ret_fd)
{
	const unsigned read_search = 1u << CAP_DAC_READ_SEARCH;
	uint32_t have;
	enum jk_err e;

	e = jk_sandbox_permitted(&have);
	if (e != JK_OK)
		return e;
	have &= read_search;
	e = jk_sandbox_capabilities(have, 0);
	if (e != JK_OK)
		return e;
	*ret_fd = open_directory(log_path);
	if (*ret_fd >= 0)
		return jk_sandbox_capabilities(0, 0);
	e = jk_sandbox_capabilities(have, have);
	if (e != JK_OK)
		return e;
	*ret_fd = open_directory(log_path);
	return *ret_fd >= 0 ? JK_OK : JK_ERR_SYS;
}

static const int allowed[] = {
	/* waiting, clients */
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(accept4),
	SCMP_SYS(getsockopt),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(close),
	/* the log */
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(fstat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(fdatasync),
	SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_rm_watch),
	/* messages, memory, time, the end */
	SCMP_SYS(write),
	SCMP_SYS(brk),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	SCMP_SYS(madvise),
	SCMP_SYS(getrandom),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(sigaltstack), /* the sanitizers at exit */
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(tgkill),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* The log and its rotated files, never to write. */
static const struct jk_call_rule read_only = {
	.call = SCMP_SYS(openat),
	.argument = {
		.arg = 2,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = O_ACCMODE | O_CREAT | O_TRUNC,
		.datum_b = O_RDONLY,
	},
};

enum jk_err
jk_confine(const char *log_path)
{
	int dir_fd = -1;
	enum jk_err e;

	e = open_with_least(log_path, &dir_fd);
	if (e == JK_OK)
		e = jk_sandbox_files(&dir_fd, 1);
	if (dir_fd >= 0)
		close(dir_fd);
	if (e != JK_OK)
		return e;
	return jk_sandbox_calls(allowed, JK_COUNT(allowed), &read_only, 1);
}
