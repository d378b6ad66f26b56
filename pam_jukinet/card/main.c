/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinet-card: see jukinet-card(8). */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "accepter.h"
#include "card.h"
#include "card_pkcs11.h"
#include "challenge.h"
#include "config.h"
#include "confine.h"
#include "conversation.h"
#include "log.h"
#include "service.h"

#define EXIT_USAGE 2

#define DEADLINE_S     60
#define DEADLINE_MAX_S 600
/*
 * jukinetd is one caller with up to 64 conversations, and three quarters of
 * the places are for callers other than root; pcscd has 200.
 */
#define WORKERS  96
#define GRACE_MS 100 /* to give the reader back in good order */

struct options {
	const char *socket; /* NULL: from systemd */
	const char *module;
	long deadline_s;
	bool short_only;
};

static const char usage_text[] =
    "Usage: jukinet-card [OPTION]...\n"
    "Reads operator cards and has them sign, for jukinetd.\n"
    "\n"
    "  --socket PATH        make the socket there instead of taking it from\n"
    "                       systemd\n"
    "  --deadline SECONDS   end of one attempt in any case (default 60)\n"
    "  --short-apdus        never use extended length\n"
    "  --module PATH        OpenSC's PKCS#11 module (default\n"
    "                       " JK_PKCS11_MODULE ")\n"
    "  --help               this text\n"
    "  --version            version\n";

static bool
parse_deadline(const char *text, long *ret)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < 1 ||
	    n > DEADLINE_MAX_S)
		return false;
	*ret = n;
	return true;
}

/* The exit status, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option table[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "deadline", required_argument, NULL, 'd' },
		{ "short-apdus", no_argument, NULL, 'a' },
		{ "module", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (c) {
		case 's':
			ret->socket = optarg;
			break;
		case 'd':
			if (parse_deadline(optarg, &ret->deadline_s))
				break;
			fprintf(stderr,
			    "jukinet-card: --deadline takes 1 to "
			    "%d seconds\n",
			    DEADLINE_MAX_S);
			return EXIT_USAGE;
		case 'a':
			ret->short_only = true;
			break;
		case 'm':
			ret->module = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return EXIT_SUCCESS;
		case 'v':
			puts("jukinet-card " JK_VERSION);
			return EXIT_SUCCESS;
		default:
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "jukinet-card: unexpected argument\n");
	return EXIT_USAGE;
}

struct service {
	pid_t accepter;
	const char *module;
	bool short_only;
};

static void
complain_of_confinement(enum jk_err e)
{
	jk_log(JK_LOG_ERR, "cannot confine a card process: %s", jk_err_text(e));
}

static enum jk_err
serve_direct(struct jk_conversation *c)
{
	enum jk_err e = jk_confine_direct();

	if (e == JK_OK)
		return jk_card_serve(c);
	complain_of_confinement(e);
	return e;
}

static enum jk_err
serve_one(int fd, const struct service *service)
{
	struct jk_conversation c;
	enum jk_err e = jk_conversation_open(fd, &c);

	if (e != JK_OK)
		return e;
	c.short_only = service->short_only;
	e = c.opensc ? jk_card_pkcs11_serve(&c, service->module)
	             : serve_direct(&c);
	jk_conversation_close(&c);
	return e;
}

static int
work(int fd, const struct ucred *peer, void *ctx)
{
	const struct service *service = ctx;
	enum jk_err e = jk_confine_start(service->accepter);

	(void)peer; /* who may connect, the socket's directory says */
	if (e != JK_OK) {
		complain_of_confinement(e);
		return EXIT_FAILURE;
	}
	e = serve_one(fd, service);
	if (e == JK_OK || e == JK_ERR_CLOSED)
		return EXIT_SUCCESS;
	jk_log(JK_LOG_WARNING, "conversation ended: %s", jk_err_text(e));
	return EXIT_FAILURE;
}

/*
 * Has OpenSSL load its files now: a card process can open none.
 */
static enum jk_err
warm_up(void)
{
	const uint8_t nonce[JK_NONCE_LEN] = { 0 };
	struct jk_challenge challenge;
	enum jk_err e = jk_challenge_make(nonce, JK_KEY_P256, &challenge);

	return e == JK_OK ? jk_challenge_make(nonce, JK_KEY_P384, &challenge)
	                  : e;
}

static enum jk_err
serve(const struct options *o)
{
	struct service service = {
		.accepter = getpid(),
		.module = o->module,
		.short_only = o->short_only,
	};
	struct jk_accepter accepter = {
		.max_workers = WORKERS,
		.max_per_uid = WORKERS,
		.max_waiting = WORKERS,
		.deadline_ms = o->deadline_s * 1000,
		.grace_ms = GRACE_MS,
		.worker = work,
		.ctx = &service,
	};
	enum jk_err e = jk_service_listen(o->socket, &accepter.listen_fd);

	if (e != JK_OK) {
		jk_log(JK_LOG_ERR, "no socket to listen on: %s",
		    jk_err_text(e));
		return e;
	}
	if ((e = jk_service_harden(accepter.listen_fd)) != JK_OK ||
	    (e = warm_up()) != JK_OK) {
		jk_log(JK_LOG_ERR, "cannot start safely: %s%s", jk_err_text(e),
		    e == JK_ERR_REFUSED ? " (as root)" : "");
		return e;
	}
	e = jk_accepter_run(&accepter);
	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "ended: %s", jk_err_text(e));
	return e;
}

int
main(int argc, char **argv)
{
	struct options o = {
		.module = JK_PKCS11_MODULE,
		.deadline_s = DEADLINE_S,
	};
	int status = parse_options(argc, argv, &o);

	if (status >= 0)
		return status;
	jk_log_open("jukinet-card", JK_LOG_NOTICE);
	return serve(&o) == JK_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
