/* SPDX-License-Identifier: BSD-2-Clause */
#include "gather.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "format.h"
#include "intake.h"
#include "order.h"
#include "pindates.h"
#include "plugin.h"
#include "source_files.h"
#include "store.h"

/* For one source, all of it; a snapshot is good for days. */
#define SOURCE_TIMEOUT_MS 120000
#define PEM_MAX           65536

static struct jk_list *
list_at(struct jk_rowset *set, size_t i)
{
	struct jk_list *const lists[] = { &set->department, &set->person,
		&set->account, &set->opid, &set->role, &set->approval,
		&set->card, &set->terminal };

	return i < JK_COUNT(lists) ? lists[i] : NULL;
}

#define LISTS_MAX 8

static void
count_rows(struct jk_rowset *set, size_t ret[static LISTS_MAX])
{
	for (size_t i = 0; i < LISTS_MAX; i++)
		ret[i] = list_at(set, i)->n;
}

/* Rows of a source that did not come to its end are no registry, and its serial
 * names none. */
static void
take_back(struct jk_rowset *set, const size_t n[static LISTS_MAX],
    uint64_t registry)
{
	for (size_t i = 0; i < LISTS_MAX; i++)
		list_at(set, i)->n = n[i];
	set->registry = registry;
}

static void
set_host(const struct jk_build *build, struct jk_intake *intake,
    struct jukinet_policy_host *ret)
{
	jk_intake_host(intake, ret);
	ret->config_dir = build->config_dir;
	ret->state_dir = build->state_dir;
	ret->owner = build->owner;
	ret->timeout_ms = SOURCE_TIMEOUT_MS;
}

static const struct jukinet_policy_source *
find_source(const struct jk_build *build, const char *name,
    struct jk_report *report)
{
	const struct jukinet_policy_source *source = NULL;
	struct jk_file_fault fault = { 0 };
	enum jk_err e;

	if (strcmp(name, "files") == 0)
		return &jk_source_files;
	e = jk_plugin_load(build->policy_dir, name, build->owner, &source,
	    &fault);
	if (e != JK_OK)
		jk_report_error(report, (struct jk_place){ name, 0 },
		    "source \"%s\": %s", name,
		    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
	return source;
}

/* The officers' rows: a card's certificate is a file of the store. */

static void
free_text(char **text)
{
	jk_file_text_free(text);
}

static enum jk_err
read_certificate(const struct jk_build *build, const char *name, char **ret,
    size_t *ret_len)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	char path[PATH_MAX];
	enum jk_err e;

	if (snprintf(path, sizeof(path), "%s/" JK_STORE_CERTIFICATES "/%s",
	        build->state_dir, name) >= (int)sizeof(path) ||
	    strchr(name, '/') != NULL)
		return JK_ERR_FORMAT;
	e = jk_file_open_config(path, build->owner, &fd, NULL);
	if (e == JK_ERR_NOT_FOUND && build->beside != NULL &&
	    snprintf(path, sizeof(path), "%s/%s", build->beside, name) <
	        (int)sizeof(path))
		e = jk_file_open_config(path, build->owner, &fd, NULL);
	return e != JK_OK ? e : jk_file_read(fd, PEM_MAX, ret, ret_len);
}

static enum jk_err
take_row(const struct jk_build *build, struct jk_intake *intake,
    const char *file, unsigned line, const struct jk_textrow *row)
{
	JK_CLEANUP(free_text) char *pem = NULL;
	struct jukinet_policy_value value[JK_TEXTROW_PAIRS_MAX];
	const struct jukinet_policy_row r = { .kind = row->kind,
		.id = row->id,
		.place = file,
		.line = line,
		.n_values = row->n,
		.values = value };
	size_t len;

	for (size_t i = 0; i < row->n && i < JK_COUNT(value); i++) {
		const struct jk_pair *pair = &row->pair[i];
		enum jk_err e;

		value[i] = (struct jukinet_policy_value){ .key = pair->key,
			.data = pair->value,
			.len = strlen(pair->value),
			.line = line };
		if (pem != NULL || strcmp(row->kind, "card") != 0 ||
		    strcmp(pair->key, "certificate") != 0)
			continue;
		e = read_certificate(build, pair->value, &pem, &len);
		if (e != JK_OK) {
			jk_report_error(intake->report,
			    (struct jk_place){ file, line },
			    "certificate %s: %s", pair->value, jk_err_text(e));
			return JK_OK;
		}
		value[i].data = pem;
		value[i].len = len;
	}
	return jk_intake_row(intake, &r);
}

static enum jk_err
take_store(const struct jk_build *build, struct jk_intake *intake,
    const struct jk_store *store)
{
	char file[PATH_MAX];
	enum jk_err e = JK_OK;

	(void)snprintf(file, sizeof(file), "%s/" JK_STORE_REGISTRY,
	    build->state_dir);
	jk_rowset_name_registry(intake->set, jk_store_head(store)->number);
	for (size_t i = 0; i < jk_store_count(store) && e == JK_OK; i++) {
		const struct jk_textrow *row = jk_store_at(store, i);

		e = take_row(build, intake, file,
		    jk_store_line(store, row->kind, row->id), row);
	}
	return e;
}

static enum jk_err
read_store(const struct jk_build *build, struct jk_intake *intake)
{
	JK_CLEANUP(jk_store_close) struct jk_store *store = NULL;
	struct jk_store_fault fault = { "" };
	enum jk_err e;

	if (build->store != NULL)
		return take_store(build, intake, build->store);
	if (build->state_dir == NULL)
		return JK_OK;
	e = jk_store_open(build->state_dir, build->owner, JK_STORE_READ, 0,
	    &store, &fault);
	if (e == JK_OK)
		return take_store(build, intake, store);
	jk_report_error(intake->report,
	    (struct jk_place){ build->state_dir, 0 }, "%s",
	    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
	return JK_OK;
}

/* The files of this machine are those by hand and those of the officers. */
static int
ask(const struct jk_build *build, struct jk_intake *intake,
    const struct jukinet_policy_source *source)
{
	struct jukinet_policy_host host;
	int status;

	set_host(build, intake, &host);
	status = source->rows(&host);
	if (source == &jk_source_files && intake->e == JK_OK)
		intake->e = read_store(build, intake);
	return status;
}

static const char *
status_text(int status)
{
	switch (status) {
	case JUKINET_POLICY_NOTFOUND:
		return "holds no registry";
	case JUKINET_POLICY_TRYAGAIN:
		return "is too slow or busy: try again";
	default:
		return "could not be asked";
	}
}

/* What goes through all steps of the order. */
struct gathering {
	const struct jk_build *build;
	struct jk_order order;
	struct jk_rowset *set;
	struct jk_report *report;
	struct jk_snapshot *old; /* NULL: there is none */
	bool succeeded;
	enum jk_err e; /* the first that was met */
};

static void
close_old(struct gathering *g)
{
	jk_snapshot_close(&g->old);
}

/* The one that is to be replaced, or where nothing is written this machine's:
 * the certificates in it were checked when it was made. */
static void
open_old(struct gathering *g)
{
	const struct jk_build *build = g->build;
	struct jk_settings settings;
	char path[PATH_MAX];
	int len;

	if (build->snapshot != NULL)
		len = snprintf(path, sizeof(path), "%s", build->snapshot);
	else if (build->state_dir != NULL)
		len = snprintf(path, sizeof(path), "%s/" JK_SNAPSHOT_NAME,
		    build->state_dir);
	else
		return;
	if (len < (int)sizeof(path) && jk_snapshot_open(path, &g->old) != JK_OK)
		g->old = NULL;
	if (g->old != NULL && jk_snapshot_settings(g->old, &settings) == JK_OK)
		memcpy(g->set->known_inputs, settings.trust_inputs,
		    sizeof(g->set->known_inputs));
}

/* Step i of the order: JK_ORDER_FAIL when the build must end. */
static enum jk_order_end
step(struct gathering *g, size_t i)
{
	const struct jk_build *build = g->build;
	struct jk_rowset *set = g->set;
	struct jk_report *report = g->report;
	const char *name = g->order.step[i].name;
	const struct jukinet_policy_source *source =
	    find_source(build, name, report);
	struct jk_intake intake = { .set = set,
		.report = report,
		.without = build->without,
		.old = g->old };
	size_t before[LISTS_MAX], errors = report->n_errors;
	const uint64_t registry = set->registry;
	enum jk_order_end end;
	int status;

	if (source == NULL)
		return JK_ORDER_FAIL;
	count_rows(set, before);
	status = ask(build, &intake, source);
	g->e = intake.e;
	if (g->e != JK_OK || report->n_errors > errors)
		return JK_ORDER_FAIL;
	end = jk_order_after(&g->order, i, status, &g->succeeded);
	if (status == JUKINET_POLICY_SUCCESS)
		return end;
	take_back(set, before, registry);
	if (end == JK_ORDER_FAIL)
		jk_report_error(report, (struct jk_place){ name, 0 },
		    "source \"%s\" %s", name, status_text(status));
	else
		jk_report_warning(report, (struct jk_place){ name, 0 },
		    "source \"%s\" %s: the next one is asked", name,
		    status_text(status));
	return end;
}

static bool
parse_order(const struct jk_build *build, const struct jk_rowset *set,
    struct jk_report *report, struct jk_order *ret)
{
	/* Where jukinet.conf could not be read, as much as can be is said. */
	const char *text =
	    build->registry_only || set->settings.sources[0] == '\0'
	        ? "files"
	        : set->settings.sources;
	const char *fault = jk_order_parse(text, ret);

	if (fault != NULL)
		jk_report_error(report, set->settings_place, "sources = %s: %s",
		    text, fault);
	return fault == NULL;
}

enum jk_err
jk_gather(const struct jk_build *build, struct jk_rowset *set,
    struct jk_report *report)
{
	JK_CLEANUP(close_old)
	struct gathering g = { .build = build, .set = set, .report = report };
	enum jk_order_end end = JK_ORDER_NEXT;

	if (!parse_order(build, set, report, &g.order))
		return JK_OK;
	open_old(&g);
	for (size_t i = 0; i < g.order.n && end == JK_ORDER_NEXT; i++)
		end = step(&g, i);
	if (g.e == JK_OK && end == JK_ORDER_FAIL && report->n_errors == 0)
		jk_report_error(report, set->settings_place,
		    "no source has given a registry");
	return g.e;
}

void
jk_gather_applied(const struct jk_build *build, const struct jk_rowset *set,
    const struct jk_edition *edition, struct jk_report *report)
{
	const struct jukinet_policy_applied applied = {
		.terminal = set->settings.settings.terminal,
		.serial = edition->registry,
		.at = edition->made_at,
	};
	struct jk_report said = { 0 };
	struct jk_order order;

	if (!parse_order(build, set, report, &order))
		return;
	for (size_t i = 0; i < order.n; i++) {
		const struct jukinet_policy_source *source =
		    find_source(build, order.step[i].name, &said);
		struct jk_intake intake = { .report = &said };
		struct jukinet_policy_host host;

		set_host(build, &intake, &host);
		if (source != NULL && source->report != NULL &&
		    source->report(&host, &applied) != JUKINET_POLICY_SUCCESS)
			jk_report_warning(report,
			    (struct jk_place){ order.step[i].name, 0 },
			    "source \"%s\" could not be told what this "
			    "terminal has applied",
			    order.step[i].name);
	}
	jk_report_clear(&said);
}

static bool
has_a_keeper_of_pins(const struct jk_build *build, const struct jk_order *order,
    struct jk_report *said)
{
	for (size_t i = 0; i < order->n; i++) {
		const struct jukinet_policy_source *source =
		    find_source(build, order->step[i].name, said);

		if (source != NULL && jk_source_pins(source) != NULL)
			return true;
	}
	return false;
}

static void
hand_pins(const struct jk_build *build,
    const struct jukinet_policy_source *source, const struct jk_pindates *dates,
    struct jk_report *report)
{
	struct jk_intake intake = { .report = report };
	struct jukinet_policy_host host;

	set_host(build, &intake, &host);
	/* The snapshot stands: nothing is an error any more. */
	host.error = host.warning;
	if (jk_source_pins(source)(&host, dates->pin, dates->n) ==
	    JUKINET_POLICY_SUCCESS)
		return;
	jk_report_warning(report, (struct jk_place){ source->name, 0 },
	    "source \"%s\" did not take all changes of PINs that were made "
	    "here: the next build hands them on again",
	    source->name);
}

void
jk_gather_pins(const struct jk_build *build, const struct jk_rowset *set,
    struct jk_report *report)
{
	JK_CLEANUP(jk_pindates_clear) struct jk_pindates dates = { 0 };
	JK_CLEANUP(jk_report_clear) struct jk_report said = { 0 };
	struct jk_order order;

	if (build->pin_dir == NULL || !parse_order(build, set, &said, &order) ||
	    !has_a_keeper_of_pins(build, &order, &said))
		return;
	if (jk_pindates_read(build->pin_dir, &set->card, build->now, report,
	        &dates) != JK_OK)
		jk_report_warning(report,
		    (struct jk_place){ build->pin_dir, 0 }, "%s",
		    jk_err_text(JK_ERR_NOMEM));
	for (size_t i = 0; i < order.n && dates.n > 0; i++) {
		const struct jukinet_policy_source *source =
		    find_source(build, order.step[i].name, &said);

		if (source != NULL && jk_source_pins(source) != NULL)
			hand_pins(build, source, &dates, report);
	}
}

void
jk_gather_each(const struct jk_build *build, const struct jk_rowset *set,
    struct jk_report *report, jk_source_fn *each, jk_applied_fn *applied,
    void *ctx)
{
	struct jk_order order;

	if (!parse_order(build, set, report, &order))
		return;
	for (size_t i = 0; i < order.n; i++) {
		const struct jukinet_policy_source *source =
		    find_source(build, order.step[i].name, report);
		struct jk_intake intake = { .report = report,
			.applied = applied,
			.applied_ctx = ctx };
		struct jukinet_policy_host host;

		set_host(build, &intake, &host);
		if (source != NULL)
			each(ctx, source, &host);
	}
}
