/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A book as text for a line printer: pages of A4 with 60 lines of 80 columns,
 * each with its head and its foot. A row is a block that no page breaks: its
 * first cell, and below it the others with their titles.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bookmaker.h"
#include "cursor.h"
#include "tr.h"
#include "utf8.h"

#define LINE_WIDTH 78
#define PAGE_LINES 60
#define HEAD_LINES 3 /* title, rule, empty */
#define FOOT_LINES 3 /* empty, rule, ledger */
#define BODY_LINES (PAGE_LINES - HEAD_LINES - FOOT_LINES)
#define INDENT     4

/* The lines of one block. */
struct block {
	size_t n, room;
	char **line;
	bool failed;
};

static void
clear_block(struct block *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->line[i]);
	free(b->line);
	*b = (struct block){ 0 };
}

static void
add_line(struct block *b, const char *text, size_t len, size_t indent)
{
	char **more = reallocarray(b->line, b->n + 1, sizeof(*more));

	while (len > 0 && text[len - 1] == ' ')
		len--;
	b->failed |= more == NULL;
	if (more == NULL)
		return;
	b->line = more;
	if (asprintf(&b->line[b->n], "%*s%.*s", (int)indent, "", (int)len,
	        text) < 0)
		b->failed = true;
	else
		b->n++;
}

/* Bytes of the text that are no wider than that, at least one character. A
 * line ends behind a blank where there is one not too far back. */
static size_t
fitting(const char *text, size_t width)
{
	struct jk_cur cur = { .at = (const uint8_t *)text,
		.left = strlen(text) };
	const size_t len = cur.left;
	size_t used = 0, blank = 0;
	uint32_t c;

	while (cur.left > 0) {
		char one[8] = "";
		size_t at = len - cur.left;

		if (jk_utf8_next(&cur, &c) != JK_OK)
			return len;
		memcpy(one, text + at, len - cur.left - at);
		used += jk_show_width(one);
		if (used > width && at > 0)
			return blank > at / 2 ? blank : at;
		if (c == ' ')
			blank = at + 1;
	}
	return len;
}

/* A cell that is longer than a line goes on in the next one. */
static void
add_long(struct block *b, const char *text)
{
	while (*text != '\0') {
		size_t n = fitting(text, LINE_WIDTH - INDENT);

		add_line(b, text, n, INDENT);
		text += n;
	}
}

/* "Title: value" side by side as long as they fit. */
struct line {
	size_t n;
	char text[4 * LINE_WIDTH]; /* columns of four bytes at most */
};

static void
end_line(struct block *b, struct line *line)
{
	if (line->n > 0)
		add_line(b, line->text, line->n, INDENT);
	*line = (struct line){ 0 };
}

static void
add_cell(struct block *b, struct line *line, const char *cell)
{
	const size_t width = jk_show_width(cell);

	if (line->n > 0 &&
	    jk_show_width(line->text) + 3 + width > LINE_WIDTH - INDENT)
		end_line(b, line);
	if (width > LINE_WIDTH - INDENT)
		add_long(b, cell);
	else
		line->n += (size_t)snprintf(line->text + line->n,
		    sizeof(line->text) - line->n, "%s%s",
		    line->n > 0 ? "   " : "", cell);
}

static void
add_cells(struct block *b, const struct jk_table *t, size_t row)
{
	char cell[JK_ITEM_TEXT + 256];
	struct line line = { 0 };

	for (size_t i = 1; i < jk_table_columns(t); i++) {
		const char *value = jk_table_cell(t, row, i);

		if (value[0] == '\0')
			continue;
		(void)snprintf(cell, sizeof(cell), "%s: %s",
		    _(jk_table_column(t, i)->title), value);
		add_cell(b, &line, cell);
	}
	end_line(b, &line);
}

static struct block
make_block(const struct jk_table *t, size_t row)
{
	struct block b = { 0 };
	const char *first = jk_table_cell(t, row, 0);

	add_line(&b, first, strlen(first), 0);
	add_cells(&b, t, row);
	add_line(&b, "", 0, 0);
	return b;
}

/* What a page is made of. */
struct paper {
	const struct jk_book *book;
	FILE *out;
	size_t page, line; /* line: of the body, 0 on a new page */
};

static void
rule(FILE *out)
{
	for (size_t i = 0; i < LINE_WIDTH; i++)
		fputc('-', out);
	fputc('\n', out);
}

static void
begin_page(struct paper *p)
{
	char page[64];
	size_t used;

	p->page++;
	(void)snprintf(page, sizeof(page), _("page %zu"), p->page);
	fprintf(p->out, "%s  %s", _(p->book->title), jk_book_period(p->book));
	used = jk_show_width(_(p->book->title)) + 2 +
	       jk_show_width(jk_book_period(p->book)) + jk_show_width(page);
	fprintf(p->out, "%*s%s\n",
	    used < LINE_WIDTH ? (int)(LINE_WIDTH - used) : 1, "", page);
	rule(p->out);
	fputc('\n', p->out);
}

static void
end_page(struct paper *p)
{
	for (; p->line < BODY_LINES; p->line++)
		fputc('\n', p->out);
	fputc('\n', p->out);
	rule(p->out);
	fprintf(p->out, "%" PRIu64 " %s\n\f", p->book->head.number,
	    p->book->head.hash);
	p->line = 0;
}

static void
put_line(struct paper *p, const char *line)
{
	if (p->line == BODY_LINES)
		end_page(p);
	if (p->line++ == 0)
		begin_page(p);
	fprintf(p->out, "%s\n", line);
}

static void
put_block(struct paper *p, const struct block *b)
{
	if (p->line > 0 && p->line + b->n > BODY_LINES)
		end_page(p);
	for (size_t i = 0; i < b->n; i++)
		put_line(p, b->line[i]);
}

void
jk_book_print(const struct jk_book *book, FILE *out)
{
	struct paper p = { .book = book, .out = out };

	for (size_t i = 0; i < jk_table_rows(book->table); i++) {
		struct block b = make_block(book->table, i);

		put_block(&p, &b);
		clear_block(&b);
	}
	if (p.page == 0)
		put_line(&p, _("nothing was entered"));
	end_page(&p);
}
