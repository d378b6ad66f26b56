/* SPDX-License-Identifier: BSD-2-Clause */
/* A private directory for a test, open as state.c opens one. */
#ifndef JK_TEST_SCRATCH_H
#define JK_TEST_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scratch {
	char path[64];
	int dir;
};

static inline void
scratch_make(struct scratch *p)
{
	strcpy(p->path, "/tmp/jk-test-XXXXXX");
	if (mkdtemp(p->path) == NULL)
		abort();
	p->dir = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dir < 0)
		abort();
}

static inline unsigned
scratch_count(const struct scratch *p, const char *prefix)
{
	DIR *d = opendir(p->path);
	struct dirent *entry;
	unsigned n = 0;

	while (d != NULL && (entry = readdir(d)) != NULL)
		n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
		     entry->d_name[strspn(entry->d_name, ".")] != '\0';
	if (d != NULL)
		closedir(d);
	return n;
}

static inline void
scratch_remove(struct scratch *p)
{
	DIR *d = opendir(p->path);
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL)
		(void)unlinkat(p->dir, entry->d_name, 0);
	if (d != NULL)
		closedir(d);
	close(p->dir);
	(void)rmdir(p->path);
}

#endif
