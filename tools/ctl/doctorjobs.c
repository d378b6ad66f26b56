/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl doctor: what an operator leaves behind at his account and what runs
 * there later. All that runs at an account counts as the session of the person
 * who works there then, and that may be another one (S-21).
 */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "doctoraccount.h"
#include "file.h"

/* Who may have jobs: nobody where the list is there and empty. */
struct jobs {
	const char *program, *list;
};

static const struct jobs kinds[] = {
	{ "/usr/bin/crontab", "/etc/cron.allow" },
	{ "/usr/bin/at", "/etc/at.allow" },
};
/* One file for each account that has any; Debian's place, and others'. */
static const char *const left[] = { "/var/spool/cron/crontabs",
	"/var/spool/cron", "/var/lib/systemd/linger" };

static bool
is_listed(const char *text, const char *name)
{
	const size_t len = strlen(name);

	for (; *text != '\0'; text += *text == '\n') {
		const size_t n = strcspn(text, "\n");

		if (n >= len && strncmp(text, name, len) == 0 &&
		    strspn(text + len, " \t") == n - len)
			return true;
		text += n;
	}
	return false;
}

static enum jk_health
look_list(const struct jobs *jobs, const char *name, struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	enum jk_health health;

	if (access(jobs->program, F_OK) != 0)
		return JK_GOOD;
	if (access(jobs->list, F_OK) != 0 && errno == ENOENT)
		return jk_find(ret, JK_BAD,
		    _("everybody may use %s: there is no %s"), jobs->program,
		    jobs->list);
	health = jk_doctor_read(jobs->list, &text, ret);
	if (health == JK_GOOD && is_listed(text, name))
		return jk_find(ret, JK_BAD, _("account %s may use %s (%s)"),
		    name, jobs->program, jobs->list);
	return health;
}

static enum jk_health
look_left(const char *place, const char *name, struct jk_finding *ret)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", place, name);
	if (access(path, F_OK) == 0)
		return jk_find(ret, JK_BAD,
		    _("what account %s has left runs without its person: %s"),
		    name, path);
	return errno == ENOENT || errno == ENOTDIR
	           ? JK_GOOD
	           : jk_doctor_fault(ret, path, JK_ERR_SYS, errno);
}

static enum jk_health
look_account(JK_UNUSED const struct jk_patient *patient, const struct passwd *p,
    struct jk_finding *ret)
{
	enum jk_health health = JK_GOOD;

	for (size_t i = 0; i < JK_COUNT(kinds) && health == JK_GOOD; i++)
		health = look_list(&kinds[i], p->pw_name, ret);
	for (size_t i = 0; i < JK_COUNT(left) && health == JK_GOOD; i++)
		health = look_left(left[i], p->pw_name, ret);
	return health;
}

static enum jk_health
look_jobs(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	const enum jk_health health =
	    jk_account_each(patient, look_account, ret);

	(void)arg;
	if (health != JK_GOOD)
		return health;
	return jk_find(ret, JK_GOOD,
	    _("nothing of an operator's account runs without its person"));
}

const struct jk_item jk_doctor_jobs[] = {
	{ "account.jobs", "S-21", look_jobs, NULL,
	    N_("keep persons out of cron and at by lists that are empty, and "
	       "take away what is there (crontab -r -u, loginctl "
	       "disable-linger):"),
	    "touch /etc/cron.allow /etc/at.allow" },
	{ 0 },
};
