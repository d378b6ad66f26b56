/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "accepter.h"
#include "config.h"
#include "log.h"
#include "monitor.h"
#include "peer.h"
#include "serve.h"
#include "service.h"

#define EXIT_USAGE 2

struct options {
	const char *socket;
	int deadline_s; /* the last resort: workers have their own */
};

static void
print_help(void)
{
	puts("Usage: jukinetd [--socket PATH] [--deadline SECONDS]\n"
	     "\n"
	     "Decides who may log in with an operator card. Started by\n"
	     "systemd on its socket; with --socket in the foreground.\n"
	     "\n"
	     "  --socket PATH       listen there (SOCK_SEQPACKET)\n"
	     "  --deadline SECONDS  end a conversation at the latest (60)\n"
	     "  --help, --version\n"
	     "\n"
	     "Runs as user _jukinet with cap_audit_write and nothing else;\n"
	     "see jukinetd(8).");
}

static enum jk_err
parse_seconds(const char *text, int *ret)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < 1 || n > 3600)
		return JK_ERR_FORMAT;
	*ret = (int)n;
	return JK_OK;
}

/* -1: go on; otherwise the exit status. */
static int
parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "deadline", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 's')
			ret->socket = optarg;
		else if (c == 'h') {
			print_help();
			return EXIT_SUCCESS;
		} else if (c == 'v') {
			puts("jukinetd " JK_VERSION);
			return EXIT_SUCCESS;
		} else if (c != 'd' ||
		           parse_seconds(optarg, &ret->deadline_s) != JK_OK) {
			fputs("jukinetd: see jukinetd --help\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fputs("jukinetd: it takes no arguments\n", stderr);
		return EXIT_USAGE;
	}
	return -1;
}

/* Anything beyond cap_audit_write would be a right that a worker inherits. */
static enum jk_err
check_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) != 0)
		return JK_ERR_SYS;
	if (data[0].permitted != 1u << CAP_AUDIT_WRITE ||
	    data[0].effective != 1u << CAP_AUDIT_WRITE ||
	    data[1].permitted != 0)
		return JK_ERR_REFUSED;
	return JK_OK;
}

static void
check_loginuid(void)
{
	FILE *f = fopen("/proc/self/loginuid", "re");
	unsigned long n = 0;

	if (f == NULL || fscanf(f, "%lu", &n) != 1)
		n = JK_LOGINUID_UNSET;
	if (f != NULL)
		(void)fclose(f);
	if (n != JK_LOGINUID_UNSET)
		jk_log(JK_LOG_WARNING,
		    "started with loginuid %lu: records will carry that "
		    "instead of the callers'; start me from systemd",
		    n);
}

static int
fail(const char *what, enum jk_err e)
{
	jk_log(JK_LOG_ERR, "%s: %s%s%s", what, jk_err_text(e),
	    e == JK_ERR_SYS ? ": " : "",
	    e == JK_ERR_SYS ? strerror(errno) : "");
	return EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct options options = { .deadline_s = 60 };
	struct jk_accepter accepter = {
		.max_workers = 64,
		.max_per_uid = 4,
		.max_waiting = 128,
		.max_lasting = 32, /* half: a login always finds a place */
		.max_lasting_per_uid = 4,
		.burst = 20,
		.refill_ms = 1000,
		.grace_ms = 150, /* for the void record of a cancelled one */
		.is_ours = jk_monitor_is,
		.worker = jk_serve,
	};
	int status = parse_options(argc, argv, &options);
	enum jk_err e;

	if (status >= 0)
		return status;
	jk_log_open("jukinetd", JK_LOG_NOTICE);
	e = jk_service_listen(options.socket, &accepter.listen_fd);
	if (e != JK_OK)
		return fail("cannot listen", e);
	e = jk_service_harden(accepter.listen_fd);
	if (e != JK_OK)
		return fail("start me as user _jukinet", e);
	e = check_capabilities();
	if (e != JK_OK)
		return fail("start me with cap_audit_write only", e);
	check_loginuid();
	(void)jk_peer_tell_hidden();
	accepter.deadline_ms = (int64_t)options.deadline_s * 1000;
	e = jk_accepter_run(&accepter);
	return e == JK_OK ? EXIT_SUCCESS : fail("accepter", e);
}
