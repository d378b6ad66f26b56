/* SPDX-License-Identifier: BSD-2-Clause */
#include "chaincheck.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "hex.h"
#include "inorder.h"

/* A line as it was when it was read. */
struct jk_chainline {
	uint64_t begin, end;
	uint8_t hash[JK_LEDGER_HASH_LEN / 2];
	bool linked;  /* it begins with a hash */
	bool follows; /* from the line before it in the file */
	bool changed; /* judged: it does not follow from the entry before */
};

void
jk_chaincheck_blame(struct jk_ledgercheck *check, uint64_t number,
    uint64_t line, const char *format, ...)
{
	va_list args;

	if (check->n_faults < JK_LEDGERCHECK_MAX) {
		check->fault[check->n_faults].number = number;
		check->fault[check->n_faults].line = line;
		va_start(args, format);
		vsnprintf(check->fault[check->n_faults].text,
		    sizeof(check->fault[0].text), format, args);
		va_end(args);
	}
	check->n_faults++;
}

void
jk_chaincheck_clear(struct jk_chaincheck *chain)
{
	free(chain->line);
	free(chain->ordered);
	free(chain->by_number);
	*chain = (struct jk_chaincheck){ .fd = -1 };
}

/* Reading. */

static enum jk_err
grow(struct jk_chaincheck *c)
{
	size_t size = c->size == 0 ? 1024 : 2 * c->size;
	struct jk_chainline *line;
	struct jk_ordered *ordered;

	if (c->n < c->size)
		return JK_OK;
	line = reallocarray(c->line, size, sizeof(*line));
	if (line == NULL)
		return JK_ERR_NOMEM;
	c->line = line;
	ordered = reallocarray(c->ordered, size, sizeof(*ordered));
	if (ordered == NULL)
		return JK_ERR_NOMEM;
	c->ordered = ordered;
	c->size = size;
	return JK_OK;
}

static void
line_hash(const struct jk_chainline *line,
    char ret[static JK_LEDGER_HASH_LEN + 1])
{
	jk_hex_encode(line->hash, sizeof(line->hash), ret);
}

/* `before` is the hash of the line before; "" when that has none. */
static enum jk_err
take_line(struct jk_chaincheck *c, const struct jk_line *text,
    char before[static JK_LEDGER_HASH_LEN + 1], struct jk_ledger_entry *ret)
{
	struct jk_chainline line = { .begin = text->begin, .end = text->end };
	char hash[JK_LEDGER_HASH_LEN + 1];
	struct jk_link link = { "", NULL, 0 };
	enum jk_err e = jk_link_split(text, &link);

	line.linked = e == JK_OK;
	if (line.linked) {
		e = jk_hex_decode(link.hash, line.hash, sizeof(line.hash));
		if (e == JK_OK)
			e = jk_chain_hash(before, link.json, link.len, hash);
		if (e != JK_OK)
			return e;
		line.follows = strcmp(hash, link.hash) == 0;
		e = jk_ledger_entry_parse(link.json, link.len, ret);
		if (e != JK_OK && e != JK_ERR_FORMAT)
			return e;
	}
	strcpy(before, link.hash);
	c->line[c->n] = line;
	c->ordered[c->n].number = ret->number;
	c->n++;
	c->end = line.end;
	return JK_OK;
}

static int
compare_numbers(const void *a, const void *b, void *ctx)
{
	const struct jk_ordered *ordered = ctx;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	uint64_t x = ordered[i].number, y = ordered[j].number;

	return x != y ? (x > y) - (x < y) : (i > j) - (i < j);
}

static enum jk_err
sort(struct jk_chaincheck *c)
{
	enum jk_err e = jk_inorder_mark(c->ordered, c->n);

	if (e != JK_OK)
		return e;
	c->by_number = calloc(c->n + 1, sizeof(*c->by_number));
	if (c->by_number == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < c->n; i++)
		if (c->ordered[i].number != 0)
			c->by_number[c->n_numbered++] = i;
	qsort_r(c->by_number, c->n_numbered, sizeof(*c->by_number),
	    compare_numbers, c->ordered);
	return JK_OK;
}

static enum jk_err
read_lines(struct jk_chaincheck *c, jk_chaincheck_fn *each, void *ctx)
{
	JK_CLEANUP(jk_lines_clear) struct jk_lines lines;
	char before[JK_LEDGER_HASH_LEN + 1];
	struct jk_line line;
	enum jk_err e;

	jk_lines_init(&lines, c->fd, 0);
	strcpy(before, jk_ledger_start.hash);
	while ((e = jk_lines_next(&lines, &line)) == JK_OK) {
		JK_CLEANUP(jk_ledger_entry_clear)
		struct jk_ledger_entry entry = { .number = 0 };

		if ((e = grow(c)) != JK_OK ||
		    (e = take_line(c, &line, before, &entry)) != JK_OK)
			return e;
		if (entry.number != 0)
			e = each(ctx, &entry, c->n);
		if (e != JK_OK)
			return e;
	}
	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}

enum jk_err
jk_chaincheck_read(int fd, jk_chaincheck_fn *each, void *ctx,
    struct jk_chaincheck *ret)
{
	JK_CLEANUP(jk_chaincheck_clear)
	struct jk_chaincheck chain = { .fd = fd };
	enum jk_err e = read_lines(&chain, each, ctx);

	if (e == JK_OK)
		e = sort(&chain);
	if (e == JK_OK)
		*ret = JK_TAKE(chain);
	return e;
}

/* Judging. */

/* The place in by_number of the first that is not less. */
static size_t
find_number(const struct jk_chaincheck *c, uint64_t number)
{
	size_t low = 0, high = c->n_numbered;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->ordered[c->by_number[middle]].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The line of that entry; of several the one in order. SIZE_MAX: none. */
static size_t
find_line(const struct jk_chaincheck *c, uint64_t number)
{
	size_t i = find_number(c, number), found = SIZE_MAX;

	for (; i < c->n_numbered; i++) {
		size_t line = c->by_number[i];

		if (c->ordered[line].number != number)
			break;
		if (found == SIZE_MAX || c->ordered[line].in_order)
			found = line;
	}
	return found;
}

/* What the line's hash should be behind an entry of that hash. */
static enum jk_err
hash_again(const struct jk_chaincheck *c, size_t i, const char *before,
    char ret[static JK_LEDGER_HASH_LEN + 1])
{
	JK_CLEANUP(jk_lines_clear) struct jk_lines lines;
	struct jk_link link;
	struct jk_line line;
	enum jk_err e;

	jk_lines_init(&lines, c->fd, c->line[i].begin);
	if ((e = jk_lines_next(&lines, &line)) != JK_OK ||
	    (e = jk_link_split(&line, &link)) != JK_OK)
		return e;
	return jk_chain_hash(before, link.json, link.len, ret);
}

/* Does it follow from an entry of that hash? */
static enum jk_err
follows_from(const struct jk_chaincheck *c, size_t i, const char *before,
    bool *ret)
{
	char is[JK_LEDGER_HASH_LEN + 1], said[JK_LEDGER_HASH_LEN + 1];
	enum jk_err e = hash_again(c, i, before, is);

	if (e != JK_OK)
		return e;
	line_hash(&c->line[i], said);
	*ret = strcmp(is, said) == 0;
	return JK_OK;
}

/* The hash that stands before line i by number; "": it cannot be known. */
static void
hash_before(const struct jk_chaincheck *c, size_t i,
    char ret[static JK_LEDGER_HASH_LEN + 1], size_t *ret_line)
{
	size_t before = SIZE_MAX;

	ret[0] = '\0';
	if (c->ordered[i].number == 1)
		strcpy(ret, jk_ledger_start.hash);
	else
		before = find_line(c, c->ordered[i].number - 1);
	/* One that cannot be read any more still has its hash. */
	if (before == SIZE_MAX && ret[0] == '\0' && i > 0 &&
	    c->ordered[i - 1].number == 0 && c->line[i - 1].linked)
		before = i - 1;
	if (before != SIZE_MAX)
		line_hash(&c->line[before], ret);
	*ret_line = before;
}

/*
 * Whether entry i is what was written behind the one before it. Where the
 * hash of that one was changed, by what it was.
 */
static enum jk_err
check_line(const struct jk_chaincheck *c, size_t i, bool *ret)
{
	char hash[JK_LEDGER_HASH_LEN + 1], again[JK_LEDGER_HASH_LEN + 1];
	size_t before, earlier;
	enum jk_err e;

	*ret = true;
	hash_before(c, i, hash, &before);
	if (hash[0] == '\0' || (c->line[i].follows && before == i - 1))
		return JK_OK;
	e = follows_from(c, i, hash, ret);
	if (e != JK_OK || *ret || before == SIZE_MAX ||
	    !c->line[before].changed)
		return e;
	hash_before(c, before, hash, &earlier);
	e = hash_again(c, before, hash, again);
	return e != JK_OK ? e : follows_from(c, i, again, ret);
}

struct judge {
	const struct jk_chaincheck *chain;
	struct jk_ledgercheck *check;
	uint64_t expected; /* the next entry */
};

/* What lies between the entry expected and this one, and is nowhere. */
static void
judge_gap(struct judge *j, uint64_t number, uint64_t line)
{
	const struct jk_chaincheck *c = j->chain;
	uint64_t at = j->expected;

	while (at < number) {
		size_t i = c->by_number[find_number(c, at)];
		uint64_t next = c->ordered[i].number;

		if (next == at + 1)
			jk_chaincheck_blame(j->check, at, line, "is missing");
		else if (next > at)
			jk_chaincheck_blame(j->check, at, line,
			    "is missing, and all up to entry %" PRIu64,
			    next - 1);
		at = next + 1;
	}
	j->expected = number + 1;
}

static void
judge_unreadable(struct judge *j, size_t i)
{
	bool elsewhere = find_line(j->chain, j->expected) != SIZE_MAX;

	jk_chaincheck_blame(j->check, j->expected, i + 1,
	    elsewhere ? "has a line before it that is no entry"
	              : "was changed: it cannot be read");
	if (!elsewhere)
		j->expected++;
}

static enum jk_err
judge_line(struct judge *j, size_t i)
{
	const struct jk_chaincheck *c = j->chain;
	const uint64_t number = c->ordered[i].number;
	bool holds;
	enum jk_err e;

	if (number == 0) {
		judge_unreadable(j, i);
		return JK_OK;
	}
	if (!c->ordered[i].in_order) {
		jk_chaincheck_blame(j->check, number, i + 1,
		    find_line(c, number) == i ? "stands out of order"
		                              : "stands twice");
		return JK_OK;
	}
	judge_gap(j, number, i + 1);
	e = check_line(c, i, &holds);
	if (e != JK_OK)
		return e;
	c->line[i].changed = !holds;
	if (!holds)
		jk_chaincheck_blame(j->check, number, i + 1,
		    "was changed, or the one before it written anew");
	return JK_OK;
}

enum jk_err
jk_chaincheck_judge(const struct jk_chaincheck *chain,
    struct jk_ledgercheck *check)
{
	struct judge j = { chain, check, 1 };
	const size_t found = check->n_faults;
	enum jk_err e = JK_OK;

	check->head = jk_ledger_start;
	for (size_t i = 0; i < chain->n && e == JK_OK; i++) {
		e = judge_line(&j, i);
		if (e != JK_OK || check->n_faults > found)
			continue;
		check->head.number = chain->ordered[i].number;
		check->head.end = chain->line[i].end;
		line_hash(&chain->line[i], check->head.hash);
	}
	return e;
}

uint64_t
jk_chaincheck_last(const struct jk_chaincheck *chain)
{
	const size_t n = chain->n_numbered;

	return n == 0 ? 0 : chain->ordered[chain->by_number[n - 1]].number;
}

enum jk_err
jk_chaincheck_find(const struct jk_chaincheck *chain, uint64_t number,
    struct jk_ledger_head *ret, uint64_t *ret_line)
{
	size_t i = find_line(chain, number);

	if (number == 0 || i == SIZE_MAX)
		return JK_ERR_NOT_FOUND;
	ret->number = number;
	line_hash(&chain->line[i], ret->hash);
	ret->end = chain->line[i].end;
	*ret_line = i + 1;
	return JK_OK;
}

bool
jk_chaincheck_is_whole(const struct jk_chaincheck *chain, uint64_t number)
{
	if (number > chain->n)
		return false;
	for (size_t i = 0; i < number; i++)
		if (chain->ordered[i].number != i + 1)
			return false;
	return true;
}
