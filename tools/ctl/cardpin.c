/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardpin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "ids.h"
#include "importrow.h"
#include "jukinetctl.h"
#include "names.h"
#include "tablefile.h"

/* Two cells and some words. */
#define WHY_MAX 1536

/* Those who issue. */
static const struct jk_rule rule = { JK_OP_CARD_STATE, JK_FUNCTION_COUNT,
	{ .roles = (1u << JK_ROLE_SYSTEM_MANAGER) |
	           (1u << JK_ROLE_SECURITY_OFFICER) } };

/* What is entered of one card. */
struct setting {
	const char *card;
	const char *text; /* as the row takes it */
	int64_t s;
	bool initial;
};

static bool
read_date(const char *text, int64_t *ret)
{
	return jk_date_parse(text, ret) == JK_OK ||
	       jk_time_parse(text, ret) == JK_OK;
}

static bool
is_issued(const struct jk_card *card)
{
	switch (card->state) {
	case JK_CARD_ISSUED:
	case JK_CARD_ACTIVE:
	case JK_CARD_RETURN_REQUESTED:
	case JK_CARD_RETURN_APPLIED:
	case JK_CARD_RETURN_APPROVED:
		return true;
	case JK_CARD_REQUESTED:
	case JK_CARD_APPLIED:
	case JK_CARD_APPROVED:
	case JK_CARD_RETURNED:
	case JK_CARD_REVOKED:
	case JK_CARD_STATE_COUNT:
		break;
	}
	return false;
}

/* By the day: a day alone is the midnight before all that happens on it. */
static bool
is_day_before(int64_t a, int64_t b)
{
	char day[11], other[11];

	jk_date_format(a, day);
	jk_date_format(b, other);
	return strcmp(day, other) < 0;
}

static enum jk_reason JK_PRINTF(3, 4) fault(enum jk_reason reason,
    char why[static WHY_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, WHY_MAX, format, args);
	va_end(args);
	return reason;
}

/* Granted, or why not, in words. */
static enum jk_reason
judge(const struct jk_change *c, const struct setting *set,
    char why[static WHY_MAX])
{
	const struct jk_card *card = jk_find_card(&c->set, set->card);
	char day[11];

	if (card == NULL)
		return fault(JK_WHY_ROW_NONE, why, _("there is no %s \"%s\""),
		    _(jk_noun("card")), set->card);
	/* Nor does he make the PIN in his own hand younger than it is. */
	if (jk_duty_is_self(&c->actor, card->person))
		return fault(JK_WHY_SELF_APPROVAL, why, "%s",
		    _("nobody enters this for himself: another officer does "
		      "it"));
	if (!is_issued(card))
		return fault(JK_WHY_FLOW_ORDER, why,
		    _("card \"%s\" is %s, and has no PIN that counts"),
		    card->id, jk_name_here(&jk_card_states, card->state));
	if (set->s > c->now)
		return fault(JK_WHY_ROW_BAD, why,
		    _("\"%s\" is still to come: the PIN of card \"%s\" was "
		      "not set then"),
		    set->text, card->id);
	jk_date_format(card->valid.from, day);
	if (is_day_before(set->s, card->valid.from))
		return fault(JK_WHY_ROW_BAD, why,
		    _("\"%s\" is before card \"%s\" was issued: its "
		      "certificate is of %s"),
		    set->text, card->id, day);
	jk_date_format(card->pin_set, day);
	/* A change before the PIN was told does not make it the holder's. */
	if (card->pin_initial && !set->initial &&
	    is_day_before(set->s, card->pin_set))
		return fault(JK_WHY_ROW_BAD, why,
		    _("\"%s\" is before the initial PIN of card \"%s\" was "
		      "set, on %s: that one is not changed yet"),
		    set->text, card->id, day);
	return JK_WHY_GRANTED;
}

static int
put(struct jk_change *c, const struct setting *set, struct jk_textrow *row)
{
	if (jk_textrow_set(row, "pin-set", set->text) != JK_OK ||
	    jk_textrow_set(row, "pin-initial", set->initial ? "yes" : NULL) !=
	        JK_OK)
		return jk_change_refuse(c, JK_WHY_INTERNAL, "%s",
		    _("out of memory"));
	return jk_change_put(c, row);
}

/* As of every step: of a spare card, of whoever has it. */
static int
permit(struct jk_change *c, const char *id)
{
	const struct jk_card *card = jk_find_card(&c->set, id);
	const struct jk_person *person =
	    card != NULL ? jk_find_person(&c->set, card->person) : NULL;

	return jk_change_permit(c, "",
	    person != NULL ? person->department : "");
}

static int
set_one(struct jk_change *c, const struct setting *set)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	char why[WHY_MAX];
	enum jk_reason reason;
	int status = jk_change_row(c, "card", set->card, &row);

	if (status == EXIT_OK)
		status = permit(c, set->card);
	if (status != EXIT_OK)
		return status;
	reason = judge(c, set, why);
	if (reason != JK_WHY_GRANTED)
		return jk_change_refuse(c, reason, "%s", why);
	status = put(c, set, &row);
	if (status != EXIT_OK)
		return status;
	return jk_change_commit(c,
	    set->initial ? _("card %s: its PIN was set on %s, and its holder "
	                     "has to change it")
	                 : _("card %s: its PIN was changed on %s"),
	    set->card, set->text);
}

int
jk_cardpin_run(const struct jk_call *call)
{
	struct setting set = {
		.card = jk_call_get(call, "CARD"),
		.text = jk_call_get(call, "DATE"),
		.initial = jk_call_has(call, "initial"),
	};
	struct jk_change c;
	int status;

	if (!jk_row_id_is_valid(set.card))
		return jk_id_error(set.card);
	if (!read_date(set.text, &set.s))
		return jk_usage_error(_("\"%s\" is no date (YYYY-MM-DD or "
		                        "\"YYYY-MM-DD HH:MM\")"),
		    set.text);
	status = jk_change_begin(call, &rule, &c);
	if (status == EXIT_OK)
		status = set_one(&c, &set);
	jk_change_end(&c);
	return status;
}

struct table {
	struct jk_change c;
	struct jk_tablefile file;
	unsigned *line; /* of each card, as they stand in the registry */
	size_t n;
	enum jk_reason why; /* of every complaint, where it is the same one */
};

static void
complain(struct table *t, unsigned line, enum jk_reason reason, const char *why)
{
	if (t->file.faults == 0)
		t->why = reason;
	else if (t->why != reason)
		t->why = JK_WHY_ROW_BAD;
	jk_tablefile_complain(&t->file, line, why);
}

static enum jk_reason
remember(struct table *t, const char *card, unsigned line,
    char why[static WHY_MAX])
{
	const size_t i = jk_list_find(&t->c.set.card, card);

	if (t->line[i] != 0)
		return fault(JK_WHY_ROW_BAD, why,
		    _("this card stands in line %u too"), t->line[i]);
	t->line[i] = line;
	return JK_WHY_GRANTED;
}

static enum jk_reason
put_line(struct table *t, const struct setting *set, char why[static WHY_MAX])
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	const struct jk_textrow *old =
	    jk_store_find(t->c.store, "card", set->card);

	if (old == NULL)
		return fault(JK_WHY_ROW_FOREIGN, why,
		    _("%s is written by hand in registry.d: change it there, "
		      "or take the file over with \"jukinetctl registry "
		      "adopt\""),
		    set->card);
	if (jk_textrow_copy(old, &row) != JK_OK ||
	    put(&t->c, set, &row) != EXIT_OK)
		return fault(JK_WHY_INTERNAL, why, "%s", _("out of memory"));
	t->n++;
	return JK_WHY_GRANTED;
}

static void
take_line(struct table *t, size_t n)
{
	const unsigned line = t->file.csv.line[n];
	char text[JK_IMPORT_TEXT_MAX], why[WHY_MAX] = "";
	struct setting set = {
		.card = jk_csv_cell(&t->file.csv, n, 0),
		.text = text,
	};
	enum jk_reason reason;

	(void)snprintf(text, sizeof(text), "%s",
	    jk_csv_cell(&t->file.csv, n, 1));
	jk_import_mend_date(text);
	if (!read_date(set.text, &set.s))
		reason = fault(JK_WHY_ROW_BAD, why,
		    _("\"%s\" is no date (YYYY-MM-DD or "
		      "\"YYYY-MM-DD HH:MM\")"),
		    set.text);
	else
		reason = judge(&t->c, &set, why);
	if (reason == JK_WHY_GRANTED)
		reason = remember(t, set.card, line, why);
	if (reason == JK_WHY_GRANTED)
		reason = put_line(t, &set, why);
	if (reason != JK_WHY_GRANTED)
		complain(t, line, reason, why);
}

/* Spreadsheets have headings, other programs none. */
static bool
has_heading(const struct jk_csv *csv)
{
	return strcmp(jk_csv_cell(csv, 0, 0), "card") == 0 &&
	       strcmp(jk_csv_cell(csv, 0, 1), "date") == 0;
}

static int
set_all(struct table *t)
{
	struct jk_change *c = &t->c;
	int status = jk_change_permit(c, "", "");

	if (status == EXIT_OK)
		status =
		    jk_tablefile_read(c, jk_call_get(c->call, "csv"), &t->file);
	if (status != EXIT_OK)
		return status;
	if (t->file.csv.columns != 2)
		return jk_change_refuse(c, JK_WHY_ROW_BAD,
		    _("%s: each line is a card and a date, and nothing else"),
		    t->file.path);
	t->line = calloc(c->set.card.n + 1, sizeof(*t->line));
	if (t->line == NULL)
		return jk_change_refuse(c, JK_WHY_INTERNAL, "%s",
		    _("out of memory"));
	for (size_t i = has_heading(&t->file.csv); i < t->file.csv.n; i++)
		take_line(t, i);
	status = jk_tablefile_judge(c, &t->file, t->why);
	if (status == EXIT_OK)
		status = jk_tablefile_note(c, &t->file, t->n);
	if (status != EXIT_OK)
		return status;
	return jk_change_commit(c, _("PINs whose last change was entered: %zu"),
	    t->n);
}

int
jk_cardpin_run_table(const struct jk_call *call)
{
	struct table t = { .why = JK_WHY_ROW_BAD };
	int status = jk_change_begin(call, &rule, &t.c);

	/* Of no single one. */
	strcpy(t.c.object, "card:-");
	if (status == EXIT_OK)
		status = set_all(&t);
	jk_tablefile_clear(&t.file);
	free(t.line);
	jk_change_end(&t.c);
	return status;
}
