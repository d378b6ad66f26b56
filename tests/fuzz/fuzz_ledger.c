/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger and registry.conf. What is taken is written again as it was; the
 * reader that stops at the first fault and the check that goes on agree
 * whether there is one; lines that are chained as we chain them are refused
 * only for what they say.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chain.h"
#include "chaincheck.h"
#include "storefile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
need(bool condition)
{
	if (!condition)
		abort();
}

/* A row that registry.conf can hold comes back from it. */
static void
try_row(const struct jk_textrow *row)
{
	struct jk_storefile file = { .head = jk_ledger_start };
	struct jk_storefile back = { .head = jk_ledger_start };
	struct jk_storefile_fault fault;
	struct jk_storetext text = { .rest = NULL };
	char *whole = NULL;
	int n;

	if (jk_storefile_row_fault(row) != NULL)
		return;
	need(jk_rowtable_put(&file.rows, row) == JK_OK);
	need(jk_storefile_format(&file.rows, &file.head, &text) == JK_OK);
	n = asprintf(&whole, "%s%s", text.first, text.rest);
	need(n >= 0 && (size_t)n == strlen(text.first) + text.rest_len);
	need(jk_storefile_parse(whole, (size_t)n, &back, &fault) == JK_OK);
	need(!back.edited && back.rows.n == 1);
	need(jk_textrow_equal(&back.rows.kept[0]->change.row, row));
	free(whole);
	jk_storetext_clear(&text);
	jk_storefile_clear(&file);
	jk_storefile_clear(&back);
}

/* The number of a good entry, 0 of another. */
static uint64_t
try_entry(const char *json, size_t len)
{
	struct jk_ledger_entry entry = { .number = 0 }, back = { .number = 0 };
	char *text = NULL, *again = NULL;
	uint64_t number;

	if (jk_ledger_entry_parse(json, len, &entry) != JK_OK)
		return 0;
	need(jk_ledger_entry_format(&entry, &text) == JK_OK);
	need(strchr(text, '\n') == NULL);
	need(jk_ledger_entry_parse(text, strlen(text), &back) == JK_OK);
	need(jk_ledger_entry_format(&back, &again) == JK_OK);
	need(strcmp(text, again) == 0);
	need(back.number == entry.number && back.n_changes == entry.n_changes);
	for (size_t i = 0; i < entry.n_changes; i++) {
		need(entry.change[i].removed == back.change[i].removed);
		need(jk_textrow_equal(&entry.change[i].row,
		    &back.change[i].row));
		try_row(&entry.change[i].row);
	}
	number = entry.number;
	free(text);
	free(again);
	jk_ledger_entry_clear(&entry);
	jk_ledger_entry_clear(&back);
	return number;
}

static enum jk_err
count(void *ctx, const struct jk_ledger_entry *entry,
    const struct jk_ledger_head *head)
{
	uint64_t *n = ctx;

	need(entry->number == head->number && head->number == ++*n);
	return JK_OK;
}

static enum jk_err
pass_over(void *ctx, const struct jk_ledger_entry *entry, uint64_t line)
{
	(void)ctx;
	need(entry->number > 0 && line > 0);
	return JK_OK;
}

/* Whether the ledger holds. */
static bool
try_ledger(const void *text, size_t len)
{
	struct jk_ledgercheck check = { .n_faults = 0 };
	struct jk_chaincheck chain = { .fd = -1 };
	struct jk_ledger_head head = jk_ledger_start, last;
	struct jk_ledger_fault fault = { 0, NULL };
	int fd = memfd_create("ledger", MFD_CLOEXEC);
	uint64_t n = 0;
	enum jk_err e;

	need(fd >= 0 && write(fd, text, len) == (ssize_t)len);
	e = jk_ledger_read(fd, NULL, count, &n, &head, &fault);
	need(jk_chaincheck_read(fd, pass_over, NULL, &chain) == JK_OK);
	need(jk_chaincheck_judge(&chain, &check) == JK_OK);
	need((e == JK_OK) == (check.n_faults == 0));
	if (e == JK_OK) {
		need(head.number == n && head.end <= len);
		need(memcmp(&head, &check.head, sizeof(head)) == 0);
		need(jk_ledger_read(fd, &head, NULL, NULL, &last, &fault) ==
		     JK_OK);
		need(memcmp(&head, &last, sizeof(head)) == 0);
	} else {
		need(e == JK_ERR_FORMAT && fault.why != NULL);
		need(fault.number == n + 1 && check.head.number == n);
	}
	jk_chaincheck_clear(&chain);
	close(fd);
	return e == JK_OK;
}

/* The lines as JSON, chained. */
static void
try_chained(const char *data, size_t len)
{
	char previous[JK_LEDGER_HASH_LEN + 1], *text = NULL;
	size_t text_len = 0;
	FILE *f = open_memstream(&text, &text_len);
	uint64_t n = 0;
	bool good = true;

	need(f != NULL);
	strcpy(previous, jk_ledger_start.hash);
	while (len > 0) {
		const char *lf = memchr(data, '\n', len);
		size_t line = lf == NULL ? len : (size_t)(lf - data);

		good = good && try_entry(data, line) == ++n;
		need(jk_chain_hash(previous, data, line, previous) == JK_OK);
		fprintf(f, "%s ", previous);
		fwrite(data, 1, line, f);
		fputc('\n', f);
		data += lf == NULL ? line : line + 1;
		len -= lf == NULL ? line : line + 1;
	}
	need(fclose(f) == 0);
	need(try_ledger(text, text_len) == good);
	free(text);
}

static void
try_registry(const uint8_t *data, size_t len)
{
	struct jk_storefile file = { .head = jk_ledger_start };
	struct jk_storefile_fault fault = { 0, NULL };
	char *text = malloc(len + 1);
	enum jk_err e;

	need(text != NULL);
	memcpy(text, data, len);
	text[len] = '\0';
	e = jk_storefile_parse(text, len, &file, &fault);
	need(e == JK_OK || (e == JK_ERR_FORMAT && fault.why != NULL));
	for (size_t i = 0; i < file.rows.n; i++)
		try_row(&file.rows.kept[i]->change.row);
	jk_storefile_clear(&file);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	(void)try_ledger(data, len);
	try_chained((const char *)data, len);
	try_registry(data, len);
	return 0;
}
