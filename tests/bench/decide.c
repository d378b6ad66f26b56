/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a decision costs, in nanoseconds: for the rows of one operator again and
 * again; for 10,000 in no order, whose rows are read into one place before each
 * decision, as the daemon does (the reading is not counted: tests/bench/registry);
 * and for 10,000 in memory of their own, which no cache holds. With three operator
 * IDs and three approvals, of which the last are the good ones, and with as many
 * as rows can be.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "decide.h"

#define OPERATORS 10000
#define ROUNDS    1000000
#define READS     100000
#define DAY       INT64_C(86400)
#define MIDNIGHT  (20000 * DAY)
#define NOW       (MIDNIGHT + 12 * 3600)

/* All that belongs to one of them, as the daemon reads it for a question. */
struct clerk {
	struct jk_account account;
	struct jk_card card;
	struct jk_person person;
	struct jk_opid opids[JK_OPIDS_MAX];
	struct jk_type types[JK_OPIDS_MAX];
	struct jk_approval approvals[JK_APPROVALS_MAX];
	bool delegators[JK_APPROVALS_MAX], used[JK_APPROVALS_MAX];
	struct jk_live_session session;
	struct jk_evidence evidence;
	struct jk_question q;
};

static const struct jk_live_session nobody;
static const struct jk_edition edition = { .made_at = 1,
	.valid_until = NOW + DAY };
static const struct jk_terminal terminal = { .id = "shimin-03",
	.class = JK_CLASS_INTEGRATED,
	.room_level = 1 };

/* As strict as a policy can be. */
static struct jk_policy policy = {
	.class = { [JK_CLASS_INTEGRATED] = { .methods = 1u
	                                                << JK_METHOD_CARD_PIN,
	               .room_levels = 1u << 1 } },
	.n_owners = JK_DEPARTMENTS_MAX,
	.own_department = 1u << JK_BIZ_IDENTITY_UPDATE,
	.permission = 1u << JK_BIZ_IDENTITY_UPDATE,
	.second_person = 1u << JK_BIZ_IDENTITY_UPDATE,
	.bulk_count = 49,
	.bulk_hour = 99,
	.checkout = true,
	.training_s = 90 * DAY,
	.open_min = 8 * 60,
	.close_min = 11 * 60,
	.weekdays = 0x3e,
	.n_closed = JK_CLOSED_DAYS_MAX,
};

static void
fill_policy(void)
{
	for (size_t i = 0; i < JK_DEPARTMENTS_MAX; i++)
		(void)snprintf(policy.owner[i], sizeof(policy.owner[i]),
		    "department-%zu", i);
	for (size_t i = 0; i < JK_CLOSED_DAYS_MAX; i++)
		policy.closed[i] = MIDNIGHT - (int64_t)(i + 1) * DAY;
}

static void
fill_approvals(struct clerk *o)
{
	static const enum jk_approval_kind last[] = { JK_APPROVAL_AFTER_HOURS,
		JK_APPROVAL_DELEGATION, JK_APPROVAL_IDENTITY_INFO };

	for (size_t i = 0; i < JK_APPROVALS_MAX; i++) {
		struct jk_approval *a = &o->approvals[i];
		size_t left = JK_APPROVALS_MAX - 1 - i;

		/* The good ones stand at the end, behind those of yesterday. */
		*a = (struct jk_approval){
			.kind = last[left % JK_COUNT(last)],
			.functions = 1u << JK_FUNC_OPERATOR_REGISTER,
			.valid.until = left < JK_COUNT(last) ? NOW + DAY : NOW,
		};
		memcpy(a->person, o->person.id, sizeof(a->person));
		memcpy(a->terminal, terminal.id, sizeof(a->terminal));
		o->delegators[i] = true;
	}
}

/* Only the last of the operator IDs works on this terminal. */
static void
fill_opids(struct clerk *o)
{
	for (size_t i = 0; i < JK_OPIDS_MAX; i++) {
		const bool last = i == JK_OPIDS_MAX - 1;

		o->opids[i] = (struct jk_opid){ .type = "moving-desk",
			.department = "department-7",
			.enabled = true };
		(void)snprintf(o->opids[i].id, sizeof(o->opids[i].id),
		    "%.40s-%zu", o->person.id, i);
		memcpy(o->opids[i].person, o->person.id,
		    sizeof(o->opids[i].person));
		o->types[i] = (struct jk_type){ .id = "moving-desk",
			.enabled = true,
			.classes =
			    1u << (last ? JK_CLASS_INTEGRATED : JK_CLASS_CS),
			.businesses = 1u << JK_BIZ_IDENTITY_UPDATE,
			.functions = 1u << JK_FUNC_OPERATOR_REGISTER,
			.delegated = 1u << JK_FUNC_OPERATOR_REGISTER };
	}
}

static void
fill(struct clerk *o, unsigned number)
{
	(void)snprintf(o->person.id, sizeof(o->person.id), "p%05u", number);
	o->person.enabled = true;
	o->person.trained = NOW;
	o->account.n_persons = 1;
	memcpy(o->account.person[0], o->person.id,
	    sizeof(o->account.person[0]));
	o->card =
	    (struct jk_card){ .state = JK_CARD_ACTIVE, .handed_over = true };
	memcpy(o->card.person, o->person.id, sizeof(o->card.person));
	memcpy(o->card.key, &number, sizeof(number));
	o->card.key[31] = 1;
	o->evidence.method = JK_METHOD_CARD_PIN;
	memcpy(o->evidence.key, o->card.key, JK_DIGEST_LEN);
	fill_opids(o);
	fill_approvals(o);
	o->session.active = true;
	memcpy(o->session.person, o->person.id, sizeof(o->session.person));
	memcpy(o->session.key, o->card.key, JK_DIGEST_LEN);
	memcpy(o->session.opid, o->opids[JK_OPIDS_MAX - 1].id,
	    sizeof(o->session.opid));
	o->q = (struct jk_question){
		.now = NOW,
		.last_record = NOW,
		.local = { 12 * 60, 1, MIDNIGHT, MIDNIGHT - 200 * DAY },
		.edition = &edition,
		.policy = &policy,
		.account = &o->account,
		.card = &o->card,
		.person = &o->person,
		.terminal = &terminal,
		.opids = o->opids,
		.n_opids = JK_OPIDS_MAX,
		.types = o->types,
		.approvals = o->approvals,
		.n_approvals = JK_APPROVALS_MAX,
		.delegators = o->delegators,
		.used = o->used,
		.session = &o->session,
		.evidence = &o->evidence,
		.business = JK_BIZ_IDENTITY_UPDATE,
		.action = JK_ACTION_INPUT,
		.hour = 30,
		.function = JK_FUNC_OPERATOR_REGISTER,
		.confirmer = "p99999",
	};
}

static struct clerk *operators[OPERATORS];
/* In which order they are asked about: no prefetcher can guess it. */
static unsigned order[OPERATORS];

static int
make_operators(void)
{
	unsigned random = 1;

	for (unsigned i = 0; i < OPERATORS; i++) {
		operators[i] = calloc(1, sizeof(*operators[i]));
		if (operators[i] == NULL)
			return 1;
		fill(operators[i], i);
		order[i] = i;
	}
	for (unsigned i = OPERATORS - 1; i > 0; i--) {
		unsigned j, swap = order[i];

		random = random * 1664525u + 1013904223u;
		j = (random >> 8) % (i + 1);
		order[i] = order[j];
		order[j] = swap;
	}
	return 0;
}

/* So many of the rows count: the last ones, among which the good ones are. */
static void
use(enum jk_ask ask, size_t n_opids, size_t n_approvals)
{
	for (size_t i = 0; i < OPERATORS; i++) {
		struct clerk *o = operators[i];

		o->q.ask = ask;
		o->q.session = ask == JK_ASK_LOGIN ? &nobody : &o->session;
		o->q.n_opids = n_opids;
		o->q.opids = o->opids + JK_OPIDS_MAX - n_opids;
		o->q.types = o->types + JK_OPIDS_MAX - n_opids;
		o->q.n_approvals = n_approvals;
		o->q.approvals = o->approvals + JK_APPROVALS_MAX - n_approvals;
	}
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Among the first so many operators. */
static double
measure(unsigned among, unsigned *wrong)
{
	double begun = now_ns();

	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct jk_question *q = &operators[order[i % among]]->q;

		/* So that no round is left out. */
		__asm__ volatile("" ::"r"(q) : "memory");
		*wrong += !jk_decide(q).allowed;
	}
	return (now_ns() - begun) / ROUNDS;
}

/* What taking the time costs by itself. */
static double
clock_cost(void)
{
	double begun = now_ns(), end = begun;

	for (unsigned i = 0; i < ROUNDS; i++)
		end = now_ns();
	return (end - begun) / ROUNDS;
}

/* Of all operators, whose rows are read into one place first. */
static double
measure_read(unsigned *wrong)
{
	static struct clerk here;
	double spent = 0, cost = clock_cost();

	for (unsigned i = 0; i < READS; i++) {
		const struct clerk *o = operators[order[i % OPERATORS]];
		double begun;

		here = *o;
		here.q.account = &here.account;
		here.q.card = &here.card;
		here.q.person = &here.person;
		here.q.opids = here.opids + (o->q.opids - o->opids);
		here.q.types = here.types + (o->q.types - o->types);
		here.q.approvals =
		    here.approvals + (o->q.approvals - o->approvals);
		here.q.delegators =
		    here.delegators + (o->q.delegators - o->delegators);
		here.q.used = here.used + (o->q.used - o->used);
		here.q.evidence = &here.evidence;
		if (o->q.session == &o->session)
			here.q.session = &here.session;
		begun = now_ns();
		*wrong += !jk_decide(&here.q).allowed;
		spent += now_ns() - begun;
	}
	return spent / READS - cost;
}

int
main(void)
{
	static const struct {
		const char *name;
		enum jk_ask ask;
	} asks[] = {
		{ "login", JK_ASK_LOGIN },
		{ "unlock", JK_ASK_UNLOCK },
		{ "lookup, all rules on", JK_ASK_LOOKUP },
		{ "manage, by delegation", JK_ASK_MANAGE },
		{ "switch", JK_ASK_SWITCH },
	};
	static const size_t rows[] = { 3, JK_OPIDS_MAX };
	unsigned wrong = 0;

	_Static_assert(JK_OPIDS_MAX == JK_APPROVALS_MAX, "one column for both");
	fill_policy();
	if (make_operators() != 0)
		return 1;
	printf("%-24s %6s %8s %14s %14s\n", "ns", "rows", "of one",
	    "10,000, read", "10,000, cold");
	for (size_t i = 0; i < JK_COUNT(asks); i++)
		for (size_t k = 0; k < JK_COUNT(rows); k++) {
			use(asks[i].ask, rows[k], rows[k]);
			printf("%-24s %6zu %8.0f %14.0f %14.0f\n", asks[i].name,
			    rows[k], measure(1, &wrong), measure_read(&wrong),
			    measure(OPERATORS, &wrong));
		}
	return wrong != 0;
}
