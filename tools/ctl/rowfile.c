/* SPDX-License-Identifier: BSD-2-Clause */
#include "rowfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "file.h"
#include "initext.h"

void
jk_filerows_clear(struct jk_filerows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		jk_textrow_clear(&rows->row[i].row);
	free(rows->row);
	for (size_t i = 0; i < rows->n_files; i++)
		free(rows->file[i]);
	free(rows->file);
	*rows = (struct jk_filerows){ 0 };
}

static const char *
keep_name(struct jk_filerows *rows, const char *path)
{
	char **more =
	    reallocarray(rows->file, rows->n_files + 1, sizeof(*more));

	if (more == NULL)
		return NULL;
	rows->file = more;
	more[rows->n_files] = strdup(path);
	return more[rows->n_files] == NULL ? NULL : more[rows->n_files++];
}

/* An empty one behind the last. */
static struct jk_filerow *
new_row(struct jk_filerows *rows)
{
	struct jk_filerow *more =
	    reallocarray(rows->row, rows->n + 1, sizeof(*more));

	if (more == NULL)
		return NULL;
	rows->row = more;
	more[rows->n] = (struct jk_filerow){ 0 };
	return &more[rows->n++];
}

/* One run over one file. */
struct reading {
	struct jk_filerows *rows;
	struct jk_report *report;
	const char *file;
	struct jk_textrow *row; /* the section at hand; NULL: none */
	enum jk_err e;          /* the first that was met */
};

static bool
on_section(void *ctx, unsigned line, const char *text)
{
	struct reading *r = ctx;
	const size_t n = strcspn(text, " \t");
	const char *id = text + n + strspn(text + n, " \t");
	char kind[JK_KIND_MAX + 1] = "";
	struct jk_filerow *row;

	r->row = NULL;
	if (n <= JK_KIND_MAX)
		memcpy(kind, text, n);
	row = r->e == JK_OK ? new_row(r->rows) : NULL;
	if (row == NULL) {
		r->e = JK_ERR_NOMEM;
		return false;
	}
	row->place = (struct jk_place){ r->file, line };
	if (jk_textrow_init(&row->row, kind, id) != JK_OK) {
		jk_report_error(r->report, row->place, "[%s]: not a row", text);
		return false;
	}
	r->row = &row->row;
	return true;
}

static void
on_entry(void *ctx, unsigned line, JK_UNUSED const char *section,
    const char *key, const char *value)
{
	struct reading *r = ctx;
	enum jk_err e;

	if (r->row == NULL)
		return;
	e = jk_textrow_add(r->row, key, value);
	if (e == JK_ERR_NOMEM)
		r->e = e;
	else if (e != JK_OK)
		jk_report_error(r->report, (struct jk_place){ r->file, line },
		    "%s: %s", key, _(jk_err_text(e)));
}

static void
on_error(void *ctx, unsigned line, const char *reason)
{
	const struct reading *r = ctx;

	jk_report_error(r->report, (struct jk_place){ r->file, line }, "%s",
	    reason);
}

enum jk_err
jk_filerows_read(const char *path, struct jk_filerows *rows,
    struct jk_report *report)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct reading r = { .rows = rows, .report = report };
	const struct jk_ini_handler handler = {
		.section = on_section,
		.entry = on_entry,
		.error = on_error,
		.ctx = &r,
	};
	struct jk_file_fault fault = { "" };
	size_t len;
	enum jk_err e;

	r.file = keep_name(rows, path);
	if (r.file == NULL)
		return JK_ERR_NOMEM;
	e = jk_file_open_config(path, 0, &fd, &fault);
	if (e == JK_OK)
		e = jk_file_read(fd, JK_CONFIG_MAX, &text, &len);
	if (e != JK_OK) {
		jk_report_error(report, (struct jk_place){ r.file, 0 }, "%s",
		    fault.text[0] != '\0' ? fault.text
		    : e == JK_ERR_SYS     ? strerror(errno)
		                          : _(jk_err_text(e)));
		return JK_ERR_REFUSED;
	}
	e = jk_ini_parse(text, len, &handler);
	return r.e != JK_OK ? r.e : e == JK_ERR_FORMAT ? JK_OK : e;
}

static int
is_conf(const struct dirent *entry)
{
	const char *name = entry->d_name;
	size_t n = strlen(name);

	return name[0] != '.' && n > 5 && strcmp(name + n - 5, ".conf") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* As the source of files reads them: in the order of their names. */
static enum jk_err
read_directory(const char *dir, struct jk_filerows *rows,
    struct jk_report *report)
{
	struct dirent **name = NULL;
	int n = scandir(dir, &name, is_conf, by_name);
	enum jk_err e = n < 0 && errno != ENOENT ? JK_ERR_SYS : JK_OK;
	char path[PATH_MAX];

	for (int i = 0; i < n; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", dir,
		        name[i]->d_name) >= (int)sizeof(path))
			e = JK_ERR_TOO_BIG;
		if (e == JK_OK)
			e = jk_filerows_read(path, rows, report);
		free(name[i]);
	}
	free(name);
	return e;
}

static enum jk_err
read_store(const struct jk_view *v, struct jk_filerows *rows)
{
	char path[PATH_MAX];
	const char *file;

	(void)snprintf(path, sizeof(path), "%s/" JK_STORE_REGISTRY,
	    v->build.state_dir);
	file = keep_name(rows, path);
	if (file == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < jk_store_count(v->store); i++) {
		const struct jk_textrow *from = jk_store_at(v->store, i);
		struct jk_filerow *row = new_row(rows);
		enum jk_err e = row == NULL ? JK_ERR_NOMEM
		                            : jk_textrow_copy(from, &row->row);

		if (e != JK_OK)
			return e;
		row->place = (struct jk_place){ file,
			jk_store_line(v->store, from->kind, from->id) };
	}
	return JK_OK;
}

enum jk_err
jk_filerows_read_all(const struct jk_view *view, struct jk_filerows *rows,
    struct jk_report *report)
{
	char dir[PATH_MAX];
	enum jk_err e;

	if (snprintf(dir, sizeof(dir), "%s/registry.d",
	        view->build.config_dir) >= (int)sizeof(dir))
		return JK_ERR_TOO_BIG;
	e = read_directory(dir, rows, report);
	return e == JK_OK ? read_store(view, rows) : e;
}
