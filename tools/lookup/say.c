/* SPDX-License-Identifier: BSD-2-Clause */
#include "say.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"
#include "look.h"
#include "protocol.h"
#include "text.h"
#include "tr.h"

static_assert(JK_SAY_MAX == JK_TEXT_MAX, "as the module's texts");

/* Where the next "name=" begins: a value may have blanks in it. */
static const char *
next_parameter(const char *text)
{
	while ((text = strchr(text, ' ')) != NULL) {
		size_t n = strspn(++text, "abcdefghijklmnopqrstuvwxyz-_");

		if (n > 0 && text[n] == '=')
			return text;
	}
	return NULL;
}

static void
put_parameters(struct jk_frame *f, const char *text)
{
	while (text != NULL && *text != '\0') {
		const char *next = next_parameter(text);
		size_t len =
		    next != NULL ? (size_t)(next - text) - 1 : strlen(text);

		(void)jk_frame_put(f, JK_FIELD_PARAM, text, len);
		text = next;
	}
}

void
jk_say_text(const char *code, const char *parameters,
    char ret[static JK_SAY_MAX])
{
	struct jk_frame *frame = NULL;
	struct jk_look look;

	jk_look_make(0, NULL, &look);
	if (jk_frame_new(&frame) == JK_OK) {
		jk_frame_start(frame, JK_FRAME_VERDICT);
		put_parameters(frame, parameters);
	}
	jk_text(code, &look, frame, ret);
	jk_frame_free(&frame);
}

json_t *
jk_say_head(const struct jk_asking *a)
{
	json_t *o = json_pack("{s:i}", "v", 1);

	if (o != NULL && a->id != NULL)
		json_object_set(o, "id", a->id);
	jk_say_put(o, "do", jk_do_name(a->what));
	return o;
}

void
jk_say_put(json_t *o, const char *name, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_object_set_new(o, name, json_string(text));
}

void
jk_say_put_number(json_t *o, const char *name, uint64_t number)
{
	json_object_set_new(o, name, json_integer((json_int_t)number));
}

static void
put_parameter_object(json_t *o, const char *text)
{
	json_t *all = json_object();

	while (text != NULL && *text != '\0') {
		const char *next = next_parameter(text);
		size_t len =
		    next != NULL ? (size_t)(next - text) - 1 : strlen(text);
		const char *sign = memchr(text, '=', len);

		if (sign != NULL) {
			char name[64] = "";

			if ((size_t)(sign - text) < sizeof(name))
				memcpy(name, text, (size_t)(sign - text));
			json_object_set_new(all, name,
			    json_stringn(sign + 1,
			        len - (size_t)(sign - text) - 1));
		}
		text = next;
	}
	if (json_object_size(all) > 0)
		json_object_set(o, "parameters", all);
	json_decref(all);
}

void
jk_say_put_answer(json_t *o, const struct jukinet_answer *a)
{
	char text[JK_SAY_MAX];

	json_object_set_new(o, "allowed", json_boolean(a->allowed == 1));
	jk_say_put(o, "why", a->why);
	if (a->allowed != 1) {
		jk_say_text(a->why, a->parameters, text);
		jk_say_put(o, "text", text);
	}
	jk_say_put(o, "record", a->id);
	jk_say_put(o, "receipt", a->receipt);
	jk_say_put(o, "mac", a->mac);
	jk_say_put(o, "mac-key", a->mac_key);
	put_parameter_object(o, a->parameters);
}

void
jk_say_use(const struct jukinet_use *u, char ret[static JUKINET_TEXT + 1])
{
	const bool one = u->use[0] != '\0';

	(void)snprintf(ret, JUKINET_TEXT + 1,
	    _("%s %s: %llu lookups (%llu refused), %llu persons"),
	    one ? u->purpose : _("further uses"), one ? u->reception : "",
	    (unsigned long long)(u->allowed + u->refused),
	    (unsigned long long)u->refused, (unsigned long long)u->persons);
}

void
jk_say_put_holder(json_t *o, const struct jukinet_holder *h)
{
	jk_say_put(o, "use", h->use);
	jk_say_put(o, "session", h->session);
	jk_say_put(o, "terminal", h->terminal);
	jk_say_put(o, "person", h->person);
	jk_say_put(o, "right", h->right);
	jk_say_put(o, "type", h->type);
	jk_say_put(o, "department", h->department);
}

void
jk_say_put_fault(json_t *o, const struct jk_fault *f)
{
	jk_say_put(o, "error", f->error);
	jk_say_put(o, "field", f->field);
	jk_say_put(o, "text", _(f->text));
}

void
jk_say_put_error(json_t *o, int error)
{
	static const struct {
		int error;
		const char *code, *text;
	} table[] = {
		{ JUKINET_E_MEMORY, "memory", N_("There is no memory left.") },
		{ JUKINET_E_DOWN, "down",
		    N_("jukinetd does not answer or has gone. Nothing is "
		       "allowed: begin again.") },
		{ JUKINET_E_TIMEOUT, "timeout",
		    N_("jukinetd did not answer in time. Nothing is "
		       "allowed.") },
		{ JUKINET_E_ARGUMENT, "argument",
		    N_("jukinetd is not asked such a question.") },
		{ JUKINET_E_BUSY, "busy",
		    N_("Too much is unanswered: wait for the answers.") },
	};

	json_object_set_new(o, "allowed", json_false());
	for (size_t i = 0; i < JK_COUNT(table); i++)
		if (table[i].error == error) {
			jk_say_put(o, "error", table[i].code);
			jk_say_put(o, "text", _(table[i].text));
			return;
		}
	jk_say_put(o, "error", "internal");
}

const char *
jk_say_state(enum jukinet_state state)
{
	switch (state) {
	case JUKINET_STATE_ACTIVE:
		return "active";
	case JUKINET_STATE_LOCKED:
		return "locked";
	case JUKINET_STATE_ENDED:
	default:
		return "ended";
	}
}
