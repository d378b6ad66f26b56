/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl registry build | check | options */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "builder.h"
#include "clock.h"
#include "config.h"
#include "format.h"
#include "jukinetctl.h"
#include "options.h"

#define SNAPSHOT JK_SNAPSHOT_DIR "/" JK_SNAPSHOT_NAME

static int
parse_options(int argc, char **argv, bool writes, struct jk_build *ret)
{
	static const struct option options[] = {
		{ "config-dir", required_argument, NULL, 'c' },
		{ "vendor-dir", required_argument, NULL, 'v' },
		{ "snapshot", required_argument, NULL, 's' },
		{ 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			ret->config_dir = optarg;
		else if (c == 'v')
			ret->vendor_dir = optarg;
		else if (c == 's' && writes)
			ret->snapshot = optarg;
		else
			return jk_usage_error("option \"%s\" is not understood",
			    argv[optind - 1]);
	}
	if (optind < argc)
		return jk_usage_error("\"%s\" is too much", argv[optind]);
	return EXIT_OK;
}

static void
print_report(const struct jk_report *report)
{
	for (size_t i = 0; i < report->n_warnings && i < JK_REPORT_WARNINGS;
	     i++)
		if (report->warning[i] != NULL)
			fprintf(stderr, "%s\n", report->warning[i]);
	if (report->n_warnings > JK_REPORT_WARNINGS)
		fprintf(stderr, "and %zu more warnings\n",
		    report->n_warnings - JK_REPORT_WARNINGS);
	for (size_t i = 0; i < report->n_errors && i < JK_REPORT_ERRORS; i++)
		if (report->error[i] != NULL)
			fprintf(stderr, "%s\n", report->error[i]);
	if (report->n_errors > JK_REPORT_ERRORS)
		fprintf(stderr, "and %zu more errors\n",
		    report->n_errors - JK_REPORT_ERRORS);
}

static void
print_result(const struct jk_build *build, const struct jk_build_result *r)
{
	if (build->snapshot != NULL)
		printf("serial %" PRIu64 ": ", r->edition.serial);
	else
		fputs("good: ", stdout);
	printf("%zu persons, %zu accounts, %zu operator IDs, %zu cards, "
	       "%zu terminals, %zu types, policy %s",
	    r->persons, r->accounts, r->opids, r->cards, r->terminals, r->types,
	    r->edition.policy);
	if (build->snapshot != NULL)
		printf(" in %s", build->snapshot);
	putchar('\n');
}

static int
run(struct jk_build *build)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	struct jk_build_result result;
	enum jk_err e = jk_build_run(build, &report, &result);

	print_report(&report);
	if (e != JK_OK) {
		fprintf(stderr, "jukinetctl: registry %s failed\n",
		    build->snapshot != NULL ? "build" : "check");
		return EXIT_REFUSED;
	}
	print_result(build, &result);
	return EXIT_OK;
}

int
jk_registry_build(int argc, char **argv)
{
	struct jk_build build = {
		.config_dir = JK_CONFIG_DIR,
		.vendor_dir = JK_VENDOR_DIR,
		.snapshot = SNAPSHOT,
		.now = jk_real_s(),
	};
	int status = parse_options(argc, argv, true, &build);

	if (status != EXIT_OK)
		return status;
	if (geteuid() != 0) {
		fputs("jukinetctl: registry build must be run as root\n",
		    stderr);
		return EXIT_REFUSED;
	}
	return run(&build);
}

int
jk_registry_check(int argc, char **argv)
{
	struct jk_build build = {
		.config_dir = JK_CONFIG_DIR,
		.vendor_dir = JK_VENDOR_DIR,
		.now = jk_real_s(),
	};
	int status = parse_options(argc, argv, false, &build);

	return status != EXIT_OK ? status : run(&build);
}

/* One line each, separated by tabs: for people, and for the test that holds
 * the manual pages against it. */
int
jk_registry_options(int argc, char **argv)
{
	if (argc > 1)
		return jk_usage_error("\"%s\" is too much", argv[1]);
	for (size_t i = 0; i < jk_n_options; i++) {
		const struct jk_option *o = &jk_options[i];

		printf("%s\t[%s]\t%s\t%s\t%s\t%s%s\n",
		    jk_conf_file_name(o->file), o->section, o->key,
		    o->required           ? "needed"
		    : o->fallback != NULL ? o->fallback
		                          : "-",
		    o->range, o->help, o->max_count > 0 ? " (repeats)" : "");
	}
	return EXIT_OK;
}
