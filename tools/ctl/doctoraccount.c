/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl doctor: what operators' accounts may do beside their work (S-27).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctoraccount.h"
#include "file.h"

#define SUDOERS "/etc/sudoers"

/* Numbers of people's accounts, as Debian and Fedora have them. */
#define UID_FIRST 1000
#define UID_LAST  59999

/* Groups that are as good as root, read every disk, every key, every screen
 * or the log, or reach what is plugged in; and who may come from afar, where no
 * card is asked for (sshd). */
static const char *const powers[] = { "root", "sudo", "wheel", "admin", "adm",
	"disk", "shadow", "kmem", "docker", "lxd", "incus-admin", "libvirt",
	"kvm", "input", "video", "tty", "tape", "cdrom", "floppy", "plugdev",
	"lpadmin", "systemd-journal", "_jukinet", "_jukinet-card",
	"_jukinet-witness", "jukinet-remote" };

/* Without a snapshot: everybody. */
static bool
is_operator(const struct jk_patient *patient, const struct passwd *p)
{
	struct jk_account account;

	if (p->pw_uid < UID_FIRST || p->pw_uid > UID_LAST)
		return false;
	return patient->snapshot == NULL ||
	       jk_snapshot_account(patient->snapshot, p->pw_name, &account) ==
	           JK_OK;
}

enum jk_health
jk_account_each(const struct jk_patient *patient, jk_account_look *look,
    struct jk_finding *ret)
{
	enum jk_health health = JK_GOOD;
	const struct passwd *p;

	if (patient->snapshot_e == JK_ERR_REFUSED)
		return jk_find(ret, JK_UNSURE,
		    _("the snapshot can be read by root only: ask as root"));
	setpwent();
	while (health == JK_GOOD && (p = getpwent()) != NULL)
		if (is_operator(patient, p))
			health = look(patient, p, ret);
	endpwent();
	return health;
}

static const char *
power_of(gid_t gid)
{
	for (size_t i = 0; i < JK_COUNT(powers); i++) {
		const struct group *g = getgrnam(powers[i]);

		if (g != NULL && g->gr_gid == gid)
			return powers[i];
	}
	return NULL;
}

/* The first power that an account has by one of its groups, or NULL. */
static const char *
find_power(const char *name, gid_t primary)
{
	gid_t groups[256];
	int n = JK_COUNT(groups);
	const char *power = NULL;

	if (getgrouplist(name, primary, groups, &n) < 0)
		n = JK_COUNT(groups);
	for (int i = 0; i < n && power == NULL; i++)
		power = power_of(groups[i]);
	return power;
}

static enum jk_health
look_powers(JK_UNUSED const struct jk_patient *patient, const struct passwd *p,
    struct jk_finding *ret)
{
	const char *power = find_power(p->pw_name, p->pw_gid);

	if (power == NULL)
		return JK_GOOD;
	return jk_find(ret, JK_BAD, _("account %s is in the group %s"),
	    p->pw_name, power);
}

static enum jk_health
look_groups(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	const enum jk_health health =
	    jk_account_each(patient, look_powers, ret);

	(void)arg;
	if (health != JK_GOOD)
		return health;
	return jk_find(ret, JK_GOOD,
	    _("no operator's account is in a group with power"));
}

/* "#1000" is an account, "#" before anything else a comment. */
static bool
is_rule(const char *line)
{
	if (*line == '@' || *line == '\0' || strchr(line, '=') == NULL)
		return false;
	return *line != '#' || (line[1] >= '0' && line[1] <= '9');
}

/* Who is lent root by a line of sudoers(5): a name, or "" when nobody is. Those
 * that a group lends to are looked at by their groups. */
static void
lent_to(const char *line, char ret[static 64])
{
	static const char *const known[] = { "root", "%root", "%sudo", "%admin",
		"%wheel", "Defaults", "User_Alias", "Runas_Alias", "Host_Alias",
		"Cmnd_Alias", "Cmd_Alias" };
	size_t len;

	ret[0] = '\0';
	line += strspn(line, " \t");
	if (!is_rule(line))
		return;
	len = strcspn(line, " \t=");
	(void)snprintf(ret, 64, "%.*s", (int)len, line);
	if (line[len + strspn(line + len, " \t")] == ',')
		return; /* a list of them */
	for (size_t i = 0; i < JK_COUNT(known); i++)
		if (strncmp(ret, known[i], strlen(known[i])) == 0 &&
		    strchr("@:!>", ret[strlen(known[i])]) != NULL)
			ret[0] = '\0';
}

/* sudo reads more than we look at. */
static bool
is_include(const char *line)
{
	return (strncmp(line, "@include", 8) == 0 ||
	           strncmp(line, "#include", 8) == 0) &&
	       strstr(line, " " SUDOERS ".d") == NULL;
}

static enum jk_health
look_sudoers_file(const char *path, bool ours, struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	enum jk_health health = jk_doctor_read(path, &text, ret);
	bool continued = false;
	char *save, *line, who[64];

	if (health != JK_GOOD)
		return health;
	for (line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		const size_t len = strlen(line);

		if (is_include(line))
			return jk_find(ret, JK_BAD,
			    _("%s reads a file that is not looked at: %s"),
			    path, line);
		lent_to(line, who);
		if (!continued && who[0] != '\0' &&
		    !(ours && strcmp(who, "%jukinet-officers") == 0))
			return jk_find(ret, JK_BAD, _("%s lends root to %s"),
			    path, who);
		continued = len > 0 && line[len - 1] == '\\';
	}
	return JK_GOOD;
}

static enum jk_health
look_sudoers(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	enum jk_health health;
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *d;

	(void)patient;
	(void)arg;
	if (access(SUDOERS, F_OK) != 0)
		return JK_ABSENT;
	health = look_sudoers_file(SUDOERS, false, ret);
	if (health != JK_GOOD)
		return health;
	d = opendir(SUDOERS ".d");
	if (d == NULL && errno != ENOENT)
		return jk_doctor_fault(ret, SUDOERS ".d", JK_ERR_SYS, errno);
	while (d != NULL && health == JK_GOOD && (entry = readdir(d)) != NULL) {
		/* As sudo does. */
		if (strchr(entry->d_name, '.') != NULL ||
		    entry->d_name[strlen(entry->d_name) - 1] == '~')
			continue;
		(void)snprintf(path, sizeof(path), SUDOERS ".d/%s",
		    entry->d_name);
		health = look_sudoers_file(path,
		    strcmp(entry->d_name, "jukinet-officers") == 0, ret);
	}
	if (d != NULL)
		closedir(d);
	if (health != JK_GOOD)
		return health;
	return jk_find(ret, JK_GOOD,
	    _("sudo lends root to administrators and officers only"));
}

/* What nobody but root and its group may open. */
static bool
is_exposed(int dir, const char *name)
{
	static const char *const characters[] = { "mem", "kmem", "port",
		"uinput", "uhid", "event", "hidraw", "fb" };
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    (st.st_mode & S_IRWXO) == 0)
		return false;
	if (S_ISBLK(st.st_mode))
		return true;
	for (size_t i = 0; S_ISCHR(st.st_mode) && i < JK_COUNT(characters); i++)
		if (strncmp(name, characters[i], strlen(characters[i])) == 0)
			return true;
	return false;
}

static enum jk_health
look_devices(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	static const char *const places[] = { "/dev", "/dev/input" };
	char found[PATH_MAX] = "";

	(void)patient;
	(void)arg;
	for (size_t i = 0; i < JK_COUNT(places); i++) {
		DIR *d = opendir(places[i]);
		const struct dirent *entry;

		while (d != NULL && (entry = readdir(d)) != NULL)
			if (found[0] == '\0' &&
			    is_exposed(dirfd(d), entry->d_name))
				(void)snprintf(found, sizeof(found), "%s/%s",
				    places[i], entry->d_name);
		if (d != NULL)
			closedir(d);
	}
	if (found[0] != '\0')
		return jk_find(ret, JK_BAD, _("every user may open %s"), found);
	return jk_find(ret, JK_GOOD,
	    _("users may open no disk, keyboard or memory"));
}

const struct jk_item jk_doctor_account[] = {
	{ "account.groups", "S-27", look_groups, NULL, NULL,
	    "gpasswd -d ACCOUNT GROUP" },
	{ "account.sudoers", "S-27", look_sudoers, NULL,
	    N_("take that line out:"), "visudo" },
	{ "account.devices", "S-27", look_devices, NULL,
	    N_("look for the udev rule that gives it that mode"), NULL },
	{ 0 },
};
