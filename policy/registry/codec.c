/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

#include <string.h>

#include "ids.h"
#include "plaintext.h"

enum kind {
	TEXT,    /* char[size], a string */
	BYTES,   /* uint8_t[size], all of it */
	BLOB,    /* uint8_t[size] whose length is the size_t at count_at */
	BOOL,    /* bool */
	UINT,    /* 4 bytes, at most max */
	INT64,   /* not negative */
	STRINGS, /* char[max][size], how many is the size_t at count_at */
	ROWS,    /* the same of structs, described by `row` */
};

typedef bool check_fn(const char *text);

struct field {
	enum kind kind;
	size_t at, size;
	size_t count_at, max;
	check_fn *check; /* of texts; NULL: any text */
	bool optional;   /* a text may be empty */
	const struct field *row;
	size_t n_row;
};

#define AT(type, member) \
	.at = offsetof(type, member), .size = sizeof(((type *)0)->member)
#define EACH(type, member)                                                    \
	.at = offsetof(type, member), .size = sizeof(((type *)0)->member[0]), \
	.max = JK_COUNT(((type *)0)->member)

#define ID(type, member)                                                    \
	{                                                                   \
		.kind = TEXT, AT(type, member), .check = jk_row_id_is_valid \
	}
#define ID_OR_NONE(type, member)                                             \
	{                                                                    \
		.kind = TEXT, AT(type, member), .check = jk_row_id_is_valid, \
		.optional = true                                             \
	}
#define FLAG(type, member)                     \
	{                                      \
		.kind = BOOL, AT(type, member) \
	}
#define NUMBER(type, member, most)                            \
	{                                                     \
		.kind = UINT, AT(type, member), .max = (most) \
	}
#define TIME(type, member)                      \
	{                                       \
		.kind = INT64, AT(type, member) \
	}

static const struct field edition_fields[] = {
	TIME(struct jk_edition, serial),
	TIME(struct jk_edition, made_at),
	TIME(struct jk_edition, valid_until),
	{ .kind = TEXT,
	    AT(struct jk_edition, policy),
	    .check = jk_service_name_is_valid },
	{ .kind = BYTES, AT(struct jk_edition, digest) },
};

static const struct field settings_fields[] = {
	ID(struct jk_settings, terminal),
	NUMBER(struct jk_settings, recording, JK_RECORDING_KERNEL),
	TIME(struct jk_settings, deadline_ms),
	TIME(struct jk_settings, card_wait_ms),
	TIME(struct jk_settings, receipt_ms),
	NUMBER(struct jk_settings, pin_min, 64),
	NUMBER(struct jk_settings, pin_max, 64),
	{ .kind = TEXT, AT(struct jk_settings, contact), .optional = true },
	{ .kind = STRINGS,
	    EACH(struct jk_settings, enforced),
	    .count_at = offsetof(struct jk_settings, n_enforced),
	    .check = jk_service_name_is_valid },
};

static const struct field person_fields[] = {
	ID(struct jk_person, id),
	{ .kind = TEXT, AT(struct jk_person, name) },
	ID_OR_NONE(struct jk_person, department),
	TIME(struct jk_person, valid.from),
	TIME(struct jk_person, valid.until),
	FLAG(struct jk_person, enabled),
};

static const struct field account_fields[] = {
	{ .kind = TEXT,
	    AT(struct jk_account, name),
	    .check = jk_account_name_is_valid },
	NUMBER(struct jk_account, uid, UINT32_MAX),
	{ .kind = STRINGS,
	    EACH(struct jk_account, person),
	    .count_at = offsetof(struct jk_account, n_persons),
	    .check = jk_row_id_is_valid },
};

static const struct field opid_fields[] = {
	ID(struct jk_opid, id),
	ID(struct jk_opid, person),
	ID(struct jk_opid, type),
	ID_OR_NONE(struct jk_opid, department),
	TIME(struct jk_opid, valid.from),
	TIME(struct jk_opid, valid.until),
	FLAG(struct jk_opid, enabled),
};

static const struct field opids_fields[] = {
	{ .kind = ROWS,
	    EACH(struct jk_opids, opid),
	    .count_at = offsetof(struct jk_opids, n),
	    .row = opid_fields,
	    .n_row = JK_COUNT(opid_fields) },
};

static const struct field card_fields[] = {
	ID(struct jk_card, id),
	ID(struct jk_card, person),
	NUMBER(struct jk_card, state, JK_CARD_ACTIVE),
	{ .kind = BYTES, AT(struct jk_card, key) },
	TIME(struct jk_card, valid.from),
	TIME(struct jk_card, valid.until),
	{ .kind = BLOB,
	    AT(struct jk_card, cert),
	    .count_at = offsetof(struct jk_card, cert_len) },
};

static const struct field terminal_fields[] = {
	ID(struct jk_terminal, id),
	ID(struct jk_terminal, class),
	ID_OR_NONE(struct jk_terminal, department),
};

static const struct field type_fields[] = {
	ID(struct jk_type, id),
	NUMBER(struct jk_type, number, 9),
	FLAG(struct jk_type, enabled),
	{ .kind = STRINGS,
	    EACH(struct jk_type, class),
	    .count_at = offsetof(struct jk_type, n_classes),
	    .check = jk_row_id_is_valid },
};

/* The tables above say what lies at an address; these two read and write it
 * without caring for its type. */
static size_t
load_count(const uint8_t *row, const struct field *f)
{
	size_t n;

	memcpy(&n, row + f->count_at, sizeof(n));
	return n;
}

static void
store_count(uint8_t *row, const struct field *f, size_t n)
{
	memcpy(row + f->count_at, &n, sizeof(n));
}

static bool
text_is_good(const struct field *f, const char *text, size_t len)
{
	if (len == 0)
		return f->optional;
	if (jk_plaintext_fault(text, len) != NULL)
		return false;
	return f->check == NULL || f->check(text);
}

/* Encoding. */

static enum jk_err
put(struct jk_rowbuf *buf, const void *data, size_t len)
{
	if (len > sizeof(buf->bytes) - buf->len)
		return JK_ERR_TOO_BIG;
	memcpy(buf->bytes + buf->len, data, len);
	buf->len += len;
	return JK_OK;
}

static enum jk_err
put_number(struct jk_rowbuf *buf, uint64_t value, size_t width)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
	return put(buf, bytes, width);
}

static enum jk_err
put_counted(struct jk_rowbuf *buf, const void *data, size_t len)
{
	enum jk_err e = put_number(buf, len, 2);

	return e != JK_OK ? e : put(buf, data, len);
}

static enum jk_err
put_text(struct jk_rowbuf *buf, const struct field *f, const uint8_t *at)
{
	const char *text = (const char *)at;
	size_t len = strnlen(text, f->size);

	if (len == f->size || !text_is_good(f, text, len))
		return JK_ERR_FORMAT;
	return put_counted(buf, text, len);
}

static enum jk_err
put_bool(struct jk_rowbuf *buf, const uint8_t *at)
{
	return *at > 1 ? JK_ERR_FORMAT : put(buf, at, 1);
}

static enum jk_err
put_uint(struct jk_rowbuf *buf, const struct field *f, const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value > f->max ? JK_ERR_FORMAT : put_number(buf, value, 4);
}

static enum jk_err
put_int64(struct jk_rowbuf *buf, const uint8_t *at)
{
	int64_t value;

	memcpy(&value, at, sizeof(value));
	return value < 0 ? JK_ERR_FORMAT : put_number(buf, (uint64_t)value, 8);
}

static enum jk_err put_row(struct jk_rowbuf *buf, const struct field *fields,
    size_t n, const uint8_t *row);

static enum jk_err
put_list(struct jk_rowbuf *buf, const struct field *f, const uint8_t *row)
{
	size_t n = load_count(row, f);
	const uint8_t *at = row + f->at;
	enum jk_err e;

	if (n > f->max)
		return JK_ERR_FORMAT;
	e = put_number(buf, n, 2);
	for (size_t i = 0; i < n && e == JK_OK; i++, at += f->size)
		e = f->kind == ROWS ? put_row(buf, f->row, f->n_row, at)
		                    : put_text(buf, f, at);
	return e;
}

static enum jk_err
put_blob(struct jk_rowbuf *buf, const struct field *f, const uint8_t *row)
{
	size_t n = load_count(row, f);

	if (n == 0 || n > f->size)
		return JK_ERR_FORMAT;
	return put_counted(buf, row + f->at, n);
}

static enum jk_err
put_field(struct jk_rowbuf *buf, const struct field *f, const uint8_t *row)
{
	const uint8_t *at = row + f->at;

	switch (f->kind) {
	case TEXT:
		return put_text(buf, f, at);
	case BYTES:
		return put(buf, at, f->size);
	case BLOB:
		return put_blob(buf, f, row);
	case BOOL:
		return put_bool(buf, at);
	case UINT:
		return put_uint(buf, f, at);
	case INT64:
		return put_int64(buf, at);
	case STRINGS:
	case ROWS:
		return put_list(buf, f, row);
	}
	return JK_ERR_FORMAT;
}

static enum jk_err
put_row(struct jk_rowbuf *buf, const struct field *fields, size_t n,
    const uint8_t *row)
{
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < n && e == JK_OK; i++)
		e = put_field(buf, &fields[i], row);
	return e;
}

/* Decoding, into a zeroed row. */

static enum jk_err
take_number(struct jk_cur *cur, size_t width, uint64_t *ret)
{
	struct jk_cur bytes;
	uint64_t value = 0;
	enum jk_err e = jk_cur_take(cur, width, &bytes);

	if (e != JK_OK)
		return e;
	for (size_t i = 0; i < width; i++)
		value = value << 8 | bytes.at[i];
	*ret = value;
	return JK_OK;
}

static enum jk_err
take_counted(struct jk_cur *cur, struct jk_cur *ret)
{
	uint16_t len;
	enum jk_err e = jk_cur_u16(cur, &len);

	return e != JK_OK ? e : jk_cur_take(cur, len, ret);
}

static enum jk_err
take_text(struct jk_cur *cur, const struct field *f, uint8_t *at)
{
	struct jk_cur text;
	enum jk_err e = take_counted(cur, &text);

	if (e != JK_OK)
		return e;
	if (text.left >= f->size || memchr(text.at, '\0', text.left) != NULL)
		return JK_ERR_FORMAT;
	memcpy(at, text.at, text.left);
	at[text.left] = '\0';
	return text_is_good(f, (const char *)at, text.left) ? JK_OK
	                                                    : JK_ERR_FORMAT;
}

static enum jk_err
take_bytes(struct jk_cur *cur, const struct field *f, uint8_t *at)
{
	struct jk_cur bytes;
	enum jk_err e = jk_cur_take(cur, f->size, &bytes);

	if (e == JK_OK)
		memcpy(at, bytes.at, f->size);
	return e;
}

static enum jk_err
take_blob(struct jk_cur *cur, const struct field *f, uint8_t *row)
{
	struct jk_cur bytes;
	enum jk_err e = take_counted(cur, &bytes);

	if (e != JK_OK)
		return e;
	if (bytes.left == 0 || bytes.left > f->size)
		return JK_ERR_FORMAT;
	memcpy(row + f->at, bytes.at, bytes.left);
	store_count(row, f, bytes.left);
	return JK_OK;
}

static enum jk_err
take_bool(struct jk_cur *cur, uint8_t *at)
{
	uint8_t value;
	enum jk_err e = jk_cur_u8(cur, &value);

	if (e != JK_OK)
		return e;
	if (value > 1)
		return JK_ERR_FORMAT;
	*at = value;
	return JK_OK;
}

static enum jk_err
take_uint(struct jk_cur *cur, const struct field *f, uint8_t *at)
{
	uint64_t number;
	uint32_t value;
	enum jk_err e = take_number(cur, 4, &number);

	if (e != JK_OK)
		return e;
	if (number > f->max)
		return JK_ERR_FORMAT;
	value = (uint32_t)number;
	memcpy(at, &value, sizeof(value));
	return JK_OK;
}

static enum jk_err
take_int64(struct jk_cur *cur, uint8_t *at)
{
	uint64_t number;
	enum jk_err e = take_number(cur, 8, &number);

	if (e != JK_OK)
		return e;
	if (number > INT64_MAX)
		return JK_ERR_FORMAT;
	memcpy(at, &number, sizeof(number));
	return JK_OK;
}

static enum jk_err take_row(struct jk_cur *cur, const struct field *fields,
    size_t n, uint8_t *row);

static enum jk_err
take_list(struct jk_cur *cur, const struct field *f, uint8_t *row)
{
	uint8_t *at = row + f->at;
	uint16_t n;
	enum jk_err e = jk_cur_u16(cur, &n);

	if (e != JK_OK)
		return e;
	if (n > f->max)
		return JK_ERR_FORMAT;
	for (size_t i = 0; i < n && e == JK_OK; i++, at += f->size)
		e = f->kind == ROWS ? take_row(cur, f->row, f->n_row, at)
		                    : take_text(cur, f, at);
	store_count(row, f, n);
	return e;
}

static enum jk_err
take_field(struct jk_cur *cur, const struct field *f, uint8_t *row)
{
	uint8_t *at = row + f->at;

	switch (f->kind) {
	case TEXT:
		return take_text(cur, f, at);
	case BYTES:
		return take_bytes(cur, f, at);
	case BLOB:
		return take_blob(cur, f, row);
	case BOOL:
		return take_bool(cur, at);
	case UINT:
		return take_uint(cur, f, at);
	case INT64:
		return take_int64(cur, at);
	case STRINGS:
	case ROWS:
		return take_list(cur, f, row);
	}
	return JK_ERR_FORMAT;
}

static enum jk_err
take_row(struct jk_cur *cur, const struct field *fields, size_t n, uint8_t *row)
{
	enum jk_err e = JK_OK;

	for (size_t i = 0; i < n && e == JK_OK; i++)
		e = take_field(cur, &fields[i], row);
	return e;
}

/* All of the bytes, no more and no less. */
static enum jk_err
take_all(struct jk_cur bytes, const struct field *fields, size_t n,
    uint8_t *row)
{
	enum jk_err e = take_row(&bytes, fields, n, row);

	if (e != JK_OK || bytes.left > 0)
		return JK_ERR_FORMAT;
	return JK_OK;
}

#define X(noun, type)                                                          \
	enum jk_err jk_##noun##_encode(const type *row, struct jk_rowbuf *ret) \
	{                                                                      \
		ret->len = 0;                                                  \
		return put_row(ret, noun##_fields, JK_COUNT(noun##_fields),    \
		    (const uint8_t *)row);                                     \
	}                                                                      \
	enum jk_err jk_##noun##_decode(struct jk_cur bytes, type *ret)         \
	{                                                                      \
		type row = { 0 };                                              \
		enum jk_err e = take_all(bytes, noun##_fields,                 \
		    JK_COUNT(noun##_fields), (uint8_t *)&row);                 \
                                                                               \
		if (e == JK_OK)                                                \
			*ret = row;                                            \
		return e;                                                      \
	}
JK_CODEC_TABLE(X)
#undef X
