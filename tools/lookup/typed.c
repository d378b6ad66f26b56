/* SPDX-License-Identifier: BSD-2-Clause */
#include "typed.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "secret.h"

static volatile sig_atomic_t given_up;

static void
give_up(int signal)
{
	(void)signal;
	given_up = 1;
}

/* Byte by byte: what stands behind the line is not ours. */
static enum jk_err
read_line(char *ret)
{
	size_t len = 0;
	char c = '\0';
	ssize_t n;

	while (!given_up) {
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return JK_ERR_SYS;
		if (n == 0 || c == '\n')
			break;
		if (c == '\0')
			return JK_ERR_FORMAT;
		if (len == JK_TYPED_MAX - 1)
			return JK_ERR_TOO_BIG;
		ret[len++] = c;
	}
	if (len > 0 && ret[len - 1] == '\r')
		ret[len - 1] = '\0';
	return given_up ? JK_ERR_CLOSED : JK_OK;
}

static void
show(const char *prompt)
{
	fputs(prompt, stderr);
	(void)fflush(stderr);
}

static enum jk_err
ask_hidden(const char *prompt, char *ret)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP };
	const struct sigaction ours = { .sa_handler = give_up };
	struct sigaction theirs[JK_COUNT(signals)];
	struct termios shown, hidden;
	enum jk_err e;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return JK_ERR_SYS;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	for (size_t i = 0; i < JK_COUNT(signals); i++)
		(void)sigaction(signals[i], &ours, &theirs[i]);
	e = tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0 ? JK_OK
	                                                     : JK_ERR_SYS;
	show(prompt);
	if (e == JK_OK)
		e = read_line(ret);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	for (size_t i = 0; i < JK_COUNT(signals); i++)
		(void)sigaction(signals[i], &theirs[i], NULL);
	fputc('\n', stderr);
	return e;
}

enum jk_err
jk_typed_read(const char *prompt, bool hidden, char **ret)
{
	const bool at_terminal = isatty(STDIN_FILENO) != 0;
	void *p;
	enum jk_err e = jk_locked_new(JK_TYPED_MAX, &p);

	if (e != JK_OK)
		return e;
	if (at_terminal && !hidden)
		show(prompt);
	e = at_terminal && hidden ? ask_hidden(prompt, p) : read_line(p);
	if (e == JK_OK)
		*ret = p;
	else
		jk_locked_free(p, JK_TYPED_MAX);
	return e;
}

void
jk_typed_free(char *typed)
{
	jk_locked_free(typed, JK_TYPED_MAX);
}
