/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jukinet/policy.h>

#include "parcel.h"

/* What a host was told, as text. */
struct told {
	char text[1024];
	bool full; /* wants no more rows */
};

static void note(struct told *told, const char *format, ...) JK_PRINTF(2, 3);

static void
note(struct told *told, const char *format, ...)
{
	size_t n = strlen(told->text);
	va_list args;

	va_start(args, format);
	vsnprintf(told->text + n, sizeof(told->text) - n, format, args);
	va_end(args);
}

static int
on_row(void *ctx, const struct jukinet_policy_row *row)
{
	struct told *told = ctx;

	note(told, "row %s %s %s:%u", row->kind, row->id,
	    row->place != NULL ? row->place : "-", row->line);
	for (size_t i = 0; i < row->n_values; i++)
		note(told, " %s=%.*s@%u", row->values[i].key,
		    (int)row->values[i].len, (const char *)row->values[i].data,
		    row->values[i].line);
	note(told, "\n");
	return told->full;
}

static void
on_serial(void *ctx, uint64_t serial)
{
	note(ctx, "serial %llu\n", (unsigned long long)serial);
}

static int
on_applied(void *ctx, const struct jukinet_policy_applied *applied)
{
	note(ctx, "applied %s %llu %lld\n", applied->terminal,
	    (unsigned long long)applied->serial, (long long)applied->at);
	return 0;
}

static void
on_error(void *ctx, const char *place, unsigned line, const char *text)
{
	note(ctx, "error %s:%u %s\n", place != NULL ? place : "-", line, text);
}

static void
on_warning(void *ctx, const char *place, unsigned line, const char *text)
{
	note(ctx, "warning %s:%u %s\n", place != NULL ? place : "-", line,
	    text);
}

static const struct jukinet_policy_value values[] = {
	{ "name", "\xe4\xbd\x8f", 3, 7 },
	{ "empty", "", 0, 0 },
};

/* Written with one host, read back as it went through a pipe. */
static size_t
write_some(uint8_t *to, size_t size)
{
	const struct jukinet_policy_host model = {
		.version = JUKINET_POLICY_VERSION,
		.size = sizeof(model),
		.timeout_ms = 5,
	};
	const struct jukinet_policy_row row = { "person", "p1", "file", 3, 2,
		values };
	const struct jukinet_policy_row bare = { .kind = "card", .id = "c" };
	const struct jukinet_policy_applied applied = { "t1", UINT64_MAX, -2 };
	struct jukinet_policy_host host;
	struct jk_parcel_writer *writer;
	int ends[2];
	ssize_t n;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	writer = jk_parcel_writer_open(ends[1], &model, &host);
	assert_non_null(writer);
	assert_int_equal(host.timeout_ms, 5);
	assert_int_equal(host.yield(host.ctx, &row), 0);
	assert_int_equal(host.yield(host.ctx, &bare), 0);
	host.serial(host.ctx, 41);
	assert_int_equal(host.applied(host.ctx, &applied), 0);
	host.error(host.ctx, "ldap.conf", 4, "unknown key");
	host.warning(host.ctx, NULL, 0, "slow");
	assert_true(jk_parcel_writer_close(writer, JUKINET_POLICY_TRYAGAIN));
	n = read(ends[0], to, size);
	assert_true(n > 0 && (size_t)n < size);
	close(ends[0]);
	return (size_t)n;
}

static const char all[] =
    "row person p1 file:3 name=\xe4\xbd\x8f@7 empty=@0\nrow card c -:0\n"
    "serial 41\napplied t1 18446744073709551615 -2\n"
    "error ldap.conf:4 unknown key\nwarning -:0 slow\n";

static const struct jukinet_policy_host *
host_of(struct told *told)
{
	static struct jukinet_policy_host host;

	host = (struct jukinet_policy_host){
		.ctx = told,
		.yield = on_row,
		.serial = on_serial,
		.applied = on_applied,
		.error = on_error,
		.warning = on_warning,
	};
	return &host;
}

static void
test_parcel_comes_back_as_it_was_sent(void **state)
{
	struct told told = { "", false };
	uint8_t data[4096];
	size_t len = write_some(data, sizeof(data)), at = 0, used;
	enum jk_parcel found = JK_PARCEL_TOLD;
	int status = -1;

	(void)state;
	while (found == JK_PARCEL_TOLD) {
		found = jk_parcel_open(data + at, len - at, host_of(&told),
		    &used, &status);
		at += used;
	}
	assert_int_equal(found, JK_PARCEL_END);
	assert_int_equal(status, JUKINET_POLICY_TRYAGAIN);
	assert_int_equal(at, len);
	assert_string_equal(told.text, all);
}

static void
test_parcel_cut_anywhere_is_a_part(void **state)
{
	uint8_t data[4096], *cut;
	size_t len = write_some(data, sizeof(data)), first, used = 0;
	struct told told = { "", false };
	int status;

	(void)state;
	assert_int_equal(jk_parcel_open(data, len, host_of(&told), &first,
	                     &status),
	    JK_PARCEL_TOLD);
	for (size_t n = 0; n < first; n++) {
		cut = malloc(n > 0 ? n : 1);
		assert_non_null(cut);
		memcpy(cut, data, n);
		told.text[0] = '\0';
		assert_int_equal(jk_parcel_open(cut, n, host_of(&told), &used,
		                     &status),
		    JK_PARCEL_PART);
		assert_string_equal(told.text, "");
		free(cut);
	}
	assert_int_equal(used, 0);
}

static void
test_parcel_host_that_is_full_stops(void **state)
{
	struct told told = { "", true };
	uint8_t data[4096];
	size_t len = write_some(data, sizeof(data)), used;
	int status;

	(void)state;
	assert_int_equal(jk_parcel_open(data, len, host_of(&told), &used,
	                     &status),
	    JK_PARCEL_STOP);
}

static void
test_parcel_that_lies_is_bad(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
	} rows[] = {
		{ "no type", "\0\0\0\0", 4 },
		{ "unknown type", "\0\0\0\1\x63", 5 },
		{ "too long", "\0\x10\0\0\1", 5 },
		{ "short number", "\0\0\0\5\2\0\0\0\0", 9 },
		{ "more behind", "\0\0\0\x0a\2\0\0\0\0\0\0\0\1x", 14 },
		{ "status 4", "\0\0\0\5\6\0\0\0\4", 9 },
		{ "text without end", "\0\0\0\x0f\4\0\0\0\0\0\0\0\0\0\0\0\2ab",
		    19 },
		{ "text with NUL", "\0\0\0\x10\4\0\0\0\0\0\0\0\0\0\0\0\3a\0\0",
		    20 },
		{ "no text", "\0\0\0\x0d\4\0\0\0\0\0\0\0\0\0\0\0\0", 17 },
		{ "text of 4 GB", "\0\0\0\x5\4\xff\xff\xff\xff", 9 },
	};

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		struct told told = { "", false };
		size_t used = 99;
		int status = -1;

		if (jk_parcel_open((const uint8_t *)rows[i].bytes, rows[i].len,
		        host_of(&told), &used, &status) != JK_PARCEL_BAD ||
		    told.text[0] != '\0' || used != 99)
			fail_msg("%s: taken", rows[i].name);
	}
}

static void
test_writer_row_that_is_too_large_fails(void **state)
{
	static char large[JK_PARCEL_MAX];
	const struct jukinet_policy_host model = { 0 };
	const struct jukinet_policy_value value = { "name", large,
		sizeof(large), 0 };
	const struct jukinet_policy_row row = { "person", "p", NULL, 0, 1,
		&value };
	struct jukinet_policy_host host;
	struct jk_parcel_writer *writer;
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	writer = jk_parcel_writer_open(fd, &model, &host);
	assert_non_null(writer);
	assert_int_not_equal(host.yield(host.ctx, &row), 0);
	assert_false(jk_parcel_writer_close(writer, 0));
}

static void
test_writer_full_disk_fails(void **state)
{
	const struct jukinet_policy_host model = { 0 };
	struct jukinet_policy_host host;
	struct jk_parcel_writer *writer;
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	writer = jk_parcel_writer_open(fd, &model, &host);
	assert_non_null(writer);
	host.serial(host.ctx, 1);
	assert_false(jk_parcel_writer_close(writer, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parcel_comes_back_as_it_was_sent),
		cmocka_unit_test(test_parcel_cut_anywhere_is_a_part),
		cmocka_unit_test(test_parcel_host_that_is_full_stops),
		cmocka_unit_test(test_parcel_that_lies_is_bad),
		cmocka_unit_test(test_writer_row_that_is_too_large_fails),
		cmocka_unit_test(test_writer_full_disk_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
