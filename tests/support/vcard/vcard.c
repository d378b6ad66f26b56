/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PIV card for pcscd's virtual reader that can also be a bad one. One
 * thread, one poll loop. See vcard.md for options and orders.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "control.h"
#include "reader.h"
#include "text.h"

#define MS_MAX (24 * 3600 * 1000UL)
#define GAP_MS 500

struct options {
	unsigned long port;
	unsigned long apdu_ms, sign_ms, gap_ms;
	bool no_extended;
	const char *control;
	const char *card;
	const char *log;
	const char *send;
};

static int
complain(const char *what, enum vc_err e)
{
	(void)fprintf(stderr, "vcard: %s: %s\n", what, vc_err_text(e));
	return EXIT_FAILURE;
}

static int
usage(void)
{
	(void)fputs("usage: vcard --port PORT --control SOCKET [--card DIR]\n"
	            "             [--log FILE] [--apdu-ms N] [--sign-ms N]\n"
	            "             [--gap-ms N] [--no-extended]\n"
	            "       vcard --control SOCKET --send ORDER\n",
	    stderr);
	return 2;
}

static enum vc_err
take_option(struct options *o, int option)
{
	switch (option) {
	case 'p':
		return vc_text_number(optarg, 65535, &o->port);
	case 'a':
		return vc_text_number(optarg, MS_MAX, &o->apdu_ms);
	case 's':
		return vc_text_number(optarg, MS_MAX, &o->sign_ms);
	case 'g':
		return vc_text_number(optarg, MS_MAX, &o->gap_ms);
	case 'x':
		o->no_extended = true;
		return VC_OK;
	case 'c':
		o->control = optarg;
		return VC_OK;
	case 'd':
		o->card = optarg;
		return VC_OK;
	case 'l':
		o->log = optarg;
		return VC_OK;
	case 'S':
		o->send = optarg;
		return VC_OK;
	default:
		return VC_ERR_UNKNOWN;
	}
}

static enum vc_err
parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option names[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "control", required_argument, NULL, 'c' },
		{ "card", required_argument, NULL, 'd' },
		{ "log", required_argument, NULL, 'l' },
		{ "apdu-ms", required_argument, NULL, 'a' },
		{ "sign-ms", required_argument, NULL, 's' },
		{ "gap-ms", required_argument, NULL, 'g' },
		{ "no-extended", no_argument, NULL, 'x' },
		{ "send", required_argument, NULL, 'S' },
		{ NULL, 0, NULL, 0 },
	};
	int option;
	enum vc_err e;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		e = take_option(ret, option);
		if (e != VC_OK)
			return e;
	}
	if (optind != argc || ret->control == NULL ||
	    (ret->port == 0 && ret->send == NULL))
		return VC_ERR_ARGUMENTS;
	return VC_OK;
}

/* SIGTERM and SIGINT end the loop as `quit` does. -1 on failure. */
static int
watch_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
loop(struct vc_reader *r, struct vc_control *c, int signals)
{
	struct pollfd p[2 + VC_CONTROL_FDS];

	while (!r->quit) {
		vc_reader_prepare(r, &p[0]);
		p[1] = (struct pollfd){ .fd = signals, .events = POLLIN };
		vc_control_prepare(c, &p[2]);
		if (poll(p, VC_COUNT(p), vc_reader_timeout(r)) < 0) {
			if (errno != EINTR)
				return complain("poll", VC_ERR_SYS);
			continue;
		}
		if (p[1].revents != 0)
			return EXIT_SUCCESS;
		vc_reader_step(r, p[0].revents);
		vc_control_step(c, &p[2], r);
	}
	return EXIT_SUCCESS;
}

static int
start(struct vc_reader *r, struct vc_control *c, const struct options *o)
{
	int signals = watch_signals();
	enum vc_err e;

	if (signals < 0)
		return complain("signalfd", VC_ERR_SYS);
	if (o->log != NULL) {
		e = vc_log_open(&r->log, o->log);
		if (e != VC_OK)
			return complain(o->log, e);
	}
	e = vc_control_open(c, o->control);
	if (e != VC_OK)
		return complain(o->control, e);
	if (o->card != NULL) {
		e = vc_reader_insert(r, o->card);
		if (e != VC_OK)
			return complain(o->card, e);
	}
	return loop(r, c, signals);
}

int
main(int argc, char **argv)
{
	static struct vc_reader reader;
	static struct vc_control control;
	struct options o = { .gap_ms = GAP_MS };
	int status;
	enum vc_err e;

	if (parse_options(argc, argv, &o) != VC_OK)
		return usage();
	if (o.send != NULL) {
		e = vc_control_ask(o.control, o.send);
		return e == VC_OK ? EXIT_SUCCESS : complain(o.control, e);
	}
	vc_reader_init(&reader, (uint16_t)o.port);
	vc_control_init(&control);
	reader.apdu_ms = o.apdu_ms;
	reader.sign_ms = o.sign_ms;
	reader.gap_ms = o.gap_ms;
	reader.no_extended = o.no_extended;
	status = start(&reader, &control, &o);
	vc_control_close(&control);
	vc_reader_clear(&reader);
	return status;
}
