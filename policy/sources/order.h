/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The value of "sources =": which sources are asked, in which order, and what
 * follows from what each has answered, in the manner of nsswitch.conf(5).
 *
 *     ldap [UNAVAIL=continue TRYAGAIN=continue] files
 */
#ifndef JK_ORDER_H
#define JK_ORDER_H

#include <stddef.h>

#include "plugin.h"

#define JK_SOURCES_MAX 8
/* Of enum jukinet_policy_status. */
#define JK_SOURCE_STATUS_COUNT 4

/* One source. Unless said otherwise only NOTFOUND goes on. */
struct jk_order_step {
	char name[JK_SOURCE_NAME_MAX + 1];
	bool goes_on[JK_SOURCE_STATUS_COUNT]; /* by status */
};

struct jk_order {
	size_t n;
	struct jk_order_step step[JK_SOURCES_MAX];
};

/* Zero is a refusal. */
enum jk_order_end {
	JK_ORDER_FAIL = 0, /* no registry: the old snapshot stays */
	JK_ORDER_NEXT,     /* ask the next source, and merge its rows */
	JK_ORDER_DONE,     /* the rows of those that succeeded are all */
};

/* NULL, or a static string: why not; then *ret is as it was. */
const char *jk_order_parse(const char *text, struct jk_order *ret);

/*
 * What follows when source number i has answered `status`; another number
 * than the four is a failure. *succeeded is false at the beginning and keeps
 * whether any source had rows.
 */
enum jk_order_end jk_order_after(const struct jk_order *order, size_t i,
    int status, bool *succeeded);

#endif
