/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include "chain.h"
#include "inorder.h"
#include "ledgercheck.h"
#include "registry.h"

#define ENTRIES 6

static bool ready;
/* A sound ledger of six entries; line i + 1 is from begin[i] on. */
static char *ledger;
static size_t begin[ENTRIES + 1];

static int
enter(void **state)
{
	(void)state;
	ready = enter_private_place();
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	free(ledger);
	return 0;
}

/* Cards c-1 to c-3, each sent and then lost. */
static int
setup(void **state)
{
	size_t len;

	(void)state;
	if (!ready)
		return 0;
	registry_make();
	for (unsigned i = 0; i < ENTRIES; i++) {
		char id[8];

		snprintf(id, sizeof(id), "c-%u", 1 + i / 2);
		assert_int_equal(registry_change(id, i % 2 ? "lost" : "sent"),
		    JK_OK);
	}
	free(ledger);
	ledger = registry_read(AT("ledger"), &len);
	for (size_t i = 0; i < ENTRIES; i++)
		begin[i + 1] =
		    (size_t)(strchr(ledger + begin[i], '\n') + 1 - ledger);
	assert_int_equal(begin[ENTRIES], len);
	return 0;
}

static struct jk_ledgercheck
run(const struct jk_ledger_head *expected)
{
	struct jk_ledgercheck check;

	assert_int_equal(jk_ledger_check(REGISTRY_DIR, 0, expected, 0, &check),
	    JK_OK);
	return check;
}

struct want {
	uint64_t number, line;
	const char *text; /* how it begins */
};

static void
expect(const char *what, const struct jk_ledgercheck *check,
    const struct want *want, size_t n)
{
	size_t told = check->n_faults < JK_LEDGERCHECK_MAX ? check->n_faults
	                                                   : JK_LEDGERCHECK_MAX;
	bool same = check->n_faults == n;

	for (size_t i = 0; i < told; i++)
		same = same && i < n &&
		       check->fault[i].number == want[i].number &&
		       check->fault[i].line == want[i].line &&
		       strncmp(check->fault[i].text, want[i].text,
		           strlen(want[i].text)) == 0;
	if (same)
		return;
	for (size_t i = 0; i < told; i++)
		print_message("# %s: entry %u, line %u: %s\n", what,
		    (unsigned)check->fault[i].number,
		    (unsigned)check->fault[i].line, check->fault[i].text);
	fail_msg("%s: %zu faults, not %zu or others", what, check->n_faults, n);
}

/* A ledger out of these lines of the sound one. */
static void
write_lines(const unsigned *entry, size_t n)
{
	FILE *f = fopen(AT("ledger"), "we");

	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		fwrite(ledger + begin[entry[i] - 1], 1,
		    begin[entry[i]] - begin[entry[i] - 1], f);
	fclose(f);
}

static void
test_check_sound_has_no_fault(void **state)
{
	struct jk_ledgercheck check;
	struct jk_ledger_head third = { .number = 3 };

	(void)state;
	if (!ready)
		skip();
	memcpy(third.hash, ledger + begin[2], JK_LEDGER_HASH_LEN);
	check = run(&third);
	expect("sound", &check, NULL, 0);
	assert_int_equal(check.head.number, ENTRIES);
	assert_memory_equal(check.head.hash, ledger + begin[ENTRIES - 1],
	    JK_LEDGER_HASH_LEN);
	assert_int_equal(check.head.end, begin[ENTRIES]);
	assert_false(check.unfinished);
}

static void
test_check_lines_of_another_order_are_named(void **state)
{
	static const struct {
		const char *name;
		size_t n;
		unsigned entry[ENTRIES + 2];
		size_t n_want;
		struct want want[4];
	} cases[] = {
		{ "missing", 5, { 1, 2, 4, 5, 6 }, 1,
		    { { 3, 3, "is missing" } } },
		{ "first missing", 5, { 2, 3, 4, 5, 6 }, 1,
		    { { 1, 1, "is missing" } } },
		{ "two missing", 4, { 1, 4, 5, 6 }, 1,
		    { { 2, 2, "is missing, and all up to entry 3" } } },
		{ "two apart", 4, { 1, 3, 5, 6 }, 2,
		    { { 2, 2, "is missing" }, { 4, 3, "is missing" } } },
		{ "swapped", 6, { 1, 2, 4, 3, 5, 6 }, 1,
		    { { 4, 3, "stands out of order" } } },
		{ "moved up", 6, { 1, 6, 2, 3, 4, 5 }, 1,
		    { { 6, 2, "stands out of order" } } },
		{ "moved down", 6, { 2, 3, 4, 5, 1, 6 }, 1,
		    { { 1, 5, "stands out of order" } } },
		{ "twice", 7, { 1, 2, 3, 3, 4, 5, 6 }, 1,
		    { { 3, 4, "stands twice" } } },
		{ "twice later", 7, { 1, 2, 3, 4, 5, 2, 6 }, 1,
		    { { 2, 6, "stands twice" } } },
		{ "moved and missing", 5, { 1, 5, 3, 4, 6 }, 2,
		    { { 5, 2, "stands out of order" },
		        { 2, 3, "is missing" } } },
		{ "cut off", 4, { 1, 2, 3, 4 }, 1,
		    { { 5, 5,
		        "was cut off, with all behind it: registry.conf "
		        "speaks of entry 6" } } },
		{ "empty", 0, { 0 }, 1,
		    { { 1, 1, "was cut off, with all behind it" } } },
	};

	(void)state;
	if (!ready)
		skip();
	for (size_t i = 0; i < JK_COUNT(cases); i++) {
		struct jk_ledgercheck check;

		write_lines(cases[i].entry, cases[i].n);
		check = run(NULL);
		expect(cases[i].name, &check, cases[i].want, cases[i].n_want);
	}
}

/* Whatever byte is changed, the entry is named, and the others are not. */
static void
test_check_any_changed_byte_is_named(void **state)
{
	(void)state;
	if (!ready)
		skip();
	for (size_t i = begin[2]; i < begin[3] - 1; i++) {
		struct jk_ledgercheck check;
		bool named = false;

		ledger[i] ^= 1;
		registry_write(AT("ledger"), ledger, begin[ENTRIES]);
		ledger[i] ^= 1;
		check = run(NULL);
		assert_true(check.n_faults < JK_LEDGERCHECK_MAX);
		for (size_t k = 0; k < check.n_faults; k++) {
			named = named || check.fault[k].number == 3;
			/* Its number may now be another's; a row of it may
			 * differ from registry.conf. */
			if (check.fault[k].number != 3 &&
			    check.fault[k].number != 0 &&
			    check.fault[k].line != 3)
				fail_msg("byte %zu: entry %u, line %u: %s",
				    i - begin[2],
				    (unsigned)check.fault[k].number,
				    (unsigned)check.fault[k].line,
				    check.fault[k].text);
		}
		if (!named)
			fail_msg("byte %zu: not named", i - begin[2]);
		assert_int_equal(check.head.number, 2);
	}
}

static void
test_check_several_changes_are_named_in_one_run(void **state)
{
	static const struct want want[] = {
		{ 2, 2, "was changed" },
		{ 4, 4, "was changed: it cannot be read" },
		{ 6, 6, "was changed" },
		{ 6, 6, "is another one than registry.conf speaks of" },
	};
	struct jk_ledgercheck check;

	(void)state;
	if (!ready)
		skip();
	memcpy(strstr(ledger + begin[1], "p0009"), "p0008", 5);
	ledger[begin[3] + JK_LEDGER_HASH_LEN + 1] = '[';
	ledger[begin[5]] ^= 1;
	registry_write(AT("ledger"), ledger, begin[ENTRIES]);
	check = run(NULL);
	expect("three", &check, want, JK_COUNT(want));
	assert_int_equal(check.head.number, 1);
}

/* Everything behind a changed entry written anew, as a thief with root can. */
static void
test_check_rewritten_is_known_by_the_audit_record(void **state)
{
	static const struct want want[] = {
		{ 6, 6, "is another one than the audit record speaks of" },
	};
	struct jk_ledger_head head = { .number = ENTRIES };
	struct jk_ledgercheck check;

	(void)state;
	if (!ready)
		skip();
	memcpy(head.hash, ledger + begin[ENTRIES - 1], JK_LEDGER_HASH_LEN);
	registry_make();
	for (unsigned i = 0; i < ENTRIES; i++)
		assert_int_equal(registry_change("c-1", i % 2 ? "a" : "b"),
		    JK_OK);
	check = run(NULL);
	expect("alone", &check, NULL, 0);
	check = run(&head);
	expect("with the record", &check, want, 1);
	/* As much of its hash as a record shows. */
	head.hash[16] = '\0';
	check = run(&head);
	expect("with a shortened hash", &check, want, 1);
	head.number = 9;
	check = run(&head);
	expect("cut off", &check,
	    &(const struct want){ 7, 7,
	        "was cut off, with all behind it: the audit record speaks of "
	        "entry 9" },
	    1);
}

/* An entry written anew with a hash that fits: the next one no longer does. */
static void
test_check_entry_written_anew_breaks_the_next(void **state)
{
	char hash[JK_LEDGER_HASH_LEN + 1], previous[JK_LEDGER_HASH_LEN + 1];
	const char *json;
	struct jk_ledgercheck check;

	(void)state;
	if (!ready)
		skip();
	memcpy(strstr(ledger + begin[2], "p0009"), "p0008", 5);
	memcpy(previous, ledger + begin[1], JK_LEDGER_HASH_LEN);
	previous[JK_LEDGER_HASH_LEN] = '\0';
	json = ledger + begin[2] + JK_LEDGER_HASH_LEN + 1;
	assert_int_equal(jk_chain_hash(previous, json,
	                     (size_t)(ledger + begin[3] - 1 - json), hash),
	    JK_OK);
	memcpy(ledger + begin[2], hash, JK_LEDGER_HASH_LEN);
	registry_write(AT("ledger"), ledger, begin[ENTRIES]);
	check = run(NULL);
	expect("written anew", &check,
	    &(const struct want){ 4, 4,
	        "was changed, or the one before it written anew" },
	    1);
}

static void
test_check_cut_inside_a_line_is_named(void **state)
{
	static const struct want want = { 6, 6,
		"was cut off, with all behind it: registry.conf speaks of "
		"entry 6" };
	struct jk_ledgercheck check;

	(void)state;
	if (!ready)
		skip();
	registry_write(AT("ledger"), ledger, begin[ENTRIES] - 1);
	check = run(NULL);
	expect("cut", &check, &want, 1);
	assert_true(check.unfinished);
	assert_int_equal(check.head.number, 5);
	/* Also when registry.conf has gone with it. */
	assert_int_equal(unlink(AT("registry.conf")), 0);
	registry_write(AT("ledger"), ledger, begin[4] + 5);
	registry_write(AT("recorded"), "5\n", 2);
	check = run(NULL);
	expect("recorded", &check,
	    &(const struct want){ 5, 5,
	        "was cut off, with all behind it: recorded speaks of entry 5" },
	    1);
}

static void
test_check_foreign_lines_are_named(void **state)
{
	char *bad = malloc(begin[ENTRIES] + 8);
	struct jk_ledgercheck check;

	(void)state;
	if (!ready) {
		free(bad);
		skip();
	}
	memcpy(bad, ledger, begin[2]);
	memcpy(bad + begin[2], "x\n", 2);
	memcpy(bad + begin[2] + 2, ledger + begin[2],
	    begin[ENTRIES] - begin[2]);
	registry_write(AT("ledger"), bad, begin[ENTRIES] + 2);
	check = run(NULL);
	expect("foreign", &check,
	    &(const struct want){ 3, 3,
	        "has a line before it that is no entry" },
	    1);
	free(bad);
}

static void
change_registry(const char *from, const char *to)
{
	size_t len;
	char *text = registry_read(AT("registry.conf"), &len), *at;

	at = strstr(text, from);
	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	registry_write(AT("registry.conf"), text, len);
	free(text);
}

static void
test_check_edited_registry_conf_is_compared_row_by_row(void **state)
{
	static const struct want value[] = {
		{ 0, 0, "registry.conf: was changed by hand" },
		{ 0, 4, "registry.conf: [card c-1] is not what the ledger" },
	};
	static const struct want name[] = {
		{ 0, 0, "registry.conf: was changed by hand" },
		{ 0, 0, "registry.conf: [card c-3] is missing" },
		{ 0, 10, "registry.conf: [card c-4] is not in the ledger" },
	};
	struct jk_ledgercheck check;

	(void)state;
	if (!ready)
		skip();
	change_registry("= lost", "= sent");
	check = run(NULL);
	expect("value", &check, value, JK_COUNT(value));
	change_registry("= sent", "= lost");
	check = run(NULL);
	expect("as it was", &check, NULL, 0);
	change_registry("c-3", "c-4");
	check = run(NULL);
	expect("name", &check, name, JK_COUNT(name));
	registry_write(AT("registry.conf"), "half", 4);
	check = run(NULL);
	expect("no registry", &check,
	    &(const struct want){ 0, 0, "registry.conf: line 1: not" }, 1);
	registry_write(AT("recorded"), "7\n", 2);
	assert_int_equal(unlink(AT("registry.conf")), 0);
	check = run(NULL);
	expect("recorded", &check,
	    &(const struct want){ 7, 7,
	        "was cut off, with all behind it: recorded speaks of entry 7" },
	    1);
}

/* One that was made to fit its own digest again. */
static void
test_check_forged_registry_conf_is_compared_all_the_same(void **state)
{
	char hash[JK_LEDGER_HASH_LEN + 1], *text, *rest;
	struct jk_ledgercheck check;
	size_t len;

	(void)state;
	if (!ready)
		skip();
	change_registry("= lost", "= sent");
	text = registry_read(AT("registry.conf"), &len);
	rest = strchr(text, '\n') + 1;
	assert_int_equal(jk_chain_digest(rest, len - (size_t)(rest - text),
	                     hash),
	    JK_OK);
	memcpy(rest - 1 - JK_LEDGER_HASH_LEN, hash, JK_LEDGER_HASH_LEN);
	registry_write(AT("registry.conf"), text, len);
	free(text);
	check = run(NULL);
	expect("forged", &check,
	    &(const struct want){ 0, 4,
	        "registry.conf: [card c-1] is not what the ledger" },
	    1);
}

static void
test_check_certificates_hold_what_their_names_say(void **state)
{
	char name[JK_STORE_PEM_NAME], path[256];
	struct jk_ledger_head head;
	struct jk_ledgercheck check;
	struct jk_store *store = NULL;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(registry_open(JK_STORE_WRITE, &store), JK_OK);
	assert_int_equal(jk_store_certificate(store, "pem", 3, name), JK_OK);
	assert_int_equal(registry_stage(store, "card", "c-1", "certificate",
	                     name),
	    JK_OK);
	assert_int_equal(registry_commit(store, &head), JK_OK);
	jk_store_close(&store);
	check = run(NULL);
	expect("good", &check, NULL, 0);
	snprintf(path, sizeof(path), AT("certificates/%s"), name);
	registry_write(path, "PEM", 3);
	check = run(NULL);
	expect("changed", &check,
	    &(const struct want){ 0, 4,
	        "registry.conf: [card c-1] has a certificate that was" },
	    1);
	assert_int_equal(unlink(path), 0);
	check = run(NULL);
	expect("absent", &check,
	    &(const struct want){ 0, 4,
	        "registry.conf: [card c-1] has no certificate of that" },
	    1);
}

static void
test_check_more_faults_than_are_told_are_counted(void **state)
{
	char junk[64];
	struct jk_ledgercheck check;

	(void)state;
	if (!ready)
		skip();
	memset(junk, '\n', sizeof(junk));
	registry_write(AT("ledger"), junk, sizeof(junk));
	check = run(NULL);
	assert_int_equal(check.n_faults, sizeof(junk) + 1);
}

static void
test_check_no_directory_is_an_error(void **state)
{
	struct jk_ledgercheck check;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(jk_ledger_check(REGISTRY_DIR "/x", 0, NULL, 0, &check),
	    JK_ERR_NOT_FOUND);
}

static void
test_order_mark_leaves_the_fewest_over(void **state)
{
	static const struct {
		uint64_t number[8];
		size_t n;
		const char *in_order;
	} cases[] = {
		{ { 0 }, 0, "" },
		{ { 1, 2, 5 }, 3, "yyy" },
		{ { 1, 0, 2 }, 3, "yny" },
		{ { 0 }, 1, "n" },
		{ { 1, 9, 2, 3 }, 4, "ynyy" },
		{ { 2, 3, 4, 1 }, 4, "yyyn" },
		{ { 1, 2, 2, 3 }, 4, "yyny" },
		{ { 1, 1, 1 }, 3, "ynn" },
		{ { 5, 6, 1, 2, 3, 0, 4 }, 7, "nnyyyny" },
	};
	struct jk_ordered ordered[8];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(cases); i++) {
		for (size_t k = 0; k < cases[i].n; k++)
			ordered[k] =
			    (struct jk_ordered){ cases[i].number[k], true };
		assert_int_equal(jk_inorder_mark(ordered, cases[i].n), JK_OK);
		for (size_t k = 0; k < cases[i].n; k++)
			if (ordered[k].in_order !=
			    (cases[i].in_order[k] == 'y'))
				fail_msg("case %zu, number %zu", i, k);
	}
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_mark_leaves_the_fewest_over),
		CASE(test_check_sound_has_no_fault),
		CASE(test_check_lines_of_another_order_are_named),
		CASE(test_check_any_changed_byte_is_named),
		CASE(test_check_several_changes_are_named_in_one_run),
		CASE(test_check_rewritten_is_known_by_the_audit_record),
		CASE(test_check_entry_written_anew_breaks_the_next),
		CASE(test_check_cut_inside_a_line_is_named),
		CASE(test_check_foreign_lines_are_named),
		CASE(test_check_edited_registry_conf_is_compared_row_by_row),
		CASE(test_check_forged_registry_conf_is_compared_all_the_same),
		CASE(test_check_certificates_hold_what_their_names_say),
		CASE(test_check_more_faults_than_are_told_are_counted),
		CASE(test_check_no_directory_is_an_error),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
