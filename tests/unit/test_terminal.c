/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was typed early, on a real terminal of the kernel's. Each case runs in a
 * process with a session of its own.
 */
#include "test.h"

#include <fcntl.h>
#include <linux/kd.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "defs.h"
#include "terminal.h"

enum {
	KEPT = 10,
	THROWN_AWAY,
	WRONG,
	SCREEN,
};

/* What a virtual terminal answers that it is drawn by; -1: it is none. */
static int drawn;

int __wrap_ioctl(int fd, unsigned long request, void *value);
int __real_ioctl(int fd, unsigned long request, void *value);

int
__wrap_ioctl(int fd, unsigned long request, void *value)
{
	if (request != KDGETMODE)
		return __real_ioctl(fd, request, value);
	*(int *)value = drawn;
	return drawn < 0 ? -1 : 0;
}

struct place {
	int master, slave;
	char name[64];
};

typedef int case_fn(const struct place *place);

/* A line is typed, and stands there to be read. */
static bool
type(const struct place *p)
{
	struct pollfd fd = { .fd = p->slave, .events = POLLIN };

	return write(p->master, "early\n", 6) == 6 && poll(&fd, 1, 5000) == 1;
}

static int
what_is_left(const struct place *p)
{
	struct pollfd fd = { .fd = p->slave, .events = POLLIN };

	return poll(&fd, 1, 100) == 1 ? KEPT : THROWN_AWAY;
}

static void
with_stdin(int fd)
{
	if (dup2(fd, STDIN_FILENO) != STDIN_FILENO)
		_exit(WRONG);
}

static void
with_control(const struct place *p)
{
	if (setsid() < 0 || ioctl(p->slave, TIOCSCTTY, 0) != 0)
		_exit(WRONG);
}

static int
discard(const struct place *p, const char *tty)
{
	if (!type(p))
		return WRONG;
	jk_terminal_discard(tty);
	return what_is_left(p);
}

static int
run(case_fn *one)
{
	struct place p;
	int status = 0;
	pid_t child;

	assert_int_equal(openpty(&p.master, &p.slave, p.name, NULL, NULL), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		with_stdin(open("/dev/null", O_RDONLY | O_CLOEXEC));
		_exit(one(&p));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	close(p.master);
	close(p.slave);
	return WIFEXITED(status) ? WEXITSTATUS(status) : WRONG;
}

/* As sudo has it: its input may be anything, it asks on the terminal. */
static int
as_control(const struct place *p)
{
	with_control(p);
	return discard(p, p->name);
}

static int
as_control_without_dev(const struct place *p)
{
	with_control(p);
	return discard(p, p->name + strlen("/dev/"));
}

static int
as_stdin(const struct place *p)
{
	with_stdin(p->slave);
	if (setsid() < 0)
		return WRONG;
	return discard(p, p->name);
}

static void
test_terminal_of_ours_loses_what_was_typed(void **state)
{
	(void)state;
	assert_int_equal(run(as_control), THROWN_AWAY);
	assert_int_equal(run(as_control_without_dev), THROWN_AWAY);
	assert_int_equal(run(as_stdin), THROWN_AWAY);
}

static int
as_nobodys(const struct place *p)
{
	if (setsid() < 0)
		return WRONG;
	return discard(p, p->name);
}

/* The program has a terminal, and the person sits at another one. */
static int
as_another(const struct place *p)
{
	struct place other;

	if (openpty(&other.master, &other.slave, other.name, NULL, NULL) != 0)
		return WRONG;
	with_stdin(p->slave);
	with_control(p);
	if (discard(p, other.name) != KEPT)
		return WRONG;
	return discard(&other, other.name);
}

static int
as_no_name(const struct place *p)
{
	static const char *const names[] = { "", ":0", "ssh", "/dev/null",
		"null", "tty", "/dev/tty", "/etc/passwd", "no-such", "/dev/pts",
		"0123456789012345678901234567890123456789012345678901234567" };

	with_stdin(p->slave);
	with_control(p);
	for (size_t i = 0; i < JK_COUNT(names); i++)
		if (discard(p, names[i]) != KEPT)
			return WRONG;
	return discard(p, NULL);
}

static void
test_terminal_of_others_keeps_it(void **state)
{
	(void)state;
	assert_int_equal(run(as_nobodys), KEPT);
	assert_int_equal(run(as_another), KEPT);
	assert_int_equal(run(as_no_name), KEPT);
}

/* A child in the background: it must neither take it from who is in the
 * foreground nor be stopped. */
static int
in_background(const struct place *p)
{
	int status;
	pid_t child;

	with_control(p);
	child = fork();
	if (child == 0) {
		if (setpgid(0, 0) != 0)
			_exit(WRONG);
		_exit(discard(p, p->name));
	}
	if (child < 0 || waitpid(child, &status, WUNTRACED) != child)
		return WRONG;
	if (WIFSTOPPED(status)) {
		(void)kill(child, SIGKILL);
		return WRONG;
	}
	return WEXITSTATUS(status);
}

static void
test_terminal_in_the_background_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(run(in_background), KEPT);
}

static void
test_terminal_console_is_told_by_its_name(void **state)
{
	static const struct {
		const char *tty;
		bool is;
	} rows[] = {
		{ "tty1", true },
		{ "/dev/tty1", true },
		{ "tty63", true },
		{ NULL, false },
		{ "", false },
		{ "tty", false },
		{ "/dev/tty", false },
		{ "tty100", false },
		{ "tty1a", false },
		{ "ttyS0", false },
		{ "pts/1", false },
		{ "/dev/pts/1", false },
		{ "console", false },
		{ ":0", false },
	};

	(void)state;
	assert_int_equal(setenv("TERM", "linux", 1), 0);
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		if (jk_terminal_is_console(rows[i].tty) != rows[i].is)
			fail_msg("%s", rows[i].tty);
	assert_int_equal(setenv("TERM", "xterm", 1), 0);
	assert_false(jk_terminal_is_console("tty63"));
}

/* A daemon's child, as greetd's: its output goes to nobody's terminal. */
static int
as_daemon(const struct place *p)
{
	static const char *const not [] = { "ssh", "pts/1", "/dev/pts/1", "/:0",
		"tty", "ttyS0", "tty64x" };

	if (setsid() < 0 || dup2(STDIN_FILENO, STDERR_FILENO) != STDERR_FILENO)
		return WRONG;
	for (size_t i = 0; i < JK_COUNT(not ); i++)
		if (jk_terminal_is_screen(not [i]))
			return WRONG;
	/* A text greeter: whoever may open the console in front can know. */
	drawn = KD_TEXT;
	if (jk_terminal_is_screen(NULL) != (access("/dev/tty0", R_OK) != 0))
		return WRONG;
	drawn = KD_GRAPHICS;
	if (!jk_terminal_is_screen(NULL) || !jk_terminal_is_screen("") ||
	    !jk_terminal_is_screen(":0") || !jk_terminal_is_screen("far:10.0"))
		return WRONG;
	with_stdin(p->slave);
	return jk_terminal_is_screen(NULL) ? WRONG : SCREEN;
}

static int
as_program_with_a_terminal(const struct place *p)
{
	if (dup2(STDIN_FILENO, STDERR_FILENO) != STDERR_FILENO)
		return WRONG;
	with_control(p);
	return jk_terminal_is_screen(NULL) || jk_terminal_is_screen(p->name) ||
	               !jk_terminal_is_screen(":0")
	           ? WRONG
	           : SCREEN;
}

static void
test_terminal_screen_is_where_no_terminal_is(void **state)
{
	(void)state;
	assert_int_equal(run(as_daemon), SCREEN);
	assert_int_equal(run(as_program_with_a_terminal), SCREEN);
}

/* The kernel has drawn it until a greeter draws itself. */
static void
test_terminal_screen_may_be_a_virtual_one(void **state)
{
	(void)state;
	if (access("/dev/tty1", R_OK) != 0)
		skip();
	drawn = KD_TEXT;
	assert_false(jk_terminal_is_screen("tty1"));
	drawn = KD_GRAPHICS;
	assert_true(jk_terminal_is_screen("tty1"));
	assert_true(jk_terminal_is_screen("/dev/tty1"));
	assert_false(jk_terminal_is_screen("tty100"));
	drawn = -1; /* no such device */
	assert_false(jk_terminal_is_screen("tty1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terminal_of_ours_loses_what_was_typed),
		cmocka_unit_test(test_terminal_of_others_keeps_it),
		cmocka_unit_test(test_terminal_in_the_background_is_left_alone),
		cmocka_unit_test(test_terminal_console_is_told_by_its_name),
		cmocka_unit_test(test_terminal_screen_is_where_no_terminal_is),
		cmocka_unit_test(test_terminal_screen_may_be_a_virtual_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
