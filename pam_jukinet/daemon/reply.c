/* SPDX-License-Identifier: BSD-2-Clause */
#include "reply.h"

#include <stdio.h>

#include "clock.h"
#include "usebook.h"
#include "worker.h"

void
jk_params_add(struct jk_params *params, const char *name, const char *value)
{
	if (params->n == JK_PARAMS_MAX)
		return;
	params->param[params->n].name = name;
	(void)snprintf(params->param[params->n].value, JK_PARAM_VALUE, "%s",
	    value);
	params->n++;
}

void
jk_params_add_number(struct jk_params *params, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	jk_params_add(params, name, text);
}

void
jk_params_add_date(struct jk_params *params, const char *name, int64_t s)
{
	char text[11];

	jk_date_format(s, text);
	jk_params_add(params, name, text);
}

void
jk_params_add_day(struct jk_params *params, const char *name,
    const struct jk_date *day)
{
	char text[11];

	jk_date_write(day, text);
	jk_params_add(params, name, text);
}

static enum jk_err
put_params(struct jk_frame *f, const struct jk_params *params)
{
	char text[JK_PARAM_VALUE + 32];
	enum jk_err e = JK_OK;

	for (size_t i = 0; params != NULL && i < params->n && e == JK_OK; i++) {
		(void)snprintf(text, sizeof(text), "%s=%s",
		    params->param[i].name, params->param[i].value);
		e = jk_frame_put_str(f, JK_FIELD_PARAM, text);
	}
	return e;
}

enum jk_err
jk_reply_note(struct jk_worker *w, const char *message,
    const struct jk_params *params)
{
	enum jk_err e;

	jk_frame_start(w->frame, JK_FRAME_NOTE);
	if ((e = jk_frame_put_str(w->frame, JK_FIELD_MESSAGE, message)) !=
	        JK_OK ||
	    (e = put_params(w->frame, params)) != JK_OK)
		return e;
	return jk_frame_send(w->fd, w->frame);
}

enum jk_err
jk_reply_ask_pin(struct jk_worker *w, const struct jk_prompt *p)
{
	enum jk_err e;

	jk_frame_start(w->frame, JK_FRAME_ASK_PIN);
	if ((e = jk_frame_put_str(w->frame, JK_FIELD_MESSAGE, p->message)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(w->frame, JK_FIELD_PIN_MIN, p->min)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(w->frame, JK_FIELD_PIN_MAX, p->max)) != JK_OK)
		return e;
	return jk_frame_send(w->fd, w->frame);
}

static enum jk_err
put_choices(struct jk_frame *f, const struct jk_choices *c)
{
	char text[2 * JK_ID_MAX + 2];
	enum jk_err e = JK_OK;

	for (unsigned i = 0; i < JK_OPIDS_MAX && e == JK_OK; i++) {
		if ((c->bits & jk_bit(i)) == 0)
			continue;
		(void)snprintf(text, sizeof(text), "%s=%s",
		    c->facts->opids[i].id, c->facts->opids[i].type);
		e = jk_frame_put_str(f, JK_FIELD_OPTION, text);
	}
	return e;
}

static enum jk_err
put_offers(struct jk_frame *f, const struct jk_offers *o, bool with_accounts)
{
	char text[2 * JK_ID_MAX + JK_ACCOUNT_MAX + 3];
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < o->n && e == JK_OK; i++) {
		(void)snprintf(text, sizeof(text), "%s=%s%s%s",
		    o->offer[i].opid, o->offer[i].type,
		    with_accounts ? "=" : "",
		    with_accounts ? o->offer[i].account : "");
		e = jk_frame_put_str(f, JK_FIELD_OPTION, text);
	}
	return e;
}

enum jk_err
jk_reply_ask_choice(struct jk_worker *w, const char *message,
    const struct jk_offers *offers, bool with_accounts)
{
	enum jk_err e;

	jk_frame_start(w->frame, JK_FRAME_ASK_CHOICE);
	if ((e = jk_frame_put_str(w->frame, JK_FIELD_MESSAGE, message)) !=
	        JK_OK ||
	    (e = put_offers(w->frame, offers, with_accounts)) != JK_OK)
		return e;
	return jk_frame_send(w->fd, w->frame);
}

enum jk_err
jk_reply_refusal(struct jk_worker *w, enum jk_reason why,
    const struct jk_params *params)
{
	enum jk_err e;

	jk_frame_start(w->frame, JK_FRAME_VERDICT);
	if ((e = jk_frame_put_u64(w->frame, JK_FIELD_REASON, why)) != JK_OK ||
	    (e = put_params(w->frame, params)) != JK_OK)
		return e;
	return jk_frame_send(w->fd, w->frame);
}

static enum jk_err
put_optional(struct jk_frame *f, enum jk_field field, const char *text)
{
	return text != NULL ? jk_frame_put_str(f, (uint8_t)field, text) : JK_OK;
}

static enum jk_err
put_holder(struct jk_frame *f, const struct jk_grant *g)
{
	enum jk_err e;

	if ((e = jk_frame_put_str(f, JK_FIELD_PERSON, g->person)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_OPID, g->opid)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_TYPE, g->type)) != JK_OK ||
	    (e = jk_frame_put_str(f, JK_FIELD_DEPARTMENT, g->department)) !=
	        JK_OK)
		return e;
	return jk_frame_put_str(f, JK_FIELD_TERMINAL, g->terminal);
}

enum jk_err
jk_reply_grant(struct jk_worker *w, const struct jk_reply_more *more)
{
	static const struct jk_reply_more nothing;
	const struct jk_reply_more *m = more != NULL ? more : &nothing;
	const char *why = m->shows && m->why_none != JK_WHY_GRANTED
	                      ? jk_reason_code(m->why_none)
	                      : NULL;
	struct jk_frame *f = w->frame;
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_VERDICT);
	if ((e = jk_frame_put_u64(f, JK_FIELD_REASON, JK_WHY_GRANTED)) !=
	        JK_OK ||
	    (e = put_optional(f, JK_FIELD_MESSAGE, why)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_ACCOUNT, m->account)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_TICKET, m->ticket)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_SESSION, m->session)) != JK_OK ||
	    (e = put_choices(f, &m->choices)) != JK_OK ||
	    (m->holder != NULL && (e = put_holder(f, m->holder)) != JK_OK) ||
	    (m->shows &&
	        (e = jk_frame_put_u64(f, JK_FIELD_STATE, m->state)) != JK_OK))
		return e;
	return jk_frame_send(w->fd, f);
}

enum jk_err
jk_reply_using(struct jk_worker *w, enum jk_reason why,
    const struct jk_params *params, const char *use, const char *session,
    const struct jk_grant *holder)
{
	struct jk_frame *f = w->frame;
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_USING);
	if ((e = jk_frame_put_u64(f, JK_FIELD_REASON, why)) != JK_OK ||
	    (e = put_params(f, params)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_SESSION, session)) != JK_OK ||
	    (holder != NULL && (e = put_holder(f, holder)) != JK_OK) ||
	    (e = put_optional(f, JK_FIELD_USE, use)) != JK_OK)
		return e;
	return jk_frame_send(w->fd, f);
}

enum jk_err
jk_reply_answer(struct jk_worker *w, const struct jk_answer *a)
{
	struct jk_frame *f = w->frame;
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_ANSWER);
	if ((e = jk_frame_put_u64(f, JK_FIELD_REASON, a->why)) != JK_OK ||
	    (e = put_params(f, a->params)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_ID, a->id)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_SEQ, a->seq)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_RECEIPT, a->receipt)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_MAC, a->mac)) != JK_OK ||
	    (e = put_optional(f, JK_FIELD_MAC_KEY, a->mac_key)) != JK_OK)
		return e;
	return jk_frame_send(w->fd, f);
}

/* What is "" is left out. */
static enum jk_err
put_known(struct jk_frame *f, enum jk_field field, const char *text)
{
	return put_optional(f, field, text[0] != '\0' ? text : NULL);
}

enum jk_err
jk_reply_used(struct jk_worker *w, uint64_t seq, const struct jk_usebook_row *r)
{
	struct jk_frame *f = w->frame;
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_USED);
	if ((e = put_known(f, JK_FIELD_OPID, r->right)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_REAL_S, (uint64_t)r->begun)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_SEQ, seq)) != JK_OK ||
	    (e = put_known(f, JK_FIELD_USE, r->id)) != JK_OK ||
	    (e = put_known(f, JK_FIELD_PURPOSE, r->purpose)) != JK_OK ||
	    (e = put_known(f, JK_FIELD_RECEPTION, r->reception)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_COUNT,
	         r->open.of[JK_USEBOOK_PERSONS])) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_ALLOWED,
	         r->open.of[JK_USEBOOK_ALLOWED])) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_REFUSED,
	         r->open.of[JK_USEBOOK_REFUSED])) != JK_OK)
		return e;
	return jk_frame_send(w->fd, f);
}

enum jk_err
jk_reply_changed(struct jk_worker *w, enum jk_session_state state,
    enum jk_cause cause)
{
	struct jk_frame *f = w->frame;
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_CHANGED);
	if ((e = jk_frame_put_u64(f, JK_FIELD_STATE, state)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_CAUSE, cause)) != JK_OK)
		return e;
	return jk_frame_send(w->fd, f);
}
