/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include "ids.h"
#include "words.h"

static const struct jk_words *const tables[] = { &jk_classes, &jk_businesses,
	&jk_functions, &jk_methods, &jk_role_names, &jk_approval_kinds,
	&jk_card_states, &jk_weekdays, &jk_room_levels, &jk_trust_levels,
	&jk_presents, &jk_removals, &jk_leftovers, &jk_actions, &jk_searches };

static void
test_words_are_found_by_their_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(tables); i++) {
		const struct jk_words *words = tables[i];

		for (size_t n = 0; n < words->n; n++) {
			const struct jk_word *w = &words->word[n];

			assert_non_null(w->id);
			assert_true(jk_row_id_is_valid(w->id));
			assert_true(w->en[0] != '\0' && w->ja[0] != '\0');
			assert_int_equal(jk_word_find(words, w->id), n);
			assert_string_equal(jk_word_id(words, n), w->id);
		}
		assert_int_equal(jk_word_find(words, ""), words->n);
		assert_int_equal(jk_word_find(words, "No"), words->n);
		assert_string_equal(jk_word_id(words, words->n), "?");
		assert_string_equal(jk_word_id(words, SIZE_MAX), "?");
	}
}

/* A message names what may be written, and nothing else. */
static void
test_words_fault_names_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < JK_COUNT(tables); i++) {
		const struct jk_words *words = tables[i];
		char want[512] = "not a ";

		strcat(strcat(want, words->noun), " (one of:");
		for (size_t n = words->first; n < words->n; n++)
			strcat(strcat(want, " "), words->word[n].id);
		strcat(want, ")");
		assert_string_equal(words->fault, want);
	}
	assert_int_equal(jk_methods.first, JK_METHOD_CARD_PIN);
	assert_int_equal(jk_room_levels.first, 1);
}

/* Snapshots and ledgers hold these numbers: none may ever change. */
static void
test_words_keep_their_numbers(void **state)
{
	static const struct {
		const struct jk_words *words;
		const char *id;
		size_t number;
	} rows[] = {
		{ &jk_classes, "cs", 0 },
		{ &jk_classes, "integrated-terminal-other-dept", 2 },
		{ &jk_businesses, "identity-confirmation", 0 },
		{ &jk_businesses, "moving", 3 },
		{ &jk_businesses, "family-register-supplement", 13 },
		{ &jk_functions, "operator-register", 0 },
		{ &jk_functions, "operator-id-disable", 5 },
		{ &jk_functions, "permission-set", 9 },
		{ &jk_methods, "none", 0 },
		{ &jk_methods, "fallback-pin", 3 },
		{ &jk_role_names, "chief-security-officer", 0 },
		{ &jk_role_names, "auditor", 7 },
		{ &jk_approval_kinds, "delegation", 0 },
		{ &jk_approval_kinds, "identity-info", 3 },
		{ &jk_card_states, "revoked", 0 },
		{ &jk_card_states, "active", 5 },
		{ &jk_card_states, "returned", 9 },
		{ &jk_weekdays, "sun", 0 },
		{ &jk_weekdays, "sat", 6 },
		{ &jk_room_levels, "3", 3 },
		{ &jk_trust_levels, "registered", JK_TRUST_REGISTERED },
		{ &jk_trust_levels, "crl-hard", JK_TRUST_CRL_HARD },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		if (jk_word_find(rows[i].words, rows[i].id) != rows[i].number)
			fail_msg("%s", rows[i].id);
	assert_int_equal(jk_businesses.n, 14);
	assert_int_equal(jk_functions.n, 10);
	assert_int_equal(jk_classes.n, 3);
	assert_int_equal(jk_bit(13), 0x2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_are_found_by_their_id),
		cmocka_unit_test(test_words_fault_names_them),
		cmocka_unit_test(test_words_keep_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
