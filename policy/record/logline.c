/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder: one line of the log that auditd keeps. The kernel vouches for
 * type, time, serial, pid, uid and auid; the rest is the sender's word. Any
 * byte may be hostile or missing (a full disk leaves half a line, to which
 * the next one is glued), so what is not exactly as our encoder, libaudit,
 * the kernel and auditd write it is refused.
 */
#include "record.h"

#include <string.h>

#include "cursor.h"
#include "hex.h"

#define ENRICHED_TAIL 0x1d

typedef bool byte_fn(uint8_t byte);

static bool
is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static bool
is_lower(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || byte == '-';
}

static bool
is_type(uint8_t byte)
{
	return (byte >= 'A' && byte <= 'Z') || is_digit(byte) || byte == '_' ||
	       byte == '[' || byte == ']';
}

static bool
is_plain(uint8_t byte)
{
	return byte > ' ' && byte <= '~' && byte != '"' && byte != '\'';
}

/* Of a value in quotes and of a node's name. */
static bool
is_value(uint8_t byte)
{
	return is_plain(byte) && byte != '=';
}

/* A security label: AppArmor's hold spaces, "jukinetd (enforce)". */
static bool
is_label(uint8_t byte)
{
	return byte == ' ' || is_plain(byte);
}

/* exe="…": libaudit leaves ' alone. */
static bool
is_quotable(uint8_t byte)
{
	return byte == '\'' || is_plain(byte);
}

static bool
is_hex(uint8_t byte)
{
	return is_digit(byte) || (byte >= 'A' && byte <= 'F');
}

/* Consumes `text` if it stands here. */
static bool
eat(struct jk_cur *cur, const char *text)
{
	size_t n = strlen(text);

	if (cur->left < n || memcmp(cur->at, text, n) != 0)
		return false;
	cur->at += n;
	cur->left -= n;
	return true;
}

/* Consumes the bytes that `fits` likes, which may be none. */
static struct jk_cur
take_while(struct jk_cur *cur, byte_fn *fits)
{
	struct jk_cur taken = { .at = cur->at };

	while (cur->left > 0 && fits(*cur->at)) {
		cur->at++;
		cur->left--;
		taken.left++;
	}
	return taken;
}

static bool
equals(struct jk_cur cur, const char *text)
{
	return eat(&cur, text) && cur.left == 0;
}

static enum jk_err
copy_text(struct jk_cur from, char *ret, size_t size)
{
	if (from.left >= size)
		return JK_ERR_FORMAT;
	memcpy(ret, from.at, from.left);
	ret[from.left] = '\0';
	return JK_OK;
}

static enum jk_err
take_number(struct jk_cur *cur, uint64_t max, uint64_t *ret)
{
	struct jk_cur digits = take_while(cur, is_digit);
	uint64_t n = 0;

	if (digits.left == 0)
		return JK_ERR_FORMAT;
	for (size_t i = 0; i < digits.left; i++) {
		uint64_t digit = digits.at[i] - (uint64_t)'0';

		if (n > (max - digit) / 10)
			return JK_ERR_FORMAT;
		n = n * 10 + digit;
	}
	*ret = n;
	return JK_OK;
}

static enum jk_err
take_named(struct jk_cur *cur, const char *name, uint64_t max, uint64_t *ret)
{
	return eat(cur, name) ? take_number(cur, max, ret) : JK_ERR_FORMAT;
}

/* "audit(1795298607.548:3): " */
static enum jk_err
take_stamp(struct jk_cur *cur, struct jk_logline *line)
{
	uint64_t s, ms;
	size_t before;
	enum jk_err e;

	e = take_named(cur, "audit(", INT64_MAX / 1000 - 1, &s);
	if (e != JK_OK)
		return e;
	before = cur->left;
	if ((e = take_named(cur, ".", 999, &ms)) != JK_OK ||
	    before - cur->left != strlen(".548") ||
	    (e = take_named(cur, ":", UINT64_MAX, &line->serial)) != JK_OK)
		return JK_ERR_FORMAT;
	line->ms = (int64_t)(s * 1000 + ms);
	return eat(cur, "): ") ? JK_OK : JK_ERR_FORMAT;
}

/* "node=vm type=USER_AUTH msg=audit(…): " */
static enum jk_err
take_head(struct jk_cur *cur, struct jk_logline *line, struct jk_cur *ret_type)
{
	struct jk_cur type;

	if (eat(cur, "node=") &&
	    (take_while(cur, is_value).left == 0 || !eat(cur, " ")))
		return JK_ERR_FORMAT;
	if (!eat(cur, "type="))
		return JK_ERR_FORMAT;
	type = take_while(cur, is_type);
	if (type.left == 0 || !eat(cur, " msg="))
		return JK_ERR_FORMAT;
	*ret_type = type;
	return take_stamp(cur, line);
}

static bool
is_our_type(struct jk_cur type)
{
	for (enum jk_op op = 0; op < JK_OP_COUNT; op++)
		if (equals(type, jk_op_type_name(op)))
			return true;
	return false;
}

/* " subj=LABEL", where a security module is active. */
static enum jk_err
skip_label(struct jk_cur *cur)
{
	static const char msg[] = " msg='";
	const uint8_t *end;
	struct jk_cur label;
	enum jk_err e;

	if (!eat(cur, " subj="))
		return JK_OK;
	end = memmem(cur->at, cur->left, msg, strlen(msg));
	if (end == NULL)
		return JK_ERR_FORMAT;
	e = jk_cur_take(cur, (size_t)(end - cur->at), &label);
	if (e != JK_OK)
		return e;
	(void)take_while(&label, is_label);
	return label.left == 0 ? JK_OK : JK_ERR_FORMAT;
}

/* "pid=1 uid=990 auid=1001 ses=3 msg='" */
static enum jk_err
take_kernel_fields(struct jk_cur *cur, struct jk_logline *line)
{
	uint64_t pid, uid, loginuid, ses;
	enum jk_err e;

	if ((e = take_named(cur, "pid=", INT32_MAX, &pid)) != JK_OK ||
	    (e = take_named(cur, " uid=", UINT32_MAX, &uid)) != JK_OK ||
	    (e = take_named(cur, " auid=", UINT32_MAX, &loginuid)) != JK_OK ||
	    (e = take_named(cur, " ses=", UINT32_MAX, &ses)) != JK_OK ||
	    (e = skip_label(cur)) != JK_OK)
		return e;
	line->pid = (pid_t)pid;
	line->uid = (uid_t)uid;
	line->loginuid = (uint32_t)loginuid;
	return eat(cur, " msg='") ? JK_OK : JK_ERR_FORMAT;
}

static enum jk_err
take_quoted(struct jk_cur *cur, byte_fn *fits, char *ret, size_t size)
{
	struct jk_cur value = take_while(cur, fits);

	if (value.left == 0 || !eat(cur, "\""))
		return JK_ERR_FORMAT;
	return copy_text(value, ret, size);
}

static enum jk_err
take_hex(struct jk_cur *cur, char *ret, size_t size)
{
	char digits[2 * JK_RECORD_VALUE_MAX + 1];
	struct jk_cur value = take_while(cur, is_hex);
	size_t n = value.left / 2;
	enum jk_err e;

	if (n == 0 || n >= size || value.left % 2 != 0)
		return JK_ERR_FORMAT;
	if ((e = copy_text(value, digits, sizeof(digits))) != JK_OK ||
	    (e = jk_hex_decode(digits, (uint8_t *)ret, n)) != JK_OK)
		return e;
	ret[n] = '\0';
	return memchr(ret, '\0', n) == NULL ? JK_OK : JK_ERR_FORMAT;
}

/* From *field on: our encoder writes them in the order of the table. */
static enum jk_err
find_field(struct jk_cur name, enum jk_record_field *field)
{
	for (unsigned i = 0; i < JK_REC_COUNT; i++) {
		if (equals(name, jk_record_field_name(*field)))
			return JK_OK;
		*field = (*field + 1) % JK_REC_COUNT;
	}
	return JK_ERR_FORMAT;
}

/* `jid="…"`, behind the field *last, which becomes this one. */
static enum jk_err
take_field(struct jk_cur *cur, struct jk_record *record,
    enum jk_record_field *last)
{
	char value[JK_RECORD_VALUE_MAX + 1];
	enum jk_record_field field;
	enum jk_err e;

	e = find_field(take_while(cur, is_lower), last);
	if (e != JK_OK)
		return e;
	field = *last;
	if (record->value[field][0] != '\0' || !eat(cur, "="))
		return JK_ERR_FORMAT;
	if (eat(cur, "\""))
		e = take_quoted(cur, is_value, value, sizeof(value));
	else if (!jk_record_field_is_id(field))
		e = take_hex(cur, value, sizeof(value));
	else
		return JK_ERR_FORMAT;
	if (e != JK_OK || jk_record_set(record, field, value) != JK_OK)
		return JK_ERR_FORMAT;
	return JK_OK;
}

static enum jk_err
take_op(struct jk_cur *cur, struct jk_cur type, enum jk_op *ret)
{
	struct jk_cur name = take_while(cur, is_lower);

	for (enum jk_op op = 0; op < JK_OP_COUNT; op++)
		if (equals(name, jk_op_name(op)) &&
		    equals(type, jk_op_type_name(op))) {
			*ret = op;
			return JK_OK;
		}
	return JK_ERR_FORMAT;
}

static enum jk_err
take_exe(struct jk_cur *cur, char *ret, size_t size)
{
	if (eat(cur, "\""))
		return take_quoted(cur, is_quotable, ret, size);
	return take_hex(cur, ret, size);
}

/* What libaudit appends; `cur` stands behind " exe=". */
static enum jk_err
take_libaudit_fields(struct jk_cur *cur, struct jk_logline *line)
{
	char terminal[sizeof(line->record.terminal)];
	enum jk_err e;

	e = take_exe(cur, line->exe, sizeof(line->exe));
	if (e != JK_OK)
		return e;
	if (!eat(cur, " hostname=") || take_while(cur, is_plain).left == 0 ||
	    !eat(cur, " addr=") || take_while(cur, is_plain).left == 0 ||
	    !eat(cur, " terminal="))
		return JK_ERR_FORMAT;
	e = copy_text(take_while(cur, is_plain), terminal, sizeof(terminal));
	if (e != JK_OK || terminal[0] == '\0' ||
	    jk_record_set_terminal(&line->record, terminal) != JK_OK)
		return JK_ERR_FORMAT;
	line->record.success = eat(cur, " res=success");
	if (!line->record.success && !eat(cur, " res=failed"))
		return JK_ERR_FORMAT;
	return cur->left == 0 ? JK_OK : JK_ERR_FORMAT;
}

static enum jk_err
take_text(struct jk_cur *cur, struct jk_cur type, struct jk_logline *line)
{
	enum jk_record_field field = 0;
	enum jk_err e;

	if (!eat(cur, "op=juki:"))
		return JK_ERR_NOT_FOUND;
	e = take_op(cur, type, &line->record.op);
	while (e == JK_OK && !eat(cur, " exe=")) {
		if (!eat(cur, " "))
			return JK_ERR_FORMAT;
		e = take_field(cur, &line->record, &field);
	}
	return e == JK_OK ? take_libaudit_fields(cur, line) : e;
}

/* Exactly one event, no byte that cannot be in a line. */
static bool
is_one_event(const char *line, size_t len)
{
	static const char mark[] = " msg=audit(";
	const char *first, *rest;

	if (len > JK_RECORD_LINE_MAX || memchr(line, '\0', len) != NULL ||
	    memchr(line, '\n', len) != NULL)
		return false;
	first = memmem(line, len, mark, strlen(mark));
	if (first == NULL)
		return false;
	rest = first + strlen(mark);
	return memmem(rest, len - (size_t)(rest - line), mark, strlen(mark)) ==
	       NULL;
}

/* Cuts off auditd's UID="hanako" … and the closing quote of msg='. */
static enum jk_err
cut_tail(struct jk_cur *cur)
{
	const uint8_t *tail = memchr(cur->at, ENRICHED_TAIL, cur->left);

	if (tail != NULL)
		cur->left = (size_t)(tail - cur->at);
	if (cur->left == 0 || cur->at[cur->left - 1] != '\'')
		return JK_ERR_FORMAT;
	cur->left--;
	return JK_OK;
}

enum jk_err
jk_logline_parse(const char *text, size_t len, struct jk_logline *ret)
{
	struct jk_cur cur = { .at = (const uint8_t *)text, .left = len };
	struct jk_logline line = { 0 };
	struct jk_cur type;
	enum jk_err e;

	if (!is_one_event(text, len))
		return JK_ERR_FORMAT;
	e = take_head(&cur, &line, &type);
	if (e != JK_OK)
		return e;
	if (!is_our_type(type))
		return JK_ERR_NOT_FOUND;
	if ((e = take_kernel_fields(&cur, &line)) != JK_OK ||
	    (e = cut_tail(&cur)) != JK_OK)
		return e;
	line.text_at = (size_t)(cur.at - (const uint8_t *)text);
	line.text_len = cur.left;
	e = take_text(&cur, type, &line);
	if (e != JK_OK)
		return e;
	*ret = line;
	return JK_OK;
}
