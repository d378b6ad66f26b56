/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl doctor: does each desktop that is offered at login lock after five
 * minutes at most, and can its user not change that (T-33)?
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "doctordesktop.h"
#include "file.h"
#include "xmltag.h"

#define SWAY_CONF "/etc/sway/config.d/jukinet.conf"
#define X11_LOCK  "/etc/X11/Xsession.d/90jukinet-lock"
#define IDLE_BUS  "/etc/dbus-1/session.d/jukinet-idle.conf"
#define XFCONF    "/etc/xdg/xfce4/xfconf/xfce-perchannel-xml/"

static const struct jk_demand gnome[] = {
	{ "org/gnome/desktop/session", "idle-delay", NULL, 300 },
	{ "org/gnome/desktop/screensaver", "idle-activation-enabled", "true",
	    0 },
	{ "org/gnome/desktop/screensaver", "lock-enabled", "true", 0 },
	{ "org/gnome/desktop/screensaver", "lock-delay", "0", 0 },
	{ "org/gnome/desktop/lockdown", "disable-lock-screen", "false", 0 },
	{ 0 },
};
static const struct jk_demand kde[] = {
	{ "Daemon", "Autolock", "true", 0 },
	{ "Daemon", "Timeout", NULL, 5 },
	{ "Daemon", "LockGrace", "0", 0 },
	{ "Daemon", "LockOnResume", "true", 0 },
	{ 0 },
};
static const struct jk_demand xfce[] = {
	{ "xfce4-screensaver", "/saver/enabled", "true", 0 },
	{ "xfce4-screensaver", "/saver/fullscreen-inhibit", "false", 0 },
	{ "xfce4-screensaver", "/saver/idle-activation/enabled", "true", 0 },
	{ "xfce4-screensaver", "/saver/idle-activation/delay", NULL, 5 },
	{ "xfce4-screensaver", "/lock/enabled", "true", 0 },
	{ "xfce4-screensaver", "/lock/saver-activation/enabled", "true", 0 },
	{ "xfce4-screensaver", "/lock/saver-activation/delay", "0", 0 },
	{ 0 },
};
static const struct jk_demand xfce_power[] = {
	{ "xfce4-power-manager", "/xfce4-power-manager/presentation-mode",
	    "false", 0 },
	{ 0 },
};
#define DENY(call)                     \
	{                              \
		"bus", call, "deny", 0 \
	}
static const struct jk_demand inhibit[] = {
	DENY("org.freedesktop.ScreenSaver.Inhibit"),
	DENY("org.freedesktop.PowerManagement.Inhibit.*"),
	DENY("org.freedesktop.portal.Inhibit.*"),
	DENY("org.gnome.SessionManager.Inhibit"),
	{ 0 },
};

static const struct jk_desktop desktop_gnome = {
	.which = JK_DESKTOP_GNOME,
	.dconf = gnome,
};
static const struct jk_desktop desktop_kde = {
	.which = JK_DESKTOP_KDE,
	.file = { { "/etc/xdg/kscreenlockerrc", jk_keyfile_each, kde } },
};
static const struct jk_desktop desktop_xfce = {
	.which = JK_DESKTOP_XFCE,
	.file = {
		{ XFCONF "xfce4-power-manager.xml", jk_xfconf_each, xfce_power },
		{ XFCONF "xfce4-screensaver.xml", jk_xfconf_each, xfce },
	},
};
static const struct jk_desktop desktop_any = {
	.which = JK_DESKTOP_ANY,
	.file = { { IDLE_BUS, jk_buspolicy_each, inhibit } },
};

static enum jk_health
look_sessions(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	(void)arg;
	if (patient->desktops == 0)
		return jk_find(ret, JK_GOOD, _("no desktop is offered"));
	if ((patient->desktops & JK_DESKTOP_OTHER) != 0)
		return jk_find(ret, JK_BAD,
		    _("nothing of jukinet locks the session %s"),
		    patient->other);
	return jk_find(ret, JK_GOOD,
	    _("every session that is offered is one that can be locked"));
}

static bool
is_program(const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/usr/bin/%s", name);
	return access(path, X_OK) == 0;
}

/* Seconds behind a word, from 1 to 300. */
static bool
is_short_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	unsigned seconds = 0;

	return at != NULL && sscanf(at + strlen(word), "%9u", &seconds) == 1 &&
	       seconds >= 1 && seconds <= 300;
}

/* The line that is not a comment and holds a word; "" when there is none. */
static void
find_line(const char *text, const char *word, char ret[static 512])
{
	ret[0] = '\0';
	for (; *text != '\0'; text += *text == '\n') {
		const size_t len = strcspn(text, "\n");

		(void)snprintf(ret, 512, "%.*s", (int)len, text);
		text += len;
		if (ret[strspn(ret, " \t")] != '#' && strstr(ret, word) != NULL)
			return;
		ret[0] = '\0';
	}
}

static enum jk_health
look_sway(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	char line[512];
	enum jk_health health;

	(void)arg;
	if ((patient->desktops & JK_DESKTOP_SWAY) == 0)
		return JK_ABSENT;
	health = jk_doctor_read(SWAY_CONF, &text, ret);
	if (health != JK_GOOD)
		return health;
	find_line(text, "swayidle", line);
	if (!is_short_after(line, " timeout ") ||
	    strstr(line, " lock ") == NULL || strstr(line, " unlock ") != NULL)
		return jk_find(ret, JK_BAD,
		    _("%s does not lock after five minutes at most"),
		    SWAY_CONF);
	if (!is_program("swayidle") || !is_program("swaylock"))
		return jk_find(ret, JK_BAD, _("%s is not installed"),
		    "swayidle, swaylock");
	return jk_find(ret, JK_GOOD, _("%s is in force"), SWAY_CONF);
}

/* The user's own configuration would be read instead. */
static enum jk_health
look_sway_start(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	(void)arg;
	if ((patient->desktops & JK_DESKTOP_SWAY) == 0)
		return JK_ABSENT;
	if ((patient->desktops & JK_DESKTOP_SWAY_OWN) != 0)
		return jk_find(ret, JK_BAD,
		    _("sway is started with the user's own configuration"));
	return jk_find(ret, JK_GOOD,
	    _("sway is started with /etc/sway/config"));
}

static enum jk_health
look_x11(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	char line[512], locker[512];
	enum jk_health health;

	(void)arg;
	if ((patient->desktops & JK_DESKTOP_X11) == 0)
		return JK_ABSENT;
	health = jk_doctor_read(X11_LOCK, &text, ret);
	if (health != JK_GOOD)
		return health;
	find_line(text, "xset ", line);
	find_line(text, "xss-lock ", locker);
	if (!is_short_after(line, "xset s ") || locker[0] == '\0')
		return jk_find(ret, JK_BAD,
		    _("%s does not lock after five minutes at most"), X11_LOCK);
	if (!is_program("xss-lock") || !is_program("xset"))
		return jk_find(ret, JK_BAD, _("%s is not installed"),
		    "xss-lock, xset");
	return jk_find(ret, JK_GOOD, _("%s is in force"), X11_LOCK);
}

const struct jk_item jk_doctor_idle[] = {
	{ "idle.sessions", "T-33", look_sessions, NULL,
	    N_("remove the package or the .desktop file of that session"),
	    NULL },
	{ "idle.gnome", "T-33", jk_desktop_look, &desktop_gnome, NULL,
	    JK_SWITCH("gnome") "; dconf update" },
	{ "idle.kde", "T-33", jk_desktop_look, &desktop_kde, NULL,
	    JK_SWITCH("kde") },
	{ "idle.xfce", "T-33", jk_desktop_look, &desktop_xfce, NULL,
	    JK_SWITCH("xfce") },
	{ "idle.sway", "T-33", look_sway, NULL,
	    N_("install swayidle and swaylock, then:"), JK_SWITCH("sway") },
	{ "idle.sway-start", "T-33", look_sway_start, NULL,
	    N_("let Exec= in sway's .desktop file be \"sway --config "
	       "/etc/sway/config\""),
	    NULL },
	{ "idle.x11", "T-33", look_x11, NULL,
	    N_("install xss-lock, i3lock and xset, then:"), JK_SWITCH("x11") },
	{ "idle.inhibit", "T-33", jk_desktop_look, &desktop_any, NULL,
	    JK_SWITCH("idle") },
	{ 0 },
};
