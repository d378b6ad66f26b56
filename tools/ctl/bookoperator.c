/* SPDX-License-Identifier: BSD-2-Clause */
/* 操作者ID管理簿 (S-19, M-4): one line for each operator ID there ever was. */
#include <string.h>

#include "bookmaker.h"
#include "clock.h"
#include "names.h"
#include "tr.h"

enum {
	GRANTED,
	DISABLED
};

static const struct jk_column columns[] = {
	{ "operator-id", N_("Operator ID") },
	{ "type", N_("Type") },
	{ "person", N_("Person") },
	{ "name", N_("Name") },
	{ "department", N_("Department") },
	{ "granted", N_("Granted") },
	{ "valid-until", N_("Valid until") },
	{ "basis", N_("Basis") },
	{ "state", N_("State") },
	{ "entry", N_("Entry") },
	{ NULL, NULL },
};

static bool
is_disabled(const struct jk_textrow *row)
{
	return strcmp(jk_row_value(row, "enabled"), "no") == 0;
}

static void
take_change(struct jk_making *m, const struct jk_ledger_entry *entry,
    const struct jk_ledger_change *change)
{
	const struct jk_textrow *before;
	struct jk_item *item;

	if (strcmp(change->row.kind, "operator-id") != 0)
		return;
	before = jk_making_row(m, "operator-id", change->row.id);
	item = jk_making_item(m, entry, change);
	if (item == NULL)
		return;
	if (before == NULL)
		jk_making_step(item, GRANTED, entry);
	if (is_disabled(&item->row) && (before == NULL || !is_disabled(before)))
		jk_making_step(item, DISABLED, entry);
}

/* A day, or a minute, that lies before `now`. */
static bool
is_past(const char *text, int64_t now, bool whole_day)
{
	int64_t s;

	if (jk_date_parse(text, &s) == JK_OK)
		return now >= (whole_day ? jk_next_day(s) : s);
	return jk_time_parse(text, &s) == JK_OK && now >= s;
}

static void
show_state(const struct jk_making *m, const struct jk_item *item, char *ret,
    size_t size)
{
	const int64_t now =
	    m->wish->until != 0 ? m->wish->until - 1 : m->wish->now;
	const char *from = jk_row_value(&item->row, "valid-from");
	char day[11];

	jk_date_format(item->removed ? item->touched : item->step[DISABLED].at,
	    day);
	if (item->removed)
		(void)snprintf(ret, size, _("deleted %s"), day);
	else if (is_disabled(&item->row))
		(void)snprintf(ret, size, _("disabled %s"), day);
	else if (is_past(jk_row_value(&item->row, "valid-until"), now, true))
		(void)snprintf(ret, size, "%s", _("expired"));
	else if (from[0] != '\0' && !is_past(from, now, false))
		(void)snprintf(ret, size, "%s", _("not yet"));
	else
		(void)snprintf(ret, size, "%s", _("in force"));
}

static void
add_line(struct jk_making *m, const struct jk_item *item)
{
	const struct jk_textrow *row = &item->row;
	char granted[11 + 1 + JK_LEDGER_ID_MAX + 1], state[128], number[24];

	jk_show_step(item, GRANTED, granted);
	show_state(m, item, state, sizeof(state));
	(void)snprintf(number, sizeof(number), "%llu",
	    (unsigned long long)item->number);
	jk_table_add(m->table,
	    (const char *[]){ row->id,
	        jk_name_type_id(jk_row_value(row, "type")),
	        jk_row_value(row, "person"),
	        jk_making_person(m, jk_row_value(row, "person")),
	        jk_row_value(row, "department"), granted,
	        jk_row_value(row, "valid-until"), jk_row_value(row, "basis"),
	        state, number });
}

static void
end(struct jk_making *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!jk_making_is_over(m, m->item[i]))
			add_line(m, m->item[i]);
}

const struct jk_bookmaker jk_book_operator = {
	.name = "operator",
	.title = N_("Operator ID ledger"),
	.columns = columns,
	.change = take_change,
	.end = end,
};
