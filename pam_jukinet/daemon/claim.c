/* SPDX-License-Identifier: BSD-2-Clause */
#include "claim.h"

#include <string.h>

#include "frame.h"
#include "ids.h"
#include "plaintext.h"
#include "protocol.h"

/* Text of any length is cut: what a caller claims is only recorded. */
static enum jk_err
read_claim_text(const struct jk_frame *f, enum jk_field field, char *ret,
    size_t size)
{
	struct jk_cur cur;
	enum jk_err e = jk_frame_get(f, (uint8_t)field, &cur);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	if (e != JK_OK)
		return e;
	if (memchr(cur.at, '\0', cur.left) != NULL)
		return JK_ERR_FORMAT;
	if (cur.left >= size)
		cur.left = size - 1;
	memcpy(ret, cur.at, cur.left);
	ret[cur.left] = '\0';
	return JK_OK;
}

static enum jk_err
read_id(const struct jk_frame *f, enum jk_field field,
    char ret[static JK_ID_LEN + 1])
{
	enum jk_err e = jk_frame_get_str(f, (uint8_t)field, ret, JK_ID_LEN + 1);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	return e == JK_OK && !jk_id_is_valid(ret) ? JK_ERR_FORMAT : e;
}

enum jk_err
jk_claim_row_id(const struct jk_frame *f, enum jk_field field,
    char ret[static JK_ID_MAX + 1])
{
	enum jk_err e = jk_frame_get_str(f, (uint8_t)field, ret, JK_ID_MAX + 1);

	if (e == JK_ERR_NOT_FOUND)
		return JK_OK;
	return e == JK_OK && !jk_row_id_is_valid(ret) ? JK_ERR_FORMAT : e;
}

/* Who asks these is known by the uid alone: no account is named. */
static enum jk_err
read_manage(const struct jk_frame *f, struct jk_claim *c)
{
	enum jk_err e = jk_frame_get_str(f, JK_FIELD_COMMAND, c->command,
	    sizeof(c->command));

	if (e != JK_OK)
		return e;
	return jk_service_name_is_valid(c->command)
	           ? jk_claim_row_id(f, JK_FIELD_FUNCTION, c->function)
	           : JK_ERR_FORMAT;
}

/* It decides, so it must be exactly what was meant. */
static enum jk_err
read_account(const struct jk_frame *f, struct jk_claim *c)
{
	enum jk_err e = jk_frame_get_str(f, JK_FIELD_ACCOUNT, c->account,
	    sizeof(c->account));

	if (e == JK_ERR_NOT_FOUND && jk_frame_type(f) == JK_FRAME_AUTH)
		return JK_OK;
	return e == JK_OK && c->account[0] == '\0' ? JK_ERR_FORMAT : e;
}

static enum jk_err
read_login(const struct jk_frame *f, struct jk_claim *c)
{
	enum jk_err e;

	if ((e = read_account(f, c)) != JK_OK ||
	    (e = read_claim_text(f, JK_FIELD_SERVICE, c->service,
	         sizeof(c->service))) != JK_OK ||
	    (e = read_claim_text(f, JK_FIELD_TTY, c->tty, sizeof(c->tty))) !=
	        JK_OK ||
	    (e = read_claim_text(f, JK_FIELD_HOST, c->host, sizeof(c->host))) !=
	        JK_OK ||
	    (e = read_id(f, JK_FIELD_TICKET, c->ticket)) != JK_OK ||
	    (e = read_id(f, JK_FIELD_SESSION, c->session)) != JK_OK)
		return e;
	return jk_frame_get_u64(f, JK_FIELD_FLAGS, &c->flags);
}

/* What is to happen to which session, or what was seen. */
static enum jk_err
read_seen(const struct jk_frame *f, struct jk_claim *c)
{
	uint64_t cause = JK_CAUSE_NONE, seconds = 0;
	enum jk_err e;

	if ((e = read_id(f, JK_FIELD_SESSION, c->session)) != JK_OK ||
	    (e = read_claim_text(f, JK_FIELD_READER, c->reader,
	         sizeof(c->reader))) != JK_OK)
		return e;
	e = jk_frame_get_u64(f, JK_FIELD_SECONDS, &seconds);
	if (e == JK_OK || e == JK_ERR_NOT_FOUND)
		e = jk_frame_get_u64(f, JK_FIELD_CAUSE, &cause);
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return e;
	if (seconds > INT32_MAX || cause > INT32_MAX ||
	    jk_plaintext_fault(c->reader, strlen(c->reader)) != NULL)
		return JK_ERR_FORMAT;
	c->seconds = (int64_t)seconds;
	c->cause = jk_cause_from_number((unsigned long)cause);
	return JK_OK;
}

/* Numbers of applications are the office's own. */
bool
jk_claim_is_reception(const char *text)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                           "abcdefghijklmnopqrstuvwxyz0123456789._/-";

	return text[0] != '\0' && text[strspn(text, good)] == '\0';
}

static enum jk_err
read_use(const struct jk_frame *f, struct jk_claim *c)
{
	enum jk_err e = jk_frame_get_str(f, JK_FIELD_PURPOSE, c->purpose,
	    sizeof(c->purpose));

	if (e == JK_OK && !jk_row_id_is_valid(c->purpose))
		e = JK_ERR_FORMAT;
	if (e != JK_OK)
		return e;
	e = jk_frame_get_str(f, JK_FIELD_RECEPTION, c->reception,
	    sizeof(c->reception));
	if (e == JK_OK && !jk_claim_is_reception(c->reception))
		e = JK_ERR_FORMAT;
	if (e != JK_OK && e != JK_ERR_NOT_FOUND)
		return e;
	e = jk_frame_get_str(f, JK_FIELD_GROUNDS, c->grounds,
	    sizeof(c->grounds));
	if (e == JK_OK &&
	    jk_plaintext_fault(c->grounds, strlen(c->grounds)) != NULL)
		e = JK_ERR_FORMAT;
	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}

enum jk_err
jk_claim_read(const struct jk_frame *f, struct jk_claim *c)
{
	switch (jk_frame_type(f)) {
	case JK_FRAME_MANAGE:
		return read_manage(f, c);
	case JK_FRAME_SWITCH:
		return jk_claim_row_id(f, JK_FIELD_OPID, c->opid);
	case JK_FRAME_LOCK:
	case JK_FRAME_END:
	case JK_FRAME_SEEN:
		return read_seen(f, c);
	case JK_FRAME_LOOK:
		return JK_OK;
	case JK_FRAME_USE:
		return read_use(f, c);
	default:
		return read_login(f, c);
	}
}
