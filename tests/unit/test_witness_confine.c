/* SPDX-License-Identifier: BSD-2-Clause */
/* Each case in a child that has confined itself. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"

/* AddressSanitizer asks for more system calls than a confined process has. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

static char dir[64], log_path[96];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/jukinet-confine-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(log_path, sizeof(log_path), "%s/audit.log", dir);
	fclose(fopen(log_path, "w"));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(log_path);
	return rmdir(dir);
}

typedef bool case_fn(void);

/* The wait status of a confined child; its exit status 0: `fn` was true. */
static int
in_confined_child(case_fn *fn)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
		    jk_confine(log_path) != JK_OK)
			_exit(2);
		_exit(fn() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool
reads_the_log(void)
{
	char byte;
	int fd = open(log_path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, &byte, 1) == 0 && fdatasync(fd) == 0;
}

static bool
cannot_read_elsewhere(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0;
}

static bool
cannot_write(void)
{
	return open(log_path, O_WRONLY | O_CLOEXEC) < 0 &&
	       open(log_path, O_RDWR | O_CLOEXEC) < 0 &&
	       open(log_path, O_RDONLY | O_TRUNC | O_CLOEXEC) < 0 &&
	       unlink(log_path) < 0 && rename(log_path, dir) < 0 &&
	       chmod(log_path, 0666) < 0 && truncate(log_path, 0) < 0;
}

static bool
cannot_begin_anything(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 &&
	       errno == EPERM && syscall(SYS_fork) < 0 && errno == EPERM &&
	       kill(getppid(), 0) < 0 && errno == EPERM;
}

static bool
execs(void)
{
	char *const argv[] = { NULL };

	execve("/bin/true", argv, argv);
	return true;
}

static bool
traces(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	return true;
}

static bool
unshares(void)
{
	(void)!syscall(SYS_unshare, 0);
	return true;
}

static void
skip_with_sanitizer(void)
{
	if (!sanitized)
		return;
	print_message("# skipped: AddressSanitizer cannot be confined\n");
	skip();
}

static void
test_confined_can_and_cannot(void **state)
{
	static const struct {
		const char *name;
		case_fn *fn;
	} rows[] = {
		{ "reads the log", reads_the_log },
		{ "cannot write", cannot_write },
		{ "cannot begin anything", cannot_begin_anything },
	};

	(void)state;
	skip_with_sanitizer();
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		int status = in_confined_child(rows[i].fn);

		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("%s: status %#x", rows[i].name,
			    (unsigned)status);
	}
}

static void
test_confined_reads_nothing_elsewhere(void **state)
{
	(void)state;
	skip_with_sanitizer();
	if (syscall(SYS_landlock_create_ruleset, NULL, 0,
	        LANDLOCK_CREATE_RULESET_VERSION) < 1) {
		print_message("# skipped: no Landlock in this kernel\n");
		skip();
	}
	assert_int_equal(in_confined_child(cannot_read_elsewhere), 0);
}

static void
test_confined_dies_of_what_an_intruder_needs(void **state)
{
	static const struct {
		const char *name;
		case_fn *fn;
	} rows[] = {
		{ "execve", execs },
		{ "ptrace", traces },
		{ "unshare", unshares },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		int status = in_confined_child(rows[i].fn);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("%s: status %#x", rows[i].name,
			    (unsigned)status);
	}
}

static void
test_confine_without_the_directory_fails(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(jk_confine("/nonexistent/audit.log") == JK_ERR_SYS &&
		              errno == ENOENT
		          ? 0
		          : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confined_can_and_cannot),
		cmocka_unit_test(test_confined_reads_nothing_elsewhere),
		cmocka_unit_test(test_confined_dies_of_what_an_intruder_needs),
		cmocka_unit_test(test_confine_without_the_directory_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
