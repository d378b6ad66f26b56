/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader.h"

#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "link.h"
#include "log.h"
#include "plaintext.h"
#include "protocol.h"
#include "words.h"

/* The card process speaks up at its deadline, before the worker's own. */
#define LAST_WORD_MS 150

static uint64_t
deadline_ms(const struct jk_reader *r)
{
	const int left = jk_poll_ms(r->until);

	return left > LAST_WORD_MS ? (uint64_t)(left - LAST_WORD_MS) : 1;
}

static bool
has_more_kinds(const struct jk_reader *r)
{
	return r->settings != NULL && r->next_kind < r->settings->n_kinds;
}

/* OpenSC goes alone; all others that follow each other go together. */
static bool
goes_with(const char *kind, const char *other)
{
	return jk_word_find(&jk_card_kinds, kind) != JK_CARD_OPENSC &&
	       jk_word_find(&jk_card_kinds, other) != JK_CARD_OPENSC;
}

static enum jk_err
put_kinds(struct jk_reader *r)
{
	const struct jk_settings *s = r->settings;
	const char *kind;
	enum jk_err e;

	do {
		kind = s->kind[r->next_kind++];
		e = jk_frame_put_str(r->frame, JK_FIELD_KIND, kind);
	} while (e == JK_OK && has_more_kinds(r) &&
	         goes_with(kind, s->kind[r->next_kind]));
	return e;
}

static enum jk_err
send_find(struct jk_reader *r, uint64_t wait_ms)
{
	enum jk_err e;

	jk_frame_start(r->frame, JK_FRAME_FIND);
	if ((e = jk_frame_put_u64(r->frame, JK_FIELD_DEADLINE_MS,
	         deadline_ms(r))) != JK_OK ||
	    (e = jk_frame_put_u64(r->frame, JK_FIELD_WAIT_MS, wait_ms)) !=
	        JK_OK ||
	    (e = put_kinds(r)) != JK_OK)
		return e;
	return jk_frame_send(r->fd, r->frame);
}

static enum jk_err
converse(struct jk_reader *r, uint64_t wait_ms)
{
	enum jk_err e =
	    jk_link_connect(JK_RUN_DIR "/card.sock", r->until, &r->fd);

	return e == JK_OK ? send_find(r, wait_ms) : e;
}

enum jk_err
jk_reader_find(int64_t until, const struct jk_settings *settings,
    const struct jk_cancel *cancel, struct jk_reader *ret)
{
	struct jk_reader r = {
		.fd = -1,
		.cancel = cancel,
		.until = until,
		.settings = settings,
	};
	enum jk_err e = jk_frame_new(&r.frame);

	if (e == JK_OK)
		e = converse(&r, (uint64_t)settings->card_wait_ms);
	if (e != JK_OK) {
		jk_reader_close(&r);
		return e;
	}
	*ret = r;
	return JK_OK;
}

static uint64_t
get_tries(const struct jk_frame *f)
{
	uint64_t n;

	return jk_frame_get_u64(f, JK_FIELD_TRIES, &n) == JK_OK
	           ? n
	           : JK_TRIES_UNKNOWN;
}

static enum jk_reason
get_why(const struct jk_frame *f)
{
	uint64_t number;
	enum jk_reason why = JK_WHY_INTERNAL;

	if (jk_frame_get_u64(f, JK_FIELD_REASON, &number) == JK_OK)
		why = jk_reason_from_number(number);
	/* Evidence cannot decide: this one is not the card's to say. */
	return why == JK_WHY_GRANTED ? JK_WHY_INTERNAL : why;
}

/* A field that may be absent: then *ret_len is 0. */
static enum jk_err
get_bytes(const struct jk_frame *f, enum jk_field field, uint8_t *ret,
    size_t size, size_t *ret_len)
{
	struct jk_cur cur;
	enum jk_err e = jk_frame_get(f, (uint8_t)field, &cur);

	*ret_len = 0;
	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	if (e != JK_OK)
		return e;
	if (cur.left > size)
		return JK_ERR_TOO_BIG;
	memcpy(ret, cur.at, cur.left);
	*ret_len = cur.left;
	return JK_OK;
}

static bool
has_pad(const struct jk_frame *f)
{
	uint64_t n;

	return jk_frame_get_u64(f, JK_FIELD_PAD, &n) == JK_OK && n == 1;
}

/* A name that cannot be one is none: then nobody watches over the card. */
static void
get_reader(const struct jk_frame *f, char ret[static JK_READER_MAX + 1])
{
	if (jk_frame_get_str(f, JK_FIELD_READER, ret, JK_READER_MAX + 1) !=
	        JK_OK ||
	    jk_plaintext_fault(ret, strlen(ret)) != NULL)
		ret[0] = '\0';
}

static enum jk_err
read_card(const struct jk_frame *f, struct jk_reader_news *ret)
{
	enum jk_err e;

	if ((e = get_bytes(f, JK_FIELD_CERTIFICATE, ret->cert,
	         sizeof(ret->cert), &ret->cert_len)) != JK_OK ||
	    (e = get_bytes(f, JK_FIELD_IDENTITY, ret->identity,
	         sizeof(ret->identity), &ret->identity_len)) != JK_OK ||
	    (e = jk_frame_get_str(f, JK_FIELD_KIND, ret->kind,
	         sizeof(ret->kind))) != JK_OK)
		return e;
	if (ret->cert_len == 0 && ret->identity_len == 0)
		return JK_ERR_FORMAT;
	ret->event = JK_READER_CARD;
	ret->tries = get_tries(f);
	ret->pad = has_pad(f);
	get_reader(f, ret->reader);
	return JK_OK;
}

/* The next frame that answers something. */
static enum jk_err
hear(struct jk_reader *r)
{
	for (;;) {
		enum jk_err e;

		/*
		 * What is there can be read at any time: one that floods ends
		 * too.
		 */
		if (jk_boot_ms() >= r->until)
			return JK_ERR_TIMEOUT;
		e = jk_frame_recv(r->fd, r->cancel, r->until, r->frame, NULL);
		if (e != JK_OK || jk_frame_type(r->frame) != JK_FRAME_BUSY)
			return e;
		if (r->busy != NULL)
			r->busy(r->ctx);
		r->busy = NULL;
	}
}

/* Cards that are not ours may be so in another language. */
static bool
may_go_on(const struct jk_reader *r, enum jk_reason why)
{
	return has_more_kinds(r) &&
	       (why == JK_WHY_CARD_NOTOPERATOR || why == JK_WHY_CARD_UNKNOWN);
}

/* A card that could be an operator's says more than one that could not. */
static enum jk_reason
telling(enum jk_reason before, enum jk_reason now)
{
	return before == JK_WHY_CARD_UNKNOWN && now == JK_WHY_CARD_NOTOPERATOR
	           ? before
	           : now;
}

/* The cards are there already: nobody waits for another one. */
static enum jk_err
go_on(struct jk_reader *r)
{
	close(r->fd);
	r->fd = -1;
	return converse(r, 0);
}

/* As if it had said so itself. */
static void
fail(struct jk_reader *r, enum jk_reason why)
{
	r->so_far = why;
	jk_frame_start(r->frame, JK_FRAME_FAILED);
}

static enum jk_err
hear_next(struct jk_reader *r)
{
	for (;;) {
		enum jk_reason why;
		enum jk_err e = hear(r);

		if (e != JK_OK || jk_frame_type(r->frame) != JK_FRAME_FAILED)
			return e;
		why = get_why(r->frame);
		r->so_far = telling(r->so_far, why);
		if (!may_go_on(r, why))
			return JK_OK;
		e = go_on(r);
		if (e != JK_OK) {
			jk_log(JK_LOG_ERR, "jukinet-card: %s", jk_err_text(e));
			fail(r, JK_WHY_SERVICE_DOWN);
			return JK_OK;
		}
	}
}

enum jk_err
jk_reader_next(struct jk_reader *r, struct jk_reader_news *ret)
{
	enum jk_err e = hear_next(r);

	if (e != JK_OK)
		return e;
	switch (jk_frame_type(r->frame)) {
	case JK_FRAME_WAITING:
		ret->event = JK_READER_WAITING;
		return jk_frame_get_u64(r->frame, JK_FIELD_READERS,
		    &ret->readers);
	case JK_FRAME_CARD:
		return read_card(r->frame, ret);
	case JK_FRAME_FAILED:
		ret->event = JK_READER_FAILED;
		ret->why = r->so_far;
		return JK_OK;
	default:
		return JK_ERR_FORMAT;
	}
}

enum jk_err
jk_reader_read(struct jk_reader *r)
{
	jk_frame_start(r->frame, JK_FRAME_READ);
	return jk_frame_send(r->fd, r->frame);
}

enum jk_err
jk_reader_pass(struct jk_reader *r)
{
	jk_frame_start(r->frame, JK_FRAME_NEXT);
	return jk_frame_send(r->fd, r->frame);
}

/* The PIN, or its length for the reader's keys. */
static enum jk_err
put_pin(struct jk_frame *f, const struct jk_reader_order *o)
{
	enum jk_err e;

	if (o->pin != NULL)
		return jk_frame_put(f, JK_FIELD_PIN, o->pin->data, o->pin->len);
	e = jk_frame_put_u64(f, JK_FIELD_PIN_MIN, o->pin_min);
	return e == JK_OK ? jk_frame_put_u64(f, JK_FIELD_PIN_MAX, o->pin_max)
	                  : e;
}

static enum jk_err
send_sign(struct jk_reader *r, const struct jk_reader_order *o)
{
	enum jk_err e;

	jk_frame_start(r->frame, JK_FRAME_SIGN);
	if ((e = jk_frame_put(r->frame, JK_FIELD_NONCE, o->nonce,
	         JK_NONCE_LEN)) == JK_OK &&
	    (e = jk_frame_put_u64(r->frame, JK_FIELD_FLAGS,
	         o->renews ? JK_FLAG_RENEW : 0)) == JK_OK &&
	    (e = put_pin(r->frame, o)) == JK_OK &&
	    (e = jk_frame_put_u64(r->frame, JK_FIELD_TRIES_KEEP,
	         o->tries_keep)) == JK_OK &&
	    (e = jk_frame_put_u64(r->frame, JK_FIELD_KEY_KIND, o->key)) ==
	        JK_OK &&
	    o->pin == NULL)
		e = jk_frame_put_u64(r->frame, JK_FIELD_PAD, 1);
	if (e == JK_OK)
		e = jk_frame_send(r->fd, r->frame);
	jk_frame_start(r->frame, 0);
	return e;
}

static enum jk_err
read_signed(const struct jk_frame *f,
    uint8_t ret_signature[static JK_SIGNATURE_MAX], size_t *ret_len)
{
	struct jk_cur signature;
	enum jk_err e;

	if (jk_frame_type(f) != JK_FRAME_SIGNED)
		return JK_ERR_FORMAT;
	e = jk_frame_get(f, JK_FIELD_SIGNATURE, &signature);
	if (e != JK_OK)
		return e;
	if (signature.left > JK_SIGNATURE_MAX)
		return JK_ERR_TOO_BIG;
	memcpy(ret_signature, signature.at, signature.left);
	*ret_len = signature.left;
	return JK_OK;
}

enum jk_err
jk_reader_sign(struct jk_reader *r, const struct jk_reader_order *order,
    uint8_t ret_signature[static JK_SIGNATURE_MAX], size_t *ret_len,
    enum jk_reason *ret_why, uint64_t *ret_tries)
{
	enum jk_err e;

	if ((e = send_sign(r, order)) != JK_OK || (e = hear(r)) != JK_OK)
		return e;
	if (jk_frame_type(r->frame) == JK_FRAME_FAILED) {
		*ret_why = get_why(r->frame);
		*ret_tries = get_tries(r->frame);
		return JK_ERR_REFUSED;
	}
	return read_signed(r->frame, ret_signature, ret_len);
}

/* After both secrets have left, until the card says otherwise: who knows. */
static enum jk_err
hear_end(struct jk_reader *r, struct jk_reader_end *ret)
{
	uint64_t stands;
	enum jk_err e;

	ret->why = JK_WHY_INTERNAL;
	ret->tries = JK_TRIES_UNKNOWN;
	ret->stands = JK_STANDS_UNSURE;
	e = hear(r);
	if (e != JK_OK || jk_frame_type(r->frame) != JK_FRAME_FAILED)
		return e;
	ret->why = get_why(r->frame);
	ret->tries = get_tries(r->frame);
	if (jk_frame_get_u64(r->frame, JK_FIELD_PIN_STANDS, &stands) == JK_OK &&
	    stands < JK_STANDS_COUNT)
		ret->stands = (enum jk_pin_stands)stands;
	return JK_ERR_REFUSED;
}

static enum jk_err
put_secret(struct jk_frame *f, enum jk_field field, const struct jk_secret *s)
{
	return jk_frame_put(f, (uint8_t)field, s->data, s->len);
}

enum jk_err
jk_reader_renew(struct jk_reader *r, const struct jk_secret *old,
    const struct jk_secret *fresh, struct jk_reader_end *ret)
{
	enum jk_err e;

	*ret = (struct jk_reader_end){
		.why = JK_WHY_INTERNAL,
		.tries = JK_TRIES_UNKNOWN,
		.stands = JK_STANDS_OLD,
	};
	jk_frame_start(r->frame, JK_FRAME_RENEW);
	if ((e = put_secret(r->frame, JK_FIELD_PIN, old)) == JK_OK &&
	    (e = put_secret(r->frame, JK_FIELD_PIN_NEW, fresh)) == JK_OK)
		e = jk_frame_send(r->fd, r->frame);
	jk_frame_start(r->frame, 0);
	if (e == JK_OK)
		e = hear_end(r, ret);
	if (e != JK_OK)
		return e;
	return jk_frame_type(r->frame) == JK_FRAME_RENEWED ? JK_OK
	                                                   : JK_ERR_FORMAT;
}

enum jk_err
jk_reader_unblock(struct jk_reader *r, const struct jk_reader_order *o,
    const struct jk_secret *fresh,
    uint8_t ret_signature[static JK_SIGNATURE_MAX], size_t *ret_len,
    struct jk_reader_end *ret)
{
	enum jk_err e;

	*ret = (struct jk_reader_end){
		.why = JK_WHY_INTERNAL,
		.tries = JK_TRIES_UNKNOWN,
		.stands = JK_STANDS_OLD,
	};
	jk_frame_start(r->frame, JK_FRAME_UNBLOCK);
	if ((e = jk_frame_put(r->frame, JK_FIELD_NONCE, o->nonce,
	         JK_NONCE_LEN)) == JK_OK &&
	    (e = jk_frame_put_u64(r->frame, JK_FIELD_KEY_KIND, o->key)) ==
	        JK_OK &&
	    (e = put_secret(r->frame, JK_FIELD_PIN_NEW, fresh)) == JK_OK &&
	    (e = put_secret(r->frame, JK_FIELD_PUK, o->pin)) == JK_OK)
		e = jk_frame_send(r->fd, r->frame);
	jk_frame_start(r->frame, 0);
	if (e == JK_OK)
		e = hear_end(r, ret);
	return e == JK_OK ? read_signed(r->frame, ret_signature, ret_len) : e;
}

bool
jk_reader_pin_range(const struct jk_reader *r, unsigned *ret_min,
    unsigned *ret_max)
{
	uint64_t min, max;

	if (jk_frame_get_u64(r->frame, JK_FIELD_PIN_MIN, &min) != JK_OK ||
	    jk_frame_get_u64(r->frame, JK_FIELD_PIN_MAX, &max) != JK_OK ||
	    min > max || max > JK_PIN_MAX)
		return false;
	*ret_min = (unsigned)min;
	*ret_max = (unsigned)max;
	return true;
}

void
jk_reader_close(struct jk_reader *reader)
{
	jk_frame_free(&reader->frame);
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
}
