/* SPDX-License-Identifier: BSD-2-Clause */
#include "reviewsign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "accountfinding.h"
#include "callerfile.h"
#include "change.h"
#include "clock.h"
#include "file.h"
#include "ids.h"
#include "reviewsheet.h"

static const struct jk_rule rule = { JK_OP_REVIEW, JK_FUNCTION_COUNT,
	{ .roles = (1u << JK_ROLE_ACCESS_MANAGER) |
	           (1u << JK_ROLE_SECURITY_OFFICER) |
	           (1u << JK_ROLE_SYSTEM_MANAGER) } };

struct signing {
	struct jk_change *c;
	const char *path, *department;
	struct jk_csv csv;
	size_t faults, decided, removed, own;
	size_t due;     /* accounts that are due, and stand there */
	size_t not_his; /* of the faults */
	char today[11];
};

/* One line of the sheet is wrong; the others are still looked at. */
static void
complain(struct signing *s, unsigned line, const char *why)
{
	fprintf(stderr, "%s:%u: %s\n", s->path, line, why);
	s->faults++;
}

static int
read_sheet(struct signing *s)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	struct jk_csv_fault fault = { 0, "" };
	size_t len = 0;
	enum jk_err e = jk_callerfile_read(s->path, JK_CSV_MAX, &text, &len);

	if (e != JK_OK)
		return jk_change_refuse(s->c, JK_WHY_ROW_BAD, "%s: %s", s->path,
		    e == JK_ERR_SYS ? strerror(errno) : _(jk_err_text(e)));
	if (jk_csv_parse(text, len, &s->csv, &fault) != JK_OK)
		return jk_change_refuse(s->c, JK_WHY_ROW_BAD, "%s:%u: %s",
		    s->path, fault.line, _(fault.why));
	return EXIT_OK;
}

static const struct jk_account *
find_account(const struct signing *s, const char *name)
{
	const struct jk_list *list = &s->c->set.account;
	size_t i = list->order == NULL ? JK_NO_ROW : jk_list_find(list, name);
	const struct jk_account *a =
	    i == JK_NO_ROW ? NULL : jk_list_at(list, i);

	return a != NULL && jk_review_is_of(&s->c->set, a, s->department)
	           ? a
	           : NULL;
}

static bool
is_own(const struct signing *s, const struct jk_account *a)
{
	for (size_t i = 0; i < a->n_persons; i++)
		if (jk_duty_is_self(&s->c->actor, a->person[i]))
			return true;
	return false;
}

/* S-05: to strike him off is to end what he does in his roles. */
static bool
may_strike(const struct signing *s, const struct jk_account *a)
{
	const char *ignored;

	for (size_t i = 0; i < a->n_persons; i++) {
		const struct jk_person *p =
		    jk_find_person(&s->c->set, a->person[i]);

		if (p != NULL && strcmp(p->department, s->department) == 0 &&
		    jk_change_may_end(s->c, &s->c->rule->duty, p->id,
		        &ignored) != JK_WHY_GRANTED)
			return false;
	}
	return true;
}

/* In one of the first records but the headings. */
static bool
is_on_sheet(const struct signing *s, size_t rows, const char *name)
{
	for (size_t i = 1; i < rows; i++)
		if (strcmp(jk_judged_account(&s->csv, i), name) == 0)
			return true;
	return false;
}

/* The persons who stay: those of other departments. */
static int
keep_others(struct signing *s, const struct jk_account *a,
    struct jk_textrow *row)
{
	if (jk_textrow_set(row, "person", "") != JK_OK)
		return EXIT_REFUSED;
	for (size_t i = 0; i < a->n_persons; i++) {
		const struct jk_person *p =
		    jk_find_person(&s->c->set, a->person[i]);

		if (p != NULL && strcmp(p->department, s->department) != 0 &&
		    jk_textrow_add(row, "person", p->id) != JK_OK)
			return EXIT_REFUSED;
	}
	return EXIT_OK;
}

static int
carry_out(struct signing *s, const struct jk_account *a,
    const struct jk_judged *judged)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow row = { 0 };
	int status = jk_change_row(s->c, "account", a->name, &row);

	if (status != EXIT_OK)
		return status;
	if (judged->judgement == JK_JUDGED_REMOVE) {
		s->removed++;
		status = keep_others(s, a, &row);
		if (status == EXIT_OK && jk_textrow_get(&row, "person") == NULL)
			return jk_change_remove(s->c, "account", a->name);
	}
	if (status != EXIT_OK ||
	    jk_textrow_set(&row, "reviewed", s->today) != JK_OK)
		return EXIT_REFUSED;
	return jk_change_put(s->c, &row);
}

static int
note_decision(struct signing *s, const struct jk_judged *judged)
{
	char key[16], value[JK_LEDGER_TEXT_MAX + 1];

	(void)snprintf(key, sizeof(key), "%03zu", ++s->decided);
	if (snprintf(value, sizeof(value), "%s %s %s", judged->account,
	        jk_judgement_id(judged->judgement),
	        judged->reason) >= (int)sizeof(value))
		complain(s, judged->line, _("the reason is too long"));
	if (s->decided <= JK_REVIEW_MAX)
		return jk_change_note(s->c, key, value);
	if (s->decided == JK_REVIEW_MAX + 1)
		complain(s, judged->line,
		    _("too many for one sheet: take out this line and those "
		      "behind it, and sign them after this, from a new sheet"));
	return EXIT_OK;
}

/* The sheet is the one that was given out, and this is one of its accounts. */
static const struct jk_account *
check_line(struct signing *s, size_t row, const struct jk_judged *judged)
{
	const struct jk_account *a = find_account(s, judged->account);
	struct jk_review_line line;

	if (a == NULL) {
		complain(s, judged->line,
		    _("the department has no such account"));
		return NULL;
	}
	if (is_on_sheet(s, row, judged->account)) {
		complain(s, judged->line, _("this account stands there twice"));
		return NULL;
	}
	jk_review_fill(&s->c->set, a, s->c->now, &line);
	if (strcmp(line.rights, judged->rights) != 0) {
		complain(s, judged->line,
		    _("the rights are others by now: judge this line anew, "
		      "from a new sheet"));
		return NULL;
	}
	return a;
}

static int
judge(struct signing *s, size_t row)
{
	struct jk_csv_fault fault;
	struct jk_judged judged;
	const struct jk_account *a;
	int status;

	if (jk_judged_read(&s->csv, row, &judged, &fault) != JK_OK) {
		complain(s, fault.line, _(fault.why));
		return EXIT_OK;
	}
	a = check_line(s, row, &judged);
	if (a == NULL)
		return EXIT_OK;
	s->due += jk_account_is_due(&s->c->set, a, s->c->now);
	if (is_own(s, a)) {
		s->own++;
		fprintf(stderr,
		    _("note: your own account %s stays open: another officer "
		      "judges it\n"),
		    a->name);
		return EXIT_OK;
	}
	if (judged.judgement == JK_JUDGED_REMOVE && !may_strike(s, a)) {
		s->not_his++;
		complain(s, judged.line,
		    _("an owner has a role for which you may not act: leave "
		      "this line out, and an officer of the whole office "
		      "judges it"));
		return EXIT_OK;
	}
	status = carry_out(s, a, &judged);
	return status == EXIT_OK ? note_decision(s, &judged) : status;
}

/*
 * A review that leaves something out is none. But a sheet that is full of what
 * is due is a part of one: the rest stays due.
 */
static void
look_for_missing(struct signing *s)
{
	const struct jk_list *list = &s->c->set.account;
	const bool full = s->due >= JK_REVIEW_MAX;
	size_t rest = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct jk_account *a = jk_list_at(list, i);

		if (!jk_review_is_of(&s->c->set, a, s->department) ||
		    !jk_account_is_due(&s->c->set, a, s->c->now) ||
		    is_own(s, a) || is_on_sheet(s, s->csv.n, a->name))
			continue;
		if (!may_strike(s, a)) {
			fprintf(stderr,
			    _("note: account %s stays open: an officer of the "
			      "whole office judges it\n"),
			    a->name);
			continue;
		}
		if (full) {
			rest++;
			continue;
		}
		fprintf(stderr, _("%s: account %s is due, and is missing\n"),
		    s->path, a->name);
		s->faults++;
	}
	if (rest > 0)
		fprintf(stderr,
		    _("note: %zu more accounts are due: go on with a new "
		      "sheet, \"jukinetctl review start\"\n"),
		    rest);
}

static int
sign(struct signing *s)
{
	int status = jk_change_permit(s->c, "", s->department);

	if (status == EXIT_OK)
		status = read_sheet(s);
	for (size_t i = 1; i < s->csv.n && status == EXIT_OK; i++)
		status = judge(s, i);
	if (status != EXIT_OK)
		return status;
	look_for_missing(s);
	if (s->faults > 0)
		return jk_change_refuse(s->c,
		    s->not_his == s->faults ? JK_WHY_ROLE_DEPT : JK_WHY_ROW_BAD,
		    "%s",
		    _("the sheet is refused as a whole, nothing was "
		      "changed: see above"));
	status = jk_change_note(s->c, "department", s->department);
	if (status != EXIT_OK)
		return status;
	return jk_change_commit(s->c,
	    _("signed: %zu accounts of %s judged, %zu of them removed"),
	    s->decided, s->department, s->removed);
}

int
jk_review_sign(const struct jk_call *call)
{
	struct jk_change c;
	struct signing s = {
		.c = &c,
		.path = jk_call_get(call, "FILE"),
		.department = jk_call_get(call, "department"),
	};
	int status;

	if (!jk_row_id_is_valid(s.department))
		return jk_id_error(s.department);
	status = jk_change_begin(call, &rule, &c);
	(void)snprintf(c.object, sizeof(c.object), "department:%s",
	    s.department);
	jk_date_format(c.now, s.today);
	if (status == EXIT_OK)
		status = sign(&s);
	jk_csv_clear(&s.csv);
	jk_change_end(&c);
	return status;
}
