/* SPDX-License-Identifier: BSD-2-Clause */
#include "csv.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* For xgettext; the callers translate. */
#define N_(text) text

struct reader {
	const char *at, *end;
	unsigned line;
	char *out; /* where the next cell's text goes */
	struct jk_csv *csv;
	size_t room; /* records that there is memory for */
	struct jk_csv_fault *fault;
};

void
jk_csv_clear(struct jk_csv *csv)
{
	free(csv->text);
	free(csv->cell);
	free(csv->line);
	*csv = (struct jk_csv){ 0 };
}

const char *
jk_csv_cell(const struct jk_csv *csv, size_t row, size_t column)
{
	return row < csv->n && column < csv->columns
	           ? csv->cell[row * csv->columns + column]
	           : "";
}

static enum jk_err
blame(struct jk_csv_fault *fault, unsigned line, const char *why, enum jk_err e)
{
	*fault = (struct jk_csv_fault){ line, why };
	return e;
}

/* Spreadsheets in Japan save CSV as Shift_JIS unless told otherwise. */
static enum jk_err
check_text(const char *text, size_t len, struct jk_csv_fault *fault)
{
	struct jk_cur cur = { .at = (const uint8_t *)text, .left = len };
	unsigned line = 1;
	uint32_t c;

	while (cur.left > 0) {
		if (jk_utf8_next(&cur, &c) != JK_OK)
			return blame(fault, line,
			    N_("this is not UTF-8, perhaps Shift_JIS: save the "
			       "file as \"CSV UTF-8\", or convert it with "
			       "\"iconv -f CP932 -t UTF-8 FILE >NEW\""),
			    JK_ERR_FORMAT);
		if (c == '\n')
			line++;
		else if (c != '\r' && c != '\t' && !jk_utf8_is_plain(c))
			return blame(fault, line,
			    N_("a control or invisible character"),
			    JK_ERR_FORMAT);
	}
	return JK_OK;
}

/* CR alone ends nothing. */
static bool
at_break(const struct reader *r)
{
	if (r->at == r->end)
		return false;
	return *r->at == '\n' ||
	       (*r->at == '\r' && r->end - r->at > 1 && r->at[1] == '\n');
}

static bool
at_cell_end(const struct reader *r)
{
	return r->at == r->end || *r->at == ',' || at_break(r);
}

static enum jk_err
put(struct reader *r, const char *cell, char c)
{
	if (c == '\r' || c == '\n')
		return blame(r->fault, r->line,
		    N_("a line break inside a cell, or a quote that is not "
		       "closed"),
		    JK_ERR_FORMAT);
	if (r->out - cell == JK_CSV_CELL_MAX)
		return blame(r->fault, r->line, N_("a cell is too long"),
		    JK_ERR_TOO_BIG);
	*r->out++ = c;
	return JK_OK;
}

/* Behind the opening quote; one inside is doubled. */
static enum jk_err
read_quoted(struct reader *r, const char *cell)
{
	while (r->at < r->end) {
		const char c = *r->at++;
		enum jk_err e;

		if (c == '"' && (r->at == r->end || *r->at != '"'))
			return JK_OK;
		r->at += c == '"';
		e = put(r, cell, c);
		if (e != JK_OK)
			return e;
	}
	return blame(r->fault, r->line, N_("a quote is not closed"),
	    JK_ERR_FORMAT);
}

static enum jk_err
read_plain(struct reader *r, const char *cell)
{
	enum jk_err e = JK_OK;

	while (e == JK_OK && !at_cell_end(r)) {
		if (*r->at == '"')
			return blame(r->fault, r->line,
			    N_("a quote in the middle of a cell"),
			    JK_ERR_FORMAT);
		e = put(r, cell, *r->at++);
	}
	return e;
}

static enum jk_err
read_cell(struct reader *r, char **ret)
{
	char *cell = r->out;
	enum jk_err e;

	if (r->at < r->end && *r->at == '"') {
		r->at++;
		e = read_quoted(r, cell);
	} else {
		e = read_plain(r, cell);
	}
	if (e != JK_OK)
		return e;
	if (!at_cell_end(r))
		return blame(r->fault, r->line,
		    N_("something follows a closing quote"), JK_ERR_FORMAT);
	*r->out++ = '\0';
	*ret = cell;
	return JK_OK;
}

/* The first one says how many there are in all others. */
static enum jk_err
add_record(struct reader *r, char *const *cells, size_t n)
{
	struct jk_csv *csv = r->csv;

	if (csv->columns == 0) {
		csv->columns = n;
		csv->cell = calloc(r->room * n, sizeof(*csv->cell));
		csv->line = calloc(r->room, sizeof(*csv->line));
		if (csv->cell == NULL || csv->line == NULL)
			return JK_ERR_NOMEM;
	}
	if (n != csv->columns)
		return blame(r->fault, r->line,
		    N_("another number of columns than in the first line"),
		    JK_ERR_FORMAT);
	if (csv->n == r->room)
		return blame(r->fault, r->line, N_("too many lines"),
		    JK_ERR_TOO_BIG);
	memcpy(csv->cell + csv->n * n, cells, n * sizeof(*cells));
	csv->line[csv->n++] = r->line;
	return JK_OK;
}

static enum jk_err
read_record(struct reader *r)
{
	char *cells[JK_CSV_COLUMNS_MAX];
	size_t n = 0;
	enum jk_err e;

	do {
		r->at += n > 0; /* the comma */
		if (n == JK_CSV_COLUMNS_MAX)
			return blame(r->fault, r->line, N_("too many columns"),
			    JK_ERR_TOO_BIG);
		e = read_cell(r, &cells[n++]);
		if (e != JK_OK)
			return e;
	} while (r->at < r->end && *r->at == ',');
	return add_record(r, cells, n);
}

static enum jk_err
read_all(struct reader *r)
{
	while (r->at < r->end) {
		enum jk_err e = at_break(r) ? JK_OK : read_record(r);

		if (e != JK_OK)
			return e;
		if (at_break(r)) {
			r->at += *r->at == '\r';
			r->at++;
			r->line++;
		}
	}
	return r->csv->n > 0 ? JK_OK
	                     : blame(r->fault, 0, N_("nothing stands in it"),
	                           JK_ERR_FORMAT);
}

static size_t
count_lines(const char *text, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n < JK_CSV_ROWS_MAX ? n : JK_CSV_ROWS_MAX;
}

enum jk_err
jk_csv_parse(const char *text, size_t len, struct jk_csv *ret,
    struct jk_csv_fault *fault)
{
	static const char mark[] = "\xef\xbb\xbf";
	const size_t skip =
	    len >= 3 && memcmp(text, mark, 3) == 0 ? sizeof(mark) - 1 : 0;
	JK_CLEANUP(jk_csv_clear) struct jk_csv csv = { 0 };
	struct reader r = {
		.at = text + skip,
		.end = text + len,
		.line = 1,
		.csv = &csv,
		.room = count_lines(text, len),
		.fault = fault,
	};
	enum jk_err e;

	*fault = (struct jk_csv_fault){ 0, N_("out of memory") };
	if (len > JK_CSV_MAX)
		return blame(fault, 0, N_("the file is too large"),
		    JK_ERR_TOO_BIG);
	e = check_text(r.at, len - skip, fault);
	if (e != JK_OK)
		return e;
	/* A cell needs a NUL where its comma or line break was; the last has
	 * perhaps none. */
	csv.text = malloc(len + 1);
	if (csv.text == NULL)
		return JK_ERR_NOMEM;
	r.out = csv.text;
	e = read_all(&r);
	if (e == JK_OK)
		*ret = JK_TAKE(csv);
	return e;
}
