/* SPDX-License-Identifier: BSD-2-Clause */
#include "rowtable.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Made when it is asked for; room for it when something is staged, so that
 * asking cannot fail. */
struct jk_rowview {
	bool seen; /* it is what kept and staged rows are now */
	size_t n, size;
	struct jk_tablerow **row;
	size_t n_staged, staged_size;
	struct jk_tablerow **staged;
};

static void
free_row(void *p)
{
	struct jk_tablerow *row = p;

	if (row != NULL)
		jk_textrow_clear(&row->change.row);
	free(row);
}

static void
free_nothing(JK_UNUSED void *p)
{
}

static int
compare(const void *a, const void *b)
{
	const struct jk_tablerow *x = a, *y = b;

	return jk_textrow_compare(&x->change.row, &y->change.row);
}

void
jk_rowtable_clear(struct jk_rowtable *table)
{
	jk_rowtable_drop(table);
	for (size_t i = 0; i < table->n; i++)
		free_row(table->kept[i]);
	free(table->kept);
	if (table->view != NULL) {
		free(table->view->row);
		free(table->view->staged);
	}
	free(table->view);
	*table = (struct jk_rowtable){ .n = 0 };
}

static enum jk_err
reserve(struct jk_tablerow ***rows, size_t *size, size_t n)
{
	struct jk_tablerow **grown;

	if (n <= *size)
		return JK_OK;
	n += n / 2 + 16;
	grown = reallocarray(*rows, n, sizeof(*grown));
	if (grown == NULL)
		return JK_ERR_NOMEM;
	*rows = grown;
	*size = n;
	return JK_OK;
}

enum jk_err
jk_rowtable_append(struct jk_rowtable *table, struct jk_textrow *row,
    unsigned line)
{
	struct jk_tablerow *new;
	int order =
	    table->n == 0
	        ? -1
	        : jk_textrow_compare(&table->kept[table->n - 1]->change.row,
	              row);
	enum jk_err e;

	if (order >= 0)
		return order == 0 ? JK_ERR_EXISTS : JK_ERR_FORMAT;
	e = reserve(&table->kept, &table->size, table->n + 1);
	if (e != JK_OK)
		return e;
	new = malloc(sizeof(*new));
	if (new == NULL)
		return JK_ERR_NOMEM;
	new->change.row = JK_TAKE(*row);
	new->line = line;
	new->change.removed = false;
	table->kept[table->n++] = new;
	return JK_OK;
}

/* What rows of that name are looked up with; false: none can have it. */
static bool
make_probe(const char *kind, const char *id, struct jk_tablerow *ret)
{
	*ret = (struct jk_tablerow){ .line = 0 };
	return jk_textrow_init(&ret->change.row, kind, id) == JK_OK;
}

static struct jk_tablerow *
find_staged(const struct jk_rowtable *table, const struct jk_tablerow *probe)
{
	struct jk_tablerow *const *node = tfind(probe, &table->staged, compare);

	return node == NULL ? NULL : *node;
}

static struct jk_tablerow *
find_kept(const struct jk_rowtable *table, const struct jk_tablerow *probe)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = compare(table->kept[middle], probe);

		if (c == 0)
			return table->kept[middle];
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct jk_tablerow *
jk_rowtable_find(const struct jk_rowtable *table, const char *kind,
    const char *id)
{
	struct jk_tablerow probe;
	const struct jk_tablerow *row;

	if (!make_probe(kind, id, &probe))
		return NULL;
	row = find_staged(table, &probe);
	if (row == NULL)
		return find_kept(table, &probe);
	return row->change.removed ? NULL : row;
}

static void
unstage(struct jk_rowtable *table, struct jk_tablerow *row)
{
	if (row == NULL)
		return;
	(void)tdelete(row, &table->staged, compare);
	table->n_staged--;
	table->view->seen = false;
	free_row(row);
}

static enum jk_err
reserve_view(struct jk_rowtable *table)
{
	const size_t n = table->n_staged + 1;
	enum jk_err e;

	if (table->view == NULL)
		table->view = calloc(1, sizeof(*table->view));
	if (table->view == NULL)
		return JK_ERR_NOMEM;
	table->view->seen = false;
	e = reserve(&table->view->row, &table->view->size, table->n + n);
	return e != JK_OK ? e
	                  : reserve(&table->view->staged,
	                        &table->view->staged_size, n);
}

/* Takes the row over; one of its name that is staged gives way. */
static enum jk_err
stage(struct jk_rowtable *table, struct jk_tablerow *row)
{
	struct jk_tablerow **node;
	enum jk_err e = reserve_view(table);

	if (e == JK_OK) {
		node = tsearch(row, &table->staged, compare);
		e = node == NULL ? JK_ERR_NOMEM : JK_OK;
	}
	if (e != JK_OK) {
		free_row(row);
		return e;
	}
	if (*node == row) {
		table->n_staged++;
	} else {
		free_row(*node);
		*node = row;
	}
	return JK_OK;
}

enum jk_err
jk_rowtable_put(struct jk_rowtable *table, const struct jk_textrow *row)
{
	struct jk_tablerow *new = calloc(1, sizeof(*new)), *kept;
	enum jk_err e;

	if (new == NULL)
		return JK_ERR_NOMEM;
	e = jk_textrow_copy(row, &new->change.row);
	if (e != JK_OK) {
		free(new);
		return e;
	}
	kept = find_kept(table, new);
	if (kept != NULL && jk_textrow_equal(&kept->change.row, row)) {
		unstage(table, find_staged(table, new));
		free_row(new);
		return JK_OK;
	}
	if (kept != NULL)
		new->line = kept->line;
	return stage(table, new);
}

enum jk_err
jk_rowtable_remove(struct jk_rowtable *table, const char *kind, const char *id)
{
	struct jk_tablerow *new;

	if (jk_rowtable_find(table, kind, id) == NULL)
		return JK_ERR_NOT_FOUND;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return JK_ERR_NOMEM;
	if (!make_probe(kind, id, new)) {
		free(new);
		return JK_ERR_NOT_FOUND;
	}
	if (find_kept(table, new) == NULL) {
		unstage(table, find_staged(table, new));
		free(new);
		return JK_OK;
	}
	new->change.removed = true;
	return stage(table, new);
}

/* One pass over the kept and the staged rows. */
struct merge {
	const struct jk_rowtable *table;
	size_t i;  /* of the kept ones */
	bool keep; /* what gives way is freed */
};

static void
see(const struct merge *m, struct jk_tablerow *row)
{
	m->table->view->row[m->table->view->n++] = row;
}

static void
merge_kept(struct merge *m, const struct jk_tablerow *until)
{
	const struct jk_rowtable *t = m->table;

	while (
	    m->i < t->n && (until == NULL || compare(t->kept[m->i], until) < 0))
		see(m, t->kept[m->i++]);
}

static void
merge_staged(const void *node, VISIT which, void *ctx)
{
	struct jk_tablerow *row = *(struct jk_tablerow *const *)node;
	struct merge *m = ctx;
	const struct jk_rowtable *t = m->table;

	if (which != postorder && which != leaf)
		return;
	t->view->staged[t->view->n_staged++] = row;
	merge_kept(m, row);
	if (m->i < t->n && compare(t->kept[m->i], row) == 0) {
		if (m->keep)
			free_row(t->kept[m->i]);
		m->i++;
	}
	if (!row->change.removed)
		see(m, row);
	else if (m->keep)
		free_row(row);
}

static void
merge(const struct jk_rowtable *table, bool keep)
{
	struct merge m = { .table = table, .keep = keep };

	table->view->n = 0;
	table->view->n_staged = 0;
	twalk_r(table->staged, merge_staged, &m);
	merge_kept(&m, NULL);
	table->view->seen = true;
}

void
jk_rowtable_keep(struct jk_rowtable *table)
{
	struct jk_rowview *view = table->view;
	struct jk_tablerow **old = table->kept;
	size_t old_size = table->size;

	if (table->n_staged == 0)
		return;
	merge(table, true);
	tdestroy(table->staged, free_nothing);
	table->staged = NULL;
	table->n_staged = 0;
	table->kept = view->row;
	table->size = view->size;
	table->n = view->n;
	view->row = old;
	view->size = old_size;
	view->seen = false;
}

void
jk_rowtable_drop(struct jk_rowtable *table)
{
	if (table->staged != NULL)
		tdestroy(table->staged, free_row);
	table->staged = NULL;
	table->n_staged = 0;
}

struct jk_tablerow *const *
jk_rowtable_all(const struct jk_rowtable *table, size_t *ret_n)
{
	if (table->n_staged == 0) {
		*ret_n = table->n;
		return table->kept;
	}
	if (!table->view->seen)
		merge(table, false);
	*ret_n = table->view->n;
	return table->view->row;
}

struct jk_tablerow *const *
jk_rowtable_staged(const struct jk_rowtable *table)
{
	if (table->n_staged == 0)
		return NULL;
	if (!table->view->seen)
		merge(table, false);
	return table->view->staged;
}
