/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinet-lookup(1): which of its ways was asked for. */
#include "lookup.h"

#include <getopt.h>
#include <libintl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "config.h"
#include "file.h"
#include "request.h"

enum {
	PURPOSE = 256,
	RECEPTION,
	GROUNDS,
	BUSINESS,
	ACTION,
	SEARCH,
	COUNT,
	REQUIREMENT,
	PERMISSION,
	OBJECT,
	KEY,
	TERMINAL,
	PERSON,
	RIGHT,
	CONFIRMER,
	JSON,
	HTML,
	YES,
	BATCH,
	NATIVE,
	HELP,
	VERSION,
};

static const struct option options[] = {
	{ "purpose", required_argument, NULL, PURPOSE },
	{ "reception", required_argument, NULL, RECEPTION },
	{ "grounds", no_argument, NULL, GROUNDS },
	{ "business", required_argument, NULL, BUSINESS },
	{ "action", required_argument, NULL, ACTION },
	{ "search", required_argument, NULL, SEARCH },
	{ "count", required_argument, NULL, COUNT },
	{ "requirement", no_argument, NULL, REQUIREMENT },
	{ "permission", required_argument, NULL, PERMISSION },
	{ "object", required_argument, NULL, OBJECT },
	{ "key", required_argument, NULL, KEY },
	{ "terminal", required_argument, NULL, TERMINAL },
	{ "person", required_argument, NULL, PERSON },
	{ "right", required_argument, NULL, RIGHT },
	{ "confirmer", required_argument, NULL, CONFIRMER },
	{ "json", no_argument, NULL, JSON },
	{ "html", no_argument, NULL, HTML },
	{ "yes", no_argument, NULL, YES },
	{ "batch", no_argument, NULL, BATCH },
	{ "native", no_argument, NULL, NATIVE },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ NULL, 0, NULL, 0 },
};

static const char usage[] = N_(
    "usage: jukinet-lookup ask --purpose ID --business ID --action ID\n"
    "                          [--reception NUMBER | --grounds]\n"
    "                          [--search ID] [--count N] [--requirement]\n"
    "                          [--permission ID] [--object ID] [--json]\n"
    "       jukinet-lookup session end [--html] [--yes]\n"
    "       jukinet-lookup check-receipt --key FILE [--terminal ID]\n"
    "                          [--person ID] [--right ID] [--purpose ID]\n"
    "                          [--reception NUMBER] [--business ID]\n"
    "                          [--action ID] [--search ID] [--count N]\n"
    "                          [--permission ID] [--object ID]\n"
    "                          [--confirmer ID]\n"
    "       jukinet-lookup --batch | --native\n"
    "What may name a resident comes on standard input, a line each: grounds,\n"
    "requirement, resident record code. See jukinet-lookup(1).\n");

int
jk_complain(const char *format, ...)
{
	va_list args;

	fputs("jukinet-lookup: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n%s\n", _("Try \"jukinet-lookup --help\"."));
	return EXIT_USAGE;
}

int
jk_exit_of(const char *why)
{
	static const char *const later[] = { "service.down", "service.busy",
		"audit.down", "attempt.timeout", "clock.bad", "policy.bad",
		"policy.stale", "internal" };

	for (size_t i = 0; i < JK_COUNT(later); i++)
		if (strcmp(later[i], why) == 0)
			return EXIT_LATER;
	return EXIT_DENIED;
}

static const char **
text_of(struct jk_order *o, int option)
{
	switch (option) {
	case PURPOSE:
		return &o->purpose;
	case RECEPTION:
		return &o->reception;
	case BUSINESS:
		return &o->business;
	case ACTION:
		return &o->action;
	case SEARCH:
		return &o->search;
	case COUNT:
		return &o->count;
	case PERMISSION:
		return &o->permission;
	case OBJECT:
		return &o->object;
	case KEY:
		return &o->key;
	case TERMINAL:
		return &o->terminal;
	case PERSON:
		return &o->person;
	case RIGHT:
		return &o->right;
	case CONFIRMER:
		return &o->confirmer;
	default:
		return NULL;
	}
}

/* -1: go on; else the status to end with. */
static int
take_option(struct jk_order *o, int option, int *ret_mode)
{
	const char **text = text_of(o, option);

	if (text != NULL) {
		*text = optarg;
		return -1;
	}
	switch (option) {
	case GROUNDS:
		o->grounds = true;
		return -1;
	case REQUIREMENT:
		o->requirement = true;
		return -1;
	case JSON:
		o->json = true;
		return -1;
	case HTML:
		o->html = true;
		return -1;
	case YES:
		o->yes = true;
		return -1;
	case BATCH:
	case NATIVE:
		*ret_mode = option;
		return -1;
	case HELP:
		fputs(_(usage), stdout);
		return EXIT_ALLOWED;
	case VERSION:
		puts("jukinet-lookup " JK_VERSION);
		return EXIT_ALLOWED;
	default:
		fprintf(stderr, "%s\n", _("Try \"jukinet-lookup --help\"."));
		return EXIT_USAGE;
	}
}

static bool
is_word(int argc, char **argv, int at, const char *word)
{
	return at < argc && strcmp(argv[at], word) == 0;
}

static int
run(int argc, char **argv)
{
	struct jk_order order = { 0 };
	int c, mode = 0, status;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		status = take_option(&order, c, &mode);
		if (status != -1)
			return status;
	}
	/* A browser adds who asks; whom it lets ask stands in the manifest. */
	if (mode == NATIVE)
		return jk_run_batch(true);
	if (mode == BATCH && optind == argc)
		return jk_run_batch(false);
	if (mode == 0 && is_word(argc, argv, optind, "ask") &&
	    optind + 1 == argc)
		return jk_run_ask(&order);
	if (mode == 0 && is_word(argc, argv, optind, "check-receipt") &&
	    optind + 1 == argc)
		return jk_run_check_receipt(&order);
	if (mode == 0 && is_word(argc, argv, optind, "session") &&
	    is_word(argc, argv, optind + 1, "end") && optind + 2 == argc)
		return jk_run_session_end(&order);
	return jk_complain("%s", _("there is no such command"));
}

int
main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };
	int status;

	umask(077);
	if (jk_fd_hold_standard() != JK_OK)
		return EXIT_LATER;
	/* A code may be in its memory. */
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return EXIT_LATER;
	setlocale(LC_ALL, "");
	bindtextdomain("jukinet", JK_LOCALE_DIR);
	jk_request_init();
	status = run(argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		perror("jukinet-lookup: standard output");
		return EXIT_LATER;
	}
	return status;
}
