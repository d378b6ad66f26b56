/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One attempt: finds cards, shows them to the worker, and signs with the one
 * that the worker chose. No transaction is held while a person types. The PIN
 * meets only the card that was shown, once.
 */
#include "card.h"

#include <string.h>

#include "applet.h"
#include "challenge.h"
#include "clock.h"
#include "frame.h"
#include "patience.h"
#include "pcsc.h"
#include "protocol.h"
#include "reason.h"
#include "secret.h"

#define FIRST_FRAME_MS 2000
#define PCSCD_MS       1000 /* for a pcscd that is just starting */
#define READER_MS      1500 /* for its readers to come back */
#define SLICE_MS       500
#define RETRY_MS       50
#define ATTEMPT_MAX_MS 600000
/*
 * A program that has the PIN at hand answers within it, and finds the
 * transaction still open; a person never does.
 */
#define HOLD_MS 150
/* For the worker to look at a signature before it sends a new PIN. */
#define RENEW_MS 1000

static const struct jk_applet *const applets[] = { &jk_piv, &jk_jpki };

/* What a card showed of itself. */
struct shown {
	const struct attempt *attempt;
	const struct jk_applet *applet;
	struct jk_identity identity;
	struct jk_tries tries;
	struct jk_certificate certificate;
};

struct attempt {
	int fd;
	bool short_only;
	size_t n_applets; /* in which order a card is asked */
	const struct jk_applet *applet[JK_COUNT(applets)];
	struct jk_frame *frame;
	int64_t until;      /* of the attempt */
	int64_t card_until; /* for a card to come */
	struct jk_pcsc pcsc;
	enum jk_reason why; /* of the cards that could not be shown */
	bool told_waiting;
	size_t told_readers;
};

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static enum jk_reason
reason_of(enum jk_err e)
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

static enum jk_err
put_failed(struct attempt *a, enum jk_reason why, const struct jk_tries *tries)
{
	enum jk_err e;

	jk_frame_start(a->frame, JK_FRAME_FAILED);
	e = jk_frame_put_u64(a->frame, JK_FIELD_REASON, why);
	if (e == JK_OK && tries != NULL && tries->known)
		e = jk_frame_put_u64(a->frame, JK_FIELD_TRIES, tries->left);
	return e;
}

static enum jk_err
send_failed(struct attempt *a, enum jk_reason why, const struct jk_tries *tries)
{
	enum jk_err e = put_failed(a, why, tries);

	return e == JK_OK ? jk_frame_send(a->fd, a->frame) : e;
}

/* The same where a new PIN was on its way. */
static enum jk_err
send_stands(struct attempt *a, enum jk_reason why, const struct jk_tries *tries,
    enum jk_pin_stands stands)
{
	enum jk_err e = put_failed(a, why, tries);

	if (e == JK_OK)
		e = jk_frame_put_u64(a->frame, JK_FIELD_PIN_STANDS, stands);
	return e == JK_OK ? jk_frame_send(a->fd, a->frame) : e;
}

static enum jk_err
send_waiting(struct attempt *a)
{
	enum jk_err e;

	if (a->told_waiting && (a->told_readers > 0) == (a->pcsc.n > 0))
		return JK_OK;
	jk_frame_start(a->frame, JK_FRAME_WAITING);
	e = jk_frame_put_u64(a->frame, JK_FIELD_READERS, a->pcsc.n);
	if (e == JK_OK)
		e = jk_frame_send(a->fd, a->frame);
	a->told_waiting = true;
	a->told_readers = a->pcsc.n;
	return e;
}

static enum jk_err
send_card(struct attempt *a, const struct jk_reader *reader,
    const struct shown *shown)
{
	const struct jk_certificate *c = &shown->certificate;
	enum jk_err e;

	jk_frame_start(a->frame, JK_FRAME_CARD);
	e = jk_frame_put_str(a->frame, JK_FIELD_READER, reader->name);
	if (e == JK_OK && c->len > 0)
		e = jk_frame_put(a->frame, JK_FIELD_CERTIFICATE, c->der,
		    c->len);
	if (e == JK_OK && shown->tries.known)
		e = jk_frame_put_u64(a->frame, JK_FIELD_TRIES,
		    shown->tries.left);
	if (e == JK_OK)
		e = jk_frame_put_str(a->frame, JK_FIELD_KIND,
		    shown->applet->name);
	if (e == JK_OK && shown->identity.len > 0)
		e = jk_frame_put(a->frame, JK_FIELD_IDENTITY,
		    shown->identity.data, shown->identity.len);
	return e == JK_OK ? jk_frame_send(a->fd, a->frame) : e;
}

/* The first application of the list that the card has. */
static enum jk_err
select_any(const struct attempt *a, const struct jk_channel *channel,
    const struct jk_applet **ret)
{
	for (size_t i = 0; i < a->n_applets; i++) {
		enum jk_err e = a->applet[i]->select(channel);

		if (e == JK_OK)
			*ret = a->applet[i];
		if (e != JK_ERR_NOT_FOUND)
			return e;
	}
	return JK_ERR_NOT_FOUND;
}

/*
 * The certificate too where nothing else says which card it is, or where the
 * worker has seen it.
 */
static enum jk_err
look_at(const struct jk_channel *channel, const struct shown *before,
    struct shown *ret)
{
	const struct jk_applet *applet;
	enum jk_err e = select_any(before->attempt, channel, &applet);

	if (e != JK_OK)
		return e;
	*ret = (struct shown){ .attempt = before->attempt, .applet = applet };
	if ((e = applet->identify(channel, &ret->identity)) != JK_OK)
		return e;
	if ((ret->identity.len == 0 || before->certificate.len > 0) &&
	    (e = applet->read(channel, &ret->certificate)) != JK_OK)
		return e;
	return applet->count_tries(channel, &ret->tries);
}

static bool
is_same(const struct shown *a, const struct shown *b)
{
	const struct jk_identity *i = &a->identity, *j = &b->identity;
	const struct jk_certificate *c = &a->certificate, *d = &b->certificate;

	return a->applet == b->applet && i->len == j->len &&
	       memcmp(i->data, j->data, i->len) == 0 && c->len == d->len &&
	       memcmp(c->der, d->der, c->len) == 0;
}

/* For the first transaction: jk_prepare_fn. */
static enum jk_err
prepare_look(const struct jk_channel *channel, JK_UNUSED enum jk_begun begun,
    void *ctx)
{
	struct shown *shown = ctx;

	return look_at(channel, &(struct shown){ .attempt = shown->attempt },
	    shown);
}

/*
 * The card that was shown, with its application selected. On the kept
 * connection it can be no other one, for pcscd would have said so; on a new
 * one it must prove that.
 */
static enum jk_err
meet_again(const struct jk_channel *channel, enum jk_begun begun,
    struct shown *shown)
{
	static struct shown now;
	enum jk_err e;

	switch (begun) {
	case JK_BEGUN_OPEN:
		return JK_OK;
	case JK_BEGUN_AGAIN:
		return shown->applet->select(channel);
	case JK_BEGUN_FRESH:
		break;
	}
	e = look_at(channel, shown, &now);
	if (e != JK_OK)
		return e;
	if (!is_same(&now, shown))
		return JK_ERR_CLOSED;
	shown->tries = now.tries;
	return JK_OK;
}

/* For the certificate: jk_prepare_fn. */
static enum jk_err
prepare_read(const struct jk_channel *channel, enum jk_begun begun, void *ctx)
{
	struct shown *shown = ctx;
	enum jk_err e = meet_again(channel, begun, shown);

	return e == JK_OK ? shown->applet->read(channel, &shown->certificate)
	                  : e;
}

/* For the signature: jk_prepare_fn. */
static enum jk_err
prepare_sign(const struct jk_channel *channel, enum jk_begun begun, void *ctx)
{
	return meet_again(channel, begun, ctx);
}

/* What the worker orders with SIGN, RENEW or UNBLOCK. */
struct order {
	enum jk_key_kind key;
	struct jk_challenge challenge;
	struct jk_secret pin; /* or the PUK */
	struct jk_secret fresh;
	uint64_t tries_keep;
	bool renews; /* RENEW may follow */
};

static void
clear_order(struct order *order)
{
	jk_secret_clear(&order->pin);
	jk_secret_clear(&order->fresh);
}

static enum jk_err
get_key_kind(const struct jk_frame *f, enum jk_key_kind *ret)
{
	uint64_t n;
	enum jk_err e = jk_frame_get_u64(f, JK_FIELD_KEY_KIND, &n);

	if (e != JK_OK)
		return e;
	if (n == JK_KEY_NONE || n >= JK_KEY_COUNT)
		return JK_ERR_FORMAT;
	*ret = (enum jk_key_kind)n;
	return JK_OK;
}

static enum jk_err
read_challenge(const struct jk_frame *f, struct order *ret)
{
	struct jk_cur nonce;
	enum jk_err e;

	if ((e = jk_frame_get(f, JK_FIELD_NONCE, &nonce)) != JK_OK ||
	    (e = get_key_kind(f, &ret->key)) != JK_OK)
		return e;
	return nonce.left == JK_NONCE_LEN
	           ? jk_challenge_make(nonce.at, ret->key, &ret->challenge)
	           : JK_ERR_FORMAT;
}

/* A PIN that no card of this kind would take is no error of the worker's. */
static enum jk_err
read_secret(const struct jk_frame *f, enum jk_field field,
    const struct jk_applet *applet, struct jk_secret *ret, bool *fits)
{
	struct jk_cur pin;
	enum jk_err e = jk_frame_get(f, (uint8_t)field, &pin);

	if (e != JK_OK)
		return e;
	e = applet->fit(pin, ret);
	if (e != JK_ERR_FORMAT)
		return e;
	*fits = false;
	return JK_OK;
}

static enum jk_err
get_flags(const struct jk_frame *f, uint64_t *ret)
{
	enum jk_err e = jk_frame_get_u64(f, JK_FIELD_FLAGS, ret);

	if (e != JK_ERR_NOT_FOUND)
		return e;
	*ret = 0;
	return JK_OK;
}

/* The frame, which holds the PIN, is erased in any case. */
static enum jk_err
read_sign(struct attempt *a, const struct jk_applet *applet, struct order *ret,
    bool *ret_pin_fits)
{
	const struct jk_frame *f = a->frame;
	uint64_t flags = 0;
	enum jk_err e;

	*ret_pin_fits = true;
	if ((e = get_flags(f, &flags)) == JK_OK &&
	    (e = jk_frame_get_u64(f, JK_FIELD_TRIES_KEEP, &ret->tries_keep)) ==
	        JK_OK &&
	    (e = read_challenge(f, ret)) == JK_OK)
		e = read_secret(f, JK_FIELD_PIN, applet, &ret->pin,
		    ret_pin_fits);
	ret->renews = (flags & JK_FLAG_RENEW) != 0;
	jk_frame_start(a->frame, 0);
	return e;
}

/* The same of the two secrets of RENEW and UNBLOCK. */
static enum jk_err
read_both(struct attempt *a, enum jk_field by, const struct jk_applet *applet,
    struct order *ret, bool *ret_fit)
{
	const struct jk_frame *f = a->frame;
	enum jk_err e;

	*ret_fit = true;
	if ((e = read_secret(f, by, applet, &ret->pin, ret_fit)) == JK_OK)
		e = read_secret(f, JK_FIELD_PIN_NEW, applet, &ret->fresh,
		    ret_fit);
	jk_frame_start(a->frame, 0);
	return e;
}

static enum jk_err
answer_signed(struct attempt *a, const struct jk_signature *signature)
{
	enum jk_err e;

	jk_frame_start(a->frame, JK_FRAME_SIGNED);
	e = jk_frame_put(a->frame, JK_FIELD_SIGNATURE, signature->data,
	    signature->len);
	return e == JK_OK ? jk_frame_send(a->fd, a->frame) : e;
}

static enum jk_reason
why_refused(unsigned left)
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

/* The same of the PUK. */
static enum jk_reason
why_puk_refused(unsigned left)
{
	switch (left) {
	case 0:
		return JK_WHY_PUK_LOCKED;
	case 1:
		return JK_WHY_PUK_WRONG_LAST;
	default:
		return JK_WHY_PUK_WRONG;
	}
}

/* A card that does not answer because it was pulled was removed. */
static enum jk_reason
why_failed(const struct jk_link *link, enum jk_err e)
{
	if (e == JK_ERR_UNSAFE)
		return JK_WHY_PIN_REFUSED;
	if (e == JK_ERR_TIMEOUT && jk_link_is_card_gone(link))
		e = JK_ERR_CLOSED;
	return reason_of(e);
}

/*
 * The new PIN, in the transaction in which the present one was verified. The
 * worker has seen the signature, so it is the registered card.
 */
static enum jk_err
renew(struct attempt *a, struct jk_link *link, const struct jk_applet *applet)
{
	struct order order = { 0 };
	bool fit = false;
	unsigned left;
	enum jk_err e = read_both(a, JK_FIELD_PIN, applet, &order, &fit);

	if (e != JK_OK || !fit) {
		clear_order(&order);
		jk_link_end_reset(link);
		return e != JK_OK ? e
		                  : send_stands(a, JK_WHY_PIN_REFUSED, NULL,
		                        JK_STANDS_OLD);
	}
	e = applet->change(&link->channel, &order.pin, &order.fresh, &left);
	clear_order(&order);
	jk_link_end_reset(link);
	if (e == JK_OK) {
		jk_frame_start(a->frame, JK_FRAME_RENEWED);
		return jk_frame_send(a->fd, a->frame);
	}
	if (e == JK_ERR_REFUSED)
		return send_stands(a, why_refused(left),
		    &(struct jk_tries){ .known = true, .left = left },
		    JK_STANDS_OLD);
	return send_stands(a, why_failed(link, e), NULL,
	    e == JK_ERR_UNSAFE ? JK_STANDS_OLD : JK_STANDS_UNSURE);
}

/* The card stays verified for the moment that the worker needs. */
static enum jk_err
await_renew(struct attempt *a, struct jk_link *link,
    const struct jk_applet *applet, const struct jk_signature *signature)
{
	enum jk_err e = answer_signed(a, signature);

	if (e == JK_OK)
		e = jk_frame_recv(a->fd, NULL,
		    earlier(jk_boot_ms() + RENEW_MS, a->until), a->frame, NULL);
	if (e == JK_OK && jk_frame_type(a->frame) == JK_FRAME_RENEW)
		return renew(a, link, applet);
	jk_frame_start(a->frame, 0);
	jk_link_end_reset(link);
	return e == JK_OK ? JK_ERR_FORMAT : e;
}

/*
 * VERIFY and signature in the open transaction, which ends with a reset
 * whatever happened. From here on nothing is tried twice.
 */
static enum jk_err
spend_pin(struct attempt *a, struct jk_link *link,
    const struct jk_applet *applet, struct order *order)
{
	struct jk_signature signature;
	unsigned left;
	enum jk_err e = applet->verify(&link->channel, &order->pin, &left);

	/* A card that hangs from here on finds no PIN in this process. */
	jk_secret_clear(&order->pin);
	if (e == JK_ERR_REFUSED) {
		jk_link_end_reset(link);
		return send_failed(a, why_refused(left),
		    &(struct jk_tries){ .known = true, .left = left });
	}
	if (e == JK_OK)
		e = applet->sign(&link->channel, order->key, &order->challenge,
		    &signature);
	if (e == JK_OK && order->renews)
		return await_renew(a, link, applet, &signature);
	jk_link_end_reset(link);
	return e == JK_OK ? answer_signed(a, &signature)
	                  : send_failed(a, why_failed(link, e), NULL);
}

/*
 * PUK and new PIN, VERIFY of that, and signature, in one transaction. No key of
 * a card whose PIN is blocked can sign, so only afterwards is it proven.
 */
static enum jk_err
spend_puk(struct attempt *a, struct jk_link *link,
    const struct jk_applet *applet, struct order *order)
{
	struct jk_signature signature;
	enum jk_pin_stands stands = JK_STANDS_UNSURE;
	unsigned left;
	enum jk_err e =
	    applet->unblock(&link->channel, &order->pin, &order->fresh, &left);

	jk_secret_clear(&order->pin);
	if (e == JK_ERR_REFUSED) {
		jk_link_end_reset(link);
		return send_stands(a, why_puk_refused(left),
		    &(struct jk_tries){ .known = true, .left = left },
		    JK_STANDS_OLD);
	}
	if (e == JK_OK) {
		stands = JK_STANDS_NEW;
		e = applet->verify(&link->channel, &order->fresh, &left);
	} else if (e == JK_ERR_UNSAFE) {
		stands = JK_STANDS_OLD;
	}
	jk_secret_clear(&order->fresh);
	if (e == JK_OK)
		e = applet->sign(&link->channel, order->key, &order->challenge,
		    &signature);
	jk_link_end_reset(link);
	if (e == JK_OK)
		return answer_signed(a, &signature);
	/* A card that says yes and means no. */
	if (e == JK_ERR_REFUSED)
		e = JK_ERR_FORMAT;
	return send_stands(a, why_failed(link, e), NULL, stands);
}

/* Whether one more wrong PIN may be risked on this card. */
static bool
may_spend(const struct jk_tries *tries, uint64_t keep)
{
	return !tries->known || (tries->left > 0 && tries->left > keep);
}

static enum jk_err
sign(struct attempt *a, struct jk_link *link, struct shown *shown,
    struct order *order)
{
	enum jk_err e = jk_link_begin(link, prepare_sign, shown);

	if (e != JK_OK)
		return send_failed(a, reason_of(e), NULL);
	if (!may_spend(&shown->tries, order->tries_keep)) {
		jk_link_end(link);
		return send_failed(a,
		    shown->tries.left == 0 ? JK_WHY_PIN_LOCKED
		                           : JK_WHY_PIN_LAST,
		    &shown->tries);
	}
	return spend_pin(a, link, shown->applet, order);
}

static enum jk_err
obey_sign(struct attempt *a, struct jk_link *link, struct shown *shown)
{
	struct order order = { 0 };
	bool pin_fits = false;
	enum jk_err e = read_sign(a, shown->applet, &order, &pin_fits);

	if (e == JK_OK && pin_fits)
		e = sign(a, link, shown, &order);
	else if (e == JK_OK)
		e = send_failed(a, JK_WHY_PIN_MALFORMED, &shown->tries);
	clear_order(&order);
	return e;
}

static enum jk_err
unblock(struct attempt *a, struct jk_link *link, struct shown *shown,
    struct order *order)
{
	enum jk_err e = jk_link_begin(link, prepare_sign, shown);

	if (e != JK_OK)
		return send_stands(a, reason_of(e), NULL, JK_STANDS_OLD);
	/* A PIN that somebody can still type is changed with that. */
	if (!shown->tries.known || shown->tries.left > 0) {
		jk_link_end(link);
		return send_stands(a, JK_WHY_CARD_BUSY, NULL, JK_STANDS_OLD);
	}
	return spend_puk(a, link, shown->applet, order);
}

static enum jk_err
obey_unblock(struct attempt *a, struct jk_link *link, struct shown *shown)
{
	struct order order = { 0 };
	bool fit = false;
	enum jk_err e = shown->applet->unblock != NULL
	                    ? read_challenge(a->frame, &order)
	                    : JK_ERR_UNSUPPORTED;

	if (e == JK_OK)
		e = read_both(a, JK_FIELD_PUK, shown->applet, &order, &fit);
	jk_frame_start(a->frame, 0);
	if (e == JK_OK && fit)
		e = unblock(a, link, shown, &order);
	else if (e == JK_OK)
		e = send_stands(a, JK_WHY_PIN_MALFORMED, NULL, JK_STANDS_OLD);
	clear_order(&order);
	return e;
}

/* A card that cannot be read says more than one that is not ours. */
static void
remember(struct attempt *a, enum jk_reason why)
{
	if (a->why == JK_WHY_INTERNAL || a->why == JK_WHY_CARD_NOTOPERATOR)
		a->why = why;
}

/* For one more round: a link's longest pause. */
static bool
has_time(const struct attempt *a)
{
	return jk_boot_ms() + JK_LINK_PAUSE_MS < a->until;
}

/* The worker's next word. The transaction is held for a moment only. */
static enum jk_err
hear(struct attempt *a, struct jk_link *link)
{
	enum jk_err e;

	jk_patience_wait(JK_WAIT_WORKER);
	e = jk_wait_readable(a->fd, NULL,
	    earlier(jk_boot_ms() + HOLD_MS, a->until));
	if (e == JK_ERR_TIMEOUT)
		jk_link_end(link);
	else if (e != JK_OK)
		return e;
	e = jk_frame_recv(a->fd, NULL, a->until, a->frame, NULL);
	jk_patience_wait(JK_WAIT_PCSCD);
	return e;
}

/* What became of a card. */
enum offered {
	OFFERED_BUSY, /* others use it */
	OFFERED_PASSED,
	OFFERED_OVER, /* the worker chose it, and has its answer */
};

/* Shows one card. */
static enum jk_err
offer_on(struct attempt *a, struct jk_link *link, enum offered *ret)
{
	static struct shown shown;
	enum jk_err e;

	shown.attempt = a;
	e = jk_link_begin(link, prepare_look, &shown);
	*ret = e == JK_ERR_BUSY ? OFFERED_BUSY : OFFERED_PASSED;
	if (e == JK_ERR_BUSY)
		return JK_OK;
	link->patient = true;
	for (;;) {
		if (e != JK_OK) {
			remember(a, reason_of(e));
			return JK_OK;
		}
		if ((e = send_card(a, link->reader, &shown)) != JK_OK ||
		    (e = hear(a, link)) != JK_OK)
			return e;
		switch (jk_frame_type(a->frame)) {
		case JK_FRAME_READ:
			if (shown.certificate.len > 0)
				return JK_ERR_FORMAT;
			e = jk_link_begin(link, prepare_read, &shown);
			break;
		case JK_FRAME_NEXT:
			jk_link_end(link);
			a->why = JK_WHY_CARD_UNKNOWN;
			return JK_OK;
		case JK_FRAME_SIGN:
			*ret = OFFERED_OVER;
			return obey_sign(a, link, &shown);
		case JK_FRAME_UNBLOCK:
			*ret = OFFERED_OVER;
			return obey_unblock(a, link, &shown);
		default:
			return JK_ERR_FORMAT;
		}
	}
}

static enum jk_err
offer(struct attempt *a, const struct jk_reader *reader, enum offered *ret)
{
	struct jk_link link;
	enum jk_err e;

	jk_link_init(&link, &a->pcsc, reader, a->short_only, a->until);
	e = offer_on(a, &link, ret);
	jk_link_close(&link);
	return e;
}

/*
 * Each card that is still to be shown. OFFERED_BUSY: there are some, of which
 * others do not let go.
 */
static enum jk_err
offer_round(struct attempt *a, bool in_use, enum offered *became)
{
	for (size_t i = 0; i < a->pcsc.n; i++) {
		const struct jk_reader *r = &a->pcsc.reader[i];
		enum jk_err e;

		if (became[i] != OFFERED_BUSY ||
		    jk_reader_is_in_use(r) != in_use)
			continue;
		if (!jk_reader_has_card(r)) {
			became[i] = OFFERED_PASSED;
			continue;
		}
		e = offer(a, r, &became[i]);
		if (e != JK_OK || became[i] == OFFERED_OVER)
			return e;
	}
	return JK_OK;
}

static enum offered
became_all(const enum offered *became, size_t n)
{
	enum offered all = OFFERED_PASSED;

	for (size_t i = 0; i < n; i++) {
		if (became[i] == OFFERED_OVER)
			return OFFERED_OVER;
		if (became[i] == OFFERED_BUSY)
			all = OFFERED_BUSY;
	}
	return all;
}

/*
 * Cards that others use come last: to wait for a transaction can take as long
 * as there is time.
 */
static enum jk_err
offer_all(struct attempt *a)
{
	enum offered became[JK_READERS_MAX] = { OFFERED_BUSY }, all;
	enum jk_err e;

	do {
		e = offer_round(a, false, became);
		if (e == JK_OK && became_all(became, a->pcsc.n) != OFFERED_OVER)
			e = offer_round(a, true, became);
		if (e != JK_OK)
			return e;
		all = became_all(became, a->pcsc.n);
	} while (all == OFFERED_BUSY && has_time(a));
	if (all == OFFERED_OVER)
		return JK_OK;
	if (all == OFFERED_BUSY)
		remember(a, JK_WHY_CARD_BUSY);
	return send_failed(a, a->why, NULL);
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
look(struct attempt *a)
{
	int64_t until = earlier(jk_boot_ms() + PCSCD_MS, a->until);

	do {
		enum jk_err e = JK_OK;

		if (!a->pcsc.open)
			e = jk_pcsc_open(&a->pcsc, until);
		if (e == JK_OK)
			e = jk_pcsc_look(&a->pcsc);
		if (e == JK_OK)
			return JK_OK;
		jk_pcsc_close(&a->pcsc);
		e = jk_wait_readable(a->fd, NULL, jk_boot_ms() + RETRY_MS);
		if (e != JK_ERR_TIMEOUT)
			return e == JK_OK ? JK_ERR_FORMAT : e;
	} while (jk_boot_ms() < until);
	return JK_ERR_SYS;
}

/* JK_ERR_TIMEOUT: no card came; then a->why says what is missing. */
static enum jk_err
wait_for_card(struct attempt *a)
{
	int64_t reader_until = jk_boot_ms() + READER_MS;

	for (;;) {
		int64_t now, until;
		enum jk_err e = look(a);

		if (e != JK_OK)
			return e;
		if (has_any_card(&a->pcsc))
			return JK_OK;
		e = send_waiting(a);
		if (e != JK_OK)
			return e;
		now = jk_boot_ms();
		if (a->pcsc.n > 0)
			reader_until = now + READER_MS;
		until = earlier(reader_until, a->card_until);
		if (a->pcsc.n > 0)
			until = a->card_until;
		if (now >= until) {
			a->why = a->pcsc.n > 0 ? JK_WHY_CARD_NONE
			                       : JK_WHY_READER_NONE;
			return JK_ERR_TIMEOUT;
		}
		/* What went wrong there, the next look finds out. */
		(void)jk_pcsc_wait(&a->pcsc, earlier(until, now + SLICE_MS));
	}
}

static enum jk_err
run(struct attempt *a)
{
	enum jk_err e = wait_for_card(a);

	if (e == JK_OK)
		return offer_all(a);
	if (e == JK_ERR_TIMEOUT)
		return send_failed(a, a->why, NULL);
	if (e == JK_ERR_SYS)
		return send_failed(a, JK_WHY_READER_DOWN, NULL);
	return e;
}

static const struct jk_applet *
find_applet(struct jk_cur name)
{
	for (size_t i = 0; i < JK_COUNT(applets); i++)
		if (strlen(applets[i]->name) == name.left &&
		    memcmp(applets[i]->name, name.at, name.left) == 0)
			return applets[i];
	return NULL;
}

/* In which languages to ask a card, in which order. */
static enum jk_err
read_kinds(struct attempt *a)
{
	struct jk_cur name;

	while (a->n_applets < JK_COUNT(a->applet) &&
	       jk_frame_get_nth(a->frame, JK_FIELD_KIND, a->n_applets, &name) ==
	           JK_OK) {
		a->applet[a->n_applets] = find_applet(name);
		if (a->applet[a->n_applets++] == NULL)
			return JK_ERR_UNSUPPORTED;
	}
	return a->n_applets > 0 ? JK_OK : JK_ERR_FORMAT;
}

static enum jk_err
read_find(struct attempt *a)
{
	uint64_t deadline_ms, wait_ms;
	int64_t now = jk_boot_ms();
	enum jk_err e =
	    jk_frame_recv(a->fd, NULL, now + FIRST_FRAME_MS, a->frame, NULL);

	if (e != JK_OK)
		return e;
	if (jk_frame_type(a->frame) != JK_FRAME_FIND)
		return JK_ERR_FORMAT;
	if ((e = jk_frame_get_u64(a->frame, JK_FIELD_DEADLINE_MS,
	         &deadline_ms)) != JK_OK ||
	    (e = jk_frame_get_u64(a->frame, JK_FIELD_WAIT_MS, &wait_ms)) !=
	        JK_OK)
		return e;
	if (deadline_ms == 0 || deadline_ms > ATTEMPT_MAX_MS)
		return JK_ERR_FORMAT;
	if ((e = read_kinds(a)) != JK_OK)
		return e;
	if (wait_ms > deadline_ms)
		wait_ms = deadline_ms;
	now = jk_boot_ms();
	a->until = now + (int64_t)deadline_ms;
	a->card_until = now + (int64_t)wait_ms;
	return jk_patience_start(a->fd, a->until);
}

enum jk_err
jk_card_serve(int fd, bool short_only)
{
	struct attempt a = { .fd = fd, .short_only = short_only };
	enum jk_err e = jk_frame_new(&a.frame);

	if (e != JK_OK)
		return e;
	e = read_find(&a);
	if (e == JK_OK)
		e = run(&a);
	jk_pcsc_close(&a.pcsc);
	jk_frame_free(&a.frame);
	return e;
}
