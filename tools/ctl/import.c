/* SPDX-License-Identifier: BSD-2-Clause */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "granting.h"
#include "importapply.h"
#include "names.h"
#include "tablefile.h"

/* Different days in one table; more are counted with the last. */
#define DAYS_MAX 64

static const struct jk_rule rule = { JK_OP_IMPORT, JK_FUNC_OPERATOR_REGISTER,
	{ .roles = (1u << JK_ROLE_SYSTEM_MANAGER) |
	           (1u << JK_ROLE_SECURITY_OFFICER) } };

/* A line that came before, so that no other contradicts it. */
struct seen {
	char person[JK_ID_MAX + 1];
	char type[JK_ID_MAX + 1]; /* of a grant */
	enum jk_import_action action;
	unsigned line;
};

/* What happens on one day, in numbers. */
struct day {
	char day[11];
	size_t come, change, leave, before, opids;
};

struct importing {
	struct jk_change *c;
	struct jk_tablefile file;
	struct jk_import_map map;
	struct seen *seen;
	size_t n_seen, n_days, cards;
	size_t not_his; /* of the faults */
	struct day days[DAYS_MAX];
	bool wants[JK_FUNCTION_COUNT];
};

static void
complain(struct importing *im, unsigned line, const char *why)
{
	jk_tablefile_complain(&im->file, line, why);
}

static int
read_table(struct importing *im)
{
	const char *path = jk_call_get(im->c->call, "FILE");
	struct jk_csv_fault fault = { 0, "" };
	int status = jk_tablefile_read(im->c, path, &im->file);

	if (status != EXIT_OK)
		return status;
	if (jk_import_head(&im->file.csv, &im->map, &fault) != JK_OK)
		return jk_change_refuse(im->c, JK_WHY_ROW_BAD, "%s:%u: %s",
		    path, fault.line, _(fault.why));
	im->seen = calloc(im->file.csv.n, sizeof(*im->seen));
	return im->seen != NULL ? EXIT_OK
	                        : jk_change_refuse(im->c, JK_WHY_INTERNAL, "%s",
	                              _("out of memory"));
}

/* One line a person, but for further operator IDs. */
static bool
contradicts(const struct seen *old, const struct seen *new)
{
	const bool grant = new->action == JK_IMPORT_GRANT;

	if (strcmp(old->person, new->person) != 0)
		return false;
	if (old->action == JK_IMPORT_RETIRE || new->action == JK_IMPORT_RETIRE)
		return true;
	if (new->type[0] != '\0' && strcmp(old->type, new->type) == 0)
		return true;
	return !grant && old->action != JK_IMPORT_GRANT;
}

/* A type by its id, also where the line names its number. */
static const char *
type_of(const struct importing *im, const struct jk_import_row *row)
{
	const char *text = row->text[JK_IMPORT_TYPE];
	const struct jk_type *type = jk_granting_type(&im->c->set, text);

	return type != NULL ? type->id : text;
}

static bool
remember(struct importing *im, const struct jk_import_row *row)
{
	struct seen *new = &im->seen[im->n_seen];
	char why[96];

	new->action = row->action;
	new->line = row->line;
	(void)snprintf(new->person, sizeof(new->person), "%.*s", JK_ID_MAX,
	    row->text[JK_IMPORT_PERSON]);
	(void)snprintf(new->type, sizeof(new->type), "%.*s", JK_ID_MAX,
	    type_of(im, row));
	for (size_t i = 0; i < im->n_seen; i++) {
		if (!contradicts(&im->seen[i], new))
			continue;
		(void)snprintf(why, sizeof(why),
		    _("this person stands in line %u too"), im->seen[i].line);
		complain(im, row->line, why);
		return false;
	}
	im->n_seen++;
	return true;
}

/* Everything that a table does, the actor must be able to do by itself. */
static void
want_functions(struct importing *im, const struct jk_import_row *row)
{
	if (row->action == JK_IMPORT_CHANGE || row->action == JK_IMPORT_RETIRE)
		im->wants[JK_FUNC_OPERATOR_CHANGE] = true;
	if (row->action == JK_IMPORT_CHANGE && row->until != 0)
		im->wants[JK_FUNC_EXPIRY] = true;
	if (row->text[JK_IMPORT_TYPE][0] != '\0')
		im->wants[JK_FUNC_PERMISSION_ADD_RETURN] = true;
}

static int
ask_functions(struct importing *im)
{
	const struct jk_call *call = im->c->call;
	struct jk_actor actor;

	if (im->c->actor.console)
		return EXIT_OK;
	for (unsigned f = 0; f < JK_FUNCTION_COUNT; f++) {
		enum jk_reason why = im->wants[f]
		                         ? jk_actor_find(call, f, &actor)
		                         : JK_WHY_GRANTED;

		if (why != JK_WHY_GRANTED)
			return jk_change_refuse(im->c, why, "%s: %s",
			    jk_name_here(&jk_functions, f),
			    jk_actor_explain(why));
	}
	return EXIT_OK;
}

/* In words and numbers. */

static struct day *
day_of(struct importing *im, const char *day)
{
	for (size_t i = 0; i < im->n_days; i++)
		if (strcmp(im->days[i].day, day) == 0)
			return &im->days[i];
	if (im->n_days == DAYS_MAX)
		return &im->days[DAYS_MAX - 1];
	strcpy(im->days[im->n_days].day, day);
	return &im->days[im->n_days++];
}

static void
count(struct importing *im, const struct jk_import_row *row,
    const struct jk_import_done *done)
{
	struct day *day = day_of(im, done->day);

	day->come += row->action == JK_IMPORT_ADD;
	day->change += row->action == JK_IMPORT_CHANGE;
	day->leave += row->action == JK_IMPORT_RETIRE;
	day->before += done->before;
	day->opids += done->opids;
	im->cards += done->cards;
}

static const char *
sentence(enum jk_import_action action)
{
	switch (action) {
	case JK_IMPORT_ADD:
		return _("is registered");
	case JK_IMPORT_CHANGE:
		return _("is changed");
	case JK_IMPORT_RETIRE:
		return _("leaves");
	case JK_IMPORT_GRANT:
		return _("gets one more operator ID");
	case JK_IMPORT_ACTION_COUNT:
		break;
	}
	return "?";
}

static void
say_line(const struct jk_import_row *row, const struct jk_import_done *done)
{
	printf(_("line %u: from %s %s %s %s"), row->line, done->day,
	    row->text[JK_IMPORT_PERSON], done->name, sentence(row->action));
	if (row->text[JK_IMPORT_DEPARTMENT][0] != '\0' &&
	    row->action != JK_IMPORT_RETIRE)
		printf(_(", department %s"), row->text[JK_IMPORT_DEPARTMENT]);
	if (done->right[0] != '\0')
		printf(_(", %s until %s"), jk_name_type_id(done->right),
		    done->until);
	if (done->cards > 0)
		printf(_(", %zu cards must come back"), done->cards);
	if (done->before)
		fputs(_(" (stood in the registry already)"), stdout);
	putchar('\n');
}

static int
compare_days(const void *a, const void *b)
{
	return strcmp(((const struct day *)a)->day,
	    ((const struct day *)b)->day);
}

static void
say_numbers(struct importing *im)
{
	qsort(im->days, im->n_days, sizeof(*im->days), compare_days);
	for (size_t i = 0; i < im->n_days; i++) {
		const struct day *d = &im->days[i];

		printf(_("%s: %zu persons: %zu come, %zu change, %zu leave "
		         "(%zu scheduled already); %zu operator IDs\n"),
		    d->day, d->come + d->change + d->leave, d->come, d->change,
		    d->leave, d->before, d->opids);
	}
	if (im->cards > 0)
		printf(_("cards that must come back: %zu\n"), im->cards);
}

static void
take_line(struct importing *im, size_t n)
{
	char why[JK_IMPORT_WHY_MAX] = "";
	struct jk_csv_fault fault;
	struct jk_import_done done;
	struct jk_import_row row;

	if (jk_import_read(&im->file.csv, &im->map, n, &row, &fault) != JK_OK) {
		complain(im, fault.line, _(fault.why));
		return;
	}
	if (!remember(im, &row))
		return;
	if (!jk_import_apply(im->c, &row, &done, why)) {
		im->not_his += done.not_his;
		complain(im, row.line, why);
		return;
	}
	want_functions(im, &row);
	count(im, &row, &done);
	if (im->c->call->global.dry_run)
		say_line(&row, &done);
}

static int
import(struct importing *im)
{
	int status = jk_change_permit(im->c, "", "");

	if (status == EXIT_OK)
		status = read_table(im);
	if (status != EXIT_OK)
		return status;
	for (size_t i = 1; i < im->file.csv.n; i++)
		take_line(im, i);
	status = jk_tablefile_judge(im->c, &im->file,
	    im->not_his == im->file.faults ? JK_WHY_ROLE_NONE : JK_WHY_ROW_BAD);
	if (status != EXIT_OK || (status = ask_functions(im)) != EXIT_OK ||
	    (status = jk_tablefile_note(im->c, &im->file, im->n_seen)) !=
	        EXIT_OK)
		return status;
	say_numbers(im);
	return jk_change_commit(im->c, _("imported: %zu lines of %s"),
	    im->n_seen, im->file.path);
}

static int
run_import(const struct jk_call *call)
{
	struct jk_change c;
	struct importing *im = calloc(1, sizeof(*im));
	int status;

	if (im == NULL)
		return EXIT_REFUSED;
	im->c = &c;
	status = jk_change_begin(call, &rule, &c);
	strcpy(c.object, "registry:import");
	if (status == EXIT_OK)
		status = import(im);
	jk_tablefile_clear(&im->file);
	free(im->seen);
	free(im);
	jk_change_end(&c);
	return status;
}

const struct jk_command jk_import_commands[] = {
	{ "registry", "import", run_import,
	    N_("take over a table of a personnel change, as a whole or not"),
	    { { JK_PARAM_WORD, "FILE", NULL,
	        N_("CSV in UTF-8 with a line of headings: action (add, "
	           "change, retire, grant), person, name, department, "
	           "affiliation, approval, account, type, operator-id, "
	           "valid-from, valid-until, basis") } } },
	{ 0 },
};
