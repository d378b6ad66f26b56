/* SPDX-License-Identifier: BSD-2-Clause */
#include "patience.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"
#include "protocol.h"
#include "reason.h"

#define BUSY_MS  2000 /* of others, before the user hears of it */
#define AGAIN_MS 20   /* the moment was not one to speak in */
#define SAID_MAX 32

/* A frame that is ready to go. */
struct said {
	size_t len;
	uint8_t bytes[SAID_MAX];
};

/* Beyond the deadline: what has limits of its own ends by itself. */
static const sig_atomic_t grace_ms[] = {
	[JK_WAIT_WORKER] = 200,
	[JK_WAIT_PCSCD] = 100,
	[JK_WAIT_OTHERS] = 0,
	[JK_WAIT_CARD] = 0,
	[JK_WAIT_READER] = 0,
};

/* What the handler reads was written before the timer ran, or is atomic. */
static struct {
	int fd;
	int64_t began; /* boot ms; the others count from it */
	sig_atomic_t end;
	volatile sig_atomic_t waiting;
	volatile sig_atomic_t busy; /* when to tell of others; 0: not now */
	volatile sig_atomic_t told;
	struct said others, last[JK_WAIT_READER + 1];
} p = { .fd = -1 };

static sig_atomic_t
now_ms(void)
{
	return (sig_atomic_t)(jk_boot_ms() - p.began);
}

static void
say(const struct said *said)
{
	(void)send(p.fd, said->bytes, said->len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* setitimer() is a bare system call: a handler may use it. */
static bool
arm(sig_atomic_t ms)
{
	const struct itimerval t = {
		.it_value = {
			.tv_sec = ms / 1000,
			.tv_usec = ms % 1000 * 1000 + 1,
		},
	};

	return setitimer(ITIMER_REAL, &t, NULL) == 0;
}

/* What comes next; a moment that has passed is tried for again. */
static sig_atomic_t
next_ms(sig_atomic_t now)
{
	const sig_atomic_t next =
	    p.busy != 0 && p.busy < p.end ? p.busy : p.end;

	return next > now ? next - now : AGAIN_MS;
}

static void
on_alarm(int number)
{
	const int kept = errno;
	const sig_atomic_t now = now_ms(), waiting = p.waiting;

	(void)number;
	if (now >= p.end + grace_ms[waiting]) {
		if (waiting != JK_WAIT_WORKER)
			say(&p.last[waiting]);
		_exit(EXIT_FAILURE);
	}
	if (waiting == JK_WAIT_OTHERS && p.busy != 0 && now >= p.busy) {
		say(&p.others);
		p.told = 1;
		p.busy = 0;
	}
	(void)arm(next_ms(now));
	errno = kept;
}

/* The frame as it stands, kept for later. */
static enum jk_err
keep(const struct jk_frame *frame, struct said *ret)
{
	const struct jk_cur bytes = jk_frame_bytes(frame);

	if (bytes.left > sizeof(ret->bytes))
		return JK_ERR_TOO_BIG;
	memcpy(ret->bytes, bytes.at, bytes.left);
	ret->len = bytes.left;
	return JK_OK;
}

static enum jk_err
prepare(struct jk_frame *f)
{
	static const enum jk_reason why[] = {
		[JK_WAIT_PCSCD] = JK_WHY_READER_DOWN,
		[JK_WAIT_OTHERS] = JK_WHY_CARD_BUSY,
		[JK_WAIT_CARD] = JK_WHY_CARD_SILENT,
		[JK_WAIT_READER] = JK_WHY_TIMEOUT,
	};
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_BUSY);
	e = keep(f, &p.others);
	for (size_t i = JK_WAIT_PCSCD; i < JK_COUNT(why) && e == JK_OK; i++) {
		jk_frame_start(f, JK_FRAME_FAILED);
		e = jk_frame_put_u64(f, JK_FIELD_REASON, why[i]);
		if (e == JK_OK)
			e = keep(f, &p.last[i]);
	}
	return e;
}

enum jk_err
jk_patience_start(int fd, int64_t until)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	const struct sigaction action = {
		.sa_handler = on_alarm,
		.sa_flags = SA_RESTART,
	};
	enum jk_err e;

	if ((e = jk_frame_new(&f)) != JK_OK || (e = prepare(f)) != JK_OK)
		return e;
	p.fd = fd;
	p.began = jk_boot_ms();
	p.end = (sig_atomic_t)(until - p.began);
	p.waiting = JK_WAIT_PCSCD;
	return sigaction(SIGALRM, &action, NULL) == 0 && arm(next_ms(0))
	           ? JK_OK
	           : JK_ERR_SYS;
}

void
jk_patience_wait(enum jk_wait what)
{
	p.waiting = (sig_atomic_t)what;
	if (what != JK_WAIT_OTHERS || p.fd < 0 || p.told || p.busy != 0)
		return;
	p.busy = now_ms() + BUSY_MS;
	(void)arm(next_ms(now_ms()));
}

void
jk_patience_served(void)
{
	p.waiting = JK_WAIT_PCSCD;
	p.busy = 0;
}
