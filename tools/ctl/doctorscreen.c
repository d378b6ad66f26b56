/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl doctor: pictures of the screen, the clipboard, printers (S-38). */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "doctordesktop.h"
#include "file.h"
#include "xmltag.h"

#define SCREEN_BUS "/etc/dbus-1/session.d/jukinet-screen.conf"
#define PRINTERS   "/etc/cups/printers.conf"

static const struct jk_demand gnome[] = {
	{ "org/gnome/shell/keybindings", "screenshot", "[]", 0 },
	{ "org/gnome/shell/keybindings", "screenshot-window", "[]", 0 },
	{ "org/gnome/shell/keybindings", "show-screenshot-ui", "[]", 0 },
	{ "org/gnome/shell/keybindings", "show-screen-recording-ui", "[]", 0 },
	{ "org/gnome/desktop/lockdown", "disable-save-to-disk", "true", 0 },
	{ "org/gnome/desktop/lockdown", "disable-print-setup", "true", 0 },
	{ 0 },
};
#define NO_KEY "none,none,none"
#define SPECTACLE(action)                                      \
	{                                                      \
		"org.kde.spectacle.desktop", action, NO_KEY, 0 \
	}
static const struct jk_demand kde[] = {
	SPECTACLE("ActiveWindowScreenShot"),
	SPECTACLE("CurrentMonitorScreenShot"),
	SPECTACLE("FullScreenScreenShot"),
	SPECTACLE("OpenWithoutScreenshot"),
	SPECTACLE("RectangularRegionScreenShot"),
	SPECTACLE("WindowUnderCursorScreenShot"),
	SPECTACLE("_launch"),
	{ 0 },
};
static const struct jk_demand klipper[] = {
	{ "General", "KeepClipboardContents", "false", 0 },
	{ "General", "MaxClipItems", NULL, 1 },
	{ 0 },
};
#define DENY(interface)                          \
	{                                        \
		"bus", interface ".*", "deny", 0 \
	}
static const struct jk_demand bus[] = {
	DENY("org.freedesktop.portal.Screenshot"),
	DENY("org.freedesktop.portal.ScreenCast"),
	DENY("org.freedesktop.portal.RemoteDesktop"),
	DENY("org.freedesktop.impl.portal.Screenshot"),
	DENY("org.freedesktop.impl.portal.ScreenCast"),
	DENY("org.gnome.Shell.Screenshot"),
	DENY("org.gnome.Shell.Screencast"),
	DENY("org.gnome.Mutter.ScreenCast"),
	DENY("org.kde.KWin.ScreenShot2"),
	{ 0 },
};

static const struct jk_desktop desktop_gnome = {
	.which = JK_DESKTOP_GNOME,
	.dconf = gnome,
};
static const struct jk_desktop desktop_kde = {
	.which = JK_DESKTOP_KDE,
	.file = {
		{ "/etc/xdg/klipperrc", jk_keyfile_each, klipper },
		{ "/etc/xdg/kglobalshortcutsrc", jk_keyfile_each, kde },
	},
};
static const struct jk_desktop desktop_any = {
	.which = JK_DESKTOP_ANY,
	.file = { { SCREEN_BUS, jk_buspolicy_each, bus } },
};

/* Programs that take pictures of a screen or film it, and that keep what was
 * copied. */
static const char *const takers[] = { "gnome-screenshot", "spectacle",
	"xfce4-screenshooter", "mate-screenshot", "flameshot", "ksnip",
	"shutter", "scrot", "maim", "grim", "wf-recorder", "wl-screenrec",
	"obs", "simplescreenrecorder", "kooha", "xwd", "import", NULL };
static const char *const keepers[] = { "xfce4-clipman", "copyq", "clipit",
	"parcellite", "diodon", "gpaste-client", "clipmenud", "cliphist",
	"greenclip", NULL };

static enum jk_health
look_programs(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	const char *const *names = arg;
	char found[256] = "", path[PATH_MAX];
	size_t at = 0;

	if (patient->desktops == 0)
		return JK_ABSENT;
	for (; *names != NULL && at < sizeof(found); names++) {
		(void)snprintf(path, sizeof(path), "/usr/bin/%s", *names);
		if (access(path, X_OK) == 0)
			at += (size_t)snprintf(found + at, sizeof(found) - at,
			    "%s%s", at > 0 ? ", " : "", *names);
	}
	if (at > 0)
		return jk_find(ret, JK_BAD, _("installed: %s"), found);
	return jk_find(ret, JK_GOOD, _("no such program is installed"));
}

/* Queues that everybody may print to. */
struct queues {
	size_t open;
	bool inside, shut;
	char last[64];
};

static void
take_queue_line(struct queues *q, const char *line)
{
	char name[64];

	line += strspn(line, " \t");
	if (sscanf(line, "<Printer %63[^>]", name) == 1 ||
	    sscanf(line, "<DefaultPrinter %63[^>]", name) == 1) {
		(void)snprintf(q->last, sizeof(q->last), "%s", name);
		q->inside = true;
		q->shut = false;
	} else if (strncmp(line, "DenyUser all", 12) == 0) {
		q->shut = true;
	} else if (q->inside && (strncmp(line, "</Printer>", 10) == 0 ||
	                            strncmp(line, "</DefaultP", 10) == 0)) {
		q->inside = false;
		q->open += !q->shut;
	}
}

static enum jk_health
look_queues(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	struct queues q = { .open = 0 };
	enum jk_health health;
	char *save, *line;

	(void)patient;
	(void)arg;
	if (access("/etc/cups", F_OK) != 0)
		return JK_ABSENT;
	if (access(PRINTERS, F_OK) != 0)
		return jk_find(ret, JK_GOOD, _("there is no printer queue"));
	health = jk_doctor_read(PRINTERS, &text, ret);
	if (health != JK_GOOD)
		return health;
	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		take_queue_line(&q, line);
	if (q.open > 1)
		return jk_find(ret, JK_BAD,
		    _("%zu printer queues are open to everybody"), q.open);
	return jk_find(ret, JK_GOOD, _("one printer queue at most is open"));
}

/* It adds whatever queue the network offers. */
static enum jk_health
look_browsed(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	static const char link[] = "/etc/systemd/system/multi-user.target.wants"
	                           "/cups-browsed.service";

	(void)patient;
	(void)arg;
	if (access("/etc/cups", F_OK) != 0)
		return JK_ABSENT;
	if (access(link, F_OK) == 0)
		return jk_find(ret, JK_BAD,
		    _("cups-browsed takes up every printer of the network"));
	return jk_find(ret, JK_GOOD,
	    _("no printer of the network comes by itself"));
}

const struct jk_item jk_doctor_screen[] = {
	{ "screen.gnome", "S-38", jk_desktop_look, &desktop_gnome, NULL,
	    JK_SWITCH("gnome") "; dconf update" },
	{ "screen.kde", "S-38", jk_desktop_look, &desktop_kde, NULL,
	    JK_SWITCH("kde") },
	{ "screen.bus", "S-38", jk_desktop_look, &desktop_any, NULL,
	    JK_SWITCH("screen") },
	{ "screen.programs", "S-38", look_programs, takers,
	    N_("remove these programs: they take pictures of the screen"),
	    NULL },
	{ "screen.clipboard", "S-38", look_programs, keepers,
	    N_("remove these programs: they keep what was copied"), NULL },
	{ "print.queues", "S-38", look_queues, NULL,
	    N_("close the queues that are not the counter's:"),
	    "lpadmin -p QUEUE -u deny:all" },
	{ "print.browsed", "S-38", look_browsed, NULL, NULL,
	    "systemctl disable --now cups-browsed.service" },
	{ 0 },
};
