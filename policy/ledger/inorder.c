/* SPDX-License-Identifier: BSD-2-Clause */
#include "inorder.h"

#include <stdlib.h>

#define NONE SIZE_MAX

static void
free_indices(size_t **indices)
{
	free(*indices);
}

static bool
is_increasing(const struct jk_ordered *ordered, size_t n)
{
	uint64_t last = 0;

	for (size_t i = 0; i < n; i++) {
		if (ordered[i].number == 0)
			continue;
		if (ordered[i].number <= last)
			return false;
		last = ordered[i].number;
	}
	return true;
}

/* The first of the runs' ends that is not less than the number. */
static size_t
find_run(const struct jk_ordered *ordered, const size_t *end, size_t n,
    uint64_t number)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ordered[end[middle]].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum jk_err
jk_inorder_mark(struct jk_ordered *ordered, size_t n)
{
	/* Of the runs of k + 1 numbers, the one with the smallest end; and
	 * what stands before each number in its run. */
	JK_CLEANUP(free_indices) size_t *end = NULL, *before = NULL;
	bool increasing = is_increasing(ordered, n);
	size_t longest = 0, k;

	for (size_t i = 0; i < n; i++)
		ordered[i].in_order = increasing && ordered[i].number != 0;
	if (increasing)
		return JK_OK;
	end = calloc(n, sizeof(*end));
	before = calloc(n, sizeof(*before));
	if (end == NULL || before == NULL)
		return JK_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if (ordered[i].number == 0)
			continue;
		k = find_run(ordered, end, longest, ordered[i].number);
		before[i] = k == 0 ? NONE : end[k - 1];
		if (k < longest && ordered[end[k]].number == ordered[i].number)
			continue;
		end[k] = i;
		if (k == longest)
			longest++;
	}
	for (size_t i = end[longest - 1]; i != NONE; i = before[i])
		ordered[i].in_order = true;
	return JK_OK;
}
