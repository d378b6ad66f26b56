/* SPDX-License-Identifier: BSD-2-Clause */
#include "diff.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "names.h"
#include "rowset.h"

#define DAY_S 86400

/* Which section is compared, and to whom it is told. */
struct diff {
	jk_diff_fn *each;
	void *ctx;
	const char *section;
	const char *id, *id_ja;
};

static void
tell(const struct diff *d, const char *key, const char *from, const char *to)
{
	const struct jk_difference difference = {
		.section = d->section,
		.id = d->id,
		.id_ja = d->id_ja,
		.key = key,
		.item = "",
		.item_ja = "",
		.from = from,
		.to = to,
	};

	if (strcmp(from, to) != 0)
		d->each(d->ctx, &difference);
}

static void
tell_item(const struct diff *d, const char *key, const char *item,
    const char *item_ja, const char *from, const char *to)
{
	const struct jk_difference difference = {
		.section = d->section,
		.id = d->id,
		.id_ja = d->id_ja,
		.key = key,
		.item = item,
		.item_ja = item_ja,
		.from = from,
		.to = to,
	};

	if (strcmp(from, to) != 0)
		d->each(d->ctx, &difference);
}

static void
compare_flag(const struct diff *d, const char *key, bool from, bool to)
{
	tell(d, key, from ? "yes" : "no", to ? "yes" : "no");
}

static void
compare_number(const struct diff *d, const char *key, int64_t from, int64_t to)
{
	char a[24], b[24];

	(void)snprintf(a, sizeof(a), "%" PRId64, from);
	(void)snprintf(b, sizeof(b), "%" PRId64, to);
	tell(d, key, a, b);
}

static void
format_day(int64_t s, char ret[static 11])
{
	ret[0] = '\0';
	if (s != 0)
		jk_date_format(s, ret);
}

/* Without an end of the day there are no hours. */
static void
format_minute(const struct jk_policy *policy, unsigned minute,
    char ret[static 12])
{
	ret[0] = '\0';
	if (policy->close_min != 0)
		(void)snprintf(ret, 12, "%02u:%02u", minute / 60, minute % 60);
}

static const char *
mark(uint32_t mask, size_t number)
{
	return (mask & jk_bit((unsigned)number)) != 0 ? "o" : "x";
}

static void
compare_mask(const struct diff *d, const char *key,
    const struct jk_words *words, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < words->n; i++)
		tell_item(d, key, words->word[i].id, words->word[i].ja,
		    mark(from, i), mark(to, i));
}

static bool
has_owner(const struct jk_policy *policy, const char *owner)
{
	for (size_t i = 0; i < policy->n_owners; i++)
		if (strcmp(policy->owner[i], owner) == 0)
			return true;
	return false;
}

static void
compare_owners(const struct diff *d, const struct jk_policy *old,
    const struct jk_policy *new)
{
	for (size_t i = 0; i < old->n_owners; i++)
		if (!has_owner(new, old->owner[i]))
			tell_item(d, "owning-department", old->owner[i],
			    old->owner[i], "o", "x");
	for (size_t i = 0; i < new->n_owners; i++)
		if (!has_owner(old, new->owner[i]))
			tell_item(d, "owning-department", new->owner[i],
			    new->owner[i], "x", "o");
}

static void
compare_head(struct diff *d, const struct jk_policy_draft *old_draft,
    const struct jk_policy_draft *new_draft)
{
	const struct jk_policy *old = &old_draft->policy;
	const struct jk_policy *new = &new_draft->policy;
	char from[11], to[11];

	d->section = "policy";
	format_day(old->effective_from, from);
	format_day(new->effective_from, to);
	tell(d, "version", old->version, new->version);
	tell(d, "effective-from", from, to);
	tell(d, "contact", old->contact, new->contact);
	compare_owners(d, old, new);
	compare_flag(d, "require-checkout", old->checkout, new->checkout);
	compare_flag(d, "require-function", old->function_needed,
	    new->function_needed);
	compare_flag(d, "system-accounts", old_draft->system_accounts,
	    new_draft->system_accounts);
}

static void
compare_limits(struct diff *d, const struct jk_policy_draft *old,
    const struct jk_policy_draft *new)
{
	d->section = "limits";
	compare_number(d, "training-days", old->policy.training_s / DAY_S,
	    new->policy.training_s / DAY_S);
	compare_number(d, "review-days", old->limits.review_s / DAY_S,
	    new->limits.review_s / DAY_S);
	compare_number(d, "unused-days", old->limits.unused_s / DAY_S,
	    new->limits.unused_s / DAY_S);
	compare_number(d, "fallback-days", old->limits.fallback_s / DAY_S,
	    new->limits.fallback_s / DAY_S);
	compare_number(d, "approval-days", old->limits.approval_s / DAY_S,
	    new->limits.approval_s / DAY_S);
	compare_number(d, "delegation-days", old->limits.delegation_s / DAY_S,
	    new->limits.delegation_s / DAY_S);
	compare_number(d, "bulk-count", old->policy.bulk_count,
	    new->policy.bulk_count);
	compare_number(d, "bulk-hour", old->policy.bulk_hour,
	    new->policy.bulk_hour);
}

static bool
is_closed(const struct jk_policy *policy, int64_t day)
{
	for (size_t i = 0; i < policy->n_closed; i++)
		if (policy->closed[i] == day)
			return true;
	return false;
}

/* The days of `a` that `b` does not have. */
static void
compare_closed(const struct diff *d, const struct jk_policy *a,
    const struct jk_policy *b, const char *from, const char *to)
{
	char day[11];

	for (size_t i = 0; i < a->n_closed; i++) {
		if (is_closed(b, a->closed[i]))
			continue;
		jk_date_format(a->closed[i], day);
		tell_item(d, "closed-day", day, day, from, to);
	}
}

static void
compare_hours(struct diff *d, const struct jk_policy *old,
    const struct jk_policy *new)
{
	char from[12], to[12];

	d->section = "hours";
	format_minute(old, old->open_min, from);
	format_minute(new, new->open_min, to);
	tell(d, "open", from, to);
	format_minute(old, old->close_min, from);
	format_minute(new, new->close_min, to);
	tell(d, "close", from, to);
	compare_mask(d, "weekday", &jk_weekdays, old->weekdays, new->weekdays);
	compare_closed(d, old, new, "o", "x");
	compare_closed(d, new, old, "x", "o");
}

static void
compare_classes(struct diff *d, const struct jk_policy *old,
    const struct jk_policy *new)
{
	d->section = "class";
	for (size_t i = 0; i < JK_CLASS_COUNT; i++) {
		d->id = jk_classes.word[i].id;
		d->id_ja = jk_classes.word[i].ja;
		compare_mask(d, "method", &jk_methods, old->class[i].methods,
		    new->class[i].methods);
		compare_mask(d, "room-level", &jk_room_levels,
		    old->class[i].room_levels, new->class[i].room_levels);
	}
}

static void
compare_businesses(struct diff *d, const struct jk_policy *old,
    const struct jk_policy *new)
{
	d->section = "business";
	for (unsigned i = 0; i < JK_BUSINESS_COUNT; i++) {
		const uint32_t bit = jk_bit(i);

		d->id = jk_businesses.word[i].id;
		d->id_ja = jk_businesses.word[i].ja;
		compare_flag(d, "own-department",
		    (old->own_department & bit) != 0,
		    (new->own_department &bit) != 0);
		compare_flag(d, "permission", (old->permission & bit) != 0,
		    (new->permission &bit) != 0);
		compare_flag(d, "second-person",
		    (old->second_person & bit) != 0,
		    (new->second_person &bit) != 0);
		compare_flag(d, "bulk", (old->bulk & bit) != 0,
		    (new->bulk &bit) != 0);
	}
}

static const char *
mark_function(const struct jk_type *type, size_t number)
{
	return (type->delegated & jk_bit((unsigned)number)) != 0
	           ? "d"
	           : mark(type->functions, number);
}

static void
compare_type(const struct diff *d, const struct jk_type *old,
    const struct jk_type *new)
{
	compare_number(d, "number", old->number, new->number);
	compare_flag(d, "enabled", old->enabled, new->enabled);
	compare_mask(d, "terminal-class", &jk_classes, old->classes,
	    new->classes);
	compare_mask(d, "business", &jk_businesses, old->businesses,
	    new->businesses);
	for (size_t i = 0; i < jk_functions.n; i++)
		tell_item(d, "function", jk_functions.word[i].id,
		    jk_functions.word[i].ja, mark_function(old, i),
		    mark_function(new, i));
}

static const struct jk_type *
find_type(const struct jk_rowset *set, const char *id)
{
	for (size_t i = 0; i < set->type.n; i++) {
		const struct jk_type *type = jk_list_at(&set->type, i);

		if (strcmp(type->id, id) == 0)
			return type;
	}
	return NULL;
}

/* A type that is new or gone, with everything that it allows. */
static void
tell_whole(const struct diff *d, const struct jk_type *type, bool added)
{
	/* Its number is no right. */
	const struct jk_type none = { .number = type->number };

	tell(d, "", added ? "" : "o", added ? "o" : "");
	compare_type(d, added ? &none : type, added ? type : &none);
}

static void
compare_types(struct diff *d, const struct jk_rowset *old,
    const struct jk_rowset *new)
{
	d->section = "type";
	for (size_t i = 0; i < new->type.n; i++) {
		const struct jk_type *type = jk_list_at(&new->type, i);
		const struct jk_type *before = find_type(old, type->id);

		d->id = type->id;
		d->id_ja = jk_name_type(type, true);
		if (before != NULL)
			compare_type(d, before, type);
		else
			tell_whole(d, type, true);
	}
	for (size_t i = 0; i < old->type.n; i++) {
		const struct jk_type *type = jk_list_at(&old->type, i);

		d->id = type->id;
		d->id_ja = jk_name_type(type, true);
		if (find_type(new, type->id) == NULL)
			tell_whole(d, type, false);
	}
}

void
jk_diff(const struct jk_rowset *old, const struct jk_rowset *new,
    jk_diff_fn *each, void *ctx)
{
	const struct jk_policy *a = &old->policy.policy;
	const struct jk_policy *b = &new->policy.policy;
	struct diff d = { .each = each, .ctx = ctx, .id = "", .id_ja = "" };

	compare_head(&d, &old->policy, &new->policy);
	compare_limits(&d, &old->policy, &new->policy);
	compare_hours(&d, a, b);
	compare_classes(&d, a, b);
	compare_businesses(&d, a, b);
	compare_types(&d, old, new);
}
