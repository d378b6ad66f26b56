/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The resident part of a service: it accepts, forks one worker for each
 * connection and reads nothing itself. Workers are bounded in all and for
 * each caller's uid; who is above that waits in a bounded queue, before a
 * process is spent on him. A set-user-ID program counts for the user who runs
 * it. A worker is killed at the deadline, when its peer has hung up and the
 * grace is over, and with the accepter.
 *
 * A worker whose conversation lasts says so, again and again, and is killed
 * when it no longer does. Those are bounded on their own, so that there is
 * always room for the others.
 */
#ifndef JK_ACCEPTER_H
#define JK_ACCEPTER_H

#include <stdint.h>
#include <sys/socket.h>

#include "err.h"

/* Runs in a child of its own; what it returns is the exit status. */
typedef int jk_worker_fn(int fd, const struct ucred *peer, void *ctx);

struct jk_accepter {
	int listen_fd;
	unsigned max_workers; /* at once */
	unsigned max_per_uid; /* at once for one uid other than root */
	unsigned max_waiting; /* connections in the queue */
	unsigned max_lasting; /* workers at once whose conversation lasts ... */
	unsigned max_lasting_per_uid; /* ... for one uid, root's too */
	unsigned burst;     /* conversations a uid other than root ... */
	unsigned refill_ms; /* ... has at once, and how fast one comes back;
	                        * 0: no such budget */
	/* Services of ours have places and budget as root has; may be NULL. */
	bool (*is_ours)(uid_t uid);
	int64_t deadline_ms; /* of a worker, and of a place in the queue */
	int64_t grace_ms;    /* from the peer's hang-up to SIGKILL */
	jk_worker_fn *worker;
	void *ctx;
};

/*
 * Until SIGTERM or SIGINT; then the workers are ended. SIGCHLD, SIGTERM and
 * SIGINT are blocked meanwhile; workers start with them unblocked.
 */
enum jk_err jk_accepter_run(const struct jk_accepter *accepter);

/*
 * In a worker: from now on for one more deadline, until *ret_until (boot ms).
 * JK_ERR_BUSY: there are too many whose conversation lasts; the worker goes on
 * as one of the others. JK_ERR_UNSUPPORTED: it was started by no accepter.
 */
enum jk_err jk_accepter_last(int64_t *ret_until);

#endif
