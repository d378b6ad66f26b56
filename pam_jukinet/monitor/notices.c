/* SPDX-License-Identifier: BSD-2-Clause */
#include "notices.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "file.h"
#include "frame.h"
#include "log.h"
#include "sessions.h"

#define DIRECTORY JK_RUN_DIR "/sessions"
/* While the directory cannot be watched. */
#define RETRY_MS  2000
#define FILES_MAX 4096

struct jk_notices {
	sd_event *event;
	jk_notices_fn *told;
	void *ctx;
	sd_event_source *watch, *retry;
	bool is_missed;
};

static void
read_notice(struct jk_notices *n, const char *name)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	JK_CLEANUP(jk_fd_close) int dir = -1;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	bool ended = false;
	size_t len;
	uid_t uid;

	/* Other names are those of files that are not at their place yet. */
	if (jk_notice_uid(name, &uid) != JK_OK)
		return;
	dir = open(DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return;
	fd = openat(dir, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && jk_file_read(fd, JK_FRAME_MAX, &text, &len) == JK_OK &&
	    jk_notice_parse(text, len, &ended) != JK_OK)
		jk_log(JK_LOG_WARNING, "the notice of account %u is malformed",
		    (unsigned)uid);
	/* It is a hint: whatever it says, jukinetd is asked. */
	n->told(n->ctx, uid, ended);
}

static void
read_all(struct jk_notices *n)
{
	DIR *dir = opendir(DIRECTORY);
	const struct dirent *entry;

	if (dir == NULL)
		return;
	for (unsigned i = 0; i < FILES_MAX && (entry = readdir(dir)) != NULL;
	     i++)
		read_notice(n, entry->d_name);
	closedir(dir);
}

static void
retry_later(struct jk_notices *n)
{
	const uint64_t at = (uint64_t)(jk_boot_ms() + RETRY_MS) * 1000;

	n->watch = sd_event_source_disable_unref(n->watch);
	(void)sd_event_source_set_time(n->retry, at);
	(void)sd_event_source_set_enabled(n->retry, SD_EVENT_ONESHOT);
}

static int
on_event(JK_UNUSED sd_event_source *source, const struct inotify_event *event,
    void *ctx)
{
	struct jk_notices *n = ctx;

	if ((event->mask &
	        (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0)
		retry_later(n);
	else if ((event->mask & IN_Q_OVERFLOW) != 0)
		read_all(n);
	else if (event->len > 0)
		read_notice(n, event->name);
	return 0;
}

static int
on_retry(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec, void *ctx)
{
	struct jk_notices *n = ctx;

	if (sd_event_add_inotify(n->event, &n->watch, DIRECTORY,
	        IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF |
	            IN_ONLYDIR,
	        on_event, n) < 0) {
		if (!n->is_missed)
			jk_log(JK_LOG_WARNING, "cannot watch " DIRECTORY);
		n->is_missed = true;
		retry_later(n);
		return 0;
	}
	n->is_missed = false;
	read_all(n);
	return 0;
}

enum jk_err
jk_notices_new(sd_event *event, jk_notices_fn *told, void *ctx,
    struct jk_notices **ret)
{
	struct jk_notices *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return JK_ERR_NOMEM;
	n->event = event;
	n->told = told;
	n->ctx = ctx;
	if (sd_event_add_time(event, &n->retry, CLOCK_BOOTTIME, 0, 1000,
	        on_retry, n) < 0) {
		jk_notices_free(&n);
		return JK_ERR_NOMEM;
	}
	*ret = n;
	return JK_OK;
}

void
jk_notices_free(struct jk_notices **notices)
{
	struct jk_notices *n = *notices;

	*notices = NULL;
	if (n == NULL)
		return;
	n->watch = sd_event_source_disable_unref(n->watch);
	n->retry = sd_event_source_disable_unref(n->retry);
	free(n);
}
