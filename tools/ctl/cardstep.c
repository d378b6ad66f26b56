/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardstep.h"

#include <stdio.h>
#include <string.h>

#include "cardsay.h"
#include "clock.h"
#include "ids.h"
#include "pemfile.h"

/* What a revocation may be for: the flag is the word that is kept. */
static const char *const revoked_for[] = { "lost", "stolen", "damaged", "left",
	"withdrawn" };

static const char *
revocation_of(const struct jk_call *call)
{
	const char *why = NULL;

	for (size_t i = 0; i < JK_COUNT(revoked_for); i++) {
		if (!jk_call_has(call, revoked_for[i]))
			continue;
		if (why != NULL)
			return NULL;
		why = revoked_for[i];
	}
	return why;
}

static const char *
value_of(const struct jk_textrow *row, const char *key)
{
	const char *value = jk_textrow_get(row, key);

	return value != NULL ? value : "";
}

struct jk_card_facts
jk_cardstep_facts(const struct jk_textrow *row)
{
	const char *state = jk_textrow_get(row, "state");

	return (struct jk_card_facts){
		.state = state == NULL
		             ? JK_CARD_ACTIVE
		             : (enum jk_card_state)jk_word_find(&jk_card_states,
		                   state),
		.spare = strcmp(value_of(row, "spare"), "yes") == 0,
		.handed_over = jk_textrow_get(row, "handed-at") != NULL,
		.person = value_of(row, "person"),
		.requested_by = value_of(row, "requested-by"),
		.applied_by = value_of(row, "applied-by"),
		.approved_by = value_of(row, "approved-by"),
		.issued_by = value_of(row, "issued-by"),
		.card_channel = value_of(row, "card-channel"),
		.pin_channel = value_of(row, "pin-channel"),
		.return_by = value_of(row, "return-by"),
		.return_applied_by = value_of(row, "return-applied-by"),
	};
}

static enum jk_card_event
find_event(const char *verb)
{
	enum jk_card_event event = 0;

	while (event < JK_EVENT_COUNT &&
	       strcmp(jk_card_step(event)->verb, verb) != 0)
		event++;
	return event;
}

static enum jk_op
op_of(enum jk_card_event event)
{
	if (event == JK_EVENT_CHECKOUT)
		return JK_OP_CHECKOUT;
	if (event == JK_EVENT_CHECKIN)
		return JK_OP_CHECKIN;
	return event == JK_EVENT_REVOKE ? JK_OP_REVOKE : JK_OP_CARD_STATE;
}

static const char *
given(const struct jk_cardstep *s, const char *name)
{
	const char *value = jk_call_get(s->change.call, name);

	return value != NULL ? value : "";
}

static int
need_person(struct jk_cardstep *s, const char *id)
{
	if (jk_find_person(&s->change.set, id) != NULL)
		return EXIT_OK;
	return jk_change_refuse(&s->change, JK_WHY_ROW_NONE,
	    _("there is no person \"%s\""), id);
}

/* T-10: for whom, unless he asks for himself. */
static int
set_holder(struct jk_cardstep *s)
{
	const char *person = jk_call_get(s->change.call, "person");

	if (jk_call_has(s->change.call, "spare"))
		return jk_textrow_set(&s->row, "spare", "yes") == JK_OK
		           ? EXIT_OK
		           : EXIT_REFUSED;
	if (person == NULL && !s->change.actor.console)
		person = s->change.actor.person;
	if (person == NULL)
		return jk_usage_error("%s",
		    _("for whom? --person PERSON, or --spare"));
	if (jk_textrow_set(&s->row, "person", person) != JK_OK)
		return EXIT_REFUSED;
	return need_person(s, person);
}

/* Of a copy: the row itself changes while they are still asked. */
static int
set_facts(struct jk_cardstep *s)
{
	if (jk_textrow_copy(&s->row, &s->before) != JK_OK)
		return EXIT_REFUSED;
	s->facts = jk_cardstep_facts(&s->before);
	return EXIT_OK;
}

static int
new_row(struct jk_cardstep *s)
{
	const char *given_id = jk_call_get(s->change.call, "CARD");
	char id[JK_ID_MAX + 1];
	int status;

	if (given_id == NULL) {
		jk_change_new_id(&s->change, "card", "c-", id);
		given_id = id;
	}
	status = jk_change_is_new(&s->change, "card", given_id);
	if (status != EXIT_OK)
		return status;
	if (jk_textrow_init(&s->row, "card", given_id) != JK_OK)
		return EXIT_REFUSED;
	if ((status = set_holder(s)) != EXIT_OK ||
	    (status = set_facts(s)) != EXIT_OK)
		return status;
	s->facts.state = JK_CARD_ABSENT;
	return EXIT_OK;
}

/* Of the holder; of a spare card, of whom it is handed to. */
static const char *
department_of(const struct jk_cardstep *s)
{
	const char *id =
	    s->facts.spare && s->taker[0] != '\0' ? s->taker : s->facts.person;
	const struct jk_person *person = jk_find_person(&s->change.set, id);

	return person != NULL ? person->department : "";
}

static int
take_row(struct jk_cardstep *s)
{
	int status;

	if (s->event == JK_EVENT_REQUEST)
		return new_row(s);
	status = jk_change_row(&s->change, "card", given(s, "CARD"), &s->row);
	if (status == EXIT_OK)
		status = set_facts(s);
	if (status != EXIT_OK || s->event != JK_EVENT_CHECKOUT)
		return status;
	if (s->taker[0] != '\0')
		return need_person(s, s->taker);
	/* Asked of the table, nobody's department would be the answer. */
	return s->facts.spare ? jk_cardsay_refuse(s, JK_WHY_CARD_MISMATCH)
	                      : EXIT_OK;
}

/* Only what is not a card yet: one that was made has to come back. */
static bool
is_late_withdrawal(const struct jk_cardstep *s)
{
	return s->event == JK_EVENT_REVOKE &&
	       jk_call_has(s->change.call, "withdrawn") &&
	       s->facts.state != JK_CARD_REQUESTED &&
	       s->facts.state != JK_CARD_APPLIED &&
	       s->facts.state != JK_CARD_APPROVED;
}

static int
check(struct jk_cardstep *s)
{
	struct jk_change *c = &s->change;
	const char *department = department_of(s);
	enum jk_reason why;
	int status = jk_change_permit(c, s->facts.spare ? "" : s->facts.person,
	    department);

	if (status != EXIT_OK)
		return status;
	if (is_late_withdrawal(s))
		return jk_change_refuse(c, JK_WHY_FLOW_ORDER,
		    _("card \"%s\" is issued: it is returned, or revoked as "
		      "lost, stolen, damaged or left"),
		    s->row.id);
	why = jk_cardflow_check(&s->facts, &(struct jk_card_act){
	                                       .event = s->event,
	                                       .actor = &c->actor,
	                                       .by = s->by,
	                                       .department = department,
	                                       .channel = given(s, "channel"),
	                                       .taker = s->taker,
	                                       .now = c->now,
	                                   });
	return why == JK_WHY_GRANTED ? EXIT_OK : jk_cardsay_refuse(s, why);
}

/* A value of the row that is also a fact for the ledger. */
static int
set_noted(struct jk_cardstep *s, const char *key, const char *note,
    const char *value)
{
	if (jk_textrow_set(&s->row, key, value) != JK_OK)
		return EXIT_REFUSED;
	return jk_change_note(&s->change, note, value);
}

static int
set_certificate(struct jk_cardstep *s)
{
	char name[80];
	int status = jk_pemfile_take(&s->change, given(s, "certificate"), name);

	if (status != EXIT_OK)
		return status;
	return jk_textrow_set(&s->row, "certificate", name) == JK_OK
	           ? EXIT_OK
	           : EXIT_REFUSED;
}

static int
hand_over(struct jk_cardstep *s)
{
	const char *person = s->taker[0] != '\0' ? s->taker : s->facts.person;
	char now[17];

	jk_time_format(s->change.now, now);
	if (jk_textrow_set(&s->row, "handed-at", now) != JK_OK)
		return EXIT_REFUSED;
	return set_noted(s, "person", "person", person);
}

/* Whoever set it and told it knows it: its holder's first login changes it. */
static int
tell_pin(struct jk_cardstep *s)
{
	char now[17];

	jk_time_format(s->change.now, now);
	if (jk_textrow_set(&s->row, "pin-set", now) != JK_OK ||
	    jk_textrow_set(&s->row, "pin-initial", "yes") != JK_OK)
		return EXIT_REFUSED;
	return set_noted(s, "pin-channel", "channel", given(s, "channel"));
}

/* Back in the cabinet: a spare card is then nobody's. */
static int
take_back(struct jk_cardstep *s)
{
	if (s->facts.handed_over) {
		int status =
		    jk_change_note(&s->change, "person", s->facts.person);

		if (status != EXIT_OK)
			return status;
	}
	if (jk_textrow_set(&s->row, "handed-at", NULL) != JK_OK ||
	    jk_textrow_set(&s->row, "handed-by", NULL) != JK_OK ||
	    (s->facts.spare &&
	        jk_textrow_set(&s->row, "person", NULL) != JK_OK))
		return EXIT_REFUSED;
	return EXIT_OK;
}

static int
set_particulars(struct jk_cardstep *s)
{
	switch ((int)s->event) {
	case JK_EVENT_ENTER:
		return set_noted(s, "entry-number", "entry-number",
		    given(s, "number"));
	case JK_EVENT_ISSUE:
		return set_certificate(s);
	case JK_EVENT_SEND:
		return set_noted(s, "card-channel", "channel",
		    given(s, "channel"));
	case JK_EVENT_TELL_PIN:
		return tell_pin(s);
	case JK_EVENT_CHECKOUT:
		return hand_over(s);
	case JK_EVENT_CHECKIN:
	case JK_EVENT_RETURN:
		return take_back(s);
	case JK_EVENT_REVOKE:
		return set_noted(s, "revoked-why", "revoked-why",
		    s->revoked_for);
	default:
		return EXIT_OK;
	}
}

static int
put_row(struct jk_cardstep *s)
{
	const struct jk_card_step *step = jk_card_step(s->event);
	int status = set_particulars(s);

	if (status != EXIT_OK)
		return status;
	if (step->to != JK_CARD_ABSENT &&
	    jk_textrow_set(&s->row, "state",
	        jk_word_id(&jk_card_states, step->to)) != JK_OK)
		return EXIT_REFUSED;
	if (step->by != NULL &&
	    jk_textrow_set(&s->row, step->by, s->by) != JK_OK)
		return EXIT_REFUSED;
	return jk_change_put(&s->change, &s->row);
}

/* What can be said before anybody is asked who acts. */
static int
check_call(const struct jk_call *call, enum jk_card_event event)
{
	const char *id = jk_call_get(call, "CARD");

	if (id != NULL && !jk_row_id_is_valid(id))
		return jk_id_error(id);
	if (event == JK_EVENT_REQUEST && jk_call_has(call, "spare") &&
	    jk_call_has(call, "person"))
		return jk_usage_error("%s",
		    _("a spare card is for nobody: --person or --spare"));
	if (event == JK_EVENT_REVOKE && revocation_of(call) == NULL)
		return jk_usage_error("%s",
		    _("why? one of --lost, --stolen, --damaged, --left, "
		      "--withdrawn"));
	return EXIT_OK;
}

static int
run(struct jk_cardstep *s)
{
	int status = take_row(s);

	if (status == EXIT_OK)
		status = check(s);
	if (status == EXIT_OK)
		status = put_row(s);
	if (status == EXIT_OK && s->event == JK_EVENT_ISSUE &&
	    s->change.call->global.dry_run) {
		/* Without its certificate the whole would not be good. */
		printf(_("card %s would be issued with this certificate; "
		         "nothing was changed\n"),
		    s->row.id);
		return EXIT_OK;
	}
	return status == EXIT_OK ? jk_cardsay_commit(s) : status;
}

int
jk_cardstep_run(const struct jk_call *call)
{
	struct jk_cardstep s = { .event = find_event(call->command->verb) };
	int status = check_call(call, s.event);

	if (status != EXIT_OK)
		return status;
	s.rule = (struct jk_rule){ op_of(s.event), JK_FUNCTION_COUNT,
		jk_card_step(s.event)->duty };
	status = jk_change_begin(call, &s.rule, &s.change);
	s.by =
	    s.change.actor.console ? JK_LEDGER_CONSOLE : s.change.actor.person;
	s.revoked_for = revocation_of(call);
	s.taker = s.event == JK_EVENT_CHECKOUT ? given(&s, "person") : "";
	if (status == EXIT_OK)
		status = run(&s);
	jk_textrow_clear(&s.row);
	jk_textrow_clear(&s.before);
	jk_change_end(&s.change);
	return status;
}
