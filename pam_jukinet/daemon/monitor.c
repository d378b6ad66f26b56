/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor.h"

#include <sys/stat.h>

#include "config.h"

bool
jk_monitor_is(uid_t uid)
{
	struct stat above, st;

	return uid != 0 && lstat(JK_RUN_DIR, &above) == 0 &&
	       S_ISDIR(above.st_mode) && above.st_uid == 0 &&
	       (above.st_mode & 022) == 0 &&
	       lstat(JK_RUN_DIR "/monitor", &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == uid;
}
