/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "private.h"

#define DIR   PRIVATE_DIR "/a/b"
#define FILE_ PRIVATE_DIR "/a/b/x.conf"

static bool ready;

static int
enter(void **state)
{
	(void)state;
	ready = enter_private_place();
	return 0;
}

/* DIR with x.conf in it, as it should be. */
static int
setup(void **state)
{
	(void)state;
	if (!ready)
		return 0;
	assert_return_code(system("rm -rf " PRIVATE_DIR "/*"), 0);
	assert_int_equal(mkdir(PRIVATE_DIR "/a", 0755), 0);
	assert_int_equal(mkdir(DIR, 0755), 0);
	assert_true(write_text(FILE_, "[s]\n"));
	assert_int_equal(chmod(FILE_, 0644), 0);
	return 0;
}

static enum jk_err
open_it(const char *path, struct jk_file_fault *fault)
{
	int fd = -1;
	enum jk_err e;

	*fault = (struct jk_file_fault){ 0 };
	e = jk_file_open_config(path, 0, &fd, fault);
	if (e == JK_OK)
		close(fd);
	else
		assert_int_equal(fd, -1);
	return e;
}

static void
expect(const char *path, enum jk_err want, const char *text)
{
	struct jk_file_fault fault;
	enum jk_err e = open_it(path, &fault);

	if (e != want || strstr(fault.text, text) == NULL)
		fail_msg("%s: %s, \"%s\"", path, jk_err_text(e), fault.text);
}

static void
test_open_config_good_file_is_opened(void **state)
{
	(void)state;
	if (!ready)
		skip();
	expect(FILE_, JK_OK, "");
	expect(PRIVATE_DIR "//a/./b//x.conf", JK_OK, "");
}

static void
test_open_config_unsafe_file_is_refused(void **state)
{
	(void)state;
	if (!ready)
		skip();
	assert_int_equal(chmod(FILE_, 0666), 0);
	expect(FILE_, JK_ERR_UNSAFE, "x.conf: writable by group or others");
	assert_int_equal(chmod(FILE_, 0664), 0);
	expect(FILE_, JK_ERR_UNSAFE, "mode 0664");
	assert_int_equal(chmod(FILE_, 0644), 0);
	assert_int_equal(chown(FILE_, 65534, 0), 0);
	expect(FILE_, JK_ERR_UNSAFE, "belongs to uid 65534");
	assert_int_equal(unlink(FILE_), 0);
	expect(FILE_, JK_ERR_NOT_FOUND, "x.conf");
	assert_int_equal(symlink("/etc/passwd", FILE_), 0);
	expect(FILE_, JK_ERR_UNSAFE, "symbolic link");
	assert_int_equal(unlink(FILE_), 0);
	assert_int_equal(mkfifo(FILE_, 0600), 0);
	expect(FILE_, JK_ERR_UNSAFE, "not a regular file");
	assert_int_equal(unlink(FILE_), 0);
	assert_int_equal(mkdir(FILE_, 0755), 0);
	expect(FILE_, JK_ERR_UNSAFE, "not a regular file");
}

static void
test_open_config_unsafe_parent_is_refused(void **state)
{
	(void)state;
	if (!ready)
		skip();
	assert_int_equal(chmod(PRIVATE_DIR "/a", 01777), 0);
	expect(FILE_, JK_ERR_UNSAFE, PRIVATE_DIR "/a: writable by group");
	assert_int_equal(chmod(PRIVATE_DIR "/a", 0755), 0);
	assert_int_equal(chown(DIR, 65534, 0), 0);
	expect(FILE_, JK_ERR_UNSAFE, DIR ": belongs to uid 65534");
	assert_int_equal(chown(DIR, 0, 0), 0);
	assert_int_equal(symlink("a", PRIVATE_DIR "/link"), 0);
	expect(PRIVATE_DIR "/link/b/x.conf", JK_ERR_UNSAFE, "symbolic link");
	expect(PRIVATE_DIR "/a/../a/b/x.conf", JK_ERR_UNSAFE, "'..'");
	expect("a/b/x.conf", JK_ERR_FORMAT, "absolute");
}

static void
test_open_config_other_owner_counts_as_root(void **state)
{
	struct jk_file_fault fault = { 0 };
	int fd = -1;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(chown(FILE_, 65534, 0), 0);
	assert_int_equal(jk_file_open_config(FILE_, 65534, &fd, &fault), JK_OK);
	close(fd);
}

static void
test_read_stops_at_the_limit(void **state)
{
	char *text = NULL;
	size_t len = 7;
	int fd;

	(void)state;
	if (!ready)
		skip();
	fd = open(FILE_, O_RDONLY | O_CLOEXEC);
	assert_int_equal(jk_file_read(fd, 3, &text, &len), JK_ERR_TOO_BIG);
	assert_null(text);
	assert_int_equal(len, 7);
	assert_int_equal(jk_file_read(fd, 4, &text, &len), JK_OK);
	assert_int_equal(len, 4);
	assert_string_equal(text, "[s]\n");
	jk_file_text_free(&text);
	close(fd);
}

static unsigned
count_entries(void)
{
	FILE *f = popen("ls -A " DIR " | wc -l", "r");
	unsigned n = 99;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

static void
test_write_atomic_replaces_with_mode_and_owner(void **state)
{
	struct stat st;
	int dir;

	(void)state;
	if (!ready)
		skip();
	dir = open(DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(jk_file_write_atomic(dir, "x.conf", 0640, 0, 65534,
	                     "new!!", 5),
	    JK_OK);
	assert_int_equal(stat(FILE_, &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_gid, 65534);
	assert_int_equal(count_entries(), 1);
	assert_int_equal(jk_file_write_atomic(dir, "../x", 0640, 0, 0, "", 0),
	    JK_ERR_FORMAT);
	close(dir);
}

static void
test_write_atomic_that_fails_leaves_the_old_one(void **state)
{
	static const char big[4096];
	const struct rlimit small = { 1024, RLIM_INFINITY };
	struct rlimit before;
	struct stat st;
	int dir;
	enum jk_err e;

	(void)state;
	if (!ready)
		skip();
	dir = open(DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	e = jk_file_write_atomic(dir, "x.conf", 0640, 0, 0, big, sizeof(big));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(e, JK_ERR_SYS);
	assert_int_equal(stat(FILE_, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(count_entries(), 1);
	close(dir);
}

static void
test_newfile_seal_whole_but_not_yet_at_its_place(void **state)
{
	JK_CLEANUP(jk_newfile_discard) struct jk_newfile file = { .fd = -1 };
	struct stat st;
	int dir;

	(void)state;
	if (!ready)
		skip();
	dir = open(DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(jk_newfile_open(dir, "y.conf", &file), JK_OK);
	assert_int_equal(jk_file_write(file.fd, "new", 3), JK_OK);
	assert_int_equal(jk_newfile_seal(&file, 0640, 0, 1), JK_OK);
	assert_int_not_equal(access(DIR "/y.conf", F_OK), 0);
	assert_int_equal(jk_newfile_place(&file), JK_OK);
	assert_int_equal(stat(DIR "/y.conf", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_gid, 1);
	assert_int_equal(count_entries(), 2);
	close(dir);
}

static void
test_newfile_place_that_fails_can_be_discarded(void **state)
{
	JK_CLEANUP(jk_newfile_discard) struct jk_newfile file = { .fd = -1 };
	int dir;

	(void)state;
	if (!ready)
		skip();
	dir = open(DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdir(DIR "/y.conf", 0755), 0);
	assert_int_equal(jk_newfile_open(dir, "y.conf", &file), JK_OK);
	assert_int_equal(jk_newfile_seal(&file, 0640, 0, 0), JK_OK);
	assert_int_equal(jk_newfile_place(&file), JK_ERR_SYS);
	assert_int_equal(errno, EISDIR);
	assert_int_not_equal(file.temp[0], '\0');
	jk_newfile_discard(&file);
	assert_int_equal(count_entries(), 2);
	close(dir);
}

static void
test_sweep_removes_only_unfinished_files_of_that_name(void **state)
{
	int dir;

	(void)state;
	if (!ready)
		skip();
	dir = open(DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(write_text(DIR "/.x.conf.0123456789abcdef", "half"));
	assert_true(write_text(DIR "/.y.conf.0123456789abcdef", "other"));
	assert_true(write_text(DIR "/.x.conf.swp", "an editor's"));
	assert_int_equal(jk_newfile_sweep(dir, "x.conf"), JK_OK);
	assert_int_equal(count_entries(), 3);
	assert_int_not_equal(access(DIR "/.x.conf.0123456789abcdef", F_OK), 0);
	close(dir);
}

/* In a process of its own, which has no others: its exit status. */
static int
hold_without(const int *closed, size_t n)
{
	int fd;

	for (size_t i = 0; i < n; i++)
		close(closed[i]);
	if (jk_fd_hold_standard() != JK_OK)
		return 1;
	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return 2;
	for (size_t i = 0; i < n; i++)
		if (closed[i] > 0 && write(closed[i], "x", 1) >= 0)
			return 3;
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd > 2 ? 0 : 4;
}

static void
test_hold_standard_nothing_is_opened_as_one_of_them(void **state)
{
	static const int closed[][3] = { { 1 }, { 2 }, { 0, 1, 2 }, { 0, 2 } };
	static const size_t n[] = { 1, 1, 3, 2 };
	int status;

	(void)state;
	for (size_t i = 0; i < JK_COUNT(closed); i++) {
		const pid_t pid = fork();

		if (pid == 0)
			_exit(hold_without(closed[i], n[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static struct stat
seen(void)
{
	struct stat st;

	assert_return_code(stat(FILE_, &st), errno);
	return st;
}

static void
test_same_is_neither_written_to_nor_replaced(void **state)
{
	struct stat before, after;

	(void)state;
	if (!ready)
		skip();
	before = seen();
	after = seen();
	assert_true(jk_file_is_same(&before, &after));
	assert_true(write_text(FILE_, "[s]\nk = v\n"));
	after = seen();
	assert_false(jk_file_is_same(&before, &after));
	before = after;
	assert_true(write_text(DIR "/new", "[s]\nk = v\n"));
	assert_return_code(rename(DIR "/new", FILE_), errno);
	after = seen();
	assert_false(jk_file_is_same(&before, &after));
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_open_config_good_file_is_opened),
		CASE(test_open_config_unsafe_file_is_refused),
		CASE(test_open_config_unsafe_parent_is_refused),
		CASE(test_open_config_other_owner_counts_as_root),
		CASE(test_read_stops_at_the_limit),
		CASE(test_write_atomic_replaces_with_mode_and_owner),
		CASE(test_write_atomic_that_fails_leaves_the_old_one),
		CASE(test_newfile_seal_whole_but_not_yet_at_its_place),
		CASE(test_newfile_place_that_fails_can_be_discarded),
		CASE(test_same_is_neither_written_to_nor_replaced),
		CASE(test_sweep_removes_only_unfinished_files_of_that_name),
		cmocka_unit_test(
		    test_hold_standard_nothing_is_opened_as_one_of_them),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
