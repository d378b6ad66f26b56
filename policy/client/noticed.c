/* SPDX-License-Identifier: BSD-2-Clause */
#include "noticed.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "file.h"
#include "frame.h"
#include "protocol.h"

#define DIRECTORY JK_RUN_DIR "/sessions"

static enum jk_err
read_frame(uid_t uid, struct jk_frame *f)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	uint8_t bytes[1024];
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), DIRECTORY "/%u", (unsigned)uid);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? JK_ERR_NOT_FOUND : JK_ERR_SYS;
	n = read(fd, bytes, sizeof(bytes));
	if (n < 0)
		return JK_ERR_SYS;
	return jk_frame_parse(f, bytes, (size_t)n);
}

enum jk_err
jk_noticed_read(uid_t uid, enum jk_noticed *ret)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	uint64_t state;
	enum jk_err e;

	if ((e = jk_frame_new(&f)) != JK_OK)
		return e;
	e = read_frame(uid, f);
	if (e == JK_ERR_NOT_FOUND) {
		*ret = JK_NOTICED_ENDED;
		return JK_OK;
	}
	if (e == JK_OK && jk_frame_type(f) != JK_FRAME_NOTICE)
		e = JK_ERR_FORMAT;
	if (e == JK_OK)
		e = jk_frame_get_u64(f, JK_FIELD_STATE, &state);
	if (e != JK_OK)
		return e;
	*ret = state <= JK_NOTICED_ACTIVE ? (enum jk_noticed)state
	                                  : JK_NOTICED_LOCKED;
	return JK_OK;
}

/* Whatever has happened there; what it means is read anew. */
static enum jk_err
wait_for_change(int fd, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char events[4096];
	int n = poll(&p, 1, jk_poll_ms(until));

	if (n < 0 && errno != EINTR)
		return JK_ERR_SYS;
	if (n > 0 && read(fd, events, sizeof(events)) < 0)
		return JK_ERR_SYS;
	return n == 0 ? JK_ERR_TIMEOUT : JK_OK;
}

enum jk_err
jk_noticed_wait(uid_t uid, enum jk_noticed state, int64_t until)
{
	JK_CLEANUP(jk_fd_close) int fd = inotify_init1(IN_CLOEXEC);
	enum jk_noticed now;
	enum jk_err e;

	if (fd < 0 || inotify_add_watch(fd, DIRECTORY,
	                  IN_MOVED_TO | IN_DELETE | IN_ONLYDIR) < 0)
		return JK_ERR_SYS;
	do {
		e = jk_noticed_read(uid, &now);
		if (e == JK_OK && now == state)
			return JK_OK;
		if (e == JK_OK)
			e = wait_for_change(fd, until);
	} while (e == JK_OK);
	return e;
}
