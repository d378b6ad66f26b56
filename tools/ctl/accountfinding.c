/* SPDX-License-Identifier: BSD-2-Clause */
#include "accountfinding.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "period.h"

/* login.defs of every distribution; what it says there counts more. */
#define UID_MIN_USUAL 1000
#define UID_MAX_USUAL 60000
#define LOGIN_DEFS    "/etc/login.defs"
/* What the kernel takes where a uid has no number. */
#define UID_NOBODY 65534

static const char *const names[JK_FINDINGS] = { N_("no-person"),
	N_("no-account"), N_("nobody"), N_("privileged"), N_("review-due") };

const char *
jk_findings_show(const struct jk_call *call, unsigned findings)
{
	static char text[512];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < JK_FINDINGS; i++)
		if ((findings & (1u << i)) != 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%s", len > 0 ? ", " : "",
			    jk_show_word(call, names[i]));
	return text;
}

/* Whoever is in one of them reads or becomes what a clerk must not. */
static bool
is_in_privileged_group(const struct passwd *entry)
{
	static const char *const groups[] = { "root", "sudo", "wheel", "admin",
		"adm", "shadow", "disk", "docker", "lxd", "_jukinet" };

	for (size_t i = 0; i < JK_COUNT(groups); i++) {
		const struct group *group = getgrnam(groups[i]);

		if (group == NULL)
			continue;
		/* Where it is his first one he is not among its members. */
		if (group->gr_gid == entry->pw_gid)
			return true;
		for (char **m = group->gr_mem; *m != NULL; m++)
			if (strcmp(*m, entry->pw_name) == 0)
				return true;
	}
	return false;
}

static bool
is_privileged(const char *name)
{
	const struct passwd *entry = getpwnam(name);

	if (entry == NULL)
		return false;
	return entry->pw_uid == 0 || entry->pw_gid == 0 ||
	       is_in_privileged_group(entry);
}

static bool
may_log_in(const struct jk_person *p, int64_t now)
{
	return p != NULL && p->enabled &&
	       (p->valid.until == 0 || now < p->valid.until);
}

static bool
is_nobodys(const struct jk_rowset *set, const struct jk_account *a, int64_t now)
{
	for (size_t i = 0; i < a->n_persons; i++)
		if (may_log_in(jk_find_person(set, a->person[i]), now))
			return false;
	return true;
}

bool
jk_account_is_due(const struct jk_rowset *set, const struct jk_account *a,
    int64_t now)
{
	return a->reviewed == 0 ||
	       now >= a->reviewed + set->policy.limits.review_s;
}

unsigned
jk_account_findings(const struct jk_rowset *set, const struct jk_account *a,
    int64_t now)
{
	unsigned findings = 0;

	if (a->uid == JK_NO_UID)
		findings |= JK_FINDING_NO_ACCOUNT;
	if (is_nobodys(set, a, now))
		findings |= JK_FINDING_NOBODY;
	if (is_privileged(a->name))
		findings |= JK_FINDING_PRIVILEGED;
	if (jk_account_is_due(set, a, now))
		findings |= JK_FINDING_REVIEW;
	return findings;
}

/* Of people, as this machine's login.defs says. */
static void
read_range(uid_t *ret_min, uid_t *ret_max)
{
	FILE *file = fopen(LOGIN_DEFS, "re");
	char line[256];
	unsigned number;

	*ret_min = UID_MIN_USUAL;
	*ret_max = UID_MAX_USUAL;
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, " UID_MIN %u", &number) == 1)
			*ret_min = number;
		else if (sscanf(line, " UID_MAX %u", &number) == 1)
			*ret_max = number;
	(void)fclose(file);
}

const char *
jk_account_fault(const struct jk_rowset *set, const char *name)
{
	static char text[512];
	const struct passwd *entry = getpwnam(name);
	uid_t min, max;

	if (entry == NULL)
		return NULL;
	read_range(&min, &max);
	if (entry->pw_uid == 0)
		(void)snprintf(text, sizeof(text),
		    _("\"%s\" is root: an operator works under an account "
		      "that can do nothing else"),
		    name);
	else if (!set->policy.system_accounts &&
	         (entry->pw_uid < min || entry->pw_uid == UID_NOBODY))
		(void)snprintf(text, sizeof(text),
		    _("\"%s\" is an account of the system (uid %u): an "
		      "operator works under one of people's; see "
		      "system-accounts in jukinet-policy(5)"),
		    name, (unsigned)entry->pw_uid);
	else
		return NULL;
	return text;
}

static bool
has_shell(const struct passwd *entry)
{
	const char *name = strrchr(entry->pw_shell, '/');

	name = name == NULL ? entry->pw_shell : name + 1;
	return strcmp(name, "nologin") != 0 && strcmp(name, "false") != 0;
}

static bool
is_registered(const struct jk_rowset *set, const char *name)
{
	return set->account.order != NULL &&
	       jk_list_find(&set->account, name) != JK_NO_ROW;
}

void
jk_account_strangers(const struct jk_rowset *set, jk_stranger_fn *each,
    void *ctx)
{
	const struct passwd *entry;
	char name[JK_ACCOUNT_MAX + 1];
	uid_t min, max;

	read_range(&min, &max);
	setpwent();
	while ((entry = getpwent()) != NULL) {
		if (entry->pw_uid < min || entry->pw_uid > max ||
		    !has_shell(entry) ||
		    !jk_account_name_is_valid(entry->pw_name) ||
		    is_registered(set, entry->pw_name))
			continue;
		/* getpwnam() and getgrnam() overwrite the entry. */
		strcpy(name, entry->pw_name);
		each(ctx, name,
		    JK_FINDING_NO_PERSON |
		        (is_privileged(name) ? JK_FINDING_PRIVILEGED : 0));
	}
	endpwent();
}
