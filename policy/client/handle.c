/* SPDX-License-Identifier: BSD-2-Clause */
#include "handle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"

/* So often a thread looks whether it is its turn to read. */
#define TURN_MS 1000

enum jk_err
jk_handle_new(struct jukinet **ret)
{
	struct jukinet *h = calloc(1, sizeof(*h));
	pthread_condattr_t attributes;
	enum jk_err e = JK_ERR_NOMEM;

	if (h == NULL)
		return e;
	h->owner = getpid();
	h->client.fd = h->poll_fd = h->queued_fd = -1;
	(void)pthread_mutex_init(&h->lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&h->news, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	h->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	h->queued_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (h->poll_fd >= 0 && h->queued_fd >= 0)
		e = jk_frame_new(&h->out);
	if (e != JK_OK)
		jk_handle_free(&h);
	*ret = h;
	return e;
}

/* Its frames were not copied for a child; its lock may be held by nobody. */
static void
release(struct jukinet *h)
{
	/* Children that live on have the connection open as well. */
	if (h->client.fd >= 0)
		(void)shutdown(h->client.fd, SHUT_RDWR);
	jk_client_close(&h->client);
	jk_frame_free(&h->out);
	(void)pthread_cond_destroy(&h->news);
	(void)pthread_mutex_destroy(&h->lock);
}

void
jk_handle_free(struct jukinet **handle)
{
	struct jukinet *h = *handle;

	if (h == NULL)
		return;
	if (h->owner == getpid())
		release(h);
	jk_fd_close(&h->client.fd);
	jk_fd_close(&h->poll_fd);
	jk_fd_close(&h->queued_fd);
	free(h);
	*handle = NULL;
}

bool
jk_handle_lock(struct jukinet *h)
{
	return h->owner == getpid() && pthread_mutex_lock(&h->lock) == 0;
}

static enum jk_err
watch(struct jukinet *h, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP };

	return epoll_ctl(h->poll_fd, EPOLL_CTL_ADD, fd, &event) == 0
	           ? JK_OK
	           : JK_ERR_SYS;
}

enum jk_err
jk_handle_watch(struct jukinet *h)
{
	enum jk_err e = watch(h, h->queued_fd);

	return e == JK_OK ? watch(h, h->client.fd) : e;
}

static bool
is_awaited(const struct jukinet *h, const struct jukinet_event *event)
{
	for (unsigned i = 0; i < h->n_awaited; i++)
		if (event->kind == JUKINET_EVENT_ANSWER &&
		    event->answer.sequence == h->awaited[i])
			return true;
	return false;
}

static bool
has_event(const struct jukinet *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (!is_awaited(h, &h->event[i]))
			return true;
	return false;
}

/* Readable exactly when there is something, or nothing will ever come. */
static void
show_queue(struct jukinet *h)
{
	const bool show = h->broken || has_event(h);
	uint64_t one = 1, any;

	if (show && !h->shows)
		(void)!write(h->queued_fd, &one, sizeof(one));
	else if (!show && h->shows)
		(void)!read(h->queued_fd, &any, sizeof(any));
	h->shows = show;
}

static void
drop(struct jukinet *h, size_t i)
{
	h->n--;
	memmove(&h->event[i], &h->event[i + 1],
	    (h->n - i) * sizeof(h->event[0]));
}

/*
 * What is new about a state makes the older news of it worthless. It does not
 * take its place: of an answer and a state the later one counts.
 */
static void
drop_state(struct jukinet *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->event[i].kind == JUKINET_EVENT_STATE) {
			drop(h, i);
			return;
		}
}

void
jk_handle_sent(struct jukinet *h)
{
	h->unanswered[h->in_flight++] = ++h->sequence;
}

/* Each is answered once. More than was asked for can only come from who is not
 * jukinetd. */
static enum jk_err
note_answer(struct jukinet *h, uint64_t sequence)
{
	for (unsigned i = 0; i < h->in_flight; i++)
		if (h->unanswered[i] == sequence) {
			h->unanswered[i] = h->unanswered[--h->in_flight];
			h->confirming = h->pin_wanted = false;
			return JK_OK;
		}
	return JK_ERR_FORMAT;
}

void
jk_handle_listing(struct jukinet *h)
{
	h->listing = h->sequence;
	h->list_awaited = true;
	h->list_answered = h->listed = false;
	h->n_listed = 0;
}

static bool
is_listing(const struct jukinet *h, uint64_t sequence)
{
	return h->listing != 0 && h->listing == sequence && !h->list_answered;
}

/* Its waiter may have gone: then it is nobody's. Else no other page is asked for
 * before he has it. */
static enum jk_err
end_listing(struct jukinet *h, const struct jukinet_answer *answer)
{
	if (!h->list_awaited)
		h->listing = 0;
	h->list_answered = true;
	h->listed = answer->allowed == 1;
	return JK_OK;
}

static enum jk_err
keep_use(struct jukinet *h, const struct jukinet_use *use, uint64_t sequence)
{
	if (!is_listing(h, sequence) || h->n_listed == JK_USED_PAGE)
		return JK_ERR_FORMAT;
	h->use[h->n_listed++] = *use;
	return JK_OK;
}

static enum jk_err
keep(struct jukinet *h, const struct jukinet_event *event)
{
	enum jk_err e = JK_OK;

	if (event->kind == JUKINET_EVENT_ANSWER) {
		e = note_answer(h, event->answer.sequence);
		if (e == JK_OK && is_listing(h, event->answer.sequence))
			return end_listing(h, &event->answer);
	} else if (event->kind == JUKINET_EVENT_STATE) {
		h->state = event->state;
	} else if (!h->confirming) {
		e = JK_ERR_FORMAT;
	}
	if (e != JK_OK)
		return e;
	if (event->kind == JUKINET_EVENT_PIN)
		h->pin_wanted = true;
	if (event->kind == JUKINET_EVENT_STATE)
		drop_state(h);
	if (h->n == JK_EVENTS_MAX)
		return JK_ERR_TOO_BIG;
	h->event[h->n++] = *event;
	return JK_OK;
}

/* With the lock given up while it waits. */
static enum jk_err
read_one(struct jukinet *h, int64_t until)
{
	struct jukinet_event event;
	struct jukinet_use use;
	uint64_t sequence = 0;
	bool is_use = false;
	enum jk_err e;

	h->reading = true;
	(void)pthread_mutex_unlock(&h->lock);
	e = jk_frame_recv(h->client.fd, NULL, until, h->client.frame, NULL);
	if (e == JK_OK)
		is_use = jk_frame_type(h->client.frame) == JK_FRAME_USED;
	if (e == JK_OK)
		e = is_use
		        ? jk_event_decode_use(h->client.frame, &use, &sequence)
		        : jk_event_decode(h->client.frame, &event);
	(void)pthread_mutex_lock(&h->lock);
	h->reading = false;
	if (e == JK_OK)
		e = is_use ? keep_use(h, &use, sequence) : keep(h, &event);
	if (e != JK_OK && e != JK_ERR_TIMEOUT) {
		h->broken = true;
		h->state = JUKINET_STATE_ENDED;
	}
	show_queue(h);
	(void)pthread_cond_broadcast(&h->news);
	return e;
}

static void
wait_for_reader(struct jukinet *h, int64_t until)
{
	struct timespec at;
	int64_t ms = jk_poll_ms(until);

	if (ms > TURN_MS)
		ms = TURN_MS;
	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	(void)pthread_cond_timedwait(&h->news, &h->lock, &at);
}

/* 0: any that nobody else waits for. */
static bool
take(struct jukinet *h, uint64_t sequence, struct jukinet_event *ret)
{
	for (size_t i = 0; i < h->n; i++) {
		if (sequence == 0 ? is_awaited(h, &h->event[i])
		                  : h->event[i].kind != JUKINET_EVENT_ANSWER ||
		                        h->event[i].answer.sequence != sequence)
			continue;
		*ret = h->event[i];
		drop(h, i);
		show_queue(h);
		return true;
	}
	return false;
}

/* JK_OK: something may have come. *late: it is looked for once more. */
static enum jk_err
wait_once(struct jukinet *h, int64_t until, bool *late)
{
	if (h->broken)
		return JK_ERR_CLOSED;
	if (*late || (h->reading && until == 0))
		return JK_ERR_TIMEOUT;
	if (!h->reading)
		*late = read_one(h, until) == JK_ERR_TIMEOUT;
	else if (jk_poll_ms(until) == 0)
		*late = true;
	else
		wait_for_reader(h, until);
	return JK_OK;
}

static enum jk_err
wait_for(struct jukinet *h, int64_t until, uint64_t sequence,
    struct jukinet_event *ret)
{
	bool late = false;
	enum jk_err e = JK_OK;

	while (e == JK_OK) {
		if (take(h, sequence, ret))
			return JK_OK;
		e = wait_once(h, until, &late);
	}
	return e;
}

enum jk_err
jk_handle_take_uses(struct jukinet *h, int64_t until)
{
	bool late = false;
	enum jk_err e = JK_OK;

	while (e == JK_OK && !h->list_answered)
		e = wait_once(h, until, &late);
	h->list_awaited = false;
	if (!h->list_answered)
		return e;
	h->listing = 0;
	return h->listed ? JK_OK : JK_ERR_REFUSED;
}

enum jk_err
jk_handle_take(struct jukinet *h, int64_t until, struct jukinet_event *ret)
{
	return wait_for(h, until, 0, ret);
}

static void
forget_awaited(struct jukinet *h, uint64_t sequence)
{
	for (unsigned i = 0; i < h->n_awaited; i++)
		if (h->awaited[i] == sequence) {
			h->awaited[i] = h->awaited[--h->n_awaited];
			break;
		}
	/* Its answer may have come too late for who waited. */
	show_queue(h);
	(void)pthread_cond_broadcast(&h->news);
}

enum jk_err
jk_handle_take_answer(struct jukinet *h, int64_t until,
    struct jukinet_event *ret)
{
	const uint64_t sequence = h->sequence;
	enum jk_err e;

	h->awaited[h->n_awaited++] = sequence;
	e = wait_for(h, until, sequence, ret);
	forget_awaited(h, sequence);
	return e;
}
