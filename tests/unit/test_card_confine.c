/* SPDX-License-Identifier: BSD-2-Clause */
/* Each case runs in a child, as nothing here can be taken back. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "sandbox.h"

/* 0 when what is forbidden was refused, else a number to look for. */
typedef int attempt_fn(void);

static int
run(attempt_fn *attempt, bool confined)
{
	pid_t parent = getpid(), child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		if (confined && (jk_confine_start(parent) != JK_OK ||
		                    jk_confine_direct() != JK_OK))
			_exit(99);
		_exit(attempt());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static int
open_file(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? 0 : 1;
}

static int
open_internet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? 0 : 1;
}

static int
open_unix(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : 1;
}

static int
map_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED && errno == EPERM ? 0 : 1;
}

static int
start_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 ? 0 : 1;
}

static int
kill_others(void)
{
	return kill(getppid(), 0) != 0 ? 0 : 1;
}

static int
run_program(void)
{
	char *const argv[] = { NULL };

	execve("/bin/true", argv, argv);
	return 0;
}

static int
trace(void)
{
	(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	return 0;
}

static void
test_confine_refuses(void **state)
{
	static attempt_fn *const attempts[] = { open_file, open_internet,
		map_code, start_process, kill_others };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(attempts); i++) {
		/* It would work elsewhere, so that the refusal says something. */
		assert_int_equal(run(attempts[i], false), 1 << 8);
		assert_int_equal(run(attempts[i], true), 0);
	}
}

static void
test_confine_leaves_what_is_needed(void **state)
{
	(void)state;
	assert_int_equal(run(open_unix, true), 0);
}

static void
test_confine_kills_the_taken_over(void **state)
{
	static attempt_fn *const attempts[] = { run_program, trace };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(attempts); i++) {
		int status = run(attempts[i], true);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

/* On its own, as the filter of system calls would hide it. */
static int
open_with_landlock_only(void)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0,
	        LANDLOCK_CREATE_RULESET_VERSION) < 0)
		return 77;
	/* Without capabilities Landlock wants this first. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    jk_sandbox_files(NULL, 0) != JK_OK)
		return 98;
	return open_file();
}

static void
test_confine_files_opens_nothing(void **state)
{
	int status;

	(void)state;
	status = run(open_with_landlock_only, false);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static int
orphan(void)
{
	return jk_confine_start(getppid() + 1) == JK_ERR_CLOSED ? 0 : 1;
}

static void
test_confine_orphan_does_not_start(void **state)
{
	(void)state;
	assert_int_equal(run(orphan, false), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confine_refuses),
		cmocka_unit_test(test_confine_leaves_what_is_needed),
		cmocka_unit_test(test_confine_kills_the_taken_over),
		cmocka_unit_test(test_confine_files_opens_nothing),
		cmocka_unit_test(test_confine_orphan_does_not_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
