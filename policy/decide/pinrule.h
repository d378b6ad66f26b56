/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a new PIN may be (T-28). Pure; it looks at the PIN where it lies and
 * keeps nothing of it.
 */
#ifndef JK_PINRULE_H
#define JK_PINRULE_H

#include "cursor.h"
#include "reason.h"
#include "rows.h"

/* What a card takes at all. */
struct jk_pin_form {
	unsigned min, max; /* characters */
	bool digits;       /* nothing else */
	unsigned puk_max;  /* of its PUK; 0: it has none that is of use here */
};

/* Of cards of this kind ("piv", "jpki"), within the terminal's settings. */
struct jk_pin_form jk_pin_form(const char *kind,
    const struct jk_settings *settings, const struct jk_pin_rules *rules);

struct jk_pin_choice {
	const struct jk_pin_form *form;
	const struct jk_pin_rules *rules;
	const char *account; /* of its holder */
	const char *person;  /* id */
	struct jk_cur old;   /* the present one; none: left is 0 */
};

/*
 * JK_WHY_GRANTED, pin.malformed, pin.digits, pin.same or pin.weak. Of a PIN
 * without any of these nothing is said.
 */
enum jk_reason jk_pin_check(const struct jk_pin_choice *choice,
    struct jk_cur pin);

#endif
