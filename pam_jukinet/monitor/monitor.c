/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "asks.h"
#include "cards.h"
#include "clear.h"
#include "clock.h"
#include "leaders.h"
#include "log.h"
#include "logind.h"
#include "notices.h"
#include "rules.h"

/* Settings may change, and a notice may be lost. */
#define LOOK_EVERY_MS 30000
/* Records that jukinetd was not there to write. */
#define OWED_MAX 64

struct monitor {
	const struct jk_notify *notify;
	struct jk_tell tell;
	sd_event *event;
	struct jk_asks *asks;
	struct jk_cards *cards;
	struct jk_leaders *leaders;
	struct jk_logind *logind;
	struct jk_notices *notices;
	sd_event_source *step, *timer, *look, *watchdog;
	struct jk_readers readers;
	struct jk_sessions sessions;
	struct jk_rules rules;
	struct jk_acts acts;
	int64_t look_back_ms; /* of a LOOK that failed */
	size_t n_owed;
	struct jk_act owed[OWED_MAX];
};

/* In its turn, like all that comes in: nobody who keeps us busy stops it. */
static void
wake(struct monitor *m)
{
	(void)sd_event_source_set_enabled(m->step, SD_EVENT_ONESHOT);
}

static void
set_timer(sd_event_source *timer, int64_t at_ms)
{
	(void)sd_event_source_set_time(timer, (uint64_t)at_ms * 1000);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void
look(struct monitor *m)
{
	const struct jk_act act = { .kind = JK_ACT_LOOK };

	jk_asks_put(m->asks, &act);
	set_timer(m->look, jk_boot_ms() + LOOK_EVERY_MS);
}

/* --- what is done -------------------------------------------------------- */

static void
perform(struct monitor *m, const struct jk_act *act)
{
	switch (act->kind) {
	case JK_ACT_LOOK:
		look(m);
		return;
	case JK_ACT_LOCK:
	case JK_ACT_END:
		jk_log(JK_LOG_NOTICE, "session %s: %s, %s", act->session,
		    act->kind == JK_ACT_LOCK ? "lock" : "end",
		    jk_cause_word(act->cause));
		jk_asks_put(m->asks, act);
		return;
	case JK_ACT_SEEN:
		jk_asks_put(m->asks, act);
		return;
	case JK_ACT_LOCK_SCREEN:
		jk_logind_lock(m->logind, act->screen);
		return;
	case JK_ACT_TERMINATE:
		jk_logind_terminate(m->logind, act->screen);
		return;
	case JK_ACT_TERMINATE_USER:
		jk_log(JK_LOG_NOTICE, "what account %u has left is ended",
		    (unsigned)act->uid);
		jk_logind_terminate_user(m->logind, act->uid);
		return;
	case JK_ACT_KILL_USER:
		jk_logind_kill_user(m->logind, act->uid);
		return;
	case JK_ACT_CLEAR:
		jk_clear_user(act->uid);
		return;
	case JK_ACT_TELL:
		jk_tell_terminals(&m->tell, jk_logind_screens(m->logind));
		return;
	case JK_ACT_SLEEP:
		jk_logind_sleep(m->logind);
		return;
	}
}

static int
on_step(JK_UNUSED sd_event_source *source, void *ctx)
{
	struct monitor *m = ctx;
	const struct jk_view view = {
		.readers = &m->readers,
		.sessions = &m->sessions,
		.screens = jk_logind_screens(m->logind),
	};
	const int64_t now = jk_boot_ms();

	jk_rules_step(&m->rules, &view, now, &m->acts);
	for (size_t i = 0; i < m->acts.n; i++)
		perform(m, &m->acts.act[i]);
	jk_cards_watch(m->cards, m->acts.watch);
	jk_tell_file(&m->tell, m->acts.left);
	if (m->acts.next_ms == INT64_MAX)
		(void)sd_event_source_set_enabled(m->timer, SD_EVENT_OFF);
	else
		/* A millisecond later, never at once: no rule may spin. */
		set_timer(m->timer,
		    m->acts.next_ms > now ? m->acts.next_ms : now + 1);
	return 0;
}

static int
on_timer(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec, void *ctx)
{
	wake(ctx);
	return 0;
}

/* --- what comes in ------------------------------------------------------- */

static void
on_cards(void *ctx, const struct jk_report *report)
{
	struct monitor *m = ctx;

	if (report == NULL)
		jk_readers_lost(&m->readers, jk_boot_ms());
	else
		jk_readers_take(&m->readers, report);
	wake(m);
}

static void
on_logind(void *ctx)
{
	wake(ctx);
}

static void
on_leader(void *ctx)
{
	look(ctx);
}

static void
on_notice(void *ctx, uid_t uid, bool ended)
{
	struct monitor *m = ctx;

	if (ended)
		jk_rules_ended(&m->rules, uid, jk_boot_ms());
	look(m);
	wake(m);
}

static void
owe(struct monitor *m, const struct jk_act *act)
{
	if (m->n_owed == OWED_MAX) {
		jk_log(JK_LOG_ERR, "a record of a reader is lost");
		return;
	}
	m->owed[m->n_owed++] = *act;
}

static void
pay(struct monitor *m)
{
	const size_t n = m->n_owed;

	m->n_owed = 0;
	for (size_t i = 0; i < n; i++)
		jk_asks_put(m->asks, &m->owed[i]);
}

static void
looked(struct monitor *m, const struct jk_sessions *sessions)
{
	if (sessions == NULL) {
		m->look_back_ms = m->look_back_ms * 2 < JK_RETRY_MS
		                      ? m->look_back_ms * 2
		                      : JK_RETRY_MS;
		set_timer(m->look, jk_boot_ms() + m->look_back_ms);
		return;
	}
	m->look_back_ms = 50;
	m->sessions = *sessions;
	jk_leaders_set(m->leaders, sessions);
	pay(m);
}

static void
on_answer(void *ctx, const struct jk_act *act, bool granted,
    const struct jk_sessions *sessions)
{
	struct monitor *m = ctx;

	if (act->kind == JK_ACT_LOOK) {
		looked(m, sessions);
	} else if (act->kind == JK_ACT_SEEN) {
		if (!granted)
			owe(m, act);
	} else {
		jk_rules_answered(&m->rules, act->kind, act->session, granted,
		    jk_boot_ms());
		if (!granted)
			jk_log(JK_LOG_WARNING,
			    "session %s: jukinetd has not "
			    "done so",
			    act->session);
		look(m);
	}
	wake(m);
}

static int
on_look(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec, void *ctx)
{
	look(ctx);
	return 0;
}

/* From the loop itself: one that hangs says nothing. */
static int
on_watchdog(sd_event_source *source, JK_UNUSED uint64_t usec, void *ctx)
{
	struct monitor *m = ctx;

	if (jk_cards_are_well(m->cards))
		jk_notify_tell(m->notify, "WATCHDOG=1");
	set_timer(source,
	    jk_boot_ms() + (int64_t)(m->notify->watchdog_usec / 3000));
	return 0;
}

/* --- beginning ----------------------------------------------------------- */

static enum jk_err
add_timer(struct monitor *m, sd_event_source **ret,
    sd_event_time_handler_t handler, bool now)
{
	if (sd_event_add_time(m->event, ret, CLOCK_BOOTTIME, 0, 1000, handler,
	        m) < 0 ||
	    (!now && sd_event_source_set_enabled(*ret, SD_EVENT_OFF) < 0))
		return JK_ERR_NOMEM;
	return JK_OK;
}

static enum jk_err
add_sources(struct monitor *m)
{
	enum jk_err e;

	if (sd_event_add_signal(m->event, NULL, SIGTERM, NULL, NULL) < 0 ||
	    sd_event_add_signal(m->event, NULL, SIGINT, NULL, NULL) < 0 ||
	    sd_event_add_defer(m->event, &m->step, on_step, m) < 0 ||
	    sd_event_source_set_enabled(m->step, SD_EVENT_OFF) < 0)
		return JK_ERR_NOMEM;
	if ((e = add_timer(m, &m->timer, on_timer, false)) != JK_OK ||
	    (e = add_timer(m, &m->look, on_look, true)) != JK_OK)
		return e;
	if (m->notify->watchdog_usec == 0)
		return JK_OK;
	return add_timer(m, &m->watchdog, on_watchdog, true);
}

static enum jk_err
open_all(struct monitor *m)
{
	enum jk_err e;

	if (sd_event_new(&m->event) < 0)
		return JK_ERR_NOMEM;
	if ((e = add_sources(m)) != JK_OK ||
	    (e = jk_asks_new(m->event, on_answer, m, &m->asks)) != JK_OK ||
	    (e = jk_leaders_new(m->event, on_leader, m, &m->leaders)) !=
	        JK_OK ||
	    (e = jk_logind_new(m->event, on_logind, m, &m->logind)) != JK_OK ||
	    (e = jk_notices_new(m->event, on_notice, m, &m->notices)) != JK_OK)
		return e;
	return jk_cards_new(m->event, on_cards, m, &m->cards);
}

static void
close_all(struct monitor *m)
{
	jk_cards_free(&m->cards);
	jk_notices_free(&m->notices);
	jk_logind_free(&m->logind);
	jk_leaders_free(&m->leaders);
	jk_asks_free(&m->asks);
	m->step = sd_event_source_disable_unref(m->step);
	m->timer = sd_event_source_disable_unref(m->timer);
	m->look = sd_event_source_disable_unref(m->look);
	m->watchdog = sd_event_source_disable_unref(m->watchdog);
	m->event = sd_event_unref(m->event);
}

enum jk_err
jk_monitor_run(const struct jk_notify *notify, const struct jk_tell *tell)
{
	struct monitor *m = calloc(1, sizeof(*m));
	const int64_t now = jk_boot_ms();
	enum jk_err e;

	if (m == NULL)
		return JK_ERR_NOMEM;
	m->notify = notify;
	m->tell = *tell;
	/* One that was killed may have left it behind. */
	m->tell.is_left = true;
	m->look_back_ms = 50;
	jk_rules_init(&m->rules, now);
	/* The first answer may take as long as any. */
	jk_readers_init(&m->readers, now + JK_DOWN_MS);
	e = open_all(m);
	if (e == JK_OK) {
		jk_notify_tell(notify, "READY=1");
		wake(m);
		if (sd_event_loop(m->event) < 0)
			e = JK_ERR_SYS;
	}
	close_all(m);
	free(m);
	return e;
}
