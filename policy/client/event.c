/* SPDX-License-Identifier: BSD-2-Clause */
#include "event.h"

#include <string.h>

#include "protocol.h"
#include "reason.h"

/* Absent is "": what is too long or no text is an error. */
static enum jk_err
get(const struct jk_frame *f, enum jk_field field, char *ret, size_t size)
{
	enum jk_err e = jk_frame_get_str(f, (uint8_t)field, ret, size);

	if (e != JK_ERR_NOT_FOUND)
		return e;
	ret[0] = '\0';
	return JK_OK;
}

/* "n=120 max=50": what does not fit is left out whole. */
static void
get_parameters(const struct jk_frame *f, char *ret, size_t size)
{
	struct jk_cur one;
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0;
	     jk_frame_get_nth(f, JK_FIELD_PARAM, i, &one) == JK_OK; i++) {
		if (memchr(one.at, '\0', one.left) != NULL ||
		    len + one.left + 2 > size)
			continue;
		if (len > 0)
			ret[len++] = ' ';
		memcpy(ret + len, one.at, one.left);
		len += one.left;
		ret[len] = '\0';
	}
}

enum jk_err
jk_event_decode_answer(const struct jk_frame *f, struct jukinet_answer *ret)
{
	struct jukinet_answer a = { .size = sizeof(a) };
	enum jk_reason why;
	uint64_t number;
	enum jk_err e;

	if ((e = jk_frame_get_u64(f, JK_FIELD_REASON, &number)) != JK_OK ||
	    (e = get(f, JK_FIELD_ID, a.id, sizeof(a.id))) != JK_OK ||
	    (e = get(f, JK_FIELD_RECEIPT, a.receipt, sizeof(a.receipt))) !=
	        JK_OK ||
	    (e = get(f, JK_FIELD_MAC, a.mac, sizeof(a.mac))) != JK_OK ||
	    (e = get(f, JK_FIELD_MAC_KEY, a.mac_key, sizeof(a.mac_key))) !=
	        JK_OK)
		return e;
	e = jk_frame_get_u64(f, JK_FIELD_SEQ, &a.sequence);
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return e;
	why = jk_reason_from_number(number);
	a.allowed = why == JK_WHY_GRANTED;
	strncat(a.why, jk_reason_code(why), sizeof(a.why) - 1);
	get_parameters(f, a.parameters, sizeof(a.parameters));
	*ret = a;
	return JK_OK;
}

static enum jk_err
decode_state(const struct jk_frame *f, struct jukinet_event *ret)
{
	uint64_t state;
	enum jk_err e = jk_frame_get_u64(f, JK_FIELD_STATE, &state);

	if (e != JK_OK)
		return e;
	/* Whatever else it may be one day, it is not active. */
	ret->state =
	    state == JUKINET_STATE_ENDED || state == JUKINET_STATE_ACTIVE
	        ? (enum jukinet_state)state
	        : JUKINET_STATE_LOCKED;
	ret->kind = JUKINET_EVENT_STATE;
	return JK_OK;
}

static enum jk_err
decode_message(const struct jk_frame *f, struct jukinet_event *ret)
{
	uint64_t min = 0, max = 0;
	enum jk_err e =
	    get(f, JK_FIELD_MESSAGE, ret->message, sizeof(ret->message));

	if (e != JK_OK)
		return e;
	get_parameters(f, ret->parameters, sizeof(ret->parameters));
	ret->kind = JUKINET_EVENT_NOTE;
	if (jk_frame_type(f) == JK_FRAME_NOTE)
		return JK_OK;
	if ((e = jk_frame_get_u64(f, JK_FIELD_PIN_MIN, &min)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_PIN_MAX, &max)) != JK_OK)
		return e;
	if (min > max || max > UINT16_MAX)
		return JK_ERR_FORMAT;
	ret->kind = JUKINET_EVENT_PIN;
	ret->pin_min = (unsigned)min;
	ret->pin_max = (unsigned)max;
	return JK_OK;
}

enum jk_err
jk_event_decode(const struct jk_frame *f, struct jukinet_event *ret)
{
	struct jukinet_event event = { .size = sizeof(event) };
	enum jk_err e = JK_ERR_FORMAT;

	switch (jk_frame_type(f)) {
	case JK_FRAME_ANSWER:
		event.kind = JUKINET_EVENT_ANSWER;
		e = jk_event_decode_answer(f, &event.answer);
		break;
	case JK_FRAME_CHANGED:
		e = decode_state(f, &event);
		break;
	case JK_FRAME_NOTE:
	case JK_FRAME_ASK_PIN:
		e = decode_message(f, &event);
		break;
	default:
		break;
	}
	if (e == JK_OK)
		*ret = event;
	return e;
}

static enum jk_err
get_number(const struct jk_frame *f, enum jk_field field, uint64_t most,
    uint64_t *ret)
{
	const enum jk_err e = jk_frame_get_u64(f, (uint8_t)field, ret);

	return e == JK_OK && *ret > most ? JK_ERR_FORMAT : e;
}

enum jk_err
jk_event_decode_use(const struct jk_frame *f, struct jukinet_use *ret,
    uint64_t *ret_sequence)
{
	struct jukinet_use u = { .size = sizeof(u) };
	uint64_t begun, sequence;
	enum jk_err e;

	if (jk_frame_type(f) != JK_FRAME_USED)
		return JK_ERR_FORMAT;
	if ((e = get(f, JK_FIELD_OPID, u.right, sizeof(u.right))) != JK_OK ||
	    (e = get_number(f, JK_FIELD_REAL_S, INT64_MAX, &begun)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_SEQ, &sequence)) != JK_OK ||
	    (e = get(f, JK_FIELD_USE, u.use, sizeof(u.use))) != JK_OK ||
	    (e = get(f, JK_FIELD_PURPOSE, u.purpose, sizeof(u.purpose))) !=
	        JK_OK ||
	    (e = get(f, JK_FIELD_RECEPTION, u.reception,
	         sizeof(u.reception))) != JK_OK ||
	    (e = get_number(f, JK_FIELD_COUNT, JK_USED_MOST, &u.persons)) !=
	        JK_OK ||
	    (e = get_number(f, JK_FIELD_ALLOWED, JK_USED_MOST, &u.allowed)) !=
	        JK_OK ||
	    (e = get_number(f, JK_FIELD_REFUSED, JK_USED_MOST, &u.refused)) !=
	        JK_OK)
		return e;
	u.begun = (int64_t)begun;
	*ret = u;
	*ret_sequence = sequence;
	return JK_OK;
}

bool
jk_event_copy(void *ret, const void *from, size_t size, size_t smallest)
{
	size_t theirs;

	memcpy(&theirs, ret, sizeof(theirs));
	if (theirs < smallest)
		return false;
	memset((char *)ret + sizeof(theirs), 0, theirs - sizeof(theirs));
	memcpy((char *)ret + sizeof(theirs),
	    (const char *)from + sizeof(theirs),
	    (theirs < size ? theirs : size) - sizeof(theirs));
	return true;
}
