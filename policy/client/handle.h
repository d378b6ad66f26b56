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

#include "client.h"
#include "event.h"

/* Answers of all that is in flight, and what may come beside. */
#define JK_EVENTS_MAX (2 * JUKINET_FLIGHT)

struct jukinet {
	pthread_mutex_t lock;
	pthread_cond_t news; /* boot time is not known to it: monotonic */
	struct jk_client client;
	struct jk_frame *out;
	int poll_fd;   /* readable when one of these is: */
	int queued_fd; /* something waits in the queue */
	bool reading;  /* somebody is */
	bool broken;   /* no more comes, and nothing more is allowed */
	uint64_t sequence;
	unsigned in_flight;
	enum jukinet_state state;
	struct jukinet_holder holder;
	size_t n;
	struct jukinet_event event[JK_EVENTS_MAX];
};

enum jk_err jk_handle_new(struct jukinet **ret);
void jk_handle_free(struct jukinet **handle);
/* The connection has been made: from now on poll_fd tells of it. */
enum jk_err jk_handle_watch(struct jukinet *handle);

/*
 * The first event that `wanted` takes (NULL: any), out of the queue; waits until
 * boot time `until`, 0: not at all. Called with the lock held.
 * JK_ERR_TIMEOUT: none came; JK_ERR_CLOSED: none will.
 */
typedef bool jk_event_wanted_fn(const struct jukinet_event *event, void *ctx);
enum jk_err jk_handle_take(struct jukinet *handle, int64_t until,
    jk_event_wanted_fn *wanted, void *ctx, struct jukinet_event *ret);

#endif
