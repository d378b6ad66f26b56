/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One attempt by way of OpenSC's PKCS#11 module, as card.c makes it with a
 * card of ours. PKCS#11 has no transactions and hides who else used a card;
 * pcscguard.h puts that right below OpenSC.
 */
#include "card_pkcs11.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "confine_p11.h"
#include "conversation.h"
#include "frame.h"
#include "log.h"
#include "order.h"
#include "p11module.h"
#include "p11token.h"
#include "patience.h"
#include "pcscguard.h"
#include "protocol.h"
#include "secret.h"

/* Cards that come and go are counted in the upper half of a reader's state. */
#define MOVES(state) ((state) >> 16)

/* One card: what was shown of it, and where it was then. */
struct offer {
	struct jk_p11_token token;
	struct jk_p11_certificate certificate;
	struct jk_reader reader;
};

/* What came of an order. */
struct outcome {
	enum jk_reason why; /* JK_WHY_GRANTED: signed */
	struct jk_tries tries;
	struct jk_signature signature;
};

/* What fits more closely, the token says. An empty one would ask for a pad. */
static enum jk_err
fit_pin(struct jk_cur pin, struct jk_secret *ret)
{
	if (pin.left == 0 || pin.left > JK_PIN_MAX)
		return JK_ERR_FORMAT;
	return jk_secret_set(ret, pin.at, pin.left);
}

/* All else that a card of ours can do, PKCS#11 does. */
static const struct jk_applet opensc = { .name = JK_OPENSC, .fit = fit_pin };

/* By the name of a slot, which is cut off where it is long. */
static bool
is_called(const struct jk_reader *reader, const char *name)
{
	size_t n = strlen(name);

	return strncmp(reader->name, name, n) == 0 &&
	       (reader->name[n] == '\0' || n + 1 >= JK_P11_READER_MAX);
}

static const struct jk_reader *
find_reader(const struct jk_pcsc *pcsc, const char *name)
{
	for (size_t i = 0; i < pcsc->n; i++)
		if (is_called(&pcsc->reader[i], name))
			return &pcsc->reader[i];
	return NULL;
}

/*
 * OpenSC goes on with whatever card is in the reader; pcscd knows whether it
 * is the one that was shown.
 */
static enum jk_err
check_same_card(struct jk_conversation *c, const struct jk_reader *then)
{
	const struct jk_reader *now;
	enum jk_err e = jk_pcsc_look(&c->pcsc);

	if (e != JK_OK)
		return e;
	now = find_reader(&c->pcsc, then->name);
	return now != NULL && jk_reader_has_card(now) &&
	               MOVES(now->state) == MOVES(then->state)
	           ? JK_OK
	           : JK_ERR_CLOSED;
}

/* A module says little of what went wrong; pcscd is asked as well. */
static enum jk_reason
explain(struct jk_conversation *c, const struct jk_reader *reader,
    enum jk_err e)
{
	if (e == JK_ERR_UNSUPPORTED || e == JK_ERR_CLOSED) {
		enum jk_err now = check_same_card(c, reader);

		if (now == JK_ERR_CLOSED || now == JK_ERR_SYS)
			e = now;
	}
	return jk_card_reason(e);
}

/* The module's word and the card's: the lower number, where both have one. */
static struct jk_tries
lower(struct jk_tries a, struct jk_tries b)
{
	if (!a.known || !b.known)
		return a.known ? a : b;
	return a.left < b.left ? a : b;
}

static enum jk_err
read_pin(struct offer *o)
{
	enum jk_err e;

	jk_guard_ask_tries();
	e = jk_p11_read_pin(&o->token);
	o->token.pin.tries = lower(o->token.pin.tries, jk_guard_tries());
	return e;
}

static bool
fits(const struct jk_p11_pin *known, const struct jk_secret *pin)
{
	return pin->len >= known->min &&
	       (known->max == 0 || pin->len <= known->max);
}

/* JK_WHY_GRANTED: one more wrong PIN may be risked on this card. */
static enum jk_reason
may_spend(const struct jk_p11_pin *pin, uint64_t keep)
{
	if (pin->tries.known && pin->tries.left == 0)
		return JK_WHY_PIN_LOCKED;
	if (pin->tries.known && pin->tries.left <= keep)
		return JK_WHY_PIN_LAST;
	return JK_WHY_GRANTED;
}

/* After a wrong PIN: as the card answered it, or is asked once more. */
static void
count_tries(struct offer *o, struct outcome *ret)
{
	ret->tries = jk_guard_tries();
	if (!ret->tries.known && read_pin(o) == JK_OK)
		ret->tries = o->token.pin.tries;
	ret->why = ret->tries.known ? jk_pin_reason(ret->tries.left)
	                            : JK_WHY_PIN_WRONG_SOME;
}

/* The one C_Login; from here on nothing is tried twice. */
static enum jk_err
spend_pin(struct offer *o, struct jk_order *order, struct outcome *ret)
{
	enum jk_err e;

	jk_guard_ask_tries();
	e = jk_p11_login(&o->token, &order->pin);
	/* A card that hangs from here on finds no PIN of ours. */
	jk_secret_clear(&order->pin);
	if (e == JK_ERR_REFUSED) {
		count_tries(o, ret);
		return JK_OK;
	}
	if (e == JK_ERR_FORMAT) {
		ret->why = JK_WHY_PIN_MALFORMED;
		return JK_OK;
	}
	if (e != JK_OK)
		return e;
	e = jk_p11_sign(&o->token, &o->certificate, order->key,
	    &order->challenge, &ret->signature);
	jk_p11_logout(&o->token);
	if (e == JK_OK)
		ret->why = JK_WHY_GRANTED;
	return e;
}

/* All of it while the card is held. */
static enum jk_err
sign_held(struct jk_conversation *c, struct offer *o, struct jk_order *order,
    struct outcome *ret)
{
	enum jk_err e = read_pin(o);

	if (e == JK_OK)
		e = check_same_card(c, &o->reader);
	if (e != JK_OK)
		return e;
	if (!jk_guard_is_holding()) {
		ret->why = JK_WHY_SERVICE_DOWN;
		return JK_OK;
	}
	ret->tries = o->token.pin.tries;
	ret->why = may_spend(&o->token.pin, order->tries_keep);
	if (ret->why != JK_WHY_GRANTED)
		return JK_OK;
	if (!fits(&o->token.pin, &order->pin)) {
		ret->why = JK_WHY_PIN_MALFORMED;
		return JK_OK;
	}
	ret->tries = (struct jk_tries){ 0 };
	ret->why = JK_WHY_INTERNAL;
	return spend_pin(o, order, ret);
}

static enum jk_err
sign(struct jk_conversation *c, struct offer *o, struct jk_order *order,
    struct outcome *ret)
{
	enum jk_err e;

	jk_guard_hold(o->reader.name);
	e = sign_held(c, o, order, ret);
	jk_guard_release();
	return e;
}

/* OpenSC lets go of the card before anybody hears of a signature. */
static enum jk_err
conclude(struct jk_conversation *c, struct jk_p11_module *module,
    struct offer *o, const struct outcome *outcome)
{
	jk_p11_token_close(&o->token);
	jk_p11_stop(module);
	if (outcome->why != JK_WHY_GRANTED)
		return jk_conversation_fail(c, outcome->why, &outcome->tries);
	return jk_conversation_signed(c, &outcome->signature);
}

static enum jk_err
obey_sign(struct jk_conversation *c, struct jk_p11_module *module,
    struct offer *o)
{
	struct jk_order order = { 0 };
	struct outcome outcome = { .why = JK_WHY_PIN_MALFORMED };
	bool pin_fits = false;
	enum jk_err e = jk_order_read(c, &opensc, false, &order, &pin_fits);
	enum jk_err went = JK_OK;

	if (order.renews)
		outcome.why = JK_WHY_PIN_FIXED;
	else if (e == JK_OK && pin_fits)
		went = sign(c, o, &order, &outcome);
	jk_order_clear(&order);
	if (e != JK_OK)
		return e;
	if (went != JK_OK)
		outcome.why = explain(c, &o->reader, went);
	return conclude(c, module, o, &outcome);
}

static enum jk_err
hear(struct jk_conversation *c)
{
	enum jk_err e;

	jk_patience_wait(JK_WAIT_WORKER);
	e = jk_conversation_hear(c, JK_ATTEMPT_MAX_MS);
	jk_patience_wait(JK_WAIT_PCSCD);
	return e;
}

/* Shows one certificate. *ret_over: the worker chose it, and has its answer. */
static enum jk_err
offer_one(struct jk_conversation *c, struct jk_p11_module *module,
    struct offer *o, bool *ret_over)
{
	const struct jk_view view = {
		.reader = o->reader.name,
		.kind = opensc.name,
		.certificate = { o->certificate.der, o->certificate.len },
		.tries = o->token.pin.tries,
	};
	enum jk_err e;

	jk_guard_part();
	e = jk_conversation_show(c, &view);
	if (e == JK_OK)
		e = hear(c);
	if (e != JK_OK)
		return e;
	switch (jk_frame_type(c->frame)) {
	case JK_FRAME_NEXT:
		c->why = JK_WHY_CARD_UNKNOWN;
		return JK_OK;
	case JK_FRAME_SIGN:
		*ret_over = true;
		return obey_sign(c, module, o);
	default:
		return JK_ERR_FORMAT;
	}
}

static enum jk_err
offer_certificates(struct jk_conversation *c, struct jk_p11_module *module,
    struct offer *o, bool *ret_over)
{
	for (size_t i = 0; i < o->token.n && !*ret_over; i++) {
		enum jk_err e =
		    jk_p11_read_certificate(&o->token, i, &o->certificate);

		if (e != JK_OK) {
			jk_conversation_remember(c, explain(c, &o->reader, e));
			continue;
		}
		e = offer_one(c, module, o, ret_over);
		if (e != JK_OK)
			return e;
	}
	return JK_OK;
}

static enum jk_err
offer_token(struct jk_conversation *c, struct jk_p11_module *module,
    CK_SLOT_ID slot, bool *ret_over)
{
	static struct offer o;
	const struct jk_reader *reader;
	enum jk_err e;

	jk_guard_ask_tries();
	e = jk_p11_token_open(module, slot, &o.token);
	if (e != JK_OK) {
		jk_conversation_remember(c, jk_card_reason(e));
		return JK_OK;
	}
	/* As it was before OpenSC began, so that a change is noticed. */
	reader = find_reader(&c->pcsc, o.token.reader);
	if (reader == NULL) {
		jk_conversation_remember(c, JK_WHY_CARD_REMOVED);
		jk_p11_token_close(&o.token);
		return JK_OK;
	}
	o.reader = *reader;
	o.token.pin.tries = lower(o.token.pin.tries, jk_guard_tries());
	e = offer_certificates(c, module, &o, ret_over);
	if (!*ret_over)
		jk_p11_token_close(&o.token);
	return e;
}

static enum jk_err
offer_all(struct jk_conversation *c, struct jk_p11_module *module)
{
	CK_SLOT_ID slots[JK_P11_TOKENS_MAX];
	size_t n = 0;
	bool over = false;
	enum jk_err e = jk_p11_slots(module, slots, &n);

	if (e == JK_OK && n == 0)
		e = jk_guard_was_busy() ? JK_ERR_BUSY : jk_p11_why_none(module);
	if (e != JK_OK)
		jk_conversation_remember(c, jk_card_reason(e));
	for (size_t i = 0; i < n && !over; i++) {
		e = offer_token(c, module, slots[i], &over);
		if (e != JK_OK)
			return e;
	}
	if (over)
		return JK_OK;
	jk_guard_part();
	return jk_conversation_fail(c, c->why, NULL);
}

/* With what is confined. *ret_why: what the worker is told where it fails. */
static enum jk_err
prepare(const char *path, struct jk_p11_module *ret, enum jk_reason *ret_why)
{
	enum jk_err e = jk_confine_p11_files(path);

	*ret_why = JK_WHY_SERVICE_DOWN;
	if (e == JK_ERR_NOT_FOUND) {
		/* A machine without OpenSC knows no further cards. */
		*ret_why = JK_WHY_CARD_NOTOPERATOR;
		jk_log(JK_LOG_WARNING, "there is no %s", path);
		return e;
	}
	if (e == JK_ERR_UNSAFE)
		jk_log(JK_LOG_ERR, "no opensc.conf that only root can change");
	if (e == JK_OK)
		e = jk_p11_load(path, ret);
	if (e == JK_OK)
		e = jk_confine_p11_rest();
	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "cannot use %s: %s", path, jk_err_text(e));
	return e;
}

/* jk_guard_lost_fn. OpenSC waits for ever in places when a card has gone. */
JK_NORETURN static void
end_lost(enum jk_err e, void *ctx)
{
	(void)jk_conversation_fail(ctx, jk_card_reason(e), NULL);
	_exit(EXIT_SUCCESS);
}

static enum jk_err
start(struct jk_conversation *c, struct jk_p11_module *module)
{
	enum jk_err e;

	jk_guard_start(&c->pcsc, end_lost, c);
	e = jk_p11_start(module);
	if (e != JK_OK) {
		jk_log(JK_LOG_ERR, "the PKCS#11 module does not start");
		return e;
	}
	if (!jk_guard_is_used()) {
		/* Or OpenSC could not read it, and says nothing. */
		jk_log(JK_LOG_ERR,
		    "opensc.conf has not provider_library = \"\"");
		return JK_ERR_UNSAFE;
	}
	return JK_OK;
}

static enum jk_err
serve(struct jk_conversation *c, struct jk_p11_module *module)
{
	bool there = false;
	enum jk_err e = jk_conversation_wait(c, &there);

	if (e != JK_OK || !there)
		return e;
	if (start(c, module) != JK_OK)
		return jk_conversation_fail(c, JK_WHY_SERVICE_DOWN, NULL);
	return offer_all(c, module);
}

enum jk_err
jk_card_pkcs11_serve(struct jk_conversation *c, const char *module)
{
	struct jk_p11_module m = { 0 };
	enum jk_reason why;
	enum jk_err e = prepare(module, &m, &why);

	if (e != JK_OK)
		return jk_conversation_fail(c, why, NULL);
	e = serve(c, &m);
	jk_p11_stop(&m);
	return e;
}
