/* SPDX-License-Identifier: BSD-2-Clause */
#include "book.h"

#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "bookmaker.h"
#include "clock.h"
#include "file.h"
#include "store.h"
#include "tr.h"

static const struct jk_bookmaker *const makers[] = { &jk_book_operator,
	&jk_book_card, &jk_book_review };

static const struct jk_bookmaker *
find_maker(const char *name)
{
	if (name == NULL)
		return &jk_book_journal;
	for (size_t i = 0; i < JK_COUNT(makers); i++)
		if (strcmp(makers[i]->name, name) == 0)
			return makers[i];
	return NULL;
}

bool
jk_book_exists(const char *name)
{
	return find_maker(name) != NULL;
}

static int
compare_items(const void *a, const void *b)
{
	const struct jk_item *x = a, *y = b;

	return strcmp(x->row.id, y->row.id);
}

static struct jk_item *
find_item(const struct jk_making *m, const struct jk_textrow *row)
{
	struct jk_item key = { .row = *row };
	struct jk_item *const *found = tfind(&key, &m->tree, compare_items);

	return found == NULL ? NULL : *found;
}

static struct jk_item *
new_item(struct jk_making *m, const struct jk_textrow *row)
{
	struct jk_item **more =
	    reallocarray(m->item, m->n + 1, sizeof(struct jk_item *));
	struct jk_item *item;

	if (more == NULL)
		return NULL;
	m->item = more;
	item = calloc(1, sizeof(*item));
	if (item == NULL)
		return NULL;
	m->item[m->n++] = item;
	return jk_textrow_init(&item->row, row->kind, row->id) == JK_OK &&
	               tsearch(item, &m->tree, compare_items) != NULL
	           ? item
	           : NULL;
}

static enum jk_err
replace_row(struct jk_item *item, const struct jk_textrow *row)
{
	struct jk_textrow copy = { 0 };
	enum jk_err e = jk_textrow_copy(row, &copy);

	if (e != JK_OK)
		return e;
	jk_textrow_clear(&item->row);
	item->row = copy;
	return JK_OK;
}

struct jk_item *
jk_making_item(struct jk_making *m, const struct jk_ledger_entry *entry,
    const struct jk_ledger_change *change)
{
	struct jk_item *item = find_item(m, &change->row);

	if (item == NULL)
		item = new_item(m, &change->row);
	/* Of what was removed the last that stood there is told. */
	if (item == NULL)
		m->e = JK_ERR_NOMEM;
	else if (!change->removed)
		m->e = replace_row(item, &change->row);
	if (m->e != JK_OK)
		return NULL;
	item->removed = change->removed;
	item->touched = entry->at;
	item->number = entry->number;
	return item;
}

void
jk_making_step(struct jk_item *item, size_t step,
    const struct jk_ledger_entry *entry)
{
	item->step[step].at = entry->at;
	strcpy(item->step[step].by, entry->by);
}

bool
jk_making_is_over(const struct jk_making *making, const struct jk_item *item)
{
	return item->removed && item->touched < making->wish->from;
}

const char *
jk_row_value(const struct jk_textrow *row, const char *key)
{
	const char *value = row == NULL ? NULL : jk_textrow_get(row, key);

	return value == NULL ? "" : value;
}

const struct jk_textrow *
jk_making_row(const struct jk_making *making, const char *kind, const char *id)
{
	const struct jk_tablerow *row =
	    jk_rowtable_find(&making->rows, kind, id);

	return row == NULL ? NULL : &row->change.row;
}

const char *
jk_making_person(const struct jk_making *making, const char *id)
{
	return jk_row_value(jk_making_row(making, "person", id), "name");
}

void
jk_show_step(const struct jk_item *item, size_t step,
    char ret[static 11 + 1 + JK_LEDGER_ID_MAX + 1])
{
	char day[11];

	ret[0] = '\0';
	if (item->step[step].at == 0)
		return;
	jk_date_format(item->step[step].at, day);
	(void)snprintf(ret, 11 + 1 + JK_LEDGER_ID_MAX + 1, "%s %s", day,
	    item->step[step].by);
}

/* The replay. */

struct replay {
	struct jk_making making;
	const struct jk_bookmaker *maker;
};

static enum jk_err
apply(struct jk_rowtable *rows, const struct jk_ledger_change *change)
{
	enum jk_err e;

	if (!change->removed)
		return jk_rowtable_put(rows, &change->row);
	e = jk_rowtable_remove(rows, change->row.kind, change->row.id);
	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}

static enum jk_err
take_entry(void *ctx, const struct jk_ledger_entry *entry,
    JK_UNUSED const struct jk_ledger_head *head)
{
	struct replay *r = ctx;
	struct jk_making *m = &r->making;

	if (m->wish->until != 0 && entry->at >= m->wish->until)
		return JK_OK;
	if (r->maker->entry != NULL)
		r->maker->entry(m, entry);
	for (size_t i = 0;
	     r->maker->change != NULL && i < entry->n_changes && m->e == JK_OK;
	     i++)
		r->maker->change(m, entry, &entry->change[i]);
	for (size_t i = 0; i < entry->n_changes && m->e == JK_OK; i++)
		m->e = apply(&m->rows, &entry->change[i]);
	return m->e;
}

static void
leave_item(JK_UNUSED void *item)
{
}

static void
clear_making(struct jk_making *m)
{
	tdestroy(m->tree, leave_item);
	for (size_t i = 0; i < m->n; i++) {
		jk_textrow_clear(&m->item[i]->row);
		free(m->item[i]);
	}
	free(m->item);
	jk_rowtable_clear(&m->rows);
}

static enum jk_err
open_ledger(const char *dir, int *ret)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/" JK_STORE_LEDGER, dir) >=
	    (int)sizeof(path))
		return JK_ERR_TOO_BIG;
	*ret = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return *ret >= 0 ? JK_OK : JK_ERR_SYS;
}

enum jk_err
jk_book_read(const char *dir, const struct jk_book_wish *wish,
    struct jk_book *ret, struct jk_ledger_fault *fault)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct replay replay = { .making.wish = wish,
		.maker = find_maker(wish->name) };
	enum jk_err e;

	*ret = (struct jk_book){
		.title = replay.maker->title,
		.table = jk_table_new(replay.maker->columns, wish->json),
		.from = wish->from,
		.until = wish->until,
		.now = wish->now,
	};
	replay.making.table = ret->table;
	e = open_ledger(dir, &fd);
	if (e == JK_OK)
		e = jk_ledger_read(fd, NULL, take_entry, &replay, &ret->head,
		    fault);
	if (e == JK_OK && replay.maker->end != NULL)
		replay.maker->end(&replay.making);
	clear_making(&replay.making);
	if (e == JK_OK && !jk_table_is_whole(ret->table))
		return JK_ERR_NOMEM;
	return e;
}

void
jk_book_clear(struct jk_book *book)
{
	jk_table_free(&book->table);
}

const char *
jk_book_period(const struct jk_book *book)
{
	static char text[128];
	char from[11], until[11];

	jk_date_format(book->from, from);
	jk_date_format(book->until != 0 ? book->until - 1 : book->now, until);
	if (book->from != 0)
		(void)snprintf(text, sizeof(text), _("%s to %s"), from, until);
	else
		(void)snprintf(text, sizeof(text), _("until %s"), until);
	return text;
}
