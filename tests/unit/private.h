/* SPDX-License-Identifier: BSD-2-Clause */
/* A place whose parents all belong to root, for this process only. */
#ifndef JK_PRIVATE_H
#define JK_PRIVATE_H

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#define PRIVATE_DIR "/mnt"

/* An empty PRIVATE_DIR; false, and says why, where that is not possible. */
static inline bool
enter_private_place(void)
{
	if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	    mount(NULL, "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("tmpfs", PRIVATE_DIR, "tmpfs", 0, "mode=0755") == 0)
		return true;
	print_message("needs root and a mount namespace of its own\n");
	return false;
}

static inline bool
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok;

	if (f == NULL)
		return false;
	ok = fputs(text, f) >= 0;
	return fclose(f) == 0 && ok;
}

#endif
