/* SPDX-License-Identifier: BSD-2-Clause */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

/* Newer than the oldest headers that are built with: ABI 7. */
#define LANDLOCK_LOG_SAME_EXEC_OFF 1u

static enum jk_err
set_capabilities(unsigned permitted, unsigned effective)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2] = {
		{ .permitted = permitted, .effective = effective },
	};

	return syscall(SYS_capset, &head, caps) == 0 ? JK_OK : JK_ERR_SYS;
}

static enum jk_err
permitted_capabilities(unsigned *ret)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2] = { 0 };

	if (syscall(SYS_capget, &head, caps) != 0)
		return JK_ERR_SYS;
	*ret = caps[0].permitted;
	return JK_OK;
}

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
	unsigned have;
	enum jk_err e;

	e = permitted_capabilities(&have);
	if (e != JK_OK)
		return e;
	have &= read_search;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
		return JK_ERR_SYS;
	e = set_capabilities(have, 0);
	if (e != JK_OK)
		return e;
	*ret_fd = open_directory(log_path);
	if (*ret_fd >= 0)
		return set_capabilities(0, 0);
	e = set_capabilities(have, have);
	if (e != JK_OK)
		return e;
	*ret_fd = open_directory(log_path);
	return *ret_fd >= 0 ? JK_OK : JK_ERR_SYS;
}

/* Every right that this kernel's version knows; refused unless allowed. */
static uint64_t
rights_of(int abi)
{
	if (abi >= 5)
		return (1u << 16) - 1; /* IOCTL_DEV */
	if (abi >= 3)
		return (1u << 15) - 1;                     /* TRUNCATE */
	return abi == 2 ? (1u << 14) - 1 : (1u << 13) - 1; /* REFER */
}

static enum jk_err
allow_reading(int ruleset, int dir_fd)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access =
		    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
		.parent_fd = dir_fd,
	};

	return syscall(SYS_landlock_add_rule, ruleset,
	           LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
	           ? JK_OK
	           : JK_ERR_SYS;
}

static enum jk_err
restrict_files(int dir_fd)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = rights_of((int)abi),
	};
	int ruleset;
	enum jk_err e;

	if (abi < 1)
		return JK_OK; /* older kernel, or switched off */
	ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return JK_ERR_SYS;
	e = allow_reading(ruleset, dir_fd);
	/* Else each denial would be an audit record (ABI 7 and later). */
	if (e == JK_OK && syscall(SYS_landlock_restrict_self, ruleset,
	                      abi >= 7 ? LANDLOCK_LOG_SAME_EXEC_OFF : 0) != 0)
		e = JK_ERR_SYS;
	close(ruleset);
	return e;
}

static int
add_rules(scmp_filter_ctx ctx)
{
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
		SCMP_SYS(getpid),
		SCMP_SYS(gettid),
		SCMP_SYS(tgkill),
		SCMP_SYS(exit),
		SCMP_SYS(exit_group),
	};
	static const int deadly[] = {
		SCMP_SYS(bpf),
		SCMP_SYS(execve),
		SCMP_SYS(execveat),
		SCMP_SYS(init_module),
		SCMP_SYS(finit_module),
		SCMP_SYS(kexec_load),
		SCMP_SYS(mount),
		SCMP_SYS(pivot_root),
		SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev),
		SCMP_SYS(ptrace),
		SCMP_SYS(setns),
		SCMP_SYS(umount2),
		SCMP_SYS(unshare),
	};
	int failed = 0;

	for (size_t i = 0; i < JK_COUNT(allowed); i++)
		failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < JK_COUNT(deadly); i++)
		failed |=
		    seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC,
	        O_RDONLY));
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	failed |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return failed;
}

static enum jk_err
restrict_calls(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int failed;

	if (ctx == NULL)
		return JK_ERR_NOMEM;
	failed = add_rules(ctx);
	if (failed == 0)
		failed = seccomp_load(ctx);
	seccomp_release(ctx);
	return failed == 0 ? JK_OK : JK_ERR_SYS;
}

enum jk_err
jk_confine(const char *log_path)
{
	int dir_fd = -1;
	enum jk_err e;

	e = open_with_least(log_path, &dir_fd);
	if (e == JK_OK)
		e = restrict_files(dir_fd);
	if (dir_fd >= 0)
		close(dir_fd);
	return e == JK_OK ? restrict_calls() : e;
}
