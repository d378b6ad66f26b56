/* SPDX-License-Identifier: BSD-2-Clause */
#include "callerfile.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libaudit.h>

#include "file.h"

/* Non-blocking, so that a FIFO does not hold us. */
static int
open_file(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* Ends the program where it could not become root again. */
static void
become_root(const gid_t *groups, int n)
{
	if (seteuid(0) != 0 || setegid(0) != 0 ||
	    setgroups((size_t)n, groups) != 0)
		abort();
}

static int
open_as(const struct passwd *entry, const char *path)
{
	static gid_t groups[NGROUPS_MAX];
	int n = getgroups(NGROUPS_MAX, groups), fd = -1, keep;

	if (n < 0 || initgroups(entry->pw_name, entry->pw_gid) != 0)
		return -1;
	if (setegid(entry->pw_gid) == 0 && seteuid(entry->pw_uid) == 0)
		fd = open_file(path);
	keep = errno;
	become_root(groups, n);
	errno = keep;
	return fd;
}

/* By the login, which sudo leaves as it was. */
static int
open_for_caller(const char *path)
{
	const uid_t loginuid = audit_getloginuid();
	const struct passwd *entry;

	if (geteuid() != 0 || loginuid == (uid_t)-1 || loginuid == 0)
		return open_file(path);
	entry = getpwuid(loginuid);
	if (entry == NULL) {
		errno = EACCES;
		return -1;
	}
	return open_as(entry, path);
}

enum jk_err
jk_callerfile_read(const char *path, size_t max, char **ret, size_t *ret_len)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;
	struct stat st;

	fd = open_for_caller(path);
	if (fd < 0 || fstat(fd, &st) != 0)
		return JK_ERR_SYS;
	if (!S_ISREG(st.st_mode))
		return JK_ERR_UNSUPPORTED;
	return jk_file_read(fd, max, ret, ret_len);
}
