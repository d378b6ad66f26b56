/* SPDX-License-Identifier: BSD-2-Clause */
#include "pool.h"

#include <string.h>

#include "clock.h"

#define RETRY_MS 1000
/* With those in flight and those announced, what the witness keeps for one. */
#define GIVEN_UP_MAX 8

void
jk_pool_open(const struct jk_recorder *recorder, struct jk_pool *ret)
{
	*ret = (struct jk_pool){
		.recorder = recorder,
		.witness = { .fd = -1 },
	};
}

static bool
is_proven(const struct jk_pool *p)
{
	return p->recorder->mode != JK_RECORDING_KERNEL;
}

void
jk_pool_close(struct jk_pool *p)
{
	jk_witness_close(&p->witness);
	p->n = p->given_up = 0;
}

void
jk_pool_fail(struct jk_pool *p)
{
	jk_pool_close(p);
	p->retry_at = jk_boot_ms() + RETRY_MS;
}

bool
jk_pool_has_failed(const struct jk_pool *p)
{
	return p->retry_at != 0 && jk_boot_ms() < p->retry_at;
}

static enum jk_err
announce(struct jk_pool *p)
{
	uint8_t random[JK_POOL_MAX][JK_ID_LEN / 2];
	const char *id[JK_POOL_MAX];
	size_t n = 0;
	enum jk_err e = jk_random(random, sizeof(random));

	for (size_t i = p->n; i < JK_POOL_MAX; i++) {
		p->entry[i].ready = false;
		jk_hex_encode(random[i], sizeof(random[i]), p->entry[i].id);
		id[n++] = p->entry[i].id;
	}
	if (e == JK_OK)
		e = jk_witness_announce(&p->witness, id, n,
		    p->recorder->mode == JK_RECORDING_DURABLE);
	if (e == JK_OK)
		p->n = JK_POOL_MAX;
	return e;
}

void
jk_pool_fill(struct jk_pool *p, bool idle)
{
	enum jk_err e = JK_OK;

	if (!is_proven(p) || jk_pool_has_failed(p))
		return;
	/* It drops what it looks out for when we hang up. */
	if (idle && p->given_up >= GIVEN_UP_MAX)
		jk_pool_close(p);
	if (p->witness.fd < 0) {
		/* At once: a service that is down answers at once as well. */
		e = jk_witness_open(jk_boot_ms(), &p->witness);
		p->until = jk_boot_ms() + p->recorder->receipt_ms;
	}
	/* Many at a time, so that the witness is woken once for all of them. */
	if (e == JK_OK && p->n <= JK_POOL_MAX / 2 && p->given_up < GIVEN_UP_MAX)
		e = announce(p);
	if (e != JK_OK)
		jk_pool_fail(p);
}

bool
jk_pool_is_ready(const struct jk_pool *p)
{
	if (!is_proven(p))
		return true;
	for (size_t i = 0; i < p->n; i++)
		if (p->entry[i].ready)
			return true;
	return false;
}

void
jk_pool_renew(struct jk_pool *p, const struct jk_cancel *cancel)
{
	static struct jk_receipt unasked;
	char id[JK_ID_LEN + 1];
	enum jk_err e = JK_OK;

	jk_pool_close(p);
	p->retry_at = 0;
	jk_pool_fill(p, true);
	while (e == JK_OK && p->witness.fd >= 0 && !jk_pool_is_ready(p)) {
		e = jk_wait_readable(p->witness.fd, cancel, p->until);
		if (e == JK_OK)
			e = jk_pool_receive(p, id, &unasked);
		/* JK_ERR_TIMEOUT of the second is no more for now. */
		if (e == JK_ERR_REFUSED ||
		    (e == JK_ERR_TIMEOUT && jk_boot_ms() < p->until))
			e = JK_OK;
	}
	if (e != JK_OK)
		jk_pool_fail(p);
}

bool
jk_pool_waits(const struct jk_pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->entry[i].ready)
			return true;
	return p->given_up > 0;
}

enum jk_err
jk_pool_take(struct jk_pool *p, char ret[static JK_ID_LEN + 1])
{
	if (!is_proven(p))
		return jk_id_new(ret);
	for (size_t i = 0; i < p->n; i++) {
		if (!p->entry[i].ready)
			continue;
		memcpy(ret, p->entry[i].id, JK_ID_LEN + 1);
		p->entry[i] = p->entry[--p->n];
		if (!jk_pool_is_ready(p))
			p->until = jk_boot_ms() + p->recorder->receipt_ms;
		return JK_OK;
	}
	return JK_ERR_NOT_FOUND;
}

void
jk_pool_give_up(struct jk_pool *p)
{
	if (p->witness.fd >= 0)
		p->given_up++;
}

static enum jk_err
make_ready(struct jk_pool *p, const char *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->entry[i].id, id) == 0) {
			p->entry[i].ready = true;
			p->retry_at = 0;
			return JK_OK;
		}
	return JK_ERR_FORMAT; /* it was not asked for that */
}

static enum jk_err
make_all_ready(struct jk_pool *p)
{
	char id[JK_ID_LEN + 1];
	enum jk_err e;

	for (size_t i = 0;; i++) {
		e = jk_witness_id(&p->witness, i, id);
		if (e == JK_OK)
			e = make_ready(p, id);
		if (e != JK_OK)
			return e == JK_ERR_NOT_FOUND ? JK_OK : e;
	}
}

/* auditd may turn its log just now: another one is announced instead. */
static enum jk_err
forget(struct jk_pool *p, const char *id)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->entry[i].id, id) == 0) {
			p->entry[i] = p->entry[--p->n];
			return JK_OK;
		}
	return JK_ERR_REFUSED;
}

enum jk_err
jk_pool_receive(struct jk_pool *p, char ret_id[static JK_ID_LEN + 1],
    struct jk_receipt *ret)
{
	enum jk_witness_word word;

	for (;;) {
		enum jk_err e =
		    jk_witness_hear(&p->witness, &word, ret_id, ret);

		if (e == JK_OK && word == JK_WITNESS_RECEIPT)
			return JK_OK;
		if (e == JK_OK && word == JK_WITNESS_WATCHING)
			e = make_all_ready(p);
		else if (e == JK_OK)
			e = forget(p, ret_id);
		if (e != JK_OK)
			return e;
	}
}
