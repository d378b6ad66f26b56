/* SPDX-License-Identifier: BSD-2-Clause */
#include "tell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "file.h"
#include "log.h"
#include "look.h"
#include "text.h"

#define DIRECTORY JK_RUN_DIR "/monitor"
#define ACTIVE_VT "/sys/class/tty/tty0/active"
#define TEXT_CODE "card.left"

static void
write_to(const char *path, const char *line)
{
	JK_CLEANUP(jk_fd_close)
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || !isatty(fd))
		return;
	(void)!write(fd, line, strlen(line));
}

/* A plain name below /dev: no way out of it. */
static void
write_to_device(const char *name, const char *line)
{
	char path[JK_MONITOR_ID + sizeof("/dev/")];

	if (name[0] == '\0' || strstr(name, "..") != NULL)
		return;
	(void)snprintf(path, sizeof(path), "/dev/%s", name);
	write_to(path, line);
}

static void
active_vt(char ret[static JK_MONITOR_ID + 1])
{
	JK_CLEANUP(jk_fd_close)
	int fd = open(ACTIVE_VT, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : read(fd, ret, JK_MONITOR_ID);

	ret[n < 0 ? 0 : n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

/* In ASCII: a console draws no kanji, and nobody's locale is known here. */
static void
make_line(char *ret, size_t size)
{
	const struct jk_look plain = { 0 };
	char text[JK_TEXT_MAX];

	jk_text(TEXT_CODE, &plain, NULL, text);
	(void)snprintf(ret, size, "\r\n\a%s\r\n", text);
}

void
jk_tell_terminals(const struct jk_tell *tell, const struct jk_screens *screens)
{
	char line[JK_TEXT_MAX + 8], vt[JK_MONITOR_ID + 1];

	make_line(line, sizeof(line));
	active_vt(vt);
	write_to_device(vt, line);
	for (size_t i = 0; i < screens->n; i++)
		if (strcmp(screens->screen[i].tty, vt) != 0)
			write_to_device(screens->screen[i].tty, line);
	for (size_t i = 0; i < tell->n_terminals; i++)
		write_to(tell->terminal[i], line);
}

static enum jk_err
write_file(void)
{
	static const char text[] = "a card is left in a reader\n";
	JK_CLEANUP(jk_fd_close)
	int dir = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return JK_ERR_SYS;
	return jk_file_write_atomic(dir, "left", 0644, getuid(), getgid(), text,
	    sizeof(text) - 1);
}

void
jk_tell_file(struct jk_tell *tell, bool is_left)
{
	if (tell->is_left == is_left)
		return;
	if (is_left && write_file() != JK_OK) {
		jk_log(JK_LOG_WARNING, "cannot write " DIRECTORY "/left");
		return;
	}
	if (!is_left && unlink(DIRECTORY "/left") != 0 && errno != ENOENT) {
		jk_log(JK_LOG_WARNING, "cannot remove " DIRECTORY "/left");
		return;
	}
	tell->is_left = is_left;
}
