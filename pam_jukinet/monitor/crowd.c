/* SPDX-License-Identifier: BSD-2-Clause */
#include "crowd.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"
#include "file.h"

#define STACK_BYTES 65536

struct jk_crowd {
	int ends[2]; /* of a pipe: here and at the threads */
	uint64_t next;
};

struct waiting {
	int to; /* its own descriptor of the pipe */
	uint64_t place;
};

struct admitted {
	uint64_t place;
	int fd;
};

static void *
wait_for_place(void *ctx)
{
	struct waiting *w = ctx;
	struct admitted a = { .place = w->place, .fd = -1 };

	if (jk_client_connect(true, &a.fd) != JK_OK)
		a.fd = -1;
	/* Less than a pipe takes at once: whole or not at all. */
	if (write(w->to, &a, sizeof(a)) != (ssize_t)sizeof(a))
		jk_fd_close(&a.fd);
	jk_fd_close(&w->to);
	free(w);
	return NULL;
}

static enum jk_err
start_thread(struct waiting *w)
{
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	if (pthread_attr_init(&attr) != 0)
		return JK_ERR_NOMEM;
	r = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (r == 0)
		r = pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (r == 0)
		r = pthread_create(&thread, &attr, wait_for_place, w);
	(void)pthread_attr_destroy(&attr);
	return r == 0 ? JK_OK : JK_ERR_NOMEM;
}

enum jk_err
jk_crowd_enter(struct jk_crowd *crowd, uint64_t *ret_place)
{
	struct waiting *w = calloc(1, sizeof(*w));
	enum jk_err e;

	if (w == NULL)
		return JK_ERR_NOMEM;
	w->place = crowd->next;
	w->to = fcntl(crowd->ends[1], F_DUPFD_CLOEXEC, 3);
	e = w->to < 0 ? JK_ERR_SYS : start_thread(w);
	if (e != JK_OK) {
		jk_fd_close(&w->to);
		free(w);
		return e;
	}
	*ret_place = crowd->next++;
	return JK_OK;
}

bool
jk_crowd_leave(struct jk_crowd *crowd, uint64_t *ret_place, int *ret_fd)
{
	struct admitted a;

	if (read(crowd->ends[0], &a, sizeof(a)) != (ssize_t)sizeof(a))
		return false;
	*ret_place = a.place;
	*ret_fd = a.fd;
	return true;
}

int
jk_crowd_fd(const struct jk_crowd *crowd)
{
	return crowd->ends[0];
}

enum jk_err
jk_crowd_new(struct jk_crowd **ret)
{
	struct jk_crowd *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return JK_ERR_NOMEM;
	if (pipe2(c->ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		free(c);
		return JK_ERR_SYS;
	}
	*ret = c;
	return JK_OK;
}

void
jk_crowd_free(struct jk_crowd **crowd)
{
	if (*crowd == NULL)
		return;
	jk_fd_close(&(*crowd)->ends[0]);
	jk_fd_close(&(*crowd)->ends[1]);
	free(*crowd);
	*crowd = NULL;
}
