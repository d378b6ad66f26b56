/* SPDX-License-Identifier: BSD-2-Clause */
#include "asks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "crowd.h"
#include "file.h"
#include "log.h"
#include "sessions.h"

/* As many at once as jukinetd has for one uid, less one for what is urgent. */
#define TALKS_MAX 4
#define URGENT    1
#define QUEUE_MAX 128
/* For a place at the socket, and for a jukinetd that says nothing at all. */
#define CROWD_MS 3000
#define HELLO_MS 2000
/* A whole answer to LOOK, which writes no record. */
#define LOOK_MS 1000
/* A record and its receipt: longer than jukinetd waits for it itself. */
#define RECORD_MS 6000

struct talk {
	struct jk_asks *asks;
	bool is_used;
	struct jk_act act;
	int fd; /* -1: it waits in the crowd */
	uint64_t place;
	bool is_greeted;
	sd_event_source *io, *deadline;
};

struct jk_asks {
	sd_event *event;
	jk_asks_fn *done;
	void *ctx;
	struct jk_frame *frame;
	struct jk_sessions fresh; /* of the LOOK that goes on */
	size_t n_queued;
	struct jk_act queue[QUEUE_MAX];
	struct talk talk[TALKS_MAX];
	struct jk_crowd *crowd;
	sd_event_source *later, *admitted;
	bool is_silent; /* it was said that jukinetd does not answer */
};

static bool
is_urgent(const struct jk_act *act)
{
	return act->kind == JK_ACT_LOCK || act->kind == JK_ACT_END;
}

static void
end_talk(struct talk *t)
{
	t->io = sd_event_source_disable_unref(t->io);
	t->deadline = sd_event_source_disable_unref(t->deadline);
	jk_fd_close(&t->fd);
	t->fd = -1;
	t->is_used = false;
}

static void
say_silent(struct jk_asks *a, bool is_silent)
{
	if (is_silent && !a->is_silent)
		jk_log(JK_LOG_WARNING, "jukinetd does not answer");
	if (!is_silent && a->is_silent)
		jk_log(JK_LOG_NOTICE, "jukinetd answers again");
	a->is_silent = is_silent;
}

/* The queue goes on from the loop, never from within a conversation. */
static void
finish(struct talk *t, bool answered, bool granted)
{
	struct jk_asks *a = t->asks;
	const struct jk_act act = t->act;
	const bool told = granted && act.kind == JK_ACT_LOOK;

	say_silent(a, !answered);
	end_talk(t);
	(void)sd_event_source_set_enabled(a->later, SD_EVENT_ONESHOT);
	a->done(a->ctx, &act, granted, told ? &a->fresh : NULL);
}

static int
on_deadline(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec,
    void *ctx)
{
	finish(ctx, false, false);
	return 0;
}

static enum jk_err
arm(struct talk *t, int64_t ms)
{
	const uint64_t until = (uint64_t)(jk_boot_ms() + ms) * 1000;

	t->deadline = sd_event_source_disable_unref(t->deadline);
	return sd_event_add_time(t->asks->event, &t->deadline, CLOCK_BOOTTIME,
	           until, 1000, on_deadline, t) < 0
	           ? JK_ERR_NOMEM
	           : JK_OK;
}

static enum jk_frame_type
type_of(enum jk_act_kind kind)
{
	if (kind == JK_ACT_LOCK)
		return JK_FRAME_LOCK;
	if (kind == JK_ACT_END)
		return JK_FRAME_END;
	return kind == JK_ACT_SEEN ? JK_FRAME_SEEN : JK_FRAME_LOOK;
}

static enum jk_err
greet(struct talk *t)
{
	struct jk_asks *a = t->asks;
	const struct jk_request request = {
		.type = type_of(t->act.kind),
		.session = t->act.session,
		.reader = t->act.reader,
		.cause = t->act.cause,
		.seconds = (uint64_t)t->act.seconds,
	};
	uint8_t nonce[JK_NONCE_LEN];
	int64_t ms;
	enum jk_err e;

	if ((e = jk_client_hello(a->frame, nonce, &ms)) != JK_OK ||
	    (e = jk_client_encode(&request, nonce, a->frame)) != JK_OK ||
	    (e = jk_frame_send(t->fd, a->frame)) != JK_OK)
		return e;
	t->is_greeted = true;
	return arm(t, t->act.kind == JK_ACT_LOOK ? LOOK_MS : RECORD_MS);
}

/*
 * A record of an opening is asked for while the session is locked anyway, and
 * one of a reader that is refused would be refused again.
 */
static bool
is_done(const struct jk_act *act, uint64_t reason)
{
	return reason == JK_WHY_GRANTED || act->kind == JK_ACT_SEEN ||
	       (act->cause == JK_CAUSE_UNPROVEN &&
	           reason == JK_WHY_SESS_LOCKED);
}

/* JK_ERR_BUSY: more is to come. */
static enum jk_err
take_answer(struct talk *t, bool *ret_granted)
{
	struct jk_asks *a = t->asks;
	const bool is_look = t->act.kind == JK_ACT_LOOK;
	uint64_t reason;
	enum jk_err e;

	if (is_look && jk_frame_type(a->frame) == JK_FRAME_LIVE) {
		e = jk_sessions_add(&a->fresh, a->frame);
		return e == JK_OK ? JK_ERR_BUSY : e;
	}
	if (jk_frame_type(a->frame) != JK_FRAME_VERDICT)
		return JK_ERR_FORMAT;
	e = jk_frame_get_u64(a->frame, JK_FIELD_REASON, &reason);
	if (e == JK_OK && reason == JK_WHY_GRANTED && is_look)
		e = jk_sessions_settle(&a->fresh, a->frame);
	if (e == JK_OK)
		*ret_granted = is_done(&t->act, reason);
	return e;
}

static int
on_frame(JK_UNUSED sd_event_source *source, int fd, JK_UNUSED uint32_t events,
    void *ctx)
{
	struct talk *t = ctx;
	bool granted = false;
	enum jk_err e =
	    jk_frame_recv(fd, NULL, jk_boot_ms(), t->asks->frame, NULL);

	if (e == JK_ERR_TIMEOUT)
		return 0;
	if (e == JK_OK && !t->is_greeted) {
		e = greet(t);
		if (e == JK_OK)
			return 0;
	} else if (e == JK_OK) {
		e = take_answer(t, &granted);
		if (e == JK_ERR_BUSY)
			return 0;
	}
	finish(t, e == JK_OK, granted);
	return 0;
}

static enum jk_err
listen_to(struct talk *t)
{
	enum jk_err e = arm(t, HELLO_MS);

	if (e != JK_OK)
		return e;
	return sd_event_add_io(t->asks->event, &t->io, t->fd, EPOLLIN, on_frame,
	           t) < 0
	           ? JK_ERR_NOMEM
	           : JK_OK;
}

static enum jk_err
begin(struct talk *t, const struct jk_act *act)
{
	struct jk_asks *a = t->asks;
	enum jk_err e;

	t->act = *act;
	t->is_used = true;
	t->is_greeted = false;
	if (act->kind == JK_ACT_LOOK)
		a->fresh = (struct jk_sessions){ .asked_ms = jk_boot_ms() };
	e = jk_client_connect(false, &t->fd);
	if (e == JK_OK)
		return listen_to(t);
	t->fd = -1;
	if (e != JK_ERR_BUSY)
		return e;
	e = arm(t, CROWD_MS);
	return e == JK_OK ? jk_crowd_enter(a->crowd, &t->place) : e;
}

/* Whoever has given up meanwhile needs the connection no more. */
static int
on_admitted(JK_UNUSED sd_event_source *source, JK_UNUSED int fd,
    JK_UNUSED uint32_t events, void *ctx)
{
	struct jk_asks *a = ctx;
	uint64_t place;
	int given;

	if (!jk_crowd_leave(a->crowd, &place, &given))
		return 0;
	for (size_t i = 0; i < TALKS_MAX; i++) {
		struct talk *t = &a->talk[i];

		if (!t->is_used || t->fd >= 0 || t->place != place)
			continue;
		t->fd = given;
		if (given < 0 || listen_to(t) != JK_OK)
			finish(t, false, false);
		return 0;
	}
	jk_fd_close(&given);
	return 0;
}

static struct talk *
free_talk(struct jk_asks *a, bool urgent)
{
	struct talk *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < TALKS_MAX; i++)
		if (a->talk[i].is_used)
			n++;
		else
			found = &a->talk[i];
	return !urgent && n >= TALKS_MAX - URGENT ? NULL : found;
}

/* One LOOK at a time, as they share what they gather. */
static bool
is_looking(const struct jk_asks *a)
{
	for (size_t i = 0; i < TALKS_MAX; i++)
		if (a->talk[i].is_used && a->talk[i].act.kind == JK_ACT_LOOK)
			return true;
	return false;
}

static bool
may_begin(struct jk_asks *a, const struct jk_act *act)
{
	if (act->kind == JK_ACT_LOOK && is_looking(a))
		return false;
	return free_talk(a, is_urgent(act)) != NULL;
}

static void
take_out(struct jk_asks *a, size_t i)
{
	a->n_queued--;
	memmove(&a->queue[i], &a->queue[i + 1],
	    (a->n_queued - i) * sizeof(a->queue[0]));
}

static int
go_on(JK_UNUSED sd_event_source *source, void *ctx)
{
	struct jk_asks *a = ctx;
	size_t i = 0;

	while (i < a->n_queued) {
		const struct jk_act act = a->queue[i];
		struct talk *t;

		if (!may_begin(a, &act)) {
			i++;
			continue;
		}
		take_out(a, i);
		t = free_talk(a, is_urgent(&act));
		if (begin(t, &act) != JK_OK)
			finish(t, false, false);
	}
	return 0;
}

/* LOOK tells all that the one before it in the queue would. */
static bool
is_queued(const struct jk_asks *a, const struct jk_act *act)
{
	for (size_t i = 0; i < a->n_queued; i++)
		if (act->kind == JK_ACT_LOOK && a->queue[i].kind == JK_ACT_LOOK)
			return true;
	return false;
}

void
jk_asks_put(struct jk_asks *asks, const struct jk_act *act)
{
	size_t at = asks->n_queued;

	if (is_queued(asks, act))
		return;
	if (asks->n_queued == QUEUE_MAX) {
		/* What is urgent is asked for again by the rules. */
		jk_log(JK_LOG_ERR, "too much to be asked of jukinetd");
		asks->done(asks->ctx, act, false, NULL);
		return;
	}
	if (act->kind != JK_ACT_SEEN)
		for (at = 0; at < asks->n_queued; at++)
			if (asks->queue[at].kind == JK_ACT_SEEN ||
			    (is_urgent(act) && !is_urgent(&asks->queue[at])))
				break;
	memmove(&asks->queue[at + 1], &asks->queue[at],
	    (asks->n_queued - at) * sizeof(asks->queue[0]));
	asks->queue[at] = *act;
	asks->n_queued++;
	(void)sd_event_source_set_enabled(asks->later, SD_EVENT_ONESHOT);
}

enum jk_err
jk_asks_new(sd_event *event, jk_asks_fn *done, void *ctx, struct jk_asks **ret)
{
	struct jk_asks *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return JK_ERR_NOMEM;
	a->event = event;
	a->done = done;
	a->ctx = ctx;
	for (size_t i = 0; i < TALKS_MAX; i++)
		a->talk[i] = (struct talk){ .asks = a, .fd = -1 };
	if (jk_frame_new(&a->frame) != JK_OK ||
	    jk_crowd_new(&a->crowd) != JK_OK ||
	    sd_event_add_io(event, &a->admitted, jk_crowd_fd(a->crowd), EPOLLIN,
	        on_admitted, a) < 0 ||
	    sd_event_add_defer(event, &a->later, go_on, a) < 0 ||
	    sd_event_source_set_enabled(a->later, SD_EVENT_OFF) < 0) {
		jk_asks_free(&a);
		return JK_ERR_NOMEM;
	}
	*ret = a;
	return JK_OK;
}

void
jk_asks_free(struct jk_asks **asks)
{
	struct jk_asks *a = *asks;

	*asks = NULL;
	if (a == NULL)
		return;
	for (size_t i = 0; i < TALKS_MAX; i++)
		end_talk(&a->talk[i]);
	a->later = sd_event_source_disable_unref(a->later);
	a->admitted = sd_event_source_disable_unref(a->admitted);
	jk_crowd_free(&a->crowd);
	jk_frame_free(&a->frame);
	free(a);
}
