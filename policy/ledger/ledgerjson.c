/* SPDX-License-Identifier: BSD-2-Clause */
/* An entry as JSON and back (ledger.h). */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "ledger.h"
#include "plaintext.h"

static void
free_json(json_t **json)
{
	json_decref(*json);
}

void
jk_ledger_entry_clear(struct jk_ledger_entry *entry)
{
	for (size_t i = 0; i < entry->n_notes; i++) {
		free(entry->note[i].key);
		free(entry->note[i].value);
	}
	for (size_t i = 0; i < entry->n_changes; i++)
		jk_textrow_clear(&entry->change[i].row);
	free(entry->change);
	*entry = (struct jk_ledger_entry){ .number = 0 };
}

/* What every entry keeps to, whether it is read or written. */

static bool
is_plain(const char *text)
{
	return jk_plaintext_fault(text, strlen(text)) == NULL;
}

static bool
head_is_sound(const struct jk_ledger_entry *entry)
{
	const char *const text[] = { entry->by, entry->session, entry->opid,
		entry->terminal, entry->command, entry->why };

	for (size_t i = 0; i < JK_COUNT(text); i++)
		if (!is_plain(text[i]))
			return false;
	return entry->number > 0 && entry->number <= INT64_MAX &&
	       entry->at >= 0 && entry->by[0] != '\0' &&
	       entry->command[0] != '\0';
}

static bool
notes_are_sound(const struct jk_ledger_entry *entry)
{
	if (entry->n_notes > JK_LEDGER_NOTES_MAX)
		return false;
	for (size_t i = 0; i < entry->n_notes; i++) {
		const struct jk_pair *note = &entry->note[i];

		if (note->key[0] == '\0' ||
		    strlen(note->key) > JK_LEDGER_ID_MAX ||
		    strlen(note->value) > JK_LEDGER_TEXT_MAX ||
		    !is_plain(note->key) || !is_plain(note->value))
			return false;
	}
	return true;
}

static bool
row_is_sound(const struct jk_ledger_change *change)
{
	const struct jk_textrow *row = &change->row;

	if (row->kind[0] == '\0' || row->id[0] == '\0' ||
	    !is_plain(row->kind) || !is_plain(row->id) ||
	    (change->removed && row->n > 0))
		return false;
	for (size_t i = 0; i < row->n; i++)
		if (!is_plain(row->pair[i].key) ||
		    !is_plain(row->pair[i].value))
			return false;
	return true;
}

static bool
is_sound(const struct jk_ledger_entry *entry)
{
	if (!head_is_sound(entry) || !notes_are_sound(entry))
		return false;
	for (size_t i = 0; i < entry->n_changes; i++)
		if (!row_is_sound(&entry->change[i]) ||
		    (i > 0 && jk_textrow_compare(&entry->change[i - 1].row,
		                  &entry->change[i].row) >= 0))
			return false;
	return true;
}

/* Reading. */

static enum jk_err
take_text(const json_t *json, char *ret, size_t size)
{
	const char *text = json_string_value(json);

	if (text == NULL || strlen(text) >= size)
		return JK_ERR_FORMAT;
	strcpy(ret, text);
	return JK_OK;
}

static enum jk_err
take_number(const json_t *json, int64_t *ret)
{
	if (!json_is_integer(json))
		return JK_ERR_FORMAT;
	*ret = json_integer_value(json);
	return JK_OK;
}

static enum jk_err
take_notes(json_t *json, struct jk_ledger_entry *ret)
{
	const char *key;
	json_t *value;

	if (!json_is_object(json) ||
	    json_object_size(json) > JK_COUNT(ret->note))
		return JK_ERR_FORMAT;
	json_object_foreach(json, key, value)
	{
		struct jk_pair *note = &ret->note[ret->n_notes];

		if (!json_is_string(value))
			return JK_ERR_FORMAT;
		*note = (struct jk_pair){ strdup(key),
			strdup(json_string_value(value)) };
		ret->n_notes++;
		if (note->key == NULL || note->value == NULL)
			return JK_ERR_NOMEM;
	}
	return JK_OK;
}

static enum jk_err
take_pairs(const json_t *json, struct jk_textrow *ret)
{
	const json_t *pair;
	size_t i;
	enum jk_err e;

	if (!json_is_array(json) ||
	    json_array_size(json) > JK_TEXTROW_PAIRS_MAX)
		return JK_ERR_FORMAT;
	json_array_foreach(json, i, pair)
	{
		const char *key = json_string_value(json_array_get(pair, 0));
		const char *value = json_string_value(json_array_get(pair, 1));

		if (json_array_size(pair) != 2 || key == NULL || value == NULL)
			return JK_ERR_FORMAT;
		e = jk_textrow_add(ret, key, value);
		if (e != JK_OK)
			return e;
	}
	return JK_OK;
}

static enum jk_err
take_change(const json_t *json, struct jk_ledger_change *ret)
{
	const char *kind = json_string_value(json_object_get(json, "kind"));
	const char *id = json_string_value(json_object_get(json, "id"));
	const json_t *set = json_object_get(json, "set");
	enum jk_err e;

	if (json_object_size(json) != 3 || kind == NULL || id == NULL ||
	    set == NULL)
		return JK_ERR_FORMAT;
	e = jk_textrow_init(&ret->row, kind, id);
	if (e != JK_OK)
		return e;
	ret->removed = json_is_null(set);
	return ret->removed ? JK_OK : take_pairs(set, &ret->row);
}

static enum jk_err
take_changes(const json_t *json, struct jk_ledger_entry *ret)
{
	const json_t *row;
	size_t i, n = json_array_size(json);
	enum jk_err e = JK_OK;

	if (!json_is_array(json))
		return JK_ERR_FORMAT;
	ret->change = calloc(n + 1, sizeof(*ret->change));
	if (ret->change == NULL)
		return JK_ERR_NOMEM;
	ret->n_changes = n;
	json_array_foreach(json, i, row)
	{
		e = take_change(row, &ret->change[i]);
		if (e != JK_OK)
			return e;
	}
	return JK_OK;
}

static enum jk_err
take_head(const json_t *json, struct jk_ledger_entry *ret)
{
	const struct {
		const char *key;
		char *text;
		size_t size;
	} texts[] = {
		{ "by", ret->by, sizeof(ret->by) },
		{ "session", ret->session, sizeof(ret->session) },
		{ "opid", ret->opid, sizeof(ret->opid) },
		{ "terminal", ret->terminal, sizeof(ret->terminal) },
		{ "do", ret->command, sizeof(ret->command) },
		{ "why", ret->why, sizeof(ret->why) },
	};
	int64_t number;
	enum jk_err e;

	if ((e = take_number(json_object_get(json, "n"), &number)) != JK_OK ||
	    (e = take_number(json_object_get(json, "at"), &ret->at)) != JK_OK)
		return e;
	ret->number = number < 0 ? 0 : (uint64_t)number;
	for (size_t i = 0; i < JK_COUNT(texts) && e == JK_OK; i++)
		e = take_text(json_object_get(json, texts[i].key),
		    texts[i].text, texts[i].size);
	return e;
}

enum jk_err
jk_ledger_entry_parse(const char *json, size_t len, struct jk_ledger_entry *ret)
{
	JK_CLEANUP(jk_ledger_entry_clear)
	struct jk_ledger_entry entry = { .number = 0 };
	JK_CLEANUP(free_json) json_t *root = NULL;
	json_error_t error;
	enum jk_err e;

	root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return json_error_code(&error) == json_error_out_of_memory
		           ? JK_ERR_NOMEM
		           : JK_ERR_FORMAT;
	/* Ten keys, all of which are asked for: there is no other. */
	if (json_object_size(root) != 10)
		return JK_ERR_FORMAT;
	if ((e = take_head(root, &entry)) != JK_OK ||
	    (e = take_notes(json_object_get(root, "note"), &entry)) != JK_OK ||
	    (e = take_changes(json_object_get(root, "rows"), &entry)) != JK_OK)
		return e;
	if (!is_sound(&entry))
		return JK_ERR_FORMAT;
	*ret = JK_TAKE(entry);
	return JK_OK;
}

/* Writing. What jansson gives NULL for, it had no memory for: is_sound() has
 * seen to the rest. */

static json_t *
make_notes(const struct jk_ledger_entry *entry)
{
	json_t *notes = json_object();

	for (size_t i = 0; i < entry->n_notes; i++)
		if (json_object_set_new(notes, entry->note[i].key,
		        json_string(entry->note[i].value)) != 0) {
			json_decref(notes);
			return NULL;
		}
	return notes;
}

static json_t *
make_pairs(const struct jk_textrow *row)
{
	json_t *pairs = json_array();

	for (size_t i = 0; i < row->n; i++)
		if (json_array_append_new(pairs,
		        json_pack("[ss]", row->pair[i].key,
		            row->pair[i].value)) != 0) {
			json_decref(pairs);
			return NULL;
		}
	return pairs;
}

static json_t *
make_changes(const struct jk_ledger_entry *entry)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < entry->n_changes; i++) {
		const struct jk_ledger_change *change = &entry->change[i];
		json_t *set =
		    change->removed ? json_null() : make_pairs(&change->row);

		if (json_array_append_new(rows,
		        json_pack("{s:s,s:s,s:o}", "kind", change->row.kind,
		            "id", change->row.id, "set", set)) != 0) {
			json_decref(rows);
			return NULL;
		}
	}
	return rows;
}

enum jk_err
jk_ledger_entry_format(const struct jk_ledger_entry *entry, char **ret)
{
	JK_CLEANUP(free_json) json_t *root = NULL;
	char *text;

	if (!is_sound(entry))
		return JK_ERR_FORMAT;
	root = json_pack("{s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "n",
	    (json_int_t)entry->number, "at", (json_int_t)entry->at, "by",
	    entry->by, "session", entry->session, "opid", entry->opid,
	    "terminal", entry->terminal, "do", entry->command, "why",
	    entry->why, "note", make_notes(entry), "rows", make_changes(entry));
	if (root == NULL)
		return JK_ERR_NOMEM;
	/* A note twice would be one of them in the object. */
	if (json_object_size(json_object_get(root, "note")) != entry->n_notes)
		return JK_ERR_FORMAT;
	text = json_dumps(root, JSON_COMPACT);
	if (text == NULL)
		return JK_ERR_NOMEM;
	*ret = text;
	return JK_OK;
}
