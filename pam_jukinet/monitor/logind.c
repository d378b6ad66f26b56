/* SPDX-License-Identifier: BSD-2-Clause */
#include "logind.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "clock.h"
#include "file.h"
#include "log.h"
#include "roll.h"

#define BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define LOGIN       "org.freedesktop.login1"
#define MANAGER     LOGIN ".Manager"
#define SESSION     LOGIN ".Session"
#define MANAGER_AT  "/org/freedesktop/login1"
#define SESSIONS_AT MANAGER_AT "/session"
#define PROPERTIES  "org.freedesktop.DBus.Properties"

#define CALL_USEC (5ULL * 1000 * 1000)
/* A session that changes all the time is not asked all the time. */
#define BREATH_MS    20
#define AGAIN_MS     500
#define BACK_MIN_MS  250
#define BACK_MAX_MS  4000
#define INHIBIT_MS   10000
#define NAME_MAX_LEN 256 /* a NUL among them */

struct jk_logind {
	sd_event *event;
	jk_logind_fn *changed;
	void *ctx;
	sd_bus *bus;
	sd_event_source *retry, *again;
	char owner[NAME_MAX_LEN]; /* logind's own name on the bus; "": none */
	bool is_listing, is_listing_users;
	struct jk_roll roll;
	int64_t back_ms;
	int inhibitor; /* keeps the machine from sleeping for a moment */
	sd_event_source *inhibit_again;
	bool was_refused;
	bool was_told;
};

static void connect_bus(struct jk_logind *l);
static int on_list(sd_bus_message *m, void *ctx, sd_bus_error *error);
static int on_users(sd_bus_message *m, void *ctx, sd_bus_error *error);

/* --- properties ---------------------------------------------------------- */

static int
read_user(sd_bus_message *m, uint32_t *ret)
{
	const char *path;

	return sd_bus_message_read(m, "v", "(uo)", ret, &path);
}

static int
read_seat(sd_bus_message *m, const char **ret)
{
	const char *path;

	return sd_bus_message_read(m, "v", "(so)", ret, &path);
}

static int
read_property(sd_bus_message *m, const char *name, struct jk_facts *f)
{
	const struct {
		const char *name, *type;
		void *at;
	} known[] = {
		{ "Id", "s", &f->id },
		{ "Type", "s", &f->type },
		{ "Class", "s", &f->class },
		{ "State", "s", &f->state },
		{ "TTY", "s", &f->tty },
		{ "Remote", "b", &f->remote },
		{ "LockedHint", "b", &f->locked },
	};

	if (strcmp(name, "User") == 0)
		return read_user(m, &f->uid);
	if (strcmp(name, "Seat") == 0)
		return read_seat(m, &f->seat);
	for (size_t i = 0; i < JK_COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return sd_bus_message_read(m, "v", known[i].type,
			    known[i].at);
	return sd_bus_message_skip(m, "v");
}

static int
read_properties(sd_bus_message *m, struct jk_facts *f)
{
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (
	    r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		const char *name;

		if ((r = sd_bus_message_read(m, "s", &name)) < 0 ||
		    (r = read_property(m, name, f)) < 0 ||
		    (r = sd_bus_message_exit_container(m)) < 0)
			return r;
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* --- questions ----------------------------------------------------------- */

/* Nobody has heard what was asked, or nobody says so. */
static bool
is_silent(sd_bus_message *m)
{
	return sd_bus_message_is_method_error(m, SD_BUS_ERROR_NO_REPLY) ||
	       sd_bus_message_is_method_error(m, SD_BUS_ERROR_TIMEOUT) ||
	       sd_bus_message_is_method_error(m, SD_BUS_ERROR_NO_MEMORY) ||
	       sd_bus_message_is_method_error(m, SD_BUS_ERROR_LIMITS_EXCEEDED);
}

static void
ask_later(struct jk_logind *l, int64_t ms)
{
	const uint64_t at = (uint64_t)(jk_boot_ms() + ms) * 1000;
	int enabled = SD_EVENT_OFF;
	uint64_t before = 0;

	(void)sd_event_source_get_enabled(l->again, &enabled);
	(void)sd_event_source_get_time(l->again, &before);
	if (enabled != SD_EVENT_OFF && before <= at)
		return;
	(void)sd_event_source_set_time(l->again, at);
	(void)sd_event_source_set_enabled(l->again, SD_EVENT_ONESHOT);
}

/* With what there was no place for before. */
static void
go_on(struct jk_logind *l)
{
	if (jk_roll_next(&l->roll) != NULL)
		ask_later(l, BREATH_MS);
	else if (l->roll.missed_ms != 0)
		ask_later(l, AGAIN_MS);
}

/* It has gone; any other error tells nothing of how it stands. */
static bool
is_gone(sd_bus_message *m)
{
	return sd_bus_message_is_method_error(m, SD_BUS_ERROR_UNKNOWN_OBJECT) ||
	       sd_bus_message_is_method_error(m, LOGIN ".NoSuchSession");
}

/* What the call was about comes with its slot. */
static const char *
subject(struct jk_logind *l)
{
	const char *text = NULL;

	(void)sd_bus_slot_get_description(sd_bus_get_current_slot(l->bus),
	    &text);
	return text == NULL ? "" : text;
}

static int
on_facts(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *path = subject(l);
	struct jk_facts f = { .remote = 1 };
	const bool is_there = !is_gone(m);

	if (is_there && sd_bus_message_is_method_error(m, NULL)) {
		jk_roll_failed(&l->roll, path);
		ask_later(l, AGAIN_MS);
		return 0;
	}
	if (jk_roll_answer(&l->roll, path,
	        is_there && read_properties(m, &f) >= 0 ? &f : NULL,
	        jk_boot_ms()) != JK_OK)
		jk_log(JK_LOG_ERR, "no place for a session of logind");
	go_on(l);
	l->changed(l->ctx);
	return 0;
}

/* A call of one argument about something, which is told when it is answered. */
static bool
call(struct jk_logind *l, const char *path, const char *interface,
    const char *member, const char *argument, const char *about,
    sd_bus_message_handler_t answered)
{
	JK_CLEANUP(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	sd_bus_slot *slot = NULL;

	if (l->bus == NULL ||
	    sd_bus_message_new_method_call(l->bus, &m, LOGIN, path, interface,
	        member) < 0 ||
	    sd_bus_message_append(m, "s", argument) < 0 ||
	    sd_bus_call_async(l->bus, &slot, m, answered, l, CALL_USEC) < 0)
		return false;
	(void)sd_bus_slot_set_description(slot, about);
	(void)sd_bus_slot_set_floating(slot, 1);
	sd_bus_slot_unref(slot);
	return true;
}

static bool
send_question(struct jk_logind *l, struct jk_question *q)
{
	if (!call(l, q->path, PROPERTIES, "GetAll", SESSION, q->path,
	        on_facts)) {
		jk_log(JK_LOG_ERR, "cannot ask logind of a session");
		ask_later(l, AGAIN_MS);
		return false;
	}
	q->is_asked = true;
	q->is_due = false;
	return true;
}

static void
ask_facts(struct jk_logind *l, const char *path)
{
	struct jk_question *q = jk_roll_changed(&l->roll, path, jk_boot_ms());

	if (q != NULL)
		(void)send_question(l, q);
	else if (l->roll.is_missed)
		ask_later(l, AGAIN_MS);
}

static void
list_sessions(struct jk_logind *l)
{
	if (l->bus == NULL || l->is_listing)
		return;
	jk_roll_list_asked(&l->roll, jk_boot_ms());
	if (sd_bus_call_method_async(l->bus, NULL, LOGIN, MANAGER_AT, MANAGER,
	        "ListSessions", on_list, l, NULL) < 0)
		jk_log(JK_LOG_ERR, "cannot ask logind");
	else
		l->is_listing = true;
}

static void
list_users(struct jk_logind *l)
{
	if (l->bus == NULL || l->is_listing_users)
		return;
	if (sd_bus_call_method_async(l->bus, NULL, LOGIN, MANAGER_AT, MANAGER,
	        "ListUsers", on_users, l, NULL) < 0)
		jk_log(JK_LOG_ERR, "cannot ask logind");
	else
		l->is_listing_users = true;
}

static int
on_again(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec, void *ctx)
{
	struct jk_logind *l = ctx;
	struct jk_question *q;

	while ((q = jk_roll_next(&l->roll)) != NULL && send_question(l, q))
		;
	if (!l->was_told || l->roll.missed_ms != 0)
		list_sessions(l);
	if (!l->roll.has_users)
		list_users(l);
	return 0;
}

/* --- signals ------------------------------------------------------------- */

/* Anybody can send a signal that names itself anything, and to us alone. */
static bool
is_from(sd_bus_message *m, const char *who)
{
	const char *sender = sd_bus_message_get_sender(m);

	return sender != NULL && strcmp(sender, who) == 0;
}

static int
on_properties(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *path = sd_bus_message_get_path(m);

	if (is_from(m, l->owner) && path != NULL)
		ask_facts(l, path);
	return 0;
}

static int
on_new(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *id, *path;

	if (is_from(m, l->owner) &&
	    sd_bus_message_read(m, "so", &id, &path) >= 0)
		ask_facts(l, path);
	return 0;
}

static int
on_removed(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *id, *path;

	if (!is_from(m, l->owner) ||
	    sd_bus_message_read(m, "so", &id, &path) < 0)
		return 0;
	jk_roll_removed(&l->roll, path, jk_boot_ms());
	go_on(l);
	l->changed(l->ctx);
	return 0;
}

/* Only asked for: whether a locker obeys is another thing. */
static int
on_lock(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *path = sd_bus_message_get_path(m);

	if (!is_from(m, l->owner) || path == NULL)
		return 0;
	if (sd_bus_message_is_signal(m, SESSION, "Lock"))
		jk_roll_lock(&l->roll, path, jk_boot_ms());
	else
		jk_roll_unlock(&l->roll, path, jk_boot_ms());
	l->changed(l->ctx);
	return 0;
}

static int
on_user(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *path;
	uint32_t uid;

	if (!is_from(m, l->owner) ||
	    sd_bus_message_read(m, "uo", &uid, &path) < 0)
		return 0;
	jk_roll_user(&l->roll, uid,
	    sd_bus_message_is_signal(m, MANAGER, "UserNew"));
	l->changed(l->ctx);
	return 0;
}

/* --- sleep --------------------------------------------------------------- */

/* While the machine starts, polkit may be later than logind waits for it. */
static int
come_again(struct jk_logind *l)
{
	(void)sd_event_source_set_time(l->inhibit_again,
	    (uint64_t)(jk_boot_ms() + INHIBIT_MS) * 1000);
	(void)sd_event_source_set_enabled(l->inhibit_again, SD_EVENT_ONESHOT);
	return 0;
}

static int
on_inhibitor(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	int fd;

	if (sd_bus_message_is_method_error(m, NULL) ||
	    sd_bus_message_read(m, "h", &fd) < 0) {
		if (!l->was_refused)
			jk_log(JK_LOG_WARNING, "logind lets us delay no sleep");
		l->was_refused = true;
		return come_again(l);
	}
	if (l->was_refused)
		jk_log(JK_LOG_NOTICE, "logind lets us delay sleep again");
	l->was_refused = false;
	jk_fd_close(&l->inhibitor);
	l->inhibitor = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return 0;
}

static void
inhibit(struct jk_logind *l)
{
	if (l->inhibitor >= 0 || l->bus == NULL)
		return;
	(void)sd_bus_call_method_async(l->bus, NULL, LOGIN, MANAGER_AT, MANAGER,
	    "Inhibit", on_inhibitor, l, "ssss", "sleep", "jukinet-monitor",
	    "sessions are locked before the machine sleeps", "delay");
}

static int
on_inhibit_again(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec,
    void *ctx)
{
	inhibit(ctx);
	return 0;
}

static int
on_sleep(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	int begins;

	if (!is_from(m, l->owner) || sd_bus_message_read(m, "b", &begins) < 0)
		return 0;
	l->roll.screens.sleep_ms = begins ? jk_boot_ms() : 0;
	if (!begins) {
		jk_roll_awake(&l->roll, jk_boot_ms());
		inhibit(l);
	}
	l->changed(l->ctx);
	return 0;
}

void
jk_logind_sleep(struct jk_logind *logind)
{
	jk_fd_close(&logind->inhibitor);
	logind->inhibitor = -1;
}

/* --- beginning and end of a connection ----------------------------------- */

static void
know_owner(struct jk_logind *l, const char *name)
{
	(void)snprintf(l->owner, sizeof(l->owner), "%s", name);
}

static int
on_named(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	const char *name;

	/* Who asks it for its sessions, starts it; then it makes itself known. */
	if (!sd_bus_message_is_method_error(m, NULL) &&
	    sd_bus_message_read(m, "s", &name) >= 0)
		know_owner(ctx, name);
	return 0;
}

static int
on_list(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *id, *user, *seat, *path, *sender;
	uint32_t uid;

	l->is_listing = false;
	if (sd_bus_message_is_method_error(m, NULL) ||
	    sd_bus_message_enter_container(m, 'a', "(susso)") < 0) {
		jk_log(JK_LOG_WARNING, "logind tells no sessions");
		if (!is_silent(m)) /* there is none */
			jk_roll_no_list(&l->roll);
		ask_later(l, BACK_MAX_MS);
		l->changed(l->ctx);
		return 0;
	}
	/* Answers come from whom was asked, and from nobody else. */
	sender = sd_bus_message_get_sender(m);
	if (sender != NULL)
		know_owner(l, sender);
	while (sd_bus_message_read(m, "(susso)", &id, &uid, &user, &seat,
	           &path) > 0)
		ask_facts(l, path);
	if (!l->was_told)
		jk_log(JK_LOG_NOTICE, "logind answers");
	l->was_told = true;
	l->back_ms = BACK_MIN_MS;
	jk_roll_listed(&l->roll);
	l->changed(l->ctx);
	return 0;
}

static int
on_users(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *name, *path;
	uint32_t uid;

	l->is_listing_users = false;
	if (sd_bus_message_is_method_error(m, NULL) ||
	    sd_bus_message_enter_container(m, 'a', "(uso)") < 0) {
		ask_later(l, BACK_MAX_MS);
		return 0;
	}
	while (sd_bus_message_read(m, "(uso)", &uid, &name, &path) > 0)
		jk_roll_user(&l->roll, uid, true);
	jk_roll_users_listed(&l->roll);
	l->changed(l->ctx);
	return 0;
}

/* As it is when logind has just appeared. */
static void
ask_all(struct jk_logind *l)
{
	list_sessions(l);
	list_users(l);
	inhibit(l);
}

static void
forget_all(struct jk_logind *l)
{
	if (l->was_told)
		jk_log(JK_LOG_WARNING, "logind is away");
	l->was_told = false;
	l->owner[0] = '\0';
	l->roll = (struct jk_roll){ 0 };
	l->is_listing = l->is_listing_users = false;
	jk_logind_sleep(l);
	l->changed(l->ctx);
}

/* logind goes or comes, the bus stays. */
static int
on_owner(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *name, *old, *new;

	if (!is_from(m, "org.freedesktop.DBus") ||
	    sd_bus_message_read(m, "sss", &name, &old, &new) < 0)
		return 0;
	forget_all(l);
	know_owner(l, new);
	if (new[0] != '\0')
		ask_all(l);
	return 0;
}

static int
on_retry(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec, void *ctx)
{
	connect_bus(ctx);
	return 0;
}

static void
lose_bus(struct jk_logind *l)
{
	const uint64_t at = (uint64_t)(jk_boot_ms() + l->back_ms) * 1000;

	forget_all(l);
	if (l->bus != NULL) {
		(void)sd_bus_detach_event(l->bus);
		sd_bus_close(l->bus);
	}
	l->bus = sd_bus_unref(l->bus);
	(void)sd_event_source_set_time(l->retry, at);
	(void)sd_event_source_set_enabled(l->retry, SD_EVENT_ONESHOT);
	l->back_ms =
	    l->back_ms * 2 < BACK_MAX_MS ? l->back_ms * 2 : BACK_MAX_MS;
}

/* A bus must not be let go from within its own callback. */
static int
on_lost(JK_UNUSED sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;

	(void)sd_event_source_set_time(l->retry, 0);
	(void)sd_event_source_set_enabled(l->retry, SD_EVENT_ONESHOT);
	return 0;
}

static int
watch_signals(struct jk_logind *l)
{
	static const struct {
		const char *rule;
		sd_bus_message_handler_t handler;
	} rules[] = {
		{ "member='SessionNew',interface='" MANAGER "'", on_new },
		{ "member='SessionRemoved',interface='" MANAGER "'",
		    on_removed },
		{ "member='UserNew',interface='" MANAGER "'", on_user },
		{ "member='UserRemoved',interface='" MANAGER "'", on_user },
		{ "member='PrepareForSleep',interface='" MANAGER "'",
		    on_sleep },
		{ "member='Lock',interface='" SESSION "'", on_lock },
		{ "member='Unlock',interface='" SESSION "'", on_lock },
		{ "member='PropertiesChanged',interface='" PROPERTIES
		  "',path_namespace='" SESSIONS_AT "'",
		    on_properties },
	};
	char text[512];
	int r = 0;

	for (size_t i = 0; i < JK_COUNT(rules) && r >= 0; i++) {
		(void)snprintf(text, sizeof(text),
		    "type='signal',sender='" LOGIN "',%s", rules[i].rule);
		r = sd_bus_add_match_async(l->bus, NULL, text, rules[i].handler,
		    NULL, l);
	}
	if (r >= 0)
		r = sd_bus_add_match_async(l->bus, NULL,
		    "type='signal',sender='org.freedesktop.DBus',"
		    "member='NameOwnerChanged',arg0='" LOGIN "'",
		    on_owner, NULL, l);
	if (r >= 0)
		r = sd_bus_match_signal_async(l->bus, NULL,
		    "org.freedesktop.DBus.Local", NULL,
		    "org.freedesktop.DBus.Local", "Disconnected", on_lost, NULL,
		    l);
	return r;
}

static void
connect_bus(struct jk_logind *l)
{
	if (l->bus != NULL) {
		lose_bus(l);
		return;
	}
	if (sd_bus_new(&l->bus) < 0 ||
	    sd_bus_set_address(l->bus, BUS_ADDRESS) < 0 ||
	    sd_bus_set_bus_client(l->bus, 1) < 0 ||
	    sd_bus_set_method_call_timeout(l->bus, CALL_USEC) < 0 ||
	    sd_bus_start(l->bus) < 0 ||
	    sd_bus_attach_event(l->bus, l->event, 0) < 0 ||
	    watch_signals(l) < 0 ||
	    sd_bus_call_method_async(l->bus, NULL, "org.freedesktop.DBus",
	        "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
	        on_named, l, "s", LOGIN) < 0) {
		lose_bus(l);
		return;
	}
	ask_all(l);
}

enum jk_err
jk_logind_new(sd_event *event, jk_logind_fn *changed, void *ctx,
    struct jk_logind **ret)
{
	struct jk_logind *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return JK_ERR_NOMEM;
	l->event = event;
	l->changed = changed;
	l->ctx = ctx;
	l->inhibitor = -1;
	l->back_ms = BACK_MIN_MS;
	if (sd_event_add_time(event, &l->retry, CLOCK_BOOTTIME, 0, 1000,
	        on_retry, l) < 0 ||
	    sd_event_add_time(event, &l->inhibit_again, CLOCK_BOOTTIME, 0, 1000,
	        on_inhibit_again, l) < 0 ||
	    sd_event_source_set_enabled(l->inhibit_again, SD_EVENT_OFF) < 0 ||
	    sd_event_add_time(event, &l->again, CLOCK_BOOTTIME, 0, 1000,
	        on_again, l) < 0 ||
	    sd_event_source_set_enabled(l->again, SD_EVENT_OFF) < 0) {
		jk_logind_free(&l);
		return JK_ERR_NOMEM;
	}
	*ret = l;
	return JK_OK;
}

void
jk_logind_free(struct jk_logind **logind)
{
	struct jk_logind *l = *logind;

	*logind = NULL;
	if (l == NULL)
		return;
	l->bus = sd_bus_close_unref(l->bus);
	l->retry = sd_event_source_disable_unref(l->retry);
	l->inhibit_again = sd_event_source_disable_unref(l->inhibit_again);
	l->again = sd_event_source_disable_unref(l->again);
	jk_logind_sleep(l);
	free(l);
}

const struct jk_screens *
jk_logind_screens(const struct jk_logind *logind)
{
	return &logind->roll.screens;
}

/* --- requests ------------------------------------------------------------ */

static int
on_done(sd_bus_message *m, JK_UNUSED void *ctx, JK_UNUSED sd_bus_error *error)
{
	const sd_bus_error *e = sd_bus_message_get_error(m);

	if (e != NULL)
		jk_log(JK_LOG_WARNING, "logind refuses: %s", e->name);
	return 0;
}

static int
on_lock_done(sd_bus_message *m, void *ctx, sd_bus_error *error)
{
	struct jk_logind *l = ctx;

	if (!is_silent(m))
		jk_roll_lock_heard(&l->roll, subject(l));
	l->changed(l->ctx);
	return on_done(m, ctx, error);
}

void
jk_logind_lock(struct jk_logind *logind, const char *screen)
{
	jk_roll_ask_lock(&logind->roll, screen, jk_boot_ms());
	if (!call(logind, MANAGER_AT, MANAGER, "LockSession", screen, screen,
	        on_lock_done))
		jk_log(JK_LOG_ERR, "cannot ask logind to lock");
}

void
jk_logind_terminate(struct jk_logind *logind, const char *screen)
{
	if (logind->bus != NULL)
		(void)sd_bus_call_method_async(logind->bus, NULL, LOGIN,
		    MANAGER_AT, MANAGER, "TerminateSession", on_done, NULL, "s",
		    screen);
}

void
jk_logind_terminate_user(struct jk_logind *logind, uid_t uid)
{
	if (logind->bus != NULL)
		(void)sd_bus_call_method_async(logind->bus, NULL, LOGIN,
		    MANAGER_AT, MANAGER, "TerminateUser", on_done, NULL, "u",
		    (uint32_t)uid);
}

void
jk_logind_kill_user(struct jk_logind *logind, uid_t uid)
{
	if (logind->bus != NULL)
		(void)sd_bus_call_method_async(logind->bus, NULL, LOGIN,
		    MANAGER_AT, MANAGER, "KillUser", on_done, NULL, "ui",
		    (uint32_t)uid, (int32_t)SIGKILL);
}
