/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "secret.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

/* The flags that the kernel keeps for the mapping that holds p. */
static void
vm_flags_of(const void *p, char *ret, size_t size)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	char line[512];
	bool inside = false;

	assert_non_null(f);
	ret[0] = '\0';
	while (fgets(line, sizeof(line), f) != NULL) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(ret, size, "%s", line);
	}
	fclose(f);
}

static void
test_secret_set_is_out_of_core_and_fork(void **state)
{
	struct jk_secret secret = { 0 };
	char flags[512];

	(void)state;
	assert_int_equal(jk_secret_set(&secret, "123456", 6), JK_OK);
	vm_flags_of(secret.data, flags, sizeof(flags));
	assert_non_null(strstr(flags, " dd")); /* left out of core files */
	assert_non_null(strstr(flags, " dc")); /* not copied on fork */
#if !SANITIZED /* where mlock() is an empty function */
	assert_non_null(strstr(flags, " lo")); /* locked */
#endif
	jk_secret_clear(&secret);
	assert_null(secret.data);
	jk_secret_clear(&secret);
}

static void
test_secret_set_too_long_leaves_old(void **state)
{
	struct jk_secret secret = { 0 };
	char big[JK_PIN_MAX + 1] = { 0 };

	(void)state;
	assert_int_equal(jk_secret_set(&secret, "1234", 4), JK_OK);
	assert_int_equal(jk_secret_set(&secret, big, sizeof(big)),
	    JK_ERR_TOO_BIG);
	assert_int_equal(secret.len, 4);
	assert_memory_equal(secret.data, "1234", 4);
	jk_secret_clear(&secret);
}

static void
test_secret_equal_compares_all(void **state)
{
	struct jk_secret a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(jk_secret_set(&a, "1234", 4), JK_OK);
	assert_int_equal(jk_secret_set(&b, "1235", 4), JK_OK);
	assert_false(jk_secret_equal(&a, &b));
	assert_int_equal(jk_secret_set(&b, "1234", 4), JK_OK);
	assert_true(jk_secret_equal(&a, &b));
	assert_int_equal(jk_secret_set(&b, "123", 3), JK_OK);
	assert_false(jk_secret_equal(&a, &b));
	jk_secret_clear(&a);
	jk_secret_clear(&b);
}

/* The page itself goes back to the kernel: nothing is left to be read. */
static void
test_secret_clear_unmaps_the_page(void **state)
{
	struct jk_secret secret = { 0 };
	unsigned char resident;
	uint8_t *page;

	(void)state;
	assert_int_equal(jk_secret_set(&secret, "74920183", 8), JK_OK);
	page = secret.data;
	jk_secret_clear(&secret);
	assert_int_equal(mincore(page, 1, &resident), -1);
	assert_int_equal(errno, ENOMEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secret_set_is_out_of_core_and_fork),
		cmocka_unit_test(test_secret_set_too_long_leaves_old),
		cmocka_unit_test(test_secret_equal_compares_all),
		cmocka_unit_test(test_secret_clear_unmaps_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
