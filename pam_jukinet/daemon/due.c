/* SPDX-License-Identifier: BSD-2-Clause */
#include "due.h"

#include "clock.h"
#include "pins.h"
#include "reply.h"
#include "worker.h"

static enum jk_reason
reason_of(enum jk_pin_state state)
{
	switch (state) {
	case JK_PIN_INITIAL:
		return JK_WHY_PIN_INITIAL;
	case JK_PIN_OVERDUE:
		return JK_WHY_PIN_OVERDUE;
	case JK_PIN_UNKNOWN:
	case JK_PIN_DUE:
	case JK_PIN_FRESH:
		break;
	}
	return JK_WHY_PIN_UNKNOWN;
}

enum jk_reason
jk_due_reason(const struct jk_facts *facts, const struct jk_grant *grant)
{
	if (grant->method != JK_METHOD_CARD_PIN || facts->pin.may_work)
		return JK_WHY_GRANTED;
	return reason_of(facts->pin.state);
}

static void
remind_of_due(struct jk_worker *w, const struct jk_facts *facts)
{
	struct jk_params params = { 0 };

	jk_params_add_day(&params, "date", &facts->pin.due);
	jk_params_add_number(&params, "n", facts->pin.left);
	if (jk_reply_note(w, "pin.due", &params) == JK_OK)
		jk_pins_set_told(w->keep_dir, facts->card.id, jk_real_s());
}

void
jk_due_remind(struct jk_worker *w, const struct jk_facts *facts, bool all)
{
	struct jk_params params = { 0 };
	const struct jk_pin_age *pin = &facts->pin;

	if (pin->state == JK_PIN_DUE) {
		remind_of_due(w, facts);
	} else if (pin->may_work) {
		if (pin->state == JK_PIN_UNKNOWN)
			(void)jk_reply_note(w, "pin.unknown.warn", NULL);
	} else if (all) {
		jk_params_add_day(&params, "date", &pin->set);
		(void)jk_reply_note(w, jk_reason_code(reason_of(pin->state)),
		    &params);
	}
}
