/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "accounts.h"
#include "private.h"

static void
test_accounts_are_listed_by_files_and_systemd_only(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{ "passwd: files\n", true },
		{ "passwd:files systemd", true },
		{ "# passwd: sss\n\n  passwd:\t files  systemd # sss\n"
		  "group: files sss\n",
		    true },
		{ "passwd: files sss\n", false },
		{ "passwd: files ldap systemd\n", false },
		{ "passwd: files [NOTFOUND=return] systemd\n", false },
		{ "passwd: compat\n", false },
		{ "passwd: filesx\n", false },
		{ "passwd: file\n", false },
		{ "passwd:\n", false },
		{ "passwd: # files\n", false },
		{ "group: files\n", false },
		{ "xpasswd: files\n", false },
		{ "passwd : files\n", false },
		{ "passwd: files\npasswd: sss\n", false },
		{ "passwd: files\npasswd: files\n", false },
		{ "passwd: files\r\n", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++)
		if (jk_accounts_are_listed(rows[i].text) != rows[i].want)
			fail_msg("%s", rows[i].text);
}

/* Whatever is read in advance, the answer is that of getpwnam(). */
static void
expect_as_getpwnam(const struct jk_accounts *accounts, const char *name)
{
	const struct passwd *entry = getpwnam(name);
	uid_t uid = 77;
	enum jk_err e = jk_accounts_find(accounts, name, &uid);

	if ((entry != NULL) != (e == JK_OK) ||
	    (entry == NULL && (e != JK_ERR_NOT_FOUND || uid != 77)) ||
	    (entry != NULL && uid != entry->pw_uid))
		fail_msg("%s: %s, uid %u", name, jk_err_text(e), uid);
}

static void
expect_as_the_machine(const struct jk_accounts *accounts)
{
	static const char *const names[] = { "root", "daemon", "nobody",
		"hanako", "twice", "", "no-such-account", "roo", "rooty" };
	char longname[100];

	for (size_t i = 0; i < JK_COUNT(names); i++)
		expect_as_getpwnam(accounts, names[i]);
	memset(longname, 'a', sizeof(longname) - 1);
	longname[sizeof(longname) - 1] = '\0';
	expect_as_getpwnam(accounts, longname);
}

static void
test_accounts_find_asks_when_nothing_was_read(void **state)
{
	struct jk_accounts accounts = { 0 };

	(void)state;
	expect_as_the_machine(&accounts);
}

static void
bind_over(const char *name, const char *text)
{
	char ours[64], theirs[64];

	snprintf(ours, sizeof(ours), PRIVATE_DIR "/%s", name);
	snprintf(theirs, sizeof(theirs), "/etc/%s", name);
	assert_true(write_text(ours, text));
	assert_int_equal(mount(ours, theirs, NULL, MS_BIND, NULL), 0);
}

static void
test_accounts_find_is_getpwnam(void **state)
{
	static char text[200000];
	struct jk_accounts accounts;
	size_t used;

	(void)state;
	if (!enter_private_place())
		skip();
	used = (size_t)snprintf(text, sizeof(text),
	    "root:x:0:0::/root:/bin/sh\n"
	    "twice:x:5005:5005::/:/bin/sh\n"
	    "hanako:x:5001:5001::/:/bin/sh\n"
	    "half a line\n"
	    "twice:x:5006:5006::/:/bin/sh\n");
	for (unsigned i = 0; i < 3000; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "many%u:x:%u:1::/:/bin/sh\n", i, 10000 + i);
	bind_over("passwd", text);
	bind_over("nsswitch.conf", "passwd: files\n");
	assert_int_equal(jk_accounts_read(&accounts), JK_OK);
	assert_true(accounts.whole);
	assert_true(accounts.n >= 3004);
	expect_as_the_machine(&accounts);
	expect_as_getpwnam(&accounts, "many0");
	expect_as_getpwnam(&accounts, "many2999");
	expect_as_getpwnam(&accounts, "many3000");
	jk_accounts_clear(&accounts);
	assert_null(accounts.account);
	/* Somebody else may know more: nothing is read in advance. */
	bind_over("nsswitch.conf", "passwd: files sss\n");
	assert_int_equal(jk_accounts_read(&accounts), JK_OK);
	assert_false(accounts.whole);
	assert_int_equal(accounts.n, 0);
	expect_as_the_machine(&accounts);
	jk_accounts_clear(&accounts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_accounts_are_listed_by_files_and_systemd_only),
		cmocka_unit_test(test_accounts_find_asks_when_nothing_was_read),
		cmocka_unit_test(test_accounts_find_is_getpwnam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
