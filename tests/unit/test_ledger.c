/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chain.h"
#include "ledger.h"

#define HEAD                                                                \
	"\"at\":1795298607,\"by\":\"p0009\",\"session\":\"\",\"opid\":\"\"" \
	",\"terminal\":\"t\",\"do\":\"card.approve\",\"why\":\"\""
#define ROWS                                                                      \
	"\"rows\":[{\"kind\":\"card\",\"id\":\"c-1\",\"set\":[[\"state\",\"a\"]," \
	"[\"x\",\"1\"],[\"x\",\"2\"]]},"                                          \
	"{\"kind\":\"card\",\"id\":\"c-2\",\"set\":null}]"
#define GOOD "{\"n\":1," HEAD ",\"note\":{\"channel\":\"post\"}," ROWS "}"

static enum jk_err
parse(const char *json, struct jk_ledger_entry *ret)
{
	return jk_ledger_entry_parse(json, strlen(json), ret);
}

static void
test_entry_parse_good_is_what_it_says(void **state)
{
	struct jk_ledger_entry e = { .number = 0 };
	char *text = NULL;

	(void)state;
	assert_int_equal(parse(GOOD, &e), JK_OK);
	assert_int_equal(e.number, 1);
	assert_int_equal(e.at, 1795298607);
	assert_string_equal(e.by, "p0009");
	assert_string_equal(e.terminal, "t");
	assert_string_equal(e.command, "card.approve");
	assert_int_equal(e.n_notes, 1);
	assert_string_equal(e.note[0].key, "channel");
	assert_string_equal(e.note[0].value, "post");
	assert_int_equal(e.n_changes, 2);
	assert_false(e.change[0].removed);
	assert_string_equal(jk_textrow_get_nth(&e.change[0].row, "x", 1), "2");
	assert_true(e.change[1].removed);
	assert_string_equal(e.change[1].row.id, "c-2");
	assert_int_equal(jk_ledger_entry_format(&e, &text), JK_OK);
	assert_string_equal(text, GOOD);
	free(text);
	jk_ledger_entry_clear(&e);
	assert_int_equal(e.n_changes, 0);
}

static void
test_entry_parse_other_shapes_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"null",
		GOOD GOOD,
		GOOD ",",
		/* a number that is none, or none of ours */
		"{\"n\":0," HEAD ",\"note\":{}," ROWS "}",
		"{\"n\":-1," HEAD ",\"note\":{}," ROWS "}",
		"{\"n\":1.0," HEAD ",\"note\":{}," ROWS "}",
		"{\"n\":\"1\"," HEAD ",\"note\":{}," ROWS "}",
		"{\"n\":9223372036854775808," HEAD ",\"note\":{}," ROWS "}",
		/* missing, one too many, twice */
		"{" HEAD ",\"note\":{}," ROWS "}",
		"{\"n\":1," HEAD "," ROWS "}",
		"{\"n\":1," HEAD ",\"note\":{}}",
		"{\"n\":1," HEAD ",\"note\":{}," ROWS ",\"more\":1}",
		"{\"n\":1,\"n\":1," HEAD ",\"note\":{}," ROWS "}",
		/* notes */
		"{\"n\":1," HEAD ",\"note\":[]," ROWS "}",
		"{\"n\":1," HEAD ",\"note\":{\"a\":1}," ROWS "}",
		"{\"n\":1," HEAD ",\"note\":{\"\":\"a\"}," ROWS "}",
		"{\"n\":1," HEAD ",\"note\":{\"a\":\"1\",\"a\":\"2\"}," ROWS
		"}",
		"{\"n\":1," HEAD ",\"note\":{\"a\":\"\\n\"}," ROWS "}",
		/* rows */
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":{}}",
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[1]}",
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[{\"kind\":\"a\"}]}",
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[{\"kind\":\"a\","
		"\"id\":\"b\",\"set\":null,\"more\":1}]}",
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[{\"kind\":\"\","
		"\"id\":\"b\",\"set\":null}]}",
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[{\"kind\":\"a\","
		"\"id\":\"b\",\"set\":[[\"k\"]]}]}",
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[{\"kind\":\"a\","
		"\"id\":\"b\",\"set\":[[\"k\",\"v\",\"w\"]]}]}",
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[{\"kind\":\"a\","
		"\"id\":\"b\",\"set\":[[\"k\",\"\"]]}]}",
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[{\"kind\":\"a\","
		"\"id\":\"b\",\"set\":[[\"k\",\"\\u202e\"]]}]}",
		/* a row twice, or before its place */
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[{\"kind\":\"a\","
		"\"id\":\"b\",\"set\":null},{\"kind\":\"a\",\"id\":\"b\","
		"\"set\":null}]}",
		"{\"n\":1," HEAD ",\"note\":{},\"rows\":[{\"kind\":\"b\","
		"\"id\":\"a\",\"set\":null},{\"kind\":\"a\",\"id\":\"b\","
		"\"set\":null}]}",
	};
	struct jk_ledger_entry e = { .number = 7 };

	(void)state;
	for (size_t i = 0; i < JK_COUNT(bad); i++)
		if (parse(bad[i], &e) != JK_ERR_FORMAT)
			fail_msg("%s", bad[i]);
	assert_int_equal(e.number, 7);
	assert_int_equal(jk_ledger_entry_parse("{\"n\":\0}", 7, &e),
	    JK_ERR_FORMAT);
}

static struct jk_ledger_entry
make_entry(uint64_t number)
{
	struct jk_ledger_entry e = {
		.number = number,
		.at = 1795298607,
		.by = JK_LEDGER_CONSOLE,
		.command = "person.add",
		.why = "採用",
	};

	return e;
}

static void
test_entry_format_refuses_what_parse_would(void **state)
{
	struct jk_ledger_change two[2] = { 0 };
	struct jk_ledger_entry e = make_entry(1);
	char *text = NULL;

	(void)state;
	assert_int_equal(jk_ledger_entry_format(&e, &text), JK_OK);
	free(text);
	e.number = 0;
	assert_int_equal(jk_ledger_entry_format(&e, &text), JK_ERR_FORMAT);
	e = make_entry(1);
	e.by[0] = '\0';
	assert_int_equal(jk_ledger_entry_format(&e, &text), JK_ERR_FORMAT);
	e = make_entry(1);
	strcpy(e.why, "two\nlines");
	assert_int_equal(jk_ledger_entry_format(&e, &text), JK_ERR_FORMAT);
	e = make_entry(1);
	strcpy(e.why, "\xff");
	assert_int_equal(jk_ledger_entry_format(&e, &text), JK_ERR_FORMAT);
	e = make_entry(1);
	e.n_notes = 2;
	e.note[0] = e.note[1] =
	    (struct jk_pair){ (char[]){ "k" }, (char[]){ "v" } };
	assert_int_equal(jk_ledger_entry_format(&e, &text), JK_ERR_FORMAT);
	e = make_entry(1);
	e.n_changes = 2;
	e.change = two;
	two[0].removed = two[1].removed = true;
	assert_int_equal(jk_textrow_init(&two[0].row, "b", "a"), JK_OK);
	assert_int_equal(jk_textrow_init(&two[1].row, "a", "b"), JK_OK);
	assert_int_equal(jk_ledger_entry_format(&e, &text), JK_ERR_FORMAT);
}

/* A ledger in memory. */

static int
make_file(const char *text, size_t len)
{
	int fd = memfd_create("ledger", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	return fd;
}

/* `n` entries, and where each line begins; the last of `begin` is the end. */
static char *
make_ledger(size_t n, size_t *begin)
{
	char previous[JK_LEDGER_HASH_LEN + 1], *text = NULL, *json;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	strcpy(previous, jk_ledger_start.hash);
	for (size_t i = 0; i < n; i++) {
		struct jk_ledger_entry e = make_entry(i + 1);

		assert_int_equal(jk_ledger_entry_format(&e, &json), JK_OK);
		assert_int_equal(jk_chain_hash(previous, json, strlen(json),
		                     previous),
		    JK_OK);
		fflush(f);
		begin[i] = len;
		fprintf(f, "%s %s\n", previous, json);
		free(json);
	}
	fclose(f);
	begin[n] = len;
	return text;
}

struct seen {
	uint64_t n, stop;
	struct jk_ledger_head head[8];
};

static enum jk_err
see(void *ctx, const struct jk_ledger_entry *entry,
    const struct jk_ledger_head *head)
{
	struct seen *seen = ctx;

	assert_int_equal(entry->number, head->number);
	assert_string_equal(entry->by, JK_LEDGER_CONSOLE);
	if (entry->number == seen->stop)
		return JK_ERR_CLOSED;
	seen->head[seen->n++] = *head;
	return JK_OK;
}

static void
test_ledger_read_gives_each_entry_and_the_head(void **state)
{
	struct jk_ledger_head head;
	struct jk_ledger_fault fault;
	struct seen seen = { 0 };
	size_t begin[5];
	char *text = make_ledger(4, begin);
	int fd = make_file(text, begin[4]);

	(void)state;
	assert_int_equal(jk_ledger_read(fd, NULL, see, &seen, &head, &fault),
	    JK_OK);
	assert_int_equal(seen.n, 4);
	assert_int_equal(head.number, 4);
	assert_int_equal(head.end, begin[4]);
	assert_memory_equal(head.hash, text + begin[3], JK_LEDGER_HASH_LEN);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(seen.head[i].end, begin[i + 1]);

	/* From any of them on. */
	for (size_t i = 0; i < 4; i++) {
		struct seen rest = { 0 };

		assert_int_equal(jk_ledger_read(fd, &seen.head[i], see, &rest,
		                     &head, &fault),
		    JK_OK);
		assert_int_equal(rest.n, 3 - i);
		assert_int_equal(head.number, 4);
		assert_int_equal(head.end, begin[4]);
	}
	seen = (struct seen){ .stop = 3 };
	assert_int_equal(jk_ledger_read(fd, NULL, see, &seen, &head, &fault),
	    JK_ERR_CLOSED);
	assert_int_equal(seen.n, 2);
	close(fd);
	free(text);
}

static void
test_ledger_read_empty_is_the_start(void **state)
{
	struct jk_ledger_head head = { .number = 9 };
	struct jk_ledger_fault fault;
	int fd = make_file("", 0);

	(void)state;
	assert_int_equal(jk_ledger_read(fd, NULL, NULL, NULL, &head, &fault),
	    JK_OK);
	assert_int_equal(head.number, 0);
	assert_int_equal(head.end, 0);
	assert_string_equal(head.hash, jk_ledger_start.hash);
	assert_int_equal(strspn(head.hash, "0"), JK_LEDGER_HASH_LEN);
	close(fd);
}

/* Whatever part of the last line there is, it was never committed. */
static void
test_ledger_read_unfinished_line_is_passed_over(void **state)
{
	size_t begin[4];
	char *text = make_ledger(3, begin);

	(void)state;
	for (size_t len = begin[2]; len < begin[3]; len++) {
		struct jk_ledger_head head;
		struct jk_ledger_fault fault;
		int fd = make_file(text, len);

		assert_int_equal(jk_ledger_read(fd, NULL, NULL, NULL, &head,
		                     &fault),
		    JK_OK);
		assert_int_equal(head.number, 2);
		assert_int_equal(head.end, begin[2]);
		close(fd);
	}
	free(text);
}

static void
expect_fault(const char *what, const char *text, size_t len, uint64_t number,
    const char *why)
{
	struct jk_ledger_head head = { .number = 99 };
	struct jk_ledger_fault fault = { 0, NULL };
	int fd = make_file(text, len);
	enum jk_err e = jk_ledger_read(fd, NULL, NULL, NULL, &head, &fault);

	close(fd);
	if (e != JK_ERR_FORMAT || fault.number != number ||
	    strcmp(fault.why, why) != 0 || head.number != 99)
		fail_msg("%s: %s, entry %u %s", what, jk_err_text(e),
		    (unsigned)fault.number, fault.why);
}

/* Every byte of the second of three entries, one after the other. */
static void
test_ledger_read_any_changed_byte_is_found(void **state)
{
	size_t begin[4];
	char *text = make_ledger(3, begin);

	(void)state;
	for (size_t i = begin[1]; i < begin[2]; i++) {
		struct jk_ledger_head head;
		struct jk_ledger_fault fault = { 0, NULL };
		int fd;

		text[i] ^= 1;
		fd = make_file(text, begin[3]);
		text[i] ^= 1;
		if (jk_ledger_read(fd, NULL, NULL, NULL, &head, &fault) !=
		        JK_ERR_FORMAT ||
		    fault.number != 2)
			fail_msg("byte %zu: entry %u", i,
			    (unsigned)fault.number);
		close(fd);
	}
	free(text);
}

static void
test_ledger_read_broken_chain_is_named(void **state)
{
	size_t b[5];
	char *t = make_ledger(4, b), *bad = malloc(2 * b[4] + 1);
	size_t n;

	(void)state;
	/* Without the second. */
	memcpy(bad, t, b[1]);
	memcpy(bad + b[1], t + b[2], b[4] - b[2]);
	expect_fault("missing", bad, b[4] - (b[2] - b[1]), 2,
	    "is missing or out of order");
	/* Without the first. */
	expect_fault("first missing", t + b[1], b[4] - b[1], 1,
	    "is missing or out of order");
	/* The second and third changed places. */
	n = b[3] - b[2];
	memcpy(bad, t, b[4]);
	memcpy(bad + b[1], t + b[2], n);
	memcpy(bad + b[1] + n, t + b[1], b[2] - b[1]);
	expect_fault("swapped", bad, b[4], 2, "is missing or out of order");
	/* The second twice. */
	memcpy(bad, t, b[2]);
	memcpy(bad + b[2], t + b[1], b[4] - b[1]);
	expect_fault("twice", bad, b[4] + b[2] - b[1], 3,
	    "is missing or out of order");
	/* An empty line, and one that is none. */
	memcpy(bad, t, b[1]);
	bad[b[1]] = '\n';
	memcpy(bad + b[1] + 1, t + b[1], b[4] - b[1]);
	expect_fault("empty", bad, b[4] + 1, 2, "is not an entry");
	/* An entry nobody understands, rightly chained. */
	memcpy(bad, t, b[1]);
	memcpy(bad + b[1], t, JK_LEDGER_HASH_LEN);
	bad[b[1] + JK_LEDGER_HASH_LEN] = '\0';
	{
		char hash[JK_LEDGER_HASH_LEN + 1];

		assert_int_equal(jk_chain_hash(bad + b[1], "{}", 2, hash),
		    JK_OK);
		memcpy(bad + b[1], hash, JK_LEDGER_HASH_LEN);
	}
	memcpy(bad + b[1] + JK_LEDGER_HASH_LEN, " {}\n", 4);
	expect_fault("chained", bad, b[1] + JK_LEDGER_HASH_LEN + 4, 2,
	    "is not understood");
	free(bad);
	free(t);
}

static void
test_ledger_read_from_another_place_is_refused(void **state)
{
	struct jk_ledger_head head, from;
	struct jk_ledger_fault fault;
	struct seen seen = { 0 };
	size_t begin[5];
	char *text = make_ledger(4, begin);
	int fd = make_file(text, begin[4]);

	(void)state;
	assert_int_equal(jk_ledger_read(fd, NULL, see, &seen, &head, &fault),
	    JK_OK);
	for (size_t i = 0; i < 6; i++) {
		from = seen.head[2];
		fault = (struct jk_ledger_fault){ 0, NULL };
		if (i == 0)
			from.end--;
		else if (i == 1)
			from.end = seen.head[1].end;
		else if (i == 2)
			from.hash[5] ^= 1;
		else if (i == 3)
			from.end = begin[4] + 1;
		else if (i == 4)
			from.end = 0;
		else
			from.end = UINT64_MAX;
		assert_int_equal(jk_ledger_read(fd, &from, NULL, NULL, &head,
		                     &fault),
		    JK_ERR_FORMAT);
		assert_int_equal(fault.number, 3);
	}
	/* A right place with a wrong number. */
	from = seen.head[2];
	from.number = 2;
	assert_int_equal(jk_ledger_read(fd, &from, NULL, NULL, &head, &fault),
	    JK_ERR_FORMAT);
	close(fd);
	free(text);
}

/* Lines larger than any buffer, and larger than any line may be. */
static void
test_ledger_read_long_lines_up_to_the_limit(void **state)
{
	const size_t most = JK_LEDGER_LINE_MAX;
	JK_CLEANUP(jk_lines_clear) struct jk_lines lines;
	char *text = malloc(2 * most + 16);
	struct jk_line line;
	int fd;

	(void)state;
	memset(text, 'x', 2 * most + 16);
	text[most - 1] = '\n';
	text[2 * most] = '\n';
	text[2 * most + 3] = '\n';
	fd = make_file(text, 2 * most + 16);
	jk_lines_init(&lines, fd, 0);
	assert_int_equal(jk_lines_next(&lines, &line), JK_OK);
	assert_int_equal(line.len, most - 1);
	assert_false(line.too_long);
	assert_memory_equal(line.text, text, line.len);
	assert_int_equal(jk_lines_next(&lines, &line), JK_OK);
	assert_true(line.too_long);
	assert_int_equal(line.begin, most);
	assert_int_equal(line.end, 2 * most + 1);
	assert_int_equal(jk_lines_next(&lines, &line), JK_OK);
	assert_false(line.too_long);
	assert_int_equal(line.len, 2);
	assert_int_equal(jk_lines_next(&lines, &line), JK_ERR_NOT_FOUND);
	close(fd);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry_parse_good_is_what_it_says),
		cmocka_unit_test(test_entry_parse_other_shapes_are_refused),
		cmocka_unit_test(test_entry_format_refuses_what_parse_would),
		cmocka_unit_test(
		    test_ledger_read_gives_each_entry_and_the_head),
		cmocka_unit_test(test_ledger_read_empty_is_the_start),
		cmocka_unit_test(
		    test_ledger_read_unfinished_line_is_passed_over),
		cmocka_unit_test(test_ledger_read_any_changed_byte_is_found),
		cmocka_unit_test(test_ledger_read_broken_chain_is_named),
		cmocka_unit_test(
		    test_ledger_read_from_another_place_is_refused),
		cmocka_unit_test(test_ledger_read_long_lines_up_to_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
