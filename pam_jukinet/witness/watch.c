/* SPDX-License-Identifier: BSD-2-Clause */
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "hex.h"
#include "protocol.h"
#include "reason.h"
#include "record.h"

/* Between auditd's rename and its new file; seen: below 1 ms. */
#define ROTATION_MS 200

enum state {
	STATE_FREE = 0,
	STATE_ASKED,
	STATE_WATCHING,
	STATE_FOUND,
};

struct watch {
	enum state state;
	char id[JK_ID_LEN + 1];
	bool durable;
	int64_t until; /* ASKED: boot time */
	/* FOUND */
	bool synced;
	int64_t ms;
	uint64_t serial;
	char *text;
	size_t text_len;
};

struct asker {
	int fd; /* -1: to be swept away */
	struct ucred peer;
	struct watch watch[JK_WATCHES_MAX];
};

struct jk_watchers {
	struct jk_frame *frame;
	size_t n;
	struct asker asker[JK_ASKERS_MAX];
};

typedef void watch_fn(struct jk_watchers *w, struct asker *a,
    struct watch *watch, void *ctx);

enum jk_err
jk_watchers_new(struct jk_watchers **ret)
{
	struct jk_watchers *w = calloc(1, sizeof(*w));
	enum jk_err e;

	if (w == NULL)
		return JK_ERR_NOMEM;
	e = jk_frame_new(&w->frame);
	if (e != JK_OK) {
		free(w);
		return e;
	}
	*ret = w;
	return JK_OK;
}

static void
release(struct watch *watch)
{
	free(watch->text);
	*watch = (struct watch){ 0 };
}

static void
hang_up(struct asker *a)
{
	for (size_t i = 0; i < JK_WATCHES_MAX; i++)
		release(&a->watch[i]);
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

void
jk_watchers_free(struct jk_watchers **watchers)
{
	struct jk_watchers *w = *watchers;

	if (w == NULL)
		return;
	for (size_t i = 0; i < w->n; i++)
		hang_up(&w->asker[i]);
	jk_frame_free(&w->frame);
	free(w);
	*watchers = NULL;
}

/* Closes the gaps that hang_up() left. */
static void
sweep(struct jk_watchers *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->n; i++)
		if (w->asker[i].fd >= 0) {
			if (kept != i)
				w->asker[kept] = w->asker[i];
			kept++;
		}
	w->n = kept;
}

void
jk_watchers_add(struct jk_watchers *w, int fd)
{
	struct asker *a;
	struct ucred peer;
	socklen_t len = sizeof(peer);

	sweep(w);
	if (w->n == JK_ASKERS_MAX ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0) {
		close(fd);
		return;
	}
	a = &w->asker[w->n++];
	*a = (struct asker){ .fd = fd, .peer = peer };
}

nfds_t
jk_watchers_poll(const struct jk_watchers *w, struct pollfd *ret)
{
	for (size_t i = 0; i < w->n; i++)
		ret[i] = (struct pollfd){
			.fd = w->asker[i].fd,
			.events = POLLIN | POLLRDHUP,
		};
	return w->n;
}

/* In one state of `states`, a bit for each. */
static void
for_each(struct jk_watchers *w, unsigned states, watch_fn *fn, void *ctx)
{
	for (size_t i = 0; i < w->n; i++)
		for (size_t j = 0; j < JK_WATCHES_MAX; j++) {
			struct watch *watch = &w->asker[i].watch[j];

			if ((states & (1u << watch->state)) != 0)
				fn(w, &w->asker[i], watch, ctx);
		}
}

/* Who does not take his answer is not waited for. */
static void
send_frame(struct jk_watchers *w, struct asker *a)
{
	if (jk_frame_send(a->fd, w->frame) != JK_OK)
		hang_up(a);
}

/* Of all that he has asked for, in one frame: he is woken once. */
static void
send_watching(struct jk_watchers *w, struct asker *a)
{
	enum jk_err e = JK_OK;

	jk_frame_start(w->frame, JK_FRAME_WATCHING);
	for (size_t i = 0; i < JK_WATCHES_MAX && e == JK_OK; i++) {
		if (a->watch[i].state != STATE_ASKED)
			continue;
		a->watch[i].state = STATE_WATCHING;
		e = jk_frame_put_str(w->frame, JK_FIELD_ID, a->watch[i].id);
	}
	if (e != JK_OK)
		hang_up(a);
	else
		send_frame(w, a);
}

static void
send_failed(struct jk_watchers *w, struct asker *a, struct watch *watch)
{
	enum jk_err e;

	jk_frame_start(w->frame, JK_FRAME_FAILED);
	e = jk_frame_put_u64(w->frame, JK_FIELD_REASON, JK_WHY_AUDIT_DOWN);
	if (e == JK_OK)
		e = jk_frame_put_str(w->frame, JK_FIELD_ID, watch->id);
	release(watch);
	if (e != JK_OK)
		hang_up(a);
	else
		send_frame(w, a);
}

static void
send_receipt(struct jk_watchers *w, struct asker *a, struct watch *watch)
{
	struct jk_frame *f = w->frame;
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_RECEIPT);
	if ((e = jk_frame_put_str(f, JK_FIELD_ID, watch->id)) == JK_OK &&
	    (e = jk_frame_put_u64(f, JK_FIELD_AUDIT_MS, (uint64_t)watch->ms)) ==
	        JK_OK &&
	    (e = jk_frame_put_u64(f, JK_FIELD_AUDIT_SERIAL, watch->serial)) ==
	        JK_OK)
		e = jk_frame_put(f, JK_FIELD_TEXT, watch->text,
		    watch->text_len);
	release(watch);
	if (e != JK_OK)
		hang_up(a);
	else
		send_frame(w, a);
}

/* `id` has room for a whole one. */
static struct watch *
find_watch(struct asker *a, enum state state, const char *id)
{
	for (size_t i = 0; i < JK_WATCHES_MAX; i++)
		if (a->watch[i].state == state &&
		    (id == NULL || memcmp(a->watch[i].id, id,
		                       sizeof(a->watch[i].id)) == 0))
			return &a->watch[i];
	return NULL;
}

static bool
knows(struct asker *a, const char *id)
{
	return find_watch(a, STATE_ASKED, id) != NULL ||
	       find_watch(a, STATE_WATCHING, id) != NULL ||
	       find_watch(a, STATE_FOUND, id) != NULL;
}

static enum jk_err
take_id(struct asker *a, const struct jk_cur *text, bool durable)
{
	struct watch *watch = find_watch(a, STATE_FREE, NULL);
	char id[JK_ID_LEN + 1] = "";

	if (text->left != JK_ID_LEN)
		return JK_ERR_FORMAT;
	memcpy(id, text->at, JK_ID_LEN);
	if (!jk_id_is_valid(id) || knows(a, id))
		return JK_ERR_FORMAT;
	if (watch == NULL)
		return JK_ERR_BUSY;
	*watch = (struct watch){
		.state = STATE_ASKED,
		.durable = durable,
		.until = jk_boot_ms() + ROTATION_MS,
	};
	strcpy(watch->id, id);
	return JK_OK;
}

/* The frame holds a request. */
static enum jk_err
take_watch(struct jk_watchers *w, struct asker *a)
{
	struct jk_cur id;
	uint64_t flags = 0;
	size_t n = 0;
	enum jk_err e;

	if (jk_frame_type(w->frame) != JK_FRAME_WATCH)
		return JK_ERR_FORMAT;
	e = jk_frame_get_u64(w->frame, JK_FIELD_FLAGS, &flags);
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return e;
	while ((e = jk_frame_get_nth(w->frame, JK_FIELD_ID, n, &id)) == JK_OK &&
	       (e = take_id(a, &id, (flags & JK_FLAG_DURABLE) != 0)) == JK_OK)
		n++;
	return e == JK_ERR_NOT_FOUND && n > 0 ? JK_OK : e;
}

/* All that he has sent, as far as it may be, or finds that he has gone. */
static void
receive(struct jk_watchers *w, struct asker *a)
{
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < JK_WATCHES_MAX && e == JK_OK; i++) {
		e = jk_frame_take(a->fd, w->frame);
		if (e == JK_OK)
			e = take_watch(w, a);
		else if (e == JK_ERR_TIMEOUT && i > 0)
			return;
	}
	if (e != JK_OK)
		hang_up(a);
}

void
jk_watchers_receive(struct jk_watchers *w, const struct pollfd *fds, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++) {
		struct asker *a = &w->asker[i];

		if (fds[i].revents != 0 && a->fd == fds[i].fd)
			receive(w, a);
	}
	sweep(w);
}

static void
count(struct jk_watchers *w, struct asker *a, struct watch *watch, void *ctx)
{
	unsigned *n = ctx;

	(void)w;
	(void)a;
	(void)watch;
	(*n)++;
}

static unsigned
count_states(const struct jk_watchers *w, unsigned states)
{
	unsigned n = 0;

	/* count() changes nothing. */
	for_each((struct jk_watchers *)(uintptr_t)w, states, count, &n);
	return n;
}

unsigned
jk_watchers_waiting(const struct jk_watchers *w)
{
	return count_states(w, ~(1u << STATE_FREE));
}

bool
jk_watchers_is_asked(const struct jk_watchers *w)
{
	return count_states(w, 1u << STATE_ASKED) > 0;
}

static void
fail_late(struct jk_watchers *w, struct asker *a, struct watch *watch,
    void *ctx)
{
	(void)ctx;
	if (jk_poll_ms(watch->until) == 0)
		send_failed(w, a, watch);
}

void
jk_watchers_admit(struct jk_watchers *w, bool can_follow)
{
	if (!can_follow)
		for_each(w, 1u << STATE_ASKED, fail_late, NULL);
	for (size_t i = 0; can_follow && i < w->n; i++)
		if (find_watch(&w->asker[i], STATE_ASKED, NULL) != NULL)
			send_watching(w, &w->asker[i]);
}

static bool
is_watched(struct jk_watchers *w, const char *id)
{
	for (size_t i = 0; i < w->n; i++)
		if (find_watch(&w->asker[i], STATE_WATCHING, id) != NULL)
			return true;
	return false;
}

/* Cheap, on most lines of the log: whether to look closer. */
static bool
may_be_watched(struct jk_watchers *w, const char *line, size_t len)
{
	static const char op[] = "op=juki:", name[] = " jid=\"";
	const char *end = line + len;
	const char *at = memmem(line, len, op, strlen(op));
	char id[JK_ID_LEN + 1];

	if (at == NULL)
		return false;
	at = memmem(at, (size_t)(end - at), name, strlen(name));
	if (at == NULL)
		return false;
	at += strlen(name);
	if ((size_t)(end - at) < JK_ID_LEN)
		return false;
	memcpy(id, at, JK_ID_LEN);
	id[JK_ID_LEN] = '\0';
	return is_watched(w, id);
}

static struct watch *
find_asked(struct jk_watchers *w, const struct jk_logline *line)
{
	const char *id = line->record.value[JK_REC_ID];

	for (size_t i = 0; i < w->n; i++) {
		struct asker *a = &w->asker[i];
		struct watch *watch;

		if (a->peer.uid != line->uid || a->peer.pid != line->pid)
			continue;
		watch = find_watch(a, STATE_WATCHING, id);
		if (watch != NULL)
			return watch;
	}
	return NULL;
}

void
jk_watchers_line(void *ctx, const char *text, size_t len)
{
	static struct jk_logline line; /* large: not cleared for each line */
	struct jk_watchers *w = ctx;
	struct watch *watch;

	if (!may_be_watched(w, text, len) ||
	    jk_logline_parse(text, len, &line) != JK_OK)
		return;
	watch = find_asked(w, &line);
	if (watch == NULL)
		return;
	watch->text = malloc(line.text_len);
	if (watch->text == NULL)
		return;
	memcpy(watch->text, text + line.text_at, line.text_len);
	watch->text_len = line.text_len;
	watch->ms = line.ms;
	watch->serial = line.serial;
	watch->state = STATE_FOUND;
}

static void
find_unsynced(struct jk_watchers *w, struct asker *a, struct watch *watch,
    void *ctx)
{
	bool *needed = ctx;

	(void)w;
	(void)a;
	if (watch->durable && !watch->synced)
		*needed = true;
}

/* One sync has served all that was found so far. */
static void
mark_synced(struct jk_watchers *w, struct asker *a, struct watch *watch,
    void *ctx)
{
	const bool *done = ctx;

	if (!watch->durable)
		return;
	if (*done)
		watch->synced = true;
	else
		send_failed(w, a, watch);
}

static void
sync_found(struct jk_watchers *w, struct jk_follow *follow)
{
	bool needed = false, done;

	for_each(w, 1u << STATE_FOUND, find_unsynced, &needed);
	if (!needed)
		return;
	done = jk_follow_sync(follow) == JK_OK;
	for_each(w, 1u << STATE_FOUND, mark_synced, &done);
}

static void
answer(struct jk_watchers *w, struct asker *a, struct watch *watch, void *ctx)
{
	(void)ctx;
	send_receipt(w, a, watch);
}

bool
jk_watchers_settle(struct jk_watchers *w, struct jk_follow *follow)
{
	if (count_states(w, 1u << STATE_FOUND) == 0)
		return true;
	sync_found(w, follow);
	if (jk_follow_place(follow) == JK_PLACE_NONE)
		return false;
	for_each(w, 1u << STATE_FOUND, answer, NULL);
	return true;
}

static void
forget(struct jk_watchers *w, struct asker *a, struct watch *watch, void *ctx)
{
	(void)w;
	(void)a;
	(void)ctx;
	free(watch->text);
	watch->text = NULL;
	watch->synced = false;
	watch->state = STATE_WATCHING;
}

void
jk_watchers_forget(struct jk_watchers *w)
{
	for_each(w, 1u << STATE_FOUND, forget, NULL);
}
