/* SPDX-License-Identifier: BSD-2-Clause */
/* The journal: every change as it was made, by whom and why. */
#include <string.h>

#include "bookmaker.h"
#include "clock.h"
#include "tr.h"

static const struct jk_column columns[] = {
	{ "entry", N_("Entry") },
	{ "time", N_("Time") },
	{ "by", N_("By") },
	{ "operator-id", N_("Operator ID") },
	{ "terminal", N_("Terminal") },
	{ "command", N_("Command") },
	{ "row", N_("Row") },
	{ "changed", N_("Changed") },
	{ "reason", N_("Reason") },
	{ NULL, NULL },
};

/* Text that grows up to what a cell may hold; then it ends with dots. */
struct text {
	size_t n;
	char text[JK_ITEM_TEXT];
};

static void
put(struct text *t, const char *separator, const char *key, const char *value)
{
	int n = snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s%s = %s",
	    t->n > 0 ? separator : "", key, value);

	size_t end = sizeof(t->text) - 4;

	t->n += (size_t)n;
	if (t->n < sizeof(t->text))
		return;
	/* Not in the middle of a character. */
	while (((uint8_t)t->text[end] & 0xc0) == 0x80)
		end--;
	strcpy(t->text + end, "...");
	t->n = sizeof(t->text) - 1;
}

static bool
has_value(const struct jk_textrow *row, const char *key, const char *value)
{
	const char *other;

	for (size_t i = 0; (other = jk_textrow_get_nth(row, key, i)) != NULL;
	     i++)
		if (strcmp(other, value) == 0)
			return true;
	return false;
}

/* What the row says now and did not before, and the other way round. */
static void
compare(const struct jk_textrow *before, const struct jk_textrow *now,
    struct text *ret)
{
	for (size_t i = 0; i < now->n; i++)
		if (before == NULL ||
		    !has_value(before, now->pair[i].key, now->pair[i].value))
			put(ret, "; ", now->pair[i].key, now->pair[i].value);
	for (size_t i = 0; before != NULL && i < before->n; i++)
		if (jk_textrow_get(now, before->pair[i].key) == NULL)
			put(ret, "; ", before->pair[i].key, "-");
}

static void
show_change(const struct jk_making *m, const struct jk_ledger_entry *entry,
    const struct jk_ledger_change *change, struct text *ret)
{
	const struct jk_textrow *before =
	    jk_making_row(m, change->row.kind, change->row.id);

	if (change->removed)
		(void)snprintf(ret->text, sizeof(ret->text), "%s",
		    _("removed"));
	else
		compare(before, &change->row, ret);
	for (size_t i = 0; i < entry->n_notes; i++)
		if (strcmp(entry->note[i].key, "op") != 0 &&
		    strcmp(entry->note[i].key, "object") != 0)
			put(ret, "; ", entry->note[i].key,
			    entry->note[i].value);
}

static void
take_change(struct jk_making *m, const struct jk_ledger_entry *entry,
    const struct jk_ledger_change *change)
{
	char number[24], time[17], row[JK_KIND_MAX + JK_TEXTROW_ID_MAX + 2];
	struct text text = { 0 };

	if (entry->at < m->wish->from ||
	    (m->wish->kind != NULL &&
	        strcmp(m->wish->kind, change->row.kind) != 0))
		return;
	(void)snprintf(number, sizeof(number), "%llu",
	    (unsigned long long)entry->number);
	jk_time_format(entry->at, time);
	(void)snprintf(row, sizeof(row), "%s %s", change->row.kind,
	    change->row.id);
	show_change(m, entry, change, &text);
	jk_table_add(m->table,
	    (const char *[]){ number, time, entry->by, entry->opid,
	        entry->terminal, entry->command, row, text.text, entry->why });
}

const struct jk_bookmaker jk_book_journal = {
	.title = N_("Journal of all changes"),
	.columns = columns,
	.change = take_change,
};
