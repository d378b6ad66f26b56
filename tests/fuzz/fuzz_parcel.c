/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the process that asks a directory sends: whatever comes, the host is
 * told of whole texts and values that lie inside, and no byte is taken twice.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jukinet/policy.h>

#include "parcel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct seen {
	const uint8_t *data;
	size_t len;
	unsigned told;
};

static void
need(bool condition)
{
	if (!condition)
		abort();
}

static void
need_inside(const struct seen *seen, const void *p, size_t len)
{
	const uint8_t *at = p;

	need(at >= seen->data && len <= seen->len &&
	     at <= seen->data + seen->len - len);
}

static void
need_text(const struct seen *seen, const char *text)
{
	need_inside(seen, text, 1);
	need_inside(seen, text, strlen(text) + 1);
}

static int
on_row(void *ctx, const struct jukinet_policy_row *row)
{
	struct seen *seen = ctx;

	need_text(seen, row->kind);
	need_text(seen, row->id);
	if (row->place != NULL)
		need_text(seen, row->place);
	for (size_t i = 0; i < row->n_values; i++) {
		need_text(seen, row->values[i].key);
		need_inside(seen, row->values[i].data, row->values[i].len);
	}
	seen->told++;
	return row->line == 13;
}

static void
on_serial(void *ctx, uint64_t serial)
{
	struct seen *seen = ctx;

	(void)serial;
	seen->told++;
}

static int
on_applied(void *ctx, const struct jukinet_policy_applied *applied)
{
	struct seen *seen = ctx;

	need_text(seen, applied->terminal);
	seen->told++;
	return applied->serial == 13;
}

static void
on_note(void *ctx, const char *place, unsigned line, const char *text)
{
	struct seen *seen = ctx;

	(void)line;
	if (place != NULL)
		need_text(seen, place);
	need_text(seen, text);
	seen->told++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct seen seen = { data, len, 0 };
	const struct jukinet_policy_host host = {
		.ctx = &seen,
		.yield = on_row,
		.serial = on_serial,
		.applied = on_applied,
		.error = on_note,
		.warning = on_note,
	};
	enum jk_parcel found = JK_PARCEL_TOLD;
	size_t at = 0, used;
	unsigned told;
	int status;

	while (found == JK_PARCEL_TOLD) {
		used = 0;
		status = -1;
		told = seen.told;
		found =
		    jk_parcel_open(data + at, len - at, &host, &used, &status);
		at += used;
		need(at <= len);
		need((found == JK_PARCEL_PART || found == JK_PARCEL_BAD) ==
		     (used == 0));
		need(seen.told == told + (found == JK_PARCEL_TOLD ||
		                             found == JK_PARCEL_STOP));
		need((found == JK_PARCEL_END) ==
		     (status >= 0 && status <= JUKINET_POLICY_TRYAGAIN));
	}
	return 0;
}
