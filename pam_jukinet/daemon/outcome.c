/* SPDX-License-Identifier: BSD-2-Clause */
#include "outcome.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "facts.h"
#include "hex.h"
#include "log.h"
#include "reader.h"
#include "times.h"
#include "trustrule.h"
#include "worker.h"

/* Root's word on the service counts; others only claim. */
static enum jk_err
set_asker(const struct jk_worker *w, struct jk_record *r)
{
	const struct jk_claim *c = &w->claim;
	char claim[3 * JK_CLAIM_MAX + 8];
	enum jk_err e;

	if (w->peer.uid == 0) {
		/* A name that cannot be one is left out. */
		(void)jk_record_set_terminal(r, c->tty);
		e = jk_record_set(r, JK_REC_SERVICE, c->service);
		return e != JK_OK || c->host[0] == '\0'
		           ? e
		           : jk_record_set(r, JK_REC_CLAIM, c->host);
	}
	if (c->service[0] == '\0' && c->tty[0] == '\0' && c->host[0] == '\0')
		return JK_OK;
	(void)snprintf(claim, sizeof(claim), "%s,%s,%s", c->service, c->tty,
	    c->host);
	return jk_record_set(r, JK_REC_CLAIM, claim);
}

static enum jk_err
set_place(const struct jk_worker *w, struct jk_record *r)
{
	const struct jk_place *p = &w->place;
	char policy[9];
	enum jk_err e;

	if (p->snapshot == NULL)
		return JK_OK;
	jk_hex_encode(p->policy.digest, 4, policy);
	if ((e = jk_record_set(r, JK_REC_TERM, p->terminal.id)) != JK_OK ||
	    (e = jk_record_set(r, JK_REC_CLASS,
	         jk_word_id(&jk_classes, p->terminal.class))) != JK_OK)
		return e;
	return jk_record_set(r, JK_REC_POLICY, policy);
}

/* Of a card that was refused: whose it is, as far as that is known. */
static enum jk_err
set_facts(const struct jk_outcome *o, struct jk_record *r)
{
	const struct jk_facts *f = o->facts;
	char key[17];
	enum jk_err e;

	if (!f->has_card)
		return JK_OK;
	jk_hex_encode(f->card.key, 8, key);
	if ((e = jk_record_set(r, JK_REC_CARD, f->card.id)) != JK_OK ||
	    (e = jk_record_set(r, JK_REC_KEY, key)) != JK_OK ||
	    (e = jk_record_set(r, JK_REC_PERSON, f->card.person)) != JK_OK)
		return e;
	if (o->opid >= f->n_opids)
		return JK_OK;
	if ((e = jk_record_set(r, JK_REC_RIGHT, f->opids[o->opid].id)) != JK_OK)
		return e;
	return jk_record_set(r, JK_REC_TYPE, f->opids[o->opid].type);
}

/* How far its certificate was looked into, whatever came of it. */
static enum jk_err
set_trust(const struct jk_facts *f, struct jk_record *r)
{
	char text[JK_TRUST_TEXT_MAX + 1];

	if (f == NULL || !f->has_card)
		return JK_OK;
	jk_trust_describe(&f->card.trust, jk_real_s(), text);
	return jk_record_set(r, JK_REC_TRUST, text);
}

static enum jk_err
set_optional(struct jk_record *r, enum jk_record_field field, const char *value)
{
	return value != NULL ? jk_record_set(r, field, value) : JK_OK;
}

static enum jk_err
set_device(const struct jk_outcome *o, struct jk_record *r)
{
	char seconds[24];
	enum jk_err e = o->reader != NULL && o->reader[0] != '\0'
	                    ? jk_record_set(r, JK_REC_READER, o->reader)
	                    : JK_OK;

	if (e != JK_OK || o->seconds <= 0)
		return e;
	(void)snprintf(seconds, sizeof(seconds), "%lld", (long long)o->seconds);
	return jk_record_set(r, JK_REC_SECONDS, seconds);
}

static enum jk_err
set_use(const struct jk_outcome_use *u, struct jk_record *r)
{
	const struct {
		enum jk_record_field field;
		const char *value;
	} rows[] = {
		{ JK_REC_OBJECT, u->object },
		{ JK_REC_USE, u->use },
		{ JK_REC_PURPOSE, u->purpose },
		{ JK_REC_RECEPTION, u->reception },
		{ JK_REC_BUSINESS, u->business },
		{ JK_REC_ACTION, u->action },
		{ JK_REC_SEARCH, u->search },
		{ JK_REC_SUBJECT, u->subject },
		{ JK_REC_REQUIREMENT, u->requirement },
		{ JK_REC_PERMISSION, u->permission },
		{ JK_REC_CONFIRMER, u->confirmer },
		{ JK_REC_DIGEST, u->digest },
		{ JK_REC_OF, u->of },
	};
	char count[24];
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < JK_COUNT(rows) && e == JK_OK; i++)
		e = set_optional(r, rows[i].field, rows[i].value);
	if (e != JK_OK || u->count == NULL)
		return e;
	(void)snprintf(count, sizeof(count), "%llu",
	    (unsigned long long)*u->count);
	return jk_record_set(r, JK_REC_NUMBER, count);
}

static enum jk_err
set_details(const struct jk_outcome *o, struct jk_record *r)
{
	char tries[24];
	enum jk_err e;

	if ((e = set_optional(r, JK_REC_FOR, o->purpose)) != JK_OK ||
	    (e = set_optional(r, JK_REC_FUNCTION, o->function)) != JK_OK ||
	    (e = set_optional(r, JK_REC_FROM, o->from)) != JK_OK)
		return e;
	if (o->grant != NULL)
		e = jk_grant_record(o->grant, r);
	else if (e == JK_OK && o->facts != NULL)
		e = set_facts(o, r);
	if (e == JK_OK)
		e = set_trust(o->facts, r);
	if (e == JK_OK && o->grant != NULL && o->grant->receipt[0] != '\0')
		e = jk_record_set(r, JK_REC_RECEIPT, o->grant->receipt);
	if (e == JK_OK && o->tries != JK_TRIES_UNKNOWN) {
		(void)snprintf(tries, sizeof(tries), "%llu",
		    (unsigned long long)o->tries);
		e = jk_record_set(r, JK_REC_TRIES, tries);
	}
	if (e == JK_OK)
		e = set_optional(r, JK_REC_SESSION, o->session);
	if (e == JK_OK && o->use != NULL)
		e = set_use(o->use, r);
	return e == JK_OK ? set_device(o, r) : e;
}

enum jk_err
jk_outcome_record(const struct jk_worker *w, const struct jk_outcome *o,
    enum jk_reason why, struct jk_record *ret)
{
	/* An unknown name may be a password typed into the wrong place. */
	const char *acct =
	    w->account.name[0] != '\0' ? w->account.name : "(unknown)";
	enum jk_err e;

	*ret = (struct jk_record){
		.op = o->op,
		.success = why == JK_WHY_GRANTED,
	};
	if ((e = jk_record_set(ret, JK_REC_ACCT, acct)) != JK_OK ||
	    (e = set_asker(w, ret)) != JK_OK ||
	    (e = set_place(w, ret)) != JK_OK ||
	    (e = set_details(o, ret)) != JK_OK)
		return e;
	return why == JK_WHY_GRANTED
	           ? JK_OK
	           : jk_record_set(ret, JK_REC_WHY, jk_reason_code(why));
}

static void
add_classes(struct jk_params *params, const struct jk_type *type)
{
	char text[JK_PARAM_VALUE] = "";
	size_t n = 0;

	for (unsigned i = 0; i < JK_CLASS_COUNT; i++)
		if ((type->classes & jk_bit(i)) != 0)
			n +=
			    (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
			        n > 0 ? ", " : "", jk_word_id(&jk_classes, i));
	jk_params_add(params, "classes", text);
}

/* Who is in: another one wants to know whom to ask. Where the public can read
 * the screen it is left out, and so is it in the text. */
static void
add_holder(struct jk_worker *w, struct jk_params *params)
{
	struct jk_session session;
	struct jk_person person;

	if (w->place.settings.show_name &&
	    jk_session_load(w->run_dir, w->account.uid, &session) == JK_OK &&
	    jk_snapshot_person(w->place.snapshot, session.grant.person,
	        &person) == JK_OK)
		jk_params_add(params, "name", person.name);
}

/* Whom to call: who uses this terminal comes before the terminal itself, and
 * that before the office as a whole. */
static void
add_contact(struct jk_worker *w, struct jk_params *params)
{
	const struct jk_terminal *t = &w->place.terminal;
	struct jk_department row;

	for (size_t i = 0; w->place.snapshot != NULL && i < t->n_departments;
	     i++)
		if (jk_snapshot_department(w->place.snapshot, t->department[i],
		        &row) == JK_OK &&
		    row.contact[0] != '\0') {
			jk_params_add(params, "contact", row.contact);
			return;
		}
	jk_params_add(params, "contact",
	    w->place.settings.contact[0] != '\0' ? w->place.settings.contact
	                                         : w->place.policy.contact);
}

void
jk_outcome_explain(struct jk_worker *w, struct jk_outcome *o,
    enum jk_reason why)
{
	const struct jk_settings *s = &w->place.settings;
	const struct jk_facts *f = o->facts;
	const struct jk_opid *opid =
	    f != NULL && o->opid < f->n_opids ? &f->opids[o->opid] : NULL;
	struct jk_params *p = &o->params;

	/* `until` is the first second that no longer counts. */
	if (why == JK_WHY_CARD_EXPIRED && f != NULL)
		jk_params_add_date(p, "date", f->card.valid.until - 1);
	else if (why == JK_WHY_CARD_NOTYET && f != NULL)
		jk_params_add_date(p, "date", f->card.valid.from);
	else if (why == JK_WHY_CRL_STALE && f != NULL)
		jk_params_add_date(p, "date", f->card.trust.next_update);
	else if (why == JK_WHY_PERSON_EXPIRED && f != NULL)
		jk_params_add_date(p, "date", f->person.valid.until - 1);
	else if (why == JK_WHY_PERSON_NOTYET && f != NULL)
		jk_params_add_date(p, "date", f->person.valid.from);
	else if (why == JK_WHY_OPID_EXPIRED && opid != NULL)
		jk_params_add_date(p, "date", opid->valid.until - 1);
	else if (why == JK_WHY_OPID_NOTYET && opid != NULL)
		jk_params_add_date(p, "date", opid->valid.from);
	else if (why == JK_WHY_SESS_OTHER)
		add_holder(w, p);
	else if (why == JK_WHY_PIN_WRONG || why == JK_WHY_PUK_WRONG)
		jk_params_add_number(p, "n", o->tries);
	else if (why == JK_WHY_PIN_OVERDUE && f != NULL)
		jk_params_add_day(p, "date", &f->pin.set);
	else if (why == JK_WHY_OPID_TERMINAL && opid != NULL)
		add_classes(p, &f->types[o->opid]);
	else if (why == JK_WHY_PIN_MALFORMED) {
		jk_params_add_number(p, "min",
		    o->pin_max != 0 ? o->pin_min : s->pin_min);
		jk_params_add_number(p, "max",
		    o->pin_max != 0 ? o->pin_max : s->pin_max);
	} else if (why == JK_WHY_LOOK_BULK && o->use != NULL) {
		jk_params_add_number(p, "n", o->use->persons);
		jk_params_add_number(p, "max", o->use->max);
	} else if (why == JK_WHY_BIZ_DENIED && o->use != NULL &&
	           o->use->business != NULL)
		jk_params_add(p, "business", o->use->business);
	if (opid != NULL)
		jk_params_add(p, "type", opid->type);
	add_contact(w, p);
}

static enum jk_err
note(struct jk_worker *w, const struct jk_outcome *o, enum jk_reason why)
{
	struct jk_record record;
	enum jk_err e = jk_outcome_record(w, o, why, &record);

	if (e == JK_OK)
		e = jk_recorder_note(&w->recorder, &record);
	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "cannot record (%s): %s",
		    jk_reason_code(why), jk_err_text(e));
	return e;
}

void
jk_outcome_note(struct jk_worker *worker, struct jk_outcome *outcome)
{
	(void)note(worker, outcome, JK_WHY_GRANTED);
}

enum jk_err
jk_outcome_deny(struct jk_worker *w, struct jk_outcome *o, enum jk_reason why)
{
	jk_outcome_explain(w, o, why);
	return note(w, o, why);
}

void
jk_outcome_refuse(struct jk_worker *w, struct jk_outcome *o, enum jk_reason why)
{
	if (why == JK_WHY_GRANTED)
		why = JK_WHY_INTERNAL;
	(void)jk_outcome_deny(w, o, why);
	if (o->standing != NULL)
		(void)jk_reply_note(w, o->standing, NULL);
	(void)jk_reply_refusal(w, why, &o->params);
}

/* The record stands in the log, and is not valid after all. */
static void
take_back(struct jk_worker *w)
{
	jk_recorder_void(&w->recorder, w->recorder.id);
	jk_uses_give_back(w->keep_dir, &w->uses);
}

void
jk_outcome_withdraw(struct jk_worker *w, struct jk_outcome *o,
    enum jk_reason why)
{
	take_back(w);
	jk_outcome_refuse(w, o, why);
}

/*
 * What was stored goes first: killed in between, a record stands for what is no
 * more, and nobody holds an approval that is as new. What cannot be undone has
 * happened, and then its record is true.
 */
static enum jk_err
undo_all(struct jk_worker *w, jk_outcome_undo_fn *undo, const void *ctx,
    enum jk_err e)
{
	enum jk_err undone = JK_OK;

	if (undo != NULL)
		undone = undo(w, ctx);
	if (undone == JK_OK || undone == JK_ERR_NOT_FOUND)
		take_back(w);
	else
		jk_log(JK_LOG_ERR, "record %s stands, unanswered: %s",
		    w->recorder.id, jk_err_text(undone));
	return e;
}

enum jk_err
jk_outcome_deliver_or(struct jk_worker *w, const struct jk_reply_more *more,
    jk_outcome_undo_fn *undo, const void *ctx)
{
	enum jk_err e = jk_reply_grant(w, more);

	return e == JK_OK ? e : undo_all(w, undo, ctx, e);
}

enum jk_err
jk_outcome_grant_or(struct jk_worker *w, const struct jk_reply_more *more,
    jk_outcome_undo_fn *undo, const void *ctx)
{
	enum jk_err e = jk_recorder_settled(&w->recorder);

	return e == JK_OK ? jk_outcome_deliver_or(w, more, undo, ctx)
	                  : undo_all(w, undo, ctx, e);
}

enum jk_err
jk_outcome_grant(struct jk_worker *w, const struct jk_reply_more *more)
{
	return jk_outcome_grant_or(w, more, NULL, NULL);
}

/* As if there were no such approval. */
static enum jk_reason
missed(enum jk_approval_kind kind)
{
	switch (kind) {
	case JK_APPROVAL_DELEGATION:
		return JK_WHY_DELEGATION_NONE;
	case JK_APPROVAL_FALLBACK_PIN:
		return JK_WHY_FALLBACK_NONE;
	case JK_APPROVAL_AFTER_HOURS:
		return JK_WHY_TIME_OUT;
	case JK_APPROVAL_IDENTITY_INFO:
		return JK_WHY_PERM_NONE;
	case JK_APPROVAL_COUNT:
		break;
	}
	return JK_WHY_INTERNAL;
}

/* Somebody may have been faster: this was decided before the record. */
static enum jk_reason
use_approvals(struct jk_worker *w, const struct jk_outcome *o)
{
	for (unsigned i = 0; o->facts != NULL && i < o->facts->n_approvals;
	     i++) {
		const struct jk_approval *a = &o->facts->approvals[i];
		enum jk_err e = JK_OK;

		if ((o->approvals & jk_bit(i)) != 0 && a->once)
			e = jk_uses_take(w->keep_dir, a->id, w->recorder.id,
			    &w->uses);
		if (e == JK_ERR_EXISTS)
			return missed(a->kind);
		if (e != JK_OK) {
			jk_log(JK_LOG_ERR, "cannot use approval %s: %s", a->id,
			    jk_err_text(e));
			return JK_WHY_INTERNAL;
		}
	}
	return JK_WHY_GRANTED;
}

static enum jk_err
use_or_withdraw(struct jk_worker *w, struct jk_outcome *o)
{
	enum jk_reason why = use_approvals(w, o);

	if (why == JK_WHY_GRANTED)
		return JK_OK;
	jk_outcome_withdraw(w, o, why);
	return JK_ERR_REFUSED;
}

enum jk_err
jk_outcome_prove(struct jk_worker *w, struct jk_outcome *o,
    char ret_receipt[static JK_RECEIPT_MAX + 1])
{
	struct jk_record record;
	enum jk_err e = jk_outcome_record(w, o, JK_WHY_GRANTED, &record);

	if (e == JK_OK)
		e = jk_recorder_prove(&w->recorder, &record, ret_receipt);
	if (e == JK_OK) {
		jk_times_set_last_record(w->keep_dir, jk_real_s());
		return use_or_withdraw(w, o);
	}
	if (e == JK_ERR_REFUSED)
		return e; /* nobody is there any more; the record is void */
	jk_log(JK_LOG_ERR, "no receipt for record %s: %s", w->recorder.id,
	    jk_err_text(e));
	jk_outcome_refuse(w, o, JK_WHY_AUDIT_DOWN);
	return e;
}
