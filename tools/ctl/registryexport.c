/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl registry export: all rows as text, hand-written ones and those of
 * the ledger, as INI, CSV or JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "change.h"
#include "jukinetctl.h"
#include "registry.h"
#include "rowfile.h"

static bool
is_wanted(const char *kind, const struct jk_textrow *row)
{
	return kind == NULL || strcmp(kind, row->kind) == 0;
}

static void
print_ini(const struct jk_filerows *rows, const char *kind)
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct jk_textrow *row = &rows->row[i].row;

		if (!is_wanted(kind, row))
			continue;
		printf("[%s %s]\n", row->kind, row->id);
		for (size_t j = 0; j < row->n; j++)
			printf("%s = %s\n", row->pair[j].key,
			    row->pair[j].value);
		putchar('\n');
	}
}

/* RFC 4180. */
static void
print_cell(const char *text, bool last)
{
	if (text[strcspn(text, ",\"\r\n")] == '\0') {
		fputs(text, stdout);
	} else {
		putchar('"');
		for (; *text != '\0'; text++)
			printf("%s%c", *text == '"' ? "\"" : "", *text);
		putchar('"');
	}
	fputs(last ? "\r\n" : ",", stdout);
}

/* Of a list all values, with a blank between: no value of one holds any. */
static void
print_values(const struct jk_textrow *row, const char *key, bool last)
{
	char text[8192] = "";
	size_t used = 0;
	const char *value;

	for (size_t i = 0; (value = jk_textrow_get_nth(row, key, i)) != NULL &&
	                   used < sizeof(text);
	     i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "%s%s", i > 0 ? " " : "", value);
	print_cell(text, last);
}

/* One column for each key that such a row may have. */
struct columns {
	size_t n;
	const char *key[JK_TEXTROW_PAIRS_MAX];
};

static struct columns
columns_of(const char *kind)
{
	struct columns c = { 0 };

	for (size_t i = 0; i < jk_n_options && c.n < JK_COUNT(c.key); i++)
		if (jk_options[i].file == JK_CONF_REGISTRY &&
		    strcmp(jk_options[i].section, kind) == 0)
			c.key[c.n++] = jk_options[i].key;
	return c;
}

static void
print_csv(const struct jk_filerows *rows, const char *kind)
{
	const struct columns c = columns_of(kind);

	print_cell("id", c.n == 0);
	for (size_t i = 0; i < c.n; i++)
		print_cell(c.key[i], i + 1 == c.n);
	for (size_t i = 0; i < rows->n; i++) {
		const struct jk_textrow *row = &rows->row[i].row;

		if (!is_wanted(kind, row))
			continue;
		print_cell(row->id, c.n == 0);
		for (size_t j = 0; j < c.n; j++)
			print_values(row, c.key[j], j + 1 == c.n);
	}
}

/* A key that may repeat is a list, also with one value or none. */
static json_t *
values_json(const struct jk_textrow *row)
{
	json_t *top = json_object();

	for (size_t i = 0; i < row->n; i++) {
		const char *key = row->pair[i].key;
		const struct jk_option *o =
		    jk_option_find(JK_CONF_REGISTRY, row->kind, key);
		json_t *value = json_string(row->pair[i].value), *list;

		if (o == NULL || !jk_option_repeats(o)) {
			json_object_set_new(top, key, value);
			continue;
		}
		list = json_object_get(top, key);
		if (list == NULL) {
			list = json_array();
			json_object_set_new(top, key, list);
		}
		json_array_append_new(list, value);
	}
	return top;
}

static int
print_json(const struct jk_filerows *rows, const char *kind)
{
	json_t *list = json_array();
	int r;

	for (size_t i = 0; i < rows->n; i++) {
		const struct jk_textrow *row = &rows->row[i].row;

		if (is_wanted(kind, row))
			json_array_append_new(list,
			    json_pack("{s:s, s:s, s:o}", "kind", row->kind,
			        "id", row->id, "values", values_json(row)));
	}
	r = json_dumpf(list, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(list);
	return r == 0 ? EXIT_OK : EXIT_REFUSED;
}

static int
read_rows(const struct jk_call *call, struct jk_filerows *ret)
{
	JK_CLEANUP(jk_report_clear) struct jk_report report = { 0 };
	struct jk_view view;
	int status = jk_view_open(call, &view);
	enum jk_err e = JK_OK;

	if (status == EXIT_OK)
		e = jk_filerows_read_all(&view, ret, &report);
	jk_view_close(&view);
	jk_print_report(&report);
	if (e != JK_OK)
		fprintf(stderr, "jukinetctl: %s\n",
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	return e != JK_OK || report.n_errors > 0 ? EXIT_REFUSED : status;
}

int
jk_registry_export(const struct jk_call *call)
{
	JK_CLEANUP(jk_filerows_clear) struct jk_filerows rows = { 0 };
	const char *format = jk_call_get(call, "format");
	const char *kind = jk_call_get(call, "kind");
	int status;

	if (format != NULL && call->global.json && strcmp(format, "json") != 0)
		return jk_usage_error(_("either --json or \"--format %s\""),
		    format);
	if (format == NULL)
		format = call->global.json ? "json" : "ini";
	if (strcmp(format, "ini") != 0 && strcmp(format, "csv") != 0 &&
	    strcmp(format, "json") != 0)
		return jk_usage_error(_("\"--format %s\" is not ini, csv or "
		                        "json"),
		    format);
	status = jk_check_kind(kind);
	if (status != EXIT_OK)
		return status;
	if (strcmp(format, "csv") == 0 && kind == NULL)
		return jk_usage_error(_("a table has rows of one kind: say "
		                        "which with --kind"));
	status = read_rows(call, &rows);
	if (status != EXIT_OK)
		return status;
	if (strcmp(format, "json") == 0)
		return print_json(&rows, kind);
	if (strcmp(format, "csv") == 0)
		print_csv(&rows, kind);
	else
		print_ini(&rows, kind);
	return EXIT_OK;
}
