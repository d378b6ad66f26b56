/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Follows the log that auditd keeps at one path: through its rotation (PATH
 * becomes PATH.1, PATH.1 becomes PATH.2 …), also several at once; through
 * truncation; away from a file that was unlinked or moved, to the new one.
 * Nothing is concluded from inotify's events, they only end a wait: the state
 * of the directory is looked at anew each time.
 */
#ifndef JK_FOLLOW_H
#define JK_FOLLOW_H

#include "err.h"

struct jk_follow;

/* One whole line without its newline, at most JK_RECORD_LINE_MAX bytes. */
typedef void jk_line_fn(void *ctx, const char *line, size_t len);

enum jk_follow_step {
	/* Something was read; call again. */
	JK_FOLLOW_MORE,
	/* All is read; or there is no log. Wait for jk_follow_fd(). */
	JK_FOLLOW_IDLE,
	/* All is read and the file was rotated: jk_follow_next() leaves it. */
	JK_FOLLOW_TURNED,
	/* The same, but the file stands nowhere any more. */
	JK_FOLLOW_LOST,
};

/* Where the file stands that is being followed. */
enum jk_follow_place {
	JK_PLACE_NONE = 0, /* nowhere, or there is no log at the path */
	JK_PLACE_CURRENT,  /* at the path */
	JK_PLACE_ROTATED,  /* at PATH.N, and there is a log at the path */
};

/* Attached to nothing. *ret is released by jk_follow_free(). */
enum jk_err jk_follow_new(const char *path, struct jk_follow **ret);
/* NULL is fine; leaves NULL. */
void jk_follow_free(struct jk_follow **follow);

/* Becomes readable when something may have happened. */
int jk_follow_fd(const struct jk_follow *follow);
/* Takes the notices; called before the steps that look what it was. */
void jk_follow_drain(struct jk_follow *follow);

/*
 * When detached: from now on, from the end of what stands at the path, or
 * from the start of what will appear there. When attached: renews what was
 * asked of the kernel and does not change the position.
 */
enum jk_err jk_follow_attach(struct jk_follow *follow);
/* Nobody waits for anything: costs nothing from here on. */
void jk_follow_detach(struct jk_follow *follow);

/* Reads at most one buffer full and gives its lines to `fn`. */
enum jk_follow_step jk_follow_step(struct jk_follow *follow, jk_line_fn *fn,
    void *ctx);
/*
 * After TURNED or LOST: goes to the start of the following file.
 * JK_ERR_BUSY: the directory is changing right now, step again later.
 */
enum jk_err jk_follow_next(struct jk_follow *follow);

/*
 * After IDLE: whether jk_follow_fd() tells what is written to the log from now
 * on. If not, the steps must be taken again before long.
 */
bool jk_follow_is_noticed(const struct jk_follow *follow);
enum jk_follow_place jk_follow_place(const struct jk_follow *follow);
/* What was read so far is on the disk. */
enum jk_err jk_follow_sync(struct jk_follow *follow);

#endif
