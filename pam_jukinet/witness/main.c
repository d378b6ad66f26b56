/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinet-witness: says of an audit record that it stands in the log, and as
 * which event. One process, one loop, no child, no thread: what it believes
 * is the log's own text (written by root) and the kernel's word on who asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"

#include "confine.h"
#include "err.h"
#include "follow.h"
#include "log.h"
#include "service.h"
#include "watch.h"

#define DEFAULT_LOG "/var/log/audit/audit.log"
/* Buffers read in a row before anybody else has his turn. */
#define STEPS_MAX 64
/* Somebody waits, and nothing would tell of what is written to the log. */
#define RETRY_MS   20
#define ACCEPT_MAX 16

#define EXIT_USAGE 2

struct witness {
	int listen_fd;
	struct jk_follow *follow;
	struct jk_watchers *watchers;
	bool more; /* the log has not been read to its end */
};

static const char usage[] =
    "Usage: jukinet-witness [--log PATH] [--socket PATH]\n"
    "Confirms that an audit record stands in the log that auditd keeps.\n"
    "\n"
    "  --log PATH     the log (default " DEFAULT_LOG ")\n"
    "  --socket PATH  listen there instead of on the socket given by systemd\n"
    "  --help         show this text\n"
    "  --version      show the version\n";

/* Everything in this file is read: true when it could be left behind. */
static bool
leave_file(struct witness *w, enum jk_follow_step step)
{
	if (step == JK_FOLLOW_LOST) {
		jk_log(JK_LOG_WARNING,
		    "the log was replaced; what was not read of it is lost");
		jk_watchers_forget(w->watchers);
	} else if (!jk_watchers_settle(w->watchers, w->follow)) {
		return false;
	}
	return jk_follow_next(w->follow) == JK_OK;
}

static void
read_log(struct witness *w)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		enum jk_follow_step step =
		    jk_follow_step(w->follow, jk_watchers_line, w->watchers);

		if (step == JK_FOLLOW_TURNED || step == JK_FOLLOW_LOST) {
			if (!leave_file(w, step))
				return;
			continue;
		}
		(void)jk_watchers_settle(w->watchers, w->follow);
		if (step == JK_FOLLOW_IDLE)
			return;
	}
	w->more = true;
}

static void
follow_log(struct witness *w)
{
	jk_follow_drain(w->follow);
	w->more = false;
	if (jk_watchers_waiting(w->watchers) == 0)
		jk_follow_detach(w->follow);
	else
		read_log(w);
}

static bool
is_at_log(const struct witness *w)
{
	return jk_follow_place(w->follow) == JK_PLACE_CURRENT;
}

static void
admit(struct witness *w)
{
	bool attached = jk_follow_attach(w->follow) == JK_OK;

	if (attached && !is_at_log(w))
		read_log(w);
	jk_watchers_admit(w->watchers, attached && is_at_log(w));
}

static void
accept_askers(struct witness *w)
{
	for (unsigned i = 0; i < ACCEPT_MAX; i++) {
		int fd = accept4(w->listen_fd, NULL, NULL,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		jk_watchers_add(w->watchers, fd);
	}
}

static int
next_timeout(const struct witness *w)
{
	if (w->more)
		return 0;
	if (jk_watchers_waiting(w->watchers) == 0)
		return -1;
	return jk_follow_is_noticed(w->follow) ? -1 : RETRY_MS;
}

static enum jk_err
serve(struct witness *w)
{
	struct pollfd fds[2 + JK_ASKERS_MAX] = {
		{ .fd = w->listen_fd, .events = POLLIN },
		{ .fd = jk_follow_fd(w->follow), .events = POLLIN },
	};

	for (;;) {
		nfds_t askers = jk_watchers_poll(w->watchers, fds + 2);
		int n = poll(fds, 2 + askers, next_timeout(w));

		if (n < 0 && errno != EINTR)
			return JK_ERR_SYS;
		if (n < 0)
			continue;
		/* On a timeout too: a notice may have come too early. */
		if (fds[1].revents != 0 || n == 0 || w->more)
			follow_log(w);
		jk_watchers_receive(w->watchers, fds + 2, askers);
		if (jk_watchers_is_asked(w->watchers))
			admit(w);
		if (fds[0].revents != 0)
			accept_askers(w);
	}
}

static enum jk_err
start(const char *log, const char *socket_path)
{
	struct witness w = { .listen_fd = -1 };
	int flags;
	enum jk_err e;

	if ((e = jk_service_listen(socket_path, &w.listen_fd)) != JK_OK ||
	    (e = jk_service_harden(w.listen_fd)) != JK_OK)
		return e;
	flags = fcntl(w.listen_fd, F_GETFL);
	if (flags < 0 || fcntl(w.listen_fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return JK_ERR_SYS;
	if ((e = jk_follow_new(log, &w.follow)) != JK_OK ||
	    (e = jk_watchers_new(&w.watchers)) != JK_OK ||
	    (e = jk_confine(log)) != JK_OK)
		return e;
	/* Only to say it now; the first who asks makes it try again. */
	if (jk_follow_attach(w.follow) != JK_OK || !is_at_log(&w))
		jk_log(JK_LOG_WARNING, "there is no log at %s yet", log);
	jk_follow_detach(w.follow);
	return serve(&w);
}

int
main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "log", required_argument, NULL, 'l' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	const char *log = DEFAULT_LOG, *socket_path = NULL;
	int option;
	enum jk_err e;

	jk_log_open("jukinet-witness", JK_LOG_NOTICE);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'l':
			log = optarg;
			break;
		case 's':
			socket_path = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("jukinet-witness " JK_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	if (optind != argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	e = start(log, socket_path);
	jk_log(JK_LOG_ERR, "cannot go on: %s%s%s", jk_err_text(e),
	    e == JK_ERR_SYS ? ": " : "",
	    e == JK_ERR_SYS ? strerror(errno) : "");
	return EXIT_FAILURE;
}
