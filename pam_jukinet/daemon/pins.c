/* SPDX-License-Identifier: BSD-2-Clause */
#include "pins.h"

#include <stdio.h>

#include "frame.h"
#include "ids.h"
#include "log.h"
#include "protocol.h"
#include "state.h"

#define CHANGED "pin"
#define TOLD    "pintold"
#define PUK     "puk"

#define DAY_S 86400

/* The longest of these, a dot, and an id. */
#define NAME_LEN (sizeof(TOLD) + 1 + JK_ID_MAX)

static enum jk_err
file_name(const char *what, const char *card, char ret[static NAME_LEN])
{
	/* No name of a file but that of a card. */
	if (!jk_row_id_is_valid(card))
		return JK_ERR_FORMAT;
	(void)snprintf(ret, NAME_LEN, "%s.%s", what, card);
	return JK_OK;
}

static enum jk_err
load(int dir, const char *what, const char *card, enum jk_field field,
    uint64_t *ret)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char name[NAME_LEN];
	enum jk_err e;

	if ((e = file_name(what, card, name)) != JK_OK ||
	    (e = jk_frame_new(&f)) != JK_OK ||
	    (e = jk_state_read(dir, name, f)) != JK_OK)
		return e;
	if (jk_frame_type(f) != JK_FRAME_STATE_PIN)
		return JK_ERR_FORMAT;
	return jk_frame_get_u64(f, (uint8_t)field, ret);
}

static enum jk_err
keep(int dir, const char *what, const char *card, enum jk_field field,
    uint64_t value)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	char name[NAME_LEN];
	enum jk_err e;

	if ((e = file_name(what, card, name)) != JK_OK ||
	    (e = jk_frame_new(&f)) != JK_OK)
		return e;
	jk_frame_start(f, JK_FRAME_STATE_PIN);
	e = jk_frame_put_u64(f, (uint8_t)field, value);
	return e == JK_OK ? jk_state_keep(dir, name, f) : e;
}

static int64_t
time_of(int dir, const char *what, const char *card)
{
	uint64_t s;
	enum jk_err e = load(dir, what, card, JK_FIELD_REAL_S, &s);

	if (e == JK_OK && s <= INT64_MAX)
		return (int64_t)s;
	if (e != JK_ERR_NOT_FOUND)
		jk_log(JK_LOG_WARNING, "%s.%s: %s", what, card,
		    jk_err_text(e == JK_OK ? JK_ERR_FORMAT : e));
	return 0;
}

int64_t
jk_pins_changed(int dir, const char *card)
{
	return time_of(dir, CHANGED, card);
}

enum jk_err
jk_pins_set_changed(int dir, const char *card, int64_t s)
{
	return keep(dir, CHANGED, card, JK_FIELD_REAL_S, (uint64_t)s);
}

void
jk_pins_set_told(int dir, const char *card, int64_t s)
{
	enum jk_err e = keep(dir, TOLD, card, JK_FIELD_REAL_S, (uint64_t)s);

	if (e != JK_OK)
		jk_log(JK_LOG_WARNING, "will remind of card %s again: %s", card,
		    jk_err_text(e));
}

uint64_t
jk_pins_puk_tries(int dir, const char *card)
{
	uint64_t left;

	return load(dir, PUK, card, JK_FIELD_TRIES, &left) == JK_OK
	           ? left
	           : JK_PINS_UNTOLD;
}

enum jk_err
jk_pins_set_puk_tries(int dir, const char *card, uint64_t left)
{
	char name[NAME_LEN];
	enum jk_err e;

	if (left != JK_PINS_UNTOLD)
		return keep(dir, PUK, card, JK_FIELD_TRIES, left);
	e = file_name(PUK, card, name);
	if (e == JK_OK)
		e = jk_state_remove(dir, name);
	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}

/* 0 too when a clock that went ahead has dated it. */
static int64_t
changed_by(int dir, const char *card, int64_t now)
{
	const int64_t s = jk_pins_changed(dir, card);

	return s - now > DAY_S ? 0 : s;
}

struct jk_pin_age
jk_pins_age(int dir, const struct jk_card *card,
    const struct jk_pin_rules *rules, int64_t now)
{
	const struct jk_pin_facts facts = {
		.registry = card->pin_set,
		.initial = card->pin_initial,
		.here = changed_by(dir, card->id, now),
	};
	struct jk_pin_question q = { .rules = rules };
	const int64_t set = jk_pin_last_set(&facts, &q.initial);
	const int64_t told = time_of(dir, TOLD, card->id);

	/* What no calendar holds stays year 0. */
	if (set != 0)
		(void)jk_date_at(set, &q.set);
	/* A reminder of the PIN before counts for nothing. */
	if (told >= set)
		(void)jk_date_at(told, &q.told);
	(void)jk_date_at(now, &q.today);
	return jk_pin_age(&q);
}
