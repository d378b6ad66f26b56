/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A use: the conversation in which a business application asks, before it shows
 * a record to anybody. It lasts until the application closes or the session
 * ends. Requests are read as the budget of the person allows, decided by the
 * state of things at that moment, and answered when their record is proven: up
 * to JK_USE_FLIGHT of them wait for that at a time.
 */
#ifndef JK_USE_H
#define JK_USE_H

#include <sys/stat.h>

#include "facts.h"
#include "flight.h"
#include "keys.h"
#include "outcome.h"
#include "pool.h"
#include "query.h"
#include "standing.h"
#include "tally.h"
#include "usebook.h"

struct jk_worker;

#define JK_USE_PAST  256 /* lookups whose result is still taken */
#define JK_USE_TEXTS 8   /* texts that need not be kept once more */

/* A record that was sent and has no receipt yet. */
struct jk_flying {
	bool used;
	enum jk_frame_type kind; /* of the request */
	int64_t until;           /* boot ms: for the receipt */
	char id[JK_ID_LEN + 1];
	struct jk_query query;
	struct jk_record record;
	struct jk_uses uses; /* approvals that it uses up */
	uint64_t persons;    /* that were counted for it */
};

/* A lookup that was allowed. */
struct jk_past {
	char id[JK_ID_LEN + 1]; /* "": none */
	uint64_t persons;
	bool told; /* its result is in flight */
};

struct jk_use {
	struct jk_worker *w;
	char id[JK_ID_LEN + 1];
	char session[JK_ID_LEN + 1];
	int64_t begun; /* seconds since 1970 */
	char grounds[JK_USE_TEXT + 1];
	enum jk_session_state told; /* what the application knows */
	bool over;                  /* nothing is read any more */
	struct jk_standing standing;
	struct stat snapshot; /* the file that was loaded */
	bool has_facts;
	struct jk_facts facts;
	struct jk_moment moment;
	struct jk_keys *keys; /* NULL: none can be loaded */
	struct jk_keys_seen keys_seen;
	struct jk_pool pool;
	bool doubted; /* the last that was sent got no receipt: one at a time */
	struct jk_flight flight;
	struct jk_tally tally;
	struct jk_usebook book;
	size_t n_flying;
	struct jk_flying flying[JK_USE_FLIGHT];
	size_t next_past;
	struct jk_past past[JK_USE_PAST];
	size_t next_text;
	struct {
		const char *kind;
		char text[JK_USE_TEXT + 1];
		char id[JK_ID_LEN + 1];
	} text[JK_USE_TEXTS];
	struct jk_query asked; /* the request that was read last */
	/* The lookup that was answered last with confirm.none. */
	bool has_pending;
	int64_t pending_ms; /* boot time of the answer */
	struct jk_query pending;
};

/*
 * How everything stands now: session, snapshot, facts. JK_WHY_GRANTED: it can be
 * decided on; the session need not be active.
 */
enum jk_reason jk_use_look(struct jk_use *use);
/* Tells the application when the session is not as it knows it. */
void jk_use_tell(struct jk_use *use);
/* The id of a text that is kept; "" for none. `kind` is a literal. */
enum jk_err jk_use_keep_text(struct jk_use *use, const char *kind,
    const char *text, char ret[static JK_ID_LEN + 1]);

/* For the entry of the use ledger: what stands in the log now. */
void jk_use_count(struct jk_use *use, enum jk_usebook_kind kind, uint64_t n);

/* What every record of the use says; `ret` and `ret_use` point into it. */
void jk_use_outcome(struct jk_use *use, enum jk_op op, struct jk_outcome *ret,
    struct jk_outcome_use *ret_use);
/* Record and answer of a refusal. */
void jk_use_refuse(struct jk_use *use, uint64_t seq, struct jk_outcome *outcome,
    enum jk_reason why);

/* Who has confirmed it, and what exactly. */
struct jk_confirmed_by {
	char person[JK_ID_MAX + 1];
	char digest[33]; /* of the request: 32 hex digits */
	/* Whom it is about, as it stands in what the digest is of: the key may
	 * have been replaced since. */
	char subject[JK_SUBJECT_MAX + 1];
	struct jk_uses uses; /* of his approvals, which it will use up */
};

/*
 * Sends the record of what is allowed to jk_use_land(). `verdict` and `by` say
 * which approvals it uses up; NULL: none.
 */
void jk_use_launch(struct jk_use *use, const struct jk_query *query,
    enum jk_frame_type kind, struct jk_outcome *outcome,
    const struct jk_verdict *verdict, const struct jk_confirmed_by *by);

/* Whom it is about, as a record names him; "": nobody was named by code. */
enum jk_reason jk_use_subject(const struct jk_use *use,
    const struct jk_query *query, char ret[static JK_SUBJECT_MAX + 1]);

/*
 * What the application says of its use and may be a resident code: it is erased
 * before anything of it is written. true: there was something.
 */
bool jk_use_drop_numbers(struct jk_use *use);
/* The same of a query, which stays as it is and out of every record. */
bool jk_use_has_number(const struct jk_query *query);

/* The record of `flying` stands in the log: the answer. */
void jk_use_land(struct jk_use *use, struct jk_flying *flying,
    const char *receipt);
/* It does not, or nothing may come of it: the record is void. */
void jk_use_crash(struct jk_use *use, struct jk_flying *flying,
    enum jk_reason why);

/* One file each. `by` is NULL where nobody has. */
void jk_use_lookup(struct jk_use *use, const struct jk_query *query,
    const struct jk_confirmed_by *by);
void jk_use_result(struct jk_use *use, const struct jk_query *query);
/* Of that result: its record is proven, or void and may come once more. */
void jk_use_result_over(struct jk_use *use, const char *id, bool proven);
void jk_use_done(struct jk_use *use, const struct jk_query *query);
/* Of that entry: its record is proven and answered, or counts for nothing. */
void jk_use_done_over(struct jk_use *use, const struct jk_query *query,
    bool made);
void jk_use_list(struct jk_use *use, const struct jk_query *query);
/*
 * A second person proves himself for this lookup, as it stands (S-39), and the
 * first one's card is back. JK_WHY_GRANTED: *ret says who, and what he has
 * confirmed is decided anew with it. Otherwise the outcome says what is known of
 * his card.
 */
enum jk_reason jk_use_confirm(struct jk_use *use,
    const struct jk_query *pending, struct jk_outcome *outcome,
    struct jk_confirmed_by *ret);

#endif
