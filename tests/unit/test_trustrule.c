/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "trustrule.h"

#define NOW 1000000

static enum jk_reason
check(enum jk_trust_level level, enum jk_trust_result result, int64_t until,
    int64_t next_update)
{
	const struct jk_trust t = { level, result, until, NOW - 100,
		next_update };

	return jk_trust_check(&t, NOW);
}

#define LATER (NOW + 1)

/* Every level with everything that was found out: who is let in. */
static void
test_trustrule_levels_and_results(void **state)
{
	static const enum jk_reason
	    want[JK_TRUST_LEVEL_COUNT][JK_TRUST_RESULT_COUNT] = {
		    [JK_TRUST_REGISTERED] = { JK_WHY_GRANTED, JK_WHY_GRANTED,
		        JK_WHY_CARD_UNTRUSTED, JK_WHY_CARD_CA_REVOKED,
		        JK_WHY_CARD_UNTRUSTED, JK_WHY_CARD_USAGE },
		    [JK_TRUST_CHAIN] = { JK_WHY_CARD_UNTRUSTED, JK_WHY_GRANTED,
		        JK_WHY_CARD_UNTRUSTED, JK_WHY_CARD_CA_REVOKED,
		        JK_WHY_CARD_UNTRUSTED, JK_WHY_CARD_USAGE },
		    [JK_TRUST_CRL_SOFT] = { JK_WHY_CARD_UNTRUSTED,
		        JK_WHY_GRANTED, JK_WHY_CARD_UNTRUSTED,
		        JK_WHY_CARD_CA_REVOKED, JK_WHY_GRANTED,
		        JK_WHY_CARD_USAGE },
		    [JK_TRUST_CRL_HARD] = { JK_WHY_CARD_UNTRUSTED,
		        JK_WHY_GRANTED, JK_WHY_CARD_UNTRUSTED,
		        JK_WHY_CARD_CA_REVOKED, JK_WHY_CRL_MISSING,
		        JK_WHY_CARD_USAGE },
	    };

	(void)state;
	for (enum jk_trust_level l = 0; l < JK_TRUST_LEVEL_COUNT; l++)
		for (enum jk_trust_result r = 0; r < JK_TRUST_RESULT_COUNT; r++)
			if (check(l, r, LATER, LATER) != want[l][r])
				fail_msg("level %d, result %d", (int)l, (int)r);
}

static void
test_trustrule_what_is_unknown_is_denied(void **state)
{
	(void)state;
	assert_int_equal(check(JK_TRUST_LEVEL_COUNT, JK_TRUST_GOOD, LATER,
	                     LATER),
	    JK_WHY_CARD_UNTRUSTED);
	assert_int_equal(check(JK_TRUST_REGISTERED, JK_TRUST_RESULT_COUNT,
	                     LATER, LATER),
	    JK_WHY_CARD_UNTRUSTED);
	/* A chain without an end, a CRL without a date. */
	assert_int_equal(check(JK_TRUST_CHAIN, JK_TRUST_GOOD, 0, 0),
	    JK_WHY_CARD_UNTRUSTED);
	assert_int_equal(check(JK_TRUST_CRL_HARD, JK_TRUST_GOOD, LATER, 0),
	    JK_WHY_CRL_STALE);
}

/* Good when it was built, and no longer. */
static void
test_trustrule_chain_ends_with_its_first_ca(void **state)
{
	(void)state;
	for (enum jk_trust_level l = JK_TRUST_CHAIN; l < JK_TRUST_LEVEL_COUNT;
	     l++) {
		assert_int_equal(check(l, JK_TRUST_GOOD, NOW + 1, LATER),
		    JK_WHY_GRANTED);
		assert_int_equal(check(l, JK_TRUST_GOOD, NOW, LATER),
		    JK_WHY_CARD_UNTRUSTED);
	}
	/* An expired chain is worse than a missing CRL. */
	assert_int_equal(check(JK_TRUST_CRL_SOFT, JK_TRUST_CRL_MISSING, NOW, 0),
	    JK_WHY_CARD_UNTRUSTED);
	assert_int_equal(check(JK_TRUST_REGISTERED, JK_TRUST_GOOD, 0, 0),
	    JK_WHY_GRANTED);
}

static void
test_trustrule_next_update_counts_when_hard(void **state)
{
	(void)state;
	assert_int_equal(check(JK_TRUST_CRL_HARD, JK_TRUST_GOOD, LATER,
	                     NOW + 1),
	    JK_WHY_GRANTED);
	assert_int_equal(check(JK_TRUST_CRL_HARD, JK_TRUST_GOOD, LATER, NOW),
	    JK_WHY_CRL_STALE);
	assert_int_equal(check(JK_TRUST_CRL_SOFT, JK_TRUST_GOOD, LATER, NOW),
	    JK_WHY_GRANTED);
	/* What an old list revokes stays revoked. */
	assert_int_equal(check(JK_TRUST_CRL_HARD, JK_TRUST_CA_REVOKED, LATER,
	                     NOW),
	    JK_WHY_CARD_CA_REVOKED);
}

static void
test_trustrule_text_says_level_and_age(void **state)
{
	static const struct {
		struct jk_trust trust;
		const char *want;
	} rows[] = {
		{ { 0 }, "registered" },
		{ { JK_TRUST_CHAIN, JK_TRUST_GOOD, LATER, 0, 0 }, "chain" },
		{ { JK_TRUST_CRL_SOFT, JK_TRUST_GOOD, LATER, NOW - 3600,
		      LATER },
		    "crl-soft:3600" },
		{ { JK_TRUST_CRL_HARD, JK_TRUST_GOOD, LATER, NOW - 9, NOW },
		    "crl-hard:9:stale" },
		{ { JK_TRUST_CRL_SOFT, JK_TRUST_CA_REVOKED, LATER, NOW, LATER },
		    "crl-soft:0" },
		/* The clock was put back since. */
		{ { JK_TRUST_CRL_SOFT, JK_TRUST_GOOD, LATER, NOW + 5, LATER },
		    "crl-soft:0" },
		{ { JK_TRUST_CRL_SOFT, JK_TRUST_CRL_MISSING, LATER, 7, 8 },
		    "crl-soft:missing" },
		{ { JK_TRUST_CRL_HARD, JK_TRUST_NO_CHAIN, 0, 0, 0 },
		    "crl-hard" },
		{ { .level = JK_TRUST_LEVEL_COUNT }, "unknown" },
	};
	char text[JK_TRUST_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		jk_trust_describe(&rows[i].trust, NOW, text);
		assert_string_equal(text, rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trustrule_levels_and_results),
		cmocka_unit_test(test_trustrule_what_is_unknown_is_denied),
		cmocka_unit_test(test_trustrule_chain_ends_with_its_first_ca),
		cmocka_unit_test(test_trustrule_next_update_counts_when_hard),
		cmocka_unit_test(test_trustrule_text_says_level_and_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
