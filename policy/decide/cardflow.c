/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardflow.h"

#include <string.h>

#define BIT(state) (UINT32_C(1) << (state))

#define SECURITY_MANAGER BIT(JK_ROLE_SECURITY_MANAGER)
#define SECURITY_OFFICER BIT(JK_ROLE_SECURITY_OFFICER)
#define SYSTEM_MANAGER   BIT(JK_ROLE_SYSTEM_MANAGER)
#define ANY_OF_THEM      (SECURITY_MANAGER | SECURITY_OFFICER | SYSTEM_MANAGER)

#define ALL_STATES (BIT(JK_CARD_STATE_COUNT) - 1)

/* From T-20 on, and after a loss, a card that turns up is still entered. */
#define MAY_COME_BACK                                                    \
	(BIT(JK_CARD_ACTIVE) | BIT(JK_CARD_RETURN_REQUESTED) |           \
	    BIT(JK_CARD_RETURN_APPLIED) | BIT(JK_CARD_RETURN_APPROVED) | \
	    BIT(JK_CARD_REVOKED))

/* clang-format off */
static const struct jk_card_step steps[JK_EVENT_COUNT] = {
	/* T-10: the operator asks; on paper, then his manager enters it. */
	[JK_EVENT_REQUEST] = { "request",
		BIT(JK_CARD_ABSENT), JK_CARD_REQUESTED,
		{ .roles = SECURITY_MANAGER, .own = true }, 0, "requested-by" },
	/* T-11 */
	[JK_EVENT_APPLY] = { "apply",
		BIT(JK_CARD_REQUESTED), JK_CARD_APPLIED,
		{ .roles = SECURITY_MANAGER }, 0, "applied-by" },
	/* T-12 */
	[JK_EVENT_APPROVE] = { "approve",
		BIT(JK_CARD_APPLIED), JK_CARD_APPROVED,
		{ .roles = SYSTEM_MANAGER }, JK_NEED_OTHER_APPROVER, "approved-by" },
	/* T-13, T-22 */
	[JK_EVENT_ENTER] = { "enter",
		BIT(JK_CARD_APPROVED) | BIT(JK_CARD_RETURN_APPROVED),
		JK_CARD_ABSENT,
		{ .roles = SYSTEM_MANAGER | SECURITY_OFFICER }, 0, NULL },
	/* T-14 to T-16: 担当者, who is not the one who approved. */
	[JK_EVENT_ISSUE] = { "issue",
		BIT(JK_CARD_APPROVED), JK_CARD_ISSUED,
		{ .roles = SYSTEM_MANAGER | SECURITY_OFFICER },
		JK_NEED_OTHER_ISSUER, "issued-by" },
	/* T-17 */
	[JK_EVENT_SEND] = { "send",
		BIT(JK_CARD_ISSUED), JK_CARD_ABSENT,
		{ .roles = SYSTEM_MANAGER | SECURITY_OFFICER },
		JK_NEED_NOT_SENT | JK_NEED_CHANNEL, NULL },
	[JK_EVENT_TELL_PIN] = { "tell-pin",
		BIT(JK_CARD_ISSUED), JK_CARD_ABSENT,
		{ .roles = SYSTEM_MANAGER | SECURITY_OFFICER },
		JK_NEED_SENT | JK_NEED_PIN_NOT_TOLD | JK_NEED_CHANNEL |
		    JK_NEED_OTHER_CHANNEL, NULL },
	/* T-18 */
	[JK_EVENT_RECEIVE] = { "receive",
		BIT(JK_CARD_ISSUED), JK_CARD_ACTIVE,
		{ .roles = ANY_OF_THEM },
		JK_NEED_SENT | JK_NEED_PIN_TOLD | JK_NEED_OTHER_RECEIVER,
		"received-by" },
	/* T-02, T-03: the day's work; what is not checked in is listed. */
	[JK_EVENT_CHECKOUT] = { "checkout",
		BIT(JK_CARD_ACTIVE), JK_CARD_ABSENT,
		{ .roles = SECURITY_MANAGER | SECURITY_OFFICER },
		JK_NEED_IN_CABINET | JK_NEED_TAKER, "handed-by" },
	[JK_EVENT_CHECKIN] = { "checkin",
		MAY_COME_BACK, JK_CARD_ABSENT,
		{ .roles = SECURITY_MANAGER | SECURITY_OFFICER },
		JK_NEED_HANDED_OVER, NULL },
	/* T-19 */
	[JK_EVENT_RETURN_REQUEST] = { "return-request",
		BIT(JK_CARD_ACTIVE), JK_CARD_RETURN_REQUESTED,
		{ .roles = SECURITY_MANAGER, .own = true }, 0, "return-by" },
	/* T-20 */
	[JK_EVENT_RETURN_APPLY] = { "return-apply",
		BIT(JK_CARD_RETURN_REQUESTED), JK_CARD_RETURN_APPLIED,
		{ .roles = SECURITY_MANAGER }, 0, "return-applied-by" },
	/* T-21 */
	[JK_EVENT_RETURN_APPROVE] = { "return-approve",
		BIT(JK_CARD_RETURN_APPLIED), JK_CARD_RETURN_APPROVED,
		{ .roles = SYSTEM_MANAGER }, JK_NEED_OTHER_RETURN_APPROVER,
		"return-approved-by" },
	/* T-23, T-24 */
	[JK_EVENT_RETURN] = { "return",
		BIT(JK_CARD_RETURN_APPROVED), JK_CARD_RETURNED,
		{ .roles = SYSTEM_MANAGER | SECURITY_OFFICER }, 0, NULL },
	/* T-38: at any time, also before it was ever used. */
	[JK_EVENT_REVOKE] = { "revoke",
		ALL_STATES & ~(BIT(JK_CARD_RETURNED) | BIT(JK_CARD_REVOKED)),
		JK_CARD_REVOKED,
		{ .roles = ANY_OF_THEM }, 0, NULL },
};
/* clang-format on */

const struct jk_card_step *
jk_card_step(enum jk_card_event event)
{
	return &steps[event];
}

static bool
is_same(const char *a, const char *b)
{
	return a[0] != '\0' && strcmp(a, b) == 0;
}

static bool
is_party(const struct jk_card_act *act, const char *holder, const char *asked,
    const char *applied)
{
	return is_same(holder, act->by) || is_same(asked, act->by) ||
	       is_same(applied, act->by);
}

/* Of both widths. */
static const char *
skip_blanks(const char *text)
{
	static const char wide[] = "\xe3\x80\x80";

	for (;;) {
		if (*text == ' ' || *text == '\t')
			text++;
		else if (strncmp(text, wide, strlen(wide)) == 0)
			text += strlen(wide);
		else
			return text;
	}
}

/* The next byte, and past it: ASCII in small letters, also where it was
 * written in the width of kanji (U+FF01 to U+FF5E). */
static char
take_letter(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	unsigned char c = at[0];

	*text += 1;
	if (c == 0xef && at[1] == 0xbc && at[2] >= 0x81) {
		c = (unsigned char)(at[2] - 0x60);
		*text += 2;
	} else if (c == 0xef && at[1] == 0xbd && at[2] >= 0x80 &&
	           at[2] <= 0x9e) {
		c = (unsigned char)(at[2] - 0x20);
		*text += 2;
	}
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : (char)c;
}

/* "Post " is no other way than "post", and blanks tell nothing apart. */
static bool
is_same_channel(const char *a, const char *b)
{
	for (;;) {
		a = skip_blanks(a);
		b = skip_blanks(b);
		if (*a == '\0' || *b == '\0')
			return *a == *b;
		if (take_letter(&a) != take_letter(&b))
			return false;
	}
}

static bool
is_channel(const char *text)
{
	return *skip_blanks(text) != '\0';
}

static enum jk_reason
check_taker(const struct jk_card_facts *f, const struct jk_card_act *act)
{
	if (!f->spare)
		return act->taker[0] == '\0' || is_same(f->person, act->taker)
		           ? JK_WHY_GRANTED
		           : JK_WHY_CARD_MISMATCH;
	if (act->taker[0] == '\0')
		return JK_WHY_CARD_MISMATCH;
	/* A spare card leaves no trace of one's own: somebody else hands it
	 * over, and so knows. */
	return is_same(act->taker, act->by) ? JK_WHY_SELF_APPROVAL
	                                    : JK_WHY_GRANTED;
}

/* Where in its flow it is, beside the state. */
static bool
is_in_order(uint32_t needs, const struct jk_card_facts *f)
{
	const bool sent = is_channel(f->card_channel);
	const bool told = is_channel(f->pin_channel);

	if ((needs & JK_NEED_NOT_SENT) != 0 && sent)
		return false;
	if ((needs & JK_NEED_SENT) != 0 && !sent)
		return false;
	if ((needs & JK_NEED_PIN_NOT_TOLD) != 0 && told)
		return false;
	if ((needs & JK_NEED_PIN_TOLD) != 0 && !told)
		return false;
	if ((needs & JK_NEED_IN_CABINET) != 0 && f->handed_over)
		return false;
	return (needs & JK_NEED_HANDED_OVER) == 0 || f->handed_over;
}

static enum jk_reason
check_parties(uint32_t needs, const struct jk_card_facts *f,
    const struct jk_card_act *act)
{
	if ((needs & JK_NEED_OTHER_APPROVER) != 0 &&
	    is_party(act, f->person, f->requested_by, f->applied_by))
		return JK_WHY_SELF_APPROVAL;
	if ((needs & JK_NEED_OTHER_RETURN_APPROVER) != 0 &&
	    is_party(act, f->person, f->return_by, f->return_applied_by))
		return JK_WHY_SELF_APPROVAL;
	if ((needs & JK_NEED_OTHER_ISSUER) != 0 &&
	    is_same(f->approved_by, act->by))
		return JK_WHY_SELF_APPROVAL;
	if ((needs & JK_NEED_OTHER_RECEIVER) != 0 &&
	    is_same(f->issued_by, act->by))
		return JK_WHY_SELF_APPROVAL;
	if ((needs & JK_NEED_CHANNEL) != 0 && !is_channel(act->channel))
		return JK_WHY_CHANNEL_SAME;
	if ((needs & JK_NEED_OTHER_CHANNEL) != 0 &&
	    is_same_channel(f->card_channel, act->channel))
		return JK_WHY_CHANNEL_SAME;
	return (needs & JK_NEED_TAKER) != 0 ? check_taker(f, act)
	                                    : JK_WHY_GRANTED;
}

/* Nobody is "himself" for a spare card: whoever had it last has no say. */
static const char *
subject_of(const struct jk_card_facts *f)
{
	return f->spare ? "" : f->person;
}

enum jk_reason
jk_cardflow_check(const struct jk_card_facts *facts,
    const struct jk_card_act *act)
{
	const struct jk_card_step *step;
	enum jk_reason why;

	if ((unsigned)act->event >= JK_EVENT_COUNT ||
	    (unsigned)facts->state > JK_CARD_ABSENT)
		return JK_WHY_INTERNAL;
	step = &steps[act->event];
	why = jk_duty_check(&step->duty, act->actor, subject_of(facts),
	    act->department, act->now);
	if (why != JK_WHY_GRANTED)
		return why;
	if ((step->from & BIT(facts->state)) == 0 ||
	    !is_in_order(step->needs, facts))
		return JK_WHY_FLOW_ORDER;
	return check_parties(step->needs, facts, act);
}

enum jk_card_event
jk_cardflow_next(const struct jk_card_facts *facts)
{
	switch (facts->state) {
	case JK_CARD_REQUESTED:
		return JK_EVENT_APPLY;
	case JK_CARD_APPLIED:
		return JK_EVENT_APPROVE;
	case JK_CARD_APPROVED:
		return JK_EVENT_ISSUE;
	case JK_CARD_ISSUED:
		if (!is_channel(facts->card_channel))
			return JK_EVENT_SEND;
		return is_channel(facts->pin_channel) ? JK_EVENT_RECEIVE
		                                      : JK_EVENT_TELL_PIN;
	case JK_CARD_RETURN_REQUESTED:
		return JK_EVENT_RETURN_APPLY;
	case JK_CARD_RETURN_APPLIED:
		return JK_EVENT_RETURN_APPROVE;
	case JK_CARD_RETURN_APPROVED:
		return JK_EVENT_RETURN;
	case JK_CARD_ACTIVE:
	case JK_CARD_RETURNED:
	case JK_CARD_REVOKED:
	case JK_CARD_STATE_COUNT:
		break;
	}
	return JK_EVENT_COUNT;
}
