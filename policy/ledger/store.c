/* SPDX-License-Identifier: BSD-2-Clause */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "storeopen.h"

/* What stands there. */

enum jk_err
jk_store_entries(const struct jk_store *store, jk_ledger_fn *each, void *ctx,
    struct jk_ledger_fault *ret_fault)
{
	struct jk_ledger_head head;

	if (store->ledger_fd < 0)
		return JK_OK;
	return jk_ledger_read(store->ledger_fd, NULL, each, ctx, &head,
	    ret_fault);
}

const struct jk_ledger_head *
jk_store_head(const struct jk_store *store)
{
	return &store->head;
}

bool
jk_store_is_behind(const struct jk_store *store)
{
	return store->behind;
}

size_t
jk_store_count(const struct jk_store *store)
{
	size_t n;

	(void)jk_rowtable_all(&store->rows, &n);
	return n;
}

const struct jk_textrow *
jk_store_at(const struct jk_store *store, size_t i)
{
	size_t n;

	return &jk_rowtable_all(&store->rows, &n)[i]->change.row;
}

const struct jk_textrow *
jk_store_find(const struct jk_store *store, const char *kind, const char *id)
{
	const struct jk_tablerow *row =
	    jk_rowtable_find(&store->rows, kind, id);

	return row == NULL ? NULL : &row->change.row;
}

unsigned
jk_store_line(const struct jk_store *store, const char *kind, const char *id)
{
	const struct jk_tablerow *row =
	    jk_rowtable_find(&store->rows, kind, id);

	return row == NULL ? 0 : row->line;
}

uint64_t
jk_store_recorded(const struct jk_store *store)
{
	return store->recorded;
}

/* Changes. */

const char *
jk_store_row_fault(const struct jk_textrow *row)
{
	return jk_storefile_row_fault(row);
}

enum jk_err
jk_store_put(struct jk_store *store, const struct jk_textrow *row)
{
	if (jk_store_row_fault(row) != NULL)
		return JK_ERR_FORMAT;
	return jk_rowtable_put(&store->rows, row);
}

enum jk_err
jk_store_remove(struct jk_store *store, const char *kind, const char *id)
{
	return jk_rowtable_remove(&store->rows, kind, id);
}

size_t
jk_store_changes(const struct jk_store *store)
{
	return store->rows.n_staged;
}

const struct jk_ledger_change *
jk_store_change_at(const struct jk_store *store, size_t i)
{
	return &jk_rowtable_staged(&store->rows)[i]->change;
}

enum jk_err
jk_store_certificate(struct jk_store *store, const char *pem, size_t len,
    char ret_name[static JK_STORE_PEM_NAME])
{
	if (store->mode != JK_STORE_WRITE)
		return JK_ERR_REFUSED;
	return jk_storedisk_certificate(&store->disk, pem, len, ret_name);
}

static void
free_changes(struct jk_ledger_change **change)
{
	free(*change);
}

/* The entry with the staged rows, which it borrows, as JSON. */
static enum jk_err
format_entry(const struct jk_store *s, const struct jk_ledger_entry *given,
    char **ret)
{
	const size_t n = s->rows.n_staged;
	JK_CLEANUP(free_changes)
	struct jk_ledger_change *change = calloc(n + 1, sizeof(*change));
	struct jk_tablerow *const *row = jk_rowtable_staged(&s->rows);
	struct jk_ledger_entry entry = *given;

	if (change == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		change[i] = row[i]->change;
	entry.number = s->head.number + 1;
	entry.n_changes = n;
	entry.change = change;
	return jk_ledger_entry_format(&entry, ret);
}

/* The line that is to be appended, and the head that it makes. */
static enum jk_err
make_line(const struct jk_store *s, const struct jk_ledger_entry *given,
    char **ret, size_t *ret_len, struct jk_ledger_head *ret_head)
{
	JK_CLEANUP(jk_file_text_free) char *json = NULL, *line = NULL;
	struct jk_ledger_head head = { .number = s->head.number + 1 };
	size_t len;
	char *at;
	enum jk_err e = format_entry(s, given, &json);

	if (e != JK_OK)
		return e;
	e = jk_chain_hash(s->head.hash, json, strlen(json), head.hash);
	if (e != JK_OK)
		return e;
	len = JK_LEDGER_HASH_LEN + strlen(json) + 2;
	if (len > JK_LEDGER_LINE_MAX)
		return JK_ERR_TOO_BIG;
	line = malloc(len + 1);
	if (line == NULL)
		return JK_ERR_NOMEM;
	at = stpcpy(line, head.hash);
	at = stpcpy(at, " ");
	at = stpcpy(at, json);
	strcpy(at, "\n");
	head.end = s->head.end + len;
	*ret = JK_TAKE(line);
	*ret_len = len;
	*ret_head = head;
	return JK_OK;
}

enum jk_err
jk_store_commit(struct jk_store *store, const struct jk_ledger_entry *entry,
    struct jk_ledger_head *ret_head)
{
	JK_CLEANUP(jk_newfile_discard) struct jk_newfile file = { .fd = -1 };
	JK_CLEANUP(jk_file_text_free) char *line = NULL;
	struct jk_ledger_head head;
	size_t len = 0;
	enum jk_err e;

	if (store->mode != JK_STORE_WRITE)
		return JK_ERR_REFUSED;
	e = make_line(store, entry, &line, &len, &head);
	if (e != JK_OK)
		return e;
	e = jk_storedisk_write_beside(&store->disk, &store->rows, &head, &file);
	if (e != JK_OK)
		return e;
	e = jk_storedisk_append(store->ledger_fd, store->head.end, line, len);
	/* Nobody knows any more what the ledger's end is. */
	if (e == JK_ERR_TRUNCATED)
		store->mode = JK_STORE_READ;
	if (e != JK_OK)
		return e;
	jk_rowtable_keep(&store->rows);
	store->head = head;
	jk_storeopen_place(store, &file);
	*ret_head = head;
	return JK_OK;
}

enum jk_err
jk_store_set_recorded(struct jk_store *store, uint64_t number)
{
	enum jk_err e;

	if (store->mode != JK_STORE_WRITE)
		return JK_ERR_REFUSED;
	if (number > store->head.number)
		return JK_ERR_FORMAT;
	e = jk_storedisk_set_recorded(&store->disk, number);
	if (e == JK_OK)
		store->recorded = number;
	return e;
}
