/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "known.h"
#include "scratch.h"

static const uint8_t cert[JK_DIGEST_LEN] = { 0x5a, 1, 2, 3 };
static const uint8_t other[JK_DIGEST_LEN] = { 0xa5 };

static struct jk_cur
identity(const char *text)
{
	return (struct jk_cur){ (const uint8_t *)text, strlen(text) };
}

static void
test_known_after_it_was_kept(void **state)
{
	uint8_t got[JK_DIGEST_LEN] = { 0 };
	struct scratch p;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_known_find(p.dir, "piv", identity("a"), got),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_known_keep(p.dir, "piv", identity("a"), cert),
	    JK_OK);
	assert_int_equal(jk_known_find(p.dir, "piv", identity("a"), got),
	    JK_OK);
	assert_memory_equal(got, cert, sizeof(cert));
	/* Another card, and another kind of card that says the same. */
	assert_int_equal(jk_known_find(p.dir, "piv", identity("b"), got),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_known_find(p.dir, "jpki", identity("a"), got),
	    JK_ERR_NOT_FOUND);
	/* The last certificate counts. */
	assert_int_equal(jk_known_keep(p.dir, "piv", identity("a"), other),
	    JK_OK);
	assert_int_equal(jk_known_find(p.dir, "piv", identity("a"), got),
	    JK_OK);
	assert_memory_equal(got, other, sizeof(other));
	assert_int_equal(scratch_count(&p, "card."), 1);
	jk_known_forget(p.dir, "piv", identity("a"));
	jk_known_forget(p.dir, "piv", identity("a"));
	assert_int_equal(scratch_count(&p, ""), 0);
	scratch_remove(&p);
}

/* The boundary between kind and identity is part of the name. */
static void
test_known_kind_and_identity_do_not_run_together(void **state)
{
	uint8_t got[JK_DIGEST_LEN];
	struct scratch p;

	(void)state;
	scratch_make(&p);
	assert_int_equal(jk_known_keep(p.dir, "pi", identity("va"), cert),
	    JK_OK);
	assert_int_equal(jk_known_find(p.dir, "piv", identity("a"), got),
	    JK_ERR_NOT_FOUND);
	scratch_remove(&p);
}

static void
test_known_has_an_end(void **state)
{
	char name[32];
	struct scratch p;

	(void)state;
	scratch_make(&p);
	for (int i = 0; i < JK_KNOWN_MAX - 1; i++) {
		int fd;

		snprintf(name, sizeof(name), "card.%d", i);
		fd = openat(p.dir, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	assert_int_equal(jk_known_keep(p.dir, "piv", identity("a"), cert),
	    JK_OK);
	assert_int_equal(jk_known_keep(p.dir, "piv", identity("b"), cert),
	    JK_ERR_TOO_BIG);
	assert_int_equal(scratch_count(&p, "card."), JK_KNOWN_MAX);
	jk_known_forget(p.dir, "piv", identity("a"));
	assert_int_equal(jk_known_keep(p.dir, "piv", identity("b"), cert),
	    JK_OK);
	scratch_remove(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_after_it_was_kept),
		cmocka_unit_test(
		    test_known_kind_and_identity_do_not_run_together),
		cmocka_unit_test(test_known_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
