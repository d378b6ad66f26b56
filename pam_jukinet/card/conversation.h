/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One attempt as jukinetd sees it (protocol.h, card.sock), whichever way the
 * card is talked to: the request, the wait for a card, the answers.
 */
#ifndef JK_CONVERSATION_H
#define JK_CONVERSATION_H

#include <stddef.h>
#include <stdint.h>

#include "applet.h"
#include "cursor.h"
#include "err.h"
#include "pad.h"
#include "pcsc.h"
#include "protocol.h"
#include "reason.h"

struct jk_frame;

/* The kinds of cards that we know ourselves, and what the others are. */
#define JK_APPLETS        2
#define JK_OPENSC         "opensc"
#define JK_ATTEMPT_MAX_MS 600000

struct jk_conversation {
	int fd;
	struct jk_frame *frame; /* what was heard, or said, last */
	bool opensc;            /* the cards are those that OpenSC knows, */
	size_t n_applets;       /* else in which order a card is asked */
	const struct jk_applet *applet[JK_APPLETS];
	bool short_only;    /* extended length is not tried */
	int64_t until;      /* of the attempt */
	int64_t card_until; /* for a card to come */
	struct jk_pcsc pcsc;
	enum jk_reason why; /* of the cards that could not be shown */
	bool told_waiting;
	size_t told_readers;
	struct jk_pin_range range; /* of the pad, when it is to ask */
};

/* What is told of a card; views of what the caller keeps. */
struct jk_view {
	const char *reader, *kind;
	struct jk_cur certificate; /* empty: not read */
	struct jk_cur identity;    /* empty: it has none */
	struct jk_tries tries;
	bool pad; /* the reader has keys of its own */
};

/*
 * Takes the request that opens it. From then on this process ends at the
 * attempt's time (patience.h). `fd` stays the caller's.
 */
enum jk_err jk_conversation_open(int fd, struct jk_conversation *ret);
void jk_conversation_close(struct jk_conversation *c);

/*
 * Until a card is in some reader; c->pcsc then says in which. The reason of
 * a failure has been told already, and only then *ret_card is false.
 */
enum jk_err jk_conversation_wait(struct jk_conversation *c, bool *ret_card);
/* For a word of the worker, so long at most: then JK_ERR_TIMEOUT. */
enum jk_err jk_conversation_listen(const struct jk_conversation *c, int64_t ms);
/*
 * Takes it into c->frame, and waits so long at most, or as long as the attempt
 * lasts.
 */
enum jk_err jk_conversation_hear(struct jk_conversation *c, int64_t ms);

enum jk_err jk_conversation_show(struct jk_conversation *c,
    const struct jk_view *view);
enum jk_err jk_conversation_signed(struct jk_conversation *c,
    const struct jk_signature *signature);
enum jk_err jk_conversation_renewed(struct jk_conversation *c);
/* `tries` may be NULL. */
enum jk_err jk_conversation_fail(struct jk_conversation *c, enum jk_reason why,
    const struct jk_tries *tries);
/* The same where a new PIN was on its way. */
enum jk_err jk_conversation_fail_pin(struct jk_conversation *c,
    enum jk_reason why, const struct jk_tries *tries,
    enum jk_pin_stands stands);

/* Why a card could not be shown; c->why is the one that says most. */
void jk_conversation_remember(struct jk_conversation *c, enum jk_reason why);
/* What an error of card or reader (pcsc.h) is called. */
enum jk_reason jk_card_reason(enum jk_err e);
/* The same once a PIN was spent. JK_ERR_UNSAFE: the card takes no such PIN. */
enum jk_reason jk_link_reason(const struct jk_link *link, enum jk_err e);
/* What a PIN that was not taken is called, by the tries that are left. */
enum jk_reason jk_pin_reason(unsigned left);

#endif
