/* SPDX-License-Identifier: BSD-2-Clause */
#include "standing.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config.h"
#include "file.h"
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

static void
release_file(struct jk_standing *s)
{
	if (s->file >= 0)
		close(s->file);
	s->file = -1;
}

/*
 * Whoever changes a session makes a new file, and as long as this one is held
 * none can have its number; or, where there is no room for that, overwrites this
 * one, whose time is then another (jk_state_overwrite()).
 */
static void
hold_file(struct jk_standing *s)
{
	release_file(s);
	s->file = openat(s->dir, s->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (s->file >= 0 && fstat(s->file, &s->seen) != 0)
		release_file(s);
}

/* A confirmation that takes too long is over without being written. */
static bool
is_as_it_was(const struct jk_standing *s)
{
	struct stat st;

	return s->session.state != JK_SESSION_CONFIRMING && s->file >= 0 &&
	       fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       jk_file_is_same(&st, &s->seen);
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
	if (!s->lost && is_as_it_was(s))
		return false;
	s->lost = false;
	/* First: should it be replaced now, the next look finds another one. */
	hold_file(s);
	load(s);
	return true;
}

enum jk_err
jk_standing_open(int state_dir, uid_t uid, struct jk_standing *ret)
{
	ret->dir = state_dir;
	ret->uid = uid;
	ret->file = -1;
	(void)snprintf(ret->name, sizeof(ret->name), "session.%u",
	    (unsigned)uid);
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
	release_file(s);
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
