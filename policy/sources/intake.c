/* SPDX-License-Identifier: BSD-2-Clause */
#include "intake.h"

#include <stdlib.h>
#include <string.h>

#include "draft.h"

/* Of one value, bytes: a certificate's file is the largest. */
#define VALUE_MAX 65536

/* What stands for the name of a place that the source does not give. */
#define NO_PLACE "-"

/* What the section at hand fills. */
union object {
	struct jk_department department;
	struct jk_person person;
	struct jk_account account;
	struct jk_opid opid;
	struct jk_role role;
	struct jk_approval approval;
	struct jk_card_draft card;
	struct jk_terminal terminal;
};

static bool
period_is_sound(const struct jk_draft *d, const struct jk_period *valid)
{
	if (valid->until == 0 || valid->from < valid->until)
		return true;
	jk_report_error(d->report, jk_draft_place_of(d, "valid-until"),
	    "valid-until lies before valid-from");
	return false;
}

static enum jk_err
keep(struct jk_intake *in, const struct jk_draft *d, union object *o)
{
	struct jk_rowset *set = in->set;
	const struct {
		const char *kind;
		struct jk_list *list;
		const struct jk_period *valid;
	} kinds[] = {
		{ "department", &set->department, NULL },
		{ "person", &set->person, &o->person.valid },
		{ "account", &set->account, NULL },
		{ "operator-id", &set->opid, &o->opid.valid },
		{ "role", &set->role, &o->role.valid },
		{ "approval", &set->approval, &o->approval.valid },
		{ "card", &set->card, NULL },
		{ "terminal", &set->terminal, NULL },
	};
	struct jk_place place = d->place;

	place.file = jk_rowset_file(set, place.file);
	if (place.file == NULL)
		return JK_ERR_NOMEM;
	if (strcmp(d->name, "card") == 0)
		o->card.card.handed_over = o->card.handed_at != 0;
	for (size_t i = 0; i < JK_COUNT(kinds); i++) {
		if (strcmp(d->name, kinds[i].kind) != 0)
			continue;
		if (kinds[i].valid != NULL &&
		    !period_is_sound(d, kinds[i].valid))
			return JK_OK;
		/* Every row begins with its id, and has room for it. */
		strcpy((char *)o, d->id);
		return jk_list_add(kinds[i].list, place, o);
	}
	return JK_ERR_UNSUPPORTED;
}

static void
free_copy(char **copy)
{
	free(*copy);
}

/* Copies, with a NUL behind: a value's bytes have none. */
static enum jk_err
set_value(struct jk_draft *d, const struct jukinet_policy_value *v)
{
	JK_CLEANUP(free_copy) char *copy = NULL;

	if (v->key == NULL || (v->data == NULL && v->len > 0)) {
		jk_report_error(d->report, d->place,
		    "the source gave a key or a value that is none");
		return JK_OK;
	}
	if (v->len > VALUE_MAX) {
		jk_report_error(d->report,
		    (struct jk_place){ d->place.file, v->line },
		    "%s: longer than %d bytes", v->key, VALUE_MAX);
		return JK_OK;
	}
	copy = malloc(v->len + 1);
	if (copy == NULL)
		return JK_ERR_NOMEM;
	if (v->len > 0)
		memcpy(copy, v->data, v->len);
	copy[v->len] = '\0';
	jk_draft_set(d, v->key, copy, v->len, v->line);
	return JK_OK;
}

static bool
begin(struct jk_intake *in, const struct jukinet_policy_row *row,
    struct jk_draft *ret)
{
	const char *kind = row->kind != NULL ? row->kind : "";
	const char *id = row->id != NULL ? row->id : "";
	const char *fault = "section name is too long";

	*ret = (struct jk_draft){
		.report = in->report,
		.file = JK_CONF_REGISTRY,
		.place = { row->place != NULL ? row->place : NO_PLACE,
		    row->line },
	};
	if (strlen(kind) < sizeof(ret->name) && strlen(id) < sizeof(ret->id)) {
		strcpy(ret->name, kind);
		strcpy(ret->id, id);
		fault = jk_draft_fault(ret);
	}
	if (fault == NULL)
		return true;
	jk_report_error(in->report, ret->place, "[%s%s%s]: %s", kind,
	    id[0] != '\0' ? " " : "", id, fault);
	return false;
}

enum jk_err
jk_intake_row(struct jk_intake *in, const struct jukinet_policy_row *row)
{
	union object object;
	struct jk_draft d;
	enum jk_err e = JK_OK;

	if (!begin(in, row, &d))
		return JK_OK;
	memset(&object, 0, sizeof(object));
	if (strcmp(d.name, "card") == 0)
		object.card.old = in->old;
	jk_draft_begin(&d, &object);
	for (size_t i = 0; i < row->n_values && e == JK_OK; i++)
		e = set_value(&d, &row->values[i]);
	if (e == JK_OK && jk_draft_end(&d))
		e = keep(in, &d, &object);
	return e;
}

/* The host's side. */

static int
take_row(void *ctx, const struct jukinet_policy_row *row)
{
	struct jk_intake *in = ctx;

	if (in->without != NULL && row->place != NULL &&
	    strcmp(in->without, row->place) == 0)
		return 0;
	if (in->e == JK_OK)
		in->e = jk_intake_row(in, row);
	return in->e == JK_OK ? 0 : 1;
}

static void
take_serial(void *ctx, uint64_t serial)
{
	struct jk_intake *in = ctx;

	jk_rowset_name_registry(in->set, serial);
}

static int
take_applied(void *ctx, const struct jukinet_policy_applied *applied)
{
	const struct jk_intake *in = ctx;

	return in->applied == NULL ? 0 : in->applied(in->applied_ctx, applied);
}

static void
take_error(void *ctx, const char *place, unsigned line, const char *text)
{
	struct jk_intake *in = ctx;

	jk_report_error(in->report,
	    (struct jk_place){ place != NULL ? place : NO_PLACE, line }, "%s",
	    text != NULL ? text : "the source met an error");
}

static void
take_warning(void *ctx, const char *place, unsigned line, const char *text)
{
	struct jk_intake *in = ctx;

	jk_report_warning(in->report,
	    (struct jk_place){ place != NULL ? place : NO_PLACE, line }, "%s",
	    text != NULL ? text : "the source met something");
}

void
jk_intake_host(struct jk_intake *intake, struct jukinet_policy_host *ret)
{
	*ret = (struct jukinet_policy_host){
		.version = JUKINET_POLICY_VERSION,
		.size = sizeof(*ret),
		.ctx = intake,
		.yield = take_row,
		.serial = take_serial,
		.applied = take_applied,
		.error = take_error,
		.warning = take_warning,
	};
}
