/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinet-monitor: looks at readers and at logind, and has sessions locked,
 * ended and recorded. It decides nothing about who may work here.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#include "confine.h"
#include "err.h"
#include "file.h"
#include "log.h"
#include "monitor.h"
#include "notify.h"
#include "service.h"
#include "tell.h"

#define EXIT_USAGE 2

static const char usage[] =
    "Usage: jukinet-monitor [--terminal PATH]...\n"
    "Locks sessions whose card has gone, and tells of cards that are left.\n"
    "\n"
    "  --terminal PATH  tell there too that a card was left (a serial line)\n"
    "  --help           show this text\n"
    "  --version        show the version\n";

/* -1: go on; otherwise the exit status. */
static int
parse_options(int argc, char *argv[], struct jk_tell *ret)
{
	static const struct option options[] = {
		{ "terminal", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		}
		if (option == 'v') {
			puts("jukinet-monitor " JK_VERSION);
			return EXIT_SUCCESS;
		}
		if (option != 't' || ret->n_terminals == JK_TERMINALS_MAX) {
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
		ret->terminal[ret->n_terminals++] = optarg;
	}
	if (optind != argc) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return -1;
}

static enum jk_err
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	return sigprocmask(SIG_BLOCK, &set, NULL) == 0 ? JK_OK : JK_ERR_SYS;
}

static enum jk_err
run(const struct jk_tell *tell)
{
	struct jk_notify notify;
	enum jk_err e = jk_fd_hold_standard();

	if (e != JK_OK)
		return e;
	jk_notify_init(&notify);
	if ((e = jk_service_harden(STDERR_FILENO)) != JK_OK ||
	    (e = block_signals()) != JK_OK ||
	    (e = jk_monitor_confine()) != JK_OK)
		return e;
	return jk_monitor_run(&notify, tell);
}

int
main(int argc, char *argv[])
{
	struct jk_tell tell = { 0 };
	const int status = parse_options(argc, argv, &tell);
	enum jk_err e;

	if (status >= 0)
		return status;
	jk_log_open("jukinet-monitor", JK_LOG_NOTICE);
	e = run(&tell);
	if (e == JK_OK)
		return EXIT_SUCCESS;
	jk_log(JK_LOG_ERR, "cannot go on: %s%s%s%s", jk_err_text(e),
	    e == JK_ERR_REFUSED ? " (as root)" : "",
	    e == JK_ERR_SYS ? ": " : "",
	    e == JK_ERR_SYS ? strerror(errno) : "");
	return EXIT_FAILURE;
}
