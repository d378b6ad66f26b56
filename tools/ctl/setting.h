/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Settings of desktops as their files have them, and whether they are what a
 * terminal demands. Readers of several formats say one setting at a time.
 */
#ifndef JK_SETTING_H
#define JK_SETTING_H

#include <stdint.h>

#include "err.h"

/* Borrowed for the length of the call. */
struct jk_setting {
	const char *group, *key, *value;
	bool locked; /* the user cannot change it */
};
typedef void jk_setting_fn(void *ctx, const struct jk_setting *setting);

struct jk_demand {
	const char *group, *key;
	const char *want; /* the value; NULL: a number from 1 to `most` */
	unsigned most;
};

#define JK_DEMANDS_MAX 32

/* Zeroed, with `demand` (at most JK_DEMANDS_MAX, ended by group NULL). */
struct jk_demands {
	const struct jk_demand *demand;
	uint32_t seen, wrong, loose; /* a bit for each */
};

enum jk_demand_fault {
	JK_DEMANDS_MET = 0,
	JK_DEMAND_UNSET,
	JK_DEMAND_WRONG, /* somewhere, though right elsewhere */
	JK_DEMAND_LOOSE, /* the user can change it */
};

/* A jk_setting_fn; `demands` is a struct jk_demands. */
void jk_demands_take(void *demands, const struct jk_setting *setting);
/* The first that is not met. */
enum jk_demand_fault jk_demands_judge(const struct jk_demands *demands,
    const struct jk_demand **ret);

#endif
