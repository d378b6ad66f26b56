/* SPDX-License-Identifier: BSD-2-Clause */
#include "sessions.h"

#include <stdlib.h>
#include <string.h>

/* The states as jukinetd counts them. */
enum {
	STATE_ENDED = 0,
	STATE_ACTIVE,
	STATE_LOCKED,
	STATE_CONFIRMING,
};

#define DAY_S 86400

static enum jk_err
get_number(const struct jk_frame *f, enum jk_field field, uint64_t max,
    uint64_t *ret)
{
	uint64_t value;
	enum jk_err e = jk_frame_get_u64(f, (uint8_t)field, &value);

	if (e == JK_OK && value > max)
		return JK_ERR_FORMAT;
	if (e == JK_OK)
		*ret = value;
	return e;
}

static enum jk_err
get_time(const struct jk_frame *f, enum jk_field field, int64_t *ret)
{
	uint64_t value = 0;
	enum jk_err e = get_number(f, field, INT64_MAX, &value);

	if (e == JK_OK)
		*ret = (int64_t)value;
	return e;
}

static enum jk_err
get_seconds(const struct jk_frame *f, enum jk_field field, int64_t *ret_ms)
{
	uint64_t value = 0;
	enum jk_err e = get_number(f, field, DAY_S, &value);

	if (e == JK_OK)
		*ret_ms = (int64_t)value * 1000;
	return e;
}

static uint64_t
read_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static enum jk_err
read_leaders(const struct jk_frame *f, struct jk_live *live)
{
	struct jk_cur cur;

	while (live->n_leaders < JK_LEADERS_MAX &&
	       jk_frame_get_nth(f, JK_FIELD_LEADER, live->n_leaders, &cur) ==
	           JK_OK) {
		struct jk_login *login = &live->leader[live->n_leaders];

		if (cur.left != sizeof(*login))
			return JK_ERR_FORMAT;
		login->pid = read_u64(cur.at);
		login->start = read_u64(cur.at + sizeof(login->pid));
		live->n_leaders++;
	}
	return JK_OK;
}

/* "" where it is absent: proven by other means than a card. */
static enum jk_err
read_reader(const struct jk_frame *f, struct jk_live *live)
{
	enum jk_err e = jk_frame_get_str(f, JK_FIELD_READER, live->reader,
	    sizeof(live->reader));

	return e == JK_ERR_NOT_FOUND ? JK_OK : e;
}

/* The same ones each time, in whatever order they are told. */
static void
leave_out_one(struct jk_sessions *sessions, const struct jk_live *more)
{
	struct jk_live *last = &sessions->live[0];
	struct jk_live out = *more;

	for (size_t i = 1; i < sessions->n; i++)
		if (sessions->live[i].uid > last->uid)
			last = &sessions->live[i];
	if (last->uid > more->uid) {
		out = *last;
		*last = *more;
	}
	if (sessions->n_more < JK_MORE_MAX)
		sessions->more[sessions->n_more++] = out.uid;
	else
		sessions->is_cut = true;
	if (out.active)
		sessions->spare = out;
}

enum jk_err
jk_sessions_add(struct jk_sessions *sessions, const struct jk_frame *live)
{
	struct jk_live l = { 0 };
	uint64_t uid = 0, state = 0;
	enum jk_err e;

	if ((e = jk_frame_get_str(live, JK_FIELD_SESSION, l.id,
	         sizeof(l.id))) != JK_OK ||
	    (e = read_reader(live, &l)) != JK_OK ||
	    (e = get_number(live, JK_FIELD_UID, UINT32_MAX - 1, &uid)) !=
	        JK_OK ||
	    (e = get_number(live, JK_FIELD_STATE, STATE_CONFIRMING, &state)) !=
	        JK_OK ||
	    (e = get_time(live, JK_FIELD_PROVEN_MS, &l.proven_ms)) != JK_OK ||
	    (e = get_time(live, JK_FIELD_BOOT_MS, &l.since_ms)) != JK_OK ||
	    (e = read_leaders(live, &l)) != JK_OK)
		return e;
	if (l.id[0] == '\0' || state == STATE_ENDED)
		return JK_ERR_FORMAT;
	l.uid = (uid_t)uid;
	l.confirming = state == STATE_CONFIRMING;
	l.active = state == STATE_ACTIVE || l.confirming;
	if (sessions->n < JK_LIVE_MAX)
		sessions->live[sessions->n++] = l;
	else
		leave_out_one(sessions, &l);
	return JK_OK;
}

enum jk_err
jk_sessions_settle(struct jk_sessions *sessions, const struct jk_frame *verdict)
{
	struct jk_settings s = { 0 };
	uint64_t present = 0, removal = 0, leftovers = 0;
	enum jk_err e;

	if ((e = get_number(verdict, JK_FIELD_PRESENT, JK_PRESENT_COUNT - 1,
	         &present)) != JK_OK ||
	    (e = get_number(verdict, JK_FIELD_REMOVAL, JK_REMOVAL_COUNT - 1,
	         &removal)) != JK_OK ||
	    (e = get_number(verdict, JK_FIELD_LEFTOVERS, JK_LEFTOVERS_COUNT - 1,
	         &leftovers)) != JK_OK ||
	    (e = get_seconds(verdict, JK_FIELD_LOCK_WITHIN_S,
	         &s.lock_within_ms)) != JK_OK ||
	    (e = get_seconds(verdict, JK_FIELD_LOCKED_MAX_S,
	         &s.locked_max_ms)) != JK_OK ||
	    (e = get_seconds(verdict, JK_FIELD_LEFT_S, &s.left_ms)) != JK_OK)
		return e;
	s.present = (enum jk_card_present)present;
	s.removal = (enum jk_removal)removal;
	s.leftovers = (enum jk_leftovers)leftovers;
	sessions->settings = s;
	sessions->known = true;
	return JK_OK;
}

enum jk_err
jk_notice_uid(const char *name, uid_t *ret)
{
	char *end;
	unsigned long n;

	if (name[0] < '0' || name[0] > '9' || strlen(name) > 10)
		return JK_ERR_FORMAT;
	n = strtoul(name, &end, 10);
	if (*end != '\0' || n >= UINT32_MAX)
		return JK_ERR_FORMAT;
	*ret = (uid_t)n;
	return JK_OK;
}

enum jk_err
jk_notice_parse(const void *data, size_t len, bool *ret_ended)
{
	JK_CLEANUP(jk_frame_free) struct jk_frame *f = NULL;
	uint64_t state = 0;
	enum jk_err e = jk_frame_new(&f);

	if (e == JK_OK)
		e = jk_frame_parse(f, data, len);
	if (e == JK_OK && jk_frame_type(f) != JK_FRAME_NOTICE)
		e = JK_ERR_FORMAT;
	if (e == JK_OK)
		e = get_number(f, JK_FIELD_STATE, STATE_CONFIRMING, &state);
	if (e == JK_OK)
		*ret_ended = state == STATE_ENDED;
	return e;
}
