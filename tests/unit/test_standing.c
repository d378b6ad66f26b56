/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "process.h"
#include "scratch.h"
#include "standing.h"

#define UID 2001

static const struct jk_grant grant = {
	.account = "hanako",
	.uid = UID,
	.person = "p0123",
	.opid = "m0123-2",
	.type = "moving-desk",
	.department = "shimin",
	.card = "c-0042",
	.key = { 4, 5, 6 },
	.method = JK_METHOD_CARD_PIN,
	.terminal = "shimin-03",
};

/* As jk_standing_open() leaves it, without the notices. */
static void
begin(const struct scratch *p, struct jk_standing *ret)
{
	*ret = (struct jk_standing){ .dir = p->dir, .uid = UID, .lost = true,
		.inotify_fd = -1, .file = -1 };
	(void)snprintf(ret->name, sizeof(ret->name), "session.%u", UID);
}

static void
make_session(struct jk_session *ret)
{
	struct jk_leader me = { .pid = (uint64_t)getpid() };

	assert_int_equal(jk_process_start(getpid(), &me.start), JK_OK);
	assert_int_equal(jk_session_new(&grant, &me, ret), JK_OK);
}

/* Each is another file, however soon it comes. */
static void
test_standing_sees_each_change(void **state)
{
	struct jk_standing seen;
	struct jk_session s;
	struct scratch p;

	(void)state;
	scratch_make(&p);
	begin(&p, &seen);
	make_session(&s);
	for (unsigned i = 0; i < 200; i++) {
		const enum jk_session_state now =
		    i % 2 == 0 ? JK_SESSION_ACTIVE : JK_SESSION_LOCKED;

		jk_session_set(&s, now, JK_CAUSE_NONE);
		assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
		assert_true(jk_standing_look(&seen));
		assert_int_equal(seen.session.state, now);
		assert_false(jk_standing_look(&seen));
	}
	jk_standing_close(&seen);
	scratch_remove(&p);
}

/* Whoever was to end a confirmation is dead: nobody writes that it is over. */
static void
test_standing_sees_the_end_of_a_confirmation(void **state)
{
	struct jk_standing seen;
	struct jk_session s;
	struct scratch p;

	(void)state;
	scratch_make(&p);
	begin(&p, &seen);
	make_session(&s);
	jk_session_set(&s, JK_SESSION_CONFIRMING, JK_CAUSE_CONFIRM);
	s.keeper = s.leader[0];
	s.changed_ms = jk_boot_ms() - JK_CONFIRMING_MS + 200;
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_true(jk_standing_look(&seen));
	assert_int_equal(seen.session.state, JK_SESSION_CONFIRMING);
	(void)usleep(250000);
	(void)jk_standing_look(&seen);
	assert_int_equal(seen.session.state, JK_SESSION_LOCKED);
	jk_standing_close(&seen);
	scratch_remove(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standing_sees_each_change),
		cmocka_unit_test(test_standing_sees_the_end_of_a_confirmation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
