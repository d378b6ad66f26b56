/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A book as HTML that a browser prints on A4: the head of the table and the
 * ledger's head come again on each page. No scripts, nothing from elsewhere,
 * and nothing that stands in the ledger is taken for HTML.
 */
#include <inttypes.h>
#include <string.h>

#include "bookmaker.h"
#include "cursor.h"
#include "names.h"
#include "tr.h"
#include "utf8.h"

/* Bytes of an id that must not be broken; a longer one may be. */
#define WORD_MAX 16

static const char style[] =
    "@page { size: A4 landscape; margin: 12mm 10mm 14mm;\n"
    "  @bottom-right { content: counter(page) \" / \" counter(pages);\n"
    "    font-size: 8pt; } }\n"
    "body { font-family: \"Noto Sans CJK JP\", \"IPAexGothic\", \"IPAGothic\","
    " sans-serif; font-size: 9pt; margin: 0; color: #000; }\n"
    "h1 { font-size: 14pt; margin: 0 0 2mm; }\n"
    "p { margin: 0 0 3mm; }\n"
    "table { border-collapse: collapse; width: 100%; }\n"
    "thead { display: table-header-group; }\n"
    "tfoot { display: table-footer-group; }\n"
    "tr { break-inside: avoid; }\n"
    "th, td { border: 0.3pt solid #000; padding: 0.8mm 1.2mm;"
    " text-align: left; vertical-align: top; overflow-wrap: break-word; }\n"
    "span { white-space: nowrap; }\n"
    "th { background: #eee; white-space: nowrap; }\n"
    "tfoot td { border: none; font-family: monospace; font-size: 7pt; }\n";

/* What a browser must not take for its own, and what nobody can see. */
static void
escape_one(FILE *out, uint32_t c, const char *bytes, size_t len)
{
	if (c == '&')
		fputs("&amp;", out);
	else if (c == '<')
		fputs("&lt;", out);
	else if (c == '>')
		fputs("&gt;", out);
	else if (c == '"')
		fputs("&quot;", out);
	else if (c == '\'')
		fputs("&#39;", out);
	else if (!jk_utf8_is_plain(c))
		fputs("\xef\xbf\xbd", out);
	else
		(void)fwrite(bytes, 1, len, out);
}

void
jk_html_escape(FILE *out, const char *text)
{
	struct jk_cur cur = { .at = (const uint8_t *)text,
		.left = strlen(text) };
	const char *at = text;
	uint32_t c;

	while (cur.left > 0) {
		size_t before = cur.left;

		if (jk_utf8_next(&cur, &c) != JK_OK) {
			/* No character at all: one byte is passed over. */
			fputs("\xef\xbf\xbd", out);
			cur.at++;
			cur.left--;
		} else {
			escape_one(out, c, at, before - cur.left);
		}
		at += before - cur.left;
	}
}

/* Ids and dates are read as one: a browser would break them at a hyphen. */
static void
put_word(FILE *out, const char *word, size_t len)
{
	char text[WORD_MAX + 1];

	memcpy(text, word, len);
	text[len] = '\0';
	fputs("<span>", out);
	jk_html_escape(out, text);
	fputs("</span>", out);
}

static bool
is_id(const char *word, size_t len)
{
	return len <= WORD_MAX && memchr(word, '-', len) != NULL;
}

static void
put_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		char rest[JK_ITEM_TEXT];

		if (len > 0 && is_id(text, len)) {
			put_word(out, text, len);
		} else {
			(void)snprintf(rest, sizeof(rest), "%.*s", (int)len,
			    text);
			jk_html_escape(out, rest);
		}
		text += len;
		for (; *text == ' '; text++)
			fputc(' ', out);
	}
	fputs("</td>", out);
}

static void
put_element(FILE *out, const char *name, const char *text)
{
	fprintf(out, "<%s>", name);
	jk_html_escape(out, text);
	fprintf(out, "</%s>", name);
}

static void
put_head(const struct jk_book *book, FILE *out)
{
	fprintf(out, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n",
	    jk_names_are_japanese() ? "ja" : "en");
	fputs("<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
	    out);
	put_element(out, "title", _(book->title));
	fprintf(out, "\n<style>\n%s</style>\n</head>\n<body>\n", style);
	put_element(out, "h1", _(book->title));
	fputc('\n', out);
	put_element(out, "p", jk_book_period(book));
	fputc('\n', out);
}

static void
put_foot(const struct jk_book *book, FILE *out)
{
	fprintf(out, "<tfoot><tr><td colspan=\"%zu\">",
	    jk_table_columns(book->table));
	jk_html_escape(out, _("Ledger: last entry and its hash"));
	fprintf(out, " %" PRIu64 " ", book->head.number);
	jk_html_escape(out, book->head.hash);
	fputs("</td></tr></tfoot>\n", out);
}

static void
put_rows(const struct jk_table *t, FILE *out)
{
	fputs("<tbody>\n", out);
	for (size_t i = 0; i < jk_table_rows(t); i++) {
		fputs("<tr>", out);
		for (size_t j = 0; j < jk_table_columns(t); j++)
			put_cell(out, jk_table_cell(t, i, j));
		fputs("</tr>\n", out);
	}
	fputs("</tbody>\n", out);
}

void
jk_book_print_html(const struct jk_book *book, FILE *out)
{
	const struct jk_table *t = book->table;

	put_head(book, out);
	fputs("<table>\n<thead><tr>", out);
	for (size_t i = 0; i < jk_table_columns(t); i++)
		put_element(out, "th", _(jk_table_column(t, i)->title));
	fputs("</tr></thead>\n", out);
	put_foot(book, out);
	put_rows(t, out);
	fputs("</table>\n", out);
	if (jk_table_rows(t) == 0)
		put_element(out, "p", _("nothing was entered"));
	fputs("</body>\n</html>\n", out);
}
