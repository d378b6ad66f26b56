/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a conversation: record first, then the answer. Evidence and
 * verdict come together with who asked and from where.
 */
#ifndef JK_OUTCOME_H
#define JK_OUTCOME_H

#include "grant.h"
#include "record.h"
#include "reply.h"

struct jk_facts;
struct jk_verdict;
struct jk_worker;

/* Of a use and of what is asked in it; NULL is nothing. */
struct jk_outcome_use {
	const char *use, *purpose, *reception;
	const char *business, *action, *search, *subject, *object;
	const char *requirement, *permission, *confirmer, *of;
	const char *digest; /* of the request that was confirmed */
	const uint64_t *count;
	uint64_t persons, max; /* of look.bulk */
};

/* What is known beside the reason; zeroed is nothing. */
struct jk_outcome {
	enum jk_op op;
	const char *purpose;  /* jfor: "login", "unlock", or NULL */
	const char *function; /* jfunc: of 別紙1, or NULL */
	const char *from;     /* jfrom: the operator ID before, or NULL */
	const struct jk_facts *facts; /* of the card in question, or NULL */
	size_t opid;                  /* which of its operator IDs */
	uint32_t approvals;           /* of its approvals: a grant uses these */
	const struct jk_grant *grant; /* or, instead, what stands already */
	const char *session;          /* its id, or NULL */
	const char *reader;           /* where the card is, or NULL */
	int64_t seconds;              /* jdur: how long it lasted; 0: nothing */
	uint64_t tries;               /* JK_TRIES_UNKNOWN: not known */
	const struct jk_outcome_use *use; /* or NULL */
	struct jk_params params;          /* for the message */
	/* Told before a refusal: which PIN the card has, or NULL. */
	const char *standing;
	unsigned pin_min, pin_max; /* of a PIN that was asked for; 0: the
	                            * terminal's settings */
};

/* Adds the parameters that the text of a denial needs. */
void jk_outcome_explain(struct jk_worker *worker, struct jk_outcome *outcome,
    enum jk_reason why);

/* The record, without its id. */
enum jk_err jk_outcome_record(const struct jk_worker *worker,
    const struct jk_outcome *outcome, enum jk_reason why,
    struct jk_record *ret);

/*
 * Record of a refusal, and the parameters; the verdict is the caller's. JK_OK:
 * the kernel has taken the record.
 */
enum jk_err jk_outcome_deny(struct jk_worker *worker,
    struct jk_outcome *outcome, enum jk_reason why);
/* Record and verdict of a refusal. */
void jk_outcome_refuse(struct jk_worker *worker, struct jk_outcome *outcome,
    enum jk_reason why);

/* Record of an end; the verdict is the caller's. */
void jk_outcome_note(struct jk_worker *worker, struct jk_outcome *outcome);

/*
 * Record with receipt (JK_OK: it stands in the log), and then the approvals
 * that are for one use are used up. On any other answer a refusal was given
 * already.
 */
enum jk_err jk_outcome_prove(struct jk_worker *worker,
    struct jk_outcome *outcome, char ret_receipt[static JK_RECEIPT_MAX + 1]);

/*
 * What hangs on the record could not be done after it was proven: it is void,
 * nothing was used up, and this is the reason.
 */
void jk_outcome_withdraw(struct jk_worker *worker, struct jk_outcome *outcome,
    enum jk_reason why);

/*
 * The answer to what was proven, after all else; `more` may be NULL. On any
 * other answer than JK_OK nobody has got it, and it is void.
 */
enum jk_err jk_outcome_grant(struct jk_worker *worker,
    const struct jk_reply_more *more);

/*
 * The same for what is stored by then: `undo` takes it back, before the record
 * is void. A caller may be deaf on purpose.
 */
typedef enum jk_err jk_outcome_undo_fn(struct jk_worker *worker,
    const void *ctx);
enum jk_err jk_outcome_grant_or(struct jk_worker *worker,
    const struct jk_reply_more *more, jk_outcome_undo_fn *undo,
    const void *ctx);
/* The same after jk_recorder_settled(). */
enum jk_err jk_outcome_deliver_or(struct jk_worker *worker,
    const struct jk_reply_more *more, jk_outcome_undo_fn *undo,
    const void *ctx);

#endif
