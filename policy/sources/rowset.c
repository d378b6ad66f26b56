/* SPDX-License-Identifier: BSD-2-Clause */
#include "rowset.h"

#include <stdlib.h>
#include <string.h>

bool
jk_period_counts(const struct jk_period *valid, int64_t now)
{
	return valid->until == 0 || now < valid->until;
}

int64_t
jk_approval_longest(const struct jk_limits *limits, enum jk_approval_kind kind)
{
	return kind == JK_APPROVAL_DELEGATION ? limits->delegation_s
	                                      : limits->approval_s;
}

bool
jk_period_is_longer(const struct jk_period *valid, int64_t seconds)
{
	return valid->until == 0 || valid->until - valid->from > seconds;
}

void
jk_rowset_name_registry(struct jk_rowset *set, uint64_t serial)
{
	if (set->registry == 0)
		set->registry = serial;
}

void
jk_rowset_init(struct jk_rowset *set)
{
	*set = (struct jk_rowset){
		.department.row_size = sizeof(struct jk_department),
		.person.row_size = sizeof(struct jk_person),
		.account.row_size = sizeof(struct jk_account),
		.opid.row_size = sizeof(struct jk_opid),
		.role.row_size = sizeof(struct jk_role),
		.approval.row_size = sizeof(struct jk_approval),
		.card.row_size = sizeof(struct jk_card),
		.terminal.row_size = sizeof(struct jk_terminal),
		.type.row_size = sizeof(struct jk_type),
	};
}

static void
clear_list(struct jk_list *list)
{
	free(list->rows);
	free(list->places);
	free(list->order);
}

void
jk_rowset_clear(struct jk_rowset *set)
{
	clear_list(&set->department);
	clear_list(&set->person);
	clear_list(&set->account);
	clear_list(&set->opid);
	clear_list(&set->role);
	clear_list(&set->approval);
	clear_list(&set->card);
	clear_list(&set->terminal);
	clear_list(&set->type);
	for (size_t i = 0; i < set->n_files; i++)
		free(set->files[i]);
	free(set->files);
	jk_rowset_init(set);
}

const char *
jk_rowset_file(struct jk_rowset *set, const char *path)
{
	size_t n = set->n_files;
	char **files, *copy;

	if (n > 0 && strcmp(set->files[n - 1], path) == 0)
		return set->files[n - 1];
	files = reallocarray(set->files, n + 1, sizeof(*files));
	if (files == NULL)
		return NULL;
	set->files = files;
	copy = strdup(path);
	if (copy == NULL)
		return NULL;
	files[n] = copy;
	set->n_files++;
	return copy;
}

static enum jk_err
grow(struct jk_list *list)
{
	size_t room = list->room == 0 ? 16 : list->room * 2;
	struct jk_place *places;
	uint8_t *rows;

	rows = reallocarray(list->rows, room, list->row_size);
	if (rows == NULL)
		return JK_ERR_NOMEM;
	list->rows = rows;
	places = reallocarray(list->places, room, sizeof(*places));
	if (places == NULL)
		return JK_ERR_NOMEM;
	list->places = places;
	list->room = room;
	return JK_OK;
}

enum jk_err
jk_list_add(struct jk_list *list, struct jk_place place, const void *row)
{
	if (list->n == list->room) {
		enum jk_err e = grow(list);

		if (e != JK_OK)
			return e;
	}
	memcpy(list->rows + list->n * list->row_size, row, list->row_size);
	list->places[list->n] = place;
	list->n++;
	return JK_OK;
}

void *
jk_list_at(const struct jk_list *list, size_t i)
{
	return list->rows + i * list->row_size;
}

static int
compare(const void *a, const void *b, void *ctx)
{
	const struct jk_list *list = ctx;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	int c = strcmp(jk_list_at(list, i), jk_list_at(list, j));

	return c != 0 ? c : (i > j) - (i < j);
}

enum jk_err
jk_list_sort(struct jk_list *list)
{
	size_t *order = calloc(list->n + 1, sizeof(*order));

	if (order == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < list->n; i++)
		order[i] = i;
	qsort_r(order, list->n, sizeof(*order), compare, list);
	free(list->order);
	list->order = order;
	return JK_OK;
}

size_t
jk_list_find(const struct jk_list *list, const char *id)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(jk_list_at(list, list->order[mid]), id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == list->n ||
	    strcmp(jk_list_at(list, list->order[low]), id) != 0)
		return JK_NO_ROW;
	return list->order[low];
}
