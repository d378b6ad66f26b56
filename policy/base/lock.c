/* SPDX-License-Identifier: BSD-2-Clause */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#include "clock.h"
#include "file.h"

#define PAUSE_NS 2000000

enum jk_err
jk_lock_take(int dir_fd, const char *name, int64_t until, int *ret_fd)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	JK_CLEANUP(jk_fd_close) int fd = -1;

	fd = openat(dir_fd, name,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return JK_ERR_SYS;
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return JK_ERR_SYS;
		if (jk_boot_ms() >= until)
			return JK_ERR_BUSY;
		(void)nanosleep(&pause, NULL);
	}
	*ret_fd = fd;
	fd = -1;
	return JK_OK;
}
