/* SPDX-License-Identifier: BSD-2-Clause */
#include "reviewsheet.h"

#include <stdio.h>
#include <string.h>

#include "grantrule.h"

/* For xgettext; the callers translate. */
#define N_(text) text

const char *const jk_review_headings[] = { "account", "owners", "persons",
	"reviewed", "rights", "judgement", "reason", NULL };

static const struct {
	const char *id, *ja;
} judgements[] = {
#define X(name, id, ja) { id, ja },
	JK_JUDGEMENT_TABLE(X)
#undef X
};

const char *
jk_judgement_id(enum jk_judgement judgement)
{
	return judgements[judgement].id;
}

static const struct jk_person *
find_person(const struct jk_rowset *set, const char *id)
{
	size_t i = set->person.order == NULL ? JK_NO_ROW
	                                     : jk_list_find(&set->person, id);

	return i == JK_NO_ROW ? NULL : jk_list_at(&set->person, i);
}

bool
jk_review_is_of(const struct jk_rowset *set, const struct jk_account *a,
    const char *department)
{
	for (size_t i = 0; i < a->n_persons; i++) {
		const struct jk_person *p = find_person(set, a->person[i]);

		if (p != NULL && strcmp(p->department, department) == 0)
			return true;
	}
	return false;
}

/* Into a cell; once something did not fit, nothing follows it. */
static void
add(char cell[static JK_CSV_CELL_MAX + 1], const char *between,
    const char *text)
{
	static const char cut[] = "...";
	const size_t len = strlen(cell);
	const size_t more = strlen(between) + strlen(text);
	const bool is_cut =
	    len >= strlen(cut) && strcmp(cell + len - strlen(cut), cut) == 0;

	if (is_cut)
		return;
	if (len + more + strlen(cut) > JK_CSV_CELL_MAX)
		strcpy(cell + len, cut);
	else
		(void)snprintf(cell + len, JK_CSV_CELL_MAX + 1 - len, "%s%s",
		    len > 0 ? between : "", text);
}

static void
add_rights(const struct jk_rowset *set, const char *person, int64_t now,
    struct jk_review_line *ret)
{
	for (size_t i = 0; i < set->opid.n; i++) {
		const struct jk_opid *o = jk_list_at(&set->opid, i);

		if (strcmp(o->person, person) == 0 && jk_opid_is_live(o, now))
			add(ret->rights, " ", o->type);
	}
}

void
jk_review_fill(const struct jk_rowset *set, const struct jk_account *a,
    int64_t now, struct jk_review_line *ret)
{
	*ret = (struct jk_review_line){ .owners = "" };
	for (size_t i = 0; i < a->n_persons; i++) {
		const struct jk_person *p = find_person(set, a->person[i]);

		add(ret->owners, ", ", p != NULL ? p->name : "?");
		add(ret->persons, " ", a->person[i]);
		add_rights(set, a->person[i], now, ret);
	}
}

/* The cell under a heading; NULL when there is no such column. */
static const char *
cell_of(const struct jk_csv *csv, size_t row, const char *heading)
{
	for (size_t i = 0; i < csv->columns; i++)
		if (strcmp(jk_csv_cell(csv, 0, i), heading) == 0)
			return jk_csv_cell(csv, row, i);
	return NULL;
}

const char *
jk_judged_account(const struct jk_csv *csv, size_t row)
{
	const char *account = cell_of(csv, row, jk_review_headings[0]);

	return account != NULL ? account : "";
}

static enum jk_err
blame(struct jk_csv_fault *fault, unsigned line, const char *why)
{
	*fault = (struct jk_csv_fault){ line, why };
	return JK_ERR_FORMAT;
}

enum jk_err
jk_judged_read(const struct jk_csv *csv, size_t row, struct jk_judged *ret,
    struct jk_csv_fault *fault)
{
	const char *judgement = cell_of(csv, row, "judgement");
	size_t i = 0;

	*ret = (struct jk_judged){
		.line = csv->line[row],
		.account = cell_of(csv, row, "account"),
		.rights = cell_of(csv, row, "rights"),
		.reason = cell_of(csv, row, "reason"),
	};
	if (ret->account == NULL || ret->rights == NULL ||
	    ret->reason == NULL || judgement == NULL)
		return blame(fault, csv->line[0],
		    N_("this is no sheet of a review: the columns account, "
		       "rights, judgement and reason are needed"));
	while (i < JK_JUDGEMENT_COUNT &&
	       strcmp(judgements[i].id, judgement) != 0 &&
	       strcmp(judgements[i].ja, judgement) != 0)
		i++;
	if (i == JK_JUDGEMENT_COUNT)
		return blame(fault, ret->line,
		    N_("the judgement is none of keep, remove, change"));
	ret->judgement = (enum jk_judgement)i;
	if (ret->judgement == JK_JUDGED_NOT)
		return blame(fault, ret->line,
		    N_("this account is not judged: keep, remove or change"));
	if (ret->judgement != JK_JUDGED_KEEP && ret->reason[0] == '\0')
		return blame(fault, ret->line,
		    N_("to remove or change needs a reason"));
	return JK_OK;
}
