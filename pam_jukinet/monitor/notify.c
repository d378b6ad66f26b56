/* SPDX-License-Identifier: BSD-2-Clause */
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "file.h"

void
jk_notify_init(struct jk_notify *notify)
{
	const char *path = secure_getenv("NOTIFY_SOCKET");
	const size_t len = path == NULL ? 0 : strlen(path);
	uint64_t usec;

	*notify = (struct jk_notify){ 0 };
	if (sd_watchdog_enabled(0, &usec) > 0)
		notify->watchdog_usec = usec;
	if (len < 2 || len >= sizeof(notify->address.sun_path) ||
	    (path[0] != '/' && path[0] != '@'))
		return;
	notify->address.sun_family = AF_UNIX;
	memcpy(notify->address.sun_path, path, len);
	/* An abstract name begins with a NUL. */
	if (path[0] == '@')
		notify->address.sun_path[0] = '\0';
	notify->len = (unsigned)(offsetof(struct sockaddr_un, sun_path) + len);
}

void
jk_notify_tell(const struct jk_notify *notify, const char *what)
{
	JK_CLEANUP(jk_fd_close) int fd = -1;

	if (notify->address.sun_family == 0)
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		(void)sendto(fd, what, strlen(what), MSG_NOSIGNAL,
		    (const struct sockaddr *)&notify->address, notify->len);
}
