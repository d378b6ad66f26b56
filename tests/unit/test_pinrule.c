/* SPDX-License-Identifier: BSD-2-Clause */
/* What a new PIN may be. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "pinrule.h"

static const struct jk_settings settings = { .pin_min = 4, .pin_max = 16 };
static struct jk_pin_rules rules = {
	.n_forbidden = 2,
	.forbidden = { "730518", "Sunny7" },
};

static struct jk_cur
cur(const char *text)
{
	return (struct jk_cur){ (const uint8_t *)text, strlen(text) };
}

static enum jk_reason
check(const char *kind, const char *pin)
{
	const struct jk_pin_form form = jk_pin_form(kind, &settings, &rules);
	const struct jk_pin_choice c = {
		.form = &form,
		.rules = &rules,
		.account = "hanako",
		.person = "p04817",
		.old = cur("840261"),
	};

	return jk_pin_check(&c, cur(pin));
}

static void
test_rows(void **state)
{
	static const struct {
		const char *kind, *pin;
		enum jk_reason why;
	} rows[] = {
		{ "piv", "258046", JK_WHY_GRANTED },
		{ "piv", "90417263", JK_WHY_GRANTED },
		{ "piv", "k7Q2mz", JK_WHY_GRANTED },
		{ "jpki", "8305", JK_WHY_GRANTED },
		{ "other", "8305", JK_WHY_GRANTED },
		/* the card's own form */
		{ "piv", "25804", JK_WHY_PIN_MALFORMED },
		{ "piv", "258046913", JK_WHY_PIN_MALFORMED },
		{ "piv", "", JK_WHY_PIN_MALFORMED },
		{ "piv", "2580 46", JK_WHY_PIN_MALFORMED },
		{ "piv",
		    "25\x7f"
		    "046",
		    JK_WHY_PIN_MALFORMED },
		{ "piv",
		    "25\xe4\xbd\x8f"
		    "046",
		    JK_WHY_PIN_MALFORMED },
		{ "jpki", "830", JK_WHY_PIN_MALFORMED },
		{ "jpki", "83051", JK_WHY_PIN_MALFORMED },
		{ "jpki", "83a5", JK_WHY_PIN_DIGITS },
		{ "other", "830", JK_WHY_PIN_MALFORMED },
		/* the present one */
		{ "piv", "840261", JK_WHY_PIN_SAME },
		/* one character, and rows */
		{ "piv", "000000", JK_WHY_PIN_WEAK },
		{ "jpki", "0000", JK_WHY_PIN_WEAK },
		{ "piv", "aaaaaa", JK_WHY_PIN_WEAK },
		{ "piv", "123456", JK_WHY_PIN_WEAK },
		{ "piv", "654321", JK_WHY_PIN_WEAK },
		{ "jpki", "1234", JK_WHY_PIN_WEAK },
		{ "jpki", "7890", JK_WHY_PIN_WEAK },
		{ "jpki", "1098", JK_WHY_PIN_WEAK },
		{ "piv", "135791", JK_WHY_PIN_WEAK },
		{ "piv", "abcdef", JK_WHY_PIN_WEAK },
		{ "piv", "zyxwvu", JK_WHY_PIN_WEAK },
		{ "piv", "831234", JK_WHY_PIN_WEAK },
		{ "piv", "777783", JK_WHY_PIN_WEAK },
		{ "piv", "837777", JK_WHY_PIN_WEAK },
		{ "piv", "837773", JK_WHY_GRANTED },
		{ "piv", "8312304", JK_WHY_GRANTED },
		/* patterns */
		{ "jpki", "3737", JK_WHY_PIN_WEAK },
		{ "piv", "373737", JK_WHY_PIN_WEAK },
		{ "piv", "3737373", JK_WHY_PIN_WEAK },
		{ "piv", "384384", JK_WHY_PIN_WEAK },
		{ "piv", "38513851", JK_WHY_PIN_WEAK },
		{ "piv", "38513852", JK_WHY_GRANTED },
		/* dates */
		{ "jpki", "1231", JK_WHY_PIN_WEAK },
		{ "jpki", "0229", JK_WHY_PIN_WEAK },
		{ "jpki", "0230", JK_WHY_GRANTED },
		{ "jpki", "1980", JK_WHY_PIN_WEAK },
		{ "piv", "800401", JK_WHY_PIN_WEAK },
		{ "piv", "801301", JK_WHY_GRANTED },
		{ "piv", "3550412", JK_WHY_PIN_WEAK },
		{ "piv", "7550412", JK_WHY_GRANTED },
		{ "piv", "19800401", JK_WHY_PIN_WEAK },
		{ "piv", "18800401", JK_WHY_GRANTED },
		/* who it is */
		{ "piv", "hanako", JK_WHY_PIN_WEAK },
		{ "piv", "HANAKO2", JK_WHY_PIN_WEAK },
		{ "piv", "048172", JK_WHY_PIN_WEAK },
		{ "jpki", "4817", JK_WHY_PIN_WEAK },
		{ "jpki", "4871", JK_WHY_GRANTED },
		/* the office's list */
		{ "piv", "730518", JK_WHY_PIN_WEAK },
		{ "piv", "Sunny7", JK_WHY_PIN_WEAK },
		{ "piv", "sunny7", JK_WHY_GRANTED },
		{ "piv", "7305184", JK_WHY_GRANTED },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		const enum jk_reason why = check(rows[i].kind, rows[i].pin);

		if (why != rows[i].why)
			fail_msg("row %zu, %s %s: %s", i, rows[i].kind,
			    rows[i].pin, jk_reason_code(why));
	}
}

static void
test_digits_where_the_policy_says_so(void **state)
{
	(void)state;
	rules.digits = true;
	assert_int_equal(check("piv", "k7Q2mz"), JK_WHY_PIN_DIGITS);
	assert_int_equal(check("piv", "258046"), JK_WHY_GRANTED);
	rules.digits = false;
}

/* Enough is left to choose from: of all numbers of a length most are good. */
static void
test_most_numbers_are_good(void **state)
{
	static const struct {
		const char *kind;
		unsigned n, least;
	} rows[] = {
		{ "jpki", 10000, 9000 },
		{ "piv", 1000000, 920000 },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		unsigned good = 0;

		for (unsigned n = 0; n < rows[i].n; n++) {
			char pin[16];

			(void)snprintf(pin, sizeof(pin),
			    rows[i].n == 10000 ? "%04u" : "%06u", n);
			good += check(rows[i].kind, pin) == JK_WHY_GRANTED;
		}
		if (good < rows[i].least)
			fail_msg("%s: only %u of %u", rows[i].kind, good,
			    rows[i].n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_digits_where_the_policy_says_so),
		cmocka_unit_test(test_most_numbers_are_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
