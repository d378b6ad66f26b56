/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "clock.h"
#include "lock.h"
#include "scratch.h"

static void
test_lock_take_second_waits_no_longer_than_told(void **state)
{
	struct scratch p;
	int one, two = -1;
	int64_t began;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_lock_take(p.dir, "x.lock", 0, &one), JK_OK);
	began = jk_boot_ms();
	assert_int_equal(jk_lock_take(p.dir, "x.lock", began + 50, &two),
	    JK_ERR_BUSY);
	assert_true(jk_boot_ms() - began >= 50);
	assert_int_equal(two, -1);
	close(one);
	assert_int_equal(jk_lock_take(p.dir, "x.lock", 0, &two), JK_OK);
	close(two);
	scratch_remove(&p);
}

static void
test_lock_take_killed_holder_holds_nothing(void **state)
{
	struct scratch p;
	int pipe_fd[2], fd = -1;
	char c;
	pid_t pid;

	(void)state;
	scratch_make(&p);
	assert_int_equal(pipe(pipe_fd), 0);
	pid = fork();
	if (pid == 0) {
		if (jk_lock_take(p.dir, "x.lock", 0, &fd) == JK_OK &&
		    write(pipe_fd[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(pipe_fd[0], &c, 1), 1);
	assert_int_equal(jk_lock_take(p.dir, "x.lock", 0, &fd), JK_ERR_BUSY);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(jk_lock_take(p.dir, "x.lock", jk_boot_ms() + 5000,
	                     &fd),
	    JK_OK);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	scratch_remove(&p);
}

static void
test_lock_take_no_link_is_followed(void **state)
{
	struct scratch p;
	int fd = -1;

	(void)state;
	scratch_make(&p);
	assert_int_equal(symlinkat("elsewhere", p.dir, "x.lock"), 0);
	assert_int_equal(jk_lock_take(p.dir, "x.lock", 0, &fd), JK_ERR_SYS);
	assert_int_not_equal(faccessat(p.dir, "elsewhere", F_OK, 0), 0);
	scratch_remove(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_lock_take_second_waits_no_longer_than_told),
		cmocka_unit_test(test_lock_take_killed_holder_holds_nothing),
		cmocka_unit_test(test_lock_take_no_link_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
