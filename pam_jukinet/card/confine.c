/* SPDX-License-Identifier: BSD-2-Clause */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

/* Later than Debian 12's headers. */
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

#define MEMORY_MORE (64UL << 20)

static enum jk_err
die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return JK_ERR_SYS;
	/* It may have died before that. */
	return getppid() == parent ? JK_OK : JK_ERR_CLOSED;
}

static enum jk_err
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[2] = { 0 };

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
	    syscall(SYS_capset, &header, none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return JK_ERR_SYS;
	return JK_OK;
}

/* Bytes of address space that this process has now. */
static enum jk_err
own_size(rlim_t *ret)
{
	unsigned long pages;
	FILE *f = fopen("/proc/self/statm", "re");
	int n;

	if (f == NULL)
		return JK_ERR_SYS;
	n = fscanf(f, "%lu", &pages);
	fclose(f);
	if (n != 1)
		return JK_ERR_FORMAT;
	*ret = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
	return JK_OK;
}

static enum jk_err
limit(void)
{
	rlim_t size;
	enum jk_err e = own_size(&size);

	if (e != JK_OK)
		return e;
	size += MEMORY_MORE;
	const struct {
		__rlimit_resource_t what;
		rlim_t value;
	} limits[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_FSIZE, 0 },
		{ RLIMIT_NPROC, 0 },
		{ RLIMIT_NOFILE, 16 },
		{ RLIMIT_CPU, 5 },
		{ RLIMIT_AS, size },
	};

	for (size_t i = 0; i < JK_COUNT(limits); i++) {
		const struct rlimit r = { limits[i].value, limits[i].value };

		if (setrlimit(limits[i].what, &r) != 0)
			return JK_ERR_SYS;
	}
	return JK_OK;
}

/* All that this ABI knows is handled, and no rule allows any of it. */
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

/*
 * libpcsclite opens no file, and Landlock does not stand before a connect to
 * a socket with a path: so no path is allowed at all.
 */
enum jk_err
jk_confine_files(void)
{
	struct landlock_rules rules;
	size_t size;
	/* Else each refusal is an audit record, on kernels that write them. */
	unsigned quiet;
	int fd, r;
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
	r = (int)syscall(SYS_landlock_restrict_self, fd, quiet);
	close(fd);
	return r == 0 ? JK_OK : JK_ERR_SYS;
}

/*
 * What libc, libpcsclite, frames and locked memory need once they are loaded.
 * All others get EPERM, so that a libc that calls something new still logs
 * people in.
 */
static const int allowed[] = {
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

/* Nothing here ever does these by mistake: who tries is taken over. */
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

/* One call, allowed only with such an argument. */
static int
add_bound(scmp_filter_ctx f, int call, struct scmp_arg_cmp argument)
{
	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &argument);
}

static int
add_rules(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp is_unix = {
		.arg = 0,
		.op = SCMP_CMP_EQ,
		.datum_a = AF_UNIX,
	};
	const struct scmp_arg_cmp runs_nothing = {
		.arg = 2,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = PROT_EXEC,
		.datum_b = 0,
	};
	int r;

	if ((r = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1)) != 0 ||
	    (r = add_all(f, SCMP_ACT_ALLOW, allowed, JK_COUNT(allowed))) != 0 ||
	    (r = add_all(f, SCMP_ACT_KILL_PROCESS, fatal, JK_COUNT(fatal))) !=
	        0 ||
	    (r = add_bound(f, SCMP_SYS(socket), is_unix)) != 0 ||
	    (r = add_bound(f, SCMP_SYS(mmap), runs_nothing)) != 0)
		return r;
	return add_bound(f, SCMP_SYS(mprotect), runs_nothing);
}

static enum jk_err
filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (filter == NULL)
		return JK_ERR_NOMEM;
	r = add_rules(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r == 0 ? JK_OK : JK_ERR_SYS;
}

enum jk_err
jk_confine(pid_t parent)
{
	enum jk_err e;

	if ((e = die_with(parent)) != JK_OK ||
	    (e = drop_capabilities()) != JK_OK || (e = limit()) != JK_OK ||
	    (e = jk_confine_files()) != JK_OK)
		return e;
	return filter_calls();
}
