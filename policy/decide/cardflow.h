/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of an operator card in ONE table: Tottori's flow of issue in eight
 * steps (T-10 to T-18) and of return in six (T-19 to T-24), the hand-over for
 * a day's work (T-02, T-03) and the revocation (T-38). Pure: what stands in
 * the card's row on one side, one event on the other.
 */
#ifndef JK_CARDFLOW_H
#define JK_CARDFLOW_H

#include "duty.h"

/* In the place of a state: nobody has asked for the card; or no change. */
#define JK_CARD_ABSENT JK_CARD_STATE_COUNT

enum jk_card_event {
	JK_EVENT_REQUEST = 0,
	JK_EVENT_APPLY,
	JK_EVENT_APPROVE,
	JK_EVENT_ENTER, /* the application to enter the issuing room: a note */
	JK_EVENT_ISSUE,
	JK_EVENT_SEND,
	JK_EVENT_TELL_PIN,
	JK_EVENT_RECEIVE,
	JK_EVENT_CHECKOUT,
	JK_EVENT_CHECKIN,
	JK_EVENT_RETURN_REQUEST,
	JK_EVENT_RETURN_APPLY,
	JK_EVENT_RETURN_APPROVE,
	JK_EVENT_RETURN,
	JK_EVENT_REVOKE,
	JK_EVENT_COUNT,
};

/* What an event demands beside state and role; bits of jk_card_step.needs. */
enum jk_card_need {
	/* Neither holder, nor who asked for it, nor who applied (T-12). */
	JK_NEED_OTHER_APPROVER = 1 << 0,
	/* The same for the return (T-21). */
	JK_NEED_OTHER_RETURN_APPROVER = 1 << 1,
	JK_NEED_CHANNEL = 1 << 2, /* named at all (T-17) */
	JK_NEED_NOT_SENT = 1 << 3,
	JK_NEED_SENT = 1 << 4,
	JK_NEED_PIN_NOT_TOLD = 1 << 5,
	JK_NEED_PIN_TOLD = 1 << 6,
	/* Not the way on which the card was sent (T-17). */
	JK_NEED_OTHER_CHANNEL = 1 << 7,
	JK_NEED_IN_CABINET = 1 << 8,  /* nobody has it */
	JK_NEED_HANDED_OVER = 1 << 9, /* somebody has it */
	/* To its holder; a spare one to somebody, never to oneself. */
	JK_NEED_TAKER = 1 << 10,
	/* Not who approved it: what one makes, another has looked at (T-14). */
	JK_NEED_OTHER_ISSUER = 1 << 11,
	/* Not who issued it: he had the card, and knew its PIN (T-18). */
	JK_NEED_OTHER_RECEIVER = 1 << 12,
};

struct jk_card_step {
	const char *verb;      /* "return-apply", as the tool's command */
	uint32_t from;         /* bits of states, of JK_CARD_ABSENT too */
	enum jk_card_state to; /* JK_CARD_ABSENT: it stays as it is */
	struct jk_duty duty;
	uint32_t needs;
	const char *by; /* key of the row that names the actor; NULL: none */
};

/* What stands in a card's row. Text is borrowed; "" where there is none. */
struct jk_card_facts {
	enum jk_card_state state; /* JK_CARD_ABSENT: there is no row */
	bool spare, handed_over;
	const char *person; /* the holder; of a spare card, who has it today */
	const char *requested_by, *applied_by, *approved_by, *issued_by;
	const char *card_channel, *pin_channel;
	const char *return_by, *return_applied_by;
};

struct jk_card_act {
	enum jk_card_event event;
	const struct jk_actor *actor;
	const char *by;         /* as the row names the actor */
	const char *department; /* of the holder or taker; "": none */
	const char *channel;    /* of send and tell-pin, else "" */
	const char *taker;      /* of a checkout, else ""; of a card that is
	                         * not spare also "" for its holder */
	int64_t now;
};

/* Never NULL for an event below the count. */
const struct jk_card_step *jk_card_step(enum jk_card_event event);

/*
 * May it happen? JK_WHY_GRANTED, or the first reason why not: role.none,
 * role.dept; flow.order; approve.self, channel.same, card.mismatch.
 */
enum jk_reason jk_cardflow_check(const struct jk_card_facts *facts,
    const struct jk_card_act *act);

/*
 * What comes next in the flow of issue or of return; JK_EVENT_COUNT where
 * nothing is waited for.
 */
enum jk_card_event jk_cardflow_next(const struct jk_card_facts *facts);

#endif
