/* SPDX-License-Identifier: BSD-2-Clause */
#include "readers.h"

#include <string.h>

#include "utf8.h"

size_t
jk_report_size(const struct jk_report *report)
{
	return offsetof(struct jk_report, slot) +
	       report->n * sizeof(report->slot[0]);
}

static bool
is_plain(const char name[static JK_READER_NAME + 1])
{
	size_t len = strnlen(name, JK_READER_NAME + 1);
	struct jk_cur cur = { (const uint8_t *)name, len };
	uint32_t c;

	if (len == 0 || len > JK_READER_NAME)
		return false;
	while (cur.left > 0)
		if (jk_utf8_next(&cur, &c) != JK_OK || !jk_utf8_is_plain(c))
			return false;
	return true;
}

static bool
is_twice(const struct jk_report *report, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(report->slot[k].name, report->slot[i].name) == 0)
			return true;
	return false;
}

enum jk_err
jk_report_parse(const void *data, size_t len, struct jk_report *ret)
{
	struct jk_report r = { 0 };

	if (len < offsetof(struct jk_report, slot) || len > sizeof(r))
		return JK_ERR_FORMAT;
	memcpy(&r, data, len);
	if (r.n > JK_READERS_MAX || len != jk_report_size(&r) ||
	    r.answers > 1 || (r.answers == 0 && r.n > 0) || r.asked_ms < 0 ||
	    r.told_ms < r.asked_ms)
		return JK_ERR_FORMAT;
	for (size_t i = 0; i < r.n; i++)
		if (r.slot[i].present > 1 || r.slot[i].events > UINT16_MAX ||
		    !is_plain(r.slot[i].name) || is_twice(&r, i))
			return JK_ERR_FORMAT;
	*ret = r;
	return JK_OK;
}

void
jk_readers_init(struct jk_readers *readers, int64_t now)
{
	*readers = (struct jk_readers){ .since_ms = now };
}

void
jk_readers_lost(struct jk_readers *readers, int64_t now)
{
	if (!readers->known)
		return;
	/* A card may be changed while nobody looks: nothing is kept. */
	*readers = (struct jk_readers){ .since_ms = now };
}

static struct jk_reader *
find(struct jk_readers *readers, const char *name)
{
	for (size_t i = 0; i < readers->n; i++)
		if (strcmp(readers->reader[i].name, name) == 0)
			return &readers->reader[i];
	return NULL;
}

const struct jk_reader *
jk_readers_find(const struct jk_readers *readers, const char *name)
{
	for (size_t i = 0; i < readers->n; i++)
		if (strcmp(readers->reader[i].name, name) == 0)
			return &readers->reader[i];
	return NULL;
}

/* A place for one more; the first that has gone makes room. */
static struct jk_reader *
make(struct jk_readers *readers)
{
	if (readers->n < JK_READERS_MAX)
		return &readers->reader[readers->n++];
	for (size_t i = 0; i < readers->n; i++)
		if (readers->reader[i].gone)
			return &readers->reader[i];
	return NULL;
}

/* Whether the card in it now is the only one that was in it since it was seen
 * empty. */
static bool
was_put_in_once(const struct jk_reader *r, const struct jk_slot *slot)
{
	return !r->gone && !r->present && slot->present == 1 &&
	       slot->events == ((r->events + 1) & UINT16_MAX);
}

static void
update(struct jk_reader *r, const struct jk_slot *slot,
    const struct jk_report *report)
{
	const bool present = slot->present == 1;
	const bool same =
	    !r->gone && r->present == present && r->events == slot->events;

	if (!same) {
		r->unsure_ms =
		    was_put_in_once(r, slot) ? r->seen_ms : report->told_ms;
		if (r->gone || r->present != present)
			r->since_ms = report->told_ms;
	}
	r->gone = false;
	r->present = present;
	r->events = slot->events;
	r->seen_ms = report->told_ms;
}

static bool
names(const struct jk_report *report, const char *name)
{
	for (size_t i = 0; i < report->n; i++)
		if (strcmp(report->slot[i].name, name) == 0)
			return true;
	return false;
}

static void
mark_gone(struct jk_readers *readers, const struct jk_report *report)
{
	for (size_t i = 0; i < readers->n; i++) {
		struct jk_reader *r = &readers->reader[i];

		if (r->gone || names(report, r->name))
			continue;
		r->gone = true;
		r->present = false;
		r->since_ms = r->unsure_ms = report->told_ms;
	}
}

void
jk_readers_take(struct jk_readers *readers, const struct jk_report *report)
{
	if (report->answers == 0) {
		jk_readers_lost(readers, report->told_ms);
		return;
	}
	if (!readers->known)
		*readers = (struct jk_readers){
			.known = true,
			.since_ms = report->told_ms,
		};
	mark_gone(readers, report);
	for (size_t i = 0; i < report->n; i++) {
		struct jk_reader *r = find(readers, report->slot[i].name);

		if (r == NULL) {
			r = make(readers);
			if (r == NULL)
				continue;
			*r = (struct jk_reader){
				.gone = true,
				.first_ms = report->told_ms,
			};
			memcpy(r->name, report->slot[i].name, sizeof(r->name));
		}
		update(r, &report->slot[i], report);
	}
}
