/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One try with a card: find it, hold its certificate against the registry,
 * only then ask for the PIN, verify the signature, decide, and prove the
 * record. Login and unlock differ in what must be true and what follows.
 */
#ifndef JK_ATTEMPT_H
#define JK_ATTEMPT_H

#include "facts.h"
#include "outcome.h"
#include "reader.h"

struct jk_attempt {
	enum jk_ask ask;           /* LOGIN or UNLOCK */
	struct jk_session session; /* ended when there is none */
	struct jk_facts facts;
	struct jk_verdict verdict; /* the last one */
	uint64_t tries;            /* as the card said, or JK_TRIES_UNKNOWN */
	bool known;                /* by its identity: not read again */
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

#endif
