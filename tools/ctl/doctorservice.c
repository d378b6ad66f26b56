/* SPDX-License-Identifier: BSD-2-Clause */
/* jukinetctl doctor: the services, their users and sockets, and pcscd's. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <mntent.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"

struct socket_item {
	const char *path, *owner, *group;
	mode_t mode;
};

/* Is somebody behind it, or is it left over? Flag 0x10000 means listening. */
static bool
is_listening(const char *path)
{
	const size_t path_len = strlen(path);
	char line[512];
	FILE *in = fopen("/proc/net/unix", "re");
	bool found = false;

	while (in != NULL && !found && fgets(line, sizeof(line), in) != NULL) {
		const size_t len = strcspn(line, "\n");

		found = len > path_len && line[len - path_len - 1] == ' ' &&
		        strncmp(line + len - path_len, path, path_len) == 0 &&
		        strstr(line, " 00010000 ") != NULL;
	}
	if (in != NULL)
		fclose(in);
	return found;
}

static bool
is_owned(const struct stat *st, const char *owner, const char *group)
{
	const struct passwd *p = getpwnam(owner);
	const struct group *g = getgrnam(group);

	return p != NULL && g != NULL && st->st_uid == p->pw_uid &&
	       st->st_gid == g->gr_gid;
}

static enum jk_health
look_socket(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	const struct socket_item *s = arg;
	struct stat st;

	(void)patient;
	if (lstat(s->path, &st) != 0)
		return jk_doctor_fault(ret, s->path, JK_ERR_SYS, errno);
	if (!S_ISSOCK(st.st_mode) || (st.st_mode & 07777) != s->mode ||
	    !is_owned(&st, s->owner, s->group))
		return jk_find(ret, JK_BAD,
		    _("%s does not belong to %s:%s with mode %04o"), s->path,
		    s->owner, s->group, (unsigned)s->mode);
	if (!is_listening(s->path))
		return jk_find(ret, JK_BAD, _("nobody listens at %s"), s->path);
	return jk_find(ret, JK_GOOD, "%s, %s:%s %04o", s->path, s->owner,
	    s->group, (unsigned)s->mode);
}

/* Whatever else pcscd allows, others must not reach it. */
static enum jk_health
look_pcscd(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	static const char path[] = "/run/pcscd/pcscd.comm";
	struct stat st;

	(void)patient;
	(void)arg;
	if (lstat(path, &st) != 0)
		return jk_doctor_fault(ret, path, JK_ERR_SYS, errno);
	if ((st.st_mode & S_IRWXO) != 0)
		return jk_find(ret, JK_BAD,
		    _("every user may use the card reader (%s, mode %04o)"),
		    path, (unsigned)(st.st_mode & 07777));
	if (!is_owned(&st, "root", "_jukinet-card"))
		return jk_find(ret, JK_BAD,
		    _("%s does not belong to %s:%s with mode %04o"), path,
		    "root", "_jukinet-card", 0660u);
	return jk_find(ret, JK_GOOD,
	    _("only the group _jukinet-card reaches the card reader"));
}

static enum jk_health
look_users(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	static const char *const names[] = { "_jukinet", "_jukinet-card",
		"_jukinet-witness", "_jukinet-monitor" };

	(void)patient;
	(void)arg;
	for (size_t i = 0; i < JK_COUNT(names); i++)
		if (getpwnam(names[i]) == NULL)
			return jk_find(ret, JK_BAD, _("there is no user %s"),
			    names[i]);
	return jk_find(ret, JK_GOOD, _("the users of the services exist"));
}

static bool
is_in_group(const char *user, gid_t gid)
{
	const struct passwd *p = getpwnam(user);
	gid_t groups[256];
	int n = JK_COUNT(groups);

	if (p == NULL || getgrouplist(user, p->pw_gid, groups, &n) < 0)
		return false;
	while (n > 0 && groups[n - 1] != gid)
		n--;
	return n > 0;
}

/* Of the mount on top; "" where nothing is hidden, or gid shows it to jukinetd. */
static void
find_hiding(FILE *mounts, char *ret, size_t size)
{
	char line[4096];
	struct mntent m;

	while (getmntent_r(mounts, &m, line, sizeof(line)) != NULL) {
		const char *hides = hasmntopt(&m, "hidepid");
		const char *gid = hasmntopt(&m, "gid");
		int len;

		if (strcmp(m.mnt_dir, "/proc") != 0)
			continue;
		ret[0] = '\0';
		if (hides == NULL)
			continue;
		len = (int)strcspn(hides, ",");
		/* Programs that may trace are no matter of a group. */
		if (gid == NULL ||
		    strncmp(hides, "hidepid=4", (size_t)len) == 0 ||
		    strncmp(hides, "hidepid=ptraceable", (size_t)len) == 0 ||
		    !is_in_group("_jukinet",
		        (gid_t)strtoul(gid + strlen("gid="), NULL, 10)))
			(void)snprintf(ret, size, "%.*s", len, hides);
	}
}

/* It knows a caller by what /proc says of his process. */
static enum jk_health
look_proc(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	static const char path[] = "/proc/self/mounts";
	char hides[64] = "";
	FILE *mounts = setmntent(path, "re");

	(void)patient;
	(void)arg;
	if (mounts == NULL)
		return jk_doctor_fault(ret, path, JK_ERR_SYS, errno);
	find_hiding(mounts, hides, sizeof(hides));
	(void)endmntent(mounts);
	if (hides[0] != '\0')
		return jk_find(ret, JK_BAD,
		    _("%s hides callers from jukinetd (%s): every login is "
		      "refused"),
		    "/proc", hides);
	return jk_find(ret, JK_GOOD, _("jukinetd sees who calls it"));
}

struct directory_item {
	const char *path, *owner;
	mode_t mode;            /* 0: any that others cannot write */
	const char *needs_user; /* not looked at without; or NULL */
};

static enum jk_health
look_directory(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	const struct directory_item *d = arg;
	struct stat st;

	(void)patient;
	if (d->needs_user != NULL && getpwnam(d->needs_user) == NULL)
		return JK_ABSENT;
	if (lstat(d->path, &st) != 0)
		return jk_doctor_fault(ret, d->path, JK_ERR_SYS, errno);
	if (!S_ISDIR(st.st_mode) || (st.st_mode & S_IWOTH) != 0 ||
	    (d->mode != 0 && (st.st_mode & 07777) != d->mode) ||
	    !is_owned(&st, d->owner, d->owner))
		return jk_find(ret, JK_BAD,
		    _("%s does not belong to %s:%s with mode %04o"), d->path,
		    d->owner, d->owner,
		    (unsigned)(d->mode != 0 ? d->mode : 0755));
	return jk_find(ret, JK_GOOD, "%s, %s:%s %04o", d->path, d->owner,
	    d->owner, (unsigned)(st.st_mode & 07777));
}

/* By the link that "systemctl enable" makes, for those that no other unit
 * pulls in. */
static enum jk_health
look_units(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	static const char *const links[] = {
		"sockets.target.wants/jukinetd.socket",
		"sockets.target.wants/jukinet-card.socket",
		"sockets.target.wants/jukinet-witness.socket",
		"multi-user.target.wants/jukinetd.service",
		"multi-user.target.wants/jukinet-monitor.service",
		"multi-user.target.wants/jukinet-registry.service",
		"multi-user.target.wants/jukinet-registry.path",
		"timers.target.wants/jukinet-registry.timer",
	};
	char path[PATH_MAX];

	(void)patient;
	(void)arg;
	if (access("/run/systemd/system", F_OK) != 0)
		return jk_find(ret, JK_UNSURE,
		    _("systemd does not run here: see yourself that the "
		      "services start"));
	for (size_t i = 0; i < JK_COUNT(links); i++) {
		(void)snprintf(path, sizeof(path), "/etc/systemd/system/%s",
		    links[i]);
		if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
			return jk_find(ret, JK_BAD, _("%s is not enabled"),
			    strrchr(links[i], '/') + 1);
	}
	return jk_find(ret, JK_GOOD, _("the units start with the machine"));
}

static const struct socket_item sockets[] = {
	{ "/run/jukinet/jukinet.sock", "root", "root", 0666 },
	{ "/run/jukinet/card.sock", "_jukinet", "_jukinet", 0600 },
	{ "/run/jukinet/witness.sock", "_jukinet", "_jukinet", 0600 },
};
static const struct directory_item directories[] = {
	{ "/run/jukinet", "root", 0755, NULL },
	{ "/run/jukinet/state", "_jukinet", 0700, NULL },
	{ "/var/lib/jukinet", "_jukinet", 0700, NULL },
	{ "/run/jukinet/monitor", "_jukinet-monitor", 0, "_jukinet-monitor" },
};

#define START(unit) "systemctl enable --now " unit
#define TMPFILES    "systemd-tmpfiles --create jukinet.conf"

const struct jk_item jk_doctor_service[] = {
	{ "service.users", "", look_users, NULL, NULL,
	    "systemd-sysusers jukinet.conf" },
	{ "service.units", "", look_units, NULL, NULL,
	    START("jukinetd.socket jukinet-card.socket "
	          "jukinet-witness.socket jukinetd jukinet-monitor "
	          "jukinet-registry jukinet-registry.path "
	          "jukinet-registry.timer") },
	{ "service.run", "", look_directory, &directories[0], NULL, TMPFILES },
	{ "service.state", "", look_directory, &directories[1], NULL,
	    TMPFILES },
	{ "service.lasting", "", look_directory, &directories[2], NULL,
	    TMPFILES },
	{ "service.monitor", "", look_directory, &directories[3], NULL,
	    TMPFILES },
	{ "service.proc", "", look_proc, NULL,
	    N_("take hidepid out of /etc/fstab; or put _jukinet into the group "
	       "that gid= names there, and restart jukinetd"),
	    "mount -o remount,hidepid=0 /proc" },
	{ "socket.jukinetd", "", look_socket, &sockets[0], NULL,
	    START("jukinetd.socket") },
	{ "socket.card", "", look_socket, &sockets[1], NULL,
	    START("jukinet-card.socket") },
	{ "socket.witness", "", look_socket, &sockets[2], NULL,
	    START("jukinet-witness.socket") },
	{ "socket.pcscd", "S-21", look_pcscd, NULL,
	    N_("the drop-in pcscd.socket.d/50-jukinet.conf is not in force"),
	    "systemctl daemon-reload; systemctl restart pcscd.socket" },
	{ 0 },
};
