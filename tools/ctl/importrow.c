/* SPDX-License-Identifier: BSD-2-Clause */
#include "importrow.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "ids.h"

/* For xgettext; the callers translate. */
#define N_(text) text

struct word {
	const char *id, *ja;
};

static const struct word columns[] = {
#define X(name, id, ja) { id, ja },
	JK_IMPORT_COLUMN_TABLE(X)
#undef X
};

static const struct word actions[] = {
#define X(name, id, ja) { id, ja },
	JK_IMPORT_ACTION_TABLE(X)
#undef X
};

const char *
jk_import_column_name(enum jk_import_column column)
{
	return columns[column].id;
}

const char *
jk_import_action_name(enum jk_import_action action)
{
	return actions[action].id;
}

/* The number of the word, or n. */
static size_t
find_word(const struct word *words, size_t n, const char *text)
{
	size_t i = 0;

	while (i < n && strcmp(words[i].id, text) != 0 &&
	       strcmp(words[i].ja, text) != 0)
		i++;
	return i;
}

static enum jk_err
blame(struct jk_csv_fault *fault, unsigned line, const char *why)
{
	*fault = (struct jk_csv_fault){ line, why };
	return JK_ERR_FORMAT;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Into a buffer that holds every cell. */
static void
take_cell(const char *cell, char ret[static JK_IMPORT_TEXT_MAX])
{
	size_t len;

	while (is_blank(*cell))
		cell++;
	len = strlen(cell);
	while (len > 0 && is_blank(cell[len - 1]))
		len--;
	memcpy(ret, cell, len);
	ret[len] = '\0';
}

enum jk_err
jk_import_head(const struct jk_csv *csv, struct jk_import_map *ret,
    struct jk_csv_fault *fault)
{
	const unsigned line = csv->line[0];
	struct jk_import_map map;
	char text[JK_IMPORT_TEXT_MAX];

	for (size_t i = 0; i < JK_IMPORT_COLUMN_COUNT; i++)
		map.at[i] = JK_CSV_COLUMNS_MAX;
	for (size_t i = 0; i < csv->columns; i++) {
		size_t column;

		take_cell(jk_csv_cell(csv, 0, i), text);
		column = find_word(columns, JK_COUNT(columns), text);
		if (column == JK_COUNT(columns))
			return blame(fault, line,
			    N_("the first line names a column that is none; "
			       "there are: action, person, name, department, "
			       "affiliation, approval, account, type, "
			       "operator-id, valid-from, valid-until, basis"));
		if (map.at[column] != JK_CSV_COLUMNS_MAX)
			return blame(fault, line,
			    N_("the first line names a column twice"));
		map.at[column] = i;
	}
	if (map.at[JK_IMPORT_ACTION] == JK_CSV_COLUMNS_MAX ||
	    map.at[JK_IMPORT_PERSON] == JK_CSV_COLUMNS_MAX)
		return blame(fault, line,
		    N_("the first line must name the columns action and "
		       "person"));
	*ret = map;
	return JK_OK;
}

static bool
all_digits(const char *text, size_t n)
{
	return n > 0 && strspn(text, "0123456789") >= n;
}

void
jk_import_mend_date(char text[static JK_IMPORT_TEXT_MAX])
{
	const char *month = strchr(text, '/');
	const char *day = month == NULL ? NULL : strchr(month + 1, '/');
	char date[16];
	size_t months, days;

	if (day == NULL)
		return;
	months = (size_t)(day - month) - 1;
	days = strlen(day + 1);
	if (month - text != 4 || !all_digits(text, 4) || months > 2 ||
	    !all_digits(month + 1, months) || days > 2 ||
	    !all_digits(day + 1, days))
		return;
	(void)snprintf(date, sizeof(date), "%.4s-%s%.*s-%s%s", text,
	    months == 1 ? "0" : "", (int)months, month + 1,
	    days == 1 ? "0" : "", day + 1);
	strcpy(text, date);
}

static enum jk_err
read_dates(struct jk_import_row *row, struct jk_csv_fault *fault)
{
	int64_t s;

	jk_import_mend_date(row->text[JK_IMPORT_FROM]);
	jk_import_mend_date(row->text[JK_IMPORT_UNTIL]);
	if (row->text[JK_IMPORT_FROM][0] != '\0' &&
	    jk_date_parse(row->text[JK_IMPORT_FROM], &row->from) != JK_OK)
		return blame(fault, row->line,
		    N_("valid-from is no date (YYYY-MM-DD)"));
	if (row->text[JK_IMPORT_UNTIL][0] != '\0') {
		if (jk_date_parse(row->text[JK_IMPORT_UNTIL], &s) != JK_OK)
			return blame(fault, row->line,
			    N_("valid-until is no date (YYYY-MM-DD)"));
		row->until = jk_next_day(s);
	}
	if (row->until != 0 && row->from >= row->until)
		return blame(fault, row->line,
		    N_("valid-until lies before valid-from"));
	return JK_OK;
}

static bool
has(const struct jk_import_row *row, enum jk_import_column column)
{
	return row->text[column][0] != '\0';
}

static enum jk_err
check_ids(const struct jk_import_row *row, struct jk_csv_fault *fault)
{
	static const struct {
		enum jk_import_column column;
		const char *why;
	} ids[] = {
		{ JK_IMPORT_PERSON,
		    N_("person is no id (1 to 64 of a-z, 0-9 and '-')") },
		{ JK_IMPORT_DEPARTMENT,
		    N_("department is no id (1 to 64 of a-z, 0-9 and '-')") },
		{ JK_IMPORT_TYPE,
		    N_("type is neither an id nor a number of 1 to 9") },
		{ JK_IMPORT_OPID,
		    N_("operator-id is no id (1 to 64 of a-z, 0-9 and "
		       "'-')") },
	};

	if (!has(row, JK_IMPORT_PERSON))
		return blame(fault, row->line, N_("the person is missing"));
	for (size_t i = 0; i < JK_COUNT(ids); i++)
		if (has(row, ids[i].column) &&
		    !jk_row_id_is_valid(row->text[ids[i].column]))
			return blame(fault, row->line, ids[i].why);
	if (has(row, JK_IMPORT_ACCOUNT) &&
	    !jk_account_name_is_valid(row->text[JK_IMPORT_ACCOUNT]))
		return blame(fault, row->line,
		    N_("account is no name of a Unix account"));
	return JK_OK;
}

/* S-56: who is not of the office comes with an approval, and goes with the
 * contract. */
static enum jk_err
check_affiliation(const struct jk_import_row *row, struct jk_csv_fault *fault)
{
	const char *text = row->text[JK_IMPORT_AFFILIATION];

	if (text[0] == '\0' || strcmp(text, "staff") == 0)
		return JK_OK;
	if (strcmp(text, "contractor") != 0)
		return blame(fault, row->line,
		    N_("affiliation is neither staff nor contractor"));
	if (!has(row, JK_IMPORT_APPROVAL) || !has(row, JK_IMPORT_UNTIL))
		return blame(fault, row->line,
		    N_("a contractor needs an approval and, as valid-until, "
		       "the last day of the contract"));
	return JK_OK;
}

static enum jk_err
check_action(const struct jk_import_row *row, struct jk_csv_fault *fault)
{
	if (row->action == JK_IMPORT_ADD &&
	    (!has(row, JK_IMPORT_NAME) || !has(row, JK_IMPORT_DEPARTMENT)))
		return blame(fault, row->line,
		    N_("a new person needs a name and a department"));
	if (row->action == JK_IMPORT_GRANT && !has(row, JK_IMPORT_TYPE))
		return blame(fault, row->line, N_("a grant needs a type"));
	if (row->action == JK_IMPORT_RETIRE &&
	    (has(row, JK_IMPORT_TYPE) || has(row, JK_IMPORT_FROM)))
		return blame(fault, row->line,
		    N_("who leaves gets no type, and has a last day "
		       "(valid-until) only"));
	if (has(row, JK_IMPORT_OPID) && !has(row, JK_IMPORT_TYPE))
		return blame(fault, row->line,
		    N_("an operator-id stands there without its type"));
	if (has(row, JK_IMPORT_TYPE) && !has(row, JK_IMPORT_BASIS))
		return blame(fault, row->line,
		    N_("an operator ID needs a basis: what was applied for, or "
		       "ordered"));
	return JK_OK;
}

enum jk_err
jk_import_read(const struct jk_csv *csv, const struct jk_import_map *map,
    size_t n, struct jk_import_row *ret, struct jk_csv_fault *fault)
{
	size_t action;
	enum jk_err e;

	*ret = (struct jk_import_row){ .line = csv->line[n] };
	for (size_t i = 0; i < JK_IMPORT_COLUMN_COUNT; i++)
		take_cell(jk_csv_cell(csv, n, map->at[i]), ret->text[i]);
	action =
	    find_word(actions, JK_COUNT(actions), ret->text[JK_IMPORT_ACTION]);
	if (action == JK_COUNT(actions))
		return blame(fault, ret->line,
		    N_("the action is none of add, change, retire, grant"));
	ret->action = (enum jk_import_action)action;
	if ((e = check_ids(ret, fault)) != JK_OK ||
	    (e = read_dates(ret, fault)) != JK_OK ||
	    (e = check_affiliation(ret, fault)) != JK_OK)
		return e;
	return check_action(ret, fault);
}

/* Over blanks of both widths. */
static const char *
skip(const char *text)
{
	for (;;) {
		if (is_blank(*text))
			text++;
		else if (strncmp(text, "　", strlen("　")) == 0)
			text += strlen("　");
		else
			return text;
	}
}

bool
jk_import_same_name(const char *a, const char *b)
{
	for (a = skip(a), b = skip(b); *a != '\0' && *a == *b;
	     a = skip(a + 1), b = skip(b + 1))
		;
	return *a == *b;
}
