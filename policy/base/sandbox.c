/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Later than the oldest headers that are built with. */
#define LANDLOCK_TRUNCATE     (1ULL << 14) /* ABI 3 */
#define LANDLOCK_IOCTL_DEV    (1ULL << 15) /* ABI 5 */
#define LANDLOCK_NET          3ULL         /* ABI 4: bind and connect, TCP */
#define LANDLOCK_SCOPED       3ULL         /* ABI 6: abstract sockets, kill */
#define LANDLOCK_LOG_SAME_OFF 1U           /* ABI 7 */

struct landlock_rules {
	__u64 fs;
	__u64 net;
	__u64 scoped;
};

enum jk_err
jk_sandbox_capabilities(uint32_t permitted, uint32_t effective)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct data[2] = {
		{ .permitted = permitted, .effective = effective },
	};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
	    syscall(SYS_capset, &header, data) != 0)
		return JK_ERR_SYS;
	return JK_OK;
}

enum jk_err
jk_sandbox_permitted(uint32_t *ret)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) != 0)
		return JK_ERR_SYS;
	*ret = data[0].permitted;
	return JK_OK;
}

/* All that this ABI knows is handled: refused unless a rule allows it. */
static struct landlock_rules
rules_for(long abi, size_t *ret_size)
{
	struct landlock_rules r = {
		.fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	};

	if (abi >= 2)
		r.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		r.fs |= LANDLOCK_TRUNCATE;
	if (abi >= 4)
		r.net = LANDLOCK_NET;
	if (abi >= 5)
		r.fs |= LANDLOCK_IOCTL_DEV;
	if (abi >= 6)
		r.scoped = LANDLOCK_SCOPED;
	*ret_size = abi >= 6   ? sizeof(r)
	            : abi >= 4 ? offsetof(struct landlock_rules, scoped)
	                       : offsetof(struct landlock_rules, net);
	return r;
}

static enum jk_err
allow_reading(int ruleset, int fd)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = fd,
	};
	struct stat st;

	if (fstat(fd, &st) != 0)
		return JK_ERR_SYS;
	if (S_ISDIR(st.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	return syscall(SYS_landlock_add_rule, ruleset,
	           LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0
	           ? JK_OK
	           : JK_ERR_SYS;
}

enum jk_err
jk_sandbox_files(const int *readable, size_t n)
{
	struct landlock_rules rules;
	size_t size;
	/* Else each refusal is an audit record, on kernels that write them. */
	unsigned quiet;
	int fd;
	enum jk_err e = JK_OK;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	if (abi < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? JK_OK
		                                              : JK_ERR_SYS;
	rules = rules_for(abi, &size);
	quiet = abi >= 7 ? LANDLOCK_LOG_SAME_OFF : 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd < 0)
		return JK_ERR_SYS;
	for (size_t i = 0; i < n && e == JK_OK; i++)
		e = allow_reading(fd, readable[i]);
	if (e == JK_OK && syscall(SYS_landlock_restrict_self, fd, quiet) != 0)
		e = JK_ERR_SYS;
	close(fd);
	return e;
}

/* Nothing of ours ever does these by mistake: who tries is taken over. */
static const int fatal[] = {
	SCMP_SYS(add_key),
	SCMP_SYS(bpf),
	SCMP_SYS(chroot),
	SCMP_SYS(delete_module),
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(finit_module),
	SCMP_SYS(fsopen),
	SCMP_SYS(init_module),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(kexec_load),
	SCMP_SYS(keyctl),
	SCMP_SYS(mount),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(pivot_root),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(ptrace),
	SCMP_SYS(reboot),
	SCMP_SYS(request_key),
	SCMP_SYS(setns),
	SCMP_SYS(swapon),
	SCMP_SYS(umount2),
	SCMP_SYS(unshare),
	SCMP_SYS(userfaultfd),
};

static int
add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = seccomp_rule_add(filter, action, calls[i], 0);

		if (r != 0)
			return r;
	}
	return 0;
}

static int
add_bound(scmp_filter_ctx filter, const struct jk_call_rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
		    rules[i].call, 1, &rules[i].argument);

		if (r != 0)
			return r;
	}
	return 0;
}

static int
add_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp runs_nothing = {
		.arg = 2,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = PROT_EXEC,
		.datum_b = 0,
	};
	const struct jk_call_rule rules[] = {
		{ SCMP_SYS(mmap), runs_nothing },
		{ SCMP_SYS(mprotect), runs_nothing },
	};

	return add_bound(filter, rules, JK_COUNT(rules));
}

enum jk_err
jk_sandbox_calls(const int *allowed, size_t n, const struct jk_call_rule *rules,
    size_t n_rules)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (filter == NULL)
		return JK_ERR_NOMEM;
	if ((r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1)) == 0 &&
	    (r = add_all(filter, SCMP_ACT_ALLOW, allowed, n)) == 0 &&
	    (r = add_all(filter, SCMP_ACT_KILL_PROCESS, fatal,
	         JK_COUNT(fatal))) == 0 &&
	    (r = add_bound(filter, rules, n_rules)) == 0 &&
	    (r = add_memory(filter)) == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r == 0 ? JK_OK : JK_ERR_SYS;
}

static const int talking[] = {
	SCMP_SYS(brk),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(close),
	SCMP_SYS(connect),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(lseek),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(mremap),
	SCMP_SYS(munlock),
	SCMP_SYS(munmap),
	SCMP_SYS(nanosleep),
	SCMP_SYS(newfstatat),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity), /* the sanitizers, of a new thread */
	SCMP_SYS(sched_yield),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(setitimer),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(stat),
	SCMP_SYS(statx),
	SCMP_SYS(write),
	SCMP_SYS(writev),
};

enum jk_err
jk_sandbox_talk(const struct jk_call_rule *more, size_t n)
{
	struct jk_call_rule rules[1 + JK_TALK_MORE] = {
		{
			.call = SCMP_SYS(socket),
			.argument = {
				.arg = 0,
				.op = SCMP_CMP_EQ,
				.datum_a = AF_UNIX,
			},
		},
	};

	if (n > JK_TALK_MORE)
		return JK_ERR_TOO_BIG;
	for (size_t i = 0; i < n; i++)
		rules[1 + i] = more[i];
	return jk_sandbox_calls(talking, JK_COUNT(talking), rules, 1 + n);
}
