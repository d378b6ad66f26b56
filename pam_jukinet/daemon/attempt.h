/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One try with a card: find it, hold its certificate against the registry,
 * only then ask for the PIN, verify the signature, decide, and prove the
 * record. Login and unlock differ in what must be true and what follows.
 */
#ifndef JK_ATTEMPT_H
#define JK_ATTEMPT_H

#include "challenge.h"
#include "facts.h"
#include "nameless.h"
#include "outcome.h"
#include "reader.h"

struct jk_attempt {
	enum jk_ask ask;  /* LOGIN, UNLOCK or PIN; an UNLOCK may become RELIEVE:
	                  * a supervisor was proven, who ends the session */
	const char *only; /* this card alone, or NULL */
	/* Said once to whoever is waited for, in place of "card.insert"; "": he
	 * was told already; NULL: every time. */
	const char *awaits;
	bool nameless; /* no account was named */
	/* Another conversation has the last word: a refusal only leaves its
	 * reason here. */
	bool inside;
	enum jk_reason why;
	const struct jk_query *query;  /* of CONFIRM */
	const uint8_t *bound;          /* a digest that the signature covers */
	struct jk_prospects prospects; /* then: of the card shown last */
	struct jk_session session;     /* ended when there is none */
	struct jk_facts facts;
	struct jk_verdict verdict; /* the last one */
	uint64_t tries;            /* as the card said, or JK_TRIES_UNKNOWN */
	bool relief;               /* its holder may end the session */
	bool known;                /* by its identity: not read again */
	int64_t proven_ms;         /* boot time before the PIN met the card */
	struct jk_reader_news card;
	struct jk_evidence evidence;
	struct jk_outcome outcome;
	struct jk_grant grant; /* with its receipt */
};

/*
 * JK_OK: granted and proven, nothing is answered yet. Otherwise the refusal
 * was recorded and answered, or the caller has gone.
 */
enum jk_err jk_attempt_run(struct jk_worker *worker,
    struct jk_attempt *attempt);

/*
 * The steps of which it is made, for a request that goes another way once a
 * card was found. Any other answer than JK_OK: as above.
 */

/* Session, clock, witness; the account is known. */
enum jk_err jk_attempt_begin(struct jk_worker *worker,
    struct jk_attempt *attempt);
/* A card against which nothing speaks, and the way to it, which is the
 * caller's to close. */
enum jk_err jk_attempt_find(struct jk_worker *worker,
    struct jk_attempt *attempt, struct jk_reader *ret);
/* That a card is waited for, in the words of `awaits` where there are some. */
enum jk_err jk_attempt_tell_waiting(struct jk_worker *worker,
    struct jk_attempt *attempt);
/* One hidden answer, of the length that the prompt says. */
enum jk_err jk_attempt_ask(struct jk_worker *worker, struct jk_attempt *attempt,
    const struct jk_prompt *prompt, struct jk_secret *ret);
/* The same for the card's present PIN, unless its tries forbid it. */
enum jk_err jk_attempt_ask_pin(struct jk_worker *worker,
    struct jk_attempt *attempt, const char *message, struct jk_secret *ret);
/* A person typed: does still nothing speak against the card? */
enum jk_err jk_attempt_intend(struct jk_worker *worker,
    struct jk_attempt *attempt);

/* What the card is to sign, and its signature. */
struct jk_proof {
	uint8_t nonce[JK_NONCE_LEN];
	enum jk_key_kind key;
	struct jk_challenge challenge;
	size_t len;
	uint8_t signature[JK_SIGNATURE_MAX];
};

enum jk_err jk_attempt_challenge(struct jk_worker *worker,
    struct jk_attempt *attempt, struct jk_proof *ret);
/* Signature by the registered key over a fresh nonce: evidence. */
enum jk_err jk_attempt_verify(struct jk_worker *worker,
    struct jk_attempt *attempt, const struct jk_proof *proof);
/* After the card process gave no signature: a known card is read next time. */
void jk_attempt_doubt(const struct jk_worker *worker,
    const struct jk_attempt *attempt, enum jk_reason why);
/* Both, with the PIN. `renews`: jk_reader_renew() follows at once. */
enum jk_err jk_attempt_prove(struct jk_worker *worker,
    struct jk_attempt *attempt, struct jk_reader *reader,
    const struct jk_secret *pin, bool renews);

/* With the evidence, as all stands now; `opid`: under that one, or NULL. */
enum jk_err jk_attempt_judge(struct jk_worker *worker,
    struct jk_attempt *attempt, const char *opid);

/* Record and answer; then JK_ERR_REFUSED, or JK_ERR_CLOSED. */
enum jk_err jk_attempt_refuse(struct jk_worker *worker,
    struct jk_attempt *attempt, enum jk_reason why);
/* After a conversation that broke off. */
enum jk_err jk_attempt_give_up(struct jk_worker *worker,
    struct jk_attempt *attempt, enum jk_err e);

#endif
