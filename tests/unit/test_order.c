/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <string.h>

#include <jukinet/policy.h>

#include "order.h"

#define OK    JUKINET_POLICY_SUCCESS
#define NONE  JUKINET_POLICY_NOTFOUND
#define DOWN  JUKINET_POLICY_UNAVAIL
#define AGAIN JUKINET_POLICY_TRYAGAIN

static void
test_parse_good_lists(void **state)
{
	/* Of each source: its name, and which statuses go on, by number. */
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "files", "files:1" },
		{ " files\t", "files:1" },
		{ "ldap files", "ldap:1 files:1" },
		{ "ldap [UNAVAIL=continue] files", "ldap:12 files:1" },
		{ "ldap[unavail=CONTINUE]files", "ldap:12 files:1" },
		{ "ldap [ UNAVAIL=continue\tTryAgain=continue ] files",
		    "ldap:123 files:1" },
		{ "ldap [SUCCESS=continue] files", "ldap:01 files:1" },
		{ "a [NOTFOUND=return] b [SUCCESS=return]", "a: b:1" },
		{ "1 2 3 4 5 6 7 8", "1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1" },
		{ "abcdefghijklmnopqrstuvwxyz012345",
		    "abcdefghijklmnopqrstuvwxyz012345:1" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_order order = { 0 };
		const char *fault = jk_order_parse(rows[i].text, &order);
		char said[512] = "";

		if (fault != NULL)
			fail_msg("%s: %s", rows[i].text, fault);
		for (size_t k = 0; k < order.n; k++) {
			strcat(said, k > 0 ? " " : "");
			strcat(said, order.step[k].name);
			strcat(said, ":");
			for (size_t s = 0; s < JK_SOURCE_STATUS_COUNT; s++)
				if (order.step[k].goes_on[s])
					strncat(said, &"0123"[s], 1);
		}
		if (strcmp(said, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].text, said);
	}
}

static void
test_parse_bad_lists_say_why(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "no source" },
		{ " \t ", "no source" },
		{ "Files", "other characters" },
		{ "../files", "other characters" },
		{ "files,ldap", "other characters" },
		{ "lib_x", "other characters" },
		{ "abcdefghijklmnopqrstuvwxyz0123456", "too long" },
		{ "files files", "a source is there twice" },
		{ "1 2 3 4 5 6 7 8 9", "more than 8" },
		{ "[UNAVAIL=continue] files", "does not follow a source" },
		{ "ldap [UNAVAIL=continue] [SUCCESS=return]",
		    "does not follow" },
		{ "ldap []", "nothing between" },
		{ "ldap [UNAVAIL=continue", "without ']'" },
		{ "ldap [", "without ']'" },
		{ "ldap ] files", "without '['" },
		{ "ldap [UNAVAIL]", "not a STATUS=action" },
		{ "ldap [=continue]", "status is none of" },
		{ "ldap [DOWN=continue]", "status is none of" },
		{ "ldap [!UNAVAIL=continue]", "status is none of" },
		{ "ldap [UNAVAIL=]", "neither return nor continue" },
		{ "ldap [UNAVAIL=merge]", "neither return nor continue" },
		{ "ldap [UNAVAIL=continued]", "neither return nor continue" },
		{ "ldap [UNAVAIL = continue]", "not a STATUS=action" },
		{ "ldap [UNAVAIL=continue unavail=return]",
		    "a status is there twice" },
		{ "ldap [UNAVAIL=[continue]]", "neither return nor continue" },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_order order = { .n = 77 };
		const char *fault = jk_order_parse(rows[i].text, &order);

		if (fault == NULL || strstr(fault, rows[i].why) == NULL)
			fail_msg("\"%s\": %s", rows[i].text,
			    fault != NULL ? fault : "accepted");
		assert_int_equal(order.n, 77);
	}
}

/* What the sources answer in turn, and how it ends after the last of them. */
static void
test_after_table(void **state)
{
	static const struct {
		const char *order;
		int status[3];
		size_t asked;
		enum jk_order_end end;
	} rows[] = {
		{ "a b", { OK }, 1, JK_ORDER_DONE },
		{ "a b", { NONE, OK }, 2, JK_ORDER_DONE },
		{ "a b", { NONE, NONE }, 2, JK_ORDER_FAIL },
		{ "a b", { DOWN }, 1, JK_ORDER_FAIL },
		{ "a b", { AGAIN }, 1, JK_ORDER_FAIL },
		{ "a b", { 4 }, 1, JK_ORDER_FAIL },
		{ "a b", { -1 }, 1, JK_ORDER_FAIL },
		{ "a [UNAVAIL=continue] b", { DOWN, OK }, 2, JK_ORDER_DONE },
		{ "a [UNAVAIL=continue] b", { AGAIN }, 1, JK_ORDER_FAIL },
		{ "a [UNAVAIL=continue]", { DOWN }, 1, JK_ORDER_FAIL },
		{ "a [NOTFOUND=return] b", { NONE }, 1, JK_ORDER_FAIL },
		{ "a [SUCCESS=continue] b", { OK, OK }, 2, JK_ORDER_DONE },
		{ "a [SUCCESS=continue] b", { OK, NONE }, 2, JK_ORDER_DONE },
		{ "a [SUCCESS=continue] b", { OK, DOWN }, 2, JK_ORDER_FAIL },
		{ "a [SUCCESS=continue] b [UNAVAIL=continue]", { OK, DOWN }, 2,
		    JK_ORDER_DONE },
		{ "a [SUCCESS=continue]", { OK }, 1, JK_ORDER_DONE },
		{ "a b [SUCCESS=continue] c", { NONE, OK, OK }, 3,
		    JK_ORDER_DONE },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_order order = { 0 };
		enum jk_order_end end = JK_ORDER_NEXT;
		bool succeeded = false;
		size_t k = 0;

		assert_null(jk_order_parse(rows[i].order, &order));
		while (end == JK_ORDER_NEXT) {
			end = jk_order_after(&order, k, rows[i].status[k],
			    &succeeded);
			k++;
		}
		if (end != rows[i].end || k != rows[i].asked)
			fail_msg("row %zu: %d after %zu", i, (int)end, k);
	}
}

static void
test_after_zeroed_order_fails(void **state)
{
	const struct jk_order order = { 0 };
	bool succeeded = false;

	(void)state;
	assert_int_equal(jk_order_after(&order, 0, OK, &succeeded),
	    JK_ORDER_FAIL);
	assert_false(succeeded);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_good_lists),
		cmocka_unit_test(test_parse_bad_lists_say_why),
		cmocka_unit_test(test_after_table),
		cmocka_unit_test(test_after_zeroed_order_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
