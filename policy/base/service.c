/* SPDX-License-Identifier: BSD-2-Clause */
#include "service.h"

#include <errno.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "file.h"

static enum jk_err
bind_at(const char *path, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct stat st;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return JK_ERR_TOO_BIG;
	memcpy(address.sun_path, path, strlen(path));
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && unlink(path) != 0)
		return JK_ERR_SYS;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return JK_ERR_SYS;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, SOMAXCONN) != 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return JK_ERR_SYS;
	}
	*ret_fd = fd;
	return JK_OK;
}

enum jk_err
jk_service_listen(const char *path, int *ret_fd)
{
	enum jk_err e = jk_fd_hold_standard();
	int n;

	if (e != JK_OK)
		return e;
	if (path != NULL)
		return bind_at(path, ret_fd);
	/* Left in place: erase_environment() would not see them else. */
	n = sd_listen_fds(0);
	if (n != 1)
		return JK_ERR_NOT_FOUND;
	if (sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_SEQPACKET, 1, NULL,
	        0) <= 0)
		return JK_ERR_FORMAT;
	*ret_fd = SD_LISTEN_FDS_START;
	return JK_OK;
}

static bool
is_root(void)
{
	uid_t real, effective, saved;

	/* Cannot fail with valid addresses. */
	if (getresuid(&real, &effective, &saved) != 0)
		return true;
	return real == 0 || effective == 0 || saved == 0;
}

/* clearenv() alone would leave the text to be read in /proc/PID/environ. */
static enum jk_err
erase_environment(void)
{
	for (char **word = environ; word != NULL && *word != NULL; word++)
		explicit_bzero(*word, strlen(*word));
	return clearenv() == 0 ? JK_OK : JK_ERR_NOMEM;
}

enum jk_err
jk_service_harden(int listen_fd)
{
	const struct rlimit none = { 0, 0 };
	enum jk_err e;

	if (is_root())
		return JK_ERR_REFUSED;
	e = erase_environment();
	if (e != JK_OK)
		return e;
	umask(077);
	if (chdir("/") != 0 || setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return JK_ERR_SYS;
	if (close_range((unsigned)listen_fd + 1, ~0U, 0) != 0)
		return JK_ERR_SYS;
	return JK_OK;
}
