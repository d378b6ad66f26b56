/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ユーザID見直し記録簿 (S-29, C-4): one line for each account that a signed sheet
 * has judged. An entry holds one note for each, "001" = "ACCOUNT JUDGEMENT
 * REASON"; owner and rights are those of that moment.
 */
#include <string.h>

#include "bookmaker.h"
#include "clock.h"
#include "names.h"
#include "tr.h"

static const struct jk_column columns[] = {
	{ "reviewed", N_("Reviewed") },
	{ "account", N_("Account") },
	{ "owners", N_("Owners") },
	{ "rights", N_("Rights") },
	{ "judgement", N_("Judgement") },
	{ "reason", N_("Reason") },
	{ "by", N_("By") },
	{ "department", N_("Department") },
	{ "entry", N_("Entry") },
	{ NULL, NULL },
};

/* Of one line. */
struct decision {
	char account[JK_TEXTROW_ID_MAX + 1], judgement[16];
	const char *reason;
	char owners[JK_ITEM_TEXT], rights[JK_ITEM_TEXT];
};

static const char *
name_of(const char *judgement)
{
	static const struct {
		const char *id, *name;
	} names[] = {
		{ "keep", N_("keep") },
		{ "remove", N_("remove") },
		{ "change", N_("change") },
	};

	for (size_t i = 0; i < JK_COUNT(names); i++)
		if (strcmp(names[i].id, judgement) == 0)
			return _(names[i].name);
	return judgement;
}

static bool
read_note(const char *note, struct decision *ret)
{
	int at = 0;

	*ret = (struct decision){ .reason = "" };
	if (sscanf(note, "%64s %15s %n", ret->account, ret->judgement, &at) < 2)
		return false;
	ret->reason = note + at;
	return true;
}

static void
add(char text[static JK_ITEM_TEXT], const char *word)
{
	size_t n = strlen(text);

	/* An id and a name fit, or nothing more does. */
	if (n + strlen(word) + 3 < JK_ITEM_TEXT)
		(void)snprintf(text + n, JK_ITEM_TEXT - n, "%s%s",
		    n > 0 ? ", " : "", word);
}

static void
add_rights(const struct jk_making *m, const char *person, struct decision *d)
{
	size_t n;
	struct jk_tablerow *const *rows = jk_rowtable_all(&m->rows, &n);

	for (size_t i = 0; i < n; i++) {
		const struct jk_textrow *row = &rows[i]->change.row;

		if (strcmp(row->kind, "operator-id") == 0 &&
		    strcmp(jk_row_value(row, "person"), person) == 0)
			add(d->rights,
			    jk_name_type_id(jk_row_value(row, "type")));
	}
}

static void
add_owners(const struct jk_making *m, struct decision *d)
{
	const struct jk_textrow *row = jk_making_row(m, "account", d->account);
	const char *person;

	for (size_t i = 0; row != NULL && (person = jk_textrow_get_nth(row,
	                                       "person", i)) != NULL;
	     i++) {
		char owner[JK_ITEM_TEXT];

		(void)snprintf(owner, sizeof(owner), "%s %s", person,
		    jk_making_person(m, person));
		add(d->owners, owner);
		add_rights(m, person, d);
	}
}

static const char *
department_of(const struct jk_ledger_entry *entry)
{
	for (size_t i = 0; i < entry->n_notes; i++)
		if (strcmp(entry->note[i].key, "department") == 0)
			return entry->note[i].value;
	return "";
}

static void
add_line(struct jk_making *m, const struct jk_ledger_entry *entry,
    const char *note)
{
	struct decision d;
	char day[11], number[24];

	if (!read_note(note, &d))
		return;
	add_owners(m, &d);
	jk_date_format(entry->at, day);
	(void)snprintf(number, sizeof(number), "%llu",
	    (unsigned long long)entry->number);
	jk_table_add(m->table, (const char *[]){ day, d.account, d.owners,
	                           d.rights, name_of(d.judgement), d.reason,
	                           entry->by, department_of(entry), number });
}

static void
take_entry(struct jk_making *m, const struct jk_ledger_entry *entry)
{
	if (strcmp(entry->command, "review.sign") != 0 ||
	    entry->at < m->wish->from)
		return;
	for (size_t i = 0; i < entry->n_notes; i++)
		if (entry->note[i].key[0] >= '0' &&
		    entry->note[i].key[0] <= '9')
			add_line(m, entry, entry->note[i].value);
}

const struct jk_bookmaker jk_book_review = {
	.name = "review",
	.title = N_("Record of the review of user IDs"),
	.columns = columns,
	.entry = take_entry,
};
