/* SPDX-License-Identifier: BSD-2-Clause */
/* libjukinet: what jukinet/jukinet.h promises. */
#include "jukinet/jukinet.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "clock.h"
#include "handle.h"
#include "protocol.h"
#include "question.h"
#include "secret.h"

/* An event holds an answer by value: neither may move what follows. */
static_assert(sizeof(struct jukinet_answer) ==
                  offsetof(struct jukinet_event, message) -
                      offsetof(struct jukinet_event, answer),
    "an event has no more room for an answer than this");
#if UINTPTR_MAX == UINT64_MAX
static_assert(sizeof(struct jukinet_answer) == 1008,
    "applications were compiled with it: use what is reserved");
#endif

/* Up to the last member that the first edition had. */
#define SMALLEST(type, last) (offsetof(type, last) + sizeof(((type *)0)->last))

static int
error_of(enum jk_err e)
{
	if (e == JK_OK)
		return JUKINET_OK;
	if (e == JK_ERR_NOMEM)
		return JUKINET_E_MEMORY;
	if (e == JK_ERR_TIMEOUT)
		return JUKINET_E_TIMEOUT;
	return e == JK_ERR_FORMAT || e == JK_ERR_TOO_BIG ? JUKINET_E_ARGUMENT
	                                                 : JUKINET_E_DOWN;
}

static int64_t
until_of(int timeout_ms)
{
	if (timeout_ms < 0)
		return INT64_MAX;
	return timeout_ms == 0 ? 0 : jk_boot_ms() + timeout_ms;
}

/* The struct of the caller as this library knows it; NULL: a size of none. */
static bool
take_in(void *ret, size_t size, const void *theirs, size_t smallest)
{
	size_t n;

	if (theirs == NULL)
		return false;
	memcpy(&n, theirs, sizeof(n));
	if (n < smallest)
		return false;
	memcpy(ret, theirs, n < size ? n : size);
	return true;
}

/* Looked at before anything is asked or taken: then nothing gets lost. */
static bool
can_give(const void *ret, size_t smallest)
{
	size_t n;

	if (ret == NULL)
		return false;
	memcpy(&n, ret, sizeof(n));
	return n >= smallest;
}

static bool
can_give_answer(const struct jukinet_answer *ret)
{
	return can_give(ret, SMALLEST(struct jukinet_answer, reserved));
}

/* Beginning */

static void
get(const struct jk_frame *f, enum jk_field field, char *ret, size_t size)
{
	if (jk_frame_get_str(f, (uint8_t)field, ret, size) != JK_OK)
		ret[0] = '\0';
}

static void
read_holder(const struct jk_frame *f, struct jukinet_holder *h)
{
	h->size = sizeof(*h);
	get(f, JK_FIELD_PERSON, h->person, sizeof(h->person));
	get(f, JK_FIELD_OPID, h->right, sizeof(h->right));
	get(f, JK_FIELD_TYPE, h->type, sizeof(h->type));
	get(f, JK_FIELD_DEPARTMENT, h->department, sizeof(h->department));
	get(f, JK_FIELD_SESSION, h->session, sizeof(h->session));
	get(f, JK_FIELD_TERMINAL, h->terminal, sizeof(h->terminal));
	get(f, JK_FIELD_USE, h->use, sizeof(h->use));
}

static int
open_use(struct jukinet *h, const struct jukinet_purpose *p, int64_t until,
    struct jukinet_answer *ret)
{
	const struct jk_request request = {
		.type = JK_FRAME_USE,
		.purpose = p->purpose,
		.reception = p->reception,
		.grounds = p->grounds,
		.until = until,
	};
	struct jukinet_answer answer;
	enum jk_err e = jk_client_ask(&request, &h->client);

	if (e == JK_OK)
		e = jk_client_next(&h->client);
	if (e != JK_OK)
		return error_of(e);
	if (jk_frame_type(h->client.frame) != JK_FRAME_USING ||
	    jk_event_decode_answer(h->client.frame, &answer) != JK_OK)
		return JUKINET_E_DOWN;
	if (ret != NULL)
		(void)jk_event_copy(ret, &answer, sizeof(answer), 0);
	if (!answer.allowed)
		return JUKINET_E_REFUSED;
	read_holder(h->client.frame, &h->holder);
	h->state = JUKINET_STATE_ACTIVE;
	return error_of(jk_handle_watch(h));
}

JK_EXPORT int
jukinet_begin(const struct jukinet_purpose *purpose, int timeout_ms,
    struct jukinet **ret, struct jukinet_answer *answer)
{
	struct jukinet_purpose p = { 0 };
	struct jukinet *h = NULL;
	int r;

	*ret = NULL;
	if (!take_in(&p, sizeof(p), purpose,
	        SMALLEST(struct jukinet_purpose, grounds)) ||
	    jk_question_purpose_fault(&p) != NULL ||
	    (answer != NULL && !can_give_answer(answer)))
		return JUKINET_E_ARGUMENT;
	if (timeout_ms == 0)
		return JUKINET_E_TIMEOUT;
	r = error_of(jk_handle_new(&h));
	if (r == JUKINET_OK)
		r = open_use(h, &p, until_of(timeout_ms), answer);
	if (r == JUKINET_OK)
		*ret = h;
	else
		jk_handle_free(&h);
	return r;
}

JK_EXPORT void
jukinet_end(struct jukinet **handle)
{
	jk_handle_free(handle);
}

JK_EXPORT int
jukinet_holder(struct jukinet *h, struct jukinet_holder *ret)
{
	return jk_event_copy(ret, &h->holder, sizeof(h->holder),
	           SMALLEST(struct jukinet_holder, use))
	           ? JUKINET_OK
	           : JUKINET_E_ARGUMENT;
}

JK_EXPORT enum jukinet_state
jukinet_state(struct jukinet *h)
{
	enum jukinet_state state;

	if (!jk_handle_lock(h))
		return JUKINET_STATE_ENDED;
	state = h->state;
	(void)pthread_mutex_unlock(&h->lock);
	return state;
}

/* Events */

JK_EXPORT int
jukinet_fd(const struct jukinet *h)
{
	return h->poll_fd;
}

JK_EXPORT int
jukinet_wait(struct jukinet *h, int timeout_ms, struct jukinet_event *ret)
{
	struct jukinet_event event;
	enum jk_err e;

	if (!can_give(ret, SMALLEST(struct jukinet_event, pin_max)))
		return JUKINET_E_ARGUMENT;
	if (!jk_handle_lock(h))
		return JUKINET_E_DOWN;
	e = jk_handle_take(h, until_of(timeout_ms), &event);
	(void)pthread_mutex_unlock(&h->lock);
	if (e == JK_ERR_TIMEOUT)
		return 0;
	if (e != JK_OK)
		return JUKINET_E_DOWN;
	(void)jk_event_copy(ret, &event, sizeof(event), 0);
	return 1;
}

JK_EXPORT int
jukinet_next(struct jukinet *h, struct jukinet_event *ret)
{
	return jukinet_wait(h, 0, ret);
}

/* Questions */

static enum jk_err
put_text(struct jk_frame *f, enum jk_field field, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return JK_OK;
	if (strnlen(text, JUKINET_TEXT + 1) > JUKINET_TEXT)
		return JK_ERR_TOO_BIG;
	return jk_frame_put_str(f, (uint8_t)field, text);
}

static enum jk_err
put_count(struct jk_frame *f, uint64_t count)
{
	return count == 0 || count == JUKINET_COUNT_UNKNOWN
	           ? JK_OK
	           : jk_frame_put_u64(f, JK_FIELD_COUNT, count);
}

/* With the lock held, into the frame that goes out. */
static enum jk_err
start(struct jukinet *h, enum jk_frame_type type)
{
	jk_frame_start(h->out, (uint8_t)type);
	return jk_frame_put_u64(h->out, JK_FIELD_SEQ, h->sequence + 1);
}

static int
send_question(struct jukinet *h, uint64_t *ret_sequence)
{
	enum jk_err e =
	    h->broken ? JK_ERR_CLOSED : jk_frame_send(h->client.fd, h->out);

	jk_frame_start(h->out, 0); /* a code may have stood there */
	if (e == JK_ERR_BUSY)
		return JUKINET_E_BUSY;
	if (e != JK_OK)
		return JUKINET_E_DOWN;
	jk_handle_sent(h);
	if (ret_sequence != NULL)
		*ret_sequence = h->sequence;
	return JUKINET_OK;
}

/* While somebody confirms a question nothing else is asked. */
static bool
is_full(const struct jukinet *h)
{
	return !h->broken && (h->in_flight >= JUKINET_FLIGHT || h->confirming ||
	                         h->n + h->in_flight >= JK_ANSWERS_MAX);
}

/* What was not put whole is not sent; a code may stand in it. */
static int
send_or_forget(struct jukinet *h, enum jk_err e, uint64_t *ret_sequence)
{
	if (e == JK_OK)
		return send_question(h, ret_sequence);
	jk_frame_start(h->out, 0);
	return error_of(e);
}

static enum jk_err
put_query(struct jukinet *h, const struct jukinet_query *q)
{
	struct jk_frame *f = h->out;
	enum jk_err e;

	if ((e = start(h, JK_FRAME_QUERY)) != JK_OK ||
	    (e = put_text(f, JK_FIELD_ACTION, q->action)) != JK_OK ||
	    (e = put_text(f, JK_FIELD_BUSINESS, q->business)) != JK_OK ||
	    (e = put_text(f, JK_FIELD_SEARCH, q->search)) != JK_OK ||
	    (e = put_text(f, JK_FIELD_CODE, q->code)) != JK_OK ||
	    (e = put_count(f, q->count)) != JK_OK ||
	    (e = put_text(f, JK_FIELD_REQUIREMENT, q->requirement)) != JK_OK ||
	    (e = put_text(f, JK_FIELD_PERMISSION, q->permission)) != JK_OK)
		return e;
	return put_text(f, JK_FIELD_OBJECT, q->object);
}

static int
query(struct jukinet *h, const struct jukinet_query *theirs,
    uint64_t *ret_sequence)
{
	struct jukinet_query q = { 0 };

	if (!take_in(&q, sizeof(q), theirs,
	        SMALLEST(struct jukinet_query, object)) ||
	    jk_question_query_fault(&q) != NULL)
		return JUKINET_E_ARGUMENT;
	if (is_full(h))
		return JUKINET_E_BUSY;
	return send_or_forget(h, put_query(h, &q), ret_sequence);
}

JK_EXPORT int
jukinet_query(struct jukinet *h, const struct jukinet_query *q,
    uint64_t *ret_sequence)
{
	int r;

	if (!jk_handle_lock(h))
		return JUKINET_E_DOWN;
	r = query(h, q, ret_sequence);
	(void)pthread_mutex_unlock(&h->lock);
	return r;
}

JK_EXPORT int
jukinet_ask(struct jukinet *h, const struct jukinet_query *q, int timeout_ms,
    struct jukinet_answer *ret)
{
	struct jukinet_event event;
	enum jk_err e;
	int r;

	if (!can_give_answer(ret))
		return JUKINET_E_ARGUMENT;
	if (!jk_handle_lock(h))
		return JUKINET_E_DOWN;
	r = query(h, q, NULL);
	if (r == JUKINET_OK) {
		e = jk_handle_take_answer(h, until_of(timeout_ms), &event);
		r = e == JK_ERR_TIMEOUT ? JUKINET_E_TIMEOUT
		    : e == JK_OK        ? JUKINET_OK
		                        : JUKINET_E_DOWN;
	}
	(void)pthread_mutex_unlock(&h->lock);
	if (r == JUKINET_OK)
		(void)jk_event_copy(ret, &event.answer, sizeof(event.answer),
		    0);
	return r;
}

JK_EXPORT int
jukinet_result(struct jukinet *h, const char *id, uint64_t count,
    uint64_t *ret_sequence)
{
	enum jk_err e;
	int r = JUKINET_E_BUSY;

	if (jk_question_result_fault(id, count) != NULL)
		return JUKINET_E_ARGUMENT;
	if (!jk_handle_lock(h))
		return JUKINET_E_DOWN;
	if (!is_full(h)) {
		jk_frame_start(h->out, JK_FRAME_RESULT);
		if ((e = put_text(h->out, JK_FIELD_ID, id)) == JK_OK &&
		    (e = jk_frame_put_u64(h->out, JK_FIELD_SEQ,
		         h->sequence + 1)) == JK_OK)
			e = jk_frame_put_u64(h->out, JK_FIELD_COUNT, count);
		r = send_or_forget(h, e, ret_sequence);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return r;
}

JK_EXPORT int
jukinet_confirm(struct jukinet *h, uint64_t *ret_sequence)
{
	enum jk_err e;
	int r = JUKINET_E_BUSY;

	if (!jk_handle_lock(h))
		return JUKINET_E_DOWN;
	if (h->in_flight == 0 || h->broken) {
		e = start(h, JK_FRAME_CONFIRM);
		r = send_or_forget(h, e, ret_sequence);
		h->confirming = r == JUKINET_OK;
	}
	(void)pthread_mutex_unlock(&h->lock);
	return r;
}

JK_EXPORT int
jukinet_pin(struct jukinet *h, const char *pin)
{
	enum jk_err e;
	int r = JUKINET_E_DOWN;

	if (pin != NULL && strnlen(pin, JK_PIN_MAX + 1) > JK_PIN_MAX)
		return JUKINET_E_ARGUMENT;
	if (!jk_handle_lock(h))
		return JUKINET_E_DOWN;
	jk_frame_start(h->out, JK_FRAME_PIN);
	e = put_text(h->out, JK_FIELD_PIN, pin);
	if (!h->broken && !h->pin_wanted)
		e = JK_ERR_FORMAT; /* it would be read as a question */
	if (e != JK_OK)
		r = error_of(e);
	else if (!h->broken && jk_frame_send(h->client.fd, h->out) == JK_OK)
		r = JUKINET_OK;
	if (r == JUKINET_OK)
		h->pin_wanted = false;
	jk_frame_start(h->out, 0);
	(void)pthread_mutex_unlock(&h->lock);
	return r;
}

JK_EXPORT int
jukinet_done(struct jukinet *h, uint64_t count, const char *text,
    uint64_t *ret_sequence)
{
	enum jk_err e;
	int r = JUKINET_E_BUSY;

	if (jk_question_done_fault(count, text) != NULL)
		return JUKINET_E_ARGUMENT;
	if (!jk_handle_lock(h))
		return JUKINET_E_DOWN;
	if (!is_full(h)) {
		jk_frame_start(h->out, JK_FRAME_DONE);
		if ((e = put_text(h->out, JK_FIELD_TEXT, text)) == JK_OK &&
		    (e = jk_frame_put_u64(h->out, JK_FIELD_SEQ,
		         h->sequence + 1)) == JK_OK &&
		    count != JUKINET_COUNT_UNKNOWN)
			e = jk_frame_put_u64(h->out, JK_FIELD_COUNT, count);
		r = send_or_forget(h, e, ret_sequence);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return r;
}

/* The session's uses */

/* Of struct jukinet_use. */
#define SMALLEST_USE SMALLEST(struct jukinet_use, persons)

static int
ask_for_uses(struct jukinet *h, uint64_t index)
{
	uint64_t sequence;
	enum jk_err e;
	int r;

	if (is_full(h) || (h->listing != 0 && !h->broken))
		return JUKINET_E_BUSY;
	e = start(h, JK_FRAME_USES);
	if (e == JK_OK)
		e = jk_frame_put_u64(h->out, JK_FIELD_INDEX, index);
	r = send_or_forget(h, e, &sequence);
	if (r == JUKINET_OK)
		jk_handle_listing(h);
	return r;
}

/* From `n` on into the caller's array, of structs of his size. */
static void
give_uses(const struct jukinet *h, struct jukinet_use *ret, size_t max,
    size_t size, size_t n)
{
	for (unsigned i = 0; i < h->n_listed && n + i < max; i++) {
		void *one = (char *)ret + (n + i) * size;

		memcpy(one, &size, sizeof(size));
		(void)jk_event_copy(one, &h->use[i], sizeof(h->use[i]), 0);
	}
}

/* With the lock held: each page is of the same moment. */
static int
list(struct jukinet *h, int64_t until, struct jukinet_use *ret, size_t max,
    size_t size)
{
	size_t n = 0;
	enum jk_err e;
	int r;

	do {
		r = ask_for_uses(h, n);
		if (r != JUKINET_OK)
			return r;
		e = jk_handle_take_uses(h, until);
		if (e == JK_ERR_REFUSED)
			return JUKINET_E_REFUSED;
		if (e != JK_OK)
			return e == JK_ERR_TIMEOUT ? JUKINET_E_TIMEOUT
			                           : JUKINET_E_DOWN;
		give_uses(h, ret, max, size, n);
		n += h->n_listed;
	} while (h->n_listed > 0 && n < JUKINET_USES);
	return (int)n;
}

JK_EXPORT int
jukinet_uses(struct jukinet *h, int timeout_ms, struct jukinet_use *ret,
    size_t max)
{
	size_t size = 0;
	int r;

	if (max > 0 && !can_give(ret, SMALLEST_USE))
		return JUKINET_E_ARGUMENT;
	if (max > 0)
		memcpy(&size, ret, sizeof(size));
	if (!jk_handle_lock(h))
		return JUKINET_E_DOWN;
	r = list(h, until_of(timeout_ms), ret, max, size);
	(void)pthread_mutex_unlock(&h->lock);
	return r;
}

/* False: they are none that were told. */
static bool
add_up(const struct jukinet_use *uses, size_t n, struct jukinet_use *ret)
{
	size_t size;

	if (n == 0 || n > JUKINET_USES || !can_give(uses, SMALLEST_USE))
		return false;
	memcpy(&size, uses, sizeof(size));
	for (size_t i = 0; i < n; i++) {
		struct jukinet_use one = { 0 };

		memcpy(&one, (const char *)uses + i * size,
		    size < sizeof(one) ? size : sizeof(one));
		if (one.allowed > JK_USED_MOST || one.refused > JK_USED_MOST ||
		    one.persons > JK_USED_MOST)
			return false;
		ret->allowed += one.allowed;
		ret->refused += one.refused;
		ret->persons += one.persons;
	}
	return true;
}

static enum jk_err
put_entry(struct jukinet *h, const struct jukinet_use *sums, size_t n,
    const char *text)
{
	struct jk_frame *f = h->out;
	enum jk_err e;

	jk_frame_start(f, JK_FRAME_DONE);
	if ((e = put_text(f, JK_FIELD_TEXT, text)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_SEQ, h->sequence + 1)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_COUNT, sums->persons)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_USES, n)) != JK_OK ||
	    (e = jk_frame_put_u64(f, JK_FIELD_ALLOWED, sums->allowed)) != JK_OK)
		return e;
	return jk_frame_put_u64(f, JK_FIELD_REFUSED, sums->refused);
}

JK_EXPORT int
jukinet_enter(struct jukinet *h, const struct jukinet_use *uses, size_t n,
    const char *text, uint64_t *ret_sequence)
{
	struct jukinet_use sums = { 0 };
	int r = JUKINET_E_BUSY;

	if (!add_up(uses, n, &sums) ||
	    jk_question_done_fault(JUKINET_COUNT_UNKNOWN, text) != NULL)
		return JUKINET_E_ARGUMENT;
	if (!jk_handle_lock(h))
		return JUKINET_E_DOWN;
	if (!is_full(h))
		r = send_or_forget(h, put_entry(h, &sums, n, text),
		    ret_sequence);
	(void)pthread_mutex_unlock(&h->lock);
	return r;
}

JK_EXPORT const char *
jukinet_strerror(int error)
{
	switch (error) {
	case JUKINET_OK:
		return "no error";
	case JUKINET_E_MEMORY:
		return "out of memory";
	case JUKINET_E_DOWN:
		return "jukinetd does not answer";
	case JUKINET_E_TIMEOUT:
		return "no answer in time";
	case JUKINET_E_ARGUMENT:
		return "a question that is incomplete, too long or of another "
		       "version";
	case JUKINET_E_BUSY:
		return "too many questions without an answer";
	case JUKINET_E_REFUSED:
		return "refused";
	default:
		return "unknown error";
	}
}
