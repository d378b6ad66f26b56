/* SPDX-License-Identifier: BSD-2-Clause */
/* What a decision costs: nanoseconds, for the shortest and the longest way. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "decide.h"

#define ROUNDS 2000000
#define NOW    1000000

static const struct jk_edition edition = { .made_at = 1,
	.valid_until = 2 * NOW };
static const struct jk_account account = { .n_persons = 1,
	.person = { "p0123" } };
static const struct jk_card card = { .person = "p0123",
	.state = JK_CARD_ACTIVE,
	.key = { 1 } };
static const struct jk_person person = { .id = "p0123", .enabled = true };
static const struct jk_terminal terminal = { .class = "integrated-terminal" };
static const struct jk_live_session session;
static const struct jk_evidence evidence = { JK_METHOD_CARD_PIN, { 1 } };

static struct jk_opid opids[JK_OPIDS_MAX];
static struct jk_type types[JK_OPIDS_MAX];

/* Only the last of all operator IDs works on this terminal. */
static void
fill(void)
{
	for (size_t i = 0; i < JK_OPIDS_MAX; i++) {
		const bool last = i == JK_OPIDS_MAX - 1;

		opids[i] = (struct jk_opid){ .person = "p0123",
			.type = "moving-desk",
			.enabled = true };
		types[i] = (struct jk_type){ .id = "moving-desk",
			.enabled = true,
			.n_classes = 1 };
		strcpy(types[i].class[0], last ? "integrated-terminal" : "cs");
	}
}

static int
measure(const char *name, const struct jk_question *q, enum jk_reason want)
{
	struct timespec a, b;
	unsigned wrong = 0;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (unsigned i = 0; i < ROUNDS; i++) {
		/* So that no round is left out. */
		__asm__ volatile("" ::"r"(q) : "memory");
		wrong += jk_decide(q).why != want;
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%-24s %6.0f ns\n", name,
	    ((double)(b.tv_sec - a.tv_sec) * 1e9 +
	        (double)(b.tv_nsec - a.tv_nsec)) /
	        ROUNDS);
	return wrong != 0;
}

int
main(void)
{
	struct jk_question q = {
		.now = NOW,
		.edition = &edition,
		.account = &account,
		.card = &card,
		.person = &person,
		.terminal = &terminal,
		.opids = &opids[JK_OPIDS_MAX - 1],
		.n_opids = 1,
		.types = &types[JK_OPIDS_MAX - 1],
		.session = &session,
		.evidence = &evidence,
	};
	int failed;

	fill();
	failed = measure("one operator ID", &q, JK_WHY_GRANTED);
	q.opids = opids;
	q.types = types;
	q.n_opids = JK_OPIDS_MAX;
	failed |= measure("the last of sixteen", &q, JK_WHY_GRANTED);
	q.card = NULL;
	return failed | measure("unknown card", &q, JK_WHY_CARD_UNKNOWN);
}
