/* SPDX-License-Identifier: BSD-2-Clause */
#include "clear.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "file.h"
#include "log.h"

#define DIRECTORY JK_RUN_DIR "/monitor"

static enum jk_err
leave_file(uid_t uid)
{
	JK_CLEANUP(jk_fd_close)
	int dir = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[48];

	if (dir < 0)
		return JK_ERR_SYS;
	/* All in its name: an empty file can be made where the disk is full. */
	(void)snprintf(name, sizeof(name), "clear.%u.%lld", (unsigned)uid,
	    (long long)(jk_boot_ms() / 1000));
	return jk_file_write_atomic(dir, name, 0644, getuid(), getgid(), "", 0);
}

void
jk_clear_user(uid_t uid)
{
	const enum jk_err e = leave_file(uid);

	if (e == JK_OK)
		jk_log(JK_LOG_NOTICE,
		    "what account %u has left is killed without logind",
		    (unsigned)uid);
	else
		jk_log(JK_LOG_ERR, "what account %u has left stays: %s",
		    (unsigned)uid, jk_err_text(e));
}
