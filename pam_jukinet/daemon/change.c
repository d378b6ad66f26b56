/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CHANGE: a new PIN for a card (T-28, T-30). The card is found as for a login;
 * present and new PIN are asked for, the new one is held against the rules, and
 * only a card that has proven the registered key gets it. Then the record, then
 * the date. Nothing of a PIN is kept, not even a digest: between the card and
 * the date a crash means that it is asked for again.
 */
#include <string.h>

#include "attempt.h"
#include "clock.h"
#include "log.h"
#include "pinrule.h"
#include "pins.h"
#include "requests.h"
#include "ticket.h"
#include "worker.h"

struct change {
	struct jk_attempt attempt;
	struct jk_grant login; /* that it belongs to; card "": to none */
	bool own;              /* asked by the account itself */
	struct jk_pin_form form;
	struct jk_secret old, fresh; /* of an unblocking `old` is the PUK */
};

static bool
has_flag(const struct jk_worker *w, uint64_t flag)
{
	return (w->claim.flags & flag) != 0;
}

/*
 * passwd and login are root's for the kernel, whoever started them. The account
 * itself asks, or nobody else: a login, or somebody who has just proven that he
 * may use the account, as behind su.
 */
static bool
is_own(const struct jk_worker *w, const struct change *c)
{
	const struct jk_peer *p = &w->peer;

	return c->login.card[0] != '\0' || p->loginuid == JK_LOGINUID_UNSET ||
	       p->loginuid == w->account.uid || p->real == w->account.uid;
}

/*
 * Whose PIN is blocked cannot log in: root itself, at whose side he stands, may
 * have that set anew, with the PUK.
 */
static bool
may_ask(const struct jk_worker *w, const struct change *c)
{
	return w->peer.uid == 0 && (c->own || w->peer.real == 0);
}

static void
find_login(const struct jk_worker *w, struct change *c)
{
	if (w->claim.ticket[0] == '\0' ||
	    jk_ticket_look(w->run_dir, w->claim.ticket, w->claim.account,
	        &c->login) != JK_OK)
		c->login.card[0] = '\0';
}

/* Why it is changed: the age of the PIN when that was asked. */
static void
set_purpose(struct change *c)
{
	struct jk_attempt *a = &c->attempt;

	a->outcome.purpose = jk_pin_state_name(a->facts.pin.state);
	if (a->session.state != JK_SESSION_ENDED &&
	    strcmp(a->session.grant.person, a->facts.card.person) == 0)
		a->outcome.session = a->session.id;
}

/*
 * What was proven too long ago to be known: whether its PIN is good nobody can
 * say, and the program would go on as if it were.
 */
static bool
is_lost(const struct jk_worker *w, const struct change *c)
{
	return has_flag(w, JK_FLAG_EXPIRED) && w->claim.ticket[0] != '\0' &&
	       c->login.card[0] == '\0';
}

/* Of a login whose PIN is good there is nothing to do; nor without a login. */
static bool
is_good(struct jk_worker *w, const struct change *c)
{
	static struct jk_facts facts;

	if (c->login.card[0] == '\0')
		return true;
	return jk_facts_load(w, c->login.cert, &facts) == JK_OK &&
	       facts.has_card && facts.pin.may_work;
}

static enum jk_err
ask_new(struct jk_worker *w, struct change *c)
{
	JK_CLEANUP(jk_secret_clear) struct jk_secret again = { 0 };
	struct jk_attempt *a = &c->attempt;
	struct jk_prompt prompt = {
		.message = "pin.new",
		.min = c->form.min,
		.max = c->form.max,
		.malformed = JK_WHY_PIN_MALFORMED,
	};
	enum jk_err e;

	if ((e = jk_attempt_ask(w, a, &prompt, &c->fresh)) != JK_OK)
		return e;
	/* Of any length: a slip is a difference. */
	prompt = (struct jk_prompt){
		.message = "pin.again",
		.min = 1,
		.max = JK_PIN_MAX,
		.malformed = JK_WHY_PIN_DIFFER,
	};
	if ((e = jk_attempt_ask(w, a, &prompt, &again)) != JK_OK)
		return e;
	return jk_secret_equal(&c->fresh, &again)
	           ? JK_OK
	           : jk_attempt_refuse(w, a, JK_WHY_PIN_DIFFER);
}

static struct jk_cur
cur_of(const struct jk_secret *s)
{
	return (struct jk_cur){ s->data, s->len };
}

static enum jk_err
check_new(struct jk_worker *w, struct change *c)
{
	struct jk_attempt *a = &c->attempt;
	const struct jk_pin_choice choice = {
		.form = &c->form,
		.rules = &w->place.policy.pin,
		.account = w->account.name,
		.person = a->facts.card.person,
		.old = a->outcome.op == JK_OP_PIN_CHANGE ? cur_of(&c->old)
		                                         : (struct jk_cur){ 0 },
	};
	const enum jk_reason why = jk_pin_check(&choice, cur_of(&c->fresh));

	a->outcome.pin_min = c->form.min;
	a->outcome.pin_max = c->form.max;
	return why == JK_WHY_GRANTED ? JK_OK : jk_attempt_refuse(w, a, why);
}

static const char *
standing(enum jk_pin_stands stands)
{
	switch (stands) {
	case JK_STANDS_OLD:
		return "pin.kept";
	case JK_STANDS_NEW:
		return "pin.taken";
	case JK_STANDS_UNSURE:
	case JK_STANDS_COUNT:
		break;
	}
	return "pin.unsure";
}

/* Whatever becomes of it, it is said which PIN the card has now. */
static enum jk_err
fail(struct jk_worker *w, struct jk_attempt *a, enum jk_err e,
    const struct jk_reader_end *end)
{
	a->outcome.standing = standing(end->stands);
	a->tries = end->tries;
	if (e == JK_ERR_REFUSED && end->why != JK_WHY_INTERNAL)
		return jk_attempt_refuse(w, a, end->why);
	return jk_attempt_give_up(w, a, e);
}

static enum jk_err
order_change(struct jk_worker *w, struct change *c, struct jk_reader *reader)
{
	struct jk_attempt *a = &c->attempt;
	struct jk_reader_end end;
	enum jk_err e;

	a->outcome.standing = standing(JK_STANDS_OLD);
	e = jk_attempt_prove(w, a, reader, &c->old, true);
	if (e != JK_OK)
		return e;
	e = jk_reader_renew(reader, &c->old, &c->fresh, &end);
	if (e != JK_OK)
		return fail(w, a, e, &end);
	a->outcome.standing = standing(JK_STANDS_NEW);
	return JK_OK;
}

/* The old PIN, the new one twice; nothing has reached the card yet. */
static enum jk_err
gather(struct jk_worker *w, struct change *c)
{
	struct jk_attempt *a = &c->attempt;
	enum jk_err e;

	if ((e = jk_attempt_ask_pin(w, a, "pin.old", &c->old)) != JK_OK ||
	    (e = ask_new(w, c)) != JK_OK || (e = check_new(w, c)) != JK_OK)
		return e;
	return jk_attempt_intend(w, a);
}

/* When it has to be changed next. */
static void
tell_changed(struct jk_worker *w, struct jk_attempt *a)
{
	struct jk_params params = { 0 };

	if (jk_facts_load(w, a->facts.cert, &a->facts) != JK_OK ||
	    a->facts.pin.due.year == 0) {
		(void)jk_reply_note(w, "pin.changed.plain", NULL);
		return;
	}
	jk_params_add_day(&params, "date", &a->facts.pin.due);
	(void)jk_reply_note(w, "pin.changed", &params);
}

/*
 * What the card has done stands, whoever is there to hear of it: once it is
 * proven it is not taken back.
 */
static void
conclude(struct jk_worker *w, struct jk_attempt *a)
{
	char receipt[JK_RECEIPT_MAX + 1];
	enum jk_err e;

	a->outcome.tries = a->tries;
	if (jk_outcome_prove(w, &a->outcome, receipt) != JK_OK)
		return;
	if (jk_recorder_settled(&w->recorder) != JK_OK) {
		jk_outcome_withdraw(w, &a->outcome, JK_WHY_INTERNAL);
		return;
	}
	e = jk_pins_set_changed(w->keep_dir, a->facts.card.id, jk_real_s());
	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "the PIN of card %s will be asked again: %s",
		    a->facts.card.id, jk_err_text(e));
	tell_changed(w, a);
	(void)jk_reply_grant(w, NULL);
}

/* The PUK, and the new PIN twice. */
static enum jk_err
gather_puk(struct jk_worker *w, struct change *c, uint64_t left)
{
	struct jk_attempt *a = &c->attempt;
	const struct jk_prompt prompt = {
		.message = left == 1 ? "puk.prompt.last" : "puk.prompt",
		.min = 1,
		.max = c->form.puk_max,
		.malformed = JK_WHY_PIN_MALFORMED,
	};
	enum jk_err e;

	if (left == 0)
		return jk_attempt_refuse(w, a, JK_WHY_PUK_LOCKED);
	if ((e = jk_attempt_ask(w, a, &prompt, &c->old)) != JK_OK ||
	    (e = ask_new(w, c)) != JK_OK)
		return e;
	/* A PIN that is the PUK would open both. */
	if (jk_secret_equal(&c->old, &c->fresh))
		return jk_attempt_refuse(w, a, JK_WHY_PIN_WEAK);
	if ((e = check_new(w, c)) != JK_OK)
		return e;
	return jk_attempt_intend(w, a);
}

/* What is known of the PUK after a try: the card's word, else the worst. */
static void
count_puk(struct jk_worker *w, const char *card, uint64_t before, enum jk_err e,
    const struct jk_reader_end *end)
{
	uint64_t left = JK_PINS_UNTOLD;

	if (e != JK_OK && end->tries != JK_TRIES_UNKNOWN)
		left = end->tries;
	else if (e != JK_OK && end->stands == JK_STANDS_OLD)
		left = before;
	else if (e != JK_OK && end->stands == JK_STANDS_UNSURE)
		return;
	e = jk_pins_set_puk_tries(w->keep_dir, card, left);
	if (e != JK_OK)
		jk_log(JK_LOG_ERR, "tries of the PUK of card %s: %s", card,
		    jk_err_text(e));
}

static enum jk_err
order_unblock(struct jk_worker *w, struct change *c, struct jk_reader *reader,
    uint64_t left)
{
	struct jk_attempt *a = &c->attempt;
	const char *card = a->facts.card.id;
	struct jk_proof proof = { 0 };
	struct jk_reader_order order = { .nonce = proof.nonce, .pin = &c->old };
	struct jk_reader_end end;
	enum jk_err e = jk_attempt_challenge(w, a, &proof);

	if (e != JK_OK)
		return e;
	a->outcome.standing = standing(JK_STANDS_OLD);
	if (left != JK_PINS_UNTOLD &&
	    (e = jk_pins_set_puk_tries(w->keep_dir, card, left - 1)) != JK_OK)
		return jk_attempt_give_up(w, a, e);
	order.key = proof.key;
	e = jk_reader_unblock(reader, &order, &c->fresh, proof.signature,
	    &proof.len, &end);
	count_puk(w, card, left, e, &end);
	if (e == JK_ERR_REFUSED)
		jk_attempt_doubt(w, a, end.why);
	if (e != JK_OK)
		return fail(w, a, e, &end);
	a->outcome.standing = standing(JK_STANDS_NEW);
	return jk_attempt_verify(w, a, &proof);
}

/* Whether a blocked PIN is set anew here; JK_WHY_GRANTED: yes. */
static enum jk_reason
may_unblock(const struct jk_worker *w, const struct change *c)
{
	if (c->form.puk_max == 0)
		return JK_WHY_PIN_NOPUK;
	return w->place.policy.pin.puk ? JK_WHY_GRANTED : JK_WHY_PIN_LOCKED;
}

static void
unblock(struct jk_worker *w, struct change *c, struct jk_reader *reader)
{
	struct jk_attempt *a = &c->attempt;
	const uint64_t left = jk_pins_puk_tries(w->keep_dir, a->facts.card.id);

	/* From here on it is the PUK's tries that count. */
	a->outcome.op = JK_OP_PIN_UNBLOCK;
	a->tries = left == JK_PINS_UNTOLD ? JK_TRIES_UNKNOWN : left;
	if (gather_puk(w, c, left) != JK_OK)
		return;
	a->tries = JK_TRIES_UNKNOWN;
	if (order_unblock(w, c, reader, left) == JK_OK)
		conclude(w, a);
}

/* Whether it can be done at all with the card that was found. */
static enum jk_reason
check_found(const struct jk_worker *w, const struct change *c)
{
	if (strcmp(c->attempt.card.kind, "opensc") == 0)
		return JK_WHY_PIN_FIXED;
	if (c->attempt.tries == 0)
		return may_unblock(w, c);
	return c->own ? JK_WHY_GRANTED : JK_WHY_PIN_FOREIGN;
}

static void
change(struct jk_worker *w, struct change *c)
{
	JK_CLEANUP(jk_reader_close) struct jk_reader reader = { .fd = -1 };
	struct jk_attempt *a = &c->attempt;
	enum jk_reason why;

	if (jk_attempt_begin(w, a) != JK_OK ||
	    jk_attempt_find(w, a, &reader) != JK_OK)
		return;
	set_purpose(c);
	c->form =
	    jk_pin_form(a->card.kind, &w->place.settings, &w->place.policy.pin);
	why = check_found(w, c);
	if (why != JK_WHY_GRANTED)
		(void)jk_attempt_refuse(w, a, why);
	else if (has_flag(w, JK_FLAG_PRELIM))
		(void)jk_reply_grant(w, NULL);
	else if (a->tries == 0)
		unblock(w, c, &reader);
	else if (gather(w, c) == JK_OK && order_change(w, c, &reader) == JK_OK)
		conclude(w, a);
}

void
jk_request_change(struct jk_worker *w)
{
	static struct change c;
	struct jk_attempt *a = &c.attempt;
	enum jk_reason why;

	*a = (struct jk_attempt){
		.ask = JK_ASK_PIN,
		.tries = JK_TRIES_UNKNOWN,
		.outcome = { .op = JK_OP_PIN_CHANGE,
		    .tries = JK_TRIES_UNKNOWN },
	};
	why = jk_worker_find_account(w);
	if (why == JK_WHY_CALLER_FOREIGN)
		why = JK_WHY_PIN_FOREIGN;
	find_login(w, &c);
	c.own = is_own(w, &c);
	if (why == JK_WHY_GRANTED && !may_ask(w, &c))
		why = JK_WHY_PIN_FOREIGN;
	if (why == JK_WHY_GRANTED && is_lost(w, &c))
		why = JK_WHY_SESS_UNPROVEN;
	if (why != JK_WHY_GRANTED) {
		(void)jk_attempt_refuse(w, a, why);
		return;
	}
	if (c.login.card[0] != '\0')
		a->only = c.login.card;
	if (has_flag(w, JK_FLAG_EXPIRED) && is_good(w, &c))
		(void)jk_reply_grant(w, NULL);
	else
		change(w, &c);
	jk_secret_clear(&c.old);
	jk_secret_clear(&c.fresh);
}
