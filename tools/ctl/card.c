/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl card: the ledger of operator cards (操作者用ICカード発行簿). */
#include <stdio.h>
#include <string.h>

#include "cardpin.h"
#include "cardstep.h"
#include "change.h"
#include "output.h"
#include "period.h"

/* What a listing is narrowed to; NULL and false are all. */
struct filter {
	const char *state, *person, *department;
	bool out; /* handed over and not back; not those that were lost */
};

static bool
is_out(const struct jk_card *card)
{
	return card->handed_over && card->state != JK_CARD_REVOKED &&
	       card->state != JK_CARD_RETURNED;
}

static bool
passes(const struct filter *f, const struct jk_rowset *set,
    const struct jk_card *card)
{
	const struct jk_person *person = jk_find_person(set, card->person);

	if (f->out && !is_out(card))
		return false;
	if (f->state != NULL &&
	    strcmp(f->state, jk_word_id(&jk_card_states, card->state)) != 0)
		return false;
	if (f->person != NULL && strcmp(f->person, card->person) != 0)
		return false;
	return f->department == NULL ||
	       (person != NULL &&
	           strcmp(f->department, person->department) == 0);
}

static void
add_row(struct jk_table *table, const struct jk_view *v,
    const struct jk_card *card)
{
	const struct jk_person *person = jk_find_person(&v->set, card->person);
	const char *handed = jk_view_kept(v, "card", card->id, "handed-at");

	/* Of one in a file by hand the time is not kept. */
	if (card->handed_over && handed[0] == '\0')
		handed = "?";
	jk_table_add(table,
	    (const char *[]){ card->id,
	        jk_show_name(v->call, &jk_card_states, card->state),
	        card->person, person != NULL ? person->name : "",
	        person != NULL ? person->department : "",
	        jk_show_flag(v->call, card->spare), handed,
	        jk_view_kept(v, "card", card->id, "handed-by"),
	        jk_show_until(card->valid.until) });
}

/* M-2: said before the table, to people only. */
static void
say_out(const struct jk_view *v, const struct filter *f)
{
	size_t n = 0;

	for (size_t i = 0; i < v->set.card.n; i++)
		n += passes(f, &v->set, jk_list_at(&v->set.card, i));
	if (n == 0)
		puts(_("Every card is back."));
	else
		printf(_("Cards that are not back: %zu\n"), n);
}

static int
run_list(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "id", N_("Card") },
		{ "state", N_("State") },
		{ "person", N_("Person") },
		{ "name", N_("Name") },
		{ "department", N_("Department") },
		{ "spare", N_("Spare") },
		{ "handed-at", N_("Handed over") },
		{ "handed-by", N_("By") },
		{ "valid-until", N_("Certificate until") },
		{ NULL, NULL },
	};
	const struct filter filter = {
		.state = jk_call_get(call, "state"),
		.person = jk_call_get(call, "person"),
		.department = jk_call_get(call, "department"),
		.out = jk_call_has(call, "out"),
	};
	struct jk_table *table;
	struct jk_view v;
	int status;

	if (filter.state != NULL &&
	    jk_word_find(&jk_card_states, filter.state) == jk_card_states.n)
		return jk_usage_error(_("\"%s\" is no state of a card"),
		    filter.state);
	table = jk_table_new(columns, call->global.json);
	status = jk_view_open(call, &v);
	for (size_t i = 0; status == EXIT_OK && i < v.set.card.n; i++) {
		const struct jk_card *card = jk_list_at(&v.set.card, i);

		if (passes(&filter, &v.set, card))
			add_row(table, &v, card);
	}
	if (status == EXIT_OK && filter.out && !call->global.json)
		say_out(&v, &filter);
	jk_view_close(&v);
	return status == EXIT_OK ? jk_table_print(&table) : status;
}

static void
add_pair(struct jk_table *table, const char *key, const char *value)
{
	if (value[0] != '\0')
		jk_table_add(table, (const char *[]){ key, value });
}

/* Everything that stands in its row, and where in its flow it is. */
static void
add_kept(struct jk_table *table, const struct jk_textrow *row)
{
	const struct jk_card_facts facts = jk_cardstep_facts(row);
	const enum jk_card_event next = jk_cardflow_next(&facts);

	for (size_t i = 0; i < row->n; i++)
		add_pair(table, row->pair[i].key, row->pair[i].value);
	if (next < JK_EVENT_COUNT)
		add_pair(table, "next", jk_card_step(next)->verb);
}

static void
add_card(struct jk_table *table, const struct jk_view *v,
    const struct jk_card *card)
{
	const struct jk_textrow *row =
	    jk_store_find(v->store, "card", card->id);

	add_pair(table, "id", card->id);
	if (row != NULL) {
		add_kept(table, row);
	} else {
		add_pair(table, "person", card->person);
		add_pair(table, "state",
		    jk_word_id(&jk_card_states, card->state));
		add_pair(table, "spare", card->spare ? "yes" : "no");
	}
	add_pair(table, "valid-from", jk_show_from(card->valid.from));
	add_pair(table, "valid-until", jk_show_until(card->valid.until));
}

static int
run_show(const struct jk_call *call)
{
	static const struct jk_column columns[] = {
		{ "key", N_("Key") },
		{ "value", N_("Value") },
		{ NULL, NULL },
	};
	const char *id = jk_call_get(call, "CARD");
	struct jk_table *table = jk_table_new(columns, call->global.json);
	const struct jk_card *card = NULL;
	struct jk_view v;
	int status = jk_view_open(call, &v);

	if (status == EXIT_OK) {
		card = jk_find_card(&v.set, id);
		if (card != NULL)
			add_card(table, &v, card);
		else
			fprintf(stderr,
			    _("jukinetctl: there is no card \"%s\"\n"), id);
	}
	jk_view_close(&v);
	if (status == EXIT_OK && card == NULL)
		return EXIT_NONE;
	return status == EXIT_OK ? jk_table_print(&table) : status;
}

#define CARD                                     \
	{                                        \
		JK_PARAM_WORD, "CARD", NULL,     \
		    N_("number of the card, as " \
		       "in the ledger")          \
	}
#define STEP(verb, help, ...)                            \
	{                                                \
		"card", (verb), jk_cardstep_run, (help), \
		{                                        \
			CARD, __VA_ARGS__                \
		}                                        \
	}

const struct jk_command jk_card_commands[] = {
	{ "card", "request", jk_cardstep_run,
	    N_("ask for a card: the operator, or his security manager"),
	    { { JK_PARAM_WORD_OPT, "CARD", NULL,
	          N_("its number; default: the next free one") },
	        { JK_PARAM_VALUE, "person", "PERSON",
	            N_("who is to hold it; default: yourself") },
	        { JK_PARAM_FLAG, "spare", NULL,
	            N_("it is to be lent for a day to whoever needs one") } } },
	STEP("apply", N_("apply for its issue: the security manager"), { 0 }),
	STEP("approve", N_("approve its issue: the system manager"), { 0 }),
	STEP("enter", N_("note the application to enter the issuing room"),
	    { JK_PARAM_NEEDED, "number", "TEXT",
	        N_("reference number of that application") }),
	STEP("issue", N_("enter that it was issued"),
	    { JK_PARAM_NEEDED, "certificate", "FILE",
	        N_("the card's certificate, PEM") }),
	STEP("send", N_("enter that it was sent to the security manager"),
	    { JK_PARAM_NEEDED, "channel", "TEXT",
	        N_("which way it went: registered mail ...") }),
	STEP("tell-pin", N_("enter that its PIN was told"),
	    { JK_PARAM_NEEDED, "channel", "TEXT",
	        N_("which way, another one than the card's") }),
	STEP("receive", N_("enter the receipt: it can be used"), { 0 }),
	STEP("checkout", N_("hand it over for the day's work"),
	    { JK_PARAM_VALUE, "person", "PERSON",
	        N_("who takes it; needed for a spare card") }),
	STEP("checkin", N_("take it back into the cabinet"), { 0 }),
	STEP("return-request",
	    N_("ask for its return: the operator, or his security manager"),
	    { 0 }),
	STEP("return-apply",
	    N_("apply for its return: from now on it opens "
	       "nothing"),
	    { 0 }),
	STEP("return-approve", N_("approve its return: the system manager"),
	    { 0 }),
	STEP("return", N_("enter that it was taken out of use, for good"),
	    { 0 }),
	STEP("revoke", N_("refuse it at once, for good"),
	    { JK_PARAM_FLAG, "lost", NULL, N_("nobody knows where it is") },
	    { JK_PARAM_FLAG, "stolen", NULL, N_("somebody has taken it") },
	    { JK_PARAM_FLAG, "damaged", NULL, N_("it cannot be read") },
	    { JK_PARAM_FLAG, "left", NULL, N_("its holder has left") },
	    { JK_PARAM_FLAG, "withdrawn", NULL,
	        N_("it was asked for and is not issued: withdrawn or "
	           "declined") }),
	{ "card", "pin-date", jk_cardpin_run,
	    N_("enter when its PIN was changed last, as the issuing terminal "
	       "says"),
	    { CARD,
	        { JK_PARAM_WORD, "DATE", NULL,
	            N_("YYYY-MM-DD, or with the time of the day") },
	        { JK_PARAM_FLAG, "initial", NULL,
	            N_("the office has set it: its holder has to change it") } } },
	{ "card", "pin-dates", jk_cardpin_run_table,
	    N_("enter that of many cards, all of them or none"),
	    { { JK_PARAM_NEEDED, "csv", "FILE",
	        N_("a card and a date in each line") } } },
	{ "card", "list", run_list, N_("list cards"),
	    { { JK_PARAM_VALUE, "state", "STATE", N_("only in this state") },
	        { JK_PARAM_VALUE, "person", "PERSON",
	            N_("only of this person") },
	        { JK_PARAM_VALUE, "department", "ID",
	            N_("only of persons of this department") },
	        { JK_PARAM_FLAG, "out", NULL,
	            N_("only those handed over and not back") } } },
	{ "card", "show", run_show, N_("show all that is known of one"),
	    { CARD } },
	{ 0 },
};
