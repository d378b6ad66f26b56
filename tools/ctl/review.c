/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl review: the half-yearly review of accounts (S 第11条3項), and its
 * book (4項, 記録簿). A sheet goes out, and comes back judged and signed: one
 * entry of the ledger, with one note for each account, "ACCOUNT JUDGEMENT
 * REASON".
 */
#include <stdio.h>
#include <string.h>

#include "accountfinding.h"
#include "change.h"
#include "clock.h"
#include "eachentry.h"
#include "output.h"
#include "period.h"
#include "reviewsheet.h"
#include "reviewsign.h"

/* Where the department is named for people. */
static const char *
department_of(const struct jk_call *call)
{
	const char *department = jk_call_get(call, "department");

	return department != NULL ? department : "";
}

/* A cell that spreadsheets read as it is. A name that begins like a formula
 * would be one, also in quotes; with a ' before it, it is text. Nothing that
 * comes back with the sheet begins so. */
static void
print_cell(const char *text, const char *behind)
{
	putchar('"');
	if (text[0] != '\0' && strchr("=+-@", text[0]) != NULL)
		putchar('\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	printf("\"%s", behind);
}

/* With a byte order mark, without which spreadsheets take it for Shift_JIS. */
static void
print_head(void)
{
	fputs("\xef\xbb\xbf", stdout);
	for (size_t i = 0; jk_review_headings[i] != NULL; i++)
		printf("%s%s", i > 0 ? "," : "", jk_review_headings[i]);
	fputs("\r\n", stdout);
}

static void
print_line(const char *const *cells)
{
	for (size_t i = 0; jk_review_headings[i] != NULL; i++)
		print_cell(cells[i],
		    jk_review_headings[i + 1] != NULL ? "," : "\r\n");
}

static bool
is_wanted(const struct jk_view *v, const struct jk_account *a, bool due)
{
	return jk_review_is_of(&v->set, a, department_of(v->call)) &&
	       jk_account_is_due(&v->set, a, v->now) == due;
}

static void
put_line(const struct jk_view *v, const struct jk_account *a,
    struct jk_table *table)
{
	struct jk_review_line line;

	jk_review_fill(&v->set, a, v->now, &line);
	if (table != NULL)
		jk_table_add(table,
		    (const char *[]){ a->name, line.owners, line.persons,
		        jk_show_from(a->reviewed), line.rights, "", "" });
	else
		print_line((const char *[]){ a->name, line.owners, line.persons,
		    jk_show_from(a->reviewed), line.rights, "", "" });
}

/* Those that are due, or the others; a sheet ends where one can be signed. */
static void
put_lines(const struct jk_view *v, bool due, struct jk_table *table, size_t *n)
{
	for (size_t i = 0; i < v->set.account.n; i++) {
		const struct jk_account *a = jk_list_at(&v->set.account, i);

		if (is_wanted(v, a, due) &&
		    ((*n)++ < JK_REVIEW_MAX || table != NULL))
			put_line(v, a, table);
	}
}

static int
run_start(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "account", N_("Account") },
		{ "owners", N_("Owners") },
		{ "persons", N_("Persons") },
		{ "reviewed", N_("Reviewed") },
		{ "rights", N_("Rights") },
		{ "judgement", N_("Judgement") },
		{ "reason", N_("Reason") },
		{ NULL, NULL },
	};
	const bool csv = jk_call_has(call, "csv");
	struct jk_table *table;
	size_t n = 0;
	struct jk_view v;
	int status;

	if (csv && call->global.json)
		return jk_usage_error(_("either --json or --csv"));
	table = csv ? NULL : jk_table_new(columns, call->global.json);
	status = jk_view_open(call, &v);
	if (status == EXIT_OK && csv)
		print_head();
	if (status == EXIT_OK)
		put_lines(&v, true, table, &n);
	if (status == EXIT_OK && jk_call_has(call, "all"))
		put_lines(&v, false, table, &n);
	jk_view_close(&v);
	if (csv && n > JK_REVIEW_MAX)
		fprintf(stderr,
		    _("note: a sheet has %d lines at most, and %zu more "
		      "accounts follow: sign this one, and start anew\n"),
		    JK_REVIEW_MAX, n - JK_REVIEW_MAX);
	return status == EXIT_OK && !csv ? jk_table_print(&table) : status;
}

/* 記録簿. */

struct book {
	const struct jk_call *call;
	struct jk_table *table;
};

static const char *
note_of(const struct jk_ledger_entry *entry, const char *key)
{
	for (size_t i = 0; i < entry->n_notes; i++)
		if (strcmp(entry->note[i].key, key) == 0)
			return entry->note[i].value;
	return "";
}

/* "hanako remove REASON" */
static void
list_decision(struct book *b, const struct jk_ledger_entry *entry,
    const char *number, const char *note)
{
	char day[11], account[JK_ACCOUNT_MAX + 1] = "", judgement[16] = "";
	int at = 0;

	if (sscanf(note, "%64s %15s %n", account, judgement, &at) < 2)
		return;
	jk_date_format(entry->at, day);
	jk_table_add(b->table,
	    (const char *[]){ day, entry->by, note_of(entry, "department"),
	        account, jk_show_word(b->call, judgement), note + at, number });
}

static enum jk_err
list_entry(void *ctx, const struct jk_ledger_entry *entry,
    JK_UNUSED const struct jk_ledger_head *head)
{
	struct book *b = ctx;
	const char *wanted = jk_call_get(b->call, "department");
	char number[24];

	if (strcmp(entry->command, JK_REVIEW_SIGN) != 0 ||
	    (wanted != NULL &&
	        strcmp(wanted, note_of(entry, "department")) != 0))
		return JK_OK;
	(void)snprintf(number, sizeof(number), "%llu",
	    (unsigned long long)entry->number);
	for (size_t i = 0; i < entry->n_notes; i++)
		if (entry->note[i].key[0] >= '0' &&
		    entry->note[i].key[0] <= '9')
			list_decision(b, entry, number, entry->note[i].value);
	return JK_OK;
}

static int
run_list(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "date", N_("Date") },
		{ "by", N_("By") },
		{ "department", N_("Department") },
		{ "account", N_("Account") },
		{ "judgement", N_("Judgement") },
		{ "reason", N_("Reason") },
		{ "entry", N_("Entry") },
		{ NULL, NULL },
	};
	struct book book = { call, jk_table_new(columns, call->global.json) };
	int status = jk_each_entry(call, list_entry, &book);

	return status == EXIT_OK ? jk_table_print(&book.table) : status;
}

#define DEPARTMENT                                    \
	{                                             \
		JK_PARAM_NEEDED, "department", "ID",  \
		    N_("whose accounts are reviewed") \
	}

const struct jk_command jk_review_commands[] = {
	{ "review", "start", run_start,
	    N_("show the accounts of a department that are due for review"),
	    { DEPARTMENT,
	        { JK_PARAM_FLAG, "csv", NULL,
	            N_("as a sheet to be filled in: redirect it to a file") },
	        { JK_PARAM_FLAG, "all", NULL,
	            N_("also those that are not due yet") } } },
	{ "review", "sign", jk_review_sign,
	    N_("enter a sheet that was filled in, and do what it says"),
	    { DEPARTMENT, { JK_PARAM_WORD, "FILE", NULL,
	                      N_("the sheet, as CSV in UTF-8") } } },
	{ "review", "list", run_list,
	    N_("list what reviews have judged (記録簿)"),
	    { { JK_PARAM_VALUE, "department", "ID",
	        N_("only of this department") } } },
	{ 0 },
};
