/* SPDX-License-Identifier: BSD-2-Clause */
#include "draft.h"

#include <string.h>

#include "ids.h"
#include "plaintext.h"

/* The id of a section that is one of a closed list. */
static const char *
word_fault(const struct jk_words *words, const char *id)
{
	return jk_word_find(words, id) < words->n ? NULL : words->fault;
}

static const char *
id_fault(const struct jk_draft *d, bool has_id)
{
	if (!has_id)
		return d->id[0] == '\0' ? NULL : "section takes no id";
	if (d->id[0] == '\0')
		return "section needs an id";
	if (strcmp(d->name, "account") == 0)
		return jk_account_name_is_valid(d->id)
		           ? NULL
		           : "not the name of an account";
	if (strcmp(d->name, "class") == 0)
		return word_fault(&jk_classes, d->id);
	if (strcmp(d->name, "business") == 0)
		return word_fault(&jk_businesses, d->id);
	return jk_row_id_is_valid(d->id)
	           ? NULL
	           : "not an id (1 to 64 of a-z, 0-9 and '-')";
}

const char *
jk_draft_fault(const struct jk_draft *draft)
{
	bool has_id;

	if (!jk_section_exists(draft->file, draft->name, &has_id))
		return "unknown section";
	return id_fault(draft, has_id);
}

void
jk_draft_begin(struct jk_draft *draft, void *object)
{
	memset(draft->seen, 0, sizeof(draft->seen));
	draft->option =
	    jk_section_options(draft->file, draft->name, &draft->n_options);
	draft->errors = draft->report->n_errors;
	draft->object = object;
}

/* Its number in the section, or n_options. */
static size_t
find(const struct jk_draft *d, const char *key)
{
	size_t i = 0;

	while (i < d->n_options && strcmp(d->option[i].key, key) != 0)
		i++;
	return i;
}

/* Where the line is not known, the section's is as good. */
static struct jk_place
place_at(const struct jk_draft *d, unsigned line)
{
	return (
	    struct jk_place){ d->place.file, line > 0 ? line : d->place.line };
}

static void
refuse(struct jk_draft *d, const struct jk_option *o, const char *value,
    size_t len, unsigned line, const char *fault)
{
	const struct jk_place place = place_at(d, line);

	if (o->parse_bytes != NULL || len == 0)
		jk_report_error(d->report, place, "%s: %s", o->key, fault);
	else if (strlen(value) != len || len > JK_NAME_MAX)
		jk_report_error(d->report, place, "%s = (...): %s", o->key,
		    fault);
	else if (o->max > 0)
		jk_report_error(d->report, place, "%s = %s: %s (%s)", o->key,
		    value, fault, o->range);
	else
		jk_report_error(d->report, place, "%s = %s: %s", o->key, value,
		    fault);
}

void
jk_draft_set(struct jk_draft *draft, const char *key, const char *value,
    size_t len, unsigned line)
{
	const size_t i = find(draft, key);
	const struct jk_option *o = &draft->option[i];
	const char *fault;

	if (i == draft->n_options) {
		jk_report_error(draft->report, place_at(draft, line),
		    "unknown key \"%s\" in [%s]", key, draft->name);
		return;
	}
	fault = draft->seen[i] != 0 && !jk_option_repeats(o)
	            ? "key is repeated"
	            : jk_option_set(o, value, len, draft->object);
	draft->seen[i] = line < UINT_MAX ? line + 1 : line;
	if (fault != NULL)
		refuse(draft, o, value, len, line, fault);
}

/* Of a list it is each of its words. */
static const char *
set_fallback(const struct jk_draft *d, const struct jk_option *o)
{
	const char *at = o->fallback, *fault = NULL;

	if (!jk_option_repeats(o))
		return jk_option_set(o, at, strlen(at), d->object);
	while (fault == NULL && *at != '\0') {
		char word[JK_ID_MAX + 1] = "";
		const size_t len = strcspn(at, " ");

		if (len >= sizeof(word))
			return "too long";
		memcpy(word, at, len);
		fault = jk_option_set(o, word, len, d->object);
		at += len + (at[len] == ' ');
	}
	return fault;
}

/* One option that the section does not say. */
static void
fill_in(struct jk_draft *d, const struct jk_option *o)
{
	if (o->required)
		jk_report_error(d->report, d->place,
		    "[%s] needs \"%s = ...\" (%s)", d->name, o->key, o->range);
	else if (o->fallback != NULL && set_fallback(d, o) != NULL)
		jk_report_error(d->report, d->place,
		    "default of \"%s\" is not valid", o->key);
}

bool
jk_draft_end(struct jk_draft *draft)
{
	for (size_t i = 0; i < draft->n_options; i++)
		if (draft->seen[i] == 0)
			fill_in(draft, &draft->option[i]);
	draft->object = NULL;
	return draft->report->n_errors == draft->errors;
}

bool
jk_draft_has(const struct jk_draft *draft, const char *key)
{
	const size_t i = find(draft, key);

	return i < draft->n_options && draft->seen[i] != 0;
}

struct jk_place
jk_draft_place_of(const struct jk_draft *draft, const char *key)
{
	return place_at(draft,
	    jk_draft_has(draft, key) ? draft->seen[find(draft, key)] - 1 : 0);
}
