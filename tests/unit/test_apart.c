/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jukinet/policy.h>

#include "apart.h"
#include "clock.h"

/* What this process was told by the other. */
struct told {
	unsigned rows, warnings;
	uint64_t serial;
	int enough; /* after so many rows; 0: never */
};

static int
on_row(void *ctx, const struct jukinet_policy_row *row)
{
	struct told *told = ctx;

	assert_string_equal(row->kind, "person");
	told->rows++;
	return told->enough > 0 && told->rows >= (unsigned)told->enough;
}

static void
on_serial(void *ctx, uint64_t serial)
{
	((struct told *)ctx)->serial = serial;
}

static void
on_note(void *ctx, const char *place, unsigned line, const char *text)
{
	(void)place;
	(void)line;
	assert_true(strlen(text) > 0);
	((struct told *)ctx)->warnings++;
}

static int
run(struct told *told, jk_apart_fn *work, const void *what)
{
	const struct jukinet_policy_host host = {
		.version = JUKINET_POLICY_VERSION,
		.size = sizeof(host),
		.timeout_ms = 700,
		.ctx = told,
		.yield = on_row,
		.serial = on_serial,
		.error = on_note,
		.warning = on_note,
	};
	int status = jk_apart_run(&host, work, what);

	/* Nothing is left of it. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return status;
}

static int
tell(const struct jukinet_policy_host *host, const void *what)
{
	const struct jukinet_policy_row row = { .kind = "person", .id = "p" };
	const unsigned *n = what;

	for (unsigned i = 0; i < *n; i++)
		if (host->yield(host->ctx, &row) != 0)
			return JUKINET_POLICY_UNAVAIL;
	host->serial(host->ctx, (uint64_t)getpid());
	return JUKINET_POLICY_NOTFOUND;
}

static void
test_run_passes_on_what_the_child_tells(void **state)
{
	const unsigned n = 100000;
	struct told told = { 0 };

	(void)state;
	assert_int_equal(run(&told, tell, &n), JUKINET_POLICY_NOTFOUND);
	assert_int_equal(told.rows, n);
	assert_true(told.serial != 0 && told.serial != (uint64_t)getpid());
	assert_int_equal(told.warnings, 0);
}

static void
test_run_stops_when_the_host_has_enough(void **state)
{
	const unsigned n = 1000000;
	struct told told = { .enough = 3 };

	(void)state;
	assert_int_equal(run(&told, tell, &n), JUKINET_POLICY_UNAVAIL);
	assert_int_equal(told.rows, 3);
}

static int
hang(const struct jukinet_policy_host *host, const void *what)
{
	(void)what;
	host->warning(host->ctx, NULL, 0, "about to hang");
	signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
	return JUKINET_POLICY_SUCCESS;
}

static void
test_run_ends_a_child_that_hangs(void **state)
{
	struct told told = { 0 };
	int64_t begun = jk_boot_ms();

	(void)state;
	assert_int_equal(run(&told, hang, NULL), JUKINET_POLICY_TRYAGAIN);
	assert_true(jk_boot_ms() - begun < 700 + 600);
	assert_int_equal(told.warnings, 2);
}

static int
tell_for_ever(const struct jukinet_policy_host *host, const void *what)
{
	const unsigned n = 1000;

	for (;;)
		(void)tell(host, what != NULL ? what : &n);
	return JUKINET_POLICY_SUCCESS;
}

static void
test_run_ends_a_child_that_never_stops_talking(void **state)
{
	struct told told = { 0 };
	int64_t begun = jk_boot_ms();

	(void)state;
	assert_int_equal(run(&told, tell_for_ever, NULL),
	    JUKINET_POLICY_TRYAGAIN);
	assert_true(jk_boot_ms() - begun < 700 + 900);
}

static int
crash(const struct jukinet_policy_host *host, const void *what)
{
	(void)host;
	(void)what;
	kill(getpid(), SIGKILL);
	return JUKINET_POLICY_SUCCESS;
}

static int
leave(const struct jukinet_policy_host *host, const void *what)
{
	(void)host;
	(void)what;
	_exit(0);
}

static void
test_run_child_that_dies_is_unavailable(void **state)
{
	struct told told = { 0 };

	(void)state;
	assert_int_equal(run(&told, crash, NULL), JUKINET_POLICY_UNAVAIL);
	assert_int_equal(told.warnings, 1);
	assert_int_equal(run(&told, leave, NULL), JUKINET_POLICY_UNAVAIL);
	assert_int_equal(told.warnings, 2);
}

static int
return_nonsense(const struct jukinet_policy_host *host, const void *what)
{
	(void)host;
	(void)what;
	return 77;
}

static void
test_run_unknown_status_is_unavailable(void **state)
{
	struct told told = { 0 };

	(void)state;
	assert_int_equal(run(&told, return_nonsense, NULL),
	    JUKINET_POLICY_UNAVAIL);
	assert_int_equal(told.warnings, 1);
}

/* How the child stands: a bit for each thing that should not be. */
static int
look(const struct jukinet_policy_host *host, const void *what)
{
	uint64_t faults = 0;

	(void)what;
	faults |= getenv("LDAPTLS_REQCERT") != NULL ? 1 : 0;
	faults |= getenv("LDAPNOINIT") == NULL ? 2 : 0;
	faults |= prctl(PR_GET_DUMPABLE) != 0 ? 4 : 0;
	faults |= signal(SIGPIPE, SIG_IGN) != SIG_IGN ? 8 : 0;
	/* Dates are read in the same zone on both sides. */
	faults |=
	    getenv("TZ") == NULL || strcmp(getenv("TZ"), "X-9") != 0 ? 16 : 0;
	host->serial(host->ctx, faults + 100);
	return JUKINET_POLICY_SUCCESS;
}

static void
test_run_child_has_no_environment_and_leaves_no_core(void **state)
{
	struct told told = { 0 };

	(void)state;
	assert_int_equal(setenv("LDAPTLS_REQCERT", "never", 1), 0);
	assert_int_equal(setenv("TZ", "X-9", 1), 0);
	assert_int_equal(run(&told, look, NULL), JUKINET_POLICY_SUCCESS);
	assert_int_equal(told.serial, 100);
	/* Of the caller nothing has changed. */
	assert_string_equal(getenv("LDAPTLS_REQCERT"), "never");
	assert_null(getenv("LDAPNOINIT"));
	assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run_passes_on_what_the_child_tells),
		cmocka_unit_test(test_run_stops_when_the_host_has_enough),
		cmocka_unit_test(test_run_ends_a_child_that_hangs),
		cmocka_unit_test(
		    test_run_ends_a_child_that_never_stops_talking),
		cmocka_unit_test(test_run_child_that_dies_is_unavailable),
		cmocka_unit_test(test_run_unknown_status_is_unavailable),
		cmocka_unit_test(
		    test_run_child_has_no_environment_and_leaves_no_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
