/* SPDX-License-Identifier: BSD-2-Clause */
#include "watcher.h"

#include <assert.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <winscard.h>

#include "clock.h"
#include "readers.h"
#include "rules.h"
#include "sandbox.h"
#include "utf8.h"

#define HELD_FD 3
/* Programs that use a card all the time must not keep us busy. */
#define BREATH_MS 20
/* A wait that may have begun just after it was cancelled is cancelled again. */
#define CANCEL_MS   20
#define BACK_MIN_MS 50
/* That nothing has changed is what pcscd says; now and then we look. */
#define SAME_MAX          8
#define BACK_MAX_MS       1000
#define ALL_READERS_BYTES (JK_READERS_MAX * MAX_READERNAME + 1)

static_assert(JK_READER_NAME + 1 >= MAX_READERNAME);

static const char new_readers[] = "\\\\?PnP?\\Notification";

struct watcher {
	_Atomic bool is_quick;   /* as it is wanted */
	_Atomic bool is_waiting; /* without an end */
	_Atomic SCARDCONTEXT context;
	bool is_open;
	int64_t back_ms;
	size_t n;
	SCARD_READERSTATE state[JK_READERS_MAX + 1];
	char name[JK_READERS_MAX][JK_READER_NAME + 1];
	struct jk_report last;
	int64_t sent_ms;
	unsigned same; /* turns in which nothing has changed */
};

static void
pause_ms(int64_t ms)
{
	const struct timespec t = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	(void)nanosleep(&t, NULL);
}

/* The parent has gone: so do we. */
static void
tell(struct watcher *w, struct jk_report *report)
{
	report->told_ms = jk_boot_ms();
	if (send(HELD_FD, report, jk_report_size(report), MSG_NOSIGNAL) < 0)
		_exit(0);
	w->last = *report;
	w->sent_ms = report->told_ms;
}

static void
lose(struct watcher *w)
{
	struct jk_report down = { .asked_ms = jk_boot_ms() };

	if (w->is_open)
		(void)SCardReleaseContext(w->context);
	w->is_open = false;
	tell(w, &down);
	pause_ms(w->back_ms);
	w->back_ms =
	    w->back_ms * 2 < BACK_MAX_MS ? w->back_ms * 2 : BACK_MAX_MS;
}

static bool
open_context(struct watcher *w)
{
	SCARDCONTEXT context;

	if (w->is_open)
		return true;
	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) !=
	    SCARD_S_SUCCESS)
		return false;
	w->context = context;
	w->is_open = true;
	return true;
}

static bool
is_plain(const char *name, size_t len)
{
	struct jk_cur cur = { (const uint8_t *)name, len };
	uint32_t c;

	while (cur.left > 0)
		if (jk_utf8_next(&cur, &c) != JK_OK || !jk_utf8_is_plain(c))
			return false;
	return len > 0 && len <= JK_READER_NAME;
}

/* Names with a NUL each and one more at the end; odd ones are left out. */
static void
take_names(struct watcher *w, const char *names, size_t size)
{
	w->n = 0;
	while (w->n < JK_READERS_MAX && size > 0 && *names != '\0') {
		const size_t len = strnlen(names, size);

		if (len == size)
			return;
		if (is_plain(names, len)) {
			memset(w->name[w->n], 0, sizeof(w->name[w->n]));
			memcpy(w->name[w->n], names, len);
			w->state[w->n] = (SCARD_READERSTATE){
				.szReader = w->name[w->n],
			};
			w->n++;
		}
		names += len + 1;
		size -= len + 1;
	}
}

static LONG
list_readers(struct watcher *w)
{
	char names[ALL_READERS_BYTES];
	DWORD size = sizeof(names);
	const LONG code = SCardListReaders(w->context, NULL, names, &size);

	w->n = 0;
	if (code == SCARD_S_SUCCESS && size <= sizeof(names))
		take_names(w, names, size);
	return code == SCARD_E_NO_READERS_AVAILABLE ? SCARD_S_SUCCESS : code;
}

/* One went between two calls; the next look knows it. */
static bool
is_reader_lost(LONG code)
{
	return code == SCARD_E_UNKNOWN_READER ||
	       code == SCARD_E_READER_UNAVAILABLE;
}

static void
fill(const struct watcher *w, struct jk_report *report)
{
	report->answers = 1;
	report->n = (uint32_t)w->n;
	for (size_t i = 0; i < w->n; i++) {
		struct jk_slot *slot = &report->slot[i];
		const DWORD state = w->state[i].dwEventState;

		memcpy(slot->name, w->name[i], sizeof(slot->name));
		slot->events = (uint32_t)(state >> 16) & UINT16_MAX;
		slot->present = (state & SCARD_STATE_PRESENT) != 0;
	}
}

/* What is in the readers now. */
static LONG
look(struct watcher *w, struct jk_report *report)
{
	LONG code = list_readers(w);

	if (code == SCARD_S_SUCCESS && w->n > 0)
		code = SCardGetStatusChange(w->context, 0, w->state, w->n);
	if (code == SCARD_E_TIMEOUT)
		code = SCARD_S_SUCCESS;
	if (code == SCARD_S_SUCCESS)
		fill(w, report);
	return code;
}

static bool
is_news(const struct watcher *w, const struct jk_report *report)
{
	return w->last.answers != report->answers || w->last.n != report->n ||
	       memcmp(w->last.slot, report->slot, sizeof(report->slot)) != 0;
}

/* Until something changes, or the turn is over. */
static LONG
wait_for_news(struct watcher *w)
{
	DWORD timeout;
	LONG code;

	for (size_t i = 0; i < w->n; i++)
		w->state[i].dwCurrentState = w->state[i].dwEventState;
	w->state[w->n] = (SCARD_READERSTATE){ .szReader = new_readers };
	/* First this, then that: else one could change in between unseen. */
	w->is_waiting = true;
	timeout = w->is_quick ? JK_TURN_MS : INFINITE;
	if (timeout != INFINITE)
		w->is_waiting = false;
	code = SCardGetStatusChange(w->context, timeout, w->state, w->n + 1);
	w->is_waiting = false;
	w->same = code == SCARD_E_TIMEOUT ? w->same + 1 : 0;
	if (code == SCARD_E_TIMEOUT || code == SCARD_E_CANCELLED)
		return SCARD_S_SUCCESS;
	return code;
}

/* pcscd has just said that all is as it was told last. */
static bool
is_same(const struct watcher *w)
{
	return w->is_open && w->same > 0 && w->same % SAME_MAX != 0 &&
	       w->last.answers == 1;
}

static void
turn(struct watcher *w)
{
	struct jk_report report = { .asked_ms = jk_boot_ms() };
	bool is_new;
	LONG code;

	if (!open_context(w)) {
		lose(w);
		return;
	}
	if (is_same(w)) {
		const int64_t asked_ms = report.asked_ms;

		report = w->last;
		report.asked_ms = asked_ms;
		code = SCARD_S_SUCCESS;
	} else {
		code = look(w, &report);
	}
	if (is_reader_lost(code)) {
		pause_ms(BREATH_MS);
		return;
	}
	if (code != SCARD_S_SUCCESS) {
		lose(w);
		return;
	}
	w->back_ms = BACK_MIN_MS;
	is_new = is_news(w, &report);
	if (is_new || w->is_quick || w->sent_ms == 0)
		tell(w, &report);
	if (!is_new && w->same == 0)
		pause_ms(BREATH_MS);
	code = wait_for_news(w);
	if (code != SCARD_S_SUCCESS && !is_reader_lost(code))
		lose(w);
}

/* Hears what the parent wants, and breaks off a wait without end. */
static void *
listen_to_parent(void *ctx)
{
	struct watcher *w = ctx;
	uint8_t wish;

	for (;;) {
		if (recv(HELD_FD, &wish, sizeof(wish), 0) != sizeof(wish))
			_exit(0);
		w->is_quick = wish != 0;
		while (w->is_quick && w->is_waiting) {
			(void)SCardCancel(w->context);
			pause_ms(CANCEL_MS);
		}
	}
	return NULL;
}

static enum jk_err
confine(struct watcher *w)
{
	pthread_t thread;
	enum jk_err e = jk_sandbox_capabilities(0, 0);

	/* libpcsclite opens no file: no path is allowed at all. */
	if (e == JK_OK)
		e = jk_sandbox_files(NULL, 0);
	if (e != JK_OK)
		return e;
	if (pthread_create(&thread, NULL, listen_to_parent, w) != 0)
		return JK_ERR_NOMEM;
	return jk_sandbox_talk(NULL, 0);
}

void
jk_watcher_run(int fd, pid_t parent)
{
	static struct watcher w = { .back_ms = BACK_MIN_MS };
	sigset_t none;

	sigemptyset(&none);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
	    getppid() != parent || sigprocmask(SIG_SETMASK, &none, NULL) != 0 ||
	    (fd != HELD_FD && dup3(fd, HELD_FD, O_CLOEXEC) != HELD_FD) ||
	    close_range(HELD_FD + 1, ~0U, 0) != 0 || confine(&w) != JK_OK)
		_exit(1);
	for (;;)
		turn(&w);
}
