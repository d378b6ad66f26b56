/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardsay.h"

#include <string.h>

#include "clock.h"
#include "names.h"

static const char *const next_text[JK_EVENT_COUNT] = {
	[JK_EVENT_APPLY] =
	    N_("next, the security manager applies for it (card apply)"),
	[JK_EVENT_APPROVE] =
	    N_("next, the system manager approves it (card approve)"),
	[JK_EVENT_ISSUE] = N_("next, the security officer, or a system manager "
	                      "who did not approve it, issues it (card issue)"),
	[JK_EVENT_SEND] = N_("next, the system manager or the security officer "
	                     "sends it to the security manager (card send)"),
	[JK_EVENT_TELL_PIN] =
	    N_("next, the PIN is told by another way than the card went (card "
	       "tell-pin)"),
	[JK_EVENT_RECEIVE] = N_("next, the security manager's receipt is "
	                        "entered (card receive)"),
	[JK_EVENT_RETURN_APPLY] = N_("next, the security manager applies for "
	                             "its return (card return-apply)"),
	[JK_EVENT_RETURN_APPROVE] =
	    N_("next, the system manager approves its return (card "
	       "return-approve)"),
	[JK_EVENT_RETURN] = N_("next, the system manager or the security "
	                       "officer takes it out of use (card return)"),
};

static const char *const done_text[JK_EVENT_COUNT] = {
	[JK_EVENT_REQUEST] = N_("requested"),
	[JK_EVENT_APPLY] = N_("applied for"),
	[JK_EVENT_APPROVE] = N_("approved"),
	[JK_EVENT_ENTER] = N_("entry to the issuing room noted"),
	[JK_EVENT_ISSUE] = N_("issued"),
	[JK_EVENT_SEND] = N_("sent"),
	[JK_EVENT_TELL_PIN] = N_("PIN told"),
	[JK_EVENT_CHECKOUT] = N_("handed over"),
	[JK_EVENT_CHECKIN] = N_("taken back"),
	[JK_EVENT_RETURN_REQUEST] = N_("return requested"),
	[JK_EVENT_RETURN_APPLY] = N_("return applied for"),
	[JK_EVENT_RETURN_APPROVE] = N_("return approved"),
	[JK_EVENT_RETURN] = N_("returned"),
};

const char *
jk_cardsay_next(enum jk_card_event next)
{
	return next < JK_EVENT_COUNT && next_text[next] != NULL
	           ? _(next_text[next])
	           : "";
}

static const char *
kept(const struct jk_textrow *row, const char *key)
{
	const char *value = jk_textrow_get(row, key);

	return value != NULL ? value : "";
}

/* Why not, where it is the order that forbids it. */
static int
refuse_order(struct jk_cardstep *s)
{
	struct jk_change *c = &s->change;
	const enum jk_card_event next = jk_cardflow_next(&s->facts);
	const char *state = jk_name_here(&jk_card_states, s->facts.state);

	if (s->facts.state == JK_CARD_RETURNED ||
	    (s->facts.state == JK_CARD_REVOKED && s->event != JK_EVENT_CHECKIN))
		return jk_change_refuse(c, JK_WHY_FLOW_ORDER,
		    _("card \"%s\" is %s and never becomes usable again: "
		      "request another one"),
		    s->row.id, state);
	if (s->event == JK_EVENT_CHECKOUT && s->facts.handed_over)
		return jk_change_refuse(c, JK_WHY_FLOW_ORDER,
		    _("card \"%s\" is handed over already, since %s: enter "
		      "first that it came back (card checkin)"),
		    s->row.id, kept(&s->row, "handed-at"));
	if (s->event == JK_EVENT_CHECKIN)
		return jk_change_refuse(c, JK_WHY_FLOW_ORDER,
		    _("card \"%s\" is not handed over to anybody"), s->row.id);
	if (next == JK_EVENT_COUNT)
		return jk_change_refuse(c, JK_WHY_FLOW_ORDER,
		    _("card \"%s\" is in state \"%s\", so this is not its "
		      "next step"),
		    s->row.id, state);
	return jk_change_refuse(c, JK_WHY_FLOW_ORDER,
	    _("card \"%s\" is in state \"%s\", so this is not its next "
	      "step; %s"),
	    s->row.id, state, jk_cardsay_next(next));
}

/* Why it is another one's to do. */
static const char *
self_text(enum jk_card_event event)
{
	switch ((int)event) {
	case JK_EVENT_CHECKOUT:
		return _("nobody hands a spare card to himself: ask another "
		         "officer");
	case JK_EVENT_ISSUE:
		return _("who approved a card does not issue it too: the "
		         "security officer, or another system manager, does "
		         "it");
	case JK_EVENT_RECEIVE:
		return _("who issued a card does not enter its receipt too: "
		         "the security manager, who got it, does it");
	default:
		return _("nobody approves for himself: who holds the card, "
		         "asked for it or applied for it leaves that to "
		         "another system manager");
	}
}

int
jk_cardsay_refuse(struct jk_cardstep *s, enum jk_reason why)
{
	struct jk_change *c = &s->change;

	switch ((int)why) {
	case JK_WHY_FLOW_ORDER:
		return refuse_order(s);
	case JK_WHY_SELF_APPROVAL:
		return jk_change_refuse(c, why, "%s", self_text(s->event));
	case JK_WHY_CHANNEL_SAME:
		return jk_change_refuse(c, why,
		    _("the PIN is told by another way than the card goes; the "
		      "card: \"%s\""),
		    s->facts.card_channel);
	case JK_WHY_CARD_MISMATCH:
		return jk_change_refuse(c, why,
		    s->facts.spare ? _("to whom is the spare card \"%s\" "
		                       "handed over? --person PERSON")
		                   : _("card \"%s\" is another person's, and "
		                       "cards are not lent: take a spare one"),
		    s->row.id);
	default:
		return jk_change_refuse(c, why, "%s",
		    _("this card may not be changed in this way"));
	}
}

static const char *
name_of(const struct jk_cardstep *s, const char *id)
{
	const struct jk_person *person = jk_find_person(&s->change.set, id);

	return person != NULL ? person->name : "";
}

static int
commit_handover(struct jk_cardstep *s)
{
	const char *id = s->taker[0] != '\0' ? s->taker : s->facts.person;
	char now[17];

	jk_time_format(s->change.now, now);
	return jk_change_commit(&s->change, "%s: %s %s %s %s",
	    _(done_text[s->event]), now, id, name_of(s, id), s->row.id);
}

/* M-6: from when on it can be used. */
static int
commit_receipt(struct jk_cardstep *s)
{
	const struct jk_card *card = jk_find_card(&s->change.set, s->row.id);
	int64_t from = s->change.now;
	char day[11];

	if (card != NULL && card->valid.from > from)
		from = card->valid.from;
	jk_date_format(from, day);
	return jk_change_commit(&s->change,
	    _("receipt entered: card %s can be used from %s"), s->row.id, day);
}

/* M-3: which number of the registry a terminal must have to refuse it. */
static int
commit_revocation(struct jk_cardstep *s)
{
	const unsigned long long number =
	    jk_store_head(s->change.store)->number + 1;

	return jk_change_commit(&s->change,
	    _("revoked: card %s (%s); every terminal that has registry "
	      "number %llu refuses it"),
	    s->row.id, jk_name_revocation(s->revoked_for), number);
}

int
jk_cardsay_commit(struct jk_cardstep *s)
{
	const struct jk_card_facts after = jk_cardstep_facts(&s->row);
	const enum jk_card_event next = jk_cardflow_next(&after);

	if (s->event == JK_EVENT_RECEIVE)
		return commit_receipt(s);
	if (s->event == JK_EVENT_REVOKE)
		return commit_revocation(s);
	if (s->event == JK_EVENT_CHECKOUT || s->event == JK_EVENT_CHECKIN)
		return commit_handover(s);
	if (next == JK_EVENT_COUNT)
		return jk_change_commit(&s->change, "%s: %s",
		    _(done_text[s->event]), s->row.id);
	/* TRANSLATORS: what was done, the card, and what comes next. */
	return jk_change_commit(&s->change, _("%s: %s; %s"),
	    _(done_text[s->event]), s->row.id, jk_cardsay_next(next));
}
