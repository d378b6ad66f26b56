/* SPDX-License-Identifier: BSD-2-Clause */
/* From the record that is sent to the answer, or to its void. */
#include <string.h>

#include "clock.h"
#include "keys.h"
#include "log.h"
#include "mac.h"
#include "reader.h"
#include "times.h"
#include "use.h"
#include "worker.h"
#include "write.h"

static void
answer(struct jk_use *u, const struct jk_answer *a)
{
	/* Whoever does not read his answers is not asked any more. */
	if (jk_reply_answer(u->w, a) != JK_OK)
		u->over = true;
}

void
jk_use_refuse(struct jk_use *u, uint64_t seq, struct jk_outcome *o,
    enum jk_reason why)
{
	struct jk_answer a = { .seq = seq };

	a.why = why != JK_WHY_GRANTED ? why : JK_WHY_INTERNAL;
	if (jk_outcome_deny(u->w, o, a.why) == JK_OK && o->op == JK_OP_LOOKUP)
		jk_use_count(u, JK_USEBOOK_REFUSED, 1);
	a.params = &o->params;
	answer(u, &a);
}

static void
free_slot(struct jk_use *u, struct jk_flying *f)
{
	jk_flight_clear(&u->flight, (size_t)(f - u->flying));
	explicit_bzero(&f->query, sizeof(f->query));
	f->used = false;
	u->n_flying--;
}

/* The record does not count: what hangs on it alone is as it was. */
static void
take_back(struct jk_use *u, struct jk_flying *f)
{
	jk_recorder_disown(&u->w->recorder, f->id);
	jk_uses_give_back(u->w->keep_dir, &f->uses);
}

/* What was asked for has not come about, and may be asked for again. */
static void
give_up(struct jk_use *u, enum jk_frame_type kind, const struct jk_query *q)
{
	if (kind == JK_FRAME_RESULT)
		jk_use_result_over(u, q->id, false);
	else if (kind == JK_FRAME_DONE)
		jk_use_done_over(u, q, false);
}

void
jk_use_crash(struct jk_use *u, struct jk_flying *f, enum jk_reason why)
{
	struct jk_outcome o = { .tries = JK_TRIES_UNKNOWN };
	const struct jk_answer a = {
		.seq = f->query.seq,
		.why = why,
		.params = &o.params,
	};

	take_back(u, f);
	jk_outcome_explain(u->w, &o, why);
	f->record.success = false;
	if (jk_record_set(&f->record, JK_REC_WHY, jk_reason_code(why)) !=
	        JK_OK ||
	    jk_recorder_note(&u->w->recorder, &f->record) != JK_OK)
		jk_log(JK_LOG_ERR, "cannot record (%s)", jk_reason_code(why));
	else if (f->kind == JK_FRAME_QUERY)
		jk_use_count(u, JK_USEBOOK_REFUSED, 1);
	give_up(u, f->kind, &f->query);
	free_slot(u, f);
	answer(u, &a);
}

/* What the next login and the next decision hold the clock against. */
static void
note_time(struct jk_use *u)
{
	const int64_t now = jk_real_s();

	if (now <= u->moment.last_record)
		return;
	jk_times_set_last_record(u->w->keep_dir, now);
	u->moment.last_record = now;
}

static void
remember(struct jk_use *u, const struct jk_flying *f)
{
	struct jk_past *p = &u->past[u->next_past++ % JK_USE_PAST];

	memcpy(p->id, f->id, sizeof(p->id));
	p->persons = f->persons;
	p->told = false;
}

/* As long as it is called unanswered: who dies now has counted too much. */
static void
count(struct jk_use *u, const struct jk_flying *f)
{
	if (f->kind == JK_FRAME_QUERY)
		jk_use_count(u, JK_USEBOOK_ALLOWED, 1);
	else if (f->kind == JK_FRAME_RESULT)
		jk_use_count(u, JK_USEBOOK_PERSONS, f->query.count);
}

/* Nobody has got the answer. */
static void
uncount(struct jk_use *u, const struct jk_flying *f)
{
	if (f->kind == JK_FRAME_QUERY)
		jk_usebook_drop(&u->book, JK_USEBOOK_ALLOWED, 1);
	else if (f->kind == JK_FRAME_RESULT)
		jk_usebook_drop(&u->book, JK_USEBOOK_PERSONS, f->query.count);
	else if (f->kind == JK_FRAME_DONE)
		jk_use_done_over(u, &f->query, false);
}

/* After the answer: who dies before leaves uses that are proposed once more. */
static void
mark_entered(struct jk_use *u, const struct jk_flying *f)
{
	if (f->kind == JK_FRAME_DONE)
		jk_use_done_over(u, &f->query, true);
}

/* Of the act as it was asked for, and as the record has it. */
static bool
make_mac(const struct jk_use *u, const struct jk_flying *f, const char *receipt,
    char ret[static 65], char ret_key[static JK_ID_MAX + 1])
{
	static const struct {
		enum jk_mac_line line;
		enum jk_record_field field;
	} same[] = {
		{ JK_MAC_TERMINAL, JK_REC_TERM },
		{ JK_MAC_SESSION, JK_REC_SESSION },
		{ JK_MAC_PERSON, JK_REC_PERSON },
		{ JK_MAC_RIGHT, JK_REC_RIGHT },
		{ JK_MAC_USE, JK_REC_USE },
		{ JK_MAC_PURPOSE, JK_REC_PURPOSE },
		{ JK_MAC_RECEPTION, JK_REC_RECEPTION },
		{ JK_MAC_PERMISSION, JK_REC_PERMISSION },
		{ JK_MAC_CONFIRMER, JK_REC_CONFIRMER },
	};
	struct jk_mac_of of = { 0 };
	char count[24];

	if (f->kind != JK_FRAME_QUERY || u->keys == NULL)
		return false;
	jk_mac_add(&f->query, count, &of);
	for (size_t i = 0; i < JK_COUNT(same); i++)
		of.value[same[i].line] = f->record.value[same[i].field];
	of.value[JK_MAC_EVENT] = receipt;
	of.value[JK_MAC_ID] = f->id;
	of.value[JK_MAC_GROUNDS] = u->grounds;
	return jk_keys_mac(u->keys, &of, ret, ret_key) == JK_OK;
}

/* The session of this use, and not one that was begun since. */
static bool
is_active(const struct jk_use *u)
{
	const struct jk_session *s = &u->standing.session;

	return s->state == JK_SESSION_ACTIVE && strcmp(s->id, u->session) == 0;
}

void
jk_use_land(struct jk_use *u, struct jk_flying *f, const char *receipt)
{
	char mac[65], mac_key[JK_ID_MAX + 1], id[JK_ID_LEN + 1];
	struct jk_params params = { 0 };
	struct jk_answer a = {
		.seq = f->query.seq,
		.why = JK_WHY_GRANTED,
		.params = &params,
		.id = id,
		.receipt = receipt,
	};

	if (f->kind == JK_FRAME_QUERY && !is_active(u)) {
		jk_use_crash(u, f, JK_WHY_SESS_LOCKED);
		return;
	}
	/* He has not taken the one before: this one he might. */
	if (u->over) {
		jk_use_crash(u, f, JK_WHY_CANCELLED);
		return;
	}
	memcpy(id, f->id, sizeof(id));
	if (make_mac(u, f, receipt, mac, mac_key)) {
		a.mac = mac;
		a.mac_key = mac_key;
	}
	/* He may have switched since the use began. */
	jk_params_add(&params, "right", f->record.value[JK_REC_RIGHT]);
	if (f->record.value[JK_REC_PERMISSION][0] != '\0')
		jk_params_add(&params, "permission",
		    f->record.value[JK_REC_PERMISSION]);
	/* Who that was the application cannot know otherwise. */
	if (f->record.value[JK_REC_CONFIRMER][0] != '\0')
		jk_params_add(&params, "confirmer",
		    f->record.value[JK_REC_CONFIRMER]);
	note_time(u);
	if (f->kind == JK_FRAME_QUERY)
		remember(u, f);
	else if (f->kind == JK_FRAME_RESULT)
		jk_use_result_over(u, f->query.id, true);
	count(u, f);
	jk_flight_clear(&u->flight, (size_t)(f - u->flying));
	answer(u, &a);
	if (u->over) {
		take_back(u, f);
		uncount(u, f);
	} else {
		mark_entered(u, f);
	}
	free_slot(u, f);
}

static struct jk_flying *
free_flying(struct jk_use *u)
{
	for (size_t i = 0; i < JK_USE_FLIGHT; i++)
		if (!u->flying[i].used)
			return &u->flying[i];
	return NULL;
}

/*
 * Before the record is sent: of two who come at once one is refused. What the
 * session then has is its own: others may be allowed on it before this record is
 * proven, or void.
 */
static enum jk_reason
use_up(struct jk_use *u, struct jk_flying *f, const struct jk_verdict *v)
{
	const struct jk_facts *facts = &u->facts;

	for (unsigned i = 0; i < facts->n_approvals; i++) {
		const struct jk_approval *a = &facts->approvals[i];
		enum jk_err e = JK_OK;

		if ((v->approvals & jk_bit(i)) != 0 && a->once &&
		    !jk_facts_lasts(a))
			e = jk_uses_take(u->w->keep_dir, a->id, f->id,
			    &f->uses);
		/* As if there were no such permission. */
		if (e == JK_ERR_EXISTS)
			return f->query.permission[0] != '\0'
			           ? JK_WHY_PERM_BAD
			           : JK_WHY_PERM_NONE;
		if (e != JK_OK)
			return JK_WHY_INTERNAL;
	}
	return jk_facts_use_in(u->w, &u->standing.session, facts, v);
}

/* What the second person stood on is used up by what he has confirmed. */
static enum jk_reason
use_up_of(struct jk_use *u, struct jk_flying *f,
    const struct jk_confirmed_by *by)
{
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < by->uses.n && e == JK_OK; i++)
		e = jk_uses_take(u->w->keep_dir, by->uses.approval[i], f->id,
		    &f->uses);
	if (e == JK_OK)
		return JK_WHY_GRANTED;
	/* A card and its PIN need an approval for the hour alone. */
	return e == JK_ERR_EXISTS ? JK_WHY_TIME_OUT : JK_WHY_INTERNAL;
}

/* The session's grant, with what this one stands on besides. */
static const struct jk_grant *
grant_with(const struct jk_use *u, const struct jk_verdict *v)
{
	static struct jk_grant g;

	g = u->standing.session.grant;
	for (unsigned i = 0; i < u->facts.n_approvals; i++) {
		const struct jk_approval *a = &u->facts.approvals[i];

		/* The record has a permission in a field of its own. */
		if ((v->approvals & jk_bit(i)) != 0 &&
		    a->kind != JK_APPROVAL_IDENTITY_INFO)
			jk_grant_add_approval(&g, a->id);
	}
	return &g;
}

static enum jk_reason
prepare(struct jk_use *u, struct jk_flying *f, const struct jk_outcome *o,
    const struct jk_verdict *v, const struct jk_confirmed_by *by)
{
	enum jk_reason why = JK_WHY_GRANTED;

	if (jk_outcome_record(u->w, o, JK_WHY_GRANTED, &f->record) != JK_OK ||
	    jk_pool_take(&u->pool, f->id) != JK_OK)
		return JK_WHY_AUDIT_DOWN;
	f->used = true;
	u->n_flying++;
	jk_flight_put(&u->flight, (size_t)(f - u->flying), f->id);
	if (by != NULL)
		why = use_up_of(u, f, by);
	if (why == JK_WHY_GRANTED && v != NULL && v->approvals != 0)
		why = use_up(u, f, v);
	return why == JK_WHY_GRANTED &&
	               jk_record_set(&f->record, JK_REC_ID, f->id) != JK_OK
	           ? JK_WHY_INTERNAL
	           : why;
}

/* Nothing was sent under its id. */
static void
abandon(struct jk_use *u, struct jk_flying *f)
{
	if (!f->used)
		return;
	jk_uses_give_back(u->w->keep_dir, &f->uses);
	jk_pool_give_up(&u->pool);
	free_slot(u, f);
}

void
jk_use_launch(struct jk_use *u, const struct jk_query *q,
    enum jk_frame_type kind, struct jk_outcome *o, const struct jk_verdict *v,
    const struct jk_confirmed_by *by)
{
	struct jk_flying *f = free_flying(u);
	enum jk_reason why;

	if (f == NULL) {
		give_up(u, kind, q);
		jk_use_refuse(u, q->seq, o, JK_WHY_INTERNAL);
		return;
	}
	f->kind = kind;
	f->uses.n = 0;
	f->persons = q->count > 0 ? q->count : 1;
	f->until = jk_boot_ms() + u->w->recorder.receipt_ms;
	memcpy(&f->query, q, sizeof(f->query));
	if (v != NULL && v->approvals != 0)
		o->grant = grant_with(u, v);
	why = prepare(u, f, o, v, by);
	if (why != JK_WHY_GRANTED) {
		abandon(u, f);
		give_up(u, kind, q);
		o->grant = &u->standing.session.grant;
		jk_use_refuse(u, q->seq, o, why);
		return;
	}
	if (jk_record_send(u->w->recorder.audit_fd, &f->record) != JK_OK) {
		jk_pool_give_up(&u->pool);
		jk_use_crash(u, f, JK_WHY_AUDIT_DOWN);
	} else if (u->w->recorder.mode == JK_RECORDING_KERNEL) {
		jk_use_land(u, f, "kernel");
	}
}
