/* SPDX-License-Identifier: BSD-2-Clause */
#include "setting.h"

#include <stdlib.h>
#include <string.h>

/* A type that dconf may have in front of a value. */
static const char *
without_type(const char *value)
{
	static const char *const types[] = { "uint32 ", "int32 ", "@as ", "@u ",
		"@i " };

	for (size_t i = 0; i < JK_COUNT(types); i++)
		if (strncmp(value, types[i], strlen(types[i])) == 0)
			return value + strlen(types[i]);
	return value;
}

/* Zero means "never" to every desktop. */
static bool
is_within(const char *value, unsigned most)
{
	const size_t len = strlen(value);
	unsigned long n;

	if (len == 0 || len > 9 || strspn(value, "0123456789") != len)
		return false;
	n = strtoul(value, NULL, 10);
	return n >= 1 && n <= most;
}

void
jk_demands_take(void *demands, const struct jk_setting *setting)
{
	struct jk_demands *d = demands;
	const char *value = without_type(setting->value);

	for (size_t i = 0; d->demand[i].group != NULL; i++) {
		const struct jk_demand *demand = &d->demand[i];
		const uint32_t bit = (uint32_t)1 << i;
		bool good;

		if (strcmp(demand->group, setting->group) != 0 ||
		    strcmp(demand->key, setting->key) != 0)
			continue;
		good = demand->want != NULL ? strcmp(value, demand->want) == 0
		                            : is_within(value, demand->most);
		d->seen |= bit;
		d->wrong |= good ? 0 : bit;
		d->loose |= setting->locked ? 0 : bit;
	}
}

enum jk_demand_fault
jk_demands_judge(const struct jk_demands *d, const struct jk_demand **ret)
{
	for (size_t i = 0; d->demand[i].group != NULL; i++) {
		const uint32_t bit = (uint32_t)1 << i;

		*ret = &d->demand[i];
		if ((d->seen & bit) == 0)
			return JK_DEMAND_UNSET;
		if ((d->wrong & bit) != 0)
			return JK_DEMAND_WRONG;
		if ((d->loose & bit) != 0)
			return JK_DEMAND_LOOSE;
	}
	return JK_DEMANDS_MET;
}
