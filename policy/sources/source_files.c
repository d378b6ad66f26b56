/* SPDX-License-Identifier: BSD-2-Clause */
#include "source_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "initext.h"

/* Of a certificate's file, bytes. */
#define PEM_MAX 65536
/* Values of one row. */
#define VALUES_MAX 256

/* One value: text of the file, or a certificate's file that was read. */
struct value {
	char key[JK_INI_LINE_MAX + 1];
	char text[JK_INI_LINE_MAX + 1];
	char *bytes; /* NULL: it is the text */
	size_t len;
	unsigned line;
};

/* One run over the directory. */
struct run {
	const struct jukinet_policy_host *host;
	char dir[PATH_MAX];
	int dir_fd;
	int stopped; /* what yield() said */
	bool failed; /* no memory, or the directory could not be read */
	/* The file and the section at hand. */
	const char *path;
	bool inside, spoilt;
	char kind[JK_INI_LINE_MAX + 1];
	char id[JK_INI_LINE_MAX + 1];
	unsigned line;
	size_t n;
	struct value value[VALUES_MAX];
};

static void fault_at(struct run *run, unsigned line, const char *format, ...)
    JK_PRINTF(3, 4);

static void
fault_at(struct run *run, unsigned line, const char *format, ...)
{
	char text[PATH_MAX + 256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	run->spoilt = true;
	run->host->error(run->host->ctx, run->path, line, text);
}

static void
drop_values(struct run *run)
{
	for (size_t i = 0; i < run->n; i++)
		jk_file_text_free(&run->value[i].bytes);
	run->n = 0;
}

/* Hands the section on that ends here. */
static void
end_section(struct run *run)
{
	struct jukinet_policy_value values[VALUES_MAX];
	const struct jukinet_policy_row row = {
		.kind = run->kind,
		.id = run->id,
		.place = run->path,
		.line = run->line,
		.n_values = run->n,
		.values = values,
	};

	for (size_t i = 0; i < run->n; i++) {
		const struct value *v = &run->value[i];

		values[i] = (struct jukinet_policy_value){
			.key = v->key,
			.data = v->bytes != NULL ? v->bytes : v->text,
			.len = v->len,
			.line = v->line,
		};
	}
	if (run->inside && !run->spoilt && run->stopped == 0)
		run->stopped = run->host->yield(run->host->ctx, &row);
	drop_values(run);
	run->inside = false;
}

static bool
on_section(void *ctx, unsigned line, const char *text)
{
	struct run *run = ctx;
	size_t n = strcspn(text, " \t");

	end_section(run);
	/* A line is no longer than these. */
	(void)snprintf(run->kind, sizeof(run->kind), "%.*s", (int)n, text);
	(void)snprintf(run->id, sizeof(run->id), "%s",
	    text + n + strspn(text + n, " \t"));
	run->line = line;
	run->inside = true;
	run->spoilt = false;
	return true;
}

static bool
is_file_name(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz"
	                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                    "0123456789_.-") == strlen(text) &&
	       text[0] != '.';
}

/* A certificate is a file beside this one. */
static void
read_beside(struct run *run, struct value *v)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_file_fault fault = { 0 };
	enum jk_err e;

	if (!is_file_name(v->text)) {
		fault_at(run, v->line,
		    "%s = %s: not a plain file name (letters, digits and "
		    "\"_.-\")",
		    v->key, v->text);
		return;
	}
	e = jk_file_open_in(run->dir_fd, v->text, run->host->owner, &fd,
	    &fault);
	if (e == JK_OK)
		e = jk_file_read(fd, PEM_MAX, &v->bytes, &v->len);
	if (e != JK_OK)
		fault_at(run, v->line, "%s %s", v->key,
		    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
}

static void
on_entry(void *ctx, unsigned line, JK_UNUSED const char *section,
    const char *key, const char *value)
{
	struct run *run = ctx;
	struct value *v;

	if (run->n == VALUES_MAX) {
		fault_at(run, line, "too many lines in one section");
		return;
	}
	v = &run->value[run->n++];
	*v = (struct value){ .line = line, .len = strlen(value) };
	strcpy(v->key, key);
	strcpy(v->text, value);
	if (strcmp(run->kind, "card") == 0 && strcmp(key, "certificate") == 0)
		read_beside(run, v);
}

static void
on_error(void *ctx, unsigned line, const char *reason)
{
	fault_at(ctx, line, "%s", reason);
}

static void
read_text(struct run *run, const char *text, size_t len)
{
	const struct jk_ini_handler handler = {
		.section = on_section,
		.entry = on_entry,
		.error = on_error,
		.ctx = run,
	};
	enum jk_err e = jk_ini_parse(text, len, &handler);

	if (e != JK_OK && e != JK_ERR_FORMAT)
		run->failed = true;
	end_section(run);
}

static void
read_conf(struct run *run, const char *name)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct jk_file_fault fault = { 0 };
	char path[PATH_MAX + NAME_MAX + 2];
	size_t len = 0;
	enum jk_err e;

	(void)snprintf(path, sizeof(path), "%s/%s", run->dir, name);
	run->path = path;
	run->inside = false;
	e = jk_file_open_in(run->dir_fd, name, run->host->owner, &fd, &fault);
	if (e == JK_OK)
		e = jk_file_read(fd, JK_CONFIG_MAX, &text, &len);
	if (e != JK_OK)
		fault_at(run, 0, "%s",
		    fault.text[0] != '\0' ? fault.text : jk_err_text(e));
	else
		read_text(run, text, len);
}

/* As a shell takes "*.conf": hidden files are somebody's drafts. */
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

static bool
name_is_printable(const char *name)
{
	for (; *name != '\0'; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

static void
read_all(struct run *run)
{
	struct dirent **names = NULL;
	int n = scandirat(run->dir_fd, ".", &names, is_conf, by_name);

	run->failed = n < 0;
	for (int i = 0; i < n; i++) {
		if (!name_is_printable(names[i]->d_name)) {
			run->path = run->dir;
			fault_at(run, 0,
			    "a file's name is not printable ASCII");
		} else if (run->stopped == 0 && !run->failed) {
			read_conf(run, names[i]->d_name);
		}
		free(names[i]);
	}
	free(names);
}

static void
free_run(struct run **run)
{
	if (*run != NULL)
		jk_fd_close(&(*run)->dir_fd);
	free(*run);
}

static int
run_files(const struct jukinet_policy_host *host)
{
	JK_CLEANUP(free_run) struct run *run = calloc(1, sizeof(*run));
	struct jk_file_fault fault = { 0 };
	enum jk_err e;

	if (run == NULL)
		return JUKINET_POLICY_UNAVAIL;
	run->host = host;
	run->dir_fd = -1;
	run->path = run->dir;
	if (snprintf(run->dir, sizeof(run->dir), "%s/registry.d",
	        host->config_dir) >= (int)sizeof(run->dir)) {
		fault_at(run, 0, "path is too long");
		return JUKINET_POLICY_UNAVAIL;
	}
	e = jk_dir_open(run->dir, host->owner, &run->dir_fd, &fault);
	if (e != JK_OK) {
		fault_at(run, 0, "%s", fault.text);
		return JUKINET_POLICY_UNAVAIL;
	}
	read_all(run);
	return run->failed || run->stopped != 0 ? JUKINET_POLICY_UNAVAIL
	                                        : JUKINET_POLICY_SUCCESS;
}

const struct jukinet_policy_source jk_source_files = {
	.version = JUKINET_POLICY_VERSION,
	.size = sizeof(struct jukinet_policy_source),
	.name = "files",
	.rows = run_files,
};
