/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jansson reads; the table says which words a message may have. What was said is
 * never said back, because it may be a code.
 */
#include "request.h"

#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jukinet/jukinet.h"
#include "question.h"
#include "secret.h"
#include "tr.h"

#define VERSION 1
#define ID_MAX  64 /* bytes, of an application's own id */
/* A day: whoever waits longer asks again. */
#define WAIT_MAX 86400000

static const char *const names[] = {
	[JK_DO_NONE] = "",
	[JK_DO_BEGIN] = "begin",
	[JK_DO_QUERY] = "query",
	[JK_DO_RESULT] = "result",
	[JK_DO_CONFIRM] = "confirm",
	[JK_DO_PIN] = "pin",
	[JK_DO_PROPOSE] = "propose",
	[JK_DO_DONE] = "done",
	[JK_DO_END] = "end",
	[JK_DO_WAIT] = "wait",
};

#define BIT(what) (1u << (what))

enum kind {
	TEXT = 0,
	TEXT_OR_NULL,
	COUNT,
	MS,
};

#define AT(member) offsetof(struct jk_asking, member)

/* Whom it belongs to, and who needs it. */
static const struct field {
	const char *name;
	enum kind kind;
	unsigned of, needed;
	size_t at;
} fields[] = {
	{ "purpose", TEXT, BIT(JK_DO_BEGIN), BIT(JK_DO_BEGIN), AT(purpose) },
	{ "reception", TEXT, BIT(JK_DO_BEGIN), 0, AT(reception) },
	{ "grounds", TEXT, BIT(JK_DO_BEGIN), 0, AT(grounds) },
	{ "action", TEXT, BIT(JK_DO_QUERY), BIT(JK_DO_QUERY), AT(action) },
	{ "business", TEXT, BIT(JK_DO_QUERY), BIT(JK_DO_QUERY), AT(business) },
	{ "search", TEXT, BIT(JK_DO_QUERY), 0, AT(search) },
	{ "code", TEXT, BIT(JK_DO_QUERY), 0, AT(code) },
	{ "requirement", TEXT, BIT(JK_DO_QUERY), 0, AT(requirement) },
	{ "permission", TEXT, BIT(JK_DO_QUERY), 0, AT(permission) },
	{ "object", TEXT, BIT(JK_DO_QUERY), 0, AT(object) },
	{ "count", COUNT,
	    BIT(JK_DO_QUERY) | BIT(JK_DO_RESULT) | BIT(JK_DO_DONE),
	    BIT(JK_DO_RESULT), AT(count) },
	{ "record", TEXT, BIT(JK_DO_RESULT), BIT(JK_DO_RESULT), AT(record) },
	{ "text", TEXT, BIT(JK_DO_DONE), 0, AT(text) },
	{ "pin", TEXT_OR_NULL, BIT(JK_DO_PIN), BIT(JK_DO_PIN), AT(pin) },
	{ "ms", MS, BIT(JK_DO_WAIT), BIT(JK_DO_WAIT), AT(ms) },
};

static void
erase_and_free(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void
jk_request_init(void)
{
	json_set_alloc_funcs(malloc, erase_and_free);
}

static bool
fail(struct jk_fault *f, const char *error, const char *field, const char *text)
{
	f->error = error;
	f->text = text;
	(void)snprintf(f->field, sizeof(f->field), "%s", field);
	return false;
}

static bool
fail_field(struct jk_fault *f, const char *field, const char *text)
{
	return fail(f, "argument", field, text);
}

/* A word of ours, or "": nothing else of a message is repeated. */
static const char *
known_name(const char *name)
{
	static const char *const others[] = { "v", "id", "do" };

	for (size_t i = 0; i < JK_COUNT(fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].name;
	for (size_t i = 0; i < JK_COUNT(others); i++)
		if (strcmp(others[i], name) == 0)
			return others[i];
	return "";
}

/* jansson quotes where it stopped: the word that came twice. */
static const char *
quoted_name(const char *said)
{
	char name[32];

	return sscanf(said, "%*[^\"]\"%31[a-z]\"", name) == 1 ? known_name(name)
	                                                      : "";
}

static bool
fail_json(struct jk_fault *f, const json_error_t *error)
{
	switch ((int)json_error_code(error)) {
	case json_error_duplicate_key:
		return fail(f, "json", quoted_name(error->text),
		    N_("A field is there twice."));
	case json_error_invalid_utf8:
		return fail(f, "json", "", N_("This is not valid UTF-8."));
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return fail(f, "json", "", N_("There is a NUL in it."));
	case json_error_stack_overflow:
		return fail(f, "json", "", N_("It is nested too deeply."));
	case json_error_numeric_overflow:
		return fail(f, "json", "", N_("A number is too large."));
	default:
		return fail(f, "json", "", N_("This is not a JSON object."));
	}
}

/* --- fields --------------------------------------------------------------- */

static const struct field *
find_field(const char *name)
{
	for (size_t i = 0; i < JK_COUNT(fields); i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

static bool
read_number(const json_t *value, uint64_t max, uint64_t *ret)
{
	json_int_t n;

	if (!json_is_integer(value))
		return false;
	n = json_integer_value(value);
	if (n < 0 || (uint64_t)n > max)
		return false;
	*ret = (uint64_t)n;
	return true;
}

static bool
read_field(const struct field *field, const json_t *value, struct jk_asking *a,
    struct jk_fault *f)
{
	const char **text = (const char **)(void *)((char *)a + field->at);

	switch (field->kind) {
	case COUNT:
		a->has_count = true;
		return read_number(value, JK_QUESTION_COUNT, &a->count) ||
		       fail_field(f, field->name,
		           N_("It is not a number of persons."));
	case MS:
		return read_number(value, WAIT_MAX, &a->ms) ||
		       fail_field(f, field->name,
		           N_("It is not a number of milliseconds."));
	case TEXT_OR_NULL:
		if (json_is_null(value))
			return true;
		break;
	case TEXT:
		break;
	}
	if (!json_is_string(value))
		return fail_field(f, field->name, N_("It is not a text."));
	*text = json_string_value(value);
	return true;
}

static bool
read_fields(struct jk_asking *a, struct jk_fault *f)
{
	const char *name;
	json_t *value;

	json_object_foreach(a->json, name, value)
	{
		const struct field *field = find_field(name);

		if (field == NULL && known_name(name)[0] != '\0')
			continue;
		if (field == NULL)
			return fail_field(f, "",
			    N_("There is a field that "
			       "nobody knows."));
		if ((field->of & BIT(a->what)) == 0)
			return fail_field(f, field->name,
			    N_("It does not belong there."));
		if (!read_field(field, value, a, f))
			return false;
	}
	for (size_t i = 0; i < JK_COUNT(fields); i++)
		if ((fields[i].needed & BIT(a->what)) != 0 &&
		    json_object_get(a->json, fields[i].name) == NULL)
			return fail_field(f, fields[i].name,
			    N_("It is missing."));
	return true;
}

/* --- what it says --------------------------------------------------------- */

static bool
is_good(const char *wrong, struct jk_fault *f)
{
	if (wrong == NULL)
		return true;
	return fail_field(f, strcmp(wrong, "id") == 0 ? "record" : wrong,
	    N_("It is not what it has to be: see jukinet_query(3)."));
}

static bool
check(const struct jk_asking *a, struct jk_fault *f)
{
	const struct jukinet_purpose purpose = {
		.purpose = a->purpose,
		.reception = a->reception,
		.grounds = a->grounds,
	};
	const struct jukinet_query query = {
		.action = a->action,
		.business = a->business,
		.search = a->search,
		.code = a->code,
		.count = a->has_count ? a->count : JUKINET_COUNT_UNKNOWN,
		.requirement = a->requirement,
		.permission = a->permission,
		.object = a->object,
	};

	switch ((int)a->what) {
	case JK_DO_BEGIN:
		return is_good(jk_question_purpose_fault(&purpose), f);
	case JK_DO_QUERY:
		return is_good(jk_question_query_fault(&query), f);
	case JK_DO_RESULT:
		return is_good(jk_question_result_fault(a->record, a->count),
		    f);
	case JK_DO_DONE:
		return is_good(
		    jk_question_done_fault(a->has_count ? a->count
		                                        : JUKINET_COUNT_UNKNOWN,
		        a->text),
		    f);
	case JK_DO_PIN:
		return is_good(a->pin != NULL && strlen(a->pin) > JK_PIN_MAX
		                   ? "pin"
		                   : NULL,
		    f);
	default:
		return true;
	}
}

static enum jk_do
find_do(const json_t *value)
{
	const char *name = json_string_value(value);

	for (size_t i = 1; name != NULL && i < JK_COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum jk_do)i;
	return JK_DO_NONE;
}

/* First, so that an error can say whose it is. */
static bool
read_head(struct jk_asking *a, struct jk_fault *f)
{
	json_t *id = json_object_get(a->json, "id");
	uint64_t version = 0;

	if (id != NULL && !json_is_integer(id) &&
	    (!json_is_string(id) || json_string_length(id) > ID_MAX))
		return fail_field(f, "id",
		    N_("It is no number and no short text."));
	a->id = id;
	a->what = find_do(json_object_get(a->json, "do"));
	if (!read_number(json_object_get(a->json, "v"), INT_MAX, &version) ||
	    version != VERSION)
		return fail(f, "version", "v",
		    N_("This version is not spoken here: it has to be 1."));
	return a->what != JK_DO_NONE ||
	       fail_field(f, "do", N_("There is no such request."));
}

bool
jk_request_read(const char *text, size_t len, struct jk_asking *ret,
    struct jk_fault *fault)
{
	json_error_t error;

	*ret = (struct jk_asking){ 0 };
	*fault = (struct jk_fault){ 0 };
	ret->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (ret->json == NULL) {
		(void)fail_json(fault, &error);
		explicit_bzero(&error, sizeof(error));
		return false;
	}
	if (!json_is_object(ret->json))
		return fail(fault, "json", "",
		    N_("This is not a JSON object."));
	return read_head(ret, fault) && read_fields(ret, fault) &&
	       check(ret, fault);
}

void
jk_request_clear(struct jk_asking *a)
{
	json_decref(a->json);
	*a = (struct jk_asking){ 0 };
}

const char *
jk_do_name(enum jk_do what)
{
	return (size_t)what < JK_COUNT(names) ? names[what] : "";
}
