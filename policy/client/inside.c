/* SPDX-License-Identifier: BSD-2-Clause */
#include "inside.h"

#include <string.h>

#include "client.h"

/* States of a session, as they cross the wire. */
#define STATE_ACTIVE 1

/* The verdict, in client->frame; the conversation stays open. */
static enum jk_reason
ask(const struct jk_request *request, struct jk_client *ret)
{
	uint64_t number;
	enum jk_err e = jk_client_ask(request, ret);

	if (e == JK_OK)
		e = jk_client_next(ret);
	if (e != JK_OK)
		return jk_client_reason(e);
	if (jk_frame_type(ret->frame) != JK_FRAME_VERDICT ||
	    jk_frame_get_u64(ret->frame, JK_FIELD_REASON, &number) != JK_OK)
		return JK_WHY_INTERNAL;
	return jk_reason_from_number(number);
}

static bool
get(const struct jk_frame *f, enum jk_field field,
    char ret[static JK_INSIDE_ID + 1])
{
	return jk_frame_get_str(f, (uint8_t)field, ret, JK_INSIDE_ID + 1) ==
	       JK_OK;
}

static enum jk_reason
read_holder(const struct jk_frame *f, struct jk_holder *ret)
{
	struct jk_holder h;

	if (!get(f, JK_FIELD_PERSON, h.person) ||
	    !get(f, JK_FIELD_OPID, h.opid) || !get(f, JK_FIELD_TYPE, h.type) ||
	    !get(f, JK_FIELD_DEPARTMENT, h.department) ||
	    !get(f, JK_FIELD_SESSION, h.session) ||
	    !get(f, JK_FIELD_TERMINAL, h.terminal))
		return JK_WHY_INTERNAL;
	*ret = h;
	return JK_WHY_GRANTED;
}

static enum jk_reason
ask_holder(const struct jk_request *request, struct jk_holder *ret)
{
	struct jk_client c = { .fd = -1 };
	enum jk_reason why = ask(request, &c);

	if (why == JK_WHY_GRANTED)
		why = read_holder(c.frame, ret);
	jk_client_close(&c);
	return why;
}

enum jk_reason
jk_client_manage(const char *command, const char *function,
    struct jk_holder *ret)
{
	const struct jk_request request = {
		.type = JK_FRAME_MANAGE,
		.command = command,
		.function = function,
	};

	return ask_holder(&request, ret);
}

enum jk_reason
jk_client_switch(const char *opid, struct jk_holder *ret)
{
	const struct jk_request request = {
		.type = JK_FRAME_SWITCH,
		.opid = opid,
	};

	/* Without one it would be a look. */
	return opid[0] != '\0' ? ask_holder(&request, ret) : JK_WHY_OPID_NONE;
}

enum jk_reason
jk_client_lock(void)
{
	const struct jk_request request = { .type = JK_FRAME_LOCK };
	struct jk_client c = { .fd = -1 };
	const enum jk_reason why = ask(&request, &c);

	jk_client_close(&c);
	return why;
}

static bool
read_option(struct jk_cur cur, char opid[static JK_INSIDE_ID + 1],
    char type[static JK_INSIDE_ID + 1])
{
	const uint8_t *sign =
	    cur.left > 0 ? memchr(cur.at, '=', cur.left) : NULL;
	size_t n, rest;

	if (sign == NULL)
		return false;
	n = (size_t)(sign - cur.at);
	rest = cur.left - n - 1;
	if (n > JK_INSIDE_ID || rest > JK_INSIDE_ID)
		return false;
	memcpy(opid, cur.at, n);
	opid[n] = '\0';
	memcpy(type, sign + 1, rest);
	type[rest] = '\0';
	return true;
}

/* By its code, because that is what a text is found by. */
static enum jk_reason
read_why(const struct jk_frame *f)
{
	char code[JK_INSIDE_ID + 1];

	if (!get(f, JK_FIELD_MESSAGE, code))
		return JK_WHY_GRANTED;
#define X(name, number, text)        \
	if (strcmp(code, text) == 0) \
		return name;
	JK_REASON_TABLE(X)
#undef X
	return JK_WHY_INTERNAL;
}

static enum jk_reason
read_inside(const struct jk_frame *f, struct jk_inside *ret)
{
	struct jk_inside in = { .why_none = read_why(f) };
	enum jk_reason why = read_holder(f, &in.holder);
	struct jk_cur cur;
	uint64_t state;

	if (why != JK_WHY_GRANTED)
		return why;
	if (jk_frame_get_u64(f, JK_FIELD_STATE, &state) != JK_OK)
		return JK_WHY_INTERNAL;
	in.locked = state != STATE_ACTIVE;
	while (
	    in.n_options < JK_INSIDE_OPTIONS &&
	    jk_frame_get_nth(f, JK_FIELD_OPTION, in.n_options, &cur) == JK_OK) {
		if (!read_option(cur, in.option[in.n_options].opid,
		        in.option[in.n_options].type))
			return JK_WHY_INTERNAL;
		in.n_options++;
	}
	*ret = in;
	return JK_WHY_GRANTED;
}

enum jk_reason
jk_client_look(struct jk_inside *ret)
{
	const struct jk_request request = { .type = JK_FRAME_SWITCH };
	struct jk_client c = { .fd = -1 };
	enum jk_reason why = ask(&request, &c);

	if (why == JK_WHY_GRANTED)
		why = read_inside(c.frame, ret);
	jk_client_close(&c);
	return why;
}
