/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl registry publish: what this machine's registry holds goes to the
 * sources that other terminals ask, as the registry of the ledger's last entry.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "conffile.h"
#include "file.h"
#include "gather.h"
#include "jukinetctl.h"
#include "registry.h"
#include "rowfile.h"

/* The rows as a source takes them. */
struct publication {
	const char *wanted; /* name of a source; NULL: all */
	uint64_t serial;
	size_t n;
	struct jukinet_policy_row *row;
	size_t n_pems;
	char **pem; /* certificates that were read */
	size_t given, failed;
};

static void
clear(struct publication *p)
{
	for (size_t i = 0; i < p->n; i++)
		free((void *)(uintptr_t)p->row[i].values);
	free(p->row);
	for (size_t i = 0; i < p->n_pems; i++)
		jk_file_text_free(&p->pem[i]);
	free(p->pem);
}

/* Beside the file that names it, or among the store's. */
static void
locate(const struct jk_filerow *row, const char *state_dir, const char *name,
    char ret[static PATH_MAX])
{
	const char *file = row->place.file;
	size_t n = strlen(state_dir);
	bool stored = strncmp(file, state_dir, n) == 0 && file[n] == '/';

	if (stored)
		(void)snprintf(ret, PATH_MAX, "%s/" JK_STORE_CERTIFICATES "/%s",
		    state_dir, name);
	else
		(void)snprintf(ret, PATH_MAX, "%.*s/%s",
		    (int)(strrchr(file, '/') - file), file, name);
}

static enum jk_err
read_certificate(struct publication *p, const char *file,
    struct jukinet_policy_value *value)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	char **more = reallocarray(p->pem, p->n_pems + 1, sizeof(*more));
	enum jk_err e;

	if (more == NULL)
		return JK_ERR_NOMEM;
	p->pem = more;
	p->pem[p->n_pems] = NULL;
	e = jk_file_open_config(file, 0, &fd, NULL);
	if (e == JK_OK)
		e = jk_file_read(fd, JK_STORE_PEM_MAX, &p->pem[p->n_pems],
		    &value->len);
	if (e == JK_OK)
		value->data = p->pem[p->n_pems++];
	return e;
}

static enum jk_err
add_row(struct publication *p, const struct jk_filerow *from,
    const char *state_dir)
{
	const struct jk_textrow *row = &from->row;
	struct jukinet_policy_value *values =
	    calloc(row->n + 1, sizeof(*values));
	enum jk_err e = JK_OK;
	char file[PATH_MAX];

	if (values == NULL)
		return JK_ERR_NOMEM;
	p->row[p->n++] = (struct jukinet_policy_row){
		.kind = row->kind,
		.id = row->id,
		.place = from->place.file,
		.line = from->place.line,
		.n_values = row->n,
		.values = values,
	};
	for (size_t i = 0; i < row->n && e == JK_OK; i++) {
		values[i] = (struct jukinet_policy_value){
			.key = row->pair[i].key,
			.data = row->pair[i].value,
			.len = strlen(row->pair[i].value),
		};
		if (strcmp(row->kind, "card") != 0 ||
		    strcmp(row->pair[i].key, "certificate") != 0)
			continue;
		locate(from, state_dir, row->pair[i].value, file);
		e = read_certificate(p, file, &values[i]);
	}
	return e;
}

static void
give(void *ctx, const struct jukinet_policy_source *source,
    const struct jukinet_policy_host *host)
{
	struct publication *p = ctx;
	int status;

	if (source->publish == NULL ||
	    (p->wanted != NULL && strcmp(p->wanted, source->name) != 0))
		return;
	status = source->publish(host, p->row, p->n, p->serial);
	if (status == JUKINET_POLICY_SUCCESS) {
		p->given++;
		printf(_("published: %zu rows as registry %" PRIu64
		         " in \"%s\"\n"),
		    p->n, p->serial, source->name);
	} else {
		p->failed++;
		fprintf(stderr,
		    _("jukinetctl: source \"%s\" did not take the registry: "
		      "terminals go on with the old one; try again\n"),
		    source->name);
	}
}

static int
give_all(const struct jk_call *call, struct publication *p)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	JK_CLEANUP(jk_rowset_clear) struct jk_rowset set;
	struct jk_build build = jk_build_for(call);

	build.registry_only = false; /* those that jukinet.conf names */
	jk_rowset_init(&set);
	if (jk_conffile_settings(&build, &set, &report) == JK_OK &&
	    report.n_errors == 0)
		jk_gather_each(&build, &set, &report, give, NULL, p);
	jk_print_report(&report);
	if (report.n_errors > 0 || p->failed > 0)
		return EXIT_LATER;
	if (p->given > 0)
		return EXIT_OK;
	fputs(_("jukinetctl: none of the sources of jukinet.conf takes a "
	        "registry\n"),
	    stderr);
	return EXIT_NONE;
}

static int
publish(const struct jk_view *v, struct publication *p)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	JK_CLEANUP(jk_filerows_clear) struct jk_filerows rows = { 0 };
	enum jk_err e = jk_filerows_read_all(v, &rows, &report);

	jk_print_report(&report);
	if (e == JK_OK && report.n_errors > 0)
		return EXIT_REFUSED;
	p->row = calloc(rows.n + 1, sizeof(*p->row));
	if (p->row == NULL)
		e = JK_ERR_NOMEM;
	for (size_t i = 0; i < rows.n && e == JK_OK; i++)
		e = add_row(p, &rows.row[i], v->build.state_dir);
	if (e != JK_OK) {
		fprintf(stderr, "jukinetctl: %s\n",
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
		return EXIT_REFUSED;
	}
	if (v->call->global.dry_run) {
		printf(_("%zu rows would be published as registry %" PRIu64
		         "\n"),
		    p->n, p->serial);
		return EXIT_OK;
	}
	return give_all(v->call, p);
}

int
jk_registry_publish(const struct jk_call *call)
{
	JK_CLEANUP(clear)
	struct publication p = { .wanted = jk_call_get(call, "source") };
	struct jk_view view;
	int status;

	if (geteuid() != 0) {
		fputs(_("jukinetctl: registry publish must be run as root\n"),
		    stderr);
		return EXIT_REFUSED;
	}
	status = jk_view_open(call, &view);
	if (status == EXIT_OK) {
		p.serial = jk_store_head(view.store)->number;
		if (p.serial > 0)
			status = publish(&view, &p);
	}
	jk_view_close(&view);
	if (status == EXIT_OK && p.serial == 0) {
		fputs(_("jukinetctl: the ledger is empty, so that the registry "
		        "has no number: take hand-written files over with "
		        "\"jukinetctl registry adopt\"\n"),
		    stderr);
		return EXIT_NONE;
	}
	return status;
}
