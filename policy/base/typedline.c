/* SPDX-License-Identifier: BSD-2-Clause */
#include "typedline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"

#define WAIT_MS 120000

static volatile sig_atomic_t stopped;

static void
note(int signal)
{
	stopped = signal;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

/* Else the terminal would stay without echo. */
static void
catch_signals(struct sigaction old[static JK_COUNT(signals)])
{
	struct sigaction action = { .sa_handler = note };

	stopped = 0;
	for (size_t i = 0; i < JK_COUNT(signals); i++)
		(void)sigaction(signals[i], &action, &old[i]);
	(void)signal(SIGTSTP, SIG_IGN);
}

static void
give_signals_back(const struct sigaction old[static JK_COUNT(signals)])
{
	for (size_t i = 0; i < JK_COUNT(signals); i++)
		(void)sigaction(signals[i], &old[i], NULL);
	(void)signal(SIGTSTP, SIG_DFL);
}

static enum jk_err
read_byte(int fd, int64_t until, char *ret)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (stopped != 0)
		return JK_ERR_CLOSED;
	n = poll(&poll_fd, 1, jk_poll_ms(until));
	if (n == 0)
		return JK_ERR_TIMEOUT;
	if (n > 0)
		n = read(fd, ret, 1);
	if (n == 1)
		return JK_OK;
	return n == 0 || errno == EINTR ? JK_ERR_CLOSED : JK_ERR_SYS;
}

/* Byte by byte: what is left in no buffer has not to be erased. */
static enum jk_err
read_line(int fd, char *ret, size_t size)
{
	const int64_t until = jk_boot_ms() + WAIT_MS;
	size_t n = 0;
	char byte = '\0';
	enum jk_err e;

	while ((e = read_byte(fd, until, &byte)) == JK_OK && byte != '\n') {
		if (byte == '\0' || n + 1 == size) {
			e = byte == '\0' ? JK_ERR_FORMAT : JK_ERR_TOO_BIG;
			break;
		}
		ret[n++] = byte;
	}
	byte = '\0';
	/* A last line may end with the file; a signal may come with the line. */
	if (e == JK_ERR_CLOSED && n > 0)
		e = JK_OK;
	if (stopped != 0)
		e = JK_ERR_CLOSED;
	if (n > 0 && ret[n - 1] == '\r')
		n--;
	ret[e == JK_OK ? n : 0] = '\0';
	return e;
}

static enum jk_err
ask(int tty, const char *prompt, bool hidden, char *ret, size_t size)
{
	struct sigaction old[JK_COUNT(signals)];
	struct termios was, quiet;
	enum jk_err e;

	if (tcgetattr(tty, &was) != 0)
		return JK_ERR_SYS;
	quiet = was;
	if (hidden)
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	quiet.c_lflag |= ICANON;
	catch_signals(old);
	e = tcsetattr(tty, TCSAFLUSH, &quiet) == 0 ? JK_OK : JK_ERR_SYS;
	if (e == JK_OK)
		e = jk_file_write(tty, prompt, strlen(prompt));
	if (e == JK_OK)
		e = read_line(tty, ret, size);
	(void)tcsetattr(tty, TCSAFLUSH, &was);
	if (hidden)
		(void)jk_file_write(tty, "\n", 1);
	give_signals_back(old);
	return e;
}

enum jk_err
jk_typedline_read(const char *prompt, bool hidden, char *ret, size_t size)
{
	JK_CLEANUP(jk_fd_close) int tty = -1;

	if (isatty(STDIN_FILENO) == 0)
		return read_line(STDIN_FILENO, ret, size);
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	return tty < 0 ? JK_ERR_SYS : ask(tty, prompt, hidden, ret, size);
}
