/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec.h"

#include <assert.h>
#include <string.h>

#include "ids.h"
#include "plaintext.h"

enum kind {
	TEXT,    /* char[size], a string */
	BYTES,   /* uint8_t[size], all of it */
	BLOB,    /* uint8_t[size] whose length is the size_t at count_at */
	BOOL,    /* bool */
	UINT,    /* 4 bytes, at most max, none of the bits in holes */
	INT64,   /* not negative */
	STRINGS, /* char[max][size], how many is the size_t at count_at */
	TIMES,   /* int64_t[max], the same */
	ROWS,    /* the same of structs, described by `row` */
};

typedef bool check_fn(const char *text);

struct field {
	enum kind kind;
	size_t at, size;
	size_t count_at, max;
	uint32_t holes;
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
/* Is 0; does not compile when the member has another size. */
#define IS_WIDE(type, member, n)                                            \
	(0 * sizeof(struct {                                                \
		static_assert(sizeof(((type *)0)->member) == (n), "width"); \
		char c;                                                     \
	}))
#define FLAG(type, member)                      \
	{                                       \
		.kind = BOOL, AT(type, member), \
		.max = IS_WIDE(type, member, 1) \
	}
#define NUMBER(type, member, most)                       \
	{                                                \
		.kind = UINT, AT(type, member),          \
		.max = (most) + IS_WIDE(type, member, 4) \
	}
#define TIME(type, member)                       \
	{                                        \
		.kind = INT64, AT(type, member), \
		.max = IS_WIDE(type, member, 8)  \
	}

#define LIST_OF_IDS(type, member, n)                                       \
	{                                                                  \
		.kind = STRINGS, EACH(type, member),                       \
		.count_at = offsetof(type, n), .check = jk_row_id_is_valid \
	}
#define MASK(type, member, count) NUMBER(type, member, (1u << (count)) - 1)
/* Bit 0 stands for what nobody says. */
#define MASK_FROM_1(type, member, count)                              \
	{                                                             \
		.kind = UINT, AT(type, member), .holes = 1,           \
		.max = (1u << (count)) - 1 + IS_WIDE(type, member, 4) \
	}
#define WORD(type, member, count) NUMBER(type, member, (count)-1)
#define TEXT_OR_NONE(type, member)                               \
	{                                                        \
		.kind = TEXT, AT(type, member), .optional = true \
	}

static const struct field edition_fields[] = {
	TIME(struct jk_edition, serial),
	TIME(struct jk_edition, registry),
	TIME(struct jk_edition, made_at),
	TIME(struct jk_edition, valid_until),
};

static bool
is_card_kind(const char *text)
{
	return jk_word_find(&jk_card_kinds, text) < jk_card_kinds.n;
}

static const struct field settings_fields[] = {
	ID(struct jk_settings, terminal),
	NUMBER(struct jk_settings, recording, JK_RECORDING_KERNEL),
	TIME(struct jk_settings, deadline_ms),
	TIME(struct jk_settings, card_wait_ms),
	TIME(struct jk_settings, receipt_ms),
	NUMBER(struct jk_settings, pin_min, 64),
	NUMBER(struct jk_settings, pin_max, 64),
	TEXT_OR_NONE(struct jk_settings, contact),
	FLAG(struct jk_settings, gregorian),
	FLAG(struct jk_settings, password),
	FLAG(struct jk_settings, show_name),
	{ .kind = STRINGS,
	    EACH(struct jk_settings, kind),
	    .count_at = offsetof(struct jk_settings, n_kinds),
	    .check = is_card_kind },
	FLAG(struct jk_settings, pinpad),
	{ .kind = STRINGS,
	    EACH(struct jk_settings, enforced),
	    .count_at = offsetof(struct jk_settings, n_enforced),
	    .check = jk_service_name_is_valid },
	TIME(struct jk_settings, lock_within_s),
	TIME(struct jk_settings, locked_max_s),
	TIME(struct jk_settings, left_s),
	WORD(struct jk_settings, leftovers, JK_LEFTOVERS_COUNT),
	TIME(struct jk_settings, leftovers_ms),
	NUMBER(struct jk_settings, lookup_rate, JK_LOOKUP_RATE_MAX),
	NUMBER(struct jk_settings, lookup_burst, JK_LOOKUP_RATE_MAX),
	NUMBER(struct jk_settings, reception_digits, JK_RECEPTION_MAX),
	{ .kind = STRINGS,
	    EACH(struct jk_settings, nameless),
	    .count_at = offsetof(struct jk_settings, n_nameless),
	    .check = jk_service_name_is_valid },
	{ .kind = BYTES, AT(struct jk_settings, trust_inputs) },
};

#define CLASS_RULE(number)                                                     \
	MASK_FROM_1(struct jk_policy, class[number].methods, JK_METHOD_COUNT), \
	    MASK_FROM_1(struct jk_policy, class[number].room_levels, 4),       \
	    WORD(struct jk_policy, class[number].present, JK_PRESENT_COUNT),   \
	    WORD(struct jk_policy, class[number].removal, JK_REMOVAL_COUNT)

static_assert(JK_CLASS_COUNT == 3, "each class has its rule below");

static const struct field policy_fields[] = {
	{ .kind = TEXT,
	    AT(struct jk_policy, version),
	    .check = jk_service_name_is_valid },
	TEXT_OR_NONE(struct jk_policy, contact),
	TIME(struct jk_policy, effective_from),
	{ .kind = BYTES, AT(struct jk_policy, digest) },
	CLASS_RULE(JK_CLASS_CS),
	CLASS_RULE(JK_CLASS_INTEGRATED),
	CLASS_RULE(JK_CLASS_OTHER_DEPT),
	LIST_OF_IDS(struct jk_policy, owner, n_owners),
	MASK(struct jk_policy, own_department, JK_BUSINESS_COUNT),
	MASK(struct jk_policy, permission, JK_BUSINESS_COUNT),
	MASK(struct jk_policy, second_person, JK_BUSINESS_COUNT),
	MASK(struct jk_policy, bulk, JK_BUSINESS_COUNT),
	NUMBER(struct jk_policy, bulk_count, JK_BULK_MAX),
	NUMBER(struct jk_policy, bulk_hour, JK_BULK_MAX),
	FLAG(struct jk_policy, checkout),
	FLAG(struct jk_policy, function_needed),
	TIME(struct jk_policy, training_s),
	NUMBER(struct jk_policy, open_min, 1440),
	NUMBER(struct jk_policy, close_min, 1440),
	MASK(struct jk_policy, weekdays, 7),
	{ .kind = TIMES,
	    EACH(struct jk_policy, closed),
	    .count_at = offsetof(struct jk_policy, n_closed) },
	WORD(struct jk_policy, pin.change, JK_PIN_CHANGE_COUNT),
	FLAG(struct jk_policy, pin.allow_initial),
	FLAG(struct jk_policy, pin.allow_unknown),
	{ .kind = TIMES,
	    EACH(struct jk_policy, pin.remind),
	    .count_at = offsetof(struct jk_policy, pin.n_remind) },
	FLAG(struct jk_policy, pin.digits),
	FLAG(struct jk_policy, pin.puk),
	{ .kind = STRINGS,
	    EACH(struct jk_policy, pin.forbidden),
	    .count_at = offsetof(struct jk_policy, pin.n_forbidden) },
};

static const struct field department_fields[] = {
	ID(struct jk_department, id),
	{ .kind = TEXT, AT(struct jk_department, name) },
	TEXT_OR_NONE(struct jk_department, contact),
};

static const struct field person_fields[] = {
	ID(struct jk_person, id),
	{ .kind = TEXT, AT(struct jk_person, name) },
	ID_OR_NONE(struct jk_person, department),
	TIME(struct jk_person, valid.from),
	TIME(struct jk_person, valid.until),
	FLAG(struct jk_person, enabled),
	FLAG(struct jk_person, contractor),
	TIME(struct jk_person, trained),
	TIME(struct jk_person, supervises.from),
	TIME(struct jk_person, supervises.until),
};

static const struct field account_fields[] = {
	{ .kind = TEXT,
	    AT(struct jk_account, name),
	    .check = jk_account_name_is_valid },
	NUMBER(struct jk_account, uid, UINT32_MAX),
	LIST_OF_IDS(struct jk_account, person, n_persons),
	TIME(struct jk_account, reviewed),
};

static const struct field accounts_of_fields[] = {
	ID(struct jk_accounts_of, person),
	{ .kind = STRINGS,
	    EACH(struct jk_accounts_of, name),
	    .count_at = offsetof(struct jk_accounts_of, n),
	    .check = jk_account_name_is_valid },
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

static const struct field approval_fields[] = {
	ID(struct jk_approval, id),
	WORD(struct jk_approval, kind, JK_APPROVAL_COUNT),
	ID(struct jk_approval, person),
	ID(struct jk_approval, by),
	ID_OR_NONE(struct jk_approval, terminal),
	TIME(struct jk_approval, valid.from),
	TIME(struct jk_approval, valid.until),
	FLAG(struct jk_approval, once),
	MASK(struct jk_approval, functions, JK_FUNCTION_COUNT),
	MASK(struct jk_approval, businesses, JK_BUSINESS_COUNT),
};

static const struct field approvals_fields[] = {
	{ .kind = ROWS,
	    EACH(struct jk_approvals, approval),
	    .count_at = offsetof(struct jk_approvals, n),
	    .row = approval_fields,
	    .n_row = JK_COUNT(approval_fields) },
};

static const struct field card_fields[] = {
	ID(struct jk_card, id),
	ID_OR_NONE(struct jk_card, person),
	WORD(struct jk_card, state, JK_CARD_STATE_COUNT),
	FLAG(struct jk_card, spare),
	FLAG(struct jk_card, handed_over),
	TIME(struct jk_card, pin_set),
	FLAG(struct jk_card, pin_initial),
	{ .kind = BYTES, AT(struct jk_card, key) },
	TIME(struct jk_card, valid.from),
	TIME(struct jk_card, valid.until),
	FLAG(struct jk_card, for_signatures),
	WORD(struct jk_card, trust.level, JK_TRUST_LEVEL_COUNT),
	WORD(struct jk_card, trust.result, JK_TRUST_RESULT_COUNT),
	TIME(struct jk_card, trust.until),
	TIME(struct jk_card, trust.this_update),
	TIME(struct jk_card, trust.next_update),
	{ .kind = BLOB,
	    AT(struct jk_card, cert),
	    .count_at = offsetof(struct jk_card, cert_len) },
};

static const struct field terminal_fields[] = {
	ID(struct jk_terminal, id),
	WORD(struct jk_terminal, class, JK_CLASS_COUNT),
	NUMBER(struct jk_terminal, room_level, 3),
	FLAG(struct jk_terminal, revoked),
	ID_OR_NONE(struct jk_terminal, site),
	LIST_OF_IDS(struct jk_terminal, department, n_departments),
};

static const struct field type_fields[] = {
	ID(struct jk_type, id),
	NUMBER(struct jk_type, number, 9),
	FLAG(struct jk_type, enabled),
	MASK(struct jk_type, classes, JK_CLASS_COUNT),
	MASK(struct jk_type, businesses, JK_BUSINESS_COUNT),
	MASK(struct jk_type, functions, JK_FUNCTION_COUNT),
	MASK(struct jk_type, delegated, JK_FUNCTION_COUNT),
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

static bool
number_is_good(const struct field *f, uint32_t value)
{
	return value <= f->max && (value & f->holes) == 0;
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
	return number_is_good(f, value) ? put_number(buf, value, 4)
	                                : JK_ERR_FORMAT;
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
put_element(struct jk_rowbuf *buf, const struct field *f, const uint8_t *at)
{
	if (f->kind == ROWS)
		return put_row(buf, f->row, f->n_row, at);
	return f->kind == TIMES ? put_int64(buf, at) : put_text(buf, f, at);
}

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
		e = put_element(buf, f, at);
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
	case TIMES:
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
	value = (uint32_t)number;
	if (!number_is_good(f, value))
		return JK_ERR_FORMAT;
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
take_element(struct jk_cur *cur, const struct field *f, uint8_t *at)
{
	if (f->kind == ROWS)
		return take_row(cur, f->row, f->n_row, at);
	return f->kind == TIMES ? take_int64(cur, at) : take_text(cur, f, at);
}

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
		e = take_element(cur, f, at);
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
	case TIMES:
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
