/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
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
	*ret = (struct jk_standing){ .dir = p->dir,
		.uid = UID,
		.lost = true,
		.inotify_fd = -1,
		.file = -1 };
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

/* No new file can be made there any more: what stands there is overwritten. */
static void
fill(const struct scratch *p)
{
	char name[32];

	(void)snprintf(name, sizeof(name), ".new.%d", (int)getpid());
	assert_int_equal(mkdirat(p->dir, name, 0700), 0);
}

static void
make_room(const struct scratch *p)
{
	char name[32];

	(void)snprintf(name, sizeof(name), ".new.%d", (int)getpid());
	assert_int_equal(unlinkat(p->dir, name, AT_REMOVEDIR), 0);
}

/* As the tmpfs of a kernel before 6.13 does it, ramfs writes down times that are
 * the same for milliseconds. */
static void
test_standing_sees_what_is_overwritten_at_once(void **state)
{
	struct jk_standing seen;
	struct jk_session s;
	struct scratch p;

	(void)state;
	scratch_make(&p);
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", p.path, "ramfs", 0, NULL) != 0) {
		scratch_remove(&p);
		skip();
	}
	close(p.dir);
	p.dir = open(p.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(p.dir >= 0);
	begin(&p, &seen);
	make_session(&s);
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	fill(&p);
	for (unsigned i = 0; i < 100; i++) {
		const enum jk_session_state now =
		    i % 2 == 0 ? JK_SESSION_LOCKED : JK_SESSION_ACTIVE;

		(void)jk_standing_look(&seen);
		jk_session_set(&s, now, JK_CAUSE_NONE);
		assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
		assert_true(jk_standing_look(&seen));
		assert_int_equal(seen.session.state, now);
	}
	make_room(&p);
	jk_standing_close(&seen);
	close(p.dir);
	assert_int_equal(umount(p.path), 0);
	(void)rmdir(p.path);
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
	s.changed_ms = jk_boot_ms() - JK_CONFIRMING_MS + 2000;
	assert_int_equal(jk_session_store(p.dir, &s), JK_OK);
	assert_true(jk_standing_look(&seen));
	assert_int_equal(seen.session.state, JK_SESSION_CONFIRMING);
	while (jk_boot_ms() <= s.changed_ms + JK_CONFIRMING_MS)
		(void)usleep(10000);
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
		cmocka_unit_test(
		    test_standing_sees_what_is_overwritten_at_once),
		cmocka_unit_test(test_standing_sees_the_end_of_a_confirmation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
