/* SPDX-License-Identifier: BSD-2-Clause */
/* A question and everything it points at, for the tests of the decision. */
#ifndef JK_DECIDE_WORLD_H
#define JK_DECIDE_WORLD_H

#include <string.h>

#include "decide.h"

#define DAY      INT64_C(86400)
#define MIDNIGHT (20000 * DAY)
#define APRIL    (MIDNIGHT - 100 * DAY) /* the year began 100 days ago */
#define NOW      (MIDNIGHT + 12 * 3600)
#define ASKS     (JK_ASK_SWITCH + 1)

struct world {
	struct jk_edition edition;
	struct jk_policy policy;
	struct jk_account account;
	struct jk_card card;
	struct jk_person person;
	struct jk_terminal terminal;
	struct jk_opid opids[3];
	struct jk_type types[3];
	struct jk_approval approvals[4];
	bool delegators[4];
	bool used[4];
	struct jk_live_session session;
	struct jk_evidence evidence;
	struct jk_question q;
};

/* Every rule is on: who keeps to all of them, in an office that is strict. */
static inline struct jk_policy
strict_policy(void)
{
	struct jk_policy p = {
		.effective_from = NOW,
		.class
		= { [JK_CLASS_INTEGRATED] = { .methods =
		                                  jk_bit(JK_METHOD_CARD_PIN) |
		                                  jk_bit(
		                                      JK_METHOD_FALLBACK_PIN),
		        .room_levels = jk_bit(1) | jk_bit(2) } },
		.n_owners = 2,
		.owner = { "zeimu", "shimin" },
		.own_department = jk_bit(JK_BIZ_IDENTITY_UPDATE),
		.permission = jk_bit(JK_BIZ_IDENTITY_UPDATE),
		.second_person = jk_bit(JK_BIZ_IDENTITY_UPDATE),
		.checkout = true,
		.training_s = 90 * DAY,
		.open_min = 510, /* 8:30 to 17:15, Monday to Friday */
		.close_min = 1035,
		.weekdays = 0x3e,
		.n_closed = 2,
		.closed = { MIDNIGHT - DAY, MIDNIGHT + DAY },
	};

	return p;
}

static inline struct jk_approval
approval(const char *id, enum jk_approval_kind kind)
{
	struct jk_approval a = {
		.kind = kind,
		.person = "p1",
		.by = "p9",
		.terminal = "t1",
		.valid = { NOW - 10, NOW + 10 },
	};

	strcpy(a.id, id);
	return a;
}

static inline void
fill_rows(struct world *w)
{
	*w = (struct world){
		.edition = { .made_at = NOW, .valid_until = NOW + 100 },
		.policy = strict_policy(),
		.account = { .n_persons = 2, .person = { "p2", "p1" } },
		.card = { .person = "p1",
		    .state = JK_CARD_ACTIVE,
		    .handed_over = true,
		    .key = { 1, 2, 3 },
		    .valid = { NOW - 10, NOW + 10 } },
		.person = { .id = "p1",
		    .enabled = true,
		    .trained = APRIL,
		    .valid = { NOW - 10, NOW + 10 } },
		.terminal = { .id = "t1",
		    .class = JK_CLASS_INTEGRATED,
		    .room_level = 1 },
		.opids = { { .id = "o1",
		    .person = "p1",
		    .type = "all-round",
		    .department = "shimin",
		    .enabled = true,
		    .valid = { NOW - 10, NOW + 10 } } },
		.types = { { .id = "all-round",
		    .enabled = true,
		    .classes =
		        jk_bit(JK_CLASS_CS) | jk_bit(JK_CLASS_INTEGRATED),
		    .businesses = jk_bit(JK_BIZ_IDENTITY_UPDATE),
		    .functions = jk_bit(JK_FUNC_OPERATOR_REGISTER),
		    .delegated = jk_bit(JK_FUNC_OPERATOR_REGISTER) } },
		.approvals = { approval("a1", JK_APPROVAL_DELEGATION),
		    approval("a2", JK_APPROVAL_IDENTITY_INFO) },
		.delegators = { true },
		.evidence = { JK_METHOD_CARD_PIN, { 1, 2, 3 } },
	};
	w->approvals[0].functions = jk_bit(JK_FUNC_OPERATOR_REGISTER);
	w->approvals[1].businesses = jk_bit(JK_BIZ_IDENTITY_UPDATE);
}

/* Somebody who may do that. Delegation and permission are needed and there. */
static inline void
make_good(struct world *w, enum jk_ask ask)
{
	fill_rows(w);
	w->q = (struct jk_question){
		.ask = ask,
		.now = NOW,
		.last_record = NOW,
		.local = { .minute = 12 * 60,
		    .weekday = 1,
		    .midnight = MIDNIGHT,
		    .fiscal_start = APRIL },
		.edition = &w->edition,
		.policy = &w->policy,
		.account = &w->account,
		.card = &w->card,
		.person = &w->person,
		.terminal = &w->terminal,
		.opids = w->opids,
		.n_opids = 1,
		.types = w->types,
		.approvals = w->approvals,
		.n_approvals = 2,
		.delegators = w->delegators,
		.used = w->used,
		.session = &w->session,
		.evidence = &w->evidence,
		.business = JK_BIZ_IDENTITY_UPDATE,
		.action = JK_ACTION_INPUT,
		.requirement = true,
		.count = 1,
		.function = JK_FUNC_OPERATOR_REGISTER,
		.confirmer = "p2",
	};
	if (ask == JK_ASK_LOGIN)
		return;
	w->session.active = true;
	strcpy(w->session.person, "p1");
	memcpy(w->session.key, w->card.key, JK_DIGEST_LEN);
	strcpy(w->session.opid, "o1");
}

/* One more operator ID, as good as the first. */
static inline size_t
add_opid(struct world *w, const char *id)
{
	size_t i = w->q.n_opids++;

	assert_true(i < JK_COUNT(w->opids));
	w->opids[i] = w->opids[0];
	w->types[i] = w->types[0];
	strcpy(w->opids[i].id, id);
	return i;
}

static inline size_t
add_approval(struct world *w, const char *id, enum jk_approval_kind kind)
{
	size_t i = w->q.n_approvals++;

	assert_true(i < JK_COUNT(w->approvals));
	w->approvals[i] = approval(id, kind);
	return i;
}

static inline void
expect(const char *name, const char *other, const struct world *w,
    enum jk_reason why)
{
	struct jk_verdict v = jk_decide(&w->q);

	if (v.why != why || v.allowed != (why == JK_WHY_GRANTED) ||
	    v.allowed != (v.choices != 0) || (!v.allowed && v.approvals != 0))
		fail_msg("ask %d, %s, %s: %s, not %s", (int)w->q.ask, name,
		    other, jk_reason_code(v.why), jk_reason_code(why));
}

#endif
