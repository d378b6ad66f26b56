/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One use, as several threads may hold it. Whoever waits reads for all: one
 * thread at a time is at the connection, what it reads goes into a queue, and
 * the others wait for the queue.
 */
#ifndef JK_HANDLE_H
#define JK_HANDLE_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include "client.h"
#include "event.h"
#include "protocol.h"

/* Questions and answers that nobody has taken, at a time. */
#define JK_ANSWERS_MAX (2 * JUKINET_FLIGHT)
/* What may come beside them: a state, and the notes of a confirmation. */
#define JK_EVENTS_MAX (JK_ANSWERS_MAX + 32)

struct jukinet {
	pid_t owner; /* a child of its has the descriptors, and no more */
	pthread_mutex_t lock;
	pthread_cond_t news; /* boot time is not known to it: monotonic */
	struct jk_client client;
	struct jk_frame *out;
	int poll_fd;     /* readable when one of these is: */
	int queued_fd;   /* something waits in the queue */
	bool shows;      /* and so it is readable */
	bool reading;    /* somebody is */
	bool broken;     /* no more comes, and nothing more is allowed */
	bool confirming; /* the one in flight is a confirmation */
	bool pin_wanted; /* and it has asked for a PIN */
	uint64_t sequence;
	unsigned in_flight;
	uint64_t unanswered[JUKINET_FLIGHT]; /* in_flight of them */
	/* For whose answer a thread waits: no other thread gets it. */
	unsigned n_awaited;
	uint64_t awaited[JK_EVENTS_MAX];
	/* A page of the session's uses that was asked for, until whoever did
	 * has taken it, 0: none. */
	uint64_t listing;
	bool list_awaited;  /* he still waits for it */
	bool list_answered; /* it is whole, */
	bool listed;        /* and no refusal */
	unsigned n_listed;
	struct jukinet_use use[JK_USED_PAGE];
	enum jukinet_state state;
	struct jukinet_holder holder;
	size_t n;
	struct jukinet_event event[JK_EVENTS_MAX];
};

enum jk_err jk_handle_new(struct jukinet **ret);
/* Ends the use; in a child it only forgets it, and the use goes on. */
void jk_handle_free(struct jukinet **handle);
/* With the lock held from now on. False, and without it: it was begun by another
 * process, whose answers are not ours. */
bool jk_handle_lock(struct jukinet *handle);
/* The connection has been made: from now on poll_fd tells of it. */
enum jk_err jk_handle_watch(struct jukinet *handle);

/* Called with the lock held, all of these: a question was sent. */
void jk_handle_sent(struct jukinet *handle);
/* The one that was sent last asks for uses. */
void jk_handle_listing(struct jukinet *handle);
/*
 * Waits for them: JK_OK: they are handle->use. JK_ERR_REFUSED: there are none to
 * be told.
 */
enum jk_err jk_handle_take_uses(struct jukinet *handle, int64_t until);
/*
 * The first event of the queue that no other thread waits for; waits until boot
 * time `until`, 0: not at all. JK_ERR_TIMEOUT: none came; JK_ERR_CLOSED: none
 * will.
 */
enum jk_err jk_handle_take(struct jukinet *handle, int64_t until,
    struct jukinet_event *ret);
/* The same for the answer to the question that was sent last. */
enum jk_err jk_handle_take_answer(struct jukinet *handle, int64_t until,
    struct jukinet_event *ret);

#endif
