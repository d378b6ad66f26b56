/* SPDX-License-Identifier: BSD-2-Clause */
#include "output.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "call.h"
#include "clock.h"
#include "utf8.h"

struct jk_table {
	const struct jk_column *column;
	size_t columns;
	bool json, failed;
	size_t n;    /* cells */
	char **cell; /* row by row */
};

struct jk_table *
jk_table_new(const struct jk_column *columns, bool json)
{
	struct jk_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->column = columns;
	t->json = json;
	while (columns[t->columns].key != NULL)
		t->columns++;
	return t;
}

void
jk_table_add(struct jk_table *t, const char *const *cells)
{
	char **more;

	if (t == NULL || t->failed)
		return;
	more = reallocarray(t->cell, t->n + t->columns, sizeof(*more));
	t->failed = more == NULL;
	if (t->failed)
		return;
	t->cell = more;
	for (size_t i = 0; i < t->columns; i++) {
		t->cell[t->n + i] = strdup(cells[i] != NULL ? cells[i] : "");
		t->failed |= t->cell[t->n + i] == NULL;
	}
	t->n += t->columns;
}

/* The ranges that terminals draw two columns wide, roughly: CJK and its
 * punctuation, full-width forms. */
static bool
is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x20000 && c <= 0x3fffd);
}

size_t
jk_show_width(const char *text)
{
	struct jk_cur cur = { .at = (const uint8_t *)text,
		.left = strlen(text) };
	size_t width = 0;
	uint32_t c;

	while (cur.left > 0 && jk_utf8_next(&cur, &c) == JK_OK)
		width += is_wide(c) ? 2 : 1;
	return width + cur.left;
}

static void
pad(const char *text, size_t width, bool last)
{
	size_t have = jk_show_width(text);

	fputs(text, stdout);
	for (; !last && have < width + 2; have++)
		putchar(' ');
}

static void
print_plain(const struct jk_table *t)
{
	size_t width[JK_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < t->columns; i++)
		width[i] = jk_show_width(_(t->column[i].title));
	for (size_t i = 0; i < t->n; i++) {
		size_t have = jk_show_width(t->cell[i]);

		if (have > width[i % t->columns])
			width[i % t->columns] = have;
	}
	for (size_t i = 0; i < t->columns; i++)
		pad(_(t->column[i].title), width[i], i + 1 == t->columns);
	putchar('\n');
	for (size_t i = 0; i < t->n; i++) {
		size_t column = i % t->columns;

		pad(t->cell[i], width[column], column + 1 == t->columns);
		if (column + 1 == t->columns)
			putchar('\n');
	}
}

static int
print_json(const struct jk_table *t)
{
	json_t *list = json_array();
	int r;

	for (size_t i = 0; i < t->n; i += t->columns) {
		json_t *row = json_object();

		for (size_t j = 0; j < t->columns; j++)
			json_object_set_new(row, t->column[j].key,
			    json_string(t->cell[i + j]));
		json_array_append_new(list, row);
	}
	r = json_dumpf(list, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(list);
	return r == 0 ? EXIT_OK : EXIT_REFUSED;
}

int
jk_table_print(struct jk_table **table)
{
	struct jk_table *t = *table;
	int status = EXIT_OK;

	if (t == NULL || t->failed) {
		fprintf(stderr, "jukinetctl: %s\n", _("out of memory"));
		status = EXIT_REFUSED;
	} else if (t->json) {
		status = print_json(t);
	} else {
		print_plain(t);
	}
	jk_table_free(table);
	return status;
}

void
jk_table_free(struct jk_table **table)
{
	struct jk_table *t = *table;

	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->cell[i]);
	free(t->cell);
	free(t);
	*table = NULL;
}

bool
jk_table_is_whole(const struct jk_table *table)
{
	return table != NULL && !table->failed;
}

size_t
jk_table_rows(const struct jk_table *table)
{
	return table->n / table->columns;
}

size_t
jk_table_columns(const struct jk_table *table)
{
	return table->columns;
}

const struct jk_column *
jk_table_column(const struct jk_table *table, size_t column)
{
	return &table->column[column];
}

const char *
jk_table_cell(const struct jk_table *table, size_t row, size_t column)
{
	return table->cell[row * table->columns + column];
}

static char *
next_text(void)
{
	static char text[4][17];
	static size_t i;

	return text[i++ % JK_COUNT(text)];
}

/* A day where the time says nothing. */
static const char *
show(int64_t s, bool is_midnight)
{
	char *text = next_text();

	if (is_midnight)
		jk_date_format(s, text);
	else
		jk_time_format(s, text);
	return text;
}

static bool
is_midnight(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;

	return localtime_r(&t, &tm) != NULL && tm.tm_hour == 0 &&
	       tm.tm_min == 0 && tm.tm_sec == 0;
}

const char *
jk_show_from(int64_t from)
{
	return from == 0 ? "" : show(from, is_midnight(from));
}

const char *
jk_show_until(int64_t until)
{
	if (until == 0)
		return "";
	return is_midnight(until) ? show(until - 1, true) : show(until, false);
}
