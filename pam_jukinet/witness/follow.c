/* SPDX-License-Identifier: BSD-2-Clause */
#include "follow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

#define BUFFER_SIZE (65536 + JK_RECORD_LINE_MAX)
/* auditd's KEEP_LOGS has no limit of its own. */
#define NUMBER_MAX 9999
/* Of a path with such a number. */
#define NAME_SIZE (PATH_MAX + 16)
/*
 * auditd's rotation leaves at most one number free at a time; but who is held
 * up between two looks may find one free in each of several rotations. More in
 * a row than this is the end of the files.
 */
#define HOLES_MAX 8

#define DIR_EVENTS                                                         \
	(IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB | \
	    IN_ONLYDIR)

struct jk_follow {
	char path[PATH_MAX];
	char dir[PATH_MAX];
	int inotify_fd;
	int watch;    /* of the file, -1 for none */
	bool noticed; /* it is of ours, which is read to its end */
	bool attached;
	int fd; /* -1: there was no log yet */
	dev_t dev;
	ino_t ino;
	off_t at;
	bool skipping; /* up to the next newline */
	size_t have;   /* of a line that is not whole yet */
	char buffer[BUFFER_SIZE];
};

/* Numbers of rotated files; 0 is the log itself. */
struct neighbours {
	unsigned own;
	unsigned following;
};

static enum jk_err
split_path(struct jk_follow *f, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (strlen(path) >= sizeof(f->path))
		return JK_ERR_TOO_BIG;
	if (path[0] != '/' || slash[1] == '\0')
		return JK_ERR_FORMAT;
	strcpy(f->path, path);
	(void)snprintf(f->dir, sizeof(f->dir), "%.*s",
	    (int)(slash == path ? 1 : slash - path), path);
	return JK_OK;
}

enum jk_err
jk_follow_new(const char *path, struct jk_follow **ret)
{
	JK_CLEANUP(jk_follow_free) struct jk_follow *f = NULL;
	enum jk_err e;

	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return JK_ERR_NOMEM;
	f->fd = f->watch = f->inotify_fd = -1;
	e = split_path(f, path);
	if (e != JK_OK)
		return e;
	f->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->inotify_fd < 0)
		return JK_ERR_SYS;
	*ret = JK_TAKE(f);
	return JK_OK;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
jk_follow_free(struct jk_follow **follow)
{
	if (*follow == NULL)
		return;
	close_fd(&(*follow)->fd);
	close_fd(&(*follow)->inotify_fd);
	free(*follow);
	*follow = NULL;
}

int
jk_follow_fd(const struct jk_follow *f)
{
	return f->inotify_fd;
}

void
jk_follow_drain(struct jk_follow *f)
{
	alignas(struct inotify_event) char events[4096];

	/* Once: what is left beyond that ends the next wait. */
	if (read(f->inotify_fd, events, sizeof(events)) < 0)
		return;
}

/* "PATH.7"; number 0 is PATH. */
static const char *
name_of(const struct jk_follow *f, unsigned number, char ret[static NAME_SIZE])
{
	if (number == 0)
		(void)snprintf(ret, NAME_SIZE, "%s", f->path);
	else
		(void)snprintf(ret, NAME_SIZE, "%s.%u", f->path, number);
	return ret;
}

static bool
look(const struct jk_follow *f, unsigned number, struct stat *ret)
{
	char name[NAME_SIZE];

	return lstat(name_of(f, number, name), ret) == 0 &&
	       S_ISREG(ret->st_mode);
}

static bool
is_ours(const struct jk_follow *f, const struct stat *st)
{
	return f->fd >= 0 && st->st_dev == f->dev && st->st_ino == f->ino;
}

/*
 * Looks upwards, the direction in which files move: none can slip past.
 * JK_ERR_NOT_FOUND: the file has no number.
 */
static enum jk_err
find_neighbours(const struct jk_follow *f, struct neighbours *ret)
{
	unsigned below = 0, holes = 0;
	struct stat st;

	for (unsigned n = 1; n <= NUMBER_MAX && holes <= HOLES_MAX; n++) {
		if (!look(f, n, &st)) {
			holes++;
			continue;
		}
		if (is_ours(f, &st)) {
			*ret = (struct neighbours){ n, below };
			return JK_OK;
		}
		below = n;
		holes = 0;
	}
	return JK_ERR_NOT_FOUND;
}

enum jk_follow_place
jk_follow_place(const struct jk_follow *f)
{
	struct neighbours unused;
	struct stat st;

	if (!look(f, 0, &st))
		return JK_PLACE_NONE;
	if (is_ours(f, &st))
		return JK_PLACE_CURRENT;
	return find_neighbours(f, &unused) == JK_OK ? JK_PLACE_ROTATED
	                                            : JK_PLACE_NONE;
}

bool
jk_follow_is_noticed(const struct jk_follow *f)
{
	return f->noticed;
}

/* A regular file, and nothing that blocks. */
static enum jk_err
open_log(const struct jk_follow *f, unsigned number, int *ret_fd,
    struct stat *ret)
{
	char name[NAME_SIZE];
	int fd = open(name_of(f, number, name),
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return JK_ERR_SYS;
	if (fstat(fd, ret) != 0 || !S_ISREG(ret->st_mode)) {
		close(fd);
		return JK_ERR_UNSAFE;
	}
	*ret_fd = fd;
	return JK_OK;
}

static void
go_to(struct jk_follow *f, off_t at)
{
	f->at = at;
	f->have = 0;
	f->skipping = false;
}

static void
take_file(struct jk_follow *f, int fd, const struct stat *st)
{
	close_fd(&f->fd);
	f->fd = fd;
	f->noticed = false;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	go_to(f, 0);
}

/* The log itself, from its start. */
static enum jk_err
take_current(struct jk_follow *f)
{
	struct stat st;
	int fd;
	enum jk_err e = open_log(f, 0, &fd, &st);

	if (e != JK_OK)
		return e;
	take_file(f, fd, &st);
	return JK_OK;
}

/* What begins in the middle of a line must not be taken for a line. */
static void
go_to_end(struct jk_follow *f)
{
	struct stat st;
	char last = '\n';

	if (fstat(f->fd, &st) != 0)
		return;
	go_to(f, st.st_size);
	if (st.st_size > 0 && pread(f->fd, &last, 1, st.st_size - 1) != 1)
		last = '\0';
	f->skipping = last != '\n';
}

/*
 * Asks for notice of what is written to the log. This goes by name, so it may
 * meet another file than ours; and auditd makes a log before it opens it to
 * its group, so it may be refused where we could open a moment later. Asked
 * whenever ours is read to its end, until it is ours that is noticed; true: there
 * was none so far, and what came in between is still to be read.
 */
static bool
watch_file(struct jk_follow *f)
{
	int old = f->watch;

	f->watch = inotify_add_watch(f->inotify_fd, f->path,
	    IN_MODIFY | IN_ATTRIB | IN_DONT_FOLLOW);
	if (f->watch == old)
		return false;
	if (old >= 0)
		(void)inotify_rm_watch(f->inotify_fd, old);
	return f->watch >= 0;
}

enum jk_err
jk_follow_attach(struct jk_follow *f)
{
	if (inotify_add_watch(f->inotify_fd, f->dir, DIR_EVENTS) < 0)
		return JK_ERR_SYS;
	if (f->attached)
		return JK_OK;
	f->attached = true;
	if (take_current(f) != JK_OK)
		return JK_OK;
	go_to_end(f);
	/* Should the path be given to another file now, the directory tells. */
	f->noticed = watch_file(f) && jk_follow_place(f) == JK_PLACE_CURRENT;
	return JK_OK;
}

void
jk_follow_detach(struct jk_follow *f)
{
	if (f->watch >= 0)
		(void)inotify_rm_watch(f->inotify_fd, f->watch);
	f->watch = -1;
	f->noticed = false;
	close_fd(&f->fd);
	go_to(f, 0);
	f->attached = false;
}

static void
give_line(struct jk_follow *f, const char *line, size_t len, jk_line_fn *fn,
    void *ctx)
{
	bool skip = f->skipping || len > JK_RECORD_LINE_MAX;

	f->skipping = false;
	if (!skip)
		fn(ctx, line, len);
}

/* Whole lines go out, the rest moves to the front. */
static void
give_lines(struct jk_follow *f, jk_line_fn *fn, void *ctx)
{
	char *line = f->buffer, *end;
	size_t left = f->have;

	while ((end = memchr(line, '\n', left)) != NULL) {
		size_t len = (size_t)(end - line);

		give_line(f, line, len, fn, ctx);
		line = end + 1;
		left -= len + 1;
	}
	memmove(f->buffer, line, left);
	f->have = left;
	if (f->skipping || left > JK_RECORD_LINE_MAX) {
		f->skipping = f->skipping || left > 0;
		f->have = 0;
	}
}

static bool
read_some(struct jk_follow *f, jk_line_fn *fn, void *ctx)
{
	ssize_t n =
	    pread(f->fd, f->buffer + f->have, BUFFER_SIZE - f->have, f->at);

	if (n <= 0)
		return false;
	f->at += n;
	f->have += (size_t)n;
	give_lines(f, fn, ctx);
	return true;
}

/* Ours stands at the path, so long; `more`: something of it was read. */
static enum jk_follow_step
stay(struct jk_follow *f, off_t size, bool more)
{
	if (size < f->at) { /* truncated */
		go_to(f, 0);
		return JK_FOLLOW_MORE;
	}
	if ((more && size > f->at) || (!f->noticed && watch_file(f)))
		return JK_FOLLOW_MORE;
	f->noticed = f->watch >= 0;
	return JK_FOLLOW_IDLE;
}

enum jk_follow_step
jk_follow_step(struct jk_follow *f, jk_line_fn *fn, void *ctx)
{
	struct neighbours unused;
	struct stat st;
	bool more, there;

	if (!f->attached)
		return JK_FOLLOW_IDLE;
	if (f->fd < 0)
		return take_current(f) == JK_OK ? JK_FOLLOW_MORE
		                                : JK_FOLLOW_IDLE;
	more = read_some(f, fn, ctx);
	there = look(f, 0, &st);
	if (there && is_ours(f, &st))
		return stay(f, st.st_size, more);
	f->noticed = false;
	if (!more && !there)
		return watch_file(f) ? JK_FOLLOW_MORE : JK_FOLLOW_IDLE;
	/* auditd may have written between the read and the rename. */
	if (more || read_some(f, fn, ctx))
		return JK_FOLLOW_MORE;
	return find_neighbours(f, &unused) == JK_OK ? JK_FOLLOW_TURNED
	                                            : JK_FOLLOW_LOST;
}

/*
 * Opens the file that follows ours. A rotation may run meanwhile; but if ours
 * and the opened one have the same numbers afterwards as before, none has
 * moved them.
 */
static enum jk_err
open_following(const struct jk_follow *f, int *ret_fd, struct stat *ret)
{
	struct neighbours before, after;
	struct stat now;
	int fd;
	enum jk_err e;

	e = find_neighbours(f, &before);
	if (e != JK_OK)
		return e;
	e = open_log(f, before.following, &fd, ret);
	if (e != JK_OK)
		return JK_ERR_BUSY;
	if (find_neighbours(f, &after) != JK_OK || after.own != before.own ||
	    after.following != before.following ||
	    !look(f, before.following, &now) || now.st_dev != ret->st_dev ||
	    now.st_ino != ret->st_ino) {
		close(fd);
		return JK_ERR_BUSY;
	}
	*ret_fd = fd;
	return JK_OK;
}

enum jk_err
jk_follow_next(struct jk_follow *f)
{
	struct stat st;
	int fd;
	enum jk_err e;

	e = open_following(f, &fd, &st);
	if (e == JK_ERR_NOT_FOUND)
		return take_current(f) == JK_OK ? JK_OK : JK_ERR_BUSY;
	if (e != JK_OK)
		return e;
	take_file(f, fd, &st);
	return JK_OK;
}

enum jk_err
jk_follow_sync(struct jk_follow *f)
{
	return f->fd >= 0 && fdatasync(f->fd) == 0 ? JK_OK : JK_ERR_SYS;
}
