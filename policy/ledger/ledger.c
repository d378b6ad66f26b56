/* SPDX-License-Identifier: BSD-2-Clause */
#include "ledger.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"

#define ZEROS_16 "0000000000000000"

const struct jk_ledger_head jk_ledger_start = {
	.hash = ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16,
};

static enum jk_err
blame(struct jk_ledger_fault *fault, uint64_t number, const char *why)
{
	*fault = (struct jk_ledger_fault){ number, why };
	return JK_ERR_FORMAT;
}

/* Exactly `len` bytes; JK_ERR_TRUNCATED where the file has fewer. */
static enum jk_err
read_at(int fd, char *ret, size_t len, uint64_t at)
{
	while (len > 0) {
		ssize_t n = pread(fd, ret, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return JK_ERR_SYS;
		if (n == 0)
			return JK_ERR_TRUNCATED;
		ret += n;
		len -= (size_t)n;
		at += (size_t)n;
	}
	return JK_OK;
}

/* Where the line begins whose LF lies before `end`. */
static enum jk_err
find_begin(int fd, uint64_t end, uint64_t *ret)
{
	char chunk[4096];
	uint64_t low = end > JK_LEDGER_LINE_MAX ? end - JK_LEDGER_LINE_MAX : 0;
	uint64_t high = end - 1;
	enum jk_err e = read_at(fd, chunk, 1, high);

	if (e != JK_OK)
		return e;
	if (chunk[0] != '\n')
		return JK_ERR_FORMAT;
	while (high > low) {
		size_t n = high - low < sizeof(chunk) ? (size_t)(high - low)
		                                      : sizeof(chunk);
		const char *lf;

		e = read_at(fd, chunk, n, high - n);
		if (e != JK_OK)
			return e;
		lf = memrchr(chunk, '\n', n);
		high -= n;
		if (lf != NULL) {
			*ret = high + (uint64_t)(lf - chunk) + 1;
			return JK_OK;
		}
	}
	if (high > 0)
		return JK_ERR_FORMAT;
	*ret = 0;
	return JK_OK;
}

static enum jk_err
find_hash(int fd, uint64_t end, char ret[static JK_LEDGER_HASH_LEN])
{
	uint64_t begin = 0;
	enum jk_err e = find_begin(fd, end, &begin);

	return e != JK_OK ? e : read_at(fd, ret, JK_LEDGER_HASH_LEN, begin);
}

/* What is read from there on hangs on that entry: it must be the one. */
static enum jk_err
check_from(int fd, const struct jk_ledger_head *from,
    struct jk_ledger_fault *fault)
{
	char hash[JK_LEDGER_HASH_LEN];
	enum jk_err e;

	if (from->number == 0)
		return from->end == 0
		           ? JK_OK
		           : blame(fault, 0, "has no place in the ledger");
	if (from->end == 0 || from->end > INT64_MAX)
		return blame(fault, from->number,
		    "does not stand where it should end");
	e = find_hash(fd, from->end, hash);
	if (e == JK_ERR_TRUNCATED)
		return blame(fault, from->number,
		    "is missing: the ledger was cut off");
	if (e == JK_ERR_FORMAT ||
	    (e == JK_OK && memcmp(hash, from->hash, sizeof(hash)) != 0))
		return blame(fault, from->number,
		    "does not stand where it should end");
	return e;
}

/* One line; *head moves on to it. */
static enum jk_err
read_line(const struct jk_line *line, struct jk_ledger_head *head,
    struct jk_ledger_entry *ret, struct jk_ledger_fault *fault)
{
	JK_CLEANUP(jk_ledger_entry_clear)
	struct jk_ledger_entry entry = { .number = 0 };
	const uint64_t number = head->number + 1;
	char hash[JK_LEDGER_HASH_LEN + 1];
	struct jk_link link;
	bool holds;
	enum jk_err e = jk_link_split(line, &link);

	if (e != JK_OK)
		return blame(fault, number, "is not an entry");
	e = jk_chain_hash(head->hash, link.json, link.len, hash);
	if (e != JK_OK)
		return e;
	holds = strcmp(hash, link.hash) == 0;
	/* Before its hash is judged: it tells a changed one from a missing. */
	e = jk_ledger_entry_parse(link.json, link.len, &entry);
	if (e == JK_ERR_FORMAT)
		return blame(fault, number,
		    holds ? "is not understood" : "was changed");
	if (e != JK_OK)
		return e;
	if (entry.number != number)
		return blame(fault, number, "is missing or out of order");
	if (!holds)
		return blame(fault, number,
		    "was changed, or the one before it");
	head->number = number;
	head->end = line->end;
	strcpy(head->hash, hash);
	*ret = JK_TAKE(entry);
	return JK_OK;
}

static enum jk_err
read_lines(struct jk_lines *lines, struct jk_ledger_head *head,
    jk_ledger_fn *each, void *ctx, struct jk_ledger_fault *fault)
{
	struct jk_line line;
	enum jk_err e;

	while ((e = jk_lines_next(lines, &line)) == JK_OK) {
		JK_CLEANUP(jk_ledger_entry_clear)
		struct jk_ledger_entry entry = { .number = 0 };

		e = read_line(&line, head, &entry, fault);
		if (e == JK_OK && each != NULL)
			e = each(ctx, &entry, head);
		if (e != JK_OK)
			return e;
	}
	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}

enum jk_err
jk_ledger_read(int fd, const struct jk_ledger_head *from, jk_ledger_fn *each,
    void *ctx, struct jk_ledger_head *ret_head,
    struct jk_ledger_fault *ret_fault)
{
	JK_CLEANUP(jk_lines_clear) struct jk_lines lines;
	struct jk_ledger_head head = from == NULL ? jk_ledger_start : *from;
	struct jk_ledger_fault fault = { 0, NULL };
	enum jk_err e;

	jk_lines_init(&lines, fd, head.end);
	e = check_from(fd, &head, &fault);
	if (e == JK_OK)
		e = read_lines(&lines, &head, each, ctx, &fault);
	if (e == JK_OK)
		*ret_head = head;
	else
		*ret_fault = fault;
	return e;
}
