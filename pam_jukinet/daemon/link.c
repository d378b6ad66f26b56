/* SPDX-License-Identifier: BSD-2-Clause */
#include "link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

enum jk_err
jk_link_connect(const char *path, int64_t until, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timespec pause = { .tv_nsec = 5000000 };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return JK_ERR_TOO_BIG;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return JK_ERR_SYS;
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		if (errno != EAGAIN || jk_boot_ms() >= until) {
			close(fd);
			return JK_ERR_NOT_FOUND;
		}
		(void)nanosleep(&pause, NULL);
	}
	*ret_fd = fd;
	return JK_OK;
}
