/* SPDX-License-Identifier: BSD-2-Clause */
/* The office's ledgers (S-19, T-16, S-29), collected from a ledger. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"
#include "chain.h"
#include "clock.h"
#include "scratch.h"

#define EVIL "<b>&\"'</b>"

struct ledger {
	struct scratch scratch;
	FILE *file;
	uint64_t n;
	char hash[JK_LEDGER_HASH_LEN + 1];
	char last[JK_LEDGER_HASH_LEN + 1];
};

static int64_t
day(const char *text)
{
	int64_t s;

	assert_int_equal(jk_date_parse(text, &s), JK_OK);
	return s;
}

static void
open_ledger(struct ledger *l)
{
	char path[128];

	*l = (struct ledger){ .file = NULL };
	scratch_make(&l->scratch);
	memset(l->hash, '0', JK_LEDGER_HASH_LEN);
	(void)snprintf(path, sizeof(path), "%s/ledger", l->scratch.path);
	l->file = fopen(path, "w");
	assert_non_null(l->file);
}

static void
close_ledger(struct ledger *l)
{
	scratch_remove(&l->scratch);
}

/* One row of an entry: "key=value" words, each value without blanks; NULL: it
 * is removed. */
static void
fill_row(struct jk_ledger_change *change, const char *kind, const char *id,
    const char *values)
{
	char copy[4096], *save, *word;

	assert_int_equal(jk_textrow_init(&change->row, kind, id), JK_OK);
	change->removed = values == NULL;
	(void)snprintf(copy, sizeof(copy), "%s", values != NULL ? values : "");
	for (word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save)) {
		char *equals = strchr(word, '=');

		assert_non_null(equals);
		*equals = '\0';
		assert_int_equal(jk_textrow_add(&change->row, word, equals + 1),
		    JK_OK);
	}
}

/* 10 o'clock of that day, by p0009. */
static void
enter_noted(struct ledger *l, const char *date, const char *command,
    const char *const *notes, const char *kind, const char *id,
    const char *values)
{
	struct jk_ledger_change change = { 0 };
	struct jk_ledger_entry entry = {
		.number = ++l->n,
		.at = day(date) + 10 * 3600,
		.by = "p0009",
		.opid = "m0009-9",
		.terminal = "shimin-03",
		.why = "reason " EVIL,
		.n_changes = 1,
		.change = &change,
	};
	char *json = NULL;

	(void)snprintf(entry.command, sizeof(entry.command), "%s", command);
	for (; notes != NULL && notes[0] != NULL; notes += 2) {
		entry.note[entry.n_notes].key = strdup(notes[0]);
		entry.note[entry.n_notes++].value = strdup(notes[1]);
	}
	fill_row(&change, kind, id, values);
	assert_int_equal(jk_ledger_entry_format(&entry, &json), JK_OK);
	assert_int_equal(jk_chain_hash(l->hash, json, strlen(json), l->last),
	    JK_OK);
	strcpy(l->hash, l->last);
	fprintf(l->file, "%s %s\n", l->hash, json);
	fflush(l->file);
	free(json);
	jk_textrow_clear(&change.row);
	for (size_t i = 0; i < entry.n_notes; i++) {
		free(entry.note[i].key);
		free(entry.note[i].value);
	}
}

static void
enter(struct ledger *l, const char *date, const char *command, const char *kind,
    const char *id, const char *values)
{
	enter_noted(l, date, command, NULL, kind, id, values);
}

static enum jk_err
read_book(const struct ledger *l, const struct jk_book_wish *wish,
    struct jk_book *ret)
{
	struct jk_ledger_fault fault;

	return jk_book_read(l->scratch.path, wish, ret, &fault);
}

/* The cells of a line with '|' between. */
static const char *
line_of(const struct jk_book *book, size_t row)
{
	static char text[4096];
	size_t used = 0;

	for (size_t i = 0; i < jk_table_columns(book->table); i++)
		used +=
		    (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
		        i > 0 ? "|" : "", jk_table_cell(book->table, row, i));
	return text;
}

static void
expect_lines(const struct jk_book *book, size_t n, const char *const *lines)
{
	assert_int_equal(jk_table_rows(book->table), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(line_of(book, i), lines[i]);
}

/* Every operator ID that there ever was, with what became of it. */
static void
test_book_of_operator_ids_keeps_what_was_deleted(void **state)
{
	const struct jk_book_wish wish = { .name = "operator",
		.now = day("2026-11-25") };
	const char *const lines[] = {
		"m1-3|moving-desk|p1|Hanako|shimin|2026-04-01 p0009|"
		"2027-03-31|order-7|in force|6",
		"m2-4|wide-area-issuance-desk|p2|||2026-04-02 p0009|"
		"2026-06-30||expired|3",
		"m3-1|municipal-management|p1|Hanako||2026-04-03 p0009|||"
		"deleted 2026-05-01|7",
		"m4-1|municipal-management|p1|Hanako||2026-04-04 p0009|||"
		"disabled 2026-05-02|9",
		"m5-1|own-type|p1|Hanako||2026-05-03 p0009|||not yet|10",
	};
	struct jk_book book;
	struct ledger l;

	(void)state;
	open_ledger(&l);
	enter(&l, "2026-04-01", "person.add", "person", "p1", "name=Hanako");
	enter(&l, "2026-04-01", "operator-id.grant", "operator-id", "m1-3",
	    "person=p1 type=moving-desk department=shimin");
	enter(&l, "2026-04-02", "operator-id.grant", "operator-id", "m2-4",
	    "person=p2 type=wide-area-issuance-desk valid-until=2026-06-30");
	enter(&l, "2026-04-03", "operator-id.grant", "operator-id", "m3-1",
	    "person=p1 type=municipal-management");
	enter(&l, "2026-04-04", "operator-id.grant", "operator-id", "m4-1",
	    "person=p1 type=municipal-management");
	enter(&l, "2026-04-30", "operator-id.change", "operator-id", "m1-3",
	    "person=p1 type=moving-desk department=shimin "
	    "valid-until=2027-03-31 basis=order-7");
	enter(&l, "2026-05-01", "operator-id.remove", "operator-id", "m3-1",
	    NULL);
	enter(&l, "2026-05-02", "operator-id.disable", "operator-id", "m4-1",
	    "person=p1 type=municipal-management enabled=no");
	enter(&l, "2026-05-03", "operator-id.change", "operator-id", "m4-1",
	    "person=p1 type=municipal-management enabled=no department=x");
	enter(&l, "2026-05-03", "operator-id.grant", "operator-id", "m5-1",
	    "person=p1 type=own-type valid-from=2027-04-01");
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	assert_int_equal(jk_table_rows(book.table), 5);
	assert_string_equal(line_of(&book, 0), lines[0]);
	assert_string_equal(line_of(&book, 1), lines[1]);
	assert_string_equal(line_of(&book, 2), lines[2]);
	/* It was disabled once, and changed later. */
	assert_string_equal(line_of(&book, 3),
	    "m4-1|municipal-management|p1|Hanako|x|2026-04-04 p0009|||"
	    "disabled 2026-05-02|9");
	assert_string_equal(line_of(&book, 4), lines[4]);
	assert_int_equal(book.head.number, 10);
	assert_string_equal(book.head.hash, l.last);
	jk_book_clear(&book);
	close_ledger(&l);
}

/* As it stood at the end of a day, without what had ended before another. */
static void
test_book_of_a_period_is_as_of_its_last_day(void **state)
{
	struct jk_book_wish wish = { .name = "operator",
		.until = day("2026-05-01"),
		.now = day("2026-11-25") };
	const char *const april[] = { "m1-1|x|p1|||2026-04-01 p0009|||"
		                      "in force|1" };
	const char *const may[] = { "m1-1|x|p1|||2026-04-01 p0009|||"
		                    "deleted 2026-05-01|2",
		"m2-1|x|p1|||2026-05-02 p0009|||in force|3" };
	struct jk_book book;
	struct ledger l;

	(void)state;
	open_ledger(&l);
	enter(&l, "2026-04-01", "operator-id.grant", "operator-id", "m1-1",
	    "person=p1 type=x");
	enter(&l, "2026-05-01", "operator-id.remove", "operator-id", "m1-1",
	    NULL);
	enter(&l, "2026-05-02", "operator-id.grant", "operator-id", "m2-1",
	    "person=p1 type=x");
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	expect_lines(&book, 1, april);
	/* The whole was read all the same: its head stands in the foot. */
	assert_int_equal(book.head.number, 3);
	jk_book_clear(&book);
	wish.from = day("2026-05-01");
	wish.until = day("2026-06-01");
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	expect_lines(&book, 2, may);
	assert_string_equal(jk_book_period(&book), "2026-05-01 to 2026-05-31");
	jk_book_clear(&book);
	wish.from = day("2026-05-02");
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	expect_lines(&book, 1, &may[1]);
	jk_book_clear(&book);
	close_ledger(&l);
}

/* Days and officers of each step (T-10 to T-24). */
static void
test_book_of_cards_has_each_step_of_a_life(void **state)
{
	const struct jk_book_wish wish = { .name = "card",
		.now = day("2026-11-25") };
	const char *const lines[] = {
		("c-1|p1|Hanako|moving-desk, own|2026-04-01 p0009|"
		 "2026-04-02 p0009|2026-04-03 p0009|2026-04-04 p0009|"
		 "2026-04-05 p0009|2026-10-01 p0009||returned|"
		 "card sent by: post; PIN told by: phone"),
		"c-2|p1|Hanako|moving-desk, own||||||||active|",
		("c-3||||||||2026-05-01 p0009||2026-05-02 p0009|revoked|"
		 "spare card: yes; revoked because: lost"),
	};
	struct jk_book book;
	struct ledger l;

	(void)state;
	open_ledger(&l);
	enter(&l, "2026-03-01", "person.add", "person", "p1", "name=Hanako");
	enter(&l, "2026-03-01", "operator-id.grant", "operator-id", "m1",
	    "person=p1 type=moving-desk");
	enter(&l, "2026-03-01", "operator-id.grant", "operator-id", "m2",
	    "person=p1 type=own");
	enter(&l, "2026-03-01", "operator-id.grant", "operator-id", "m3",
	    "person=p2 type=other");
	enter(&l, "2026-04-01", "card.request", "card", "c-1",
	    "person=p1 state=requested");
	enter(&l, "2026-04-02", "card.apply", "card", "c-1",
	    "person=p1 state=applied");
	enter(&l, "2026-04-03", "card.approve", "card", "c-1",
	    "person=p1 state=approved");
	enter(&l, "2026-04-04", "card.issue", "card", "c-1",
	    "person=p1 state=issued card-channel=post");
	enter(&l, "2026-04-05", "card.receipt", "card", "c-1",
	    "person=p1 state=active card-channel=post pin-channel=phone");
	/* A hand-over is no step of its life. */
	enter(&l, "2026-04-06", "card.checkout", "card", "c-1",
	    "person=p1 state=active handed-at=2026-04-06 "
	    "card-channel=post pin-channel=phone");
	enter(&l, "2026-04-07", "registry.adopt", "card", "c-2", "person=p1");
	enter(&l, "2026-05-01", "card.add", "card", "c-3", "spare=yes");
	enter(&l, "2026-05-02", "card.revoke", "card", "c-3",
	    "spare=yes state=revoked revoked-why=lost");
	enter(&l, "2026-10-01", "card.returned", "card", "c-1",
	    "person=p1 state=returned card-channel=post pin-channel=phone");
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	expect_lines(&book, 3, lines);
	jk_book_clear(&book);
	close_ledger(&l);
}

/* Each account with its owners and rights of that day (S-29, C-4). */
static void
test_book_of_reviews_has_each_judgement(void **state)
{
	const struct jk_book_wish wish = { .name = "review",
		.now = day("2026-11-25") };
	const char *const notes[] = { "op", "review", "department", "shimin",
		"001", "hanako keep", "002", "taro remove has retired", NULL };
	const char *const lines[] = {
		"2026-10-01|hanako|p1 Hanako, p2 |moving-desk, own|keep||"
		"p0009|shimin|6",
		"2026-10-01|taro|p2 |own|remove|has retired|p0009|shimin|6",
	};
	struct jk_book book;
	struct ledger l;

	(void)state;
	open_ledger(&l);
	enter(&l, "2026-04-01", "person.add", "person", "p1", "name=Hanako");
	enter(&l, "2026-04-01", "account.add", "account", "hanako",
	    "person=p1 person=p2");
	enter(&l, "2026-04-01", "account.add", "account", "taro", "person=p2");
	enter(&l, "2026-04-01", "operator-id.grant", "operator-id", "m1",
	    "person=p1 type=moving-desk");
	enter(&l, "2026-04-01", "operator-id.grant", "operator-id", "m2",
	    "person=p2 type=own");
	/* What it removes was there when it was judged. */
	enter_noted(&l, "2026-10-01", "review.sign", notes, "account", "taro",
	    NULL);
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	expect_lines(&book, 2, lines);
	jk_book_clear(&book);
	close_ledger(&l);
}

static void
test_journal_says_what_changed(void **state)
{
	struct jk_book_wish wish = { .now = day("2026-11-25") };
	const char *const lines[] = {
		"1|2026-04-01 10:00|p0009|m0009-9|shimin-03|person.add|"
		"person p1|name = Hanako; department = shimin|reason " EVIL,
		"2|2026-04-02 10:00|p0009|m0009-9|shimin-03|person.change|"
		"person p1|department = zeimu|reason " EVIL,
		"3|2026-04-03 10:00|p0009|m0009-9|shimin-03|person.change|"
		"person p1|department = -|reason " EVIL,
		"4|2026-04-04 10:00|p0009|m0009-9|shimin-03|card.add|"
		"card c-1|spare = yes|reason " EVIL,
		"5|2026-04-05 10:00|p0009|m0009-9|shimin-03|card.remove|"
		"card c-1|removed|reason " EVIL,
	};
	struct jk_book book;
	struct ledger l;

	(void)state;
	open_ledger(&l);
	enter(&l, "2026-04-01", "person.add", "person", "p1",
	    "name=Hanako department=shimin");
	enter(&l, "2026-04-02", "person.change", "person", "p1",
	    "name=Hanako department=zeimu");
	enter(&l, "2026-04-03", "person.change", "person", "p1", "name=Hanako");
	enter(&l, "2026-04-04", "card.add", "card", "c-1", "spare=yes");
	enter(&l, "2026-04-05", "card.remove", "card", "c-1", NULL);
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	expect_lines(&book, 5, lines);
	jk_book_clear(&book);
	wish.kind = "card";
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	expect_lines(&book, 2, &lines[3]);
	jk_book_clear(&book);
	wish.kind = NULL;
	wish.from = day("2026-04-03");
	wish.until = day("2026-04-04");
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	expect_lines(&book, 1, &lines[2]);
	jk_book_clear(&book);
	close_ledger(&l);
}

/* A cell ends with dots where it is too long, never inside a character. */
static void
test_journal_cuts_between_characters(void **state)
{
	const struct jk_book_wish wish = { .now = day("2026-11-25") };
	struct jk_book book;
	struct ledger l;
	FILE *out;

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		static const char *const begin[] = { "a=x", "a=xx", "a=xxx" };
		char values[4096], html[16384];
		const char *cell;

		strcpy(values, begin[shift]);
		for (size_t i = 0; i < 16; i++) {
			strcat(values, " person=");
			for (size_t j = 0; j < 60; j++)
				strcat(values, j == i ? "本" : "住");
		}
		open_ledger(&l);
		enter(&l, "2026-04-01", "account.add", "account", "a", values);
		assert_int_equal(read_book(&l, &wish, &book), JK_OK);
		cell = jk_table_cell(book.table, 0, 7);
		assert_true(strlen(cell) > 2000);
		assert_string_equal(cell + strlen(cell) - 3, "...");
		/* Half a character would become U+FFFD. */
		out = fmemopen(html, sizeof(html), "w");
		jk_html_escape(out, cell);
		fclose(out);
		assert_string_equal(html, cell);
		jk_book_clear(&book);
		close_ledger(&l);
	}
}

static const char *
print(const struct jk_book *book,
    void (*printer)(const struct jk_book *book, FILE *out))
{
	static char text[1 << 16];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	printer(book, out);
	fclose(out);
	return text;
}

/* What stands in the ledger is never HTML. */
static void
test_html_of_a_book_is_escaped(void **state)
{
	const struct jk_book_wish wish = { .now = day("2026-11-25") };
	struct jk_book book;
	struct ledger l;
	const char *html;

	(void)state;
	open_ledger(&l);
	enter(&l, "2026-04-01", "person.add", "person", "p1",
	    "name=<script>alert(1)</script>");
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	html = print(&book, jk_book_print_html);
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "<b>"));
	assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
	assert_non_null(
	    strstr(html, "reason &lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;"));
	assert_non_null(strstr(html, "default-src 'none'"));
	assert_non_null(strstr(html, "size: A4 landscape"));
	assert_non_null(strstr(html, "table-header-group"));
	assert_non_null(strstr(html, l.last));
	jk_book_clear(&book);
	close_ledger(&l);
}

static void
test_html_escape_leaves_nothing_dangerous(void **state)
{
	static const struct {
		const char *text, *html;
	} rows[] = {
		{ "", "" },
		{ "住基 花子 x-1", "住基 花子 x-1" },
		{ "<>&\"'", "&lt;&gt;&amp;&quot;&#39;" },
		{ "a\x01\x7f"
		  "b",
		    "a\xef\xbf\xbd\xef\xbf\xbd"
		    "b" },
		{ "\xff<", "\xef\xbf\xbd&lt;" },
		{ "\xe4\xbd<", "\xef\xbf\xbd\xef\xbf\xbd&lt;" },
		/* Turns the direction of writing. */
		{ "a\xe2\x80\xae"
		  "b",
		    "a\xef\xbf\xbd"
		    "b" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < JK_COUNT(rows); i++) {
		FILE *out;

		text[0] = '\0'; /* for what writes nothing at all */
		out = fmemopen(text, sizeof(text), "w");
		jk_html_escape(out, rows[i].text);
		fclose(out);
		assert_string_equal(text, rows[i].html);
	}
}

/* Each page has 60 lines of at most 78 columns, and ends with a form feed. */
static void
test_text_of_a_book_fits_on_paper(void **state)
{
	const struct jk_book_wish wish = { .now = day("2026-11-25") };
	char copy[512], *at, *end;
	struct jk_book book;
	size_t lines = 0, pages = 0;
	struct ledger l;

	(void)state;
	open_ledger(&l);
	for (size_t i = 0; i < 60; i++) {
		(void)snprintf(copy, sizeof(copy),
		    "name=住民基本台帳ネットワークシステム%zu"
		    "-very-long-name-that-does-not-end-before-the-line-does"
		    "-and-goes-on-in-the-next-line department=shimin",
		    i);
		enter(&l, "2026-04-01", "person.add", "person", "p1", copy);
	}
	assert_int_equal(read_book(&l, &wish, &book), JK_OK);
	at = strdup(print(&book, jk_book_print));
	assert_non_null(at);
	for (char *line = at; (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		*end = '\0';
		if (*line == '\f') {
			assert_int_equal(lines, 60);
			lines = 0;
			pages++;
			line++;
		}
		lines++;
		if (jk_show_width(line) > 78)
			fail_msg("%zu columns: %s", jk_show_width(line), line);
	}
	assert_int_equal(lines, 60);
	assert_true(pages >= 5);
	free(at);
	jk_book_clear(&book);
	close_ledger(&l);
}

static void
test_book_of_a_broken_ledger_is_none(void **state)
{
	const struct jk_book_wish wish = { .now = day("2026-11-25") };
	struct jk_ledger_fault fault;
	struct jk_book book;
	struct ledger l;

	(void)state;
	open_ledger(&l);
	enter(&l, "2026-04-01", "person.add", "person", "p1", "name=A");
	l.hash[0] = l.hash[0] == '0' ? '1' : '0';
	enter(&l, "2026-04-02", "person.add", "person", "p2", "name=B");
	assert_int_equal(jk_book_read(l.scratch.path, &wish, &book, &fault),
	    JK_ERR_FORMAT);
	assert_int_equal(fault.number, 2);
	jk_book_clear(&book);
	close_ledger(&l);
	assert_false(jk_book_exists("none"));
	assert_true(jk_book_exists("review"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_book_of_operator_ids_keeps_what_was_deleted),
		cmocka_unit_test(test_book_of_a_period_is_as_of_its_last_day),
		cmocka_unit_test(test_book_of_cards_has_each_step_of_a_life),
		cmocka_unit_test(test_book_of_reviews_has_each_judgement),
		cmocka_unit_test(test_journal_says_what_changed),
		cmocka_unit_test(test_journal_cuts_between_characters),
		cmocka_unit_test(test_html_of_a_book_is_escaped),
		cmocka_unit_test(test_html_escape_leaves_nothing_dangerous),
		cmocka_unit_test(test_text_of_a_book_fits_on_paper),
		cmocka_unit_test(test_book_of_a_broken_ledger_is_none),
	};

	setenv("TZ", "Asia/Tokyo", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
