/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person has confirmed is shown to him, each once, whoever comes at one
 * moment. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "confirmed.h"
#include "frame.h"
#include "protocol.h"
#include "reply.h"
#include "scratch.h"
#include "state.h"
#include "worker.h"

#define PERSON "p0124"
#define EACH   25

static const struct jk_query query = { .action = JK_ACTION_INPUT,
	.business = JK_BIZ_MOVING };

static enum jk_err
keep(const struct scratch *p, const char *asker)
{
	return jk_confirmed_keep(p->dir, PERSON, asker, "shimin-03", "R08-1",
	    &query);
}

static pid_t
start_keeping(const struct scratch *p, const char *asker)
{
	const struct timespec pause = { .tv_nsec = 3000000 };
	const pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (int i = 0; i < EACH; i++) {
		if (keep(p, asker) != JK_OK)
			_exit(1);
		/* Else the other one is seldom in time to take the lock. */
		(void)nanosleep(&pause, NULL);
	}
	_exit(0);
}

static void
expect_end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Called instead: what a login shows. */
static struct {
	unsigned shown;
	char what[256]; /* of the last one */
	int go; /* somebody else confirms when it is closed; 0: nobody */
} seen;

static void
note_what(const struct jk_params *params)
{
	seen.what[0] = '\0';
	for (size_t i = 0; i < params->n; i++)
		if (strcmp(params->param[i].name, "date") != 0 &&
		    strcmp(params->param[i].name, "time") != 0) {
			strcat(seen.what, params->param[i].value);
			strcat(seen.what, " ");
		}
}

enum jk_err __wrap_jk_reply_note(struct jk_worker *w, const char *message,
    const struct jk_params *params);

enum jk_err
__wrap_jk_reply_note(struct jk_worker *w, const char *message,
    const struct jk_params *params)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	unsigned more;

	(void)w;
	if (strcmp(message, "confirm.shown") == 0) {
		seen.shown++;
		note_what(params);
	} else {
		assert_string_equal(message, "confirm.more");
		assert_int_equal(sscanf(params->param[0].value, "%u", &more),
		    1);
		seen.shown += more;
	}
	if (seen.go > 0) {
		close(seen.go);
		seen.go = 0;
		(void)nanosleep(&pause, NULL);
	}
	return JK_OK;
}

/* In a process of its own, when its end of the pipe is closed. */
static pid_t
wait_to_keep(const struct scratch *p)
{
	int pipe_fd[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(pipe_fd), 0);
	pid = fork();
	if (pid == 0) {
		close(pipe_fd[1]);
		(void)!read(pipe_fd[0], &c, 1);
		_exit(keep(p, "p0125") != JK_OK);
	}
	close(pipe_fd[0]);
	seen.go = pipe_fd[1];
	return pid;
}

/* How many of them he is told of, by one login. */
static unsigned
log_in(const struct scratch *p)
{
	struct jk_worker w = { .fd = -1, .keep_dir = p->dir };

	seen.shown = 0;
	jk_confirmed_tell(&w, PERSON);
	return seen.shown;
}

static void
test_confirmed_by_two_at_once_are_all_kept(void **state)
{
	struct scratch p;
	pid_t one, two;

	(void)state;
	scratch_make(&p);
	one = start_keeping(&p, "p0123");
	two = start_keeping(&p, "p0125");
	expect_end(one);
	expect_end(two);
	assert_int_equal(log_in(&p), 2 * EACH);
	assert_int_equal(log_in(&p), 0);
	scratch_remove(&p);
}

static void
test_confirmed_while_others_are_shown_stays(void **state)
{
	struct scratch p;
	pid_t pid;

	(void)state;
	scratch_make(&p);
	assert_int_equal(keep(&p, "p0123"), JK_OK);
	pid = wait_to_keep(&p);
	assert_int_equal(log_in(&p), 1);
	expect_end(pid);
	assert_int_equal(log_in(&p), 1);
	assert_int_equal(log_in(&p), 0);
	scratch_remove(&p);
}

static void
test_confirmed_too_many_refuses_the_next(void **state)
{
	struct scratch p;

	(void)state;
	scratch_make(&p);
	for (int i = 0; i < JK_CONFIRMED_MAX; i++)
		assert_int_equal(keep(&p, "p0123"), JK_OK);
	assert_int_equal(keep(&p, "p0123"), JK_ERR_TOO_BIG);
	scratch_remove(&p);
}

/* Two of one business and act are told apart; an older version's line counts. */
static void
test_confirmed_is_told_from_another(void **state)
{
	struct jk_query two = query;
	struct jk_frame *f;
	struct scratch p;

	(void)state;
	scratch_make(&p);
	two.has_count = true;
	two.count = UINT64_MAX;
	assert_int_equal(jk_confirmed_keep(p.dir, PERSON, "p0123", "shimin-03",
	                     "R08-1121-014", &two),
	    JK_OK);
	assert_int_equal(log_in(&p), 1);
	assert_string_equal(seen.what, "p0123 moving input R08-1121-014 "
	                               "18446744073709551615 ");
	assert_int_equal(jk_confirmed_keep(p.dir, PERSON, "p0123", "shimin-03",
	                     "", &query),
	    JK_OK);
	assert_int_equal(log_in(&p), 1);
	assert_string_equal(seen.what, "p0123 moving input - - ");
	assert_int_equal(jk_frame_new(&f), JK_OK);
	jk_frame_start(f, JK_FRAME_STATE_CONFIRMED);
	assert_int_equal(jk_frame_put_str(f, JK_FIELD_PARAM,
	                     "1795298607 shimin-03 p0123 moving input"),
	    JK_OK);
	assert_int_equal(jk_state_keep(p.dir, "confirmed." PERSON, f), JK_OK);
	jk_frame_free(&f);
	assert_int_equal(log_in(&p), 1);
	assert_string_equal(seen.what, "p0123 moving input ? ? ");
	scratch_remove(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confirmed_by_two_at_once_are_all_kept),
		cmocka_unit_test(test_confirmed_while_others_are_shown_stays),
		cmocka_unit_test(test_confirmed_is_told_from_another),
		cmocka_unit_test(test_confirmed_too_many_refuses_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
