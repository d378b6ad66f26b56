/* SPDX-License-Identifier: BSD-2-Clause */
/* What the monitor does about readers, sessions and screens. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

#define READER "Reader 00 00"
#define OTHER  "Reader 00 01"
#define T0     1000000

/* --- one session, by hand ------------------------------------------------ */

struct office {
	struct jk_readers readers;
	struct jk_sessions sessions;
	struct jk_screens screens;
	struct jk_rules rules;
	struct jk_acts acts;
	int64_t now;
	uint32_t events;
};

static void
report(struct office *o, bool present)
{
	struct jk_report r = {
		.n = 1,
		.answers = 1,
		.asked_ms = o->now,
		.told_ms = o->now,
	};

	strcpy(r.slot[0].name, READER);
	r.slot[0].present = present;
	r.slot[0].events = o->events;
	jk_readers_take(&o->readers, &r);
}

static void
put_in(struct office *o)
{
	o->events++;
	report(o, true);
}

static void
pull(struct office *o)
{
	o->events++;
	report(o, false);
}

static void
step(struct office *o)
{
	const struct jk_view view = {
		.readers = &o->readers,
		.sessions = &o->sessions,
		.screens = &o->screens,
	};

	jk_rules_step(&o->rules, &view, o->now, &o->acts);
}

static void
later(struct office *o, int64_t ms)
{
	o->now += ms;
	step(o);
}

/* jukinetd has just been asked. */
static void
looked(struct office *o)
{
	o->sessions.known = true;
	o->sessions.asked_ms = o->now;
}

static void
set_state(struct office *o, bool active)
{
	o->sessions.live[0].active = active;
	o->sessions.live[0].since_ms = o->now;
	if (active)
		o->sessions.live[0].proven_ms = o->now;
}

static size_t
count(const struct office *o, enum jk_act_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < o->acts.n; i++)
		n += o->acts.act[i].kind == kind;
	return n;
}

static const struct jk_act *
only(const struct office *o, enum jk_act_kind kind)
{
	const struct jk_act *found = NULL;

	assert_int_equal(count(o, kind), 1);
	for (size_t i = 0; i < o->acts.n; i++)
		if (o->acts.act[i].kind == kind)
			found = &o->acts.act[i];
	assert_non_null(found);
	return found;
}

static void
assert_asks(const struct office *o, enum jk_act_kind kind, enum jk_cause cause)
{
	const struct jk_act *act = only(o, kind);

	assert_string_equal(jk_cause_word(act->cause), jk_cause_word(cause));
	assert_string_equal(act->session, "s1");
}

static void
assert_asks_nothing(const struct office *o)
{
	assert_int_equal(count(o, JK_ACT_LOCK) + count(o, JK_ACT_END), 0);
}

/* jukinetd has done so, and tells. */
static void
locked(struct office *o)
{
	jk_rules_answered(&o->rules, JK_ACT_LOCK, "s1", true, o->now);
	o->now++;
	set_state(o, false);
	looked(o);
}

static void
add_screen(struct office *o, const char *id)
{
	struct jk_screen *s = &o->screens.screen[o->screens.n++];

	*s = (struct jk_screen){ .uid = 1000 };
	strcpy(s->id, id);
	o->screens.known = true;
}

/* Calls to logind do what they are there for. */
static void
obey(struct office *o, bool hint)
{
	for (size_t i = 0; i < o->acts.n; i++)
		for (size_t k = 0; k < o->screens.n; k++) {
			struct jk_screen *s = &o->screens.screen[k];

			if (o->acts.act[i].kind != JK_ACT_LOCK_SCREEN ||
			    strcmp(o->acts.act[i].screen, s->id) != 0)
				continue;
			s->asked_ms = o->now;
			if (s->waits_ms == 0)
				s->waits_ms = o->now;
			if (hint && !s->locked) {
				s->locked_ms = o->now;
				s->waits_ms = 0;
			}
			s->locked = s->locked || hint;
		}
}

/* hanako has logged in with the card that is in the reader. */
static struct office *
open_office(void)
{
	struct office *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->now = T0;
	jk_rules_init(&o->rules, o->now);
	jk_readers_init(&o->readers, o->now + JK_DOWN_MS);
	report(o, false);
	step(o);
	o->now += 1000;
	put_in(o);
	step(o);
	o->now += 1000;
	o->sessions.n = 1;
	o->sessions.live[0] = (struct jk_live){ .uid = 1000 };
	strcpy(o->sessions.live[0].id, "s1");
	strcpy(o->sessions.live[0].reader, READER);
	set_state(o, true);
	o->now += 5;
	looked(o);
	step(o);
	assert_asks_nothing(o);
	assert_true(o->acts.watch);
	return o;
}

static void
test_card_pulled(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	later(o, 60000);
	assert_asks_nothing(o);
	o->now++;
	pull(o);
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_CARD_REMOVED);
	assert_string_equal(only(o, JK_ACT_LOCK_SCREEN)->screen, "c1");
	obey(o, true);
	/* Once: it is on its way, then granted, then known to be locked. */
	later(o, 10);
	assert_int_equal(o->acts.n, 0);
	jk_rules_answered(&o->rules, JK_ACT_LOCK, "s1", true, o->now);
	later(o, 10);
	assert_int_equal(o->acts.n, 0);
	set_state(o, false);
	looked(o);
	later(o, 10);
	assert_int_equal(o->acts.n, 0);
	assert_false(o->acts.watch);
	free(o);
}

/* The card may be out; whether somebody still confirms is asked all the time. */
static void
test_confirming_is_looked_at_until_it_is_over(void **state)
{
	struct office *o = open_office();

	(void)state;
	set_state(o, true);
	o->sessions.live[0].confirming = true;
	looked(o);
	o->now++;
	pull(o);
	step(o);
	assert_asks_nothing(o);
	assert_int_equal(count(o, JK_ACT_LOOK), 0);
	assert_true(o->acts.next_ms <= o->now + 1000);
	for (int i = 0; i < 5; i++) {
		o->now = o->acts.next_ms;
		step(o);
		assert_asks_nothing(o);
		(void)only(o, JK_ACT_LOOK);
		assert_true(o->acts.next_ms > o->now);
		assert_true(o->acts.next_ms <= o->now + 1000);
		looked(o);
		step(o);
		assert_int_equal(o->acts.n, 0);
	}
	/* It has died with its conversation. */
	add_screen(o, "c1");
	set_state(o, false);
	o->sessions.live[0].confirming = false;
	looked(o);
	later(o, 1);
	assert_string_equal(only(o, JK_ACT_LOCK_SCREEN)->screen, "c1");
	obey(o, true);
	later(o, 1);
	assert_int_equal(o->acts.n, 0);
	free(o);
}

static void
test_refused_lock_is_asked_again(void **state)
{
	struct office *o = open_office();
	int64_t asked = 0;

	(void)state;
	pull(o);
	step(o);
	assert_int_equal(count(o, JK_ACT_LOCK), 1);
	for (unsigned i = 0; i < 20; i++) {
		const int64_t failed = o->now;

		jk_rules_answered(&o->rules, JK_ACT_LOCK, "s1", false, o->now);
		later(o, 0);
		assert_int_equal(count(o, JK_ACT_LOCK), 0);
		assert_true(o->acts.next_ms > failed);
		assert_true(o->acts.next_ms <= failed + JK_RETRY_MS);
		later(o, o->acts.next_ms - o->now);
		assert_int_equal(count(o, JK_ACT_LOCK), 1);
		asked++;
	}
	assert_int_equal(asked, 20);
	free(o);
}

static void
test_card_changed_between_two_looks(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->now += 500;
	o->events += 2;
	report(o, true);
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_CARD_REMOVED);
	free(o);
}

static void
test_reader_unplugged(void **state)
{
	struct office *o = open_office();
	const struct jk_report none = {
		.answers = 1,
		.asked_ms = o->now + 1,
		.told_ms = o->now + 1,
	};

	(void)state;
	o->now++;
	jk_readers_take(&o->readers, &none);
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_READER_GONE);
	free(o);
}

static void
test_outage_locks_once(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->now += 700;
	jk_readers_lost(&o->readers, o->now);
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_READER_DOWN);
	locked(o);
	for (unsigned i = 0; i < 10; i++) {
		jk_readers_lost(&o->readers, o->now);
		later(o, 1500);
		assert_asks_nothing(o);
	}
	/* pcscd is back with the card in the reader, and is unlocked. */
	o->events = 0;
	report(o, true);
	later(o, 1000);
	set_state(o, true);
	later(o, 1);
	looked(o);
	later(o, 1);
	assert_asks_nothing(o);
	free(o);
}

/* The insertion is seen later than the proof by the card that it brought. */
static void
test_slow_watcher(void **state)
{
	struct office *o = open_office();

	(void)state;
	pull(o);
	step(o);
	locked(o);
	later(o, 1000);
	set_state(o, true);
	looked(o);
	o->now += 2;
	put_in(o);
	step(o);
	assert_asks_nothing(o);
	/* But not when something else happened in between. */
	o->events += 2;
	o->now++;
	report(o, true);
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_CARD_REMOVED);
	free(o);
}

/* The card of the proof was taken, and another put in, before anybody looked. */
static void
test_slow_watcher_and_another_card(void **state)
{
	struct office *o = open_office();

	(void)state;
	pull(o);
	step(o);
	locked(o);
	later(o, 1000);
	set_state(o, true);
	looked(o);
	o->now += 2;
	o->events += 3;
	report(o, true);
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_CARD_REMOVED);
	free(o);
}

static void
test_other_methods_have_no_card(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->sessions.live[0].reader[0] = '\0';
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_CARD_REMOVED);
	free(o);
}

static void
test_own_start(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->now += 10000;
	jk_rules_init(&o->rules, o->now);
	o->now += 10;
	looked(o);
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_MONITOR_START);
	locked(o);
	later(o, 1000);
	assert_asks_nothing(o);
	set_state(o, true);
	o->now++;
	looked(o);
	later(o, 1);
	assert_asks_nothing(o);
	free(o);
}

static void
test_at_login(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->sessions.settings.present = JK_PRESENT_AT_LOGIN;
	o->now += 10;
	jk_readers_lost(&o->readers, o->now);
	step(o);
	assert_asks_nothing(o);
	assert_false(o->acts.watch);
	/* Whatever pcscd finds when it comes back is no removal. */
	o->now += 10;
	o->events = 0;
	report(o, false);
	step(o);
	assert_asks_nothing(o);
	put_in(o);
	o->now += 10;
	set_state(o, true);
	o->now += 10;
	looked(o);
	o->sessions.settings.removal = JK_REMOVAL_NONE;
	pull(o);
	step(o);
	assert_asks_nothing(o);
	o->sessions.settings.removal = JK_REMOVAL_LOCK;
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_CARD_REMOVED);
	free(o);
}

static void
test_removal_logs_out(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->sessions.settings.removal = JK_REMOVAL_LOGOUT;
	o->now++;
	pull(o);
	step(o);
	assert_asks(o, JK_ACT_END, JK_CAUSE_REMOVAL);
	assert_int_equal(count(o, JK_ACT_LOCK), 0);
	assert_string_equal(only(o, JK_ACT_TERMINATE)->screen, "c1");
	later(o, 10);
	assert_int_equal(o->acts.n, 0);
	free(o);
}

static void
test_locker_ignores(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	add_screen(o, "c2");
	o->sessions.settings.lock_within_ms = 5000;
	pull(o);
	step(o);
	obey(o, false);
	o->screens.screen[0].locked = true;
	locked(o);
	later(o, 4990);
	assert_asks_nothing(o);
	later(o, 9);
	assert_asks(o, JK_ACT_END, JK_CAUSE_LOCK_IGNORED);
	assert_int_equal(count(o, JK_ACT_TERMINATE), 2);
	free(o);
}

/* Whoever asks it to lock again and again does not put off the end. */
static void
test_locker_asked_again(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->sessions.settings.lock_within_ms = 5000;
	pull(o);
	step(o);
	obey(o, false);
	locked(o);
	for (int i = 0; i < 4; i++) {
		later(o, 1000);
		o->screens.screen[0].asked_ms = o->now;
		step(o);
		assert_asks_nothing(o);
	}
	later(o, 999);
	assert_asks(o, JK_ACT_END, JK_CAUSE_LOCK_IGNORED);
	free(o);
}

/*
 * What says since before the last unlock that it is locked says nothing: its
 * locker may have died with that word, or its user may have given it.
 */
static void
test_hint_is_old(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->screens.screen[0].locked = true;
	o->screens.screen[0].locked_ms = o->sessions.live[0].since_ms - 1000;
	later(o, 60000);
	assert_asks_nothing(o);
	pull(o);
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_CARD_REMOVED);
	assert_string_equal(only(o, JK_ACT_LOCK_SCREEN)->screen, "c1");
	obey(o, true);
	locked(o);
	later(o, 600000);
	assert_int_equal(count(o, JK_ACT_LOCK_SCREEN), 0);
	free(o);
}

static void
test_locker_obeys(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->sessions.settings.lock_within_ms = 5000;
	pull(o);
	step(o);
	obey(o, true);
	locked(o);
	later(o, 600000);
	assert_int_equal(count(o, JK_ACT_END), 0);
	free(o);
}

static void
test_screen_locked_first(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->now += 100;
	o->screens.screen[0].locked = true;
	o->screens.screen[0].locked_ms = o->now;
	later(o, 1);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_SCREEN);
	assert_int_equal(count(o, JK_ACT_LOCK_SCREEN), 0);
	locked(o);
	/* The person proves who it is, and then the locker opens. */
	later(o, 1000);
	set_state(o, true);
	o->now += 1;
	looked(o);
	later(o, 1);
	assert_asks_nothing(o);
	o->screens.screen[0].locked = false;
	o->screens.screen[0].opened_ms = o->now;
	later(o, 1);
	assert_asks_nothing(o);
	assert_int_equal(count(o, JK_ACT_LOCK_SCREEN), 0);
	free(o);
}

static void
unlock_screen(struct office *o)
{
	o->screens.screen[0].locked = false;
	o->screens.screen[0].opened_ms = o->now;
	o->screens.screen[0].waits_ms = 0;
}

static void
test_opened_without_proof(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	pull(o);
	step(o);
	obey(o, true);
	locked(o);
	for (unsigned i = 1; i <= 6; i++) {
		later(o, 3000);
		unlock_screen(o);
		/* Not before jukinetd was asked after that. */
		later(o, 1);
		assert_asks_nothing(o);
		assert_int_equal(count(o, JK_ACT_LOOK), 1);
		looked(o);
		later(o, 1);
		if (i == 6)
			break;
		assert_asks(o, JK_ACT_LOCK, JK_CAUSE_UNPROVEN);
		assert_int_equal(count(o, JK_ACT_LOCK_SCREEN), 1);
		obey(o, true);
		jk_rules_answered(&o->rules, JK_ACT_LOCK, "s1", true, o->now);
		later(o, 1);
		assert_int_equal(o->acts.n, 0);
	}
	assert_asks(o, JK_ACT_END, JK_CAUSE_LOCK_IGNORED);
	free(o);
}

/* The locker opened after its person had proven who it is. */
static void
test_opened_with_proof(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->sessions.settings.lock_within_ms = 5000;
	pull(o);
	step(o);
	obey(o, true);
	locked(o);
	later(o, 30000); /* longer than a locker has to lock */
	put_in(o);
	o->now += 100;
	set_state(o, true);
	o->now += 10;
	unlock_screen(o);
	/* This is seen before jukinetd's notice is. */
	o->sessions.live[0].active = false;
	step(o);
	assert_asks_nothing(o);
	assert_int_equal(count(o, JK_ACT_LOOK), 1);
	o->sessions.live[0].active = true;
	o->now++;
	looked(o);
	step(o);
	assert_int_equal(o->acts.n, 0);
	free(o);
}

static void
test_locked_long(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->sessions.settings.locked_max_ms = 60000;
	pull(o);
	step(o);
	locked(o);
	later(o, 59000);
	assert_asks_nothing(o);
	assert_int_equal(o->acts.next_ms, o->now + 1000);
	later(o, 1000);
	assert_asks(o, JK_ACT_END, JK_CAUSE_LOCKED_LONG);
	free(o);
}

static void
test_sleep(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->sessions.settings.present = JK_PRESENT_NEVER;
	o->now += 1000;
	o->screens.sleep_ms = o->now;
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_SLEEP);
	assert_int_equal(count(o, JK_ACT_SLEEP), 0);
	locked(o);
	step(o);
	assert_int_equal(count(o, JK_ACT_SLEEP), 1);
	free(o);
}

static void
test_locker_sleeps(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->sessions.settings.lock_within_ms = 5000;
	o->now += 1000;
	o->screens.sleep_ms = o->now;
	step(o);
	assert_asks(o, JK_ACT_LOCK, JK_CAUSE_SLEEP);
	obey(o, false);
	locked(o);
	/* Awake again, but logind has not yet said so. */
	later(o, 600000);
	assert_int_equal(count(o, JK_ACT_END), 0);
	o->screens.sleep_ms = 0;
	o->screens.screen[0].asked_ms = o->now;
	o->screens.screen[0].waits_ms = o->now;
	later(o, 4999);
	assert_int_equal(count(o, JK_ACT_END), 0);
	later(o, 1);
	assert_asks(o, JK_ACT_END, JK_CAUSE_LOCK_IGNORED);
	free(o);
}

static void
test_card_left(void **state)
{
	struct office *o = open_office();
	size_t told = 0, seen = 0;

	(void)state;
	o->sessions.settings.left_ms = 60000;
	o->sessions.settings.present = JK_PRESENT_AT_LOGIN;
	later(o, 600000);
	assert_int_equal(o->acts.n, 0);
	assert_false(o->acts.left);
	set_state(o, false);
	looked(o);
	later(o, 1);
	later(o, 59999);
	assert_false(o->acts.left);
	for (unsigned i = 0; i < 20; i++) {
		later(o, o->acts.next_ms - o->now);
		told += count(o, JK_ACT_TELL);
		seen += count(o, JK_ACT_SEEN);
		assert_true(o->acts.left);
	}
	assert_int_equal(told, 20);
	assert_int_equal(seen, 5); /* 1, 2, 4, 8, 16 */
	o->now += 30000;
	pull(o);
	step(o);
	assert_int_equal(only(o, JK_ACT_SEEN)->cause, JK_CAUSE_TAKEN);
	assert_int_equal(only(o, JK_ACT_SEEN)->seconds, 20 * 60 + 30);
	assert_false(o->acts.left);
	free(o);
}

static void
test_card_must_be_taken_out(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->sessions.settings.left_ms = 60000;
	o->sessions.settings.present = JK_PRESENT_NEVER;
	step(o);
	later(o, 59990);
	assert_false(o->acts.left);
	later(o, 10);
	assert_true(o->acts.left);
	assert_int_equal(count(o, JK_ACT_TELL), 1);
	pull(o);
	step(o);
	assert_asks_nothing(o);
	free(o);
}

static void
test_loose_contact(void **state)
{
	struct office *o = open_office();
	size_t seen = 0;
	enum jk_cause last = JK_CAUSE_NONE;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		o->now += 10;
		if (i % 2 == 0)
			pull(o);
		else
			put_in(o);
		step(o);
		for (size_t k = 0; k < o->acts.n; k++)
			if (o->acts.act[k].kind == JK_ACT_SEEN) {
				seen++;
				last = o->acts.act[k].cause;
			}
	}
	assert_in_range(seen, 20, 45);
	/* How it stands in the end is recorded in any case. */
	pull(o);
	for (unsigned i = 0; i < 10; i++) {
		later(o, 1000);
		for (size_t k = 0; k < o->acts.n; k++)
			if (o->acts.act[k].kind == JK_ACT_SEEN)
				last = o->acts.act[k].cause;
	}
	assert_int_equal(last, JK_CAUSE_TAKEN);
	free(o);
}

/* What cannot be watched is locked, one after the other, and again. */
static void
test_no_place(void **state)
{
	struct office *o = open_office();
	struct jk_live *spare = &o->sessions.spare;

	(void)state;
	add_screen(o, "c2");
	o->screens.screen[0].uid = 1065;
	*spare = (struct jk_live){
		.uid = 1065,
		.active = true,
		.since_ms = o->now,
	};
	strcpy(spare->id, "s65");
	step(o);
	assert_string_equal(only(o, JK_ACT_LOCK)->session, "s65");
	assert_int_equal(only(o, JK_ACT_LOCK)->cause, JK_CAUSE_UNWATCHED);
	assert_string_equal(only(o, JK_ACT_LOCK_SCREEN)->screen, "c2");
	o->screens.screen[0].asked_ms = o->now;
	/* Refused, granted, and told nothing new yet. */
	jk_rules_answered(&o->rules, JK_ACT_LOCK, "s65", false, o->now);
	later(o, 50);
	assert_asks_nothing(o);
	later(o, 50);
	assert_string_equal(only(o, JK_ACT_LOCK)->session, "s65");
	jk_rules_answered(&o->rules, JK_ACT_LOCK, "s65", true, o->now);
	later(o, 50);
	assert_asks_nothing(o);
	/* Opened again; then another. */
	spare->since_ms = o->now;
	later(o, 1);
	looked(o);
	step(o);
	assert_string_equal(only(o, JK_ACT_LOCK)->session, "s65");
	assert_string_equal(only(o, JK_ACT_LOCK_SCREEN)->screen, "c2");
	strcpy(spare->id, "s66");
	step(o);
	assert_string_equal(only(o, JK_ACT_LOCK)->session, "s66");
	spare->id[0] = '\0';
	step(o);
	assert_asks_nothing(o);
	/* Who has no place this time has not ended. */
	o->screens.n_users = 1;
	o->screens.user[0] = 1000;
	o->sessions.settings.leftovers = JK_LEFTOVERS_END;
	o->sessions.more[0] = 1000;
	o->sessions.n_more = 1;
	o->sessions.n = 0;
	for (int i = 0; i < 4; i++) {
		later(o, 3000);
		assert_int_equal(o->acts.n, 0);
	}
	free(o);
}

/* However many others there are, what the session has left is ended. */
static void
test_left_processes_beside_many(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->screens.known = true;
	o->screens.n_users = 1;
	o->screens.user[0] = 1000;
	o->sessions.settings.leftovers = JK_LEFTOVERS_END;
	o->sessions.n = 0;
	for (size_t i = 0; i < JK_MORE_MAX; i++)
		o->sessions.more[o->sessions.n_more++] = (uid_t)(2000 + i);
	step(o); /* it has ended */
	later(o, 2000);
	assert_int_equal(only(o, JK_ACT_TERMINATE_USER)->uid, 1000);
	/* It waits while nobody knows whether it has a session again, ... */
	o->sessions.is_cut = true;
	later(o, 10000);
	assert_int_equal(o->acts.n, 0);
	o->sessions.is_cut = false;
	step(o);
	assert_int_equal(only(o, JK_ACT_KILL_USER)->uid, 1000);
	/* ... and is nobody's concern when it has. */
	o->sessions.more[7] = 1000;
	later(o, 10000);
	o->sessions.more[7] = 2007;
	later(o, 10000);
	assert_int_equal(o->acts.n, 0);
	/* One of those whom logind had no place to tell of. */
	o->screens.n_users = 0;
	jk_rules_ended(&o->rules, 1000, o->now);
	later(o, 2000);
	assert_int_equal(o->acts.n, 0);
	o->screens.is_cut = true;
	jk_rules_ended(&o->rules, 1000, o->now);
	later(o, 2000);
	assert_int_equal(only(o, JK_ACT_TERMINATE_USER)->uid, 1000);
	free(o);
}

/* Nobody's turn goes by because so many end at once. */
static void
test_many_end_at_once(void **state)
{
	struct office *o = open_office();
	static unsigned asked[JK_GONE_MAX];

	(void)state;
	memset(asked, 0, sizeof(asked));
	o->screens.known = o->screens.is_cut = true;
	o->sessions.settings.leftovers = JK_LEFTOVERS_END;
	o->sessions.n = 0;
	for (size_t i = 0; i < JK_GONE_MAX; i++)
		jk_rules_ended(&o->rules, (uid_t)(2000 + i), o->now);
	later(o, 2000);
	for (int steps = 0; steps < 100; steps++) {
		for (size_t i = 0; i < o->acts.n; i++)
			if (o->acts.act[i].kind == JK_ACT_TERMINATE_USER)
				asked[o->acts.act[i].uid - 2000]++;
		later(o, 1);
	}
	for (size_t i = 0; i < JK_GONE_MAX; i++)
		assert_int_equal(asked[i], 1);
	free(o);
}

/* logind neither takes the lock nor the end. */
static void
test_logind_does_not_answer(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->screens.n_users = 1;
	o->screens.user[0] = 1000;
	pull(o);
	step(o);
	assert_string_equal(only(o, JK_ACT_LOCK_SCREEN)->screen, "c1");
	o->screens.screen[0].asked_ms = o->now;
	o->screens.screen[0].unheard_ms = o->now;
	locked(o);
	later(o, 4900);
	assert_asks_nothing(o);
	assert_true(o->acts.next_ms <= o->now + 100);
	later(o, 100);
	assert_asks(o, JK_ACT_END, JK_CAUSE_LOCK_IGNORED);
	jk_rules_answered(&o->rules, JK_ACT_END, "s1", true, o->now);
	o->sessions.n = 0;
	later(o, 1);
	assert_int_equal(only(o, JK_ACT_CLEAR)->uid, 1000);
	assert_int_equal(count(o, JK_ACT_TERMINATE), 1);
	later(o, 1);
	assert_int_equal(o->acts.n, 0);
	later(o, 2000);
	assert_int_equal(only(o, JK_ACT_CLEAR)->uid, 1000);
	o->screens.n = o->screens.n_users = 0;
	later(o, 2000);
	assert_int_equal(o->acts.n, 0);
	free(o);
}

/* Of what it has is not known whether it has a screen. */
static void
test_logind_tells_nothing(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->screens.unheard_ms = o->now - 60000;
	later(o, 1);
	assert_asks_nothing(o);
	pull(o);
	step(o);
	locked(o);
	later(o, 4000);
	assert_asks_nothing(o);
	o->screens.unheard_ms = 0;
	later(o, 20000);
	assert_asks_nothing(o);
	o->screens.unheard_ms = o->now;
	o->screens.sleep_ms = o->now;
	later(o, 5000);
	assert_asks_nothing(o);
	o->screens.sleep_ms = 0;
	step(o);
	assert_asks(o, JK_ACT_END, JK_CAUSE_LOCK_IGNORED);
	jk_rules_answered(&o->rules, JK_ACT_END, "s1", true, o->now);
	o->sessions.n = 0;
	later(o, 1);
	assert_int_equal(only(o, JK_ACT_CLEAR)->uid, 1000);
	free(o);
}

/* A screen that has no place is not seen, so its session ends instead. */
static void
test_screen_without_a_place(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->screens.n_users = 1;
	o->screens.user[0] = 1000;
	o->screens.n_beyond = 2;
	o->screens.beyond[0].uid = 1001;
	o->screens.beyond[0].since_ms = o->now - 60000;
	o->screens.beyond[1].uid = 1000;
	o->screens.beyond[1].since_ms = o->now - 60000;
	later(o, 1);
	assert_asks_nothing(o);
	pull(o);
	step(o);
	o->screens.screen[0].asked_ms = o->now;
	o->screens.screen[0].locked = true;
	locked(o);
	later(o, 4900);
	assert_asks_nothing(o);
	assert_true(o->acts.next_ms <= o->now + 100);
	/* Another's is nobody's concern. */
	o->screens.beyond[1].uid = 1002;
	later(o, 1000);
	assert_asks_nothing(o);
	o->screens.beyond[1].uid = 1000;
	step(o);
	assert_asks(o, JK_ACT_END, JK_CAUSE_LOCK_IGNORED);
	jk_rules_answered(&o->rules, JK_ACT_END, "s1", true, o->now);
	o->sessions.n = 0;
	later(o, 1);
	assert_int_equal(only(o, JK_ACT_CLEAR)->uid, 1000);
	free(o);
}

/* It answers, and the session stays. */
static void
test_session_does_not_go(void **state)
{
	struct office *o = open_office();

	(void)state;
	add_screen(o, "c1");
	o->screens.n_users = 1;
	o->screens.user[0] = 1000;
	o->sessions.settings.lock_within_ms = 5000;
	pull(o);
	step(o);
	o->screens.screen[0].asked_ms = o->now;
	locked(o);
	later(o, 5000);
	assert_asks(o, JK_ACT_END, JK_CAUSE_LOCK_IGNORED);
	o->sessions.n = 0;
	later(o, 1);
	later(o, 2000);
	assert_int_equal(count(o, JK_ACT_TERMINATE), 1);
	assert_int_equal(count(o, JK_ACT_CLEAR), 0);
	later(o, 2000);
	assert_int_equal(count(o, JK_ACT_CLEAR), 1);
	/* What has no screen is nobody's concern. */
	o->screens.n = 0;
	later(o, 2000);
	assert_int_equal(o->acts.n, 0);
	free(o);
}

static void
test_left_processes(void **state)
{
	struct office *o = open_office();

	(void)state;
	o->screens.known = true;
	o->screens.n_users = 2;
	o->screens.user[0] = 1000;
	o->screens.user[1] = 1001;
	o->sessions.n = 0;
	looked(o);
	step(o);
	later(o, 10000);
	assert_int_equal(o->acts.n, 0);
	/* Only who had a session of ours, and only where it is wanted. */
	o->sessions.settings.leftovers = JK_LEFTOVERS_END;
	jk_rules_ended(&o->rules, 1000, o->now);
	step(o);
	assert_int_equal(o->acts.n, 0);
	later(o, 2000);
	assert_int_equal(only(o, JK_ACT_TERMINATE_USER)->uid, 1000);
	later(o, 2000);
	assert_int_equal(count(o, JK_ACT_TERMINATE_USER), 0);
	assert_int_equal(only(o, JK_ACT_KILL_USER)->uid, 1000);
	assert_int_equal(count(o, JK_ACT_CLEAR), 0);
	later(o, 2000);
	assert_int_equal(only(o, JK_ACT_CLEAR)->uid, 1000);
	o->screens.user[0] = 1001;
	o->screens.n_users = 1;
	later(o, 10000);
	assert_int_equal(o->acts.n, 0);
	free(o);
}

/* --- anything, in any order ---------------------------------------------- */

#define SEQUENCES 1000000
#define STEPS     14
/* In this world a report may be JK_TURN_MS old, and so on: see deliver(). */
#define BOUND_MS (JK_DOWN_MS + 1000)

static uint64_t seed;

static unsigned
any(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 11) % n);
}

/* What is really so, whoever has noticed. */
struct truth {
	struct office o;
	bool present, pcscd, jukinetd;
	unsigned card; /* which one is, or was, in the reader */
	uint32_t events;
	int64_t reported_ms;
	bool exists, active;
	int64_t since_ms, proven_ms;
	unsigned proven;  /* the card that did */
	int64_t wrong_ms; /* it should not be active, since; 0: it may be */
	unsigned activations, locked_at, failures;
	bool is_lost, watch;
	char why[64];
};

static void
activate(struct truth *t)
{
	t->active = true;
	t->since_ms = t->proven_ms = t->o.now;
	t->proven = t->card;
	t->activations++;
}

static void
happen(struct truth *t)
{
	switch (any(9)) {
	case 0: /* a card comes or goes */
		t->present = !t->present;
		t->events++;
		t->card += t->present;
		break;
	case 1: /* and is changed */
		if (t->present) {
			t->events += 2;
			t->card++;
		}
		break;
	case 2:
		t->pcscd = !t->pcscd;
		t->events = t->present;
		break;
	case 3:
		t->jukinetd = !t->jukinetd;
		break;
	case 4:
	case 5: /* unlocked */
		if (t->exists && !t->active && t->present && t->pcscd &&
		    t->jukinetd)
			activate(t);
		break;
	case 6: /* a login, a logout */
		if (!t->exists && t->present && t->pcscd && t->jukinetd) {
			t->exists = true;
			activate(t);
		} else if (t->exists && any(3) == 0) {
			t->exists = t->active = false;
		}
		break;
	case 7: /* the monitor is killed and comes back */
		jk_rules_init(&t->o.rules, t->o.now);
		jk_readers_init(&t->o.readers, t->o.now + JK_DOWN_MS);
		t->reported_ms = t->o.now;
		t->is_lost = false;
		t->o.sessions.n = 0;
		t->o.sessions.known = false;
		break;
	default:
		break;
	}
}

/* What the monitor gets to see of it, and when. */
static void
deliver(struct truth *t)
{
	struct office *o = &t->o;

	if (t->pcscd && (any(4) != 0 || o->now - t->reported_ms > 500)) {
		o->events = t->events;
		report(o, t->present);
		t->reported_ms = o->now;
		t->is_lost = false;
	} else if (!t->pcscd && !t->is_lost &&
	           o->now - t->reported_ms >= JK_DOWN_MS) {
		jk_readers_lost(&o->readers, o->now);
		t->is_lost = true;
	}
	if (!t->jukinetd ||
	    (any(4) == 0 && o->now - o->sessions.asked_ms < 300))
		return;
	o->sessions.n = t->exists;
	o->sessions.live[0] = (struct jk_live){
		.uid = 1000,
		.active = t->active,
		.since_ms = t->since_ms,
		.proven_ms = t->proven_ms,
	};
	(void)snprintf(o->sessions.live[0].id, sizeof(o->sessions.live[0].id),
	    "s1");
	strcpy(o->sessions.live[0].reader, READER);
	looked(o);
}

static void
answer(struct truth *t)
{
	for (size_t i = 0; i < t->o.acts.n; i++) {
		const struct jk_act *act = &t->o.acts.act[i];
		bool granted =
		    t->jukinetd && (any(8) != 0 || ++t->failures % 3 == 0);

		if (act->kind != JK_ACT_LOCK)
			continue;
		granted = granted && t->exists;
		if (granted) {
			/* Asked for once in each time that it was active. */
			assert_int_not_equal(t->locked_at, t->activations);
			t->locked_at = t->activations;
			if (t->active)
				t->since_ms = t->o.now;
			t->active = false;
		}
		jk_rules_answered(&t->o.rules, act->kind, act->session, granted,
		    t->o.now);
	}
}

static void
judge(struct truth *t)
{
	const bool is_wrong =
	    t->exists && t->active && t->jukinetd &&
	    (!t->present || !t->pcscd || t->card != t->proven);

	if (!is_wrong)
		t->wrong_ms = 0;
	else if (t->wrong_ms == 0)
		t->wrong_ms = t->o.now;
	else
		assert_true(t->o.now - t->wrong_ms <= BOUND_MS);
}

static void
run(struct truth *t)
{
	memset(&t->o.acts, 0, offsetof(struct jk_acts, act));
	t->o.now = T0;
	jk_rules_init(&t->o.rules, T0);
	jk_readers_init(&t->o.readers, T0 + JK_DOWN_MS);
	t->o.sessions.n = 0;
	t->o.sessions.known = false;
	t->o.sessions.asked_ms = 0;
	t->present = t->pcscd = t->jukinetd = true;
	t->exists = t->active = t->is_lost = false;
	t->events = 0;
	t->reported_ms = T0;
	t->wrong_ms = 0;
	t->activations = 1;
	t->locked_at = 0;
	for (unsigned i = 0; i < STEPS; i++) {
		happen(t);
		/* Time goes by in small pieces, as it does. */
		for (unsigned k = any(6); k > 0; k--) {
			t->o.now += 1 + any(150);
			deliver(t);
			step(&t->o);
			answer(t);
			judge(t);
		}
	}
}

static void
test_anything_in_any_order(void **state)
{
	struct truth *t = calloc(1, sizeof(*t));

	(void)state;
	assert_non_null(t);
	for (unsigned i = 0; i < SEQUENCES; i++) {
		seed = 88172645463325252ULL + i * 2654435761ULL;
		run(t);
	}
	free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_card_pulled),
		cmocka_unit_test(test_confirming_is_looked_at_until_it_is_over),
		cmocka_unit_test(test_refused_lock_is_asked_again),
		cmocka_unit_test(test_card_changed_between_two_looks),
		cmocka_unit_test(test_reader_unplugged),
		cmocka_unit_test(test_outage_locks_once),
		cmocka_unit_test(test_slow_watcher),
		cmocka_unit_test(test_slow_watcher_and_another_card),
		cmocka_unit_test(test_other_methods_have_no_card),
		cmocka_unit_test(test_own_start),
		cmocka_unit_test(test_at_login),
		cmocka_unit_test(test_removal_logs_out),
		cmocka_unit_test(test_locker_ignores),
		cmocka_unit_test(test_locker_asked_again),
		cmocka_unit_test(test_locker_obeys),
		cmocka_unit_test(test_hint_is_old),
		cmocka_unit_test(test_screen_locked_first),
		cmocka_unit_test(test_opened_without_proof),
		cmocka_unit_test(test_opened_with_proof),
		cmocka_unit_test(test_locked_long),
		cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_locker_sleeps),
		cmocka_unit_test(test_card_left),
		cmocka_unit_test(test_card_must_be_taken_out),
		cmocka_unit_test(test_loose_contact),
		cmocka_unit_test(test_no_place),
		cmocka_unit_test(test_logind_does_not_answer),
		cmocka_unit_test(test_logind_tells_nothing),
		cmocka_unit_test(test_screen_without_a_place),
		cmocka_unit_test(test_session_does_not_go),
		cmocka_unit_test(test_left_processes),
		cmocka_unit_test(test_left_processes_beside_many),
		cmocka_unit_test(test_many_end_at_once),
		cmocka_unit_test(test_anything_in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
