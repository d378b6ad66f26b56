/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "protocol.h"
#include "scratch.h"
#include "usetext.h"

#define USE "0123456789abcdef"

static int
open_day(const struct scratch *p, unsigned uid, int flags)
{
	char name[64], day[11];

	jk_date_format(jk_real_s(), day);
	snprintf(name, sizeof(name), JK_USETEXT_DIR "/%s.%u", day, uid);
	return openat(p->dir, name, flags | O_CLOEXEC);
}

static void
clean(struct scratch *p)
{
	char path[128];

	snprintf(path, sizeof(path), "rm -r %s/" JK_USETEXT_DIR, p->path);
	assert_int_equal(system(path), 0);
	scratch_remove(p);
}

static void
test_usetext_is_a_line_under_its_id(void **state)
{
	char first[JK_ID_LEN + 1], second[JK_ID_LEN + 1], text[4096], want[256];
	struct scratch p;
	struct stat st;
	ssize_t n;
	int fd;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_usetext_keep(p.dir, 2001, USE, "grounds",
	                     "電話\tあり", first),
	    JK_OK);
	assert_int_equal(jk_usetext_keep(p.dir, 2001, USE, "entry", "b",
	                     second),
	    JK_OK);
	assert_string_not_equal(first, second);
	fd = open_day(&p, 2001, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	n = read(fd, text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = '\0';
	snprintf(want, sizeof(want), "%s\t" USE "\tgrounds\t", first);
	assert_true(strncmp(text, want, strlen(want)) == 0);
	assert_non_null(strstr(text, "\t電話\tあり\n"));
	snprintf(want, sizeof(want), "\n%s\t" USE "\tentry\t", second);
	assert_non_null(strstr(text, want));
	close(fd);
	assert_true(open_day(&p, 2002, O_RDONLY) < 0);
	clean(&p);
}

static void
test_usetext_of_one_account_fills_no_other(void **state)
{
	char id[JK_ID_LEN + 1], longest[JK_USE_TEXT + 1];
	struct scratch p;
	struct stat st;
	int fd;

	(void)state;
	scratch_make(&p);
	memset(longest, 'x', JK_USE_TEXT);
	longest[JK_USE_TEXT] = '\0';
	assert_int_equal(jk_usetext_keep(p.dir, 4294967294u, USE, "requirement",
	                     longest, id),
	    JK_OK);
	fd = open_day(&p, 4294967294u, O_RDWR);
	assert_int_equal(ftruncate(fd, JK_USETEXT_DAY_MAX - 10), 0);
	assert_int_equal(jk_usetext_keep(p.dir, 4294967294u, USE, "entry", "a",
	                     id),
	    JK_ERR_TOO_BIG);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, JK_USETEXT_DAY_MAX - 10);
	close(fd);
	assert_int_equal(jk_usetext_keep(p.dir, 2001, USE, "entry", "a", id),
	    JK_OK);
	clean(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usetext_is_a_line_under_its_id),
		cmocka_unit_test(test_usetext_of_one_account_fills_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
