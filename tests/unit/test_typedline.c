/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "typedline.h"

#define SIZE 8

/* As standard input, of which the rest may be read afterwards. */
static void
give(const char *bytes, size_t len)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, len), len);
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
}

static void
test_typedline_from_a_pipe(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum jk_err e;
		const char *line, *rest;
	} rows[] = {
		{ "code\nrest", 9, JK_OK, "code", "rest" },
		{ "code\r\nrest", 10, JK_OK, "code", "rest" },
		{ "code", 4, JK_OK, "code", "" },
		{ "1234567\n", 8, JK_OK, "1234567", "" },
		{ "\nrest", 5, JK_OK, "", "rest" },
		{ "", 0, JK_ERR_CLOSED, "", "" },
		{ "12345678\n", 9, JK_ERR_TOO_BIG, "", "\n" },
		{ "12\0"
		  "45\n",
		    6, JK_ERR_FORMAT, "", "45\n" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		char line[SIZE] = "", rest[SIZE] = "";

		give(rows[i].bytes, rows[i].len);
		assert_int_equal(jk_typedline_read("", i % 2 == 0, line,
		                     sizeof(line)),
		    rows[i].e);
		assert_string_equal(line, rows[i].line);
		assert_int_equal(read(STDIN_FILENO, rest, sizeof(rest)),
		    strlen(rows[i].rest));
		assert_string_equal(rest, rows[i].rest);
	}
}

static bool
has_echo(int terminal)
{
	struct termios t;

	assert_int_equal(tcgetattr(terminal, &t), 0);
	return (t.c_lflag & ECHO) != 0;
}

/* What the terminal shows until that; the program waits for its line then. */
static void
expect(int master, const char *text)
{
	char seen[64] = "";
	size_t n = 0;

	while (strstr(seen, text) == NULL) {
		const ssize_t got =
		    read(master, seen + n, sizeof(seen) - 1 - n);

		assert_true(got > 0);
		n += (size_t)got;
		seen[n] = '\0';
	}
}

/* With echo or without, and afterwards as it was. */
static void
type_at_a_terminal(bool hidden)
{
	char line[SIZE];
	int master;
	pid_t pid = forkpty(&master, NULL, NULL, NULL);

	assert_true(pid >= 0);
	if (pid == 0) {
		/* Which may be ignored here, as nohup(1) has it. */
		(void)signal(SIGHUP, SIG_DFL);
		const bool ok = jk_typedline_read("Code: ", hidden, line,
		                    sizeof(line)) == JK_OK &&
		                strcmp(line, "4711") == 0 &&
		                has_echo(STDIN_FILENO);

		/* Before its terminal goes: the master sees no end of it. */
		if (write(STDOUT_FILENO, ok ? "good" : "bad!", 4) == 4)
			pause();
		_exit(1);
	}
	expect(master, "Code: ");
	assert_int_equal(has_echo(master), !hidden);
	assert_int_equal(write(master, "4711\n", 5), 5);
	expect(master, hidden ? "\r\ngood" : "4711\r\ngood");
	close(master);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
test_typedline_at_a_terminal(void **state)
{
	(void)state;
	type_at_a_terminal(true);
	type_at_a_terminal(false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typedline_from_a_pipe),
		cmocka_unit_test(test_typedline_at_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
