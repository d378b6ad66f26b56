/* SPDX-License-Identifier: BSD-2-Clause */
#include "reply.h"

#include <stdio.h>

#include "clock.h"
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
jk_reply_ask_pin(struct jk_worker *w, const char *message)
{
	const struct jk_settings *s = &w->place.settings;
	enum jk_err e;

	jk_frame_start(w->frame, JK_FRAME_ASK_PIN);
	if ((e = jk_frame_put_str(w->frame, JK_FIELD_MESSAGE, message)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(w->frame, JK_FIELD_PIN_MIN, s->pin_min)) !=
	        JK_OK ||
	    (e = jk_frame_put_u64(w->frame, JK_FIELD_PIN_MAX, s->pin_max)) !=
	        JK_OK)
		return e;
	return jk_frame_send(w->fd, w->frame);
}

enum jk_err
jk_reply_verdict(struct jk_worker *w, enum jk_reason why,
    const struct jk_params *params, const char *ticket, const char *session)
{
	enum jk_err e;

	jk_frame_start(w->frame, JK_FRAME_VERDICT);
	if ((e = jk_frame_put_u64(w->frame, JK_FIELD_REASON, why)) != JK_OK ||
	    (e = put_params(w->frame, params)) != JK_OK ||
	    (ticket != NULL && (e = jk_frame_put_str(w->frame, JK_FIELD_TICKET,
	                            ticket)) != JK_OK) ||
	    (session != NULL && (e = jk_frame_put_str(w->frame,
	                             JK_FIELD_SESSION, session)) != JK_OK))
		return e;
	return jk_frame_send(w->fd, w->frame);
}
