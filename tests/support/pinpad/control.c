/* SPDX-License-Identifier: BSD-2-Clause */
#include "control.h"

#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "defs.h"
#include "order.h"
#include "pad.h"

#define BACKLOG  8
#define PATIENCE 2 /* seconds for a client to say its line */
#define LONGEST  512

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static bool
read_line(int fd, char line[LONGEST])
{
	size_t len = 0;
	ssize_t n;

	while (len < LONGEST) {
		n = recv(fd, line + len, LONGEST - len, 0);
		if (n <= 0)
			return false;
		len += (size_t)n;
		if (line[len - 1] == '\n') {
			line[len - 1] = '\0';
			return true;
		}
	}
	return false;
}

static void
serve(struct pp_pad *pad)
{
	JK_CLEANUP(close_fd) int fd = -1;
	struct timeval patience = { .tv_sec = PATIENCE };
	char line[LONGEST], reply[PP_REPLY_MAX];

	fd = accept4(pad->control, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	if (read_line(fd, line)) {
		pp_order_run(pad, line, reply);
		(void)send(fd, reply, strlen(reply), MSG_NOSIGNAL);
	}
	explicit_bzero(line, sizeof(line));
}

static void *
run(void *argument)
{
	struct pp_pad *pad = argument;
	struct pollfd p[] = {
		{ .fd = pad->control, .events = POLLIN },
		{ .fd = pad->stop, .events = POLLIN },
	};

	for (;;) {
		if (poll(p, PP_COUNT(p), -1) < 0)
			continue;
		if (p[1].revents != 0)
			return NULL;
		serve(pad);
	}
}

/* A socket that a killed pcscd left behind goes; anything else stays. */
static void
remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)unlink(path);
}

/* pcscd has started threads: no umask, and root's alone by chmod instead. */
static bool
listen_at(struct pp_pad *pad, const char *path)
{
	size_t len = strlen(path);

	pad->at = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len >= sizeof(pad->at.sun_path))
		return false;
	memcpy(pad->at.sun_path, path, len + 1);
	remove_stale(path);
	pad->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return pad->control >= 0 &&
	       bind(pad->control, (struct sockaddr *)&pad->at,
	           sizeof(pad->at)) == 0 &&
	       chmod(path, 0600) == 0 && listen(pad->control, BACKLOG) == 0;
}

bool
pp_control_start(struct pp_pad *pad, const char *path)
{
	if (!listen_at(pad, path))
		return false;
	pad->stop = eventfd(0, EFD_CLOEXEC);
	return pad->stop >= 0 &&
	       pthread_create(&pad->thread, NULL, run, pad) == 0;
}

void
pp_control_stop(struct pp_pad *pad)
{
	(void)eventfd_write(pad->stop, 1);
	(void)pthread_join(pad->thread, NULL);
	(void)unlink(pad->at.sun_path);
}
