/* SPDX-License-Identifier: BSD-2-Clause */
#include "cards.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "rules.h"
#include "watcher.h"

/* After one that ended without having said anything. */
#define BACK_MAX_MS 1000
/* Processes that could not be made in a row, until something is wrong. */
#define FAILURES_MAX 10

struct jk_cards {
	sd_event *event;
	jk_cards_fn *told;
	void *ctx;
	pid_t pid;
	int fd;
	bool watch;
	bool answers;  /* pcscd did, at the last report */
	bool has_told; /* this process has reported */
	uint64_t back_ms;
	unsigned failures;
	sd_event_source *reports, *death, *deadline, *restart;
};

static void start(struct jk_cards *c);

/* Time that the machine sleeps is nobody's delay. */
static uint64_t
later(uint64_t ms)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000 +
	       ms * 1000;
}

static void
drop(sd_event_source **source)
{
	*source = sd_event_source_disable_unref(*source);
}

static void
set_deadline(struct jk_cards *c)
{
	/* A process that has said nothing yet owes its first word. */
	const bool due = c->watch || !c->has_told;

	if (sd_event_source_set_time(c->deadline, later(JK_DOWN_MS)) < 0 ||
	    sd_event_source_set_enabled(c->deadline,
	        due ? SD_EVENT_ONESHOT : SD_EVENT_OFF) < 0)
		jk_log(JK_LOG_ERR, "no timer for the readers");
}

static void
lose(struct jk_cards *c)
{
	if (c->answers)
		jk_log(JK_LOG_WARNING, "pcscd does not answer");
	c->answers = false;
	c->told(c->ctx, NULL);
}

static void
end_process(struct jk_cards *c)
{
	drop(&c->reports);
	drop(&c->death);
	jk_fd_close(&c->fd);
	c->fd = -1;
	if (c->pid > 0) {
		(void)kill(c->pid, SIGKILL);
		(void)waitpid(c->pid, NULL, 0);
	}
	c->pid = 0;
}

static void
restart_later(struct jk_cards *c)
{
	end_process(c);
	lose(c);
	if (c->has_told)
		c->back_ms = 0;
	else if (c->back_ms == 0)
		jk_log(JK_LOG_WARNING, "the watching process says nothing");
	(void)sd_event_source_set_time(c->restart, later(c->back_ms));
	(void)sd_event_source_set_enabled(c->restart, SD_EVENT_ONESHOT);
	(void)sd_event_source_set_enabled(c->deadline, SD_EVENT_OFF);
	c->back_ms = c->back_ms == 0                ? 100
	             : c->back_ms * 2 < BACK_MAX_MS ? c->back_ms * 2
	                                            : BACK_MAX_MS;
}

static int
on_deadline(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec,
    void *ctx)
{
	restart_later(ctx);
	return 0;
}

static int
on_restart(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec,
    void *ctx)
{
	start(ctx);
	return 0;
}

static int
on_death(JK_UNUSED sd_event_source *source, const siginfo_t *info, void *ctx)
{
	struct jk_cards *c = ctx;

	jk_log(JK_LOG_WARNING, "the watching process ended (%d, %d)",
	    info->si_code, info->si_status);
	c->pid = 0;
	restart_later(c);
	return 0;
}

static void
take(struct jk_cards *c, const struct jk_report *report)
{
	c->has_told = true;
	set_deadline(c);
	if (report->answers == 0) {
		lose(c);
		return;
	}
	if (!c->answers)
		jk_log(JK_LOG_NOTICE, "pcscd answers, with %u readers",
		    (unsigned)report->n);
	c->answers = true;
	c->back_ms = 0;
	c->told(c->ctx, report);
}

static int
on_report(JK_UNUSED sd_event_source *source, int fd, JK_UNUSED uint32_t events,
    void *ctx)
{
	struct jk_cards *c = ctx;
	struct jk_report raw, report;
	/* One longer than allowed is cut, and then refused for its length. */
	const ssize_t n = recv(fd, &raw, sizeof(raw), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0 || jk_report_parse(&raw, (size_t)n, &report) != JK_OK)
		restart_later(c);
	else
		take(c, &report);
	return 0;
}

static void
send_wish(struct jk_cards *c)
{
	const uint8_t wish = c->watch;

	if (c->fd >= 0)
		(void)send(c->fd, &wish, sizeof(wish),
		    MSG_NOSIGNAL | MSG_DONTWAIT);
}

static enum jk_err
make_process(struct jk_cards *c)
{
	int pair[2];
	const pid_t parent = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return JK_ERR_SYS;
	c->pid = fork();
	if (c->pid == 0)
		jk_watcher_run(pair[1], parent);
	close(pair[1]);
	c->fd = pair[0];
	if (c->pid < 0)
		return JK_ERR_SYS;
	if (sd_event_add_io(c->event, &c->reports, c->fd, EPOLLIN, on_report,
	        c) < 0 ||
	    sd_event_add_child(c->event, &c->death, c->pid, WEXITED, on_death,
	        c) < 0)
		return JK_ERR_NOMEM;
	return JK_OK;
}

static void
start(struct jk_cards *c)
{
	const enum jk_err e = make_process(c);

	c->has_told = false;
	if (e != JK_OK) {
		c->failures++;
		jk_log(JK_LOG_ERR, "cannot watch the readers: %s",
		    jk_err_text(e));
		restart_later(c);
		return;
	}
	c->failures = 0;
	send_wish(c);
	set_deadline(c);
}

enum jk_err
jk_cards_new(sd_event *event, jk_cards_fn *told, void *ctx,
    struct jk_cards **ret)
{
	struct jk_cards *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return JK_ERR_NOMEM;
	*c = (struct jk_cards){
		.event = event,
		.told = told,
		.ctx = ctx,
		.fd = -1,
	};
	if (sd_event_add_time(event, &c->deadline, CLOCK_MONOTONIC, 0, 1000,
	        on_deadline, c) < 0 ||
	    sd_event_source_set_enabled(c->deadline, SD_EVENT_OFF) < 0 ||
	    sd_event_add_time(event, &c->restart, CLOCK_MONOTONIC, 0, 1000,
	        on_restart, c) < 0) {
		jk_cards_free(&c);
		return JK_ERR_NOMEM;
	}
	*ret = c;
	return JK_OK;
}

void
jk_cards_free(struct jk_cards **cards)
{
	struct jk_cards *c = *cards;

	*cards = NULL;
	if (c == NULL)
		return;
	end_process(c);
	drop(&c->deadline);
	drop(&c->restart);
	free(c);
}

void
jk_cards_watch(struct jk_cards *cards, bool watch)
{
	if (cards->watch == watch)
		return;
	cards->watch = watch;
	send_wish(cards);
	set_deadline(cards);
}

bool
jk_cards_are_well(const struct jk_cards *cards)
{
	return cards->failures < FAILURES_MAX;
}
