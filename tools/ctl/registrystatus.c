/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl registry status: what this terminal has applied, and, where a
 * source knows it, what the others have (M-3: is a lost card stopped on all of
 * them?).
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "change.h"
#include "clock.h"
#include "conffile.h"
#include "format.h"
#include "gather.h"
#include "jukinetctl.h"
#include "registry.h"
#include "snapshot.h"

/* One terminal, as it was told of. */
struct applied {
	char terminal[JK_ID_MAX + 1];
	uint64_t serial; /* 0: never */
	int64_t at;
};

struct status {
	const struct jk_call *call;
	char path[PATH_MAX]; /* of the snapshot */
	enum jk_err e;       /* of reading it */
	struct jk_edition edition;
	char terminal[JK_ID_MAX + 1];
	int64_t now;
	uint64_t current; /* what all should have; 0: not known */
	bool asked;       /* a source knows of terminals */
	size_t n, late;
	struct applied *applied;
};

static void
read_snapshot(struct status *s)
{
	JK_CLEANUP(jk_snapshot_close) struct jk_snapshot *snapshot = NULL;
	struct jk_settings settings = { 0 };

	(void)snprintf(s->path, sizeof(s->path), "%s/" JK_SNAPSHOT_NAME,
	    s->call->global.state_dir);
	s->e = jk_snapshot_open(s->path, &snapshot);
	if (s->e == JK_OK)
		s->e = jk_snapshot_edition(snapshot, &s->edition);
	if (s->e == JK_OK)
		s->e = jk_snapshot_settings(snapshot, &settings);
	memcpy(s->terminal, settings.terminal, sizeof(s->terminal));
	s->current = s->edition.registry;
}

static struct applied *
find(struct status *s, const char *terminal)
{
	struct applied *more;

	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->applied[i].terminal, terminal) == 0)
			return &s->applied[i];
	more = reallocarray(s->applied, s->n + 1, sizeof(*more));
	if (more == NULL)
		return NULL;
	s->applied = more;
	more[s->n] = (struct applied){ .serial = 0 };
	(void)snprintf(more[s->n].terminal, sizeof(more[s->n].terminal), "%s",
	    terminal);
	return &more[s->n++];
}

/* From outside: what is no id is nobody's terminal. */
static int
take(void *ctx, const struct jukinet_policy_applied *applied)
{
	struct status *s = ctx;
	struct applied *a;

	if (applied->terminal == NULL ||
	    strlen(applied->terminal) > JK_ID_MAX ||
	    strspn(applied->terminal,
	        "abcdefghijklmnopqrstuvwxyz0123456789-") !=
	        strlen(applied->terminal))
		return 0;
	a = find(s, applied->terminal);
	if (a == NULL)
		return 1;
	if (applied->serial >= a->serial) {
		a->serial = applied->serial;
		a->at = applied->at;
	}
	return 0;
}

static void
ask(void *ctx, const struct jukinet_policy_source *source,
    const struct jukinet_policy_host *host)
{
	struct status *s = ctx;

	if (source->status == NULL)
		return;
	if (source->status(host) == JUKINET_POLICY_SUCCESS)
		s->asked = true;
	else
		fprintf(stderr,
		    _("source \"%s\" did not say what others have applied\n"),
		    source->name);
}

/* The terminals of this machine's registry, and what the sources say. */
static void
ask_sources(struct status *s)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	struct jk_build build = jk_build_for(s->call);
	struct jk_view view;

	build.registry_only = false; /* those that jukinet.conf names */
	jk_rowset_init(&set);
	if (jk_view_open(s->call, &view) == EXIT_OK &&
	    jk_store_head(view.store)->number > 0) {
		s->current = jk_store_head(view.store)->number;
		for (size_t i = 0; i < view.set.terminal.n; i++) {
			const struct jk_terminal *t =
			    jk_list_at(&view.set.terminal, i);

			if (!t->revoked)
				(void)find(s, t->id);
		}
	}
	jk_view_close(&view);
	if (jk_conffile_settings(&build, &set, &report) == JK_OK &&
	    report.n_errors == 0)
		jk_gather_each(&build, &set, &report, ask, take, s);
	jk_print_report(&report);
	for (size_t i = 0; i < s->n; i++)
		s->late += s->applied[i].serial < s->current;
}

static void
show_age(int64_t seconds, char *ret, size_t size)
{
	const int64_t minutes = seconds / 60;

	if (minutes < 60)
		(void)snprintf(ret, size, _("%d minutes old"), (int)minutes);
	else if (minutes < 48 * 60)
		(void)snprintf(ret, size, _("%d hours old"),
		    (int)(minutes / 60));
	else
		(void)snprintf(ret, size, _("%d days old"),
		    (int)(minutes / (24 * 60)));
}

static void
print_snapshot(const struct status *s)
{
	char made[17], until[17], age[64];

	if (s->e != JK_OK) {
		printf(_("snapshot: %s: %s\n"), s->path, _(jk_err_text(s->e)));
		return;
	}
	jk_time_format(s->edition.made_at, made);
	jk_time_format(s->edition.valid_until, until);
	show_age(s->now - s->edition.made_at, age, sizeof(age));
	printf(_("terminal: %s\n"), s->terminal);
	printf(_("snapshot: serial %" PRIu64 ", of registry %" PRIu64
	         ", made %s, good until %s, %s\n"),
	    s->edition.serial, s->edition.registry, made, until, age);
	if (s->now >= s->edition.valid_until)
		puts(_("it is too old: nobody can log in; run \"jukinetctl "
		       "registry build\""));
	if (s->current > s->edition.registry)
		printf(_("the registry stands at %" PRIu64 ": run \"jukinetctl "
		         "registry build\"\n"),
		    s->current);
}

static void
print_late(const struct applied *a)
{
	char at[17];

	if (a->serial == 0) {
		printf(_("  %s: never\n"), a->terminal);
		return;
	}
	jk_time_format(a->at, at);
	printf(_("  %s: registry %" PRIu64 ", %s\n"), a->terminal, a->serial,
	    at);
}

static void
print_terminals(const struct status *s)
{
	if (!s->asked) {
		puts(_("no source knows what other terminals have applied"));
		return;
	}
	printf(_("registry %" PRIu64 ": applied on %zu terminals, not yet on "
	         "%zu\n"),
	    s->current, s->n - s->late, s->late);
	for (size_t i = 0; i < s->n; i++)
		if (s->applied[i].serial < s->current)
			print_late(&s->applied[i]);
}

static json_t *
terminals_json(const struct status *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n; i++) {
		char at[17] = "";

		if (s->applied[i].at != 0)
			jk_time_format(s->applied[i].at, at);
		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:s, s:b}", "terminal",
		        s->applied[i].terminal, "registry",
		        (json_int_t)s->applied[i].serial, "at", at, "applied",
		        s->applied[i].serial >= s->current));
	}
	return list;
}

static void
print_json(const struct status *s)
{
	char made[17] = "", until[17] = "";
	json_t *top;

	if (s->e == JK_OK) {
		jk_time_format(s->edition.made_at, made);
		jk_time_format(s->edition.valid_until, until);
	}
	top = json_pack("{s:s, s:I, s:I, s:s, s:s, s:I, s:I, s:b, s:o}",
	    "terminal", s->terminal, "serial", (json_int_t)s->edition.serial,
	    "registry", (json_int_t)s->edition.registry, "made-at", made,
	    "valid-until", until, "age",
	    (json_int_t)(s->e == JK_OK ? s->now - s->edition.made_at : 0),
	    "current", (json_int_t)s->current, "known", s->asked, "terminals",
	    terminals_json(s));
	(void)json_dumpf(top, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(top);
}

int
jk_registry_status(const struct jk_call *call)
{
	struct status s = { .call = call, .now = jk_real_s() };

	read_snapshot(&s);
	ask_sources(&s);
	if (call->global.json) {
		print_json(&s);
	} else {
		print_snapshot(&s);
		print_terminals(&s);
	}
	free(s.applied);
	if (s.e == JK_ERR_NOT_FOUND)
		return EXIT_NONE;
	return s.e == JK_OK && s.now < s.edition.valid_until ? EXIT_OK
	                                                     : EXIT_REFUSED;
}
