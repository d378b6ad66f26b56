/* SPDX-License-Identifier: BSD-2-Clause */
#include "apdu.h"

#include <string.h>

#include "secret.h"

#define CLA_CHAIN        0x10
#define INS_GET_RESPONSE 0xc0
#define SHORT_MAX        255
/* Header, long Lc, data, long Le. */
#define BYTES_MAX (4 + 3 + JK_COMMAND_MAX + 2)

/* A command as it travels; may hold a PIN, so it never lies on the stack. */
struct bytes {
	size_t len;
	uint8_t at[BYTES_MAX];
};

static void
put(struct bytes *b, uint8_t byte)
{
	b->at[b->len++] = byte;
}

static void
put_data(struct bytes *b, struct jk_cur data)
{
	memcpy(b->at + b->len, data.at, data.left);
	b->len += data.left;
}

static void
put_header(struct bytes *b, uint8_t cla, const struct jk_apdu *apdu)
{
	b->len = 0;
	put(b, cla);
	put(b, apdu->ins);
	put(b, apdu->p1);
	put(b, apdu->p2);
}

static void
put_short(struct bytes *b, uint8_t cla, const struct jk_apdu *apdu,
    struct jk_cur data)
{
	put_header(b, cla, apdu);
	if (data.left > 0) {
		put(b, (uint8_t)data.left);
		put_data(b, data);
	}
	if (apdu->answer && (cla & CLA_CHAIN) == 0)
		put(b, apdu->expect);
}

static void
put_extended(struct bytes *b, const struct jk_apdu *apdu)
{
	put_header(b, apdu->cla, apdu);
	put(b, 0);
	if (apdu->data.left > 0) {
		put(b, (uint8_t)(apdu->data.left >> 8));
		put(b, (uint8_t)apdu->data.left);
		put_data(b, apdu->data);
	}
	if (apdu->answer) {
		put(b, 0);
		put(b, 0);
	}
}

/* One exchange; the data is added to the answer. */
static enum jk_err
exchange(const struct jk_channel *channel, const struct bytes *b,
    struct jk_answer *a)
{
	uint8_t reply[JK_REPLY_MAX];
	size_t n = 0;
	enum jk_err e = channel->transmit(channel->ctx, b->at, b->len, reply,
	    sizeof(reply), &n);

	if (e != JK_OK)
		return e;
	if (n < 2)
		return JK_ERR_TRUNCATED;
	n -= 2;
	if (n > sizeof(a->data) - a->len)
		return JK_ERR_TOO_BIG;
	memcpy(a->data + a->len, reply, n);
	a->len += n;
	a->sw = (uint16_t)(reply[n] << 8 | reply[n + 1]);
	return JK_OK;
}

/*
 * All blocks but the last, which stays in *data. A block that the card does
 * not take ends the command with the card's own status.
 */
static enum jk_err
send_chain(const struct jk_channel *channel, const struct jk_apdu *apdu,
    struct bytes *b, struct jk_cur *data, struct jk_answer *a)
{
	struct jk_cur block;
	enum jk_err e;

	a->sw = JK_SW_OK;
	while (data->left > SHORT_MAX && a->sw == JK_SW_OK) {
		a->len = 0;
		e = jk_cur_take(data, SHORT_MAX, &block);
		if (e != JK_OK)
			return e;
		put_short(b, apdu->cla | CLA_CHAIN, apdu, block);
		e = exchange(channel, b, a);
		if (e != JK_OK)
			return e;
	}
	a->len = 0;
	return JK_OK;
}

static enum jk_err
send_command(const struct jk_channel *channel, const struct jk_apdu *apdu,
    struct bytes *b, struct jk_answer *a)
{
	struct jk_cur data = apdu->data;
	enum jk_err e;

	if (channel->extended && apdu->large) {
		put_extended(b, apdu);
		return exchange(channel, b, a);
	}
	e = send_chain(channel, apdu, b, &data, a);
	if (e != JK_OK || a->sw != JK_SW_OK)
		return e;
	put_short(b, apdu->cla, apdu, data);
	return exchange(channel, b, a);
}

/* 61xx: xx more bytes wait, 00 for 256 or more. */
static enum jk_err
get_responses(const struct jk_channel *channel, struct jk_answer *a)
{
	struct bytes b;
	enum jk_err e;

	for (unsigned i = 0; a->sw >> 8 == 0x61; i++) {
		if (i == JK_GET_RESPONSES)
			return JK_ERR_TOO_BIG;
		b.len = 0;
		put_header(&b, 0, &(struct jk_apdu){ .ins = INS_GET_RESPONSE });
		put(&b, (uint8_t)a->sw);
		e = exchange(channel, &b, a);
		if (e != JK_OK)
			return e;
	}
	return JK_OK;
}

enum jk_err
jk_apdu_run(const struct jk_channel *channel, const struct jk_apdu *apdu,
    struct jk_answer *ret)
{
	struct bytes *b;
	void *p;
	enum jk_err e;

	if (apdu->data.left > JK_COMMAND_MAX)
		return JK_ERR_TOO_BIG;
	e = jk_locked_new(sizeof(*b), &p);
	if (e != JK_OK)
		return e;
	b = p;
	ret->len = 0;
	ret->sw = 0;
	e = send_command(channel, apdu, b, ret);
	jk_locked_free(b, sizeof(*b));
	if (e == JK_OK && apdu->head && ret->sw >> 8 == 0x61) {
		/* What is left waits until the next command. */
		ret->sw = JK_SW_OK;
		return JK_OK;
	}
	return e == JK_OK ? get_responses(channel, ret) : e;
}
