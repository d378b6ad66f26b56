/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CONFIRM: somebody else proves himself with card and PIN before a record is
 * changed (S-39). Meanwhile the session is "confirming": nothing else is allowed
 * in it, and its own card may be out of the reader; it has to be back before
 * anything is answered. What is signed is bound to the request as jukinetd has
 * it, and the one who confirms sees that at his next login: the program that
 * shows him the request belongs to somebody else.
 */
#include <stdio.h>
#include <string.h>

#include "accepter.h"
#include "attempt.h"
#include "clock.h"
#include "confirmed.h"
#include "hex.h"
#include "keys.h"
#include "mac.h"
#include "use.h"
#include "verify.h"
#include "worker.h"

/* For the second person, and then for the first one's card. */
#define CONFIRM_MS 60000
#define RETURN_MS  30000
/* For the rest, before the accepter ends whoever takes too long. */
#define SPARE_MS 1000
/* Before the readers are looked at again. */
#define PAUSE_MS 300
/* Nobody has read a request sooner. */
#define READ_MS 3000

static bool
begin(struct jk_session *session, const void *ctx)
{
	(void)ctx;
	return session->state == JK_SESSION_ACTIVE &&
	       jk_session_set_confirming(session) == JK_OK;
}

/* Unless somebody has locked or ended it meanwhile. */
static bool
finish(struct jk_session *session, const void *ctx)
{
	const struct jk_attempt *own = ctx;

	if (session->state != JK_SESSION_CONFIRMING)
		return false;
	if (own == NULL) {
		jk_session_set(session, JK_SESSION_LOCKED, JK_CAUSE_CONFIRM);
		return true;
	}
	jk_session_set(session, JK_SESSION_ACTIVE, JK_CAUSE_NONE);
	if (own->card.reader[0] != '\0') {
		memcpy(session->grant.reader, own->card.reader,
		    sizeof(session->grant.reader));
		session->grant.proven_ms = own->proven_ms;
	}
	return true;
}

/*
 * The request, as jukinetd has it and will decide it: what is confirmed. Its
 * digest stands in the log, so nothing may be in it that does not: a code would
 * be found out by trying all.
 */
static enum jk_reason
digest_of(struct jk_use *u, const struct jk_query *q,
    char ret_subject[static JK_SUBJECT_MAX + 1],
    uint8_t ret[static JK_DIGEST_LEN])
{
	const struct jk_grant *g = &u->standing.session.grant;
	char typed[JK_ID_LEN + 1], count[24];
	char text[JK_MAC_TEXT_MAX];
	struct jk_mac_of of = { 0 };
	enum jk_reason why = jk_use_subject(u, q, ret_subject);

	if (why != JK_WHY_GRANTED)
		return why;
	if (jk_use_keep_text(u, "requirement", q->text, typed) != JK_OK)
		return JK_WHY_AUDIT_DOWN;
	jk_mac_add(q, count, &of);
	of.value[JK_MAC_TERMINAL] = g->terminal;
	of.value[JK_MAC_SESSION] = u->session;
	of.value[JK_MAC_PERSON] = g->person;
	of.value[JK_MAC_RIGHT] = g->opid;
	of.value[JK_MAC_USE] = u->id;
	of.value[JK_MAC_PURPOSE] = u->w->claim.purpose;
	of.value[JK_MAC_RECEPTION] = u->w->claim.reception;
	of.value[JK_MAC_SUBJECT] = ret_subject;
	of.value[JK_MAC_REQUIREMENT] = typed;
	return jk_mac_text(NULL, JK_KEYS_NONE, &of, text) == JK_OK &&
	               jk_verify_digest((const uint8_t *)text, strlen(text),
	                   ret) == JK_OK
	           ? JK_WHY_GRANTED
	           : JK_WHY_INTERNAL;
}

/* The accepter's time is counted anew; nothing of it has to be left by now. */
static int64_t
end_in(int64_t ms)
{
	const int64_t until = jk_boot_ms() + ms;
	int64_t alive;

	return jk_accepter_last(&alive) == JK_OK && alive - SPARE_MS < until
	           ? alive - SPARE_MS
	           : until;
}

/* Who asks, for what: shown before anybody types. */
static void
show(struct jk_use *u, const struct jk_query *q)
{
	struct jk_params p = { 0 };
	struct jk_person person;
	char minute[17];

	if (jk_snapshot_person(u->w->place.snapshot,
	        u->standing.session.grant.person, &person) == JK_OK)
		jk_params_add(&p, "name", person.name);
	jk_params_add(&p, "business", jk_word_id(&jk_businesses, q->business));
	jk_params_add(&p, "action", jk_word_id(&jk_actions, q->action));
	jk_confirmed_add(&p, u->w->claim.reception, q);
	jk_time_format(jk_real_s(), minute);
	jk_params_add(&p, "time", minute + strlen("YYYY-MM-DD "));
	(void)jk_reply_note(u->w, "confirm.ask", &p);
}

/* Whoever hangs up is waited for no longer: JK_ERR_CLOSED. */
static enum jk_err
wait_until(const struct jk_worker *w, int64_t until)
{
	return jk_wait_readable(-1, &w->cancel, until) == JK_ERR_TIMEOUT
	           ? JK_OK
	           : JK_ERR_CLOSED;
}

/* The card of whoever works is still in the reader. */
static bool
is_still_own(const struct jk_attempt *a)
{
	return a->why == JK_WHY_CONFIRM_SAME &&
	       strcmp(a->facts.card.id, a->session.grant.card) == 0;
}

/*
 * One card is taken out and another put in: that is no end, whatever was seen
 * before. Of the first one's card nothing is, until its time is over.
 */
static bool
is_changing(const struct jk_attempt *a)
{
	const enum jk_reason why =
	    a->card.event == JK_READER_FAILED ? a->card.why : JK_WHY_INTERNAL;

	return a->only != NULL || is_still_own(a) ||
	       why == JK_WHY_CARD_REMOVED || why == JK_WHY_CARD_UNREADABLE ||
	       why == JK_WHY_CARD_SILENT;
}

static enum jk_err
find(struct jk_worker *w, struct jk_attempt *a, struct jk_reader *ret)
{
	enum jk_err e = jk_attempt_find(w, a, ret);

	while (
	    e == JK_ERR_REFUSED && is_changing(a) && jk_boot_ms() < w->until) {
		jk_reader_close(ret);
		(void)jk_attempt_tell_waiting(w, a);
		if ((e = wait_until(w, jk_boot_ms() + PAUSE_MS)) != JK_OK)
			return e;
		e = jk_attempt_find(w, a, ret);
	}
	return e;
}

/* Card, PIN, signature over what is confirmed; whether he may, before and after. */
static enum jk_err
prove(struct jk_use *u, struct jk_attempt *a)
{
	JK_CLEANUP(jk_reader_close) struct jk_reader reader = { .fd = -1 };
	JK_CLEANUP(jk_secret_clear) struct jk_secret pin = { 0 };
	struct jk_worker *w = u->w;
	enum jk_err e;

	if ((e = find(w, a, &reader)) != JK_OK ||
	    (e = jk_attempt_ask_pin(w, a, "pin.prompt", &pin)) != JK_OK ||
	    (e = wait_until(w, u->pending_ms + READ_MS)) != JK_OK ||
	    (e = jk_attempt_intend(w, a)) != JK_OK)
		return e;
	e = jk_attempt_prove(w, a, &reader, &pin, false);
	return e == JK_OK ? jk_attempt_judge(w, a, NULL) : e;
}

/*
 * Without a PIN, and so without a signature: a card says that it is his, no
 * more. It gives no right: the session goes on with what its own card proved
 * at the login, watched as before by whether a card is in the reader.
 */
static enum jk_err
await_own_card(struct jk_use *u, struct jk_attempt *own)
{
	JK_CLEANUP(jk_reader_close) struct jk_reader reader = { .fd = -1 };
	struct jk_worker *w = u->w;
	const struct jk_class_rule *rule =
	    &w->place.policy.class[w->place.terminal.class];

	if (rule->present != JK_PRESENT_REQUIRED)
		return JK_OK;
	own->awaits = "confirm.own";
	own->proven_ms = jk_boot_ms();
	return find(w, own, &reader);
}

static void
describe(struct jk_use *u, struct jk_attempt *a, enum jk_ask ask,
    const char *purpose)
{
	*a = (struct jk_attempt){
		.ask = ask,
		.inside = true,
		.session = u->standing.session,
		.tries = JK_TRIES_UNKNOWN,
	};
	a->outcome.op = JK_OP_AUTH;
	a->outcome.purpose = purpose;
	a->outcome.session = u->session;
	a->outcome.reader = a->card.reader;
	a->outcome.tries = JK_TRIES_UNKNOWN;
}

static enum jk_reason
reason_of(const struct jk_attempt *a, enum jk_err e)
{
	if (e == JK_OK)
		return JK_WHY_GRANTED;
	return e == JK_ERR_REFUSED ? a->why : JK_WHY_CANCELLED;
}

/* It is on record that he was here, and on what he stood. */
static void
note(struct jk_worker *w, struct jk_attempt *a)
{
	jk_facts_grant(w, &a->facts, &a->verdict, &a->evidence, &a->grant);
	a->outcome.grant = &a->grant;
	jk_outcome_note(w, &a->outcome);
}

/* They are used up with the record of what he confirms: as it is void or not. */
static void
owe_uses(const struct jk_attempt *a, struct jk_uses *ret)
{
	for (unsigned i = 0; i < a->facts.n_approvals; i++) {
		const struct jk_approval *one = &a->facts.approvals[i];

		if ((a->verdict.approvals & jk_bit(i)) != 0 && one->once &&
		    ret->n < JK_USES_MAX)
			memcpy(ret->approval[ret->n++], one->id,
			    sizeof(ret->approval[0]));
	}
}

/* The second person's part. */
static enum jk_reason
second(struct jk_use *u, const struct jk_query *q, struct jk_attempt *a,
    struct jk_confirmed_by *ret)
{
	static uint8_t digest[JK_DIGEST_LEN];
	struct jk_worker *w = u->w;
	const enum jk_reason why = digest_of(u, q, ret->subject, digest);
	enum jk_err e;

	if (why != JK_WHY_GRANTED)
		return why;
	describe(u, a, JK_ASK_CONFIRM, "confirm");
	a->query = q;
	a->bound = digest;
	a->awaits = ""; /* show() says it */
	w->until = end_in(CONFIRM_MS);
	show(u, q);
	e = prove(u, a);
	if (e == JK_ERR_REFUSED)
		(void)jk_outcome_deny(w, &a->outcome, a->why);
	if (e != JK_OK)
		return reason_of(a, e);
	(void)snprintf(ret->person, sizeof(ret->person), "%s",
	    a->facts.person.id);
	jk_hex_encode(digest, 16, ret->digest);
	e = jk_confirmed_keep(w->keep_dir, ret->person,
	    u->standing.session.grant.person, w->place.terminal.id,
	    w->claim.reception, q);
	if (e != JK_OK)
		return e == JK_ERR_TOO_BIG ? JK_WHY_CONFIRM_UNSEEN
		                           : JK_WHY_INTERNAL;
	owe_uses(a, &ret->uses);
	note(w, a);
	return JK_WHY_GRANTED;
}

/* The first one's card, by itself. */
static enum jk_reason
first(struct jk_use *u, struct jk_attempt *own)
{
	enum jk_err e;

	describe(u, own, JK_ASK_UNLOCK, "confirm");
	own->only = own->session.grant.card;
	u->w->until = end_in(RETURN_MS);
	e = await_own_card(u, own);
	return reason_of(own, e);
}

enum jk_reason
jk_use_confirm(struct jk_use *u, const struct jk_query *q, struct jk_outcome *o,
    struct jk_confirmed_by *ret)
{
	static struct jk_attempt a, own;
	struct jk_worker *w = u->w;
	const struct jk_session known = u->standing.session;
	const int64_t until = w->until;
	enum jk_reason why, back;

	if (jk_session_change(w->run_dir, &known, begin, NULL) != JK_OK)
		return JK_WHY_SESS_LOCKED;
	why = second(u, q, &a, ret);
	o->tries = a.tries;
	back = first(u, &own);
	w->until = until;
	(void)jk_session_change(w->run_dir, &known, finish,
	    back == JK_WHY_GRANTED ? &own : NULL);
	if (why == JK_WHY_GRANTED)
		why = back;
	return why;
}
