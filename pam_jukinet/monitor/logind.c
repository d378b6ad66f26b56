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

#define BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define LOGIN       "org.freedesktop.login1"
#define MANAGER     LOGIN ".Manager"
#define SESSION     LOGIN ".Session"
#define MANAGER_AT  "/org/freedesktop/login1"
#define SESSIONS_AT MANAGER_AT "/session"
#define PROPERTIES  "org.freedesktop.DBus.Properties"

#define CALL_USEC (5ULL * 1000 * 1000)
/* Fewer than the bus lets us wait for; each of another session. */
#define QUESTIONS_MAX 64
/* A session that changes all the time is not asked all the time. */
#define BREATH_MS    20
#define AGAIN_MS     500
#define BACK_MIN_MS  250
#define BACK_MAX_MS  4000
#define INHIBIT_MS   10000
#define PATH_MAX_LEN 128

/* What is asked of one session; anybody may make it change at any pace. */
struct question {
	char path[PATH_MAX_LEN]; /* "": none */
	bool is_asked;           /* the answer is on its way */
	bool is_due;             /* to be asked (once more) */
};

struct jk_logind {
	sd_event *event;
	jk_logind_fn *changed;
	void *ctx;
	sd_bus *bus;
	sd_event_source *retry, *again;
	bool is_listing, is_missed; /* there was no place for a question */
	struct question question[QUESTIONS_MAX];
	int64_t back_ms;
	int inhibitor; /* keeps the machine from sleeping for a moment */
	sd_event_source *inhibit_again;
	bool was_refused;
	bool was_told;
	struct jk_screens screens;
	/* Beside screens.screen, one for one. */
	char path[JK_SCREENS_MAX][PATH_MAX_LEN];
};

static void connect_bus(struct jk_logind *l);
static int on_list(sd_bus_message *m, void *ctx, sd_bus_error *error);

/* --- the table ----------------------------------------------------------- */

static struct jk_screen *
find_path(struct jk_logind *l, const char *path)
{
	for (size_t i = 0; i < l->screens.n; i++)
		if (strcmp(l->path[i], path) == 0)
			return &l->screens.screen[i];
	return NULL;
}

static struct jk_screen *
find_id(struct jk_logind *l, const char *id)
{
	for (size_t i = 0; i < l->screens.n; i++)
		if (strcmp(l->screens.screen[i].id, id) == 0)
			return &l->screens.screen[i];
	return NULL;
}

static void
forget_path(struct jk_logind *l, const char *path)
{
	struct jk_screen *screen = find_path(l, path);
	size_t i;

	if (screen == NULL)
		return;
	i = (size_t)(screen - l->screens.screen);
	l->screens.n--;
	l->screens.screen[i] = l->screens.screen[l->screens.n];
	memcpy(l->path[i], l->path[l->screens.n], PATH_MAX_LEN);
}

static void
set_locked(struct jk_screen *screen, bool locked)
{
	if (locked && !screen->locked)
		screen->locked_ms = jk_boot_ms();
	if (!locked && screen->locked)
		screen->opened_ms = jk_boot_ms();
	if (locked != screen->locked)
		screen->waits_ms = 0;
	screen->locked = locked;
}

/* By us or by anybody: who asks again gives it no more time. */
static void
set_asked(struct jk_screen *screen)
{
	screen->asked_ms = jk_boot_ms();
	if (!screen->locked && screen->waits_ms == 0)
		screen->waits_ms = screen->asked_ms;
}

/* What GetAll says of one session. */
struct facts {
	const char *id, *type, *class, *state, *tty, *seat;
	uint32_t uid;
	int remote, locked;
};

/* Whether it shows something to who is in front of it, as far as it says. */
static bool
has_screen(const struct facts *f)
{
	return strcmp(f->type, "x11") == 0 || strcmp(f->type, "wayland") == 0 ||
	       strcmp(f->type, "mir") == 0 || strcmp(f->type, "tty") == 0 ||
	       (f->seat != NULL && f->seat[0] != '\0');
}

/*
 * One in front of this machine, which a locker or nobody at all can lock. Its
 * user may call it another type meanwhile: it is what it was.
 */
static bool
is_screen(const struct facts *f, bool was)
{
	return f->id != NULL && f->type != NULL && f->class != NULL &&
	       f->state != NULL && f->remote == 0 &&
	       strcmp(f->class, "user") == 0 &&
	       strcmp(f->state, "closing") != 0 && (was || has_screen(f));
}

static void
take_facts(struct jk_logind *l, const char *path, const struct facts *f)
{
	struct jk_screen *screen = find_path(l, path);

	if (!is_screen(f, screen != NULL)) {
		forget_path(l, path);
		return;
	}
	if (screen == NULL) {
		if (l->screens.n == JK_SCREENS_MAX ||
		    strlen(path) >= PATH_MAX_LEN ||
		    strlen(f->id) > JK_MONITOR_ID) {
			jk_log(JK_LOG_ERR, "no place for a session of logind");
			return;
		}
		memcpy(l->path[l->screens.n], path, strlen(path) + 1);
		screen = &l->screens.screen[l->screens.n++];
		*screen = (struct jk_screen){ 0 };
		(void)snprintf(screen->id, sizeof(screen->id), "%s", f->id);
	}
	screen->uid = f->uid;
	(void)snprintf(screen->tty, sizeof(screen->tty), "%s",
	    f->tty == NULL ? "" : f->tty);
	set_locked(screen, f->locked != 0);
}

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
read_property(sd_bus_message *m, const char *name, struct facts *f)
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
read_properties(sd_bus_message *m, struct facts *f)
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

static struct question *
find_question(struct jk_logind *l, const char *path)
{
	for (size_t i = 0; i < QUESTIONS_MAX; i++)
		if (strcmp(l->question[i].path, path) == 0)
			return &l->question[i];
	return NULL;
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

/* It has gone; any other error tells nothing of how it stands. */
static bool
is_gone(sd_bus_message *m)
{
	return sd_bus_message_is_method_error(m, SD_BUS_ERROR_UNKNOWN_OBJECT) ||
	       sd_bus_message_is_method_error(m, LOGIN ".NoSuchSession");
}

/* The path of the session that was asked for comes with the slot. */
static int
on_facts(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	sd_bus_slot *slot = sd_bus_get_current_slot(l->bus);
	const char *path = NULL;
	struct facts f = { .remote = 1 };
	struct question *q;

	if (sd_bus_slot_get_description(slot, &path) < 0 || path == NULL ||
	    (q = find_question(l, path)) == NULL)
		return 0;
	q->is_asked = false;
	if (is_gone(m)) {
		forget_path(l, path);
	} else if (sd_bus_message_is_method_error(m, NULL)) {
		q->is_due = true;
		ask_later(l, AGAIN_MS);
	} else if (read_properties(m, &f) < 0) {
		forget_path(l, path);
	} else {
		take_facts(l, path, &f);
	}
	if (q->is_due)
		ask_later(l, BREATH_MS);
	else
		q->path[0] = '\0';
	l->changed(l->ctx);
	return 0;
}

static void
send_question(struct jk_logind *l, struct question *q)
{
	JK_CLEANUP(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	sd_bus_slot *slot = NULL;

	if (l->bus == NULL ||
	    sd_bus_message_new_method_call(l->bus, &m, LOGIN, q->path,
	        PROPERTIES, "GetAll") < 0 ||
	    sd_bus_message_append(m, "s", SESSION) < 0 ||
	    sd_bus_call_async(l->bus, &slot, m, on_facts, l, CALL_USEC) < 0) {
		jk_log(JK_LOG_ERR, "cannot ask logind of a session");
		q->is_due = true;
		ask_later(l, AGAIN_MS);
		return;
	}
	q->is_asked = true;
	q->is_due = false;
	(void)sd_bus_slot_set_description(slot, q->path);
	(void)sd_bus_slot_set_floating(slot, 1);
	sd_bus_slot_unref(slot);
}

/* Never twice at once: what changes meanwhile is asked for after the answer. */
static void
ask_facts(struct jk_logind *l, const char *path)
{
	struct question *q = find_question(l, path);

	if (strlen(path) >= PATH_MAX_LEN) {
		jk_log(JK_LOG_ERR, "no place for a session of logind");
		return;
	}
	if (q != NULL) {
		q->is_due = true;
		return;
	}
	q = find_question(l, "");
	if (q == NULL) {
		l->is_missed = true;
		ask_later(l, AGAIN_MS);
		return;
	}
	memcpy(q->path, path, strlen(path) + 1);
	send_question(l, q);
}

static void
list_sessions(struct jk_logind *l)
{
	if (l->bus == NULL || l->is_listing)
		return;
	if (sd_bus_call_method_async(l->bus, NULL, LOGIN, MANAGER_AT, MANAGER,
	        "ListSessions", on_list, l, NULL) < 0)
		jk_log(JK_LOG_ERR, "cannot ask logind");
	else
		l->is_listing = true;
}

static int
on_again(JK_UNUSED sd_event_source *source, JK_UNUSED uint64_t usec, void *ctx)
{
	struct jk_logind *l = ctx;

	for (size_t i = 0; i < QUESTIONS_MAX; i++) {
		struct question *q = &l->question[i];

		if (q->path[0] != '\0' && q->is_due && !q->is_asked)
			send_question(l, q);
	}
	if (l->is_missed)
		list_sessions(l);
	l->is_missed = false;
	return 0;
}

/* --- signals ------------------------------------------------------------- */

static int
on_properties(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	const char *path = sd_bus_message_get_path(m);

	if (path != NULL)
		ask_facts(ctx, path);
	return 0;
}

static int
on_new(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	const char *id, *path;

	if (sd_bus_message_read(m, "so", &id, &path) >= 0)
		ask_facts(ctx, path);
	return 0;
}

static int
on_removed(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *id, *path;

	if (sd_bus_message_read(m, "so", &id, &path) >= 0)
		forget_path(l, path);
	l->changed(l->ctx);
	return 0;
}

/* Only asked for: whether a locker obeys is another thing. */
static int
on_lock(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *path = sd_bus_message_get_path(m);
	struct jk_screen *screen = path == NULL ? NULL : find_path(l, path);

	if (screen == NULL)
		return 0;
	if (sd_bus_message_is_signal(m, SESSION, "Lock")) {
		set_asked(screen);
		screen->locked_ms = screen->asked_ms;
	} else {
		screen->opened_ms = jk_boot_ms();
	}
	l->changed(l->ctx);
	return 0;
}

static void
know_user(struct jk_screens *s, uid_t uid, bool is_known)
{
	for (size_t i = 0; i < s->n_users; i++)
		if (s->user[i] == uid) {
			if (!is_known)
				s->user[i] = s->user[--s->n_users];
			return;
		}
	if (is_known && s->n_users < JK_USERS_MAX)
		s->user[s->n_users++] = uid;
}

static int
on_user(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *path;
	uint32_t uid;

	if (sd_bus_message_read(m, "uo", &uid, &path) >= 0)
		know_user(&l->screens, uid,
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

/* A locker that slept as well has its time from now on. */
static void
give_time(struct jk_screens *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct jk_screen *screen = &s->screen[i];

		if (screen->asked_ms != 0)
			screen->asked_ms = jk_boot_ms();
		if (screen->waits_ms != 0)
			screen->waits_ms = screen->asked_ms;
	}
}

static int
on_sleep(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	int begins;

	if (sd_bus_message_read(m, "b", &begins) < 0)
		return 0;
	l->screens.sleep_ms = begins ? jk_boot_ms() : 0;
	if (!begins) {
		give_time(&l->screens);
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

static int
on_list(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *id, *user, *seat, *path;
	uint32_t uid;

	l->is_listing = false;
	if (sd_bus_message_is_method_error(m, NULL) ||
	    sd_bus_message_enter_container(m, 'a', "(susso)") < 0) {
		jk_log(JK_LOG_WARNING, "logind tells no sessions");
		l->is_missed = true;
		ask_later(l, BACK_MAX_MS);
		return 0;
	}
	while (sd_bus_message_read(m, "(susso)", &id, &uid, &user, &seat,
	           &path) > 0)
		ask_facts(l, path);
	if (!l->was_told)
		jk_log(JK_LOG_NOTICE, "logind answers");
	l->was_told = true;
	l->back_ms = BACK_MIN_MS;
	l->screens.known = true;
	l->changed(l->ctx);
	return 0;
}

static int
on_users(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *name, *path;
	uint32_t uid;

	if (sd_bus_message_is_method_error(m, NULL) ||
	    sd_bus_message_enter_container(m, 'a', "(uso)") < 0)
		return 0;
	while (sd_bus_message_read(m, "(uso)", &uid, &name, &path) > 0)
		know_user(&l->screens, uid, true);
	l->changed(l->ctx);
	return 0;
}

/* As it is when logind has just appeared. */
static void
ask_all(struct jk_logind *l)
{
	list_sessions(l);
	if (sd_bus_call_method_async(l->bus, NULL, LOGIN, MANAGER_AT, MANAGER,
	        "ListUsers", on_users, l, NULL) < 0)
		jk_log(JK_LOG_ERR, "cannot ask logind");
	inhibit(l);
}

static void
forget_all(struct jk_logind *l)
{
	if (l->was_told)
		jk_log(JK_LOG_WARNING, "logind is away");
	l->was_told = false;
	l->screens = (struct jk_screens){ 0 };
	memset(l->question, 0, sizeof(l->question));
	l->is_listing = l->is_missed = false;
	jk_logind_sleep(l);
	l->changed(l->ctx);
}

/* logind goes or comes, the bus stays. */
static int
on_owner(sd_bus_message *m, void *ctx, JK_UNUSED sd_bus_error *error)
{
	struct jk_logind *l = ctx;
	const char *name, *old, *new;

	if (sd_bus_message_read(m, "sss", &name, &old, &new) < 0)
		return 0;
	forget_all(l);
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
	    watch_signals(l) < 0) {
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
	return &logind->screens;
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

void
jk_logind_lock(struct jk_logind *logind, const char *screen)
{
	struct jk_screen *known = find_id(logind, screen);

	if (known != NULL)
		set_asked(known);
	if (logind->bus != NULL)
		(void)sd_bus_call_method_async(logind->bus, NULL, LOGIN,
		    MANAGER_AT, MANAGER, "LockSession", on_done, NULL, "s",
		    screen);
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
