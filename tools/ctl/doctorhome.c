/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jukinetctl doctor: an account of several persons keeps nothing of one for the
 * next, because what lies in its home runs in the session of whoever comes (S-21).
 */
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "doctor.h"
#include "doctoraccount.h"
#include "file.h"

/* It has the account's user manager make a fresh one: jukinet-home.conf. */
#define DROP_IN "/etc/systemd/system/user@%u.service.d/jukinet-home.conf"
#define RESTART                                                 \
	"\nExecStartPre=+/usr/bin/systemctl --no-ask-password " \
	"restart jukinet-home@%i.service\n"

/* Somebody is there: a file system of its own, that a power cut empties. */
static bool
is_fresh(const char *home, const struct stat *st)
{
	char above[PATH_MAX];
	struct statfs fs;
	struct stat parent;

	(void)snprintf(above, sizeof(above), "%.*s",
	    (int)(strrchr(home, '/') - home), home);
	return statfs(home, &fs) == 0 && fs.f_type == TMPFS_MAGIC &&
	       stat(above, &parent) == 0 && parent.st_dev != st->st_dev;
}

/* Nobody is there: without the mount there is no home either. */
static bool
is_closed(const struct stat *st)
{
	return S_ISDIR(st->st_mode) && st->st_uid == 0 &&
	       (st->st_mode & (S_IRWXO | S_IWGRP)) == 0;
}

static bool
is_shared(const struct jk_patient *patient, const struct passwd *p)
{
	struct jk_account account;

	return jk_snapshot_account(patient->snapshot, p->pw_name, &account) ==
	           JK_OK &&
	       account.n_persons > 1;
}

static enum jk_health
look_home(const struct jk_patient *patient, const struct passwd *p,
    struct jk_finding *ret)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	enum jk_health health;
	char path[PATH_MAX];
	struct stat st;

	if (!is_shared(patient, p))
		return JK_GOOD;
	(void)snprintf(path, sizeof(path), DROP_IN, (unsigned)p->pw_uid);
	health = jk_doctor_read(path, &text, ret);
	if (health != JK_GOOD)
		return health;
	if (strstr(text, RESTART) == NULL)
		return jk_find(ret, JK_BAD, _("%s does not make a fresh home"),
		    path);
	if (strrchr(p->pw_dir, '/') == NULL || lstat(p->pw_dir, &st) != 0)
		return jk_doctor_fault(ret, p->pw_dir, JK_ERR_SYS, errno);
	if (is_closed(&st) || is_fresh(p->pw_dir, &st))
		return JK_GOOD;
	return jk_find(ret, JK_BAD,
	    _("what one person leaves in %s the next one of account %s finds"),
	    p->pw_dir, p->pw_name);
}

static enum jk_health
look_homes(const struct jk_patient *patient, const void *arg,
    struct jk_finding *ret)
{
	enum jk_health health;

	(void)arg;
	if (patient->snapshot == NULL && patient->snapshot_e != JK_ERR_REFUSED)
		return jk_find(ret, JK_UNSURE,
		    _("without a snapshot nobody knows whose accounts are"));
	health = jk_account_each(patient, look_home, ret);
	if (health != JK_GOOD)
		return health;
	return jk_find(ret, JK_GOOD,
	    _("no home keeps what another person of its account left"));
}

const struct jk_item jk_doctor_home[] = {
	{ "account.home", "S-21", look_homes, NULL,
	    N_("give each account of several persons a home that is thrown "
	       "away (jukinet-terminal(7), ACCOUNTS):"),
	    "install -D -m 0644 /usr/share/jukinet/systemd/jukinet-home.conf "
	    "/etc/systemd/system/user@$(id -u ACCOUNT).service.d/"
	    "jukinet-home.conf && systemctl daemon-reload && "
	    "install -d -o root -g root -m 0700 ~ACCOUNT" },
	{ 0 },
};
