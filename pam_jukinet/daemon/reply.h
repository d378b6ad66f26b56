/* SPDX-License-Identifier: BSD-2-Clause */
/* What the caller is told: codes and parameters, never prose. */
#ifndef JK_REPLY_H
#define JK_REPLY_H

#include <stdint.h>

#include "facts.h"
#include "protocol.h"
#include "reason.h"

struct jk_usebook_row;
struct jk_worker;

#define JK_PARAMS_MAX  7
#define JK_PARAM_VALUE 256

/* Zeroed: none. */
struct jk_params {
	size_t n;
	struct {
		const char *name;
		char value[JK_PARAM_VALUE];
	} param[JK_PARAMS_MAX];
};

void jk_params_add(struct jk_params *params, const char *name,
    const char *value);
void jk_params_add_number(struct jk_params *params, const char *name,
    uint64_t value);
void jk_params_add_day(struct jk_params *params, const char *name,
    const struct jk_date *day);
void jk_params_add_date(struct jk_params *params, const char *name, int64_t s);

/* Operator IDs out of the facts that can be chosen: bits as in a verdict. */
struct jk_choices {
	const struct jk_facts *facts;
	uint32_t bits;
};

/* What a person can choose from: an operator ID in an account. */
struct jk_offer {
	const char *account, *opid, *type;
};

struct jk_offers {
	size_t n;
	struct jk_offer offer[JK_CHOICES_MAX];
};

/* What a granting verdict carries; NULL is left out. */
struct jk_reply_more {
	const char *account; /* that nobody had named */
	const char *ticket;
	const char *session;
	const struct jk_grant *holder; /* whose session it is */
	/* Only where it is shown: */
	bool shows;
	enum jk_session_state state;
	enum jk_reason why_none; /* JK_WHY_GRANTED: there are choices */
	struct jk_choices choices;
};

enum jk_err jk_reply_note(struct jk_worker *worker, const char *message,
    const struct jk_params *params);
/* What is asked for, and how long it may be. */
struct jk_prompt {
	const char *message;
	unsigned min, max;
	enum jk_reason malformed; /* why another length is refused */
};

enum jk_err jk_reply_ask_pin(struct jk_worker *worker,
    const struct jk_prompt *prompt);
enum jk_err jk_reply_ask_choice(struct jk_worker *worker, const char *message,
    const struct jk_offers *offers, bool with_accounts);
/* A refusal; params may be NULL. */
enum jk_err jk_reply_refusal(struct jk_worker *worker, enum jk_reason why,
    const struct jk_params *params);
/* An answer in a use; NULL is left out. */
struct jk_answer {
	uint64_t seq;
	enum jk_reason why;
	const struct jk_params *params;
	const char *id, *receipt, *mac, *mac_key;
};

/* The beginning of a use; `use` NULL: it is refused. */
enum jk_err jk_reply_using(struct jk_worker *worker, enum jk_reason why,
    const struct jk_params *params, const char *use, const char *session,
    const struct jk_grant *holder);
enum jk_err jk_reply_answer(struct jk_worker *worker,
    const struct jk_answer *answer);
/* A use of the session, before the answer to who asked for them. */
enum jk_err jk_reply_used(struct jk_worker *worker, uint64_t seq,
    const struct jk_usebook_row *row);
enum jk_err jk_reply_changed(struct jk_worker *worker,
    enum jk_session_state state, enum jk_cause cause);
/* `more` may be NULL. */
enum jk_err jk_reply_grant(struct jk_worker *worker,
    const struct jk_reply_more *more);

#endif
