/* SPDX-License-Identifier: BSD-2-Clause */
#include "terminal.h"

#include <fcntl.h>
#include <linux/kd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define DEV       "/dev/"
#define PATH_SIZE 64

/* Looked at by number: /dev/tty is another name of whatever it is. */
static bool
is_device(int fd, dev_t device)
{
	unsigned number;

	return ioctl(fd, TIOCGDEV, &number) == 0 && number == device;
}

static bool
find_path(const char *tty, char ret[static PATH_SIZE])
{
	int n = snprintf(ret, PATH_SIZE, "%s%s", tty[0] == '/' ? "" : DEV, tty);

	return n >= 0 && n < PATH_SIZE;
}

static bool
find_device(const char *tty, dev_t *ret)
{
	char path[PATH_SIZE];
	struct stat st;

	if (!find_path(tty, path) || stat(path, &st) != 0 ||
	    !S_ISCHR(st.st_mode))
		return false;
	*ret = st.st_rdev;
	return true;
}

int
jk_terminal_open(const char *tty)
{
	dev_t device;
	int fd;

	if (tty == NULL || tty[0] == '\0' || !find_device(tty, &device))
		return -1;
	if (is_device(STDIN_FILENO, device))
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	fd = open(DEV "tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && !is_device(fd, device)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void
jk_terminal_discard(const char *tty)
{
	const int fd = jk_terminal_open(tty);
	pid_t front;

	if (fd < 0)
		return;
	/* In the background it would stop us (SIGTTOU). */
	front = tcgetpgrp(fd);
	if (front < 0 || front == getpgrp())
		(void)tcflush(fd, TCIFLUSH);
	close(fd);
}

static bool
is_virtual(const char *tty)
{
	static const char digits[] = "0123456789";
	size_t n;

	if (strncmp(tty, DEV, strlen(DEV)) == 0)
		tty += strlen(DEV);
	if (strncmp(tty, "tty", 3) != 0)
		return false;
	n = strspn(tty + 3, digits);
	return n > 0 && n <= 2 && tty[3 + n] == '\0';
}

bool
jk_terminal_is_console(const char *tty)
{
	const char *term = secure_getenv("TERM");
	int fd;

	if (tty == NULL || !is_virtual(tty))
		return false;
	if (term != NULL && strcmp(term, "linux") == 0)
		return true;
	fd = jk_terminal_open(tty);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Who draws it: KD_TEXT, the kernel, or a greeter or desktop; -1: not known. */
static int
mode_of(const char *tty)
{
	char path[PATH_SIZE];
	int mode = -1, fd;

	if (!find_path(tty, path))
		return -1;
	fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (ioctl(fd, KDGETMODE, &mode) != 0)
		mode = -1;
	close(fd);
	return mode;
}

static bool
has_terminal(void)
{
	int fd;

	if (isatty(STDIN_FILENO) || isatty(STDERR_FILENO))
		return true;
	fd = open(DEV "tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool
jk_terminal_is_screen(const char *tty)
{
	/* tty0 is the one in front: a greeter of greetd may be a text there. */
	if (tty == NULL || tty[0] == '\0')
		return !has_terminal() && mode_of("tty0") != KD_TEXT;
	if (is_virtual(tty))
		return mode_of(tty) == KD_GRAPHICS;
	return tty[0] != '/' && strchr(tty, ':') != NULL;
}
