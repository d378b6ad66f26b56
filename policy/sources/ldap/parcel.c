/* SPDX-License-Identifier: BSD-2-Clause */
#include "parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jukinet/policy.h>

#include "cursor.h"

/* Values of one row. */
#define VALUES_MAX 256

enum type {
	TYPE_ROW = 1,
	TYPE_SERIAL,
	TYPE_APPLIED,
	TYPE_ERROR,
	TYPE_WARNING,
	TYPE_END,
};

struct jk_parcel_writer {
	FILE *to;
	bool failed;
	size_t n;
	uint8_t data[JK_PARCEL_MAX];
};

static void
put(struct jk_parcel_writer *w, const void *data, size_t len)
{
	if (len > sizeof(w->data) - w->n) {
		w->failed = true;
		return;
	}
	if (len > 0)
		memcpy(w->data + w->n, data, len);
	w->n += len;
}

static void
put_number(struct jk_parcel_writer *w, uint64_t number, unsigned bytes)
{
	uint8_t out[8];

	for (unsigned i = 0; i < bytes; i++)
		out[i] = (uint8_t)(number >> 8 * (bytes - 1 - i));
	put(w, out, bytes);
}

static void
put_data(struct jk_parcel_writer *w, const void *data, size_t len)
{
	put_number(w, len, 4);
	put(w, data, len);
}

/* With its NUL; an absent text has no bytes at all. */
static void
put_text(struct jk_parcel_writer *w, const char *text)
{
	put_data(w, text, text != NULL ? strlen(text) + 1 : 0);
}

static void
begin(struct jk_parcel_writer *w, enum type type)
{
	w->n = 0;
	put_number(w, 0, 4);
	put_number(w, type, 1);
}

static int
send(struct jk_parcel_writer *w)
{
	size_t n = w->n;

	w->n = 0;
	put_number(w, n - 4, 4);
	if (w->failed || fwrite(w->data, 1, n, w->to) != n)
		w->failed = true;
	return w->failed ? -1 : 0;
}

static int
send_row(void *ctx, const struct jukinet_policy_row *row)
{
	struct jk_parcel_writer *w = ctx;

	begin(w, TYPE_ROW);
	put_text(w, row->kind);
	put_text(w, row->id);
	put_text(w, row->place);
	put_number(w, row->line, 4);
	put_number(w, row->n_values, 4);
	for (size_t i = 0; i < row->n_values; i++) {
		put_text(w, row->values[i].key);
		put_data(w, row->values[i].data, row->values[i].len);
		put_number(w, row->values[i].line, 4);
	}
	return send(w);
}

static void
send_serial(void *ctx, uint64_t serial)
{
	struct jk_parcel_writer *w = ctx;

	begin(w, TYPE_SERIAL);
	put_number(w, serial, 8);
	(void)send(w);
}

static int
send_applied(void *ctx, const struct jukinet_policy_applied *applied)
{
	struct jk_parcel_writer *w = ctx;

	begin(w, TYPE_APPLIED);
	put_text(w, applied->terminal);
	put_number(w, applied->serial, 8);
	put_number(w, (uint64_t)applied->at, 8);
	return send(w);
}

static void
send_note(struct jk_parcel_writer *w, enum type type, const char *place,
    unsigned line, const char *text)
{
	begin(w, type);
	put_text(w, place);
	put_number(w, line, 4);
	put_text(w, text);
	/* At once: whoever hangs next should not take this along. */
	if (send(w) == 0 && fflush(w->to) != 0)
		w->failed = true;
}

static void
send_error(void *ctx, const char *place, unsigned line, const char *text)
{
	send_note(ctx, TYPE_ERROR, place, line, text);
}

static void
send_warning(void *ctx, const char *place, unsigned line, const char *text)
{
	send_note(ctx, TYPE_WARNING, place, line, text);
}

struct jk_parcel_writer *
jk_parcel_writer_open(int fd, const struct jukinet_policy_host *model,
    struct jukinet_policy_host *ret)
{
	struct jk_parcel_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->to = fdopen(fd, "we");
	if (w->to == NULL) {
		free(w);
		return NULL;
	}
	*ret = *model;
	ret->ctx = w;
	ret->yield = send_row;
	ret->serial = send_serial;
	ret->applied = send_applied;
	ret->error = send_error;
	ret->warning = send_warning;
	return w;
}

bool
jk_parcel_writer_close(struct jk_parcel_writer *w, int status)
{
	bool ok;

	begin(w, TYPE_END);
	put_number(w, (uint32_t)status, 4);
	(void)send(w);
	ok = fclose(w->to) == 0 && !w->failed;
	free(w);
	return ok;
}

/* The receiving side. Each function is false when the bytes end early. */

static bool
get_number(struct jk_cur *cur, unsigned bytes, uint64_t *ret)
{
	uint64_t number = 0;
	uint8_t byte;

	for (unsigned i = 0; i < bytes; i++) {
		if (jk_cur_u8(cur, &byte) != JK_OK)
			return false;
		number = number << 8 | byte;
	}
	*ret = number;
	return true;
}

static bool
get_line(struct jk_cur *cur, unsigned *ret)
{
	uint64_t line;

	if (!get_number(cur, 4, &line))
		return false;
	*ret = (unsigned)line;
	return true;
}

static bool
get_data(struct jk_cur *cur, struct jk_cur *ret)
{
	uint64_t n;

	return get_number(cur, 4, &n) && jk_cur_take(cur, n, ret) == JK_OK;
}

static bool
get_text(struct jk_cur *cur, const char **ret)
{
	struct jk_cur text;

	if (!get_data(cur, &text))
		return false;
	if (text.left > 0 &&
	    memchr(text.at, 0, text.left) != text.at + text.left - 1)
		return false;
	*ret = text.left > 0 ? (const char *)text.at : NULL;
	return true;
}

static bool
get_needed(struct jk_cur *cur, const char **ret)
{
	return get_text(cur, ret) && *ret != NULL;
}

static bool
get_value(struct jk_cur *cur, struct jukinet_policy_value *ret)
{
	struct jk_cur data;

	if (!get_needed(cur, &ret->key) || !get_data(cur, &data) ||
	    !get_line(cur, &ret->line))
		return false;
	ret->data = data.at;
	ret->len = data.left;
	return true;
}

static enum jk_parcel
take_row(struct jk_cur *cur, const struct jukinet_policy_host *host)
{
	struct jukinet_policy_value values[VALUES_MAX];
	struct jukinet_policy_row row = { .values = values };
	uint64_t n;

	if (!get_needed(cur, &row.kind) || !get_needed(cur, &row.id) ||
	    !get_text(cur, &row.place) || !get_line(cur, &row.line) ||
	    !get_number(cur, 4, &n) || n > VALUES_MAX)
		return JK_PARCEL_BAD;
	for (; row.n_values < n; row.n_values++)
		if (!get_value(cur, &values[row.n_values]))
			return JK_PARCEL_BAD;
	if (cur->left > 0)
		return JK_PARCEL_BAD;
	return host->yield(host->ctx, &row) == 0 ? JK_PARCEL_TOLD
	                                         : JK_PARCEL_STOP;
}

static enum jk_parcel
take_serial(struct jk_cur *cur, const struct jukinet_policy_host *host)
{
	uint64_t serial;

	if (!get_number(cur, 8, &serial) || cur->left > 0)
		return JK_PARCEL_BAD;
	host->serial(host->ctx, serial);
	return JK_PARCEL_TOLD;
}

static enum jk_parcel
take_applied(struct jk_cur *cur, const struct jukinet_policy_host *host)
{
	struct jukinet_policy_applied applied;
	uint64_t at;

	if (!get_needed(cur, &applied.terminal) ||
	    !get_number(cur, 8, &applied.serial) || !get_number(cur, 8, &at) ||
	    cur->left > 0)
		return JK_PARCEL_BAD;
	applied.at = (int64_t)at;
	return host->applied(host->ctx, &applied) == 0 ? JK_PARCEL_TOLD
	                                               : JK_PARCEL_STOP;
}

static enum jk_parcel
take_note(struct jk_cur *cur, enum type type,
    const struct jukinet_policy_host *host)
{
	const char *place, *text;
	unsigned line;

	if (!get_text(cur, &place) || !get_line(cur, &line) ||
	    !get_needed(cur, &text) || cur->left > 0)
		return JK_PARCEL_BAD;
	if (type == TYPE_ERROR)
		host->error(host->ctx, place, line, text);
	else
		host->warning(host->ctx, place, line, text);
	return JK_PARCEL_TOLD;
}

static enum jk_parcel
take_end(struct jk_cur *cur, int *ret_status)
{
	uint64_t status;

	if (!get_number(cur, 4, &status) || cur->left > 0 ||
	    status > JUKINET_POLICY_TRYAGAIN)
		return JK_PARCEL_BAD;
	*ret_status = (int)status;
	return JK_PARCEL_END;
}

static enum jk_parcel
take_parcel(struct jk_cur *cur, const struct jukinet_policy_host *host,
    int *ret_status)
{
	uint8_t type;

	if (jk_cur_u8(cur, &type) != JK_OK)
		return JK_PARCEL_BAD;
	switch (type) {
	case TYPE_ROW:
		return take_row(cur, host);
	case TYPE_SERIAL:
		return take_serial(cur, host);
	case TYPE_APPLIED:
		return take_applied(cur, host);
	case TYPE_ERROR:
	case TYPE_WARNING:
		return take_note(cur, (enum type)type, host);
	case TYPE_END:
		return take_end(cur, ret_status);
	default:
		return JK_PARCEL_BAD;
	}
}

enum jk_parcel
jk_parcel_open(const uint8_t *data, size_t len,
    const struct jukinet_policy_host *host, size_t *ret_used, int *ret_status)
{
	struct jk_cur cur = { data, len }, inside;
	enum jk_parcel found;
	uint64_t n;

	if (!get_number(&cur, 4, &n))
		return JK_PARCEL_PART;
	if (n > JK_PARCEL_MAX - 4)
		return JK_PARCEL_BAD;
	if (jk_cur_take(&cur, n, &inside) != JK_OK)
		return JK_PARCEL_PART;
	found = take_parcel(&inside, host, ret_status);
	if (found != JK_PARCEL_BAD)
		*ret_used = len - cur.left;
	return found;
}
