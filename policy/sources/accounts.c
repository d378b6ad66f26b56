/* SPDX-License-Identifier: BSD-2-Clause */
#include "accounts.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define NSSWITCH     "/etc/nsswitch.conf"
#define NSSWITCH_MAX 65536

void
jk_accounts_clear(struct jk_accounts *accounts)
{
	free(accounts->account);
	*accounts = (struct jk_accounts){ 0 };
}

/* One line, behind "passwd:". */
static bool
services_are_listed(const char *line, size_t len)
{
	size_t n = 0;

	for (size_t i = 0, word; i < len && line[i] != '#'; i += word) {
		word = 1;
		if (line[i] == ' ' || line[i] == '\t')
			continue;
		while (i + word < len && strchr(" \t#", line[i + word]) == NULL)
			word++;
		if ((word != 5 || memcmp(line + i, "files", 5) != 0) &&
		    (word != 7 || memcmp(line + i, "systemd", 7) != 0))
			return false;
		n++;
	}
	return n > 0;
}

bool
jk_accounts_are_listed(const char *nsswitch)
{
	static const char key[] = "passwd:";
	bool found = false;

	while (*nsswitch != '\0') {
		const char *line = nsswitch + strspn(nsswitch, " \t");
		size_t len = strcspn(line, "\n");

		if (strncmp(line, key, sizeof(key) - 1) == 0) {
			/* Of two lines nobody knows which one holds. */
			if (found ||
			    !services_are_listed(line + sizeof(key) - 1,
			        len - (sizeof(key) - 1)))
				return false;
			found = true;
		}
		nsswitch = line + len + (line[len] == '\n');
	}
	return found;
}

static bool
are_listed_here(void)
{
	JK_CLEANUP(jk_file_text_free) char *text = NULL;
	JK_CLEANUP(jk_fd_close) int fd = -1;
	size_t len;

	fd = open(NSSWITCH, O_RDONLY | O_CLOEXEC);
	return fd >= 0 &&
	       jk_file_read(fd, NSSWITCH_MAX, &text, &len) == JK_OK &&
	       strlen(text) == len && jk_accounts_are_listed(text);
}

static enum jk_err
add(struct jk_accounts *accounts, const struct passwd *entry)
{
	struct jk_known_account *known;
	size_t n = accounts->n;

	/* No row of the registry could name it. */
	if (strlen(entry->pw_name) > JK_ACCOUNT_MAX)
		return JK_OK;
	if ((n & (n - 1)) == 0) { /* full at each power of two */
		known = reallocarray(accounts->account, n == 0 ? 1 : 2 * n,
		    sizeof(*known));
		if (known == NULL)
			return JK_ERR_NOMEM;
		accounts->account = known;
	}
	accounts->account[n] = (struct jk_known_account){
		.uid = entry->pw_uid,
	};
	strcpy(accounts->account[n].name, entry->pw_name);
	accounts->n++;
	return JK_OK;
}

static int
compare(const void *a, const void *b)
{
	const struct jk_known_account *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
mark_doubles(struct jk_accounts *accounts)
{
	struct jk_known_account *a = accounts->account;

	for (size_t i = 1; i < accounts->n; i++)
		if (compare(&a[i - 1], &a[i]) == 0)
			a[i - 1].twice = a[i].twice = true;
}

enum jk_err
jk_accounts_read(struct jk_accounts *ret)
{
	JK_CLEANUP(jk_accounts_clear) struct jk_accounts accounts = { 0 };
	const struct passwd *entry;
	enum jk_err e = JK_OK;

	if (are_listed_here()) {
		setpwent();
		while (errno = 0, e == JK_OK && (entry = getpwent()) != NULL)
			e = add(&accounts, entry);
		accounts.whole = errno == 0 || errno == ENOENT;
		endpwent();
	}
	if (e != JK_OK)
		return e;
	if (accounts.n > 0)
		qsort(accounts.account, accounts.n, sizeof(accounts.account[0]),
		    compare);
	mark_doubles(&accounts);
	*ret = JK_TAKE(accounts);
	return JK_OK;
}

static enum jk_err
ask(const char *name, uid_t *ret)
{
	const struct passwd *found;

	do {
		errno = 0;
		found = getpwnam(name);
	} while (found == NULL && errno == EINTR);
	if (found != NULL) {
		*ret = found->pw_uid;
		return JK_OK;
	}
	return errno == 0 || errno == ENOENT || errno == ESRCH
	           ? JK_ERR_NOT_FOUND
	           : JK_ERR_SYS;
}

enum jk_err
jk_accounts_find(const struct jk_accounts *accounts, const char *name,
    uid_t *ret)
{
	struct jk_known_account key = { 0 };
	const struct jk_known_account *known;

	if (strlen(name) > JK_ACCOUNT_MAX)
		return JK_ERR_NOT_FOUND;
	strcpy(key.name, name);
	known = accounts->n == 0 ? NULL
	                         : bsearch(&key, accounts->account, accounts->n,
	                               sizeof(key), compare);
	if (known == NULL && accounts->whole)
		return JK_ERR_NOT_FOUND;
	if (known == NULL || known->twice)
		return ask(name, ret);
	*ret = known->uid;
	return JK_OK;
}
