/* SPDX-License-Identifier: BSD-2-Clause */
#include "test.h"

#include <sys/wait.h>

#include "chain.h"
#include "initext.h"
#include "ledgercheck.h"
#include "lock.h"
#include "registry.h"

static bool ready;

static int
enter(void **state)
{
	(void)state;
	ready = enter_private_place();
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	if (ready)
		registry_make();
	return 0;
}

static struct jk_store *
open_store(enum jk_store_mode mode)
{
	struct jk_store *store = NULL;

	assert_int_equal(registry_open(mode, &store), JK_OK);
	return store;
}

/* The state of a card as whoever opens the store now finds it. */
static void
expect_state(const char *id, const char *want)
{
	struct jk_store *store = open_store(JK_STORE_READ);
	const struct jk_textrow *row = jk_store_find(store, "card", id);

	if (want == NULL)
		assert_null(row);
	else
		assert_string_equal(jk_textrow_get(row, "state"), want);
	jk_store_close(&store);
}

static void
expect_refused(enum jk_store_mode mode, enum jk_err want, const char *text)
{
	struct jk_store *store = NULL;
	struct jk_store_fault fault;
	enum jk_err e = jk_store_open(REGISTRY_DIR, 0, mode, 0, &store, &fault);

	if (e != want || strstr(fault.text, text) == NULL)
		fail_msg("%s: \"%s\"", jk_err_text(e), fault.text);
	assert_null(store);
}

static void
expect_sound(uint64_t number)
{
	struct jk_ledgercheck check;

	assert_int_equal(jk_ledger_check(REGISTRY_DIR, 0, NULL, 0, &check),
	    JK_OK);
	if (check.n_faults > 0)
		fail_msg("entry %u, line %u: %s",
		    (unsigned)check.fault[0].number,
		    (unsigned)check.fault[0].line, check.fault[0].text);
	assert_int_equal(check.head.number, number);
	assert_false(check.unfinished);
}

static void
test_open_absent_is_empty_for_a_reader(void **state)
{
	struct jk_store *store;

	(void)state;
	if (!ready)
		skip();
	store = open_store(JK_STORE_READ);
	assert_int_equal(jk_store_count(store), 0);
	assert_int_equal(jk_store_head(store)->number, 0);
	assert_int_equal(jk_store_recorded(store), 0);
	jk_store_close(&store);
	assert_int_equal(rmdir(REGISTRY_DIR), 0);
	store = open_store(JK_STORE_READ);
	assert_int_equal(jk_store_count(store), 0);
	assert_null(jk_store_find(store, "card", "c-1"));
	jk_store_close(&store);
	jk_store_close(&store);
	expect_refused(JK_STORE_WRITE, JK_ERR_NOT_FOUND, REGISTRY_DIR);
}

static void
test_commit_stands_there_when_it_is_opened_again(void **state)
{
	struct jk_store *store;
	struct jk_ledger_head head, later;

	(void)state;
	if (!ready)
		skip();
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(registry_stage(store, "person", "p1", "name", "花子"),
	    JK_OK);
	assert_int_equal(registry_stage(store, "card", "c-2", "state", "sent"),
	    JK_OK);
	assert_int_equal(registry_stage(store, "card", "c-1", "state", "sent"),
	    JK_OK);
	assert_int_equal(jk_store_changes(store), 3);
	assert_int_equal(registry_commit(store, &head), JK_OK);
	assert_int_equal(head.number, 1);
	assert_int_equal(jk_store_changes(store), 0);
	/* And once more without opening it anew. */
	assert_int_equal(registry_stage(store, "card", "c-1", NULL, NULL),
	    JK_OK);
	assert_int_equal(registry_commit(store, &later), JK_OK);
	assert_int_equal(later.number, 2);
	assert_string_not_equal(head.hash, later.hash);
	jk_store_close(&store);

	store = open_store(JK_STORE_READ);
	assert_memory_equal(jk_store_head(store)->hash, later.hash,
	    sizeof(later.hash));
	assert_int_equal(jk_store_head(store)->end, later.end);
	assert_false(jk_store_is_behind(store));
	assert_int_equal(jk_store_count(store), 2);
	assert_string_equal(jk_store_at(store, 0)->id, "c-2");
	assert_string_equal(jk_textrow_get(jk_store_at(store, 1), "name"),
	    "花子");
	jk_store_close(&store);
	expect_sound(2);
}

static void
test_staged_rows_are_seen_and_dropped(void **state)
{
	struct jk_store *store;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(registry_stage(store, "card", "c-1", "state", "sent"),
	    JK_OK);
	assert_int_equal(jk_store_changes(store), 0);
	assert_int_equal(registry_stage(store, "card", "c-1", "state", "lost"),
	    JK_OK);
	assert_int_equal(registry_stage(store, "card", "c-0", "state", "new"),
	    JK_OK);
	assert_int_equal(jk_store_changes(store), 2);
	assert_string_equal(jk_store_change_at(store, 0)->row.id, "c-0");
	assert_string_equal(jk_store_change_at(store, 1)->row.id, "c-1");
	assert_false(jk_store_change_at(store, 1)->removed);
	assert_int_equal(jk_store_count(store), 2);
	assert_string_equal(jk_store_at(store, 0)->id, "c-0");
	assert_int_equal(jk_store_remove(store, "card", "c-9"),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_store_remove(store, "card", "c-0"), JK_OK);
	assert_int_equal(jk_store_remove(store, "card", "c-0"),
	    JK_ERR_NOT_FOUND);
	assert_int_equal(jk_store_changes(store), 1);
	assert_int_equal(jk_store_count(store), 1);
	assert_string_equal(jk_textrow_get(jk_store_find(store, "card", "c-1"),
	                        "state"),
	    "lost");
	jk_store_close(&store);
	expect_state("c-1", "sent");
	expect_sound(1);
}

static enum jk_err
count_entry(void *ctx, const struct jk_ledger_entry *entry,
    const struct jk_ledger_head *head)
{
	uint64_t *n = ctx;

	assert_int_equal(entry->number, ++*n);
	assert_int_equal(entry->number, head->number);
	return JK_OK;
}

static void
test_entries_are_all_of_them(void **state)
{
	struct jk_ledger_fault fault;
	struct jk_store *store;
	uint64_t n = 0;

	(void)state;
	if (!ready)
		skip();
	store = open_store(JK_STORE_READ);
	assert_int_equal(jk_store_entries(store, count_entry, &n, &fault),
	    JK_OK);
	assert_int_equal(n, 0);
	jk_store_close(&store);
	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	assert_int_equal(registry_change("c-1", "lost"), JK_OK);
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(jk_store_entries(store, count_entry, &n, &fault),
	    JK_OK);
	assert_int_equal(n, 2);
	jk_store_close(&store);
}

static void
test_commit_notes_alone_are_an_entry(void **state)
{
	struct jk_ledger_entry entry = {
		.at = 1,
		.by = JK_LEDGER_CONSOLE,
		.command = "card.pin-told",
		.n_notes = 1,
		.note = { { (char[]){ "channel" }, (char[]){ "phone" } } },
	};
	struct jk_ledger_head head;
	struct jk_store *store;
	char *text;
	size_t len;

	(void)state;
	if (!ready)
		skip();
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(jk_store_commit(store, &entry, &head), JK_OK);
	jk_store_close(&store);
	text = registry_read(AT("ledger"), &len);
	assert_string_equal(text + JK_LEDGER_HASH_LEN,
	    " {\"n\":1,\"at\":1,\"by\":\"root@console\",\"session\":\"\","
	    "\"opid\":\"\",\"terminal\":\"\",\"do\":\"card.pin-told\","
	    "\"why\":\"\",\"note\":{\"channel\":\"phone\"},\"rows\":[]}\n");
	free(text);
	expect_sound(1);
}

static void
test_commit_that_is_refused_changes_nothing(void **state)
{
	struct jk_ledger_entry nobody = { .at = 1, .command = "card.approve" };
	struct jk_ledger_head head = { .number = 9 };
	struct jk_store *store;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	store = open_store(JK_STORE_READ);
	assert_int_equal(registry_stage(store, "card", "c-1", "state", "lost"),
	    JK_OK);
	assert_int_equal(registry_commit(store, &head), JK_ERR_REFUSED);
	assert_int_equal(jk_store_set_recorded(store, 1), JK_ERR_REFUSED);
	jk_store_close(&store);
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(registry_stage(store, "card", "c-1", "state", "lost"),
	    JK_OK);
	assert_int_equal(jk_store_commit(store, &nobody, &head), JK_ERR_FORMAT);
	assert_int_equal(head.number, 9);
	assert_int_equal(jk_store_changes(store), 1);
	expect_state("c-1", "sent");
	assert_int_equal(registry_commit(store, &head), JK_OK);
	jk_store_close(&store);
	expect_state("c-1", "lost");
	expect_sound(2);
}

static void
test_files_are_for_root_alone(void **state)
{
	static const char *const names[] = { "ledger", "registry.conf",
		"recorded", "store.lock" };
	struct jk_store *store;
	struct stat st;

	(void)state;
	if (!ready)
		skip();
	umask(0);
	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(jk_store_set_recorded(store, 1), JK_OK);
	jk_store_close(&store);
	umask(022);
	for (size_t i = 0; i < JK_COUNT(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), REGISTRY_DIR "/%s", names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode, S_IFREG | 0600);
	}
}

static void
test_line_is_where_the_row_stands(void **state)
{
	struct jk_textrow row = { .n = 0 };
	struct jk_ledger_head head;
	struct jk_store *store;
	char *text, *at, *rest;
	size_t len;
	unsigned n = 0;

	(void)state;
	if (!ready)
		skip();
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(jk_textrow_init(&row, "card", "c-1"), JK_OK);
	assert_int_equal(jk_textrow_add(&row, "person", "p1"), JK_OK);
	assert_int_equal(jk_textrow_add(&row, "state", "sent"), JK_OK);
	assert_int_equal(jk_store_put(store, &row), JK_OK);
	jk_textrow_clear(&row);
	assert_int_equal(registry_stage(store, "person", "p1", "name", "n"),
	    JK_OK);
	assert_int_equal(jk_store_line(store, "person", "p1"), 0);
	assert_int_equal(registry_commit(store, &head), JK_OK);

	text = registry_read(AT("registry.conf"), &len);
	rest = text;
	while ((at = strsep(&rest, "\n")) != NULL) {
		n++;
		if (strcmp(at, "[card c-1]") == 0)
			assert_int_equal(jk_store_line(store, "card", "c-1"),
			    n);
		if (strcmp(at, "[person p1]") == 0)
			assert_int_equal(jk_store_line(store, "person", "p1"),
			    n);
	}
	free(text);
	n = jk_store_line(store, "person", "p1");
	assert_int_not_equal(n, 0);
	jk_store_close(&store);
	store = open_store(JK_STORE_READ);
	assert_int_equal(jk_store_line(store, "person", "p1"), n);
	assert_int_equal(jk_store_line(store, "person", "p2"), 0);
	jk_store_close(&store);
}

/* What is taken comes back as it was; the rest is refused. */
static void
test_put_takes_what_comes_back(void **state)
{
	static const struct {
		const char *kind, *id, *key, *value;
		bool good;
	} cases[] = {
		{ "card", "c-1", "k", "v", true },
		{ "account", "Hanako.x_y@z", "k", "v", true },
		{ "card", "c-2", "k", "花子 ・ x=y [z] \"q\" a;b a#b", true },
		{ "card", "c-3", "k", "=x: 'y' \\n %s", true },
		{ "card", "c-4", "k-2", "[x]", true },
		{ "Card", "c", "k", "v", false },
		{ "ca rd", "c", "k", "v", false },
		{ "card", "c d", "k", "v", false },
		{ "card", "c]", "k", "v", false },
		{ "card", ";c", "k", "v", false },
		{ "card", "c\n", "k", "v", false },
		{ "card", "花", "k", "v", false },
		{ "card", "c", "K", "v", false },
		{ "card", "c", "k=", "v", false },
		{ "card", "c", "k", " v", false },
		{ "card", "c", "k", "v ", false },
		{ "card", "c", "k", "v\tw", false },
		{ "card", "c", "k", "v\nw", false },
		{ "card", "c", "k", "v ;w", false },
		{ "card", "c", "k", "v #w", false },
		{ "card", "c", "k", ";v", false },
		{ "card", "c", "k", "#v", false },
		{ "card", "c", "k", "\xff", false },
		{ "card", "c", "k", "\xe2\x80\xae", false },
	};
	struct jk_ledger_head head;
	struct jk_store *store;

	(void)state;
	if (!ready)
		skip();
	store = open_store(JK_STORE_WRITE);
	for (size_t i = 0; i < JK_COUNT(cases); i++)
		if (registry_stage(store, cases[i].kind, cases[i].id,
		        cases[i].key, cases[i].value) !=
		    (cases[i].good ? JK_OK : JK_ERR_FORMAT))
			fail_msg("[%s %s] %s = %s", cases[i].kind, cases[i].id,
			    cases[i].key, cases[i].value);
	assert_int_equal(registry_commit(store, &head), JK_OK);
	jk_store_close(&store);
	store = open_store(JK_STORE_READ);
	for (size_t i = 0; i < JK_COUNT(cases) && cases[i].good; i++)
		assert_string_equal(jk_textrow_get(jk_store_find(store,
		                                       cases[i].kind,
		                                       cases[i].id),
		                        cases[i].key),
		    cases[i].value);
	jk_store_close(&store);
	expect_sound(1);
}

static void
test_put_no_line_longer_than_allowed(void **state)
{
	char value[JK_INI_LINE_MAX + 1];
	struct jk_ledger_head head;
	struct jk_store *store;

	(void)state;
	if (!ready)
		skip();
	memset(value, 'v', sizeof(value));
	value[JK_INI_LINE_MAX - 3] = '\0';
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(registry_stage(store, "card", "c-1", "k", value),
	    JK_ERR_FORMAT);
	value[JK_INI_LINE_MAX - 4] = '\0';
	assert_int_equal(registry_stage(store, "card", "c-1", "k", value),
	    JK_OK);
	assert_int_equal(registry_commit(store, &head), JK_OK);
	jk_store_close(&store);
	store = open_store(JK_STORE_READ);
	assert_string_equal(jk_textrow_get(jk_store_find(store, "card", "c-1"),
	                        "k"),
	    value);
	jk_store_close(&store);
}

/* registry.conf as a writer leaves it who is killed before the rename. */
static void
go_behind(void)
{
	size_t len;
	char *old;

	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	old = registry_read(AT("registry.conf"), &len);
	assert_int_equal(registry_change("c-1", "lost"), JK_OK);
	assert_int_equal(registry_change("c-2", "sent"), JK_OK);
	registry_write(AT("registry.conf"), old, len);
	registry_write(AT(".registry.conf.0123456789abcdef"), "half", 4);
	free(old);
}

static void
test_open_behind_the_ledger_is_rolled_forward(void **state)
{
	struct jk_store *store;
	char *before, *after;
	size_t len, after_len;

	(void)state;
	if (!ready)
		skip();
	go_behind();
	before = registry_read(AT("registry.conf"), &len);
	expect_state("c-1", "lost");
	expect_state("c-2", "sent");
	store = open_store(JK_STORE_READ);
	assert_true(jk_store_is_behind(store));
	assert_int_equal(jk_store_head(store)->number, 3);
	assert_int_equal(jk_store_line(store, "card", "c-1"), 4);
	assert_int_equal(jk_store_line(store, "card", "c-2"), 0);
	jk_store_close(&store);
	/* A reader has changed nothing. */
	after = registry_read(AT("registry.conf"), &after_len);
	assert_int_equal(len, after_len);
	assert_memory_equal(before, after, len);
	free(after);

	/* A writer has, though it has no change of its own. */
	store = open_store(JK_STORE_WRITE);
	assert_false(jk_store_is_behind(store));
	assert_int_equal(jk_store_line(store, "card", "c-2"), 7);
	jk_store_close(&store);
	after = registry_read(AT("registry.conf"), &after_len);
	assert_non_null(strstr(after, "state = lost"));
	assert_int_not_equal(access(AT(".registry.conf.0123456789abcdef"),
	                         F_OK),
	    0);
	free(after);
	free(before);
	expect_sound(3);
}

static void
test_open_without_registry_conf_is_made_from_the_ledger(void **state)
{
	(void)state;
	if (!ready)
		skip();
	go_behind();
	assert_int_equal(unlink(AT("registry.conf")), 0);
	expect_state("c-1", "lost");
	expect_sound(3);
	assert_int_equal(registry_change("c-3", "sent"), JK_OK);
	expect_state("c-1", "lost");
	expect_sound(4);
}

/* A writer killed while it appended, after whatever byte. */
static void
test_open_unfinished_entry_has_not_happened(void **state)
{
	char *old_conf, *old, *text;
	size_t conf_len, old_len, len;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	old_conf = registry_read(AT("registry.conf"), &conf_len);
	old = registry_read(AT("ledger"), &old_len);
	assert_int_equal(registry_change("c-1", "lost"), JK_OK);
	text = registry_read(AT("ledger"), &len);
	for (size_t n = old_len + 1; n < len; n++) {
		struct jk_ledgercheck check;
		char *now;
		size_t now_len;

		registry_write(AT("registry.conf"), old_conf, conf_len);
		registry_write(AT("ledger"), text, n);
		expect_state("c-1", "sent");
		assert_int_equal(jk_ledger_check(REGISTRY_DIR, 0, NULL, 0,
		                     &check),
		    JK_OK);
		assert_int_equal(check.n_faults, 0);
		assert_true(check.unfinished);
		assert_int_equal(registry_change("c-1", "lost"), JK_OK);
		expect_state("c-1", "lost");
		now = registry_read(AT("ledger"), &now_len);
		assert_int_equal(now_len, len);
		assert_memory_equal(now, text, len);
		free(now);
	}
	free(old_conf);
	free(old);
	free(text);
}

static void
test_open_edited_registry_conf_is_refused(void **state)
{
	char *text, *at;
	size_t len;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	text = registry_read(AT("registry.conf"), &len);
	at = strstr(text, "sent");
	memcpy(at, "lost", 4);
	registry_write(AT("registry.conf"), text, len);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    AT("registry.conf: was changed by hand"));
	expect_refused(JK_STORE_WRITE, JK_ERR_FORMAT, "was changed by hand");
	memcpy(at, "sent", 4);
	text[2] = 'L';
	registry_write(AT("registry.conf"), text, len);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    AT("registry.conf: line 1"));
	registry_write(AT("registry.conf"), "[card c-1]\nstate = lost\n", 24);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    AT("registry.conf: line 1"));
	registry_write(AT("registry.conf"), "", 0);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    AT("registry.conf: line 1"));
	/* What the text says is the way out. */
	assert_int_equal(unlink(AT("registry.conf")), 0);
	assert_int_equal(registry_change("c-2", "sent"), JK_OK);
	expect_state("c-1", "sent");
	free(text);
}

static void
test_open_ahead_of_the_ledger_is_refused(void **state)
{
	char *old, *text;
	size_t old_len, len;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	old = registry_read(AT("ledger"), &old_len);
	assert_int_equal(registry_change("c-1", "lost"), JK_OK);
	text = registry_read(AT("ledger"), &len);
	registry_write(AT("ledger"), old, old_len);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    AT("ledger: entry 2 is missing: the ledger was cut off"));
	registry_write(AT("ledger"), text, len - 1);
	expect_refused(JK_STORE_WRITE, JK_ERR_FORMAT, "entry 2 is missing");
	text[old_len] ^= 1;
	registry_write(AT("ledger"), text, len);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    "entry 2 does not stand where it should end");
	assert_int_equal(unlink(AT("ledger")), 0);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    AT("ledger: is missing, and registry.conf holds entry 2"));
	free(old);
	free(text);
}

/* The part of the ledger that a killed writer has left. */
static void
test_open_broken_chain_behind_is_refused(void **state)
{
	char *text, *at;
	size_t len;

	(void)state;
	if (!ready)
		skip();
	go_behind();
	text = registry_read(AT("ledger"), &len);
	at = strstr(text, "lost");
	memcpy(at, "sold", 4);
	registry_write(AT("ledger"), text, len);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    AT("ledger: entry 2 was changed, or the one before it"));
	expect_refused(JK_STORE_WRITE, JK_ERR_FORMAT, "entry 2 was changed");
	free(text);
}

static void
test_lock_keeps_one_writer_and_no_reader_out(void **state)
{
	struct jk_store *store;

	(void)state;
	if (!ready)
		skip();
	store = open_store(JK_STORE_WRITE);
	expect_refused(JK_STORE_WRITE, JK_ERR_BUSY,
	    "somebody else is changing the registry");
	expect_state("c-1", NULL);
	jk_store_close(&store);
	store = open_store(JK_STORE_WRITE);
	jk_store_close(&store);
}

/* A writer on a full disk takes back what a reader has half read. */
static void
test_open_reader_asks_again_before_it_blames(void **state)
{
	int began[2], lock;
	char *text, byte;
	size_t len;
	pid_t pid;

	(void)state;
	if (!ready)
		skip();
	go_behind();
	text = registry_read(AT("ledger"), &len);
	assert_int_equal(pipe(began), 0);
	pid = fork();
	if (pid == 0) {
		int dir = open(REGISTRY_DIR, O_RDONLY | O_DIRECTORY);

		if (jk_lock_take(dir, "store.lock", 0, &lock) != JK_OK)
			_exit(1);
		text[len - 3] ^= 1;
		registry_write(AT("ledger"), text, len);
		text[len - 3] ^= 1;
		(void)!write(began[1], "", 1);
		usleep(100000);
		registry_write(AT("ledger"), text, len);
		_exit(0);
	}
	assert_int_equal(read(began[0], &byte, 1), 1);
	expect_state("c-2", "sent");
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* It holds no lock that would keep a writer out. */
	assert_int_equal(registry_change("c-3", "sent"), JK_OK);
	close(began[0]);
	close(began[1]);
	free(text);
}

static void
test_open_unsafe_is_refused(void **state)
{
	(void)state;
	if (!ready)
		skip();
	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	assert_int_equal(chmod(AT("ledger"), 0620), 0);
	expect_refused(JK_STORE_READ, JK_ERR_UNSAFE,
	    AT("ledger: writable by group"));
	expect_refused(JK_STORE_WRITE, JK_ERR_UNSAFE, "writable by group");
	assert_int_equal(chmod(AT("ledger"), 0600), 0);
	assert_int_equal(chown(AT("registry.conf"), 65534, 0), 0);
	expect_refused(JK_STORE_READ, JK_ERR_UNSAFE,
	    AT("registry.conf: belongs to uid 65534"));
	assert_int_equal(chown(AT("registry.conf"), 0, 0), 0);
	assert_int_equal(chmod(REGISTRY_DIR, 0777), 0);
	expect_refused(JK_STORE_READ, JK_ERR_UNSAFE, REGISTRY_DIR);
	assert_int_equal(chmod(REGISTRY_DIR, 0700), 0);
	assert_int_equal(rename(AT("ledger"), AT("x")), 0);
	assert_int_equal(symlink("x", AT("ledger")), 0);
	expect_refused(JK_STORE_WRITE, JK_ERR_UNSAFE, "symbolic link");
}

static void
test_recorded_is_kept_and_bounded(void **state)
{
	struct jk_store *store;

	(void)state;
	if (!ready)
		skip();
	assert_int_equal(registry_change("c-1", "sent"), JK_OK);
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(jk_store_set_recorded(store, 2), JK_ERR_FORMAT);
	assert_int_equal(jk_store_set_recorded(store, 1), JK_OK);
	assert_int_equal(jk_store_recorded(store), 1);
	jk_store_close(&store);
	store = open_store(JK_STORE_READ);
	assert_int_equal(jk_store_recorded(store), 1);
	jk_store_close(&store);
	registry_write(AT("recorded"), "2\n", 2);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    AT("ledger: was cut off: entry 2 is missing"));
	registry_write(AT("recorded"), "1", 1);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT,
	    AT("recorded: not a number"));
	registry_write(AT("recorded"), "01\n", 3);
	expect_refused(JK_STORE_READ, JK_ERR_FORMAT, "not a number");
}

static void
test_certificate_has_its_contents_name(void **state)
{
	static const char pem[] = "-----BEGIN CERTIFICATE-----\n";
	char name[JK_STORE_PEM_NAME], again[JK_STORE_PEM_NAME], *text;
	char hash[JK_LEDGER_HASH_LEN + 1], path[256];
	struct jk_store *store;
	size_t len;

	(void)state;
	if (!ready)
		skip();
	store = open_store(JK_STORE_WRITE);
	assert_int_equal(jk_store_certificate(store, pem, strlen(pem), name),
	    JK_OK);
	assert_int_equal(jk_chain_digest(pem, strlen(pem), hash), JK_OK);
	assert_int_equal(strncmp(name, hash, JK_LEDGER_HASH_LEN), 0);
	assert_string_equal(name + JK_LEDGER_HASH_LEN, ".pem");
	snprintf(path, sizeof(path), AT("certificates/%s"), name);
	text = registry_read(path, &len);
	assert_int_equal(len, strlen(pem));
	assert_memory_equal(text, pem, len);
	free(text);
	/* Again is no harm, but never over something else. */
	assert_int_equal(jk_store_certificate(store, pem, strlen(pem), again),
	    JK_OK);
	assert_string_equal(name, again);
	registry_write(path, "other", 5);
	assert_int_equal(jk_store_certificate(store, pem, strlen(pem), again),
	    JK_ERR_FORMAT);
	jk_store_close(&store);
	store = open_store(JK_STORE_READ);
	assert_int_equal(jk_store_certificate(store, pem, strlen(pem), again),
	    JK_ERR_REFUSED);
	jk_store_close(&store);
}

#define CASE(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_open_absent_is_empty_for_a_reader),
		CASE(test_commit_stands_there_when_it_is_opened_again),
		CASE(test_staged_rows_are_seen_and_dropped),
		CASE(test_entries_are_all_of_them),
		CASE(test_commit_notes_alone_are_an_entry),
		CASE(test_commit_that_is_refused_changes_nothing),
		CASE(test_files_are_for_root_alone),
		CASE(test_line_is_where_the_row_stands),
		CASE(test_put_takes_what_comes_back),
		CASE(test_put_no_line_longer_than_allowed),
		CASE(test_open_behind_the_ledger_is_rolled_forward),
		CASE(test_open_without_registry_conf_is_made_from_the_ledger),
		CASE(test_open_unfinished_entry_has_not_happened),
		CASE(test_open_edited_registry_conf_is_refused),
		CASE(test_open_ahead_of_the_ledger_is_refused),
		CASE(test_open_broken_chain_behind_is_refused),
		CASE(test_lock_keeps_one_writer_and_no_reader_out),
		CASE(test_open_reader_asks_again_before_it_blames),
		CASE(test_open_unsafe_is_refused),
		CASE(test_recorded_is_kept_and_bounded),
		CASE(test_certificate_has_its_contents_name),
	};

	return cmocka_run_group_tests(tests, enter, NULL);
}
