/* SPDX-License-Identifier: BSD-2-Clause */
/* Which officer may do what, for which department, and who appoints whom. */
#include "test.h"

#include <string.h>

#include "duty.h"

#define NOW 1800000000
#define DAY 86400

static struct jk_role
role(enum jk_role_name name, const char *department, int64_t from,
    int64_t until)
{
	struct jk_role r = { .role = name, .valid = { from, until } };

	strcpy(r.id, "r1");
	strcpy(r.person, "p1");
	strcpy(r.department, department);
	return r;
}

static struct jk_actor
actor(struct jk_role held)
{
	struct jk_actor a = { .n_roles = 1 };

	strcpy(a.person, "p1");
	a.roles[0] = held;
	return a;
}

static const struct jk_duty managers = { .roles =
	                                     (1u << JK_ROLE_ACCESS_MANAGER) |
	                                     (1u << JK_ROLE_SECURITY_OFFICER) };

static void
test_duty_check_role_and_department_decide(void **state)
{
	static const struct {
		const char *name;
		enum jk_role_name held;
		const char *of, *asked;
		enum jk_reason want;
	} rows[] = {
		{ "own department", JK_ROLE_ACCESS_MANAGER, "shimin", "shimin",
		    JK_WHY_GRANTED },
		{ "another department", JK_ROLE_ACCESS_MANAGER, "shimin",
		    "zeimu", JK_WHY_ROLE_DEPT },
		{ "of no department", JK_ROLE_ACCESS_MANAGER, "shimin", "",
		    JK_WHY_ROLE_DEPT },
		{ "a name that begins alike", JK_ROLE_ACCESS_MANAGER, "shimin",
		    "shimin-2", JK_WHY_ROLE_DEPT },
		{ "the whole office", JK_ROLE_SECURITY_OFFICER, "", "zeimu",
		    JK_WHY_GRANTED },
		{ "the whole office, of none", JK_ROLE_SECURITY_OFFICER, "", "",
		    JK_WHY_GRANTED },
		{ "another role", JK_ROLE_SYSTEM_MANAGER, "", "shimin",
		    JK_WHY_ROLE_NONE },
		{ "another role there", JK_ROLE_SECURITY_MANAGER, "shimin",
		    "shimin", JK_WHY_ROLE_NONE },
		{ "no role at all", JK_ROLE_COUNT, "", "shimin",
		    JK_WHY_ROLE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_actor a = actor(role(rows[i].held, rows[i].of, 0, 0));

		print_message("%s\n", rows[i].name);
		assert_int_equal(jk_duty_check(&managers, &a, "p2",
		                     rows[i].asked, NOW),
		    rows[i].want);
	}
}

static void
test_duty_check_time_of_the_role_decides(void **state)
{
	static const struct {
		const char *name;
		int64_t from, until;
		enum jk_reason want;
	} rows[] = {
		{ "no bounds", 0, 0, JK_WHY_GRANTED },
		{ "from now", NOW, 0, JK_WHY_GRANTED },
		{ "from the next second", NOW + 1, 0, JK_WHY_ROLE_NONE },
		{ "until the next second", 0, NOW + 1, JK_WHY_GRANTED },
		{ "until now", 0, NOW, JK_WHY_ROLE_NONE },
		{ "long ago", NOW - 9 * DAY, NOW - 8 * DAY, JK_WHY_ROLE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct jk_actor a = actor(role(JK_ROLE_ACCESS_MANAGER, "shimin",
		    rows[i].from, rows[i].until));

		print_message("%s\n", rows[i].name);
		assert_int_equal(jk_duty_check(&managers, &a, "p2", "shimin",
		                     NOW),
		    rows[i].want);
		assert_int_equal(jk_duty_holds(&a, JK_ROLE_ACCESS_MANAGER,
		                     "shimin", NOW),
		    rows[i].want == JK_WHY_GRANTED);
	}
}

static void
test_duty_check_one_of_several_roles_is_enough(void **state)
{
	struct jk_actor a = actor(role(JK_ROLE_ACCESS_MANAGER, "zeimu", 0, 0));

	(void)state;
	a.roles[a.n_roles++] = role(JK_ROLE_ACCESS_MANAGER, "shimin", 0, 0);
	assert_int_equal(jk_duty_check(&managers, &a, "p2", "shimin", NOW),
	    JK_WHY_GRANTED);
	assert_int_equal(jk_duty_check(&managers, &a, "p2", "somu", NOW),
	    JK_WHY_ROLE_DEPT);
}

static void
test_duty_check_own_only_for_himself(void **state)
{
	static const struct jk_duty own = { .own = true };
	struct jk_actor a = actor(role(JK_ROLE_COUNT, "", 0, 0));

	(void)state;
	assert_int_equal(jk_duty_check(&own, &a, "p1", "shimin", NOW),
	    JK_WHY_GRANTED);
	assert_int_equal(jk_duty_check(&own, &a, "p2", "shimin", NOW),
	    JK_WHY_ROLE_NONE);
	assert_int_equal(jk_duty_check(&own, &a, "", "shimin", NOW),
	    JK_WHY_ROLE_NONE);
	assert_int_equal(jk_duty_check(&managers, &a, "p1", "shimin", NOW),
	    JK_WHY_ROLE_NONE);
}

static void
test_duty_check_zeroed_actor_may_nothing(void **state)
{
	static const struct jk_actor nobody = { 0 };
	static const struct jk_duty all = { .roles = UINT32_MAX, .own = true };

	(void)state;
	assert_int_equal(jk_duty_check(&all, &nobody, "", "", NOW),
	    JK_WHY_ROLE_NONE);
	assert_int_equal(jk_duty_check(&all, &nobody, "p1", "shimin", NOW),
	    JK_WHY_ROLE_NONE);
	assert_false(jk_duty_is_self(&nobody, ""));
}

static void
test_duty_check_console_may_but_is_nobody(void **state)
{
	static const struct jk_actor console = { .console = true };
	static const struct jk_duty none = { 0 };

	(void)state;
	assert_int_equal(jk_duty_check(&none, &console, "p1", "shimin", NOW),
	    JK_WHY_GRANTED);
	assert_false(jk_duty_is_self(&console, "p1"));
	assert_false(jk_duty_is_self(&console, ""));
	assert_false(jk_duty_holds(&console, JK_ROLE_SYSTEM_MANAGER, "", NOW));
}

/* S-02 to S-06, T-09; every role has a row. */
static void
test_duty_appoints_as_the_rules_say(void **state)
{
	static const struct {
		enum jk_role_name role;
		uint32_t by;
	} rows[] = {
		{ JK_ROLE_CHIEF, 0 },
		{ JK_ROLE_SYSTEM_MANAGER, 1u << JK_ROLE_CHIEF },
		{ JK_ROLE_SECURITY_OFFICER, 1u << JK_ROLE_CHIEF },
		{ JK_ROLE_SECURITY_MANAGER, 1u << JK_ROLE_SYSTEM_MANAGER },
		{ JK_ROLE_ACCESS_MANAGER, 1u << JK_ROLE_SYSTEM_MANAGER },
		{ JK_ROLE_IDENTITY_OFFICER, 1u << JK_ROLE_SECURITY_OFFICER },
		{ JK_ROLE_ENTRY_MANAGER, 1u << JK_ROLE_SYSTEM_MANAGER },
		{ JK_ROLE_AUDITOR, 1u << JK_ROLE_CHIEF },
	};

	(void)state;
	assert_int_equal(JK_COUNT(rows), JK_ROLE_COUNT);
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		print_message("%s\n", jk_word_id(&jk_role_names, rows[i].role));
		assert_int_equal(jk_duty_appoints(rows[i].role), rows[i].by);
	}
	assert_int_equal(jk_duty_appoints(JK_ROLE_COUNT), 0);
	assert_int_equal(jk_duty_appoints((enum jk_role_name)77), 0);
}

/* Nobody climbs by appointing: no role appoints itself or one above it. */
static void
test_duty_appoints_never_in_a_circle(void **state)
{
	(void)state;
	for (unsigned begin = 0; begin < JK_ROLE_COUNT; begin++) {
		uint32_t seen = 0, next = 1u << begin;

		while ((next & ~seen) != 0) {
			seen |= next;
			for (unsigned r = 0; r < JK_ROLE_COUNT; r++)
				if ((next & (1u << r)) != 0)
					next |= jk_duty_appoints(r);
		}
		/* `seen` is all that stands above, and itself. */
		for (unsigned r = 0; r < JK_ROLE_COUNT; r++)
			if ((seen & (1u << r)) != 0)
				assert_int_equal(jk_duty_appoints(r) &
				                     (1u << begin),
				    0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_duty_check_role_and_department_decide),
		cmocka_unit_test(test_duty_check_time_of_the_role_decides),
		cmocka_unit_test(
		    test_duty_check_one_of_several_roles_is_enough),
		cmocka_unit_test(test_duty_check_own_only_for_himself),
		cmocka_unit_test(test_duty_check_zeroed_actor_may_nothing),
		cmocka_unit_test(test_duty_check_console_may_but_is_nobody),
		cmocka_unit_test(test_duty_appoints_as_the_rules_say),
		cmocka_unit_test(test_duty_appoints_never_in_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
