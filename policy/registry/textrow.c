/* SPDX-License-Identifier: BSD-2-Clause */
#include "textrow.h"

#include <stdlib.h>
#include <string.h>

enum jk_err
jk_textrow_init(struct jk_textrow *row, const char *kind, const char *id)
{
	struct jk_textrow new = { .n = 0 };

	if (kind[0] == '\0' || strlen(kind) >= sizeof(new.kind) ||
	    id[0] == '\0' || strlen(id) >= sizeof(new.id))
		return JK_ERR_FORMAT;
	strcpy(new.kind, kind);
	strcpy(new.id, id);
	*row = new;
	return JK_OK;
}

static void
free_pair(struct jk_pair *pair)
{
	free(pair->key);
	free(pair->value);
	*pair = (struct jk_pair){ NULL, NULL };
}

void
jk_textrow_clear(struct jk_textrow *row)
{
	for (size_t i = 0; i < row->n; i++)
		free_pair(&row->pair[i]);
	free(row->pair);
	*row = (struct jk_textrow){ .n = 0 };
}

enum jk_err
jk_textrow_copy(const struct jk_textrow *row, struct jk_textrow *ret)
{
	JK_CLEANUP(jk_textrow_clear) struct jk_textrow copy = { .n = 0 };
	enum jk_err e = jk_textrow_init(&copy, row->kind, row->id);

	for (size_t i = 0; i < row->n && e == JK_OK; i++)
		e = jk_textrow_add(&copy, row->pair[i].key, row->pair[i].value);
	if (e != JK_OK)
		return e;
	*ret = JK_TAKE(copy);
	return JK_OK;
}

const char *
jk_textrow_get(const struct jk_textrow *row, const char *key)
{
	return jk_textrow_get_nth(row, key, 0);
}

const char *
jk_textrow_get_nth(const struct jk_textrow *row, const char *key, size_t n)
{
	for (size_t i = 0; i < row->n; i++)
		if (strcmp(row->pair[i].key, key) == 0 && n-- == 0)
			return row->pair[i].value;
	return NULL;
}

/* Removes the values of the key from number `first` of the row's pairs on. */
static void
remove_from(struct jk_textrow *row, const char *key, size_t first)
{
	size_t kept = first;

	for (size_t i = first; i < row->n; i++)
		if (strcmp(row->pair[i].key, key) == 0)
			free_pair(&row->pair[i]);
		else
			row->pair[kept++] = row->pair[i];
	row->n = kept;
}

enum jk_err
jk_textrow_set(struct jk_textrow *row, const char *key, const char *value)
{
	char *copy;
	size_t i = 0;

	if (value == NULL || value[0] == '\0') {
		remove_from(row, key, 0);
		return JK_OK;
	}
	while (i < row->n && strcmp(row->pair[i].key, key) != 0)
		i++;
	if (i == row->n)
		return jk_textrow_add(row, key, value);
	copy = strdup(value);
	if (copy == NULL)
		return JK_ERR_NOMEM;
	free(row->pair[i].value);
	row->pair[i].value = copy;
	remove_from(row, key, i + 1);
	return JK_OK;
}

/* Room for one more. The size is not kept: it is at least 4, and the next
 * power of two. */
static enum jk_err
grow(struct jk_textrow *row)
{
	struct jk_pair *pair;
	size_t size = row->n == 0 ? 4 : 2 * row->n;

	if (row->n != 0 && (row->n < 4 || (row->n & (row->n - 1)) != 0))
		return JK_OK;
	pair = realloc(row->pair, size * sizeof(*pair));
	if (pair == NULL)
		return JK_ERR_NOMEM;
	row->pair = pair;
	return JK_OK;
}

enum jk_err
jk_textrow_add(struct jk_textrow *row, const char *key, const char *value)
{
	struct jk_pair pair = { NULL, NULL };
	enum jk_err e;

	if (key[0] == '\0' || value[0] == '\0')
		return JK_ERR_FORMAT;
	if (row->n >= JK_TEXTROW_PAIRS_MAX)
		return JK_ERR_TOO_BIG;
	e = grow(row);
	if (e != JK_OK)
		return e;
	pair.key = strdup(key);
	pair.value = strdup(value);
	if (pair.key == NULL || pair.value == NULL) {
		free_pair(&pair);
		return JK_ERR_NOMEM;
	}
	row->pair[row->n++] = pair;
	return JK_OK;
}

int
jk_textrow_compare(const struct jk_textrow *a, const struct jk_textrow *b)
{
	int c = strcmp(a->kind, b->kind);

	return c != 0 ? c : strcmp(a->id, b->id);
}

/* As which value of its key pair number i stands there. */
static size_t
rank(const struct jk_textrow *row, size_t i)
{
	size_t n = 0;

	for (size_t j = 0; j < i; j++)
		n += strcmp(row->pair[j].key, row->pair[i].key) == 0;
	return n;
}

static bool
holds(const struct jk_textrow *row, const struct jk_pair *pair, size_t n)
{
	const char *value = jk_textrow_get_nth(row, pair->key, n);

	return value != NULL && strcmp(value, pair->value) == 0;
}

bool
jk_textrow_equal(const struct jk_textrow *a, const struct jk_textrow *b)
{
	if (jk_textrow_compare(a, b) != 0 || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!holds(b, &a->pair[i], rank(a, i)))
			return false;
	return true;
}
