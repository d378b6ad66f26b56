/* SPDX-License-Identifier: BSD-2-Clause */
#include "record.h"

#include <string.h>

#include <libaudit.h>

#define ID_MAX 64

enum kind {
	KIND_ID,
	KIND_IDS,
	KIND_TEXT,
};

static const struct {
	const char *name;
	const char *type_name; /* with AUDIT_ in front */
	int type;
} ops[] = {
#define X(id, text, number) [id] = { text, #number, number },
	JK_OP_TABLE(X)
#undef X
};

static const struct {
	const char *name;
	enum kind kind;
} fields[] = {
#define X(id, text, field_kind) [id] = { text, KIND_##field_kind },
	JK_RECORD_FIELD_TABLE(X)
#undef X
};

/* Where text is being made. */
struct out {
	char *at;
	size_t left;
};

const char *
jk_op_name(enum jk_op op)
{
	return ops[op].name;
}

int
jk_op_type(enum jk_op op)
{
	return ops[op].type;
}

const char *
jk_op_type_name(enum jk_op op)
{
	return ops[op].type_name + strlen("AUDIT_");
}

const char *
jk_record_field_name(enum jk_record_field field)
{
	return fields[field].name;
}

bool
jk_record_field_is_id(enum jk_record_field field)
{
	return fields[field].kind != KIND_TEXT;
}

/*
 * Can stand in a record as it is: no space, control, quote or 8-bit byte. Nor
 * a "=": ausearch takes the first "exe=" or "res=" that it sees for the field,
 * be it in quotes, and finds such a record no more.
 */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || *text == '"' ||
		    *text == '\'' || *text == '=')
			return false;
	return true;
}

/* Asked of every byte of every record: strspn() would take it apart anew. */
static bool
is_id_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	       c == '-' || c == '_' || c == ':' || c == '@';
}

/* An empty value is a field that is absent. */
static enum jk_err
check_value(enum jk_record_field field, const char *value)
{
	const enum kind kind = fields[field].kind;
	const size_t max = kind == KIND_ID ? ID_MAX : JK_RECORD_VALUE_MAX;

	for (const char *c = value; kind != KIND_TEXT && *c != '\0'; c++)
		if (!is_id_character(*c) && !(kind == KIND_IDS && *c == ','))
			return JK_ERR_FORMAT;
	return strnlen(value, max + 1) > max ? JK_ERR_TOO_BIG : JK_OK;
}

enum jk_err
jk_record_set(struct jk_record *record, enum jk_record_field field,
    const char *value)
{
	enum jk_err e = check_value(field, value);

	if (e != JK_OK)
		return e;
	strcpy(record->value[field], value);
	return JK_OK;
}

static enum jk_err
check_terminal(const char *name)
{
	/* auparse takes a "," and a ")" at the end of a bare word away. */
	if (!is_plain(name) || strpbrk(name, ",()") != NULL)
		return JK_ERR_FORMAT;
	return strlen(name) > JK_RECORD_TERMINAL_MAX ? JK_ERR_TOO_BIG : JK_OK;
}

enum jk_err
jk_record_set_terminal(struct jk_record *record, const char *name)
{
	enum jk_err e = check_terminal(name);

	if (e != JK_OK)
		return e;
	strcpy(record->terminal, strcmp(name, "?") != 0 ? name : "");
	return JK_OK;
}

static enum jk_err
put(struct out *out, const char *text)
{
	size_t n = strlen(text);

	if (n >= out->left)
		return JK_ERR_TOO_BIG;
	memcpy(out->at, text, n + 1);
	out->at += n;
	out->left -= n;
	return JK_OK;
}

/* Upper case, as libaudit writes it. */
static enum jk_err
put_hex(struct out *out, const char *value)
{
	static const char digit[] = "0123456789ABCDEF";
	enum jk_err e = JK_OK;

	for (; *value != '\0' && e == JK_OK; value++) {
		unsigned char byte = (unsigned char)*value;
		char pair[] = { digit[byte >> 4], digit[byte & 0xf], '\0' };

		e = put(out, pair);
	}
	return e;
}

static enum jk_err
put_quoted(struct out *out, const char *value)
{
	enum jk_err e;

	if ((e = put(out, "\"")) != JK_OK || (e = put(out, value)) != JK_OK)
		return e;
	return put(out, "\"");
}

static enum jk_err
put_field(struct out *out, enum jk_record_field field, const char *value)
{
	enum jk_err e;

	if ((e = check_value(field, value)) != JK_OK ||
	    (e = put(out, " ")) != JK_OK ||
	    (e = put(out, jk_record_field_name(field))) != JK_OK ||
	    (e = put(out, "=")) != JK_OK)
		return e;
	return is_plain(value) ? put_quoted(out, value) : put_hex(out, value);
}

enum jk_err
jk_record_encode(const struct jk_record *record,
    char ret[static JK_RECORD_TEXT_MAX])
{
	char text[JK_RECORD_TEXT_MAX];
	struct out out = { .at = text, .left = sizeof(text) };
	enum jk_err e;

	if ((unsigned)record->op >= JK_OP_COUNT)
		return JK_ERR_FORMAT;
	if ((e = check_terminal(record->terminal)) != JK_OK ||
	    (e = put(&out, "op=juki:")) != JK_OK ||
	    (e = put(&out, jk_op_name(record->op))) != JK_OK)
		return e;
	for (enum jk_record_field f = 0; f < JK_REC_COUNT; f++) {
		if (record->value[f][0] == '\0')
			continue;
		e = put_field(&out, f, record->value[f]);
		if (e != JK_OK)
			return e;
	}
	strcpy(ret, text);
	return JK_OK;
}
