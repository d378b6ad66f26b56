/* SPDX-License-Identifier: BSD-2-Clause */
#include "jukinetctl.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "config.h"
#include "file.h"

struct jk_build
jk_build_for(const struct jk_call *call)
{
	return (struct jk_build){
		.config_dir = call->global.config_dir,
		.vendor_dir = call->global.vendor_dir,
		.state_dir = call->global.state_dir,
		.policy_dir = call->global.policy_dir,
		.registry_only = true,
		.now = jk_real_s(),
	};
}

void
jk_print_report(const struct jk_report *report)
{
	size_t shown = 0;

	for (size_t i = 0; i < report->n_warnings && i < JK_REPORT_WARNINGS;
	     i++)
		if (report->warning[i] != NULL)
			fprintf(stderr, "%s\n", report->warning[i]);
	if (report->n_warnings > JK_REPORT_WARNINGS)
		fprintf(stderr, _("and %zu more warnings\n"),
		    report->n_warnings - JK_REPORT_WARNINGS);
	for (; shown < report->n_errors && shown < JK_REPORT_SHOWN; shown++)
		if (report->error[shown] != NULL)
			fprintf(stderr, "%s\n", report->error[shown]);
	if (report->n_errors > shown)
		fprintf(stderr, _("and %zu more errors\n"),
		    report->n_errors - shown);
}

static const struct {
	const char *kind, *noun;
} nouns[] = {
	{ "department", N_("department") },
	{ "person", N_("person") },
	{ "account", N_("account") },
	{ "operator-id", N_("operator ID") },
	{ "role", N_("role") },
	{ "approval", N_("approval") },
	{ "card", N_("card") },
	{ "terminal", N_("terminal") },
};

const char *
jk_noun(const char *kind)
{
	for (size_t i = 0; i < JK_COUNT(nouns); i++)
		if (strcmp(nouns[i].kind, kind) == 0)
			return nouns[i].noun;
	return kind;
}

int
jk_check_kind(const char *kind)
{
	char kinds[128] = "";
	size_t at = 0;

	for (size_t i = 0; i < JK_COUNT(nouns) && at < sizeof(kinds); i++) {
		if (kind == NULL || strcmp(nouns[i].kind, kind) == 0)
			return EXIT_OK;
		at += (size_t)snprintf(kinds + at, sizeof(kinds) - at, "%s%s",
		    i > 0 ? ", " : "", nouns[i].kind);
	}
	return jk_usage_error(_("there is no kind of rows \"%s\"; there are: "
	                        "%s"),
	    kind, kinds);
}

int
main(int argc, char **argv)
{
	struct jk_call call = { 0 };
	bool done;
	int status;

	umask(077);
	/* Else what is said would stand in the next file that is opened. */
	if (jk_fd_hold_standard() != JK_OK)
		return EXIT_REFUSED;
	setlocale(LC_ALL, "");
	bindtextdomain("jukinet", JK_LOCALE_DIR);
	status = jk_call_parse(argc, argv, &call, &done);
	if (status == EXIT_OK && !done)
		status = call.command->run(&call);
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		perror("jukinetctl: standard output");
		return status == EXIT_PARTLY ? EXIT_PARTLY : EXIT_REFUSED;
	}
	return status;
}
