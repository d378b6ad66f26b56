/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whatever happens to a change, at whichever system call: the old state or the
 * new one, and the ledger agrees.
 */
#include "test.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "inject.h"
#include "ledgercheck.h"
#include "registry.h"
#include "scratch.h"

#define OLD  "sent"
#define NEW  "lost"
#define PAGE 4096
/* Of each of two officers. */
#define CHANGES 1000

static bool ready;

/* Processes that valgrind runs make calls of its own. */
static bool
under_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

static int
enter(void **state)
{
	struct injected got;

	(void)state;
	ready = enter_private_place() && !under_valgrind();
	if (ready && !inject_run(getpagesize, INJECT_NOTHING, 0, &got)) {
		ready = false;
		print_message("needs seccomp user notifications\n");
	}
	return 0;
}

/* In the child: the change. 0: done, 1: failed, 2: unknown. */

static int
status(enum jk_err e)
{
	return e == JK_OK ? 0 : e == JK_ERR_TRUNCATED ? 2 : 1;
}

static int
change(bool all)
{
	char name[JK_STORE_PEM_NAME];
	struct jk_store *store = NULL;
	struct jk_store_fault fault;
	struct jk_ledger_head head;
	enum jk_err e = jk_store_open(REGISTRY_DIR, 0, JK_STORE_WRITE,
	    jk_boot_ms() + 10000, &store, &fault);

	if (e == JK_OK && all)
		e = jk_store_certificate(store, "pem", 3, name);
	if (e == JK_OK && all)
		e = registry_stage(store, "card", "c-2", "certificate", name);
	if (e == JK_OK)
		e = registry_stage(store, "card", "c-1", "state", NEW);
	if (e == JK_OK)
		e = registry_commit(store, &head);
	/* What follows cannot make it undone. */
	if (e == JK_OK && all)
		(void)!jk_store_set_recorded(store, head.number);
	jk_store_close(&store);
	return status(e);
}

static int
change_one(void)
{
	return change(false);
}

static int
change_all(void)
{
	return change(true);
}

/* Who is told that it failed tries again, without opening it anew. */
static int
change_again(void)
{
	struct jk_store *store = NULL;
	struct jk_ledger_head head;
	enum jk_err e = registry_open(JK_STORE_WRITE, &store), tried = e;

	if (e == JK_OK)
		tried = registry_stage(store, "card", "c-1", "state", NEW);
	for (unsigned i = 0; i < 3 && e == JK_OK; i++) {
		tried = registry_commit(store, &head);
		if (tried == JK_OK || tried == JK_ERR_TRUNCATED)
			break;
	}
	jk_store_close(&store);
	return status(tried);
}

/* Some pages of registry.conf, and of the ledger. */
static int
change_much(void)
{
	char id[16], value[182];
	struct jk_store *store = NULL;
	struct jk_ledger_head head;
	enum jk_err e = registry_open(JK_STORE_WRITE, &store);

	memset(value, 'v', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	for (unsigned i = 0; i < 40 && e == JK_OK; i++) {
		snprintf(id, sizeof(id), "d-%02u", i);
		e = registry_stage(store, "card", id, "state", value);
	}
	if (e == JK_OK)
		e = registry_stage(store, "card", "c-1", "state", NEW);
	if (e == JK_OK)
		e = registry_commit(store, &head);
	jk_store_close(&store);
	return status(e);
}

/* What stood there before. */

static void
prepare_nothing(void)
{
	registry_make();
}

static void
prepare_old(void)
{
	registry_make();
	assert_int_equal(registry_change("c-1", OLD), JK_OK);
}

/* As a writer killed before the rename leaves it, and half a line behind. */
static void
prepare_behind(void)
{
	size_t len;
	char *conf, *ledger;

	registry_make();
	assert_int_equal(registry_change("c-0", "x"), JK_OK);
	conf = registry_read(AT("registry.conf"), &len);
	assert_int_equal(registry_change("c-1", OLD), JK_OK);
	registry_write(AT("registry.conf"), conf, len);
	registry_write(AT(".registry.conf.0123456789abcdef"), conf, len / 2);
	free(conf);
	ledger = registry_read(AT("ledger"), &len);
	ledger[len] = 'x';
	registry_write(AT("ledger"), ledger, len + 1);
	free(ledger);
}

static const struct scenario {
	const char *name;
	void (*prepare)(void);
	int (*change)(void);
	const char *old;
	uint64_t number; /* of the head, old */
} scenarios[] = {
	{ "first", prepare_nothing, change_one, NULL, 0 },
	{ "later", prepare_old, change_one, OLD, 1 },
	{ "behind", prepare_behind, change_one, OLD, 2 },
	{ "all", prepare_old, change_all, OLD, 1 },
	{ "again", prepare_old, change_again, OLD, 1 },
};

/* What whoever opens it now finds. */
static const char *
read_state(const char *at, uint64_t *ret_number)
{
	struct jk_store *store = NULL;
	const struct jk_textrow *row;
	const char *state = NULL;

	if (registry_open(JK_STORE_READ, &store) != JK_OK)
		fail_msg("%s: cannot be opened", at);
	*ret_number = jk_store_head(store)->number;
	row = jk_store_find(store, "card", "c-1");
	if (row != NULL)
		state =
		    strcmp(jk_textrow_get(row, "state"), NEW) == 0 ? NEW : OLD;
	jk_store_close(&store);
	return state;
}

static void
expect_sound(const char *at, uint64_t number)
{
	struct jk_ledgercheck check;

	assert_int_equal(jk_ledger_check(REGISTRY_DIR, 0, NULL, 0, &check),
	    JK_OK);
	if (check.n_faults > 0)
		fail_msg("%s: %s", at, check.fault[0].text);
	if (check.head.number != number)
		fail_msg("%s: the ledger ends with entry %u, not %u", at,
		    (unsigned)check.head.number, (unsigned)number);
}

static void
expect_whole(const struct scenario *s, const char *at,
    const struct injected *got)
{
	struct scratch dir = { .path = REGISTRY_DIR };
	uint64_t number;
	const char *state = read_state(at, &number);
	bool new = state != NULL &&strcmp(state, NEW) == 0;

	if (!new && (s->old == NULL) != (state == NULL))
		fail_msg("%s: neither old nor new", at);
	if (number != s->number + new)
		fail_msg("%s: entry %u", at, (unsigned)number);
	expect_sound(at, number);
	/* Who was told that it is done, or that it is not, was told right. */
	if (!got->killed && got->status == 0 && !new)
		fail_msg("%s: reported as done", at);
	if (!got->killed && got->status == 1 && new)
		fail_msg("%s: reported as failed", at);
	if (registry_change("c-9", "next") != JK_OK)
		fail_msg("%s: no change is possible afterwards", at);
	expect_sound(at, number + 1);
	if (scratch_count(&dir, ".registry.conf") != 0)
		fail_msg("%s: an unfinished file was left", at);
}

static void
sweep(enum inject what, const char *name)
{
	for (size_t i = 0; i < JK_COUNT(scenarios); i++) {
		const struct scenario *s = &scenarios[i];
		struct injected got;
		unsigned n = 0, unknown = 0;
		char at[64];
		bool reached;

		do {
			snprintf(at, sizeof(at), "%s, %s at call %u", s->name,
			    name, ++n);
			s->prepare();
			reached = inject_run(s->change, what, n, &got);
			expect_whole(s, at, &got);
			unknown += !got.killed && got.status == 2;
		} while (reached);
		/* Without anything injected it was done. */
		assert_int_equal(got.status, 0);
		assert_true(n > 8);
		/* Only when nothing can be written any more. */
		if (what != INJECT_FULL_ON)
			assert_int_equal(unknown, 0);
		print_message("# %s, %s: %u calls\n", s->name, name, n - 1);
	}
}

static void
test_commit_killed_at_any_call_leaves_old_or_new(void **state)
{
	(void)state;
	if (!ready)
		skip();
	sweep(INJECT_KILL, "killed");
}

static void
test_commit_killed_inside_any_write_leaves_old_or_new(void **state)
{
	(void)state;
	if (!ready)
		skip();
	sweep(INJECT_HALF_KILL, "killed half way");
}

static void
test_commit_disk_full_at_any_call_leaves_old_or_new(void **state)
{
	(void)state;
	if (!ready)
		skip();
	sweep(INJECT_FULL, "full");
	sweep(INJECT_HALF_FULL, "full half way");
	sweep(INJECT_HALF_STUCK, "full half way and stuck");
}

static void
test_commit_disk_dead_from_any_call_on_leaves_old_or_new(void **state)
{
	(void)state;
	if (!ready)
		skip();
	sweep(INJECT_FULL_ON, "full from there on");
}

/* A kill does not show what a power cut would: what is not synced is lost. */
static void
test_commit_syncs_each_file_before_it_goes_on(void **state)
{
	static const int later[] = {
		SCMP_SYS(openat), /* the lock */
		SCMP_SYS(openat), SCMP_SYS(write), SCMP_SYS(write),
		SCMP_SYS(fchown), SCMP_SYS(fchmod),
		SCMP_SYS(fsync), /* registry.conf, beside */
		SCMP_SYS(write), SCMP_SYS(fdatasync), /* the ledger */
		SCMP_SYS(renameat), SCMP_SYS(fsync)   /* the directory */
	};
	static const int behind[] = { SCMP_SYS(openat),
		SCMP_SYS(unlinkat),                       /* half a file */
		SCMP_SYS(fdatasync),                      /* another's entry */
		SCMP_SYS(ftruncate), SCMP_SYS(fdatasync), /* half a line */
		SCMP_SYS(openat), SCMP_SYS(write), SCMP_SYS(write),
		SCMP_SYS(fchown), SCMP_SYS(fchmod), SCMP_SYS(fsync),
		SCMP_SYS(renameat), SCMP_SYS(fsync) };
	struct injected got;

	(void)state;
	if (!ready)
		skip();
	prepare_old();
	assert_true(inject_run(change_one, INJECT_NOTHING, 0, &got));
	assert_int_equal(got.calls, JK_COUNT(later));
	assert_memory_equal(got.nr, later, sizeof(later));
	prepare_behind();
	assert_true(inject_run(change_one, INJECT_NOTHING, 0, &got));
	assert_int_equal(got.calls, JK_COUNT(behind) + JK_COUNT(later) - 1);
	assert_memory_equal(got.nr, behind, sizeof(behind));
	assert_memory_equal(got.nr + JK_COUNT(behind), later + 1,
	    sizeof(later) - sizeof(later[0]));
	/* The name of a new ledger lasts before its first entry does. */
	prepare_nothing();
	assert_true(inject_run(change_one, INJECT_NOTHING, 0, &got));
	assert_int_equal(got.calls, JK_COUNT(later) + 2);
	assert_int_equal(got.nr[1], SCMP_SYS(openat));
	assert_int_equal(got.nr[2], SCMP_SYS(fsync));
}

/* Leaves only so many pages of a small disk. */
static void
fill_disk(unsigned left)
{
	int fd = open(AT("filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	off_t n = 0;

	assert_true(fd >= 0);
	while (pwrite(fd, "x", 1, n * PAGE) == 1)
		n++;
	assert_int_equal(errno, ENOSPC);
	assert_true(n > (off_t)left);
	assert_int_equal(ftruncate(fd, (n - (off_t)left) * PAGE), 0);
	close(fd);
}

static void
test_commit_on_a_small_disk_leaves_old_or_new(void **state)
{
	const struct scenario s = { "small", NULL, NULL, OLD, 1 };
	const unsigned pages = 12;
	unsigned done = 0;

	(void)state;
	if (!ready)
		skip();
	for (unsigned left = 0; left < pages; left++) {
		struct injected got = { 0 };
		char at[32];

		snprintf(at, sizeof(at), "%u pages left", left);
		registry_make();
		assert_int_equal(mount("tmpfs", REGISTRY_DIR, "tmpfs", 0,
		                     "mode=0700,size=128k"),
		    0);
		assert_int_equal(registry_change("c-1", OLD), JK_OK);
		fill_disk(left);
		got.status = change_much();
		done += got.status == 0;
		assert_int_equal(unlink(AT("filler")), 0);
		expect_whole(&s, at, &got);
		assert_int_equal(umount(REGISTRY_DIR), 0);
	}
	/* Both ends of the way were seen. */
	assert_in_range(done, 1, pages - 4);
	print_message("# full with up to %u pages left\n", pages - done - 1);
}

/* More than the ledger takes in one line. */
static void
test_commit_larger_than_a_line_changes_nothing(void **state)
{
	const struct scenario s = { "large", NULL, NULL, OLD, 1 };
	const struct injected refused = { .status = 1 };
	struct jk_store *store = NULL;
	struct jk_ledger_head head;
	char id[16], value[182];

	(void)state;
	if (!ready)
		skip();
	prepare_old();
	memset(value, 'v', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	assert_int_equal(registry_open(JK_STORE_WRITE, &store), JK_OK);
	for (unsigned i = 0; i < JK_LEDGER_LINE_MAX / sizeof(value); i++) {
		snprintf(id, sizeof(id), "d-%06u", i);
		assert_int_equal(registry_stage(store, "card", id, "state",
		                     value),
		    JK_OK);
	}
	assert_int_equal(registry_commit(store, &head), JK_ERR_TOO_BIG);
	jk_store_close(&store);
	expect_whole(&s, "large", &refused);
}

static void
officer(unsigned who)
{
	for (unsigned i = 0; i < CHANGES; i++) {
		char id[16], value[16];

		snprintf(id, sizeof(id), "%c-%04u", 'a' + (char)who, i);
		snprintf(value, sizeof(value), "%u", i);
		if (registry_change(id, value) != JK_OK)
			_exit(1);
	}
	_exit(0);
}

/* Reads all the while: what was once there stays, and nothing is blamed. */
static void
onlooker(void)
{
	uint64_t last = 0;

	while (last < 2 * CHANGES) {
		struct jk_store *store = NULL;
		uint64_t number;

		if (registry_open(JK_STORE_READ, &store) != JK_OK)
			_exit(1);
		number = jk_store_head(store)->number;
		if (number < last || jk_store_count(store) != number)
			_exit(2);
		last = number;
		jk_store_close(&store);
		usleep(10000);
	}
	_exit(0);
}

static void
test_commit_two_officers_at_once_lose_nothing(void **state)
{
	struct jk_store *store = NULL;
	int64_t began = jk_boot_ms();
	pid_t pid[3];
	int status;

	(void)state;
	if (!ready)
		skip();
	registry_make();
	for (unsigned i = 0; i < 3; i++) {
		pid[i] = fork();
		if (pid[i] == 0 && i < 2)
			officer(i);
		if (pid[i] == 0)
			onlooker();
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			fail_msg("process %u: status %d", i, status);
	}
	print_message("# %d changes in %d ms\n", 2 * CHANGES,
	    (int)(jk_boot_ms() - began));
	assert_int_equal(registry_open(JK_STORE_READ, &store), JK_OK);
	assert_int_equal(jk_store_count(store), 2 * CHANGES);
	for (unsigned who = 0; who < 2; who++)
		for (unsigned i = 0; i < CHANGES; i++) {
			char id[16];
			const struct jk_textrow *row;

			snprintf(id, sizeof(id), "%c-%04u", 'a' + (char)who, i);
			row = jk_store_find(store, "card", id);
			assert_non_null(row);
			assert_int_equal(strtol(jk_textrow_get(row, "state"),
			                     NULL, 10),
			    i);
		}
	jk_store_close(&store);
	expect_sound("two officers", 2 * CHANGES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_commit_killed_at_any_call_leaves_old_or_new),
		cmocka_unit_test(
		    test_commit_killed_inside_any_write_leaves_old_or_new),
		cmocka_unit_test(
		    test_commit_disk_full_at_any_call_leaves_old_or_new),
		cmocka_unit_test(
		    test_commit_disk_dead_from_any_call_on_leaves_old_or_new),
		cmocka_unit_test(test_commit_syncs_each_file_before_it_goes_on),
		cmocka_unit_test(test_commit_on_a_small_disk_leaves_old_or_new),
		cmocka_unit_test(
		    test_commit_larger_than_a_line_changes_nothing),
		cmocka_unit_test(test_commit_two_officers_at_once_lose_nothing),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
