/* SPDX-License-Identifier: BSD-2-Clause */
/* The uses of a session against a model of them, and against any bytes. */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "usebook.h"

#define SESSION "cb94a754aa652055"
#define KINDS   JK_USEBOOK_KINDS
#define USES    12
#define STEPS   20000

static uint32_t seed = 20261130;

static uint32_t
roll(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* --- a use, and what it should have --------------------------------------- */

struct one {
	struct jk_usebook book;
	char id[JK_ID_LEN + 1], reception[16];
	struct jk_usebook_use use;
	struct jk_usebook_counts all, entered;
	/* An entry of its own that is on its way. */
	bool done;
	struct jk_usebook_counts so_far;
};

static struct one of[USES];

static void
begin(const struct scratch *p, struct one *o, unsigned number)
{
	memset(o, 0, sizeof(*o));
	assert_int_equal(jk_usebook_open(p->dir, SESSION, &o->book), JK_OK);
	(void)snprintf(o->id, sizeof(o->id), "%016x", number);
	(void)snprintf(o->reception, sizeof(o->reception), "R08-%u", number);
	o->use = (struct jk_usebook_use){
		.id = o->id,
		.purpose = "passport",
		.reception = o->reception,
		.right = "m0123-2",
		.begun = 1795298607 + number,
	};
}

static void
add(struct one *o, unsigned kind, uint64_t n)
{
	jk_usebook_add(&o->book, &o->use, (enum jk_usebook_kind)kind, n);
	o->all.of[kind] += n;
}

static void
drop(struct one *o, unsigned kind, uint64_t n)
{
	jk_usebook_drop(&o->book, (enum jk_usebook_kind)kind, n);
	o->all.of[kind] -= n;
	if (o->entered.of[kind] > o->all.of[kind])
		o->entered.of[kind] = o->all.of[kind];
}

static uint64_t
open_of(const struct one *o, unsigned kind)
{
	return o->all.of[kind] - o->entered.of[kind];
}

static bool
is_open(const struct one *o)
{
	bool open = false;

	for (unsigned i = 0; i < KINDS; i++)
		open = open || open_of(o, i) > 0;
	return open;
}

static struct jk_usebook_counts
sums_of(const struct jk_usebook_view *v)
{
	struct jk_usebook_counts c = { 0 };

	for (size_t i = 0; i < v->n; i++)
		for (size_t kind = 0; kind < KINDS; kind++)
			c.of[kind] += v->row[i].open.of[kind];
	return c;
}

/* Exactly the uses that have something open, each with what it should. */
static void
compare(const struct jk_usebook_view *v)
{
	size_t expected = 0;

	for (size_t u = 0; u < USES; u++)
		expected += is_open(&of[u]);
	assert_int_equal(v->n, expected);
	for (size_t i = 0; i < v->n; i++) {
		const struct jk_usebook_row *r = &v->row[i];
		size_t u = 0;

		while (u < USES && strcmp(of[u].id, r->id) != 0)
			u++;
		assert_true(u < USES);
		assert_string_equal(r->reception, of[u].reception);
		assert_string_equal(r->purpose, "passport");
		assert_string_equal(r->right, "m0123-2");
		assert_int_equal(r->begun, of[u].use.begun);
		for (unsigned kind = 0; kind < KINDS; kind++)
			assert_int_equal(r->open.of[kind],
			    open_of(&of[u], kind));
	}
}

/* --- the steps ------------------------------------------------------------ */

static void
step_count(struct one *o)
{
	const unsigned kind = roll(KINDS);
	const uint64_t n = 1 + roll(3);

	add(o, kind, n);
	if (roll(5) == 0)
		drop(o, kind, n);
}

/* From DONE to its receipt; in between it goes on, and something may die. */
static void
begin_done(struct one *o)
{
	const struct jk_usebook_counts none = { 0 };
	const bool entered =
	    memcmp(&o->all, &none, sizeof(none)) != 0 && !is_open(o);

	assert_int_equal(jk_usebook_begin_own(&o->book),
	    entered ? JK_ERR_REFUSED : JK_OK);
	if (entered)
		return;
	/* One at a time. */
	assert_int_equal(jk_usebook_begin_own(&o->book), JK_ERR_REFUSED);
	o->so_far = o->all;
	o->done = true;
}

static void
end_done(struct one *o)
{
	const bool made = roll(4) != 0; /* else its record is void */

	o->done = false;
	jk_usebook_end_own(&o->book, made);
	for (unsigned i = 0; made && i < KINDS; i++) {
		if (o->entered.of[i] < o->so_far.of[i])
			o->entered.of[i] = o->so_far.of[i];
		if (o->entered.of[i] > o->all.of[i])
			o->entered.of[i] = o->all.of[i];
	}
}

static void
end_all_done(void)
{
	for (size_t u = 0; u < USES; u++)
		if (of[u].done)
			end_done(&of[u]);
}

static bool
is_any_done(void)
{
	bool any = false;

	for (size_t u = 0; u < USES; u++)
		any = any || of[u].done;
	return any;
}

static void
enter_all(void)
{
	for (size_t u = 0; u < USES; u++)
		of[u].entered = of[u].all;
}

static void
step_entry(struct one *o)
{
	struct jk_usebook_counts sums;
	const unsigned how = roll(6);
	size_t n;

	if (roll(2) == 0)
		end_all_done();
	assert_int_equal(jk_usebook_look(&o->book), JK_OK);
	compare(o->book.shown);
	sums = sums_of(o->book.shown);
	n = o->book.shown->n;
	if (how == 0)
		sums.of[roll(KINDS)]++;
	else if (how == 1)
		n++;
	else if (how == 2)
		add(&of[roll(USES)], roll(KINDS), 1);
	if (how <= 2 || n == 0 || is_any_done()) {
		assert_int_equal(jk_usebook_begin_entry(&o->book, n, &sums),
		    JK_ERR_REFUSED);
		return;
	}
	assert_int_equal(jk_usebook_begin_entry(&o->book, n, &sums), JK_OK);
	/* Shown once, entered once. */
	assert_int_equal(jk_usebook_begin_entry(&o->book, n, &sums),
	    JK_ERR_REFUSED);
	/* Nor is any use entered alone meanwhile. */
	assert_int_equal(jk_usebook_begin_own(&of[roll(USES)].book),
	    JK_ERR_REFUSED);
	jk_usebook_end_entry(&o->book, how != 3);
	if (how != 3)
		enter_all();
}

static void
test_usebook_is_what_its_model_is(void **state)
{
	struct scratch p;
	unsigned next = USES;

	(void)state;
	scratch_make(&p);
	for (unsigned u = 0; u < USES; u++)
		begin(&p, &of[u], u);
	for (unsigned i = 0; i < STEPS; i++) {
		struct one *o = &of[roll(USES)];
		const unsigned what = roll(100);

		if (what < 60)
			step_count(o);
		else if (what < 70 && !o->done)
			begin_done(o);
		else if (what < 80 && o->done)
			end_done(o);
		else if (what < 95)
			step_entry(o);
		else if (what == 99 && !is_open(o) && !o->done && next < 300) {
			/* It ends; what it has stays for the session. */
			jk_usebook_close(&o->book);
			begin(&p, o, next++);
		}
	}
	assert_true(next > USES + 20);
	for (unsigned u = 0; u < USES; u++)
		jk_usebook_close(&of[u].book);
	assert_int_equal(scratch_count(&p, "usebook."), 1);
	jk_usebook_remove(p.dir, SESSION);
	assert_int_equal(scratch_count(&p, "usebook."), 0);
	scratch_remove(&p);
}

/* --- more uses than rows -------------------------------------------------- */

static void
test_usebook_last_row_is_for_all_others(void **state)
{
	const struct jk_usebook_row *last;
	struct jk_usebook_counts sums;
	struct scratch p;
	struct one o;

	(void)state;
	scratch_make(&p);
	for (unsigned i = 0; i < JK_USEBOOK_ROWS + 50; i++) {
		begin(&p, &o, i);
		add(&o, JK_USEBOOK_ALLOWED, 2);
		/* One without its own row cannot say what of it is its. */
		if (i >= JK_USEBOOK_ROWS - 1) {
			assert_int_equal(jk_usebook_begin_own(&o.book), JK_OK);
			jk_usebook_end_own(&o.book, true);
		}
		jk_usebook_close(&o.book);
	}
	begin(&p, &o, 9999);
	assert_int_equal(jk_usebook_look(&o.book), JK_OK);
	assert_int_equal(o.book.shown->n, JK_USEBOOK_ROWS);
	last = &o.book.shown->row[JK_USEBOOK_ROWS - 1];
	assert_string_equal(last->id, "");
	assert_string_equal(last->reception, "");
	assert_int_equal(last->begun, 1795298607 + JK_USEBOOK_ROWS - 1);
	assert_int_equal(last->open.of[JK_USEBOOK_ALLOWED], 2 * 51);
	sums = sums_of(o.book.shown);
	assert_int_equal(jk_usebook_begin_entry(&o.book, JK_USEBOOK_ROWS,
	                     &sums),
	    JK_OK);
	jk_usebook_end_entry(&o.book, true);
	add(&o, JK_USEBOOK_REFUSED, 1);
	assert_int_equal(jk_usebook_look(&o.book), JK_OK);
	assert_int_equal(o.book.shown->n, 1);
	assert_int_equal(o.book.shown->row[0].open.of[JK_USEBOOK_REFUSED], 1);
	/* It was shown and entered, and its record came to nothing. */
	sums = sums_of(o.book.shown);
	assert_int_equal(jk_usebook_begin_entry(&o.book, 1, &sums), JK_OK);
	jk_usebook_end_entry(&o.book, true);
	jk_usebook_drop(&o.book, JK_USEBOOK_REFUSED, 1);
	jk_usebook_add(&o.book, &o.use, JK_USEBOOK_REFUSED, 1);
	assert_int_equal(jk_usebook_look(&o.book), JK_OK);
	assert_int_equal(o.book.shown->n, 1);
	jk_usebook_close(&o.book);
	scratch_remove(&p);
}

/* --- several at once ------------------------------------------------------ */

static void
test_usebook_loses_nothing(void **state)
{
	struct jk_usebook_counts sums;
	struct scratch p;
	struct one o;

	(void)state;
	scratch_make(&p);
	for (unsigned child = 0; child < 4; child++)
		if (fork() == 0) {
			/* 800 uses: they meet in the last row, too. */
			for (unsigned i = 0; i < 200; i++) {
				begin(&p, &o, child * 1000 + i);
				for (unsigned n = 0; n < 100; n++)
					add(&o, n % KINDS, 1);
				jk_usebook_close(&o.book);
			}
			_exit(0);
		}
	for (int child = 0; child < 4; child++)
		assert_true(wait(NULL) > 0);
	begin(&p, &o, 5000);
	assert_int_equal(jk_usebook_look(&o.book), JK_OK);
	assert_int_equal(o.book.shown->n, JK_USEBOOK_ROWS);
	sums = sums_of(o.book.shown);
	assert_int_equal(sums.of[0], 800 * 34);
	assert_int_equal(sums.of[1], 800 * 33);
	assert_int_equal(sums.of[2], 800 * 33);
	jk_usebook_close(&o.book);
	scratch_remove(&p);
}

/* Of two entries at once one is refused; one whose worker has died is none. */
static void
test_usebook_is_entered_by_one(void **state)
{
	struct jk_usebook_counts sums = { { 1, 0, 0 } };
	struct scratch p;
	struct one a, b;
	pid_t child;

	(void)state;
	scratch_make(&p);
	begin(&p, &a, 1);
	begin(&p, &b, 2);
	add(&a, JK_USEBOOK_ALLOWED, 1);
	assert_int_equal(jk_usebook_look(&a.book), JK_OK);
	child = fork();
	if (child == 0) {
		begin(&p, &b, 3);
		if (jk_usebook_look(&b.book) == JK_OK &&
		    jk_usebook_begin_entry(&b.book, 1, &sums) == JK_OK)
			(void)raise(SIGSTOP);
		_exit(1);
	}
	assert_int_equal(waitpid(child, NULL, WUNTRACED), child);
	assert_int_equal(jk_usebook_begin_entry(&a.book, 1, &sums),
	    JK_ERR_REFUSED);
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(jk_usebook_look(&a.book), JK_OK);
	assert_int_equal(a.book.shown->n, 1);
	assert_int_equal(jk_usebook_begin_entry(&a.book, 1, &sums), JK_OK);
	jk_usebook_end_entry(&a.book, true);
	assert_int_equal(jk_usebook_look(&b.book), JK_OK);
	assert_int_equal(b.book.shown->n, 0);
	/* Nothing is nothing to enter. */
	sums.of[0] = 0;
	assert_int_equal(jk_usebook_begin_entry(&b.book, 0, &sums),
	    JK_ERR_REFUSED);
	jk_usebook_close(&a.book);
	jk_usebook_close(&b.book);
	scratch_remove(&p);
}

/*
 * An entry of a use alone and one of all: whichever is on its way, the other is
 * none. Uses are entered beside each other.
 */
static void
test_usebook_nothing_is_entered_twice(void **state)
{
	const struct jk_usebook_counts sums = { { 2, 0, 0 } };
	struct scratch p;
	struct one a, b;

	(void)state;
	scratch_make(&p);
	begin(&p, &a, 1);
	begin(&p, &b, 2);
	add(&a, JK_USEBOOK_ALLOWED, 1);
	add(&b, JK_USEBOOK_ALLOWED, 1);
	assert_int_equal(jk_usebook_begin_own(&a.book), JK_OK);
	assert_int_equal(jk_usebook_begin_own(&b.book), JK_OK);
	assert_int_equal(jk_usebook_look(&a.book), JK_OK);
	assert_int_equal(jk_usebook_begin_entry(&a.book, 2, &sums),
	    JK_ERR_REFUSED);
	jk_usebook_end_own(&b.book, false);
	assert_int_equal(jk_usebook_look(&b.book), JK_OK);
	assert_int_equal(jk_usebook_begin_entry(&b.book, 2, &sums),
	    JK_ERR_REFUSED);
	jk_usebook_end_own(&a.book, false);
	assert_int_equal(jk_usebook_look(&b.book), JK_OK);
	assert_int_equal(jk_usebook_begin_entry(&b.book, 2, &sums), JK_OK);
	assert_int_equal(jk_usebook_begin_own(&a.book), JK_ERR_REFUSED);
	assert_int_equal(jk_usebook_begin_own(&b.book), JK_ERR_REFUSED);
	/* None was begun. */
	jk_usebook_end_own(&a.book, true);
	jk_usebook_end_entry(&b.book, true);
	assert_int_equal(jk_usebook_begin_own(&a.book), JK_ERR_REFUSED);
	add(&a, JK_USEBOOK_REFUSED, 1);
	assert_int_equal(jk_usebook_begin_own(&a.book), JK_OK);
	jk_usebook_end_own(&a.book, true);
	assert_int_equal(jk_usebook_begin_own(&a.book), JK_ERR_REFUSED);
	jk_usebook_close(&a.book);
	jk_usebook_close(&b.book);
	scratch_remove(&p);
}

/* The same sums of other uses are not what was seen. */
static void
test_usebook_is_compared_row_by_row(void **state)
{
	const struct jk_usebook_counts sums = { { 1, 0, 0 } };
	struct scratch p;
	struct one a, b;

	(void)state;
	scratch_make(&p);
	begin(&p, &a, 1);
	begin(&p, &b, 2);
	add(&a, JK_USEBOOK_ALLOWED, 1);
	assert_int_equal(jk_usebook_look(&b.book), JK_OK);
	assert_int_equal(jk_usebook_begin_own(&a.book), JK_OK);
	jk_usebook_end_own(&a.book, true);
	add(&b, JK_USEBOOK_ALLOWED, 1);
	assert_int_equal(jk_usebook_begin_entry(&b.book, 1, &sums),
	    JK_ERR_REFUSED);
	jk_usebook_close(&a.book);
	jk_usebook_close(&b.book);
	scratch_remove(&p);
}

/* What came to nothing while an entry was on its way hides nothing later. */
static void
test_usebook_entered_is_never_more_than_all(void **state)
{
	const struct jk_usebook_counts sums = { { 1, 0, 7 } };
	struct scratch p;
	struct one a, b;

	(void)state;
	scratch_make(&p);
	begin(&p, &a, 1);
	begin(&p, &b, 2);
	add(&a, JK_USEBOOK_ALLOWED, 1);
	add(&a, JK_USEBOOK_PERSONS, 7);
	assert_int_equal(jk_usebook_look(&b.book), JK_OK);
	assert_int_equal(jk_usebook_begin_entry(&b.book, 1, &sums), JK_OK);
	drop(&a, JK_USEBOOK_PERSONS, 7);
	jk_usebook_end_entry(&b.book, true);
	add(&a, JK_USEBOOK_PERSONS, 3);
	assert_int_equal(jk_usebook_look(&b.book), JK_OK);
	assert_int_equal(b.book.shown->n, 1);
	assert_int_equal(b.book.shown->row[0].open.of[JK_USEBOOK_PERSONS], 3);
	/* Nor by an entry of its own. */
	assert_int_equal(jk_usebook_begin_own(&a.book), JK_OK);
	drop(&a, JK_USEBOOK_PERSONS, 3);
	jk_usebook_end_own(&a.book, true);
	add(&a, JK_USEBOOK_PERSONS, 2);
	assert_int_equal(jk_usebook_look(&b.book), JK_OK);
	assert_int_equal(b.book.shown->n, 1);
	assert_int_equal(b.book.shown->row[0].open.of[JK_USEBOOK_PERSONS], 2);
	jk_usebook_close(&a.book);
	jk_usebook_close(&b.book);
	scratch_remove(&p);
}

/* --- any bytes ------------------------------------------------------------ */

static void
write_file(const struct scratch *p, const uint8_t *bytes, size_t len)
{
	int fd = openat(p->dir, "usebook." SESSION,
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void
check_row(const struct jk_usebook_row *r)
{
	assert_true(r->index < JK_USEBOOK_ROWS);
	assert_true(r->id[0] == '\0' || jk_id_is_valid(r->id));
	assert_true(r->purpose[0] == '\0' || jk_row_id_is_valid(r->purpose));
	assert_true(
	    r->reception[0] == '\0' || jk_claim_is_reception(r->reception));
	assert_true(r->right[0] == '\0' || jk_row_id_is_valid(r->right));
	for (size_t i = 0; i < KINDS; i++)
		assert_true(r->open.of[i] <= JK_USEBOOK_MOST);
}

/* Full, anything, letters without an end, or numbers that are small. */
static uint8_t
hostile(unsigned round, size_t i)
{
	switch (round % 4) {
	case 0:
		return round == 0 ? 0xff : (uint8_t)roll(256);
	case 1:
		return (uint8_t)('a' + roll(26));
	case 2:
		return i % 8 == 0 ? (uint8_t)roll(256) : 0;
	default:
		return i % 8 < 5 ? (uint8_t)('a' + roll(26)) : 0;
	}
}

static void
test_usebook_bears_any_bytes(void **state)
{
	static uint8_t bytes[300000];
	size_t shown = 0;
	struct scratch p;
	struct one o;

	(void)state;
	scratch_make(&p);
	for (unsigned round = 0; round < 60; round++) {
		struct jk_usebook_counts sums;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = hostile(round, i);
		write_file(&p, bytes, round % 5 == 4 ? 1000 : sizeof(bytes));
		begin(&p, &o, round);
		add(&o, JK_USEBOOK_ALLOWED, 1);
		add(&o, JK_USEBOOK_PERSONS, UINT64_MAX);
		assert_int_equal(jk_usebook_look(&o.book), JK_OK);
		for (size_t i = 0; i < o.book.shown->n; i++)
			check_row(&o.book.shown->row[i]);
		if (jk_usebook_begin_own(&o.book) == JK_OK)
			jk_usebook_end_own(&o.book, round % 2 == 0);
		assert_int_equal(jk_usebook_look(&o.book), JK_OK);
		sums = sums_of(o.book.shown);
		shown += o.book.shown->n;
		if (o.book.shown->n > 0)
			assert_int_equal(jk_usebook_begin_entry(&o.book,
			                     o.book.shown->n, &sums),
			    JK_OK);
		jk_usebook_end_entry(&o.book, true);
		assert_int_equal(jk_usebook_look(&o.book), JK_OK);
		assert_int_equal(o.book.shown->n, 0);
		jk_usebook_drop(&o.book, JK_USEBOOK_ALLOWED, UINT64_MAX);
		jk_usebook_close(&o.book);
	}
	assert_true(shown > 3000);
	scratch_remove(&p);
}

static void
test_usebook_is_one_of_a_session(void **state)
{
	struct jk_usebook b = { .fd = -1 };
	struct scratch p;
	struct one o;

	(void)state;
	scratch_make(&p);
	begin(&p, &o, 1);
	add(&o, JK_USEBOOK_ALLOWED, 1);
	assert_int_equal(jk_usebook_open(p.dir, "00000000000000aa", &b), JK_OK);
	assert_int_equal(jk_usebook_look(&b), JK_OK);
	assert_int_equal(b.shown->n, 0);
	jk_usebook_close(&b);
	jk_usebook_close(&b); /* once */
	assert_int_equal(jk_usebook_open(p.dir, "../x", &b), JK_ERR_FORMAT);
	assert_int_equal(symlinkat("/etc/passwd", p.dir,
	                     "usebook.00000000000000bb"),
	    0);
	assert_int_equal(jk_usebook_open(p.dir, "00000000000000bb", &b),
	    JK_ERR_SYS);
	jk_usebook_remove(p.dir, "../x");
	jk_usebook_close(&o.book);
	scratch_remove(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usebook_is_what_its_model_is),
		cmocka_unit_test(test_usebook_last_row_is_for_all_others),
		cmocka_unit_test(test_usebook_loses_nothing),
		cmocka_unit_test(test_usebook_is_entered_by_one),
		cmocka_unit_test(test_usebook_nothing_is_entered_twice),
		cmocka_unit_test(test_usebook_is_compared_row_by_row),
		cmocka_unit_test(test_usebook_entered_is_never_more_than_all),
		cmocka_unit_test(test_usebook_bears_any_bytes),
		cmocka_unit_test(test_usebook_is_one_of_a_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
