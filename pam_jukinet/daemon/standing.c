/* SPDX-License-Identifier: BSD-2-Clause */
#include "standing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "process.h"

static void
release_leaders(struct jk_standing *s)
{
	while (s->n_leaders > 0)
		close(s->leader[--s->n_leaders]);
}

/*
 * A descriptor for each leader. One that has gone in between is found by its
 * start, and then what was loaded is not what stands: false.
 */
static bool
hold_leaders(struct jk_standing *s)
{
	release_leaders(s);
	for (size_t i = 0; i < s->session.n_leaders; i++) {
		const struct jk_leader *l = &s->session.leader[i];
		uint64_t start;
		int fd = (int)syscall(SYS_pidfd_open, (pid_t)l->pid, 0);

		if (fd < 0)
			return false;
		s->leader[s->n_leaders++] = fd;
		if (jk_process_start((pid_t)l->pid, &start) != JK_OK ||
		    start != l->start)
			return false;
	}
	return true;
}

static size_t
read_bytes(const struct jk_standing *s, uint8_t ret[static JK_FRAME_MAX])
{
	char name[32];
	ssize_t n;
	int fd;

	(void)snprintf(name, sizeof(name), "session.%u", (unsigned)s->uid);
	fd = openat(s->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, ret, JK_FRAME_MAX);
	close(fd);
	return n > 0 ? (size_t)n : 0;
}

static void
load(struct jk_standing *s)
{
	/* Twice: a leader may die between the loading and the holding. */
	for (int i = 0; i < 2; i++) {
		if (jk_session_load(s->dir, s->uid, &s->session) != JK_OK)
			break;
		if (hold_leaders(s))
			return;
	}
	release_leaders(s);
	s->session.state = JK_SESSION_ENDED;
}

bool
jk_standing_look(struct jk_standing *s)
{
	static uint8_t bytes[JK_FRAME_MAX];
	const size_t len = read_bytes(s, bytes);

	if (len == s->len && memcmp(bytes, s->bytes, len) == 0 && !s->lost)
		return false;
	s->lost = false;
	memcpy(s->bytes, bytes, len);
	s->len = len;
	load(s);
	return true;
}

enum jk_err
jk_standing_open(int state_dir, uid_t uid, struct jk_standing *ret)
{
	ret->dir = state_dir;
	ret->uid = uid;
	ret->len = 0;
	ret->n_leaders = 0;
	ret->lost = true; /* nothing was read yet */
	ret->session.state = JK_SESSION_ENDED;
	ret->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (ret->inotify_fd < 0)
		return JK_ERR_SYS;
	if (inotify_add_watch(ret->inotify_fd, JK_RUN_DIR "/sessions",
	        IN_MOVED_TO | IN_ONLYDIR) < 0) {
		jk_standing_close(ret);
		return JK_ERR_SYS;
	}
	(void)jk_standing_look(ret);
	return JK_OK;
}

void
jk_standing_close(struct jk_standing *s)
{
	release_leaders(s);
	if (s->inotify_fd >= 0)
		close(s->inotify_fd);
	s->inotify_fd = -1;
}

nfds_t
jk_standing_poll(const struct jk_standing *s,
    struct pollfd ret[static JK_STANDING_POLL])
{
	nfds_t n = 0;

	ret[n++] = (struct pollfd){ .fd = s->inotify_fd, .events = POLLIN };
	for (size_t i = 0; i < s->n_leaders; i++)
		ret[n++] =
		    (struct pollfd){ .fd = s->leader[i], .events = POLLIN };
	return n;
}

bool
jk_standing_hear(struct jk_standing *s,
    const struct pollfd fds[static JK_STANDING_POLL])
{
	alignas(struct inotify_event) char events[4096];
	const bool told = fds[0].revents != 0;

	while (told && read(s->inotify_fd, events, sizeof(events)) > 0)
		;
	for (size_t i = 0; i < s->n_leaders; i++)
		s->lost = s->lost || fds[1 + i].revents != 0;
	return told || s->lost;
}
