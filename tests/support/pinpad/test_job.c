/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands that PINs and structures make, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "defs.h"
#include "job.h"

#define HEX_MAX (2 * PP_APDU_MAX + 1)

/* Only bytes of the table: what is odd in it shows in the comparison. */
static size_t
unhex(const char *hex, uint8_t *ret)
{
	size_t len = strlen(hex) / 2;
	unsigned byte;

	for (size_t i = 0; i < len; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			fail_msg("%s", hex);
		ret[i] = (uint8_t)byte;
	}
	return len;
}

static void
hex_of(const uint8_t *data, size_t len, char ret[HEX_MAX])
{
	ret[0] = '\0';
	for (size_t i = 0; i < len; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", data[i]);
}

static struct pp_pin
pin_of(const char *digits)
{
	struct pp_pin pin = { .len = strlen(digits) };

	memcpy(pin.digits, digits, pin.len);
	return pin;
}

static void
expect(const char *name, const struct pp_job *job, const char *old,
    const char *new, const char *want)
{
	struct pp_pin first = pin_of(old), second = pin_of(new);
	uint8_t apdu[PP_APDU_MAX];
	char said[HEX_MAX];

	hex_of(apdu,
	    pp_job_build(job, *old != '\0' ? &first : NULL, &second, apdu),
	    said);
	if (strcmp(said, want) != 0)
		fail_msg("%s: %s, not %s", name, said, want);
}

/* The head of the structure up to bmPINLengthFormat is given, and the APDU. */
static void
test_verify_builds_the_command(void **state)
{
	static const struct {
		const char *name, *head, *range, *apdu, *pin, *want;
	} rows[] = {
		{ "PIV", "0a00820800", "0806", "0020008008ffffffffffffffff",
		    "123456", "0020008008313233343536ffff" },
		{ "PIV, position in bits", "0a00020800", "0806",
		    "0020008008ffffffffffffffff", "12345678",
		    "00200080083132333435363738" },
		{ "right justified", "0a00860800", "0806",
		    "0020008008ffffffffffffffff", "123456",
		    "0020008008ffff313233343536" },
		{ "no data yet", "0a00820000", "0f04", "00200001", "12345",
		    "00200001053132333435" },
		{ "no block size", "0a00820000", "0804",
		    "0020000108ffffffffffffffff", "12345",
		    "00200001083132333435ffffff" },
		{ "BCD", "0a00810400", "0804", "0020000104ffffffff", "123456",
		    "0020000104123456ff" },
		{ "BCD, odd", "0a00810400", "0804", "0020000104ffffffff",
		    "12345", "002000010412345fff" },
		{ "BCD, right", "0a00850400", "0804", "0020000104ffffffff",
		    "12345", "0020000104fff12345" },
		{ "BCD, no data yet", "0a00810000", "0804", "00200001", "12345",
		    "002000010312345f" },
		{ "format 2 block", "0a00414704", "0c04",
		    "002000010820ffffffffffffff", "123456",
		    "002000010826123456ffffffff" },
		{ "length byte in front", "0a008a8800", "0804",
		    "002000010900ffffffffffffffff", "1234",
		    "00200001090431323334ffffffff" },
		{ "length byte behind", "0a00828818", "0804",
		    "0020000109ffffffffffffffff00", "1234",
		    "002000010931323334ffffffff04" },
		{ "in the midst", "0a00920600", "0604",
		    "002000010a0102ffffffffffff0304", "1234",
		    "002000010a010231323334ffff0304" },
	};

	(void)state;
	for (size_t i = 0; i < PP_COUNT(rows); i++) {
		uint8_t request[64];
		char text[160];
		struct pp_job job = { 0 };
		enum pp_err e;

		(void)snprintf(text, sizeof(text),
		    "%s%s02ff110400000000%02zx000000%s", rows[i].head,
		    rows[i].range, strlen(rows[i].apdu) / 2, rows[i].apdu);
		e = pp_job_read_verify(request, unhex(text, request), &job);
		if (e != PP_OK)
			fail_msg("%s: %s", rows[i].name, pp_err_text(e));
		expect(rows[i].name, &job, "", rows[i].pin, rows[i].want);
	}
}

/* From bInsertionOffsetOld to bNumberMessage, and the APDU. */
static void
test_modify_builds_the_command(void **state)
{
	static const struct {
		const char *name, *head, *middle, *apdu, *old, *new, *want;
	} rows[] = {
		{ "PIV", "0a00820800", "000808060302ff",
		    "0024008010ffffffffffffffffffffffffffffffff", "123456",
		    "87654321", "0024008010313233343536ffff3837363534333231" },
		{ "the new one first", "0a00820800", "080008060302ff",
		    "0024008010ffffffffffffffffffffffffffffffff", "123456",
		    "87654321", "00240080103837363534333231313233343536ffff" },
		{ "only a new one", "0a00820800", "00000806010200",
		    "0024018008ffffffffffffffff", "", "87654321",
		    "00240180083837363534333231" },
		{ "format 2 blocks", "0a00414704", "00080c040302ff",
		    "002400011020ffffffffffffff20ffffffffffffff", "1234",
		    "567890", "0024000110241234ffffffffff26567890ffffffff" },
	};

	(void)state;
	for (size_t i = 0; i < PP_COUNT(rows); i++) {
		uint8_t request[64];
		char text[160];
		struct pp_job job = { 0 };
		enum pp_err e;

		(void)snprintf(text, sizeof(text),
		    "%s%s1104000102000000%02zx000000%s", rows[i].head,
		    rows[i].middle, strlen(rows[i].apdu) / 2, rows[i].apdu);
		e = pp_job_read_modify(request, unhex(text, request), &job);
		if (e != PP_OK)
			fail_msg("%s: %s", rows[i].name, pp_err_text(e));
		expect(rows[i].name, &job, rows[i].old, rows[i].new,
		    rows[i].want);
	}
}

/* Any byte of a good request may be any other: never a read outside. */
static void
test_changed_bytes_fail_or_stay_inside(void **state)
{
	static const char good[] =
	    "0a0041470400080c040302ff11040001020000001500000000240001"
	    "1020ffffffffffffff20ffffffffffffff";
	uint8_t whole[64], request[64], apdu[PP_APDU_MAX];
	size_t len = unhex(good, whole), taken = 0;

	(void)state;
	for (size_t at = 0; at < len; at++) {
		for (unsigned value = 0; value < 256; value++) {
			struct pp_job job = { 0 };
			struct pp_pin pin = { 0 };

			memcpy(request, whole, len);
			request[at] = (uint8_t)value;
			if (pp_job_read_modify(request, len, &job) != PP_OK)
				continue;
			taken++;
			pin.len = job.max;
			memset(pin.digits, '9', sizeof(pin.digits));
			assert_true(
			    pp_job_build(&job, job.asks_old ? &pin : NULL, &pin,
			        apdu) <= sizeof(apdu));
			assert_true(job.new_at + job.block_len <= job.lc);
			assert_true(job.max <= PP_PIN_MAX);
		}
	}
	assert_true(taken > len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify_builds_the_command),
		cmocka_unit_test(test_modify_builds_the_command),
		cmocka_unit_test(test_changed_bytes_fail_or_stay_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
