/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pamstack.h"

/* Services by name: pairs ended by NULL. */
static enum jk_err
read_pair(void *ctx, const char *service, char **ret)
{
	const char *const *pair = ctx;

	for (; pair[0] != NULL; pair += 2)
		if (strcmp(pair[0], service) == 0) {
			*ret = strdup(pair[1]);
			return *ret != NULL ? JK_OK : JK_ERR_NOMEM;
		}
	return JK_ERR_NOT_FOUND;
}

static struct jk_pamstack stack;

static enum jk_err
load(const char *text, const char *phase)
{
	const char *pairs[] = { "s", text, "unix",
		"auth [success=1 default=ignore] pam_unix.so\n"
		"auth requisite pam_deny.so\nauth required pam_permit.so\n",
		"loop", "auth include loop\n", "none", "", NULL };

	return jk_pamstack_load("s", phase, read_pair, pairs, &stack);
}

static void
test_lines(void **state)
{
	(void)state;
	assert_int_equal(load("# auth required a.so\n\n"
	                      "auth\trequired  /lib/x/pam_a.so  x y # c\n"
	                      "-auth [success=2 \\\n default=die] pam_b.so\n"
	                      "account required pam_c.so\n@include unix\n",
	                     "auth"),
	    JK_OK);
	assert_int_equal(stack.n, 5);
	assert_string_equal(stack.line[0].module, "pam_a.so");
	assert_string_equal(stack.line[0].control, "required");
	assert_memory_equal(stack.line[0].args, "x y", 3);
	assert_string_equal(stack.line[1].module, "pam_b.so");
	assert_string_equal(stack.line[4].module, "pam_permit.so");
	assert_int_equal(load("account required pam_c.so", "account"), JK_OK);
	assert_int_equal(stack.n, 1);
}

static void
test_bounds(void **state)
{
	char text[4096] = "";

	(void)state;
	assert_int_equal(load("auth include loop\n", "auth"), JK_ERR_TOO_BIG);
	assert_int_equal(load("auth include nowhere\n", "auth"),
	    JK_ERR_NOT_FOUND);
	for (int i = 0; i < JK_PAMSTACK_MAX; i++)
		strcat(text, "auth required pam_a.so\n");
	assert_int_equal(load(text, "auth"), JK_OK);
	strcat(text, "auth required pam_a.so\n");
	assert_int_equal(load(text, "auth"), JK_ERR_TOO_BIG);
	text[0] = '\0';
	for (int i = 1; i < JK_PAMSTACK_FILES; i++)
		strcat(text, "@include none\n");
	assert_int_equal(load(text, "auth"), JK_OK);
	strcat(text, "@include none\n");
	assert_int_equal(load(text, "auth"), JK_ERR_TOO_BIG);
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(load(text, "auth"), JK_ERR_TOO_BIG);
	assert_int_equal(load("auth", "auth"), JK_OK);
	assert_int_equal(load("auth [a", "auth"), JK_OK);
	assert_int_equal(load("auth required pam_a.so \\", "auth"), JK_OK);
}

#define OURS "auth required pam_jukinet.so\n"

static void
test_judge(void **state)
{
	static const struct {
		const char *text;
		enum jk_pamstack_fault fault;
	} rows[] = {
		{ OURS, JK_PAMSTACK_GOOD },
		{ "auth [success=done default=die] pam_jukinet.so\n",
		    JK_PAMSTACK_GOOD },
		{ "auth requisite pam_nologin.so\n" OURS, JK_PAMSTACK_GOOD },
		{ "auth required pam_unix.so\n", JK_PAMSTACK_NONE },
		{ "", JK_PAMSTACK_NONE },
		{ "auth requisite pam_deny.so\nauth required pam_unix.so\n",
		    JK_PAMSTACK_GOOD },
		{ "auth optional pam_deny.so\n", JK_PAMSTACK_NONE },
		{ "auth sufficient pam_jukinet.so\n", JK_PAMSTACK_WEAK },
		{ "auth optional pam_jukinet.so\n", JK_PAMSTACK_WEAK },
		{ "auth [success=done default=ignore] pam_jukinet.so\n",
		    JK_PAMSTACK_WEAK },
		{ "auth [success=done default=ignore] pam_jukinet.so\n"
		  "auth required pam_deny.so\n",
		    JK_PAMSTACK_GOOD },
		{ "auth [success=done default=ignore] pam_jukinet.so\n"
		  "auth sufficient pam_deny.so\n",
		    JK_PAMSTACK_WEAK },
		{ "auth sufficient pam_unix.so\n" OURS, JK_PAMSTACK_PAST },
		{ "auth [success=done default=ignore] pam_unix.so\n" OURS,
		    JK_PAMSTACK_PAST },
		{ "auth [default=done] pam_unix.so\n" OURS, JK_PAMSTACK_PAST },
		{ "auth [success=1 default=ignore] pam_unix.so\n" OURS,
		    JK_PAMSTACK_PAST },
		{ "auth [success=ignore default=1] pam_x.so\n" OURS,
		    JK_PAMSTACK_PAST },
		{ "auth [success=2 default=ignore] pam_fprintd.so\n"
		  "@include unix\n" OURS,
		    JK_PAMSTACK_GOOD },
		{ "@include unix\n" OURS, JK_PAMSTACK_GOOD },
		{ "auth [success=4 default=ignore] pam_fprintd.so\n"
		  "@include unix\n" OURS,
		    JK_PAMSTACK_PAST },
		{ "auth [success=1 default=ignore] pam_succeed_if.so uid = 0 "
		  "tty =~ *tty[1-9]\n" OURS "auth required pam_unix.so\n",
		    JK_PAMSTACK_GOOD },
		{ "auth [success=1 default=ignore] pam_succeed_if.so uid = 0\n" OURS,
		    JK_PAMSTACK_PAST },
		{ "auth [success=1 default=ignore] pam_succeed_if.so "
		  "user ingroup x\n" OURS,
		    JK_PAMSTACK_PAST },
		/* PAM does not tell capital letters from small ones. */
		{ "AUTH SUFFICIENT pam_unix.so\n" OURS, JK_PAMSTACK_PAST },
		{ "Auth Required pam_jukinet.so\n", JK_PAMSTACK_GOOD },
		/* One code of ours that is passed over. */
		{ "auth [success=done authinfo_unavail=ignore default=die] "
		  "pam_jukinet.so\nauth sufficient pam_unix.so\n",
		    JK_PAMSTACK_WEAK },
		{ "auth [success=done ignore=ignore default=die] "
		  "pam_jukinet.so\nauth sufficient pam_unix.so\n",
		    JK_PAMSTACK_GOOD },
		{ OURS "auth [default=reset] pam_permit.so\n"
		       "auth sufficient pam_unix.so\n",
		    JK_PAMSTACK_WEAK },
		/* One code of another that leads past ours. */
		{ "auth [success=ignore auth_err=1 default=die] pam_x.so\n" OURS
		  "auth required pam_unix.so\n",
		    JK_PAMSTACK_PAST },
		/* More accounts than those of the system. */
		{ "auth [success=1 default=ignore] pam_succeed_if.so quiet "
		  "uid < 1000\n" OURS "auth required pam_unix.so\n",
		    JK_PAMSTACK_GOOD },
		{ "auth [success=1 default=ignore] pam_succeed_if.so quiet "
		  "uid < 10000\n" OURS "auth required pam_unix.so\n",
		    JK_PAMSTACK_PAST },
		{ "auth [success=ignore default=1] pam_succeed_if.so quiet "
		  "uid < 1000\n" OURS "auth required pam_unix.so\n",
		    JK_PAMSTACK_PAST },
		{ "auth [success=1 default=ignore] pam_succeed_if.so quiet "
		  "use_uid uid < 1000\n" OURS "auth required pam_unix.so\n",
		    JK_PAMSTACK_PAST },
		{ "auth [success=1 default=ignore] pam_succeed_if.so quiet "
		  "user in nobody:hanako\n" OURS "auth required pam_unix.so\n",
		    JK_PAMSTACK_PAST },
		/* A substack is one line to jump over, an include is all of its. */
		{ "auth [success=2 default=ignore] pam_unix.so\n"
		  "auth substack unix\n" OURS "auth required pam_permit.so\n",
		    JK_PAMSTACK_PAST },
		{ "auth [success=2 default=ignore] pam_unix.so\n"
		  "auth include unix\n" OURS "auth required pam_permit.so\n",
		    JK_PAMSTACK_GOOD },
	};
	size_t by;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		assert_int_equal(load(rows[i].text, "auth"), JK_OK);
		if (jk_pamstack_judge(&stack, false, &by) != rows[i].fault)
			fail_msg("row %zu: %s", i, rows[i].text);
	}
}

/* As conf/pam.d/vlock is: root opens what root has locked, and nobody else. */
static void
test_locker(void **state)
{
	static const char text[] =
	    "auth [success=ignore default=2] pam_succeed_if.so quiet use_uid "
	    "uid = 0\n"
	    "auth [success=ignore default=1] pam_succeed_if.so quiet uid = 0\n"
	    "auth [success=done default=2] pam_unix.so\n"
	    "auth [success=1 default=ignore] pam_succeed_if.so quiet uid = 0\n"
	    "auth [success=done default=ignore] pam_jukinet.so\n"
	    "auth required pam_deny.so\n";
	size_t by;

	(void)state;
	assert_int_equal(load(text, "auth"), JK_OK);
	assert_int_equal(jk_pamstack_judge(&stack, true, &by),
	    JK_PAMSTACK_GOOD);
	assert_int_equal(jk_pamstack_judge(&stack, false, &by),
	    JK_PAMSTACK_PAST);
	assert_int_equal(by, 2);
}

static void
test_root_passes(void **state)
{
	static const char way[] = "auth [success=1 default=ignore] "
	                          "pam_succeed_if.so uid = 0 tty in console\n";
	char text[512];

	(void)state;
	(void)snprintf(text, sizeof(text), "%s%s%s", way, OURS,
	    "auth required pam_unix.so\n");
	assert_int_equal(load(text, "auth"), JK_OK);
	assert_true(jk_pamstack_root_passes(&stack));
	(void)snprintf(text, sizeof(text), "%s%s", way, OURS);
	assert_int_equal(load(text, "auth"), JK_OK);
	assert_false(jk_pamstack_root_passes(&stack));
	(void)snprintf(text, sizeof(text), "%sauth required pam_x.so\n%s%s",
	    way, OURS, "auth required pam_unix.so\n");
	assert_int_equal(load(text, "auth"), JK_OK);
	assert_false(jk_pamstack_root_passes(&stack));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_locker),
		cmocka_unit_test(test_root_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
