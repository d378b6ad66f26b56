/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl registry build | check | options, and the table of the others. */
#include "registry.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "builder.h"
#include "clock.h"
#include "format.h"
#include "jukinetctl.h"
#include "options.h"

static void
print_result(const struct jk_build *build, const struct jk_build_result *r)
{
	if (build->snapshot == NULL)
		printf(_("good: %zu persons, %zu accounts, %zu operator IDs, "
		         "%zu cards, %zu terminals, %zu types, policy %s\n"),
		    r->persons, r->accounts, r->opids, r->cards, r->terminals,
		    r->types, r->policy);
	else
		printf(_("serial %" PRIu64 ": %zu persons, %zu accounts, %zu "
		         "operator IDs, %zu cards, %zu terminals, %zu types, "
		         "policy %s in %s\n"),
		    r->edition.serial, r->persons, r->accounts, r->opids,
		    r->cards, r->terminals, r->types, r->policy,
		    build->snapshot);
}

static int
run(struct jk_build *build)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	struct jk_build_result result;
	enum jk_err e;

	build->registry_only = false;
	e = jk_build_run(build, &report, &result);
	jk_print_report(&report);
	if (e != JK_OK) {
		fprintf(stderr, "jukinetctl: %s\n",
		    build->snapshot != NULL ? _("registry build failed")
		                            : _("registry check failed"));
		return e == JK_ERR_BUSY ? EXIT_LATER : EXIT_REFUSED;
	}
	print_result(build, &result);
	return EXIT_OK;
}

static int
run_build(const struct jk_call *call)
{
	const char *snapshot = jk_call_get(call, "snapshot");
	struct jk_build build = jk_build_for(call);
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" JK_SNAPSHOT_NAME,
	    call->global.state_dir);
	build.snapshot = snapshot != NULL ? snapshot : path;
	if (geteuid() != 0) {
		fputs(_("jukinetctl: registry build must be run as root\n"),
		    stderr);
		return EXIT_REFUSED;
	}
	if (call->global.dry_run)
		build.snapshot = NULL;
	return run(&build);
}

static int
run_check(const struct jk_call *call)
{
	struct jk_build build = jk_build_for(call);

	return run(&build);
}

/* One line each, separated by tabs: for people, and for the test that holds
 * the manual pages against it. */
static int
run_options(JK_UNUSED const struct jk_call *call)
{
	for (size_t i = 0; i < jk_n_options; i++) {
		const struct jk_option *o = &jk_options[i];

		printf("%s\t[%s]\t%s\t%s\t%s\t%s%s\n",
		    jk_conf_file_name(o->file), o->section, o->key,
		    o->required           ? "needed"
		    : o->fallback != NULL ? o->fallback
		                          : "-",
		    o->range, o->help,
		    jk_option_repeats(o) ? " (repeats)" : "");
	}
	return EXIT_OK;
}

const struct jk_command jk_registry_commands[] = {
	{ "registry", "build", run_build,
	    N_("check everything, and make this terminal's snapshot of it"),
	    { { JK_PARAM_VALUE, "snapshot", "PATH",
	        N_("where it goes, instead of the state directory") } } },
	{ "registry", "check", run_check,
	    N_("the same without writing anything"), { { 0 } } },
	{ "registry", "options", run_options,
	    N_("list every key of the configuration files"), { { 0 } } },
	{ "registry", "status", jk_registry_status,
	    N_("say which registry this and other terminals have applied"),
	    { { 0 } } },
	{ "registry", "export", jk_registry_export, N_("print all rows"),
	    { { JK_PARAM_VALUE, "format", "ini|csv|json",
	          N_("default: ini; csv needs --kind") },
	        { JK_PARAM_VALUE, "kind", "KIND",
	            N_("only rows of this kind") } } },
	{ "registry", "adopt", jk_registry_adopt,
	    N_("take the rows of a hand-written file into the ledger"),
	    { { JK_PARAM_WORD, "FILE", NULL,
	        N_("of registry.d, or anywhere") } } },
	{ "registry", "publish", jk_registry_publish,
	    N_("give all rows to the sources that other terminals ask"),
	    { { JK_PARAM_VALUE, "source", "NAME",
	        N_("only this one; default: each that can take them") } } },
	{ 0 },
};
