/* SPDX-License-Identifier: BSD-2-Clause */
#include "leaders.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "process.h"

/* Above that, what has died is found by the next look all the same. */
#define WATCHED_MAX 128

struct watched {
	struct jk_leaders *leaders;
	struct jk_login login;
	int fd;
	bool is_wanted;
	sd_event_source *source;
};

struct jk_leaders {
	sd_event *event;
	jk_leaders_fn *died;
	void *ctx;
	struct watched watched[WATCHED_MAX];
};

static void
drop(struct watched *w)
{
	w->source = sd_event_source_disable_unref(w->source);
	jk_fd_close(&w->fd);
	w->fd = -1;
	w->login = (struct jk_login){ 0 };
}

static int
on_death(JK_UNUSED sd_event_source *source, JK_UNUSED int fd,
    JK_UNUSED uint32_t events, void *ctx)
{
	struct watched *w = ctx;
	struct jk_leaders *l = w->leaders;

	drop(w);
	l->died(l->ctx);
	return 0;
}

/* A pid comes again: the descriptor must be of the one that was meant. */
static void
watch(struct jk_leaders *l, struct watched *w, const struct jk_login *login)
{
	uint64_t start;

	if (login->pid == 0 || login->pid > INT32_MAX)
		return;
	w->fd = (int)syscall(SYS_pidfd_open, (pid_t)login->pid, 0);
	if (w->fd < 0) {
		w->fd = -1;
		return;
	}
	w->login = *login;
	w->is_wanted = true;
	if (jk_process_start((pid_t)login->pid, &start) != JK_OK ||
	    start != login->start ||
	    sd_event_add_io(l->event, &w->source, w->fd, EPOLLIN, on_death, w) <
	        0)
		drop(w);
}

static struct watched *
find(struct jk_leaders *l, uint64_t pid, uint64_t start)
{
	for (size_t i = 0; i < WATCHED_MAX; i++)
		if (l->watched[i].login.pid == pid &&
		    l->watched[i].login.start == start)
			return &l->watched[i];
	return NULL;
}

static void
want(struct jk_leaders *l, const struct jk_login *login)
{
	struct watched *w = find(l, login->pid, login->start);

	if (w != NULL) {
		w->is_wanted = true;
		return;
	}
	w = find(l, 0, 0);
	if (w != NULL)
		watch(l, w, login);
}

void
jk_leaders_set(struct jk_leaders *leaders, const struct jk_sessions *sessions)
{
	for (size_t i = 0; i < WATCHED_MAX; i++)
		leaders->watched[i].is_wanted = false;
	for (size_t i = 0; i < sessions->n; i++)
		for (size_t k = 0; k < sessions->live[i].n_leaders; k++)
			want(leaders, &sessions->live[i].leader[k]);
	for (size_t i = 0; i < WATCHED_MAX; i++)
		if (!leaders->watched[i].is_wanted)
			drop(&leaders->watched[i]);
}

enum jk_err
jk_leaders_new(sd_event *event, jk_leaders_fn *died, void *ctx,
    struct jk_leaders **ret)
{
	struct jk_leaders *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return JK_ERR_NOMEM;
	l->event = event;
	l->died = died;
	l->ctx = ctx;
	for (size_t i = 0; i < WATCHED_MAX; i++)
		l->watched[i] = (struct watched){ .leaders = l, .fd = -1 };
	*ret = l;
	return JK_OK;
}

void
jk_leaders_free(struct jk_leaders **leaders)
{
	if (*leaders == NULL)
		return;
	for (size_t i = 0; i < WATCHED_MAX; i++)
		drop(&(*leaders)->watched[i]);
	free(*leaders);
	*leaders = NULL;
}
