/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session end: the entry of the use ledger (使用簿) for what was done in this
 * session, by whichever program, as jukinetd has recorded it. Shown, printed,
 * confirmed by the operator, and then recorded.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "lookup.h"
#include "say.h"

/* The purpose of the use in which the entry is made. */
#define PURPOSE "use-ledger"

struct book {
	struct jukinet_holder holder;
	size_t n;
	struct jukinet_use use[JUKINET_USES];
};

static int
complain_later(const char *text)
{
	fprintf(stderr, "jukinet-lookup: %s\n", text);
	return EXIT_LATER;
}

static int
begin(struct jukinet **ret)
{
	struct jukinet_purpose purpose = JUKINET_INIT(struct jukinet_purpose);
	struct jukinet_answer answer = JUKINET_INIT(struct jukinet_answer);
	char text[JK_SAY_MAX];
	int e;

	purpose.purpose = PURPOSE;
	purpose.grounds = _("entry of the use ledger");
	e = jukinet_begin(&purpose, JK_ANSWER_MS, ret, &answer);
	if (e == JUKINET_OK)
		return EXIT_ALLOWED;
	if (e != JUKINET_E_REFUSED)
		return complain_later(_("jukinetd does not answer or has gone. "
		                        "Nothing is allowed: begin again."));
	jk_say_text(answer.why, answer.parameters, text);
	fprintf(stderr, "jukinet-lookup: %s (%s)\n", text, answer.why);
	return jk_exit_of(answer.why);
}

static struct jukinet_use
sums_of(const struct book *book)
{
	struct jukinet_use all = JUKINET_INIT(struct jukinet_use);

	for (size_t i = 0; i < book->n; i++) {
		all.allowed += book->use[i].allowed;
		all.refused += book->use[i].refused;
		all.persons += book->use[i].persons;
	}
	return all;
}

/* One line for the record: as many uses as fit, and the sums. */
static void
write_entry(const struct book *book, char ret[static JUKINET_TEXT + 1])
{
	const struct jukinet_use all = sums_of(book);
	size_t len, shown = 0;

	(void)snprintf(ret, JUKINET_TEXT + 1,
	    _("%zu uses, %llu lookups (%llu refused), %llu persons"), book->n,
	    (unsigned long long)(all.allowed + all.refused),
	    (unsigned long long)all.refused, (unsigned long long)all.persons);
	len = strlen(ret);
	for (; shown < book->n; shown++) {
		const struct jukinet_use *u = &book->use[shown];
		const char *purpose =
		    u->use[0] != '\0' ? u->purpose : _("further uses");
		const size_t need = strlen(purpose) + strlen(u->reception) + 4;

		/* Room for the dots, too. */
		if (len + need + 4 > JUKINET_TEXT)
			break;
		len += (size_t)snprintf(ret + len, JUKINET_TEXT + 1 - len,
		    "%s %s%s%s", shown == 0 ? ":" : ",", purpose,
		    u->reception[0] != '\0' ? " " : "", u->reception);
	}
	if (shown < book->n)
		(void)snprintf(ret + len, JUKINET_TEXT + 1 - len, " …");
}

/* "" where it is not known. */
static void
write_time(const struct jukinet_use *u, char ret[static 17])
{
	ret[0] = '\0';
	if (u->begun > 0)
		jk_time_format(u->begun, ret);
}

static void
print_text(const struct book *book)
{
	const struct jukinet_holder *h = &book->holder;
	const struct jukinet_use all = sums_of(book);

	printf(_("Use ledger: session %s on terminal %s, person %s, operator "
	         "ID %s\n"),
	    h->session, h->terminal, h->person, h->right);
	for (size_t i = 0; i < book->n; i++) {
		char text[JUKINET_TEXT + 1], when[17];

		write_time(&book->use[i], when);
		jk_say_use(&book->use[i], text);
		printf("  %s  %s\n", when, text);
	}
	printf(_("  together: %llu lookups (%llu refused), %llu persons\n"),
	    (unsigned long long)(all.allowed + all.refused),
	    (unsigned long long)all.refused, (unsigned long long)all.persons);
}

/* Ids and numbers, of which none has these characters. */
static void
print_cell(const char *text)
{
	fputs("<td>", stdout);
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", stdout);
			break;
		case '<':
			fputs("&lt;", stdout);
			break;
		case '>':
			fputs("&gt;", stdout);
			break;
		default:
			putchar(*text);
		}
	fputs("</td>", stdout);
}

static void
print_number_cell(uint64_t number)
{
	printf("<td class=\"n\">%" PRIu64 "</td>", number);
}

static void
print_numbers(const struct jukinet_use *u)
{
	print_number_cell(u->allowed + u->refused);
	print_number_cell(u->refused);
	print_number_cell(u->persons);
}

static void
print_row(const struct jukinet_holder *h, const struct jukinet_use *u)
{
	const bool one = u->use[0] != '\0';
	char when[17];

	write_time(u, when);
	fputs("<tr>", stdout);
	print_cell(when);
	print_cell(h->person);
	print_cell(u->right);
	print_cell(h->terminal);
	print_cell(one ? u->purpose : "その他の利用");
	print_cell(u->reception);
	print_numbers(u);
	print_cell("");
	fputs("</tr>\n", stdout);
}

/* The form of the office, in its language whatever the user's is. */
static void
print_html(const struct book *book)
{
	static const char *const heads[] = { "日時", "操作者", "操作者ID",
		"端末", "業務", "受付番号", "照会", "拒否", "人数", "確認印" };
	const struct jukinet_use all = sums_of(book);

	fputs("<!DOCTYPE html>\n<html lang=\"ja\"><meta charset=\"utf-8\">"
	      "<title>端末使用簿</title>\n<style>body{font-family:serif}"
	      "table{border-collapse:collapse}td,th{border:1px solid;"
	      "padding:.2em .5em}.n{text-align:right}</style>\n"
	      "<h1>端末使用簿</h1>\n<table><thead><tr>",
	    stdout);
	for (size_t i = 0; i < JK_COUNT(heads); i++)
		printf("<th>%s</th>", heads[i]);
	fputs("</tr></thead><tbody>\n", stdout);
	for (size_t i = 0; i < book->n; i++)
		print_row(&book->holder, &book->use[i]);
	fputs("</tbody><tfoot><tr><th colspan=\"6\">合計</th>", stdout);
	print_numbers(&all);
	fputs("<td></td></tr></tfoot></table>\n</html>\n", stdout);
}

/* From the terminal, so that a page can be printed through a pipe. */
static bool
is_confirmed(const char *entry)
{
	char answer[16] = "";
	FILE *terminal = fopen("/dev/tty", "r+e");

	if (terminal == NULL)
		return false;
	fprintf(terminal, _("Entry: %s\nStore it? [y/N] "), entry);
	(void)fflush(terminal);
	if (fgets(answer, sizeof(answer), terminal) == NULL)
		answer[0] = '\0';
	(void)fclose(terminal);
	return answer[0] == 'y' || answer[0] == 'Y';
}

static int
store(struct jukinet *use, const struct book *book, const char *entry)
{
	struct jukinet_event event = JUKINET_INIT(struct jukinet_event);
	char text[JK_SAY_MAX];
	uint64_t sequence;
	int e = jukinet_enter(use, book->use, book->n, entry, &sequence);

	while (e == JUKINET_OK) {
		int r = jukinet_wait(use, JK_ANSWER_MS, &event);

		if (r <= 0)
			e = r == 0 ? JUKINET_E_TIMEOUT : r;
		else if (event.kind == JUKINET_EVENT_ANSWER &&
		         event.answer.sequence == sequence)
			break;
	}
	if (e != JUKINET_OK)
		return complain_later(_("jukinetd does not answer or has gone. "
		                        "Nothing is allowed: begin again."));
	if (event.answer.allowed != 1) {
		jk_say_text(event.answer.why, event.answer.parameters, text);
		fprintf(stderr, "jukinet-lookup: %s (%s)\n", text,
		    event.answer.why);
		return jk_exit_of(event.answer.why);
	}
	fprintf(stderr, _("stored: record %s\n"), event.answer.id);
	return EXIT_ALLOWED;
}

/* As jukinetd has recorded it. */
static int
list(struct jukinet *use, struct book *book)
{
	int n;

	book->holder.size = sizeof(book->holder);
	(void)jukinet_holder(use, &book->holder);
	book->use[0].size = sizeof(book->use[0]);
	n = jukinet_uses(use, JK_LIST_MS, book->use, JUKINET_USES);
	if (n < 0)
		return complain_later(_("jukinetd does not answer or has gone. "
		                        "Nothing is allowed: begin again."));
	book->n = (size_t)n;
	if (n > 0)
		return EXIT_ALLOWED;
	fprintf(stderr, "jukinet-lookup: %s\n",
	    _("nothing was looked up in this session that has no entry yet"));
	return EXIT_DENIED;
}

static int
propose(struct jukinet *use, const struct jk_order *order, struct book *book)
{
	char entry[JUKINET_TEXT + 1];
	const int status = list(use, book);

	if (status != EXIT_ALLOWED)
		return status;
	if (order->html)
		print_html(book);
	else
		print_text(book);
	(void)fflush(stdout);
	write_entry(book, entry);
	if (!order->yes && !is_confirmed(entry)) {
		fprintf(stderr, "jukinet-lookup: %s\n",
		    _("not confirmed: nothing was stored"));
		return EXIT_DENIED;
	}
	return store(use, book, entry);
}

int
jk_run_session_end(const struct jk_order *order)
{
	struct book *book = calloc(1, sizeof(*book));
	struct jukinet *use = NULL;
	int status;

	if (book == NULL)
		return EXIT_LATER;
	status = begin(&use);
	if (status == EXIT_ALLOWED)
		status = propose(use, order, book);
	jukinet_end(&use);
	free(book);
	return status;
}
