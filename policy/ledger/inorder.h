/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of many numbers stand out of order. */
#ifndef JK_INORDER_H
#define JK_INORDER_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct jk_ordered {
	uint64_t number; /* 0: passed over, never in order */
	bool in_order;   /* filled in */
};

/*
 * Marks a longest run of increasing numbers: what is left over is the fewest
 * that could have been moved, added or repeated. Of equal numbers the first.
 */
enum jk_err jk_inorder_mark(struct jk_ordered *ordered, size_t n);

#endif
