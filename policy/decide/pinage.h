/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How old the PIN of a card is, and what follows (T-17, T-30). Pure: days of
 * the calendar in, a state out. A PIN of which nothing is known is never taken
 * for a fresh one.
 */
#ifndef JK_PINAGE_H
#define JK_PINAGE_H

#include "clock.h" /* struct jk_date, and no clock */
#include "rows.h"

enum jk_pin_state {
	JK_PIN_UNKNOWN = 0, /* nobody knows since when */
	JK_PIN_INITIAL,     /* set by the office */
	JK_PIN_OVERDUE,
	JK_PIN_DUE,   /* still good, and the holder is to be reminded now */
	JK_PIN_FRESH, /* neither */
};

/* What the registry says, and what this terminal has done since. Seconds since
 * the epoch; 0: nothing. */
struct jk_pin_facts {
	int64_t registry, here;
	bool initial; /* as the registry says */
};

/* The later of the two; 0: not known. *ret_initial: it is the office's. */
int64_t jk_pin_last_set(const struct jk_pin_facts *facts, bool *ret_initial);

struct jk_pin_question {
	const struct jk_pin_rules *rules;
	struct jk_date set; /* year 0: not known */
	bool initial;
	struct jk_date today;
	struct jk_date told; /* last reminder of this PIN; year 0: none */
};

/* Zeroed memory is a PIN that must be changed. */
struct jk_pin_age {
	enum jk_pin_state state;
	bool may_work;      /* false: not before it is changed */
	struct jk_date set; /* year 0: not known */
	struct jk_date due; /* last good day; year 0: it has none */
	unsigned left;      /* days until then; of DUE */
};

struct jk_pin_age jk_pin_age(const struct jk_pin_question *question);

/* "initial", "overdue" ..., as a record names it. */
const char *jk_pin_state_name(enum jk_pin_state state);

#endif
