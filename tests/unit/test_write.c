/* SPDX-License-Identifier: BSD-2-Clause */
/* Against the real kernel; whether it arrives is for tests/e2e. */
#include "test.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libaudit.h>

#include "write.h"

static const struct jk_record record = {
	.op = JK_OP_VOID,
	.value = { [JK_REC_ID] = "0123456789abcdef",
	    [JK_REC_VOID] = "fedcba9876543210" },
};

/* A descriptor, or -1 where this process may not write audit records. */
static int
open_or_skip(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2] = { 0 };
	int fd = audit_open();

	if (fd >= 0 && syscall(SYS_capget, &head, caps) == 0 &&
	    (caps[0].effective & (1u << CAP_AUDIT_WRITE)) != 0)
		return fd;
	print_message("# skipped: no audit socket or no CAP_AUDIT_WRITE\n");
	skip();
	return -1;
}

static void
test_send_is_taken_by_the_kernel(void **state)
{
	int fd = open_or_skip();

	(void)state;
	assert_int_equal(jk_record_send(fd, &record), JK_OK);
	close(fd);
}

static void
test_send_bad_terminal_is_refused(void **state)
{
	int fd = open_or_skip();
	struct jk_record bad = record;

	(void)state;
	strcpy(bad.terminal, "a' res=success'");
	assert_int_equal(jk_record_send(fd, &bad), JK_ERR_FORMAT);
	close(fd);
}

/* libaudit says 0 here, which its users take for "done". */
static int
send_without_capability(int fd)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[2] = { 0 };
	bool as_user;

	if (syscall(SYS_setresuid, 65534, 65534, 65534) != 0 ||
	    syscall(SYS_capset, &head, none) != 0)
		return 2;
	as_user = jk_record_send(fd, &record) == JK_ERR_SYS && errno == EPERM;
	return as_user ? 0 : 1;
}

static void
test_send_without_capability_is_an_error(void **state)
{
	int fd = open_or_skip(), status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(send_without_capability(fd));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_send_is_taken_by_the_kernel),
		cmocka_unit_test(test_send_bad_terminal_is_refused),
		cmocka_unit_test(test_send_without_capability_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
