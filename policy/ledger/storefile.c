/* SPDX-License-Identifier: BSD-2-Clause */
#include "storefile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "plaintext.h"
#include "store.h"

/* Marks a text that is translated where it is shown. */
#define N_(text) text

#define FIRST  "# ledger "
#define SECOND "# Made by jukinetctl: see jukinet-ledger(5) before editing.\n"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
/* Lines above the first row's blank line. */
#define HEAD_LINES 2

void
jk_storefile_clear(struct jk_storefile *file)
{
	jk_rowtable_clear(&file->rows);
	*file = (struct jk_storefile){ .head = jk_ledger_start };
}

void
jk_storetext_clear(struct jk_storetext *text)
{
	free(text->rest);
	*text = (struct jk_storetext){ .rest = NULL };
}

/* Reading. */

bool
jk_storefile_take_number(const char **at, char behind, uint64_t *ret)
{
	uint64_t n = 0;
	const char *p = *at;

	if (*p == '0' && p[1] != behind)
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > (INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(*p - '0');
	}
	if (p == *at || *p != behind)
		return false;
	*at = p + 1;
	*ret = n;
	return true;
}

static bool
take_hash(const char **at, char behind, char ret[static JK_LEDGER_HASH_LEN + 1])
{
	const char *p = *at;

	if (!jk_chain_is_hash(p, strnlen(p, JK_LEDGER_HASH_LEN)) ||
	    p[JK_LEDGER_HASH_LEN] != behind)
		return false;
	memcpy(ret, p, JK_LEDGER_HASH_LEN);
	ret[JK_LEDGER_HASH_LEN] = '\0';
	*at = p + JK_LEDGER_HASH_LEN + 1;
	return true;
}

/* The text ends with a NUL: nothing here reads behind it. */
static bool
take_first(const char **at, struct jk_ledger_head *ret,
    char ret_digest[static JK_LEDGER_HASH_LEN + 1])
{
	if (strncmp(*at, FIRST, strlen(FIRST)) != 0)
		return false;
	*at += strlen(FIRST);
	return jk_storefile_take_number(at, ' ', &ret->number) &&
	       take_hash(at, ' ', ret->hash) &&
	       jk_storefile_take_number(at, ' ', &ret->end) &&
	       take_hash(at, '\n', ret_digest);
}

struct reader {
	struct jk_rowtable *rows;
	struct jk_storefile_fault fault;
	struct jk_textrow row; /* at hand; kind "": none */
	unsigned line;         /* of its section */
	enum jk_err e;         /* the first that is no fault of the text */
};

static void
refuse(void *ctx, unsigned line, const char *why)
{
	struct reader *r = ctx;

	/* The first one says most. */
	if (r->fault.why == NULL)
		r->fault = (struct jk_storefile_fault){ line + 1, why };
}

static void
end_row(struct reader *r)
{
	enum jk_err e;

	if (r->row.kind[0] == '\0' || r->e != JK_OK || r->fault.why != NULL)
		return;
	e = jk_rowtable_append(r->rows, &r->row, r->line + 1);
	if (e == JK_ERR_EXISTS)
		refuse(r, r->line, "row stands twice");
	else if (e == JK_ERR_FORMAT)
		refuse(r, r->line, "row is not in its place");
	else
		r->e = e;
}

static bool
begin_row(void *ctx, unsigned line, const char *section)
{
	struct reader *r = ctx;
	const char *blank = strchr(section, ' ');
	char kind[JK_KIND_MAX + 1] = "";

	end_row(r);
	jk_textrow_clear(&r->row);
	r->line = line;
	if (blank != NULL && (size_t)(blank - section) < sizeof(kind))
		memcpy(kind, section, (size_t)(blank - section));
	if (kind[0] == '\0' ||
	    jk_textrow_init(&r->row, kind, blank + 1) != JK_OK) {
		refuse(r, line, "section is not [KIND ID]");
		return false;
	}
	return true;
}

static void
take_pair(void *ctx, unsigned line, JK_UNUSED const char *section,
    const char *key, const char *value)
{
	struct reader *r = ctx;
	enum jk_err e = jk_textrow_add(&r->row, key, value);

	if (e == JK_ERR_NOMEM)
		r->e = e;
	else if (e != JK_OK)
		refuse(r, line, "row has too many lines");
}

static enum jk_err
read_rows(const char *text, size_t len, struct jk_rowtable *ret,
    struct jk_storefile_fault *fault)
{
	struct reader r = { .rows = ret };
	const struct jk_ini_handler handler = { begin_row, take_pair, refuse,
		&r };
	enum jk_err e = jk_ini_parse(text, len, &handler);

	if (e == JK_OK)
		end_row(&r);
	jk_textrow_clear(&r.row);
	if (r.e != JK_OK)
		return r.e;
	if (r.fault.why != NULL) {
		*fault = r.fault;
		return JK_ERR_FORMAT;
	}
	return e;
}

enum jk_err
jk_storefile_parse(const char *text, size_t len, struct jk_storefile *ret,
    struct jk_storefile_fault *fault)
{
	JK_CLEANUP(jk_storefile_clear)
	struct jk_storefile file = { .head = jk_ledger_start };
	char said[JK_LEDGER_HASH_LEN + 1], is[JK_LEDGER_HASH_LEN + 1];
	const char *at = text;
	enum jk_err e;

	if (!take_first(&at, &file.head, said)) {
		*fault = (struct jk_storefile_fault){ 1,
			"not \"# ledger NUMBER HASH END DIGEST\"" };
		return JK_ERR_FORMAT;
	}
	len -= (size_t)(at - text);
	e = jk_chain_digest(at, len, is);
	if (e != JK_OK)
		return e;
	file.edited = strcmp(said, is) != 0;
	e = read_rows(at, len, &file.rows, fault);
	if (e != JK_OK)
		return e;
	*ret = JK_TAKE(file);
	return JK_OK;
}

/* Writing. */

static bool
is_made_of(const char *text, const char *all)
{
	return text[0] != '\0' && text[strspn(text, all)] == '\0';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* As initext.c reads it: what it takes away or refuses has no place here. */
static const char *
value_fault(const char *value)
{
	const char *fault = jk_plaintext_fault(value, strlen(value));
	char before = ' ';

	if (fault != NULL)
		return fault;
	if (value[0] == '\0')
		return N_("value is empty");
	if (is_blank(value[0]) || is_blank(value[strlen(value) - 1]))
		return N_("blank at the edge of a value");
	for (; *value != '\0'; before = *value++) {
		if (*value == '\t')
			return N_("tab inside a value");
		if (is_blank(before) && (*value == ';' || *value == '#'))
			return N_("what would be a comment inside a value");
	}
	return NULL;
}

static size_t
pair_len(const struct jk_pair *pair)
{
	return strlen(pair->key) + strlen(" = ") + strlen(pair->value);
}

const char *
jk_storefile_row_fault(const struct jk_textrow *row)
{
	const char *fault;

	if (!is_made_of(row->kind, LOWER DIGITS "-"))
		return N_("kind has other characters than a-z, 0-9 and '-'");
	if (!is_made_of(row->id, LOWER UPPER DIGITS "_.@-"))
		return N_("id has other characters than letters, digits "
		          "and \"_.@-\"");
	for (size_t i = 0; i < row->n; i++) {
		if (!is_made_of(row->pair[i].key, LOWER DIGITS "-"))
			return N_(
			    "key has other characters than a-z, 0-9 and '-'");
		fault = value_fault(row->pair[i].value);
		if (fault != NULL)
			return fault;
		if (pair_len(&row->pair[i]) > JK_INI_LINE_MAX)
			return N_("line longer than 190 bytes");
	}
	return NULL;
}

static size_t
row_len(const struct jk_textrow *row)
{
	size_t len = strlen("\n[ ]\n") + strlen(row->kind) + strlen(row->id);

	for (size_t i = 0; i < row->n; i++)
		len += pair_len(&row->pair[i]) + 1;
	return len;
}

static char *
put_row(char *at, const struct jk_textrow *row)
{
	at = stpcpy(at, "\n[");
	at = stpcpy(at, row->kind);
	at = stpcpy(at, " ");
	at = stpcpy(at, row->id);
	at = stpcpy(at, "]\n");
	for (size_t i = 0; i < row->n; i++) {
		at = stpcpy(at, row->pair[i].key);
		at = stpcpy(at, " = ");
		at = stpcpy(at, row->pair[i].value);
		at = stpcpy(at, "\n");
	}
	return at;
}

enum jk_err
jk_storefile_format(struct jk_rowtable *rows, const struct jk_ledger_head *head,
    struct jk_storetext *ret)
{
	JK_CLEANUP(jk_storetext_clear)
	struct jk_storetext text = { .rest = NULL };
	char digest[JK_LEDGER_HASH_LEN + 1];
	struct jk_tablerow *const *row;
	size_t n, len = strlen(SECOND);
	char *at;
	enum jk_err e;

	row = jk_rowtable_all(rows, &n);
	for (size_t i = 0; i < n; i++)
		len += row_len(&row[i]->change.row);
	if (len > JK_STORE_MAX - sizeof(text.first))
		return JK_ERR_TOO_BIG;
	text.rest = malloc(len + 1);
	if (text.rest == NULL)
		return JK_ERR_NOMEM;
	at = stpcpy(text.rest, SECOND);
	for (size_t i = 0; i < n; i++)
		at = put_row(at, &row[i]->change.row);
	text.rest_len = (size_t)(at - text.rest);
	e = jk_chain_digest(text.rest, text.rest_len, digest);
	if (e != JK_OK)
		return e;
	snprintf(text.first, sizeof(text.first),
	    FIRST "%" PRIu64 " %s %" PRIu64 " %s\n", head->number, head->hash,
	    head->end, digest);
	*ret = JK_TAKE(text);
	return JK_OK;
}

void
jk_storefile_number(struct jk_rowtable *rows)
{
	unsigned line = HEAD_LINES;
	struct jk_tablerow *const *row;
	size_t n;

	row = jk_rowtable_all(rows, &n);
	for (size_t i = 0; i < n; i++) {
		row[i]->line = line + 2;
		line += 2 + (unsigned)row[i]->change.row.n;
	}
}
