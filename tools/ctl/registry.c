/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl registry build | check | options, and the table of the others. */
#include "registry.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <jansson.h>

#include "builder.h"
#include "clock.h"
#include "config.h"
#include "format.h"
#include "jukinetctl.h"
#include "options.h"
#include "output.h"

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

/* Lines as they are printed for people. */
static json_t *
lines_json(char *const *line, size_t n, size_t max)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n && i < max; i++)
		json_array_append_new(list,
		    json_string(line[i] != NULL ? line[i] : ""));
	return list;
}

/* What was not found out, because something is wrong, is 0 or "". */
static int
print_json(const struct jk_build *build, const struct jk_report *report,
    bool good, const struct jk_build_result *r)
{
	json_t *top = json_pack("{s:b, s:s, s:I, s:I, s:s, s:I, s:I, s:I, s:I, "
	                        "s:I, s:I, s:o, s:o}",
	    "good", good, "snapshot",
	    build->snapshot != NULL ? build->snapshot : "", "serial",
	    (json_int_t)r->edition.serial, "registry",
	    (json_int_t)r->edition.registry, "policy", r->policy, "persons",
	    (json_int_t)r->persons, "accounts", (json_int_t)r->accounts,
	    "operator-ids", (json_int_t)r->opids, "cards", (json_int_t)r->cards,
	    "terminals", (json_int_t)r->terminals, "types",
	    (json_int_t)r->types, "errors",
	    lines_json(report->error, report->n_errors, JK_REPORT_ERRORS),
	    "warnings",
	    lines_json(report->warning, report->n_warnings,
	        JK_REPORT_WARNINGS));
	int status = top == NULL ? -1 : json_dumpf(top, stdout, JSON_INDENT(2));

	putchar('\n');
	json_decref(top);
	return status == 0 ? EXIT_OK : EXIT_REFUSED;
}

static int
run(struct jk_build *build, bool json)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	struct jk_build_result result = { 0 };
	enum jk_err e;
	int status = EXIT_OK;

	build->registry_only = false;
	e = jk_build_run(build, &report, &result);
	jk_print_report(&report);
	if (json)
		status = print_json(build, &report, e == JK_OK, &result);
	if (e != JK_OK) {
		fprintf(stderr, "jukinetctl: %s\n",
		    build->snapshot != NULL ? _("registry build failed")
		                            : _("registry check failed"));
		return e == JK_ERR_BUSY ? EXIT_LATER : EXIT_REFUSED;
	}
	if (!json)
		print_result(build, &result);
	return status;
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
	build.pin_dir = JK_STATE_DIR;
	if (geteuid() != 0) {
		fputs(_("jukinetctl: registry build must be run as root\n"),
		    stderr);
		return EXIT_REFUSED;
	}
	if (call->global.dry_run)
		build.snapshot = NULL;
	return run(&build, call->global.json);
}

static int
run_check(const struct jk_call *call)
{
	struct jk_build build = jk_build_for(call);

	return run(&build, call->global.json);
}

static int
options_json(void)
{
	static const struct jk_column columns[] = {
		{ "file", "" },
		{ "section", "" },
		{ "key", "" },
		{ "needed", "" },
		{ "default", "" },
		{ "range", "" },
		{ "repeats", "" },
		{ "help", "" },
		{ NULL, NULL },
	};
	struct jk_table *table = jk_table_new(columns, true);

	for (size_t i = 0; i < jk_n_options; i++) {
		const struct jk_option *o = &jk_options[i];

		jk_table_add(table,
		    (const char *[]){ jk_conf_file_name(o->file), o->section,
		        o->key, o->required ? "yes" : "no", o->fallback,
		        o->range, jk_option_repeats(o) ? "yes" : "no",
		        o->help });
	}
	return jk_table_print(&table);
}

/* One line each, separated by tabs: for people, and for the test that holds
 * the manual pages against it. */
static int
run_options(const struct jk_call *call)
{
	if (call->global.json)
		return options_json();
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
