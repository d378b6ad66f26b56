/* SPDX-License-Identifier: BSD-2-Clause */
#include "conversation.h"

#include <string.h>

#include "clock.h"
#include "frame.h"
#include "patience.h"

#define FIRST_FRAME_MS 2000
#define PCSCD_MS       1000 /* for a pcscd that is just starting */
#define READER_MS      1500 /* for its readers to come back */
#define SLICE_MS       500
#define RETRY_MS       50

static const struct jk_applet *const applets[JK_APPLETS] = { &jk_piv,
	&jk_jpki };

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum jk_reason
jk_card_reason(enum jk_err e)
{
	switch (e) {
	case JK_ERR_BUSY:
		return JK_WHY_CARD_BUSY;
	case JK_ERR_CLOSED:
		return JK_WHY_CARD_REMOVED;
	case JK_ERR_SYS:
		return JK_WHY_READER_DOWN;
	case JK_ERR_NOT_FOUND:
		return JK_WHY_CARD_NOTOPERATOR;
	case JK_ERR_FORMAT:
	case JK_ERR_TRUNCATED:
	case JK_ERR_TOO_BIG:
	case JK_ERR_TIMEOUT:
	case JK_ERR_UNSUPPORTED:
		return JK_WHY_CARD_UNREADABLE;
	case JK_OK:
	case JK_ERR_NOMEM:
	case JK_ERR_REFUSED:
	case JK_ERR_VERSION:
	case JK_ERR_UNSAFE:
	case JK_ERR_CRYPTO:
	case JK_ERR_EXISTS:
		break;
	}
	return JK_WHY_INTERNAL;
}

/* A card that does not answer because it was pulled was removed. */
enum jk_reason
jk_link_reason(const struct jk_link *link, enum jk_err e)
{
	if (e == JK_ERR_UNSAFE)
		return JK_WHY_PIN_REFUSED;
	if (e == JK_ERR_TIMEOUT && jk_link_is_card_gone(link))
		e = JK_ERR_CLOSED;
	return jk_card_reason(e);
}

enum jk_reason
jk_pin_reason(unsigned left)
{
	switch (left) {
	case 0:
		return JK_WHY_PIN_LOCKED;
	case 1:
		return JK_WHY_PIN_WRONG_LAST;
	default:
		return JK_WHY_PIN_WRONG;
	}
}

static enum jk_err
put_range(struct jk_frame *f, const struct jk_pin_range *range)
{
	enum jk_err e = jk_frame_put_u64(f, JK_FIELD_PIN_MIN, range->min);

	return e == JK_OK ? jk_frame_put_u64(f, JK_FIELD_PIN_MAX, range->max)
	                  : e;
}

static enum jk_err
put_failed(struct jk_conversation *c, enum jk_reason why,
    const struct jk_tries *tries)
{
	enum jk_err e;

	jk_frame_start(c->frame, JK_FRAME_FAILED);
	e = jk_frame_put_u64(c->frame, JK_FIELD_REASON, why);
	if (e == JK_OK && why == JK_WHY_PIN_MALFORMED && c->range.max > 0)
		e = put_range(c->frame, &c->range);
	if (e == JK_OK && tries != NULL && tries->known)
		e = jk_frame_put_u64(c->frame, JK_FIELD_TRIES, tries->left);
	return e;
}

enum jk_err
jk_conversation_fail(struct jk_conversation *c, enum jk_reason why,
    const struct jk_tries *tries)
{
	enum jk_err e = put_failed(c, why, tries);

	return e == JK_OK ? jk_frame_send(c->fd, c->frame) : e;
}

enum jk_err
jk_conversation_fail_pin(struct jk_conversation *c, enum jk_reason why,
    const struct jk_tries *tries, enum jk_pin_stands stands)
{
	enum jk_err e = put_failed(c, why, tries);

	if (e == JK_OK)
		e = jk_frame_put_u64(c->frame, JK_FIELD_PIN_STANDS, stands);
	return e == JK_OK ? jk_frame_send(c->fd, c->frame) : e;
}

enum jk_err
jk_conversation_show(struct jk_conversation *c, const struct jk_view *view)
{
	const struct jk_cur *der = &view->certificate, *id = &view->identity;
	enum jk_err e;

	jk_frame_start(c->frame, JK_FRAME_CARD);
	e = jk_frame_put_str(c->frame, JK_FIELD_READER, view->reader);
	if (e == JK_OK && der->left > 0)
		e = jk_frame_put(c->frame, JK_FIELD_CERTIFICATE, der->at,
		    der->left);
	if (e == JK_OK && view->tries.known)
		e = jk_frame_put_u64(c->frame, JK_FIELD_TRIES,
		    view->tries.left);
	if (e == JK_OK)
		e = jk_frame_put_str(c->frame, JK_FIELD_KIND, view->kind);
	if (e == JK_OK && id->left > 0)
		e = jk_frame_put(c->frame, JK_FIELD_IDENTITY, id->at, id->left);
	if (e == JK_OK && view->pad)
		e = jk_frame_put_u64(c->frame, JK_FIELD_PAD, 1);
	return e == JK_OK ? jk_frame_send(c->fd, c->frame) : e;
}

enum jk_err
jk_conversation_signed(struct jk_conversation *c,
    const struct jk_signature *signature)
{
	enum jk_err e;

	jk_frame_start(c->frame, JK_FRAME_SIGNED);
	e = jk_frame_put(c->frame, JK_FIELD_SIGNATURE, signature->data,
	    signature->len);
	return e == JK_OK ? jk_frame_send(c->fd, c->frame) : e;
}

enum jk_err
jk_conversation_renewed(struct jk_conversation *c)
{
	jk_frame_start(c->frame, JK_FRAME_RENEWED);
	return jk_frame_send(c->fd, c->frame);
}

/* A card that cannot be read says more than one that is not ours. */
void
jk_conversation_remember(struct jk_conversation *c, enum jk_reason why)
{
	if (c->why == JK_WHY_INTERNAL || c->why == JK_WHY_CARD_NOTOPERATOR)
		c->why = why;
}

enum jk_err
jk_conversation_listen(const struct jk_conversation *c, int64_t ms)
{
	return jk_wait_readable(c->fd, NULL,
	    earlier(jk_boot_ms() + ms, c->until));
}

enum jk_err
jk_conversation_hear(struct jk_conversation *c, int64_t ms)
{
	return jk_frame_recv(c->fd, NULL, earlier(jk_boot_ms() + ms, c->until),
	    c->frame, NULL);
}

static enum jk_err
send_waiting(struct jk_conversation *c)
{
	enum jk_err e;

	if (c->told_waiting && (c->told_readers > 0) == (c->pcsc.n > 0))
		return JK_OK;
	jk_frame_start(c->frame, JK_FRAME_WAITING);
	e = jk_frame_put_u64(c->frame, JK_FIELD_READERS, c->pcsc.n);
	if (e == JK_OK)
		e = jk_frame_send(c->fd, c->frame);
	c->told_waiting = true;
	c->told_readers = c->pcsc.n;
	return e;
}

static bool
has_any_card(const struct jk_pcsc *pcsc)
{
	for (size_t i = 0; i < pcsc->n; i++)
		if (jk_reader_has_card(&pcsc->reader[i]))
			return true;
	return false;
}

/*
 * A context that answers, on which the readers were just looked at. The
 * worker says nothing meanwhile, unless it hangs up.
 */
static enum jk_err
look(struct jk_conversation *c)
{
	int64_t until = earlier(jk_boot_ms() + PCSCD_MS, c->until);

	do {
		enum jk_err e = JK_OK;

		if (!c->pcsc.open)
			e = jk_pcsc_open(&c->pcsc, until);
		if (e == JK_OK)
			e = jk_pcsc_look(&c->pcsc);
		if (e == JK_OK)
			return JK_OK;
		jk_pcsc_close(&c->pcsc);
		e = jk_wait_readable(c->fd, NULL, jk_boot_ms() + RETRY_MS);
		if (e != JK_ERR_TIMEOUT)
			return e == JK_OK ? JK_ERR_FORMAT : e;
	} while (jk_boot_ms() < until);
	return JK_ERR_SYS;
}

/* JK_ERR_TIMEOUT: no card came; then c->why says what is missing. */
static enum jk_err
wait_for_card(struct jk_conversation *c)
{
	int64_t reader_until = jk_boot_ms() + READER_MS;

	for (;;) {
		int64_t now, until;
		enum jk_err e = look(c);

		if (e != JK_OK)
			return e;
		if (has_any_card(&c->pcsc))
			return JK_OK;
		e = send_waiting(c);
		if (e != JK_OK)
			return e;
		now = jk_boot_ms();
		if (c->pcsc.n > 0)
			reader_until = now + READER_MS;
		until = earlier(reader_until, c->card_until);
		if (c->pcsc.n > 0)
			until = c->card_until;
		if (now >= until) {
			c->why = c->pcsc.n > 0 ? JK_WHY_CARD_NONE
			                       : JK_WHY_READER_NONE;
			return JK_ERR_TIMEOUT;
		}
		/* What went wrong there, the next look finds out. */
		(void)jk_pcsc_wait(&c->pcsc, earlier(until, now + SLICE_MS));
	}
}

enum jk_err
jk_conversation_wait(struct jk_conversation *c, bool *ret_card)
{
	enum jk_err e = wait_for_card(c);

	*ret_card = e == JK_OK;
	if (e == JK_ERR_TIMEOUT)
		return jk_conversation_fail(c, c->why, NULL);
	if (e == JK_ERR_SYS)
		return jk_conversation_fail(c, JK_WHY_READER_DOWN, NULL);
	return e;
}

static bool
is_called(const char *text, struct jk_cur name)
{
	return strlen(text) == name.left &&
	       memcmp(text, name.at, name.left) == 0;
}

static const struct jk_applet *
find_applet(struct jk_cur name)
{
	for (size_t i = 0; i < JK_COUNT(applets); i++)
		if (is_called(applets[i]->name, name))
			return applets[i];
	return NULL;
}

/* In which languages to ask a card, in which order; OpenSC goes alone. */
static enum jk_err
read_kinds(struct jk_conversation *c)
{
	struct jk_cur name;

	if (jk_frame_get(c->frame, JK_FIELD_KIND, &name) == JK_OK &&
	    is_called(JK_OPENSC, name)) {
		c->opensc = true;
		return jk_frame_get_nth(c->frame, JK_FIELD_KIND, 1, &name) ==
		               JK_ERR_NOT_FOUND
		           ? JK_OK
		           : JK_ERR_FORMAT;
	}
	while (c->n_applets < JK_COUNT(c->applet) &&
	       jk_frame_get_nth(c->frame, JK_FIELD_KIND, c->n_applets, &name) ==
	           JK_OK) {
		c->applet[c->n_applets] = find_applet(name);
		if (c->applet[c->n_applets++] == NULL)
			return JK_ERR_UNSUPPORTED;
	}
	return c->n_applets > 0 ? JK_OK : JK_ERR_FORMAT;
}

static enum jk_err
read_find(struct jk_conversation *c)
{
	uint64_t deadline_ms, wait_ms;
	int64_t now = jk_boot_ms();
	enum jk_err e =
	    jk_frame_recv(c->fd, NULL, now + FIRST_FRAME_MS, c->frame, NULL);

	if (e != JK_OK)
		return e;
	if (jk_frame_type(c->frame) != JK_FRAME_FIND)
		return JK_ERR_FORMAT;
	if ((e = jk_frame_get_u64(c->frame, JK_FIELD_DEADLINE_MS,
	         &deadline_ms)) != JK_OK ||
	    (e = jk_frame_get_u64(c->frame, JK_FIELD_WAIT_MS, &wait_ms)) !=
	        JK_OK)
		return e;
	if (deadline_ms == 0 || deadline_ms > JK_ATTEMPT_MAX_MS)
		return JK_ERR_FORMAT;
	if ((e = read_kinds(c)) != JK_OK)
		return e;
	if (wait_ms > deadline_ms)
		wait_ms = deadline_ms;
	now = jk_boot_ms();
	c->until = now + (int64_t)deadline_ms;
	c->card_until = now + (int64_t)wait_ms;
	return jk_patience_start(c->fd, c->until);
}

enum jk_err
jk_conversation_open(int fd, struct jk_conversation *ret)
{
	struct jk_conversation c = { .fd = fd };
	enum jk_err e = jk_frame_new(&c.frame);

	if (e == JK_OK)
		e = read_find(&c);
	if (e != JK_OK) {
		jk_frame_free(&c.frame);
		return e;
	}
	*ret = c;
	return JK_OK;
}

void
jk_conversation_close(struct jk_conversation *c)
{
	jk_pcsc_close(&c->pcsc);
	jk_frame_free(&c->frame);
}
