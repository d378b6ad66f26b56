/* SPDX-License-Identifier: BSD-2-Clause */
#include "doctordesktop.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"

#define PROFILE "/etc/dconf/profile/user"
#define DBS     "/etc/dconf/db"

/* Files of one directory, and databases of one profile. */
#define FILES_MAX 64

static enum jk_health
judge(const struct jk_demands *demands, const char *path,
    struct jk_finding *ret)
{
	const struct jk_demand *first;

	switch (jk_demands_judge(demands, &first)) {
	case JK_DEMAND_UNSET:
		return jk_find(ret, JK_BAD, _("%s does not set %s"), path,
		    first->key);
	case JK_DEMAND_WRONG:
		return jk_find(ret, JK_BAD, _("%s sets %s to another value"),
		    path, first->key);
	case JK_DEMAND_LOOSE:
		return jk_find(ret, JK_BAD, _("%s lets the user change %s"),
		    path, first->key);
	case JK_DEMANDS_MET:
		break;
	}
	return jk_find(ret, JK_GOOD, _("%s is in force"), path);
}

static enum jk_health
look_file(const char *path, jk_settings_each_fn *each,
    const struct jk_demand *demand, struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	struct jk_demands demands = { .demand = demand };
	enum jk_health health = jk_doctor_read(path, &text, ret);
	enum jk_err e;

	if (health != JK_GOOD)
		return health;
	e = each(text, jk_demands_take, &demands);
	if (e != JK_OK)
		return jk_doctor_fault(ret, path, e, 0);
	return judge(&demands, path, ret);
}

struct text {
	char *at;
	size_t len;
};

static void
text_free(struct text *text)
{
	free(text->at);
}

/* Each file begins and ends with a new line. */
static enum jk_err
append(struct text *all, const char *text)
{
	const size_t len = strlen(text);
	char *more = realloc(all->at, all->len + len + 3);

	if (more == NULL)
		return JK_ERR_NOMEM;
	all->at = more;
	(void)snprintf(more + all->len, len + 3, "\n%s\n", text);
	all->len += len + 2;
	return JK_OK;
}

/* A file that is newer than the database is not in it yet. */
static enum jk_health
append_file(struct text *all, const char *path, const struct timespec *made,
    struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	enum jk_health health;
	struct stat st;
	enum jk_err e;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return JK_GOOD;
	health = jk_doctor_read(path, &text, ret);
	if (health != JK_GOOD)
		return health;
	if (st.st_mtim.tv_sec > made->tv_sec ||
	    (st.st_mtim.tv_sec == made->tv_sec &&
	        st.st_mtim.tv_nsec > made->tv_nsec))
		return jk_find(ret, JK_BAD,
		    _("%s is newer than its database: run \"dconf update\""),
		    path);
	e = append(all, text);
	return e == JK_OK ? JK_GOOD : jk_doctor_fault(ret, path, e, 0);
}

static enum jk_health
append_directory(struct text *all, const char *path,
    const struct timespec *made, struct jk_finding *ret)
{
	enum jk_health health = JK_GOOD;
	const struct dirent *entry;
	char file[PATH_MAX];
	unsigned n = 0;
	DIR *d = opendir(path);

	if (d == NULL)
		return jk_doctor_fault(ret, path, JK_ERR_SYS, errno);
	while (health == JK_GOOD && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof(file), "%s/%s", path,
		    entry->d_name);
		health = n++ < FILES_MAX
		             ? append_file(all, file, made, ret)
		             : jk_doctor_fault(ret, path, JK_ERR_TOO_BIG, 0);
	}
	closedir(d);
	return health;
}

struct dconf {
	struct jk_demands demands;
	const char *locks; /* of the database that is being read */
};

static void
take_setting(void *ctx, const struct jk_setting *setting)
{
	struct dconf *d = ctx;
	struct jk_setting known = *setting;
	char line[2 * JK_KEYFILE_LINE_MAX + 8];

	(void)snprintf(line, sizeof(line), "\n/%s/%s\n", setting->group,
	    setting->key);
	known.locked = strstr(d->locks, line) != NULL;
	jk_demands_take(&d->demands, &known);
}

/* NAME is made of NAME.d/ and of NAME.d/locks/. */
static enum jk_health
read_database(struct dconf *d, const char *name, struct jk_finding *ret)
{
	JK_CLEANUP(text_free) struct text keys = { .at = NULL };
	JK_CLEANUP(text_free) struct text locks = { .at = NULL };
	char path[PATH_MAX];
	enum jk_health health;
	struct stat st;
	enum jk_err e;

	(void)snprintf(path, sizeof(path), DBS "/%s", name);
	if (stat(path, &st) != 0)
		return jk_doctor_fault(ret, path, JK_ERR_SYS, errno);
	(void)snprintf(path, sizeof(path), DBS "/%s.d", name);
	health = append_directory(&keys, path, &st.st_mtim, ret);
	if (health != JK_GOOD)
		return health;
	(void)snprintf(path, sizeof(path), DBS "/%s.d/locks", name);
	health = append_directory(&locks, path, &st.st_mtim, ret);
	if (health != JK_GOOD)
		return health;
	d->locks = locks.at != NULL ? locks.at : "";
	e = jk_keyfile_each(keys.at != NULL ? keys.at : "", take_setting, d);
	return e == JK_OK ? JK_GOOD : jk_doctor_fault(ret, path, e, 0);
}

static enum jk_health
read_profile(struct dconf *d, char *text, struct jk_finding *ret)
{
	static const char word[] = "system-db:";
	enum jk_health health = JK_GOOD;
	char *save, *line = strtok_r(text, "\n", &save);

	for (; health == JK_GOOD && line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		line[strcspn(line, " \t\r#")] = '\0';
		if (strncmp(line, word, strlen(word)) != 0)
			continue;
		line += strlen(word);
		if (strchr(line, '/') != NULL || strlen(line) > NAME_MAX - 2)
			return jk_doctor_fault(ret, PROFILE, JK_ERR_FORMAT, 0);
		health = read_database(d, line, ret);
	}
	return health;
}

static enum jk_health
look_dconf(const struct jk_demand *demand, struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	struct dconf d = { .demands.demand = demand };
	enum jk_health health = jk_doctor_read(PROFILE, &text, ret);

	if (health == JK_GOOD)
		health = read_profile(&d, text, ret);
	return health == JK_GOOD ? judge(&d.demands, PROFILE, ret) : health;
}

struct entry {
	char exec[512], names[256];
	bool hidden;
};

static void
take_entry(void *ctx, const struct jk_setting *setting)
{
	struct entry *e = ctx;

	if (strcmp(setting->group, "Desktop Entry") != 0)
		return;
	if (strcmp(setting->key, "Exec") == 0)
		(void)snprintf(e->exec, sizeof(e->exec), "%s", setting->value);
	if (strcmp(setting->key, "DesktopNames") == 0)
		(void)snprintf(e->names, sizeof(e->names), "%s",
		    setting->value);
	if (strcmp(setting->key, "Hidden") == 0)
		e->hidden = strcmp(setting->value, "true") == 0;
}

static unsigned
kind_of(const struct entry *e, const char *file, bool x11)
{
	static const struct {
		const char *word;
		unsigned kind;
	} known[] = {
		{ "gnome", JK_DESKTOP_GNOME },
		{ "plasma", JK_DESKTOP_KDE },
		{ "kde", JK_DESKTOP_KDE },
		{ "xfce", JK_DESKTOP_XFCE },
		{ "sway", JK_DESKTOP_SWAY },
	};

	for (size_t i = 0; i < JK_COUNT(known); i++)
		if (strcasestr(e->names, known[i].word) != NULL ||
		    strcasestr(file, known[i].word) != NULL)
			return known[i].kind;
	return x11 ? JK_DESKTOP_X11 : JK_DESKTOP_OTHER;
}

/* Does sway read /etc/sway/config, whatever the user has? */
static bool
is_own_sway(const struct entry *e)
{
	return strstr(e->exec, " -c /etc/sway/") == NULL &&
	       strstr(e->exec, " --config /etc/sway/") == NULL &&
	       strstr(e->exec, " --config=/etc/sway/") == NULL;
}

static void
take_session(struct jk_patient *p, const char *directory, const char *file,
    bool x11)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	struct entry entry = { .exec = "" };
	struct jk_finding finding;
	char path[PATH_MAX];
	unsigned kind;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, file);
	if (jk_doctor_read(path, &text, &finding) == JK_GOOD)
		(void)jk_keyfile_each(text, take_entry, &entry);
	if (entry.hidden)
		return;
	kind = kind_of(&entry, file, x11);
	p->desktops |= kind;
	if (kind == JK_DESKTOP_SWAY && is_own_sway(&entry))
		p->desktops |= JK_DESKTOP_SWAY_OWN;
	if (kind == JK_DESKTOP_OTHER)
		(void)snprintf(p->other, sizeof(p->other), "%s", file);
}

static bool
is_desktop_file(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && strcmp(dot, ".desktop") == 0;
}

void
jk_doctor_find_desktops(struct jk_patient *patient)
{
	static const struct {
		const char *path;
		bool x11;
	} places[] = {
		{ "/usr/share/xsessions", true },
		{ "/usr/local/share/xsessions", true },
		{ "/usr/share/wayland-sessions", false },
		{ "/usr/local/share/wayland-sessions", false },
	};

	for (size_t i = 0; i < JK_COUNT(places); i++) {
		DIR *d = opendir(places[i].path);
		const struct dirent *entry;

		while (d != NULL && (entry = readdir(d)) != NULL)
			if (is_desktop_file(entry->d_name))
				take_session(patient, places[i].path,
				    entry->d_name, places[i].x11);
		if (d != NULL)
			closedir(d);
	}
}

enum jk_health
jk_desktop_look(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	const struct jk_desktop *d = arg;
	enum jk_health health = JK_GOOD;

	if ((patient->desktops & d->which) == 0)
		return JK_ABSENT;
	if (d->dconf != NULL)
		health = look_dconf(d->dconf, ret);
	for (size_t i = 0; i < JK_COUNT(d->file) && health == JK_GOOD &&
	                   d->file[i].path != NULL;
	     i++)
		health = look_file(d->file[i].path, d->file[i].each,
		    d->file[i].demand, ret);
	return health;
}
