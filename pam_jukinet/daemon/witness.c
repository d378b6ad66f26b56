/* SPDX-License-Identifier: BSD-2-Clause */
#include "witness.h"

#include <string.h>
#include <unistd.h>

#include "config.h"
#include "link.h"
#include "protocol.h"

enum jk_err
jk_witness_open(int64_t until, struct jk_witness *ret)
{
	struct jk_witness w = { .fd = -1 };
	enum jk_err e = jk_frame_new(&w.frame);

	if (e == JK_OK)
		e = jk_link_connect(JK_RUN_DIR "/witness.sock", until, &w.fd);
	if (e != JK_OK) {
		jk_witness_close(&w);
		return e;
	}
	*ret = w;
	return JK_OK;
}

void
jk_witness_close(struct jk_witness *witness)
{
	jk_frame_free(&witness->frame);
	if (witness->fd >= 0)
		close(witness->fd);
	witness->fd = -1;
}

/*
 * The next frame of this type. A receipt that comes late, for a record that
 * was given up, is passed over.
 */
static enum jk_err
next(struct jk_witness *w, enum jk_frame_type type,
    const struct jk_cancel *cancel, int64_t until)
{
	for (;;) {
		enum jk_err e =
		    jk_frame_recv(w->fd, cancel, until, w->frame, NULL);

		if (e != JK_OK || jk_frame_type(w->frame) == type)
			return e;
		if (jk_frame_type(w->frame) != JK_FRAME_RECEIPT)
			return JK_ERR_NOT_FOUND;
	}
}

enum jk_err
jk_witness_announce(struct jk_witness *w, const char *const id[], size_t n,
    bool durable)
{
	enum jk_err e;

	jk_frame_start(w->frame, JK_FRAME_WATCH);
	e = jk_frame_put_u64(w->frame, JK_FIELD_FLAGS,
	    durable ? JK_FLAG_DURABLE : 0);
	for (size_t i = 0; i < n && e == JK_OK; i++)
		e = jk_frame_put_str(w->frame, JK_FIELD_ID, id[i]);
	return e == JK_OK ? jk_frame_send(w->fd, w->frame) : e;
}

enum jk_err
jk_witness_watch(struct jk_witness *w, const char *id, bool durable,
    const struct jk_cancel *cancel, int64_t until)
{
	enum jk_err e = jk_witness_announce(w, &id, 1, durable);

	return e == JK_OK ? next(w, JK_FRAME_WATCHING, cancel, until) : e;
}

static enum jk_err
decode(const struct jk_frame *f, struct jk_receipt *ret)
{
	uint64_t ms, serial;
	enum jk_err e;

	if ((e = jk_frame_get_u64(f, JK_FIELD_AUDIT_MS, &ms)) != JK_OK ||
	    (e = jk_frame_get_u64(f, JK_FIELD_AUDIT_SERIAL, &serial)) !=
	        JK_OK ||
	    (e = jk_frame_get_str(f, JK_FIELD_TEXT, ret->text,
	         sizeof(ret->text))) != JK_OK)
		return e;
	if (ms > INT64_MAX)
		return JK_ERR_FORMAT;
	ret->ms = (int64_t)ms;
	ret->serial = serial;
	return JK_OK;
}

enum jk_err
jk_witness_receipt(struct jk_witness *w, const char *id,
    const struct jk_cancel *cancel, int64_t until, struct jk_receipt *ret)
{
	struct jk_cur of;

	for (;;) {
		enum jk_err e = next(w, JK_FRAME_RECEIPT, cancel, until);

		if (e == JK_OK)
			e = jk_frame_get(w->frame, JK_FIELD_ID, &of);
		if (e != JK_OK)
			return e;
		if (of.left == strlen(id) && memcmp(of.at, id, of.left) == 0)
			return decode(w->frame, ret);
	}
}

enum jk_err
jk_witness_id(const struct jk_witness *w, size_t n,
    char ret[static JK_ID_LEN + 1])
{
	struct jk_cur id;
	enum jk_err e = jk_frame_get_nth(w->frame, JK_FIELD_ID, n, &id);

	if (e != JK_OK)
		return e;
	if (id.left != JK_ID_LEN)
		return JK_ERR_FORMAT;
	memcpy(ret, id.at, JK_ID_LEN);
	ret[JK_ID_LEN] = '\0';
	return JK_OK;
}

enum jk_err
jk_witness_hear(struct jk_witness *w, enum jk_witness_word *ret_word,
    char ret_id[static JK_ID_LEN + 1], struct jk_receipt *ret)
{
	enum jk_err e = jk_frame_take(w->fd, w->frame);

	if (e == JK_OK)
		e = jk_witness_id(w, 0, ret_id);
	if (e != JK_OK)
		return e;
	switch (jk_frame_type(w->frame)) {
	case JK_FRAME_WATCHING:
		*ret_word = JK_WITNESS_WATCHING;
		return JK_OK;
	case JK_FRAME_FAILED:
		*ret_word = JK_WITNESS_FAILED;
		return JK_OK;
	case JK_FRAME_RECEIPT:
		*ret_word = JK_WITNESS_RECEIPT;
		return decode(w->frame, ret);
	default:
		return JK_ERR_FORMAT;
	}
}
