/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a session stands, looked at anew for every request of a conversation that
 * lasts, and told at once when it changes. What is looked at is the state itself;
 * it is read only when it is another file, and its leaders are held by
 * descriptors that say when they have died.
 */
#ifndef JK_STANDING_H
#define JK_STANDING_H

#include <poll.h>

#include <sys/stat.h>

#include "session.h"

/* As many as jk_standing_poll() may write. */
#define JK_STANDING_POLL (JK_LEADERS_MAX + 1)

struct jk_standing {
	int dir;
	uid_t uid;
	struct jk_session session; /* ended when there is none */
	int inotify_fd;            /* of the notices; -1: none */
	bool lost;                 /* a leader has died since the last look */
	size_t n_leaders;
	int leader[JK_LEADERS_MAX];
	char name[32]; /* of the file */
	int file;      /* what was read; -1: none */
	struct stat seen;
};

/* Fills *ret in its place: it is large. */
enum jk_err jk_standing_open(int state_dir, uid_t uid, struct jk_standing *ret);
void jk_standing_close(struct jk_standing *standing);

/*
 * True when it is not as it was when it was looked at last. That a leader has
 * died is told by jk_standing_hear().
 */
bool jk_standing_look(struct jk_standing *standing);

/* What becomes readable when it should be looked at; how many were written. */
nfds_t jk_standing_poll(const struct jk_standing *standing,
    struct pollfd ret[static JK_STANDING_POLL]);
/* After poll(), with what was written there: true when it should. */
bool jk_standing_hear(struct jk_standing *standing,
    const struct pollfd fds[static JK_STANDING_POLL]);

#endif
