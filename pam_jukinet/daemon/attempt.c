/* SPDX-License-Identifier: BSD-2-Clause */
#include "attempt.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "challenge.h"
#include "choice.h"
#include "clock.h"
#include "hex.h"
#include "known.h"
#include "leftovers.h"
#include "log.h"
#include "verify.h"
#include "worker.h"

/*
 * The PIN is typed at the reader's own keys; not where a new one is to be
 * typed as well.
 */
static bool
is_by_pad(const struct jk_worker *w, const struct jk_attempt *a)
{
	return a->card.pad && w->place.settings.pinpad && a->ask != JK_ASK_PIN;
}

/* No VERIFY unless more tries are left than this. */
static uint64_t
tries_to_keep(const struct jk_worker *w, const struct jk_attempt *a)
{
	/* A prompt is shown to whom asked for silence; a text is not. */
	const bool silent =
	    is_by_pad(w, a) && (w->claim.flags & JK_FLAG_SILENT) != 0;
	const bool unseen = (w->claim.flags & JK_FLAG_UNSEEN) != 0;

	/*
	 * A prompt of root's programs is seen, so the last try was asked for,
	 * unless the program answers by itself. A locker of the user drops
	 * every text: it never spends the last.
	 */
	return w->peer.uid == 0 && !silent && !unseen ? 0 : 1;
}

enum jk_err
jk_attempt_refuse(struct jk_worker *w, struct jk_attempt *a, enum jk_reason why)
{
	a->outcome.tries = a->tries;
	a->why = why;
	if (!a->inside)
		jk_outcome_refuse(w, &a->outcome, why);
	return JK_ERR_REFUSED;
}

/* A conversation with the card or the caller that broke off. */
enum jk_err
jk_attempt_give_up(struct jk_worker *w, struct jk_attempt *a, enum jk_err e)
{
	if (e == JK_ERR_REFUSED)
		return JK_ERR_CLOSED; /* cancelled: counts as nothing */
	if (e == JK_ERR_TIMEOUT)
		return jk_attempt_refuse(w, a, JK_WHY_TIMEOUT);
	/* The card process was ended by its accepter, or could not go on. */
	if (e == JK_ERR_CLOSED)
		return jk_attempt_refuse(w, a, JK_WHY_CARD_UNREADABLE);
	jk_log(JK_LOG_ERR, "attempt ended: %s", jk_err_text(e));
	return jk_attempt_refuse(w, a, JK_WHY_INTERNAL);
}

/* With what is known of the session. */
static struct jk_verdict
decide(const struct jk_worker *w, const struct jk_attempt *a,
    const struct jk_facts *facts, const char *opid,
    const struct jk_evidence *evidence)
{
	const struct jk_asked asked = {
		.ask = a->ask,
		.session = &a->session,
		.opid = opid,
		.query = a->query,
	};

	return jk_facts_decide(w, facts, &asked, evidence);
}

/* What an unlocked session stands on already; a login is a use of its own. */
static void
hold(const struct jk_attempt *a, struct jk_facts *facts)
{
	if (a->ask == JK_ASK_UNLOCK)
		jk_facts_hold(facts, &a->session.grant);
}

/* A card is about to be proven: what speaks against that comes first. */
static const struct jk_evidence intended = { .method = JK_METHOD_CARD_PIN };

/*
 * Somebody else's card at a locked screen: he may be a supervisor, who ends the
 * session. Everybody else hears what he would have heard.
 */
static bool
may_relieve(const struct jk_worker *w, const struct jk_attempt *a,
    const struct jk_facts *facts, enum jk_reason why)
{
	const struct jk_asked asked = {
		.ask = JK_ASK_RELIEVE,
		.session = &a->session,
	};

	return a->ask == JK_ASK_UNLOCK &&
	       (why == JK_WHY_SESS_OTHER || why == JK_WHY_CARD_MISMATCH) &&
	       jk_facts_decide(w, facts, &asked, &intended).why ==
	           JK_WHY_EVIDENCE_NONE;
}

/* What speaks against the card with this certificate, before any PIN. */
static enum jk_err
check_card(struct jk_worker *w, struct jk_attempt *a,
    const uint8_t digest[static JK_DIGEST_LEN], struct jk_facts *ret,
    struct jk_verdict *ret_verdict)
{
	enum jk_err e = jk_facts_load(w, digest, ret);

	if (e != JK_OK)
		return e;
	if (a->nameless) {
		e = jk_nameless_find(w, ret, &intended, &a->prospects);
		*ret_verdict = a->prospects.verdict;
		return e;
	}
	hold(a, ret);
	*ret_verdict = decide(w, a, ret, NULL, &intended);
	a->relief = may_relieve(w, a, ret, ret_verdict->why);
	if (a->relief)
		ret_verdict->why = JK_WHY_EVIDENCE_NONE;
	return JK_OK;
}

static struct jk_cur
identity_of(const struct jk_reader_news *card)
{
	return (struct jk_cur){ card->identity, card->identity_len };
}

/*
 * A card seen before that may be used; any other shows its certificate, and so
 * does one whose PIN is blocked: it proves nothing before its PUK is spent.
 */
static bool
is_known(struct jk_worker *w, struct jk_attempt *a,
    const struct jk_reader_news *card, struct jk_facts *ret,
    struct jk_verdict *ret_verdict)
{
	uint8_t digest[JK_DIGEST_LEN];

	return card->tries != 0 &&
	       jk_known_find(w->keep_dir, card->kind, identity_of(card),
	           digest) == JK_OK &&
	       check_card(w, a, digest, ret, ret_verdict) == JK_OK &&
	       ret_verdict->why == JK_WHY_EVIDENCE_NONE;
}

/* jk_reader's busy. Who is not told so hears it at the deadline. */
static void
tell_busy(void *ctx)
{
	(void)jk_reply_note(ctx, "card.busy", NULL);
}

enum jk_err
jk_attempt_tell_waiting(struct jk_worker *w, struct jk_attempt *a)
{
	const char *message = a->awaits != NULL ? a->awaits : "card.insert";

	if (a->awaits != NULL)
		a->awaits = "";
	return message[0] != '\0' ? jk_reply_note(w, message, NULL) : JK_OK;
}

/* Of several cards that are wrong the first that is registered counts. */
static void
remember(struct jk_worker *w, struct jk_attempt *a,
    const struct jk_facts *facts, const struct jk_verdict *verdict,
    enum jk_reason *why)
{
	if (verdict->why != JK_WHY_EVIDENCE_NONE && *why != JK_WHY_GRANTED &&
	    a->facts.has_card)
		return;
	a->facts = *facts;
	a->outcome.facts = &a->facts;
	a->outcome.opid = verdict->opid;
	if (a->nameless)
		w->account = a->prospects.account;
	*why = verdict->why;
}

/* One card that was shown. JK_OK: the right one; JK_ERR_NOT_FOUND: go on. */
static enum jk_err
weigh(struct jk_worker *w, struct jk_attempt *a, struct jk_reader *reader,
    enum jk_reason *why)
{
	static struct jk_facts facts;
	struct jk_verdict verdict;
	uint8_t digest[JK_DIGEST_LEN];
	enum jk_err e;

	a->known = a->card.cert_len == 0;
	if (a->known) {
		if (!is_known(w, a, &a->card, &facts, &verdict)) {
			e = jk_reader_read(reader);
			return e == JK_OK ? JK_ERR_NOT_FOUND : e;
		}
	} else if ((e = jk_verify_digest(a->card.cert, a->card.cert_len,
	                digest)) != JK_OK ||
	           (e = check_card(w, a, digest, &facts, &verdict)) != JK_OK) {
		return e;
	}
	if (a->only != NULL && verdict.why == JK_WHY_EVIDENCE_NONE &&
	    strcmp(facts.card.id, a->only) != 0)
		verdict.why = JK_WHY_CARD_MISMATCH;
	remember(w, a, &facts, &verdict, why);
	a->tries = a->card.tries;
	if (verdict.why == JK_WHY_EVIDENCE_NONE) {
		if (a->relief)
			a->ask = JK_ASK_RELIEVE;
		return JK_OK;
	}
	e = jk_reader_pass(reader);
	return e == JK_OK ? JK_ERR_NOT_FOUND : e;
}

/* JK_OK: the card shown last is the right one. */
static enum jk_err
find_card(struct jk_worker *w, struct jk_attempt *a, struct jk_reader *reader)
{
	enum jk_reason why = JK_WHY_GRANTED; /* nothing seen yet */
	enum jk_err e;

	for (;;) {
		e = jk_reader_next(reader, &a->card);
		if (e != JK_OK)
			return jk_attempt_give_up(w, a, e);
		switch (a->card.event) {
		case JK_READER_FAILED:
			return jk_attempt_refuse(w, a,
			    why != JK_WHY_GRANTED ? why : a->card.why);
		case JK_READER_WAITING:
			if (a->card.readers > 0)
				(void)jk_attempt_tell_waiting(w, a);
			else
				(void)jk_reply_note(w, "reader.none", NULL);
			break;
		case JK_READER_CARD:
			e = weigh(w, a, reader, &why);
			if (e == JK_OK)
				return JK_OK;
			if (e != JK_ERR_NOT_FOUND)
				return jk_attempt_give_up(w, a, e);
			break;
		}
	}
}

/* Where to type it: nothing comes back from there. */
static enum jk_err
tell_pad(struct jk_worker *w, struct jk_attempt *a)
{
	enum jk_err e =
	    jk_reply_note(w, a->tries == 1 ? "pin.pad.last" : "pin.pad", NULL);

	return e == JK_OK || e == JK_ERR_CLOSED ? e
	                                        : jk_attempt_give_up(w, a, e);
}

enum jk_err
jk_attempt_ask(struct jk_worker *w, struct jk_attempt *a,
    const struct jk_prompt *prompt, struct jk_secret *ret)
{
	struct jk_cur pin;
	enum jk_err e = jk_reply_ask_pin(w, prompt);

	if (e == JK_OK)
		e = jk_frame_recv(w->fd, &w->cancel, w->until, w->frame, NULL);
	if (e == JK_ERR_CLOSED)
		return e;
	if (e != JK_OK)
		return jk_attempt_give_up(w, a, e);
	if (jk_frame_type(w->frame) != JK_FRAME_PIN)
		return jk_attempt_give_up(w, a, JK_ERR_FORMAT);
	if (jk_frame_get(w->frame, JK_FIELD_PIN, &pin) != JK_OK ||
	    pin.left < prompt->min || pin.left > prompt->max)
		e = JK_ERR_FORMAT;
	else
		e = jk_secret_set(ret, pin.at, pin.left);
	jk_frame_start(w->frame, 0);
	if (e == JK_OK)
		return JK_OK;
	a->outcome.pin_min = prompt->min;
	a->outcome.pin_max = prompt->max;
	return jk_attempt_refuse(w, a, prompt->malformed);
}

enum jk_err
jk_attempt_ask_pin(struct jk_worker *w, struct jk_attempt *a,
    const char *message, struct jk_secret *ret)
{
	const struct jk_settings *s = &w->place.settings;

	if (a->tries == 0)
		return jk_attempt_refuse(w, a, JK_WHY_PIN_LOCKED);
	if (a->tries <= tries_to_keep(w, a))
		return jk_attempt_refuse(w, a, JK_WHY_PIN_LAST);
	if (is_by_pad(w, a))
		return tell_pad(w, a);
	return jk_attempt_ask(w, a,
	    &(struct jk_prompt){
	        a->tries == 1 ? "pin.prompt.last" : message,
	        s->pin_min,
	        s->pin_max,
	        JK_WHY_PIN_MALFORMED,
	    },
	    ret);
}

/* What the signature says of the card, for the next time. */
static void
learn(const struct jk_worker *w, const struct jk_attempt *a, bool good)
{
	const struct jk_cur identity = identity_of(&a->card);
	enum jk_err e = JK_OK;

	if (a->known && !good)
		jk_known_forget(w->keep_dir, a->card.kind, identity);
	else if (!a->known && good && identity.left > 0)
		e = jk_known_keep(w->keep_dir, a->card.kind, identity,
		    a->facts.cert);
	if (e != JK_OK)
		jk_log(JK_LOG_WARNING, "card will be read again: %s",
		    jk_err_text(e));
}

/*
 * One that was issued anew with a key of another kind may still call itself what
 * it was called before: it is asked for a signature that it cannot make.
 */
void
jk_attempt_doubt(const struct jk_worker *w, const struct jk_attempt *a,
    enum jk_reason why)
{
	if (why == JK_WHY_CARD_UNREADABLE)
		learn(w, a, false);
}

/* Fresh, and of one request alone where there is one. */
static enum jk_err
draw(const struct jk_attempt *a, uint8_t ret[static JK_NONCE_LEN])
{
	static_assert(JK_NONCE_LEN == JK_DIGEST_LEN, "a digest is a nonce");
	uint8_t both[JK_NONCE_LEN + JK_DIGEST_LEN];
	enum jk_err e = jk_random(both, JK_NONCE_LEN);

	if (e != JK_OK)
		return e;
	if (a->bound == NULL) {
		memcpy(ret, both, JK_NONCE_LEN);
		return JK_OK;
	}
	memcpy(both + JK_NONCE_LEN, a->bound, JK_DIGEST_LEN);
	return jk_verify_digest(both, sizeof(both), ret);
}

enum jk_err
jk_attempt_challenge(struct jk_worker *w, struct jk_attempt *a,
    struct jk_proof *ret)
{
	enum jk_err e;

	if ((e = draw(a, ret->nonce)) != JK_OK ||
	    (e = jk_verify_key_kind(&a->facts.card, &ret->key)) != JK_OK ||
	    (e = jk_challenge_make(ret->nonce, ret->key, &ret->challenge)) !=
	        JK_OK)
		return jk_attempt_give_up(w, a, e);
	return JK_OK;
}

enum jk_err
jk_attempt_verify(struct jk_worker *w, struct jk_attempt *a,
    const struct jk_proof *proof)
{
	enum jk_err e = jk_verify_signature(&a->facts.card, &proof->challenge,
	    proof->signature, proof->len);

	learn(w, a, e == JK_OK);
	if (e == JK_ERR_REFUSED)
		return jk_attempt_refuse(w, a, JK_WHY_CARD_FORGED);
	if (e != JK_OK)
		return jk_attempt_give_up(w, a, e);
	a->evidence.method = JK_METHOD_CARD_PIN;
	memcpy(a->evidence.key, a->facts.card.key, JK_DIGEST_LEN);
	return JK_OK;
}

enum jk_err
jk_attempt_prove(struct jk_worker *w, struct jk_attempt *a,
    struct jk_reader *reader, const struct jk_secret *pin, bool renews)
{
	const struct jk_settings *s = &w->place.settings;
	struct jk_proof proof = { 0 };
	struct jk_reader_order order = {
		.nonce = proof.nonce,
		.pin = is_by_pad(w, a) ? NULL : pin,
		.pin_min = s->pin_min,
		.pin_max = s->pin_max,
		.tries_keep = tries_to_keep(w, a),
		.renews = renews,
	};
	enum jk_reason why = JK_WHY_INTERNAL;
	enum jk_err e = jk_attempt_challenge(w, a, &proof);

	if (e != JK_OK)
		return e;
	order.key = proof.key;
	a->proven_ms = jk_boot_ms();
	/* From here the number is the card's to say again. */
	a->tries = JK_TRIES_UNKNOWN;
	e = jk_reader_sign(reader, &order, proof.signature, &proof.len, &why,
	    &a->tries);
	if (e == JK_ERR_REFUSED && why == JK_WHY_PIN_MALFORMED)
		(void)jk_reader_pin_range(reader, &a->outcome.pin_min,
		    &a->outcome.pin_max);
	if (e == JK_ERR_REFUSED)
		jk_attempt_doubt(w, a, why);
	if (e == JK_ERR_REFUSED && why != JK_WHY_INTERNAL)
		return jk_attempt_refuse(w, a, why);
	if (e != JK_OK)
		return jk_attempt_give_up(w, a, e);
	return jk_attempt_verify(w, a, &proof);
}

enum jk_err
jk_attempt_find(struct jk_worker *w, struct jk_attempt *a,
    struct jk_reader *ret)
{
	enum jk_err e =
	    jk_reader_find(w->until, &w->place.settings, &w->cancel, ret);

	if (e != JK_OK) {
		jk_log(JK_LOG_ERR, "jukinet-card: %s", jk_err_text(e));
		return jk_attempt_refuse(w, a, JK_WHY_SERVICE_DOWN);
	}
	ret->busy = tell_busy;
	ret->ctx = w;
	return find_card(w, a, ret);
}

static enum jk_err
gather(struct jk_worker *w, struct jk_attempt *a)
{
	JK_CLEANUP(jk_reader_close) struct jk_reader reader = { .fd = -1 };
	JK_CLEANUP(jk_secret_clear) struct jk_secret pin = { 0 };
	enum jk_err e;

	if ((e = jk_attempt_find(w, a, &reader)) != JK_OK ||
	    (e = jk_attempt_ask_pin(w, a, "pin.prompt", &pin)) != JK_OK)
		return e;
	return jk_attempt_prove(w, a, &reader, &pin, false);
}

/* What needs no card: a wrong clock, an old snapshot. */
static enum jk_reason
check_time(const struct jk_worker *w, const struct jk_attempt *a)
{
	struct jk_verdict v = decide(w, a, &a->facts, NULL, &intended);

	return v.why == JK_WHY_CLOCK_BAD || v.why == JK_WHY_POLICY_STALE
	           ? v.why
	           : JK_WHY_GRANTED;
}

static enum jk_err
load_session(const struct jk_worker *w, struct jk_attempt *a)
{
	enum jk_err e =
	    a->nameless && w->claim.account[0] == '\0'
	        ? JK_ERR_NOT_FOUND
	        : jk_session_load(w->run_dir, w->account.uid, &a->session);

	if (e == JK_ERR_NOT_FOUND) {
		a->session = (struct jk_session){ 0 };
		return JK_OK;
	}
	return e;
}

/* The account that was named, or the permission to name none. */
static enum jk_reason
find_account(struct jk_worker *w)
{
	if (w->claim.account[0] != '\0')
		return jk_worker_find_account(w);
	if (w->peer.uid != 0)
		return JK_WHY_CALLER_FOREIGN;
	return jk_nameless_is_allowed(w) ? JK_WHY_GRANTED
	                                 : JK_WHY_ACCOUNT_NEEDED;
}

/* A person typed: what may have ended or been withdrawn meanwhile. */
static enum jk_err
renew(struct jk_worker *w, struct jk_attempt *a)
{
	enum jk_reason why = jk_worker_renew(w);

	/* Inside another conversation the account is known. */
	if (why == JK_WHY_GRANTED && !a->inside)
		why = find_account(w);
	return why == JK_WHY_GRANTED ? JK_OK : jk_attempt_refuse(w, a, why);
}

/* Known only now that the account is, or since somebody typed. */
static void
become_unlock(struct jk_attempt *a)
{
	if (a->ask != JK_ASK_LOGIN || a->session.state != JK_SESSION_LOCKED)
		return;
	a->ask = JK_ASK_UNLOCK;
	a->outcome.purpose = "unlock";
}

static enum jk_err
look_again(struct jk_worker *w, struct jk_attempt *a)
{
	enum jk_err e = renew(w, a);

	if (e != JK_OK)
		return e;
	if ((e = load_session(w, a)) != JK_OK ||
	    (e = jk_facts_load(w, a->facts.cert, &a->facts)) != JK_OK)
		return jk_attempt_give_up(w, a, e);
	become_unlock(a);
	hold(a, &a->facts);
	return JK_OK;
}

enum jk_err
jk_attempt_intend(struct jk_worker *w, struct jk_attempt *a)
{
	enum jk_err e = look_again(w, a);

	if (e != JK_OK)
		return e;
	a->verdict = decide(w, a, &a->facts, NULL, &intended);
	return a->verdict.why == JK_WHY_EVIDENCE_NONE
	           ? JK_OK
	           : jk_attempt_refuse(w, a, a->verdict.why);
}

enum jk_err
jk_attempt_judge(struct jk_worker *w, struct jk_attempt *a, const char *opid)
{
	enum jk_err e = look_again(w, a);

	if (e != JK_OK)
		return e;
	a->verdict = decide(w, a, &a->facts, opid, &a->evidence);
	a->outcome.opid = a->verdict.opid;
	a->outcome.approvals = a->verdict.approvals;
	return a->verdict.allowed ? JK_OK
	                          : jk_attempt_refuse(w, a, a->verdict.why);
}

/* A session that lives has its operator ID already. */
static bool
has_choice(const struct jk_attempt *a)
{
	const uint32_t bits = a->verdict.choices;

	return a->ask == JK_ASK_LOGIN && a->session.state == JK_SESSION_ENDED &&
	       (bits & (bits - 1)) != 0;
}

/* One of them, or a refusal that was answered. */
static enum jk_err
take_offer(struct jk_worker *w, struct jk_attempt *a,
    const struct jk_offers *offers, const struct jk_offer **ret)
{
	enum jk_err e = jk_choice_ask(w, offers, ret);

	if (e == JK_OK || e == JK_ERR_CLOSED)
		return e;
	if (e == JK_ERR_NOT_FOUND)
		return jk_attempt_refuse(w, a,
		    jk_offers_have_accounts(offers) ? JK_WHY_ACCOUNT_CHOICE
		                                    : JK_WHY_OPID_CHOICE);
	return jk_attempt_give_up(w, a, e);
}

/* Under which one to work, before any record says so. */
static enum jk_err
choose(struct jk_worker *w, struct jk_attempt *a)
{
	struct jk_offers offers = { 0 };
	const struct jk_offer *taken = NULL;
	char opid[JK_ID_MAX + 1];
	enum jk_err e;

	jk_offers_add(&offers, w->account.name, &a->facts, a->verdict.choices);
	e = take_offer(w, a, &offers, &taken);
	if (e != JK_OK)
		return e;
	(void)snprintf(opid, sizeof(opid), "%s", taken->opid);
	return jk_attempt_judge(w, a, opid);
}

/*
 * Nobody named the account: it is found now, and with it the operator ID, so
 * that there is one question at most. From here on it is a login with a name.
 */
static enum jk_err
settle(struct jk_worker *w, struct jk_attempt *a)
{
	struct jk_offers offers;
	const struct jk_offer *taken = &offers.offer[0];
	char opid[JK_ID_MAX + 1];
	enum jk_err e = renew(w, a);

	if (e != JK_OK)
		return e;
	if ((e = jk_facts_load(w, a->facts.cert, &a->facts)) != JK_OK ||
	    (e = jk_nameless_find(w, &a->facts, &a->evidence, &a->prospects)) !=
	        JK_OK)
		return jk_attempt_give_up(w, a, e);
	a->verdict = a->prospects.verdict;
	a->outcome.opid = a->verdict.opid;
	w->account = a->prospects.account;
	if (!a->verdict.allowed)
		return jk_attempt_refuse(w, a, a->verdict.why);
	jk_nameless_offer(&a->prospects, &a->facts, &offers);
	if (offers.n > 1 && (e = take_offer(w, a, &offers, &taken)) != JK_OK)
		return e;
	(void)snprintf(opid, sizeof(opid), "%s", taken->opid);
	(void)snprintf(w->claim.account, sizeof(w->claim.account), "%s",
	    taken->account);
	return jk_attempt_judge(w, a, opid);
}

/*
 * Programs of root's that unlock a screen ask as for a login when its session has
 * ended, and ask nothing more. So nobody is let in beside what another person has
 * left, here as in OPEN. What is granted is what stands after the wait.
 */
static enum jk_err
outwait(struct jk_worker *w, struct jk_attempt *a)
{
	const int64_t until = jk_leftovers_until(w);
	char opid[JK_ID_MAX + 1];
	enum jk_err e = JK_OK;

	memcpy(opid, a->facts.opids[a->verdict.opid].id, sizeof(opid));
	while (e == JK_OK && a->session.state == JK_SESSION_ENDED &&
	       jk_leftovers_keep_out(w, a->facts.person.id, &a->session)) {
		e = jk_leftovers_wait(w, until);
		if (e == JK_ERR_TIMEOUT)
			return jk_attempt_refuse(w, a, JK_WHY_SESS_BUSY);
		if (e != JK_OK)
			return jk_attempt_give_up(w, a, e);
		e = jk_attempt_judge(w, a, opid);
	}
	return e;
}

static enum jk_err
conclude(struct jk_worker *w, struct jk_attempt *a)
{
	enum jk_err e =
	    a->nameless ? settle(w, a) : jk_attempt_judge(w, a, NULL);

	if (e == JK_OK && !a->nameless && has_choice(a))
		e = choose(w, a);
	if (e == JK_OK)
		e = outwait(w, a);
	if (e != JK_OK)
		return e;
	if (a->session.state != JK_SESSION_ENDED)
		a->outcome.session = a->session.id;
	if (a->ask == JK_ASK_RELIEVE) { /* it gives no right to anybody */
		a->outcome.purpose = "relieve";
		return jk_outcome_prove(w, &a->outcome, a->grant.receipt);
	}
	jk_facts_grant(w, &a->facts, &a->verdict, &a->evidence, &a->grant);
	memcpy(a->grant.reader, a->card.reader, sizeof(a->grant.reader));
	a->grant.proven_ms = a->proven_ms;
	a->outcome.grant = &a->grant;
	return jk_outcome_prove(w, &a->outcome, a->grant.receipt);
}

enum jk_err
jk_attempt_begin(struct jk_worker *w, struct jk_attempt *a)
{
	enum jk_reason why;
	enum jk_err e = load_session(w, a);

	if (e != JK_OK)
		return jk_attempt_give_up(w, a, e);
	if (a->ask == JK_ASK_UNLOCK && a->session.state == JK_SESSION_ENDED)
		return jk_attempt_refuse(w, a, JK_WHY_SESS_NONE);
	if (a->ask == JK_ASK_UNLOCK && !jk_worker_is_in(w, &a->session))
		return jk_attempt_refuse(w, a, JK_WHY_CALLER_FOREIGN);
	why = check_time(w, a);
	if (why != JK_WHY_GRANTED)
		return jk_attempt_refuse(w, a, why);
	e = jk_recorder_expect(&w->recorder);
	if (e == JK_ERR_REFUSED)
		return JK_ERR_CLOSED;
	return e == JK_OK ? JK_OK : jk_attempt_refuse(w, a, JK_WHY_AUDIT_DOWN);
}

enum jk_err
jk_attempt_run(struct jk_worker *w, struct jk_attempt *a)
{
	enum jk_reason why;
	enum jk_err e;

	a->tries = a->outcome.tries = JK_TRIES_UNKNOWN;
	a->outcome.op = JK_OP_AUTH;
	a->outcome.reader = a->card.reader;
	a->outcome.purpose = a->ask == JK_ASK_UNLOCK ? "unlock" : "login";
	a->nameless = w->claim.account[0] == '\0';
	why = find_account(w);
	if (why != JK_WHY_GRANTED)
		return jk_attempt_refuse(w, a, why);
	if ((e = jk_attempt_begin(w, a)) != JK_OK ||
	    (e = gather(w, a)) != JK_OK)
		return e;
	return conclude(w, a);
}
