/* SPDX-License-Identifier: BSD-2-Clause */
/* 操作者用ICカード発行簿 (T-16, T-24): one line for each card there ever was,
 * with the day and the officer of each step of its life. */
#include <assert.h>
#include <string.h>

#include "bookmaker.h"
#include "names.h"
#include "tr.h"
#include "words.h"

/* The number of a state is the number of its step. */
static_assert(JK_CARD_STATE_COUNT <= JK_ITEM_STEPS, "a step for each state");

static const struct jk_column columns[] = {
	{ "card", N_("Card") },
	{ "person", N_("Person") },
	{ "name", N_("Name") },
	{ "type", N_("Type") },
	{ "requested", N_("Requested") },
	{ "applied", N_("Applied for") },
	{ "approved", N_("Approved") },
	{ "issued", N_("Issued") },
	{ "received", N_("Received") },
	{ "returned", N_("Returned") },
	{ "revoked", N_("Revoked") },
	{ "state", N_("State") },
	{ "remarks", N_("Remarks") },
	{ NULL, NULL },
};

/* As the registry reads it: a card that says no state is in use. */
static size_t
state_of(const struct jk_textrow *row)
{
	const char *state = jk_row_value(row, "state");

	return state[0] == '\0' ? JK_CARD_ACTIVE
	                        : jk_word_find(&jk_card_states, state);
}

static void
take_change(struct jk_making *m, const struct jk_ledger_entry *entry,
    const struct jk_ledger_change *change)
{
	const struct jk_textrow *before;
	struct jk_item *item;
	size_t state;

	if (strcmp(change->row.kind, "card") != 0)
		return;
	before = jk_making_row(m, "card", change->row.id);
	item = jk_making_item(m, entry, change);
	if (item == NULL || change->removed)
		return;
	state = state_of(&item->row);
	/* A card of before the ledger: nobody knows when it was issued. */
	if (before == NULL && strcmp(entry->command, "registry.adopt") == 0)
		return;
	if (state < JK_CARD_STATE_COUNT &&
	    (before == NULL || state_of(before) != state))
		jk_making_step(item, state, entry);
}

/* All operator IDs: the rows of one kind stand together. */
struct opids {
	struct jk_tablerow *const *row;
	size_t n;
};

static struct opids
find_opids(const struct jk_making *m)
{
	size_t n, from = 0, to;
	struct jk_tablerow *const *rows = jk_rowtable_all(&m->rows, &n);

	while (
	    from < n && strcmp(rows[from]->change.row.kind, "operator-id") != 0)
		from++;
	to = from;
	while (to < n && strcmp(rows[to]->change.row.kind, "operator-id") == 0)
		to++;
	return (struct opids){ rows == NULL ? NULL : rows + from, to - from };
}

/* The types of all that the holder may do. */
static void
show_types(const struct opids *opids, const char *person,
    char ret[static JK_ITEM_TEXT])
{
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; person[0] != '\0' && i < opids->n; i++) {
		const struct jk_textrow *row = &opids->row[i]->change.row;

		if (strcmp(jk_row_value(row, "person"), person) != 0 ||
		    used >= JK_ITEM_TEXT)
			continue;
		used += (size_t)snprintf(ret + used, JK_ITEM_TEXT - used,
		    "%s%s", used > 0 ? ", " : "",
		    jk_name_type_id(jk_row_value(row, "type")));
	}
}

static const char *
show_value(const char *key, const char *value)
{
	if (strcmp(key, "revoked-why") == 0)
		return jk_name_revocation(value);
	return strcmp(key, "spare") == 0 && strcmp(value, "yes") == 0 ? _("yes")
	                                                              : value;
}

/* What stands in no other column. */
static void
show_remarks(const struct jk_item *item, char ret[static JK_ITEM_TEXT])
{
	static const struct {
		const char *key, *name;
	} remarks[] = {
		{ "spare", N_("spare card") },
		{ "entry-number", N_("entry application") },
		{ "card-channel", N_("card sent by") },
		{ "pin-channel", N_("PIN told by") },
		{ "revoked-why", N_("revoked because") },
	};
	size_t used = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < JK_COUNT(remarks); i++) {
		const char *value = jk_row_value(&item->row, remarks[i].key);

		if (value[0] != '\0' && used < JK_ITEM_TEXT)
			used += (size_t)snprintf(ret + used,
			    JK_ITEM_TEXT - used, "%s%s: %s",
			    used > 0 ? "; " : "", _(remarks[i].name),
			    show_value(remarks[i].key, value));
	}
}

static void
add_line(struct jk_making *m, const struct opids *opids,
    const struct jk_item *item)
{
	const struct jk_textrow *row = &item->row;
	const char *person = jk_row_value(row, "person");
	char step[JK_CARD_STATE_COUNT][11 + 1 + JK_LEDGER_ID_MAX + 1];
	char types[JK_ITEM_TEXT], remarks[JK_ITEM_TEXT];

	for (size_t i = 0; i < JK_CARD_STATE_COUNT; i++)
		jk_show_step(item, i, step[i]);
	show_types(opids, person, types);
	show_remarks(item, remarks);
	jk_table_add(m->table,
	    (const char *[]){ row->id, person, jk_making_person(m, person),
	        types, step[JK_CARD_REQUESTED], step[JK_CARD_APPLIED],
	        step[JK_CARD_APPROVED], step[JK_CARD_ISSUED],
	        step[JK_CARD_ACTIVE], step[JK_CARD_RETURNED],
	        step[JK_CARD_REVOKED],
	        item->removed ? _("deleted")
	                      : jk_name_here(&jk_card_states, state_of(row)),
	        remarks });
}

static void
end(struct jk_making *m)
{
	const struct opids opids = find_opids(m);

	for (size_t i = 0; i < m->n; i++)
		if (!jk_making_is_over(m, m->item[i]))
			add_line(m, &opids, m->item[i]);
}

const struct jk_bookmaker jk_book_card = {
	.name = "card",
	.title = N_("Ledger of issued operator cards"),
	.columns = columns,
	.change = take_change,
	.end = end,
};
