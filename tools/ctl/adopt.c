/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl registry adopt: the rows of a hand-written file become rows of the
 * store, in one entry of the ledger. A file of registry.d is put aside (as
 * NAME.adopted) once that has happened: what stands in both would stand twice.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "file.h"
#include "jukinetctl.h"
#include "registry.h"
#include "rowfile.h"

/* S-03: how the registry is kept is the system manager's. */
static const struct jk_rule rule = { JK_OP_IMPORT, JK_FUNCTION_COUNT,
	{ .roles = 1u << JK_ROLE_SYSTEM_MANAGER } };

/* The file at hand, without symbolic links; for adopt_then() too. And where it
 * lies. */
static char path[PATH_MAX], directory[PATH_MAX];

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, "jukinetctl: %s: %s\n", what, why);
	return EXIT_REFUSED;
}

/* Is it one of those that a build reads? Then rows of it stand already. */
static bool
is_of_registry(const struct jk_call *call)
{
	char dir[PATH_MAX];
	size_t n;

	(void)snprintf(dir, sizeof(dir), "%s/registry.d/",
	    call->global.config_dir);
	n = strlen(dir);
	return strncmp(path, dir, n) == 0 && strchr(path + n, '/') == NULL;
}

/* Behind the commit. Before it the registry would lose these rows. */
static int
put_aside(JK_UNUSED struct jk_change *c)
{
	char aside[PATH_MAX];

	if (snprintf(aside, sizeof(aside), "%s.adopted", path) <
	        (int)sizeof(aside) &&
	    rename(path, aside) == 0)
		return EXIT_OK;
	fprintf(stderr,
	    _("jukinetctl: the rows stand in the ledger, but %s could not be "
	      "put aside (%s): remove it, then run \"jukinetctl registry "
	      "build\"\n"),
	    path, strerror(errno));
	return EXIT_PARTLY;
}

static bool
stands_before(const struct jk_filerows *rows, size_t i)
{
	const struct jk_textrow *row = &rows->row[i].row;

	for (size_t j = 0; j < i; j++)
		if (strcmp(rows->row[j].row.kind, row->kind) == 0 &&
		    strcmp(rows->row[j].row.id, row->id) == 0)
			return true;
	return false;
}

static enum jk_err
keep_certificate(struct jk_change *c, const char *file,
    char ret[static JK_STORE_PEM_NAME])
{
	JK_CLEANUP(jk_file_text_free) char *pem = NULL;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	size_t len = 0;
	enum jk_err e = jk_file_open_config(file, 0, &fd, NULL);

	if (e == JK_OK)
		e = jk_file_read(fd, JK_STORE_PEM_MAX, &pem, &len);
	return e == JK_OK ? jk_store_certificate(c->store, pem, len, ret) : e;
}

/* It lies beside the file; in the store it has its digest's name. What it is
 * worth was judged by the builds that took it, also when it has expired. */
static int
take_certificate(struct jk_change *c, struct jk_textrow *row)
{
	const char *name = jk_textrow_get(row, "certificate");
	char file[PATH_MAX], kept[JK_STORE_PEM_NAME];
	enum jk_err e;

	if (strcmp(row->kind, "card") != 0 || name == NULL)
		return EXIT_OK;
	if (strchr(name, '/') != NULL || snprintf(file, sizeof(file), "%.*s/%s",
	                                     (int)(strrchr(path, '/') - path),
	                                     path, name) >= (int)sizeof(file))
		return complain(name, _("not a plain file name"));
	e = keep_certificate(c, file, kept);
	if (e == JK_OK)
		e = jk_textrow_set(row, "certificate", kept);
	return e == JK_OK ? EXIT_OK
	                  : complain(file, e == JK_ERR_SYS ? strerror(errno)
	                                                   : _(jk_err_text(e)));
}

static int
take_row(struct jk_change *c, struct jk_filerows *rows, size_t i)
{
	struct jk_filerow *row = &rows->row[i];
	int status;

	if (stands_before(rows, i) ||
	    jk_store_find(c->store, row->row.kind, row->row.id) != NULL)
		return jk_change_refuse(c, JK_WHY_ROW_EXISTS,
		    _("%s:%u: [%s %s] is there twice"), row->place.file,
		    row->place.line, row->row.kind, row->row.id);
	/* Nothing is kept where nothing is changed. */
	status =
	    c->call->global.dry_run ? EXIT_OK : take_certificate(c, &row->row);
	return status == EXIT_OK ? jk_change_put(c, &row->row) : status;
}

static int
read_file(struct jk_filerows *ret)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	enum jk_err e = jk_filerows_read(path, ret, &report);

	jk_print_report(&report);
	if (e != JK_OK && report.n_errors == 0)
		return complain(path, _(jk_err_text(e)));
	return e == JK_OK && report.n_errors == 0 ? EXIT_OK : EXIT_REFUSED;
}

static int
adopt(struct jk_change *c)
{
	JK_CLEANUP(jk_filerows_clear) struct jk_filerows rows = { 0 };
	int status = jk_change_permit(c, "", "");

	(void)snprintf(c->object, sizeof(c->object), "registry:adopt");
	if (status == EXIT_OK)
		status = read_file(&rows);
	for (size_t i = 0; i < rows.n && status == EXIT_OK; i++)
		status = take_row(c, &rows, i);
	if (status == EXIT_OK)
		status = jk_change_note(c, "file", path);
	if (status != EXIT_OK)
		return status;
	/* Of a trial the certificates are still where they were. */
	(void)snprintf(directory, sizeof(directory), "%.*s",
	    (int)(strrchr(path, '/') - path), path);
	if (c->call->global.dry_run)
		c->build.beside = directory;
	if (is_of_registry(c->call)) {
		c->build.without = path;
		c->then = put_aside;
	}
	return jk_change_commit(c, _("adopted: %zu rows of %s"), rows.n, path);
}

int
jk_registry_adopt(const struct jk_call *call)
{
	const char *file = jk_call_get(call, "FILE");
	struct jk_change c;
	int status;

	if (realpath(file, path) == NULL)
		return complain(file, strerror(errno));
	status = jk_change_begin(call, &rule, &c);
	if (status == EXIT_OK)
		status = adopt(&c);
	jk_change_end(&c);
	return status;
}
