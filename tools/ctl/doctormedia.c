/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl doctor: what can be plugged in (S-46, S-27). */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "doctordesktop.h"
#include "file.h"

#define MODPROBE "/etc/modprobe.d/jukinet-media.conf"
#define UDEV     "/etc/udev/rules.d/70-jukinet-media.rules"
#define RULES    "/etc/audit/rules.d/50-jukinet-media.rules"
#define AUDITCTL "/etc/audit/audit.rules"

static const struct jk_demand gnome[] = {
	{ "org/gnome/desktop/media-handling", "automount", "false", 0 },
	{ "org/gnome/desktop/media-handling", "automount-open", "false", 0 },
	{ "org/gnome/desktop/media-handling", "autorun-never", "true", 0 },
	{ 0 },
};

/* Is there a line with both? Comments do not count. */
static bool
has_line(const char *text, const char *one, const char *other)
{
	char line[512];

	for (; *text != '\0'; text += *text == '\n') {
		const size_t len = strcspn(text, "\n");

		(void)snprintf(line, sizeof(line), "%.*s", (int)len, text);
		text += len;
		if (line[strspn(line, " \t")] != '#' &&
		    strstr(line, one) != NULL && strstr(line, other) != NULL)
			return true;
	}
	return false;
}

/* Names of modules have "_" in the kernel, whatever they have elsewhere. */
static bool
is_loaded(const char *module)
{
	char line[512];
	FILE *in = fopen("/proc/modules", "re");
	const size_t len = strlen(module);
	bool found = false;

	while (in != NULL && !found && fgets(line, sizeof(line), in) != NULL)
		found = strncmp(line, module, len) == 0 && line[len] == ' ';
	if (in != NULL)
		fclose(in);
	return found;
}

static enum jk_health
look_drivers(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	static const char *const loaded[] = { "usb_storage", "uas" };
	static const char *const lines[] = { "install usb-storage ",
		"install uas ", "install sr_mod " };
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	enum jk_health health = jk_doctor_read(MODPROBE, &text, ret);

	(void)patient;
	(void)arg;
	if (health != JK_GOOD)
		return health;
	for (size_t i = 0; i < JK_COUNT(lines); i++)
		if (!has_line(text, lines[i], "/bin/false"))
			return jk_find(ret, JK_BAD, _("%s does not set %s"),
			    MODPROBE, lines[i]);
	for (size_t i = 0; i < JK_COUNT(loaded); i++)
		if (is_loaded(loaded[i]))
			return jk_find(ret, JK_BAD,
			    _("the driver %s is loaded all the same"),
			    loaded[i]);
	return jk_find(ret, JK_GOOD, _("%s is in force"), MODPROBE);
}

static enum jk_health
look_udev(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	enum jk_health health = jk_doctor_read(UDEV, &text, ret);

	(void)patient;
	(void)arg;
	if (health != JK_GOOD)
		return health;
	if (!has_line(text, "ATTR{bInterfaceClass}==\"08\"",
	        "ATTR{authorized}=\"0\""))
		return jk_find(ret, JK_BAD, _("%s does not set %s"), UDEV,
		    "authorized");
	if (!has_line(text, "ENV{ID_BUS}==\"usb\"", "ENV{UDISKS_IGNORE}=\"1\""))
		return jk_find(ret, JK_BAD, _("%s does not set %s"), UDEV,
		    "UDISKS_IGNORE");
	return jk_find(ret, JK_GOOD, _("%s is in force"), UDEV);
}

/* Written by augenrules from rules.d: what auditd loads at its start. */
static enum jk_health
look_rules(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	enum jk_health health = jk_doctor_read(AUDITCTL, &text, ret);

	(void)patient;
	(void)arg;
	if (health != JK_GOOD)
		return health;
	if (!has_line(text, "mount", "key=jukinet-media") &&
	    !has_line(text, "mount", "-k jukinet-media"))
		return jk_find(ret, JK_BAD,
		    _("mounts are not recorded: %s has no rule for them"),
		    AUDITCTL);
	return jk_find(ret, JK_GOOD, _("mounts by persons are recorded"));
}

static const struct jk_desktop desktop_gnome = {
	.which = JK_DESKTOP_GNOME,
	.dconf = gnome,
};

const struct jk_item jk_doctor_media[] = {
	{ "media.drivers", "S-46", look_drivers, NULL, NULL,
	    JK_SWITCH("media") "; modprobe -r uas usb-storage" },
	{ "media.udev", "S-46", look_udev, NULL, NULL,
	    JK_SWITCH("media") "; udevadm control --reload" },
	{ "media.record", "S-46", look_rules, NULL, NULL,
	    JK_SWITCH("media") "; augenrules --load" },
	{ "media.gnome", "S-46", jk_desktop_look, &desktop_gnome, NULL,
	    JK_SWITCH("gnome") "; dconf update" },
	{ 0 },
};
