/* SPDX-License-Identifier: BSD-2-Clause */
/* What dead workers have left is voided, whoever else is alive. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "flight.h"
#include "recorder.h"
#include "scratch.h"
#include "write.h"

static unsigned voids;

/* In place of the kernel's log: nobody reads there what was voided. */
enum jk_err
jk_record_send(int audit_fd, const struct jk_record *record)
{
	(void)audit_fd;
	voids += record->op == JK_OP_VOID;
	return JK_OK;
}

static void
leave(const struct scratch *p, size_t n)
{
	struct jk_recorder dead = { .mode = JK_RECORDING_WITNESSED,
		.state_dir = p->dir,
		.audit_fd = -1 };
	char id[JK_ID_LEN + 1];

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(jk_id_new(id), JK_OK);
		jk_recorder_disown(&dead, id);
	}
}

static struct jk_recorder
recorder(const struct scratch *p)
{
	return (struct jk_recorder){ .mode = JK_RECORDING_KERNEL,
		.state_dir = p->dir,
		.keep_dir = p->dir,
		.audit_fd = -1,
		.witness = { .fd = -1 },
		.announced = -1 };
}

static void
test_recorder_settles_beside_the_living(void **state)
{
	struct jk_flight living[32];
	struct jk_recorder r;
	struct scratch p;

	(void)state;
	scratch_make(&p);
	r = recorder(&p);
	for (size_t i = 0; i < JK_COUNT(living); i++) {
		assert_int_equal(jk_flight_open(p.dir, &living[i]), JK_OK);
		jk_flight_put(&living[i], 0, "0123456789abcdef");
	}
	/* In whatever order a directory is read. */
	for (int round = 0; round < 16; round++) {
		leave(&p, 1);
		voids = 0;
		jk_recorder_settle(&r);
		assert_int_equal(voids, 1);
		assert_int_equal(scratch_count(&p, "pending."), 0);
	}
	assert_int_equal(scratch_count(&p, "flight."), JK_COUNT(living));
	for (size_t i = 0; i < JK_COUNT(living); i++) {
		jk_flight_clear(&living[i], 0);
		jk_flight_close(&living[i]);
	}
	scratch_remove(&p);
}

/* Otherwise who hangs up again and again leaves more than anybody settles. */
static void
test_recorder_settles_more_than_one_can_leave(void **state)
{
	struct jk_recorder r;
	struct scratch p;

	(void)state;
	scratch_make(&p);
	r = recorder(&p);
	for (int round = 0; round < 4; round++) {
		leave(&p, JK_USE_FLIGHT);
		jk_recorder_settle(&r);
		assert_int_equal(scratch_count(&p, "pending."), 0);
	}
	scratch_remove(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorder_settles_beside_the_living),
		cmocka_unit_test(test_recorder_settles_more_than_one_can_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
